/* SPDX-License-Identifier: MIT */
#ifndef HAL_STREAM_TTY_H
#define HAL_STREAM_TTY_H

/*
 * Streams over a tty's descriptor. The tty backend opens by path with termios2 (any tty, any rate,
 * ptys too); the libserialport backend opens its own way and hands the descriptor to the same code.
 */

#include "hal/portlock.h"
#include "hal/stream.h"

/* Open path with the tty backend only. Same contract as hal_stream_provider.open. */
int hal_stream_tty_open(struct hal_loop *loop, const char *path,
			const struct hal_stream_config *config, struct hal_error *err,
			struct hal_stream **ret_stream);

/*
 * Take over an open, locked descriptor; fd and lock belong to the stream on success only. Makes it
 * raw, sets HUPCL, CLOCAL as asked, TIOCEXCL (not on ptys: there the flag survives the last close),
 * O_CLOEXEC, O_NONBLOCK and closing_wait none, whatever the opener did before.
 * on_close(user) runs after the descriptor has been closed; may be NULL.
 */
int hal_stream_tty_adopt(struct hal_loop *loop, int fd, const char *path,
			 const struct hal_portlock *lock, const struct hal_stream_config *config,
			 struct hal_error *err, struct hal_stream **ret_stream);

/*
 * The master side of a new pty as a stream (emulated modems). The slave is kept open so that a
 * program that closes its end and opens it again is served. DTR follows the slave: HAL_STREAM_LINES
 * is reported (with DSR as input line) when the last program closes it and when one opens it.
 */
int hal_stream_pty_open(struct hal_loop *loop, struct hal_stream **ret_stream, char *slave_path,
			size_t size);

/* -EBUSY, -ENOTTY … as open() and the checks found them → a sentence for people in err. @return r */
int hal_stream_tty_explain(int r, const char *path, struct hal_error *err);

#endif
