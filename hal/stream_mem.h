/* SPDX-License-Identifier: MIT */
#ifndef HAL_STREAM_MEM_H
#define HAL_STREAM_MEM_H

/*
 * Two ends of a pipe in memory, with modem lines crossed as in a null-modem cable: DTR of one end
 * is DSR of the other, RTS is CTS. DCD and RI of the far end are set with
 * hal_stream_mem_set_inputs(). Works with a virtual clock; nothing touches the kernel.
 */

#include "hal/stream.h"

struct hal_stream_mem_limits {
	size_t capacity;    /* bytes in flight per direction; 0: 4096 */
	size_t max_read;    /* bytes per read; 0: no limit */
	size_t max_write;   /* bytes per write; 0: no limit */
	bool without_lines; /* like a pty: no modem lines at all */
};

/*
 * Both ends report HAL_STREAM_OPENED in the next turn and have DTR and RTS raised, as an opened tty
 * has. Closing one end lowers them and is HAL_STREAM_LOST for the other, after it has read what was
 * sent. limits: of both ends; NULL for none.
 * @return 0; -ENOMEM
 */
int hal_stream_mem_pair(struct hal_loop *loop, const struct hal_stream_mem_limits *limits,
			struct hal_stream **ret_a, struct hal_stream **ret_b);

/*
 * Change the byte limits of both directions (chunking under test). The capacity can be lowered
 * below what the pair was made with and raised to it again (0), not above; without_lines has no
 * effect.
 */
void hal_stream_mem_set_limits(struct hal_stream *s, const struct hal_stream_mem_limits *limits);

/* Set DCD, RI (and any other input) as seen by the *other* end; counts transitions there. */
void hal_stream_mem_set_inputs(struct hal_stream *s, unsigned int lines, bool on);

/*
 * Sever the pair: the other end gets HAL_STREAM_LOST at once, unread bytes are gone (an unplug).
 * This end is dead too, without an event; both still have to be closed.
 */
void hal_stream_mem_unplug(struct hal_stream *s);

#endif
