/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_STREAM_H
#define TRUNKLINE_STREAM_H

/**
 * @file
 * The bytes of a connected data call.
 *
 * One session of a call at a time is *attached*: its client reads and writes. Without one, what
 * arrives is counted and thrown away. The best moment to attach is before the call is connected:
 * then no byte is missed. The attachment goes with the session when that is moved, and ends when it
 * is released, loses its ownership or is detached.
 *
 * Reading and writing never block. The loop of a program:
 *
 *     case TL_EVENT_READABLE:
 *             while ((n = tl_session_read(ctx, session, buf, sizeof(buf))) > 0)
 *                     use(buf, n);
 *             if (n == 0)
 *                     the far end has gone, and all it sent has been read
 *
 * Events are edges. After -EAGAIN exactly one TL_EVENT_READABLE (TL_EVENT_WRITABLE) comes, as soon
 * as it is worth trying again, the end of the call included; no other comes before that one has
 * been fetched and -EAGAIN been answered again. None is ever lost. Attaching counts as a read that
 * was answered -EAGAIN. An event may turn out to have come in vain. Nobody has to wait for it:
 * while there is something else to do, such as reading, a write may be tried again, and may
 * succeed.
 *
 * A client that does not read is held up by flow control: TL_STREAM_BUFFER bytes are kept for it,
 * then the port is not read any more, the modem is stopped by RTS and the far end by its modem.
 *
 * All eight bits pass as they are, in both directions, at any time. What looks like a result code
 * or an escape sequence is data; see docs/ARCHITECTURE.md for the one text that can end a call, and
 * only where the port has no modem lines. After three '+' a pause is made before the third goes out
 * when nothing follows them, lest the modem take them for its escape sequence.
 */

#include <sys/types.h>

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tl_ctx;

#define TL_STREAM_BUFFER 16384	/**< bytes kept for a client that does not read */
#define TL_STREAM_REST	 16384	/**< as many more that may be on their way when the call ends */
#define TL_DRAIN_MS	 10000	/**< how long TL_DROP_DRAIN waits at most */
#define TL_DRAIN_MAX_MS	 600000 /**< longest limit for tl_session_shutdown() */
#define TL_BREAK_MAX_MS	 5000	/**< longest break; V.250 needs none longer than a second */

/**
 * From now on this session has the call's bytes.
 *
 * @return 0; -ESTALE; -EBADF; -EPERM not an owner; -EALREADY it has them; -EBUSY another session
 * has; -ENOTCONN the call is over; -ENODEV its device is gone; -EOPNOTSUPP a voice call, or a
 * driver without data; -ENOMEM
 */
TL_API int tl_session_attach(struct tl_ctx *ctx, tl_session session);

/**
 * Give them up: what was not read is thrown away, events about it are purged. A port that was lent
 * cannot go on without whom it was lent to: the call is dropped, origin "client-lost".
 * @return 0; -ESTALE; -EBADF; -EALREADY it was not attached
 */
TL_API int tl_session_detach(struct tl_ctx *ctx, tl_session session);

/**
 * Take bytes that have arrived.
 *
 * @param size large reads come straight from the port
 * @return bytes read; 0 the call has ended and everything has been read; -EAGAIN nothing there yet;
 * -EINVAL not attached, or size is 0; -ESTALE; -EBADF; -ENOMEM
 */
TL_API ssize_t tl_session_read(struct tl_ctx *ctx, tl_session session, void *buf, size_t size);

/**
 * Send bytes.
 *
 * @return bytes taken, 1 to len; -EBUSY the port is lent; -EAGAIN none now: the call is not
 * connected yet, flow control, an escape, a doubt about the end of the call; -ENOTCONN the call is
 * over, being dropped or shut down; -ENODEV its device is gone; -EINVAL not attached, or len is 0;
 * -ESTALE; -EBADF; -ENOMEM
 */
TL_API ssize_t tl_session_write(struct tl_ctx *ctx, tl_session session, const void *buf,
				size_t len);

