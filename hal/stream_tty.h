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
 * The first half of opening: open path, refuse what is no tty (-ENOTTY) or held exclusively by
 * somebody (-EBUSY, also for root, whom TIOCEXCL does not stop), and lock it.
 */
int hal_stream_tty_claim(const char *path, struct hal_error *err, struct hal_portlock *ret_lock,
			 int *ret_fd);

/*
 * The second half: take over a claimed descriptor; fd and lock belong to the stream on success
 * only. Makes it raw, sets HUPCL, CLOCAL as asked, TIOCEXCL (not on ptys: there the flag survives
 * the last close), O_CLOEXEC, O_NONBLOCK and closing_wait none, whatever the opener did before.
 */
int hal_stream_tty_adopt(struct hal_loop *loop, int fd, const char *path,
			 const struct hal_portlock *lock, const struct hal_stream_config *config,
			 struct hal_error *err, struct hal_stream **ret_stream);

/*
 * Open and configure path once more with libserialport, for UARTs whose drivers it knows.
 * @return a descriptor; -EOPNOTSUPP where libserialport cannot (ptys, gadget ports)
 */
int hal_stream_serialport_open(const char *path, const struct hal_stream_config *config);

/*
 * The master side of a new pty as a stream (emulated modems), without modem lines but one: DSR, on
 * while a program has the slave open. HAL_STREAM_LINES, while watched, tells when the last program
 * closed it and when one opened it; a pulse shorter than a turn of the loop is missed, as modems
 * ignore a short DTR pulse. What is written while no program listens is lost, as on a wire.
 * Needs one inotify instance (/proc/sys/fs/inotify/max_user_instances).
 * @return 0; -ENAMETOOLONG slave_path is too small; -ENOMEM; other -errno
 */
int hal_stream_pty_open(struct hal_loop *loop, struct hal_stream **ret_stream, char *slave_path,
			size_t size);

/* The speed at which a program has set the slave, bit/s; 0: unknown, or no stream of the above. */
uint32_t hal_stream_pty_get_speed(const struct hal_stream *s);

/* The speed of a tty, for a pty's master that of its slave; 0: unknown. */
uint32_t hal_tty_get_speed(int fd);

/* -EBUSY, -ENOTTY … as open() and the checks found them → a sentence for people in err. @return r
 */
int hal_stream_tty_explain(int r, const char *path, struct hal_error *err);

#endif
