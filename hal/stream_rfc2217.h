/* SPDX-License-Identifier: MIT */
#ifndef HAL_STREAM_RFC2217_H
#define HAL_STREAM_RFC2217_H

/*
 * A serial port of a terminal server: the client of RFC 2217, over a connection that is a stream
 * itself. User names and passwords are not supported.
 *
 * The stream is open when the server has agreed to COM-PORT-OPTION and has had time to confirm all
 * settings. A rate or frame that it changes is refused (-EINVAL); one that it does not confirm at
 * all counts as set, as many servers do not. There are modem lines if it has confirmed DTR.
 *
 * Commands go past data that still waits here, as ioctls do on a tty. What is with the server but
 * not taken in by it is kept small: marks are answered when all before them has been. An answer is
 * also the sign of life that config.silence_s asks for, of a server that answers at all.
 */

#include "hal/stream.h"

/* For the server to agree, and then to answer what it will answer */
#define HAL_STREAM_RFC2217_AGREE_MS  10000
#define HAL_STREAM_RFC2217_ANSWER_MS 3000
/* Between the answer to the mark behind the settings and giving up on what is not confirmed */
#define HAL_STREAM_RFC2217_GRACE_MS 500
/* Data on the way to the server, not known to be taken in */
#define HAL_STREAM_RFC2217_WINDOW 8192

/* url: rfc2217://HOST:PORT. Same contract as hal_stream_provider.open. */
int hal_stream_rfc2217_open(struct hal_loop *loop, const char *url,
			    const struct hal_stream_config *config, struct hal_error *err,
			    struct hal_stream **ret_stream);

/*
 * The same over any stream, which belongs to this one on success.
 * @param name of the server, for people
 * @return 0; -EINVAL bad config; -ENOMEM
 */
int hal_stream_rfc2217_new(struct hal_loop *loop, struct hal_stream *link, const char *name,
			   const struct hal_stream_config *config, struct hal_stream **ret_stream);

#endif