/**
 * No more writing: what has been written goes out, then the call is dropped. A modem cannot close
 * one direction only, so what arrives until then can still be read. Otherwise as
 * tl_session_drop(), which may be called meanwhile to end the waiting.
 *
 * @param drain_ms at most so long, then the rest is discarded; up to TL_DRAIN_MAX_MS
 * @return as tl_session_drop()
 */
TL_API int tl_session_shutdown(struct tl_ctx *ctx, tl_session session, uint32_t drain_ms,
			       uint64_t *ret_op);

/**
 * Send a break signal, ahead of what has been written and not yet sent. One that the far end sends
 * is TL_EVENT_BREAK.
 *
 * @param ms how long, 1 to TL_BREAK_MAX_MS
 * @return 0; -EINVAL ms out of range, not attached; -EAGAIN the call is not online; -EBUSY one is
 * being sent; -ENOTCONN the call is over; -ENODEV; -EOPNOTSUPP this port cannot; -ESTALE; -EBADF
 */
TL_API int tl_session_send_break(struct tl_ctx *ctx, tl_session session, uint32_t ms);

/**
 * Lend the port itself: a descriptor of the tty, for programs that want one (pppd, getty). The
 * session is attached, and from now on nothing is read or written here: tl_session_read() is
 * answered -EAGAIN, when it has given what had arrived before, and 0 at the end of the call,
 * tl_session_write() -EBUSY. Bytes are not counted, and the limit of inactivity rests. Modem lines,
 * the loss of the device, the limit of duration, tl_session_drop(), tl_session_shutdown() and
 * tl_session_send_break() work as ever. Without modem lines (ptys, many USB adapters) nobody here
 * sees that the far end has hung up: whoever has the descriptor reads NO CARRIER, and has to drop.
 *
 * The descriptor is one of its own: blocking, close-on-exec, closed by whom it belongs to. Its
 * settings are the port's. It cannot be revoked: the lending lasts until the call ends, and the
 * end does not depend on what is done with it. A drop lowers DTR first, as always, then has
 * the port read here again. After the call the port is closed, opened anew, set up and proved on
 * hook before the line is READY; where the process may (CAP_SYS_ADMIN) closing it hangs it up, and
 * every descriptor of it is dead from then on (EIO). Elsewhere one that is kept goes on to work:
 * who lends trusts whom it lends to, not to read what belongs to the next call.
 *
 * @param ret_fd the caller's to close
 * @return 0; -EINVAL not attached; -EAGAIN not connected, escaped, or a doubt about the end of the
 * call; -EALREADY it is lent; -EOPNOTSUPP the port has no descriptor (a terminal server): read and
 * write; -ENOTCONN the call is over, or being dropped; -ENODEV its device is gone; -ESTALE; -EBADF;
 * others of open(2) for /proc/self/fd
 */
TL_API int tl_session_lend(struct tl_ctx *ctx, tl_session session, int *ret_fd);

/**
 * To command state, with the call kept: silence of a second, the escape sequence, silence of a
 * second. Writes are answered -EAGAIN from now on until tl_session_resume() is done; a client that
 * does not read keeps the modem's answer from being seen.
 *
 * @return 0: TL_EVENT_OP_DONE follows, with 0, or -ETIMEDOUT when the modem did not obey and is
 * still online, or the error with which the call ended; -EINVAL not attached; -EBUSY not online,
 * under way, or the port is lent; -ENOTCONN the call is over; -ENODEV; -EOPNOTSUPP; -ENOSPC;
 * -ESTALE; -EBADF; -ENOMEM
 */
TL_API int tl_session_escape(struct tl_ctx *ctx, tl_session session, uint64_t *ret_op);

/**
 * Back online (O). The operation completes with 0, or with -ENOTCONN when the modem says that there
 * is no call any more.
 *
 * @return as tl_session_escape(); -EBUSY not escaped
 */
TL_API int tl_session_resume(struct tl_ctx *ctx, tl_session session, uint64_t *ret_op);

#ifdef __cplusplus
}
#endif
#endif
