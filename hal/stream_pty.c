/* SPDX-License-Identifier: MIT */
#include "hal/stream_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/*
 * Whether a program has the slave open is what the kernel says: POLLHUP on the master. Counting
 * inotify's opens and closes would go wrong, it merges equal events. But POLLHUP cannot be masked,
 * so while nobody is there the master is not watched, and IN_OPEN tells when to look again.
 */
struct pty {
	struct hal_stream stream;
	int master;
	int inotify;
	struct hal_watch master_watch; /* active while is_open */
	struct hal_watch open_watch;
	struct hal_work work; /* reports what is pending; after close: frees */
	unsigned int pending;
	unsigned int wanted; /* of master_watch */
	bool is_open;
	bool watches_lines;
	bool lost;
	bool closed;
};

static struct pty *to_pty(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct pty, stream);
}

static short poll_master(const struct pty *pty)
{
	struct pollfd p = {.fd = pty->master, .events = POLLIN};

	return poll(&p, 1, 0) > 0 ? p.revents : 0;
}

/* Bytes that outlived the program which wrote them. */
static bool has_leftovers(const struct pty *pty)
{
	return !pty->is_open && (pty->wanted & HAL_IO_READ) && (poll_master(pty) & POLLIN);
}

static void report(struct pty *pty, unsigned int events)
{
	pty->pending |= events;
	hal_work_queue(pty->stream.loop, &pty->work);
}

static void set_open(struct pty *pty, bool on)
{
	if (pty->is_open == on)
		return;
	pty->is_open = on;
	if (!on)
		hal_watch_stop(pty->stream.loop, &pty->master_watch);
	else if (hal_watch_start(pty->stream.loop, &pty->master_watch, pty->master, pty->wanted) <
		 0)
		pty->lost = true;
	report(pty, (pty->watches_lines ? (unsigned int)HAL_STREAM_LINES : 0) |
			    (pty->lost ? (unsigned int)HAL_STREAM_LOST : 0));
}

static void on_work(struct hal_work *work)
{
	struct pty *pty = HAL_CONTAINER_OF(work, struct pty, work);
	unsigned int events = pty->pending;

	pty->pending = 0;
	if (has_leftovers(pty))
		events |= HAL_STREAM_READABLE;
	if (events == 0 || !pty->stream.fn)
		return;
	pty->stream.fn(pty->stream.user, events);
	if (!pty->closed && has_leftovers(pty))
		report(pty, 0);
}

static void on_master(struct hal_watch *watch, unsigned int io)
{
	struct pty *pty = HAL_CONTAINER_OF(watch, struct pty, master_watch);
	unsigned int events = 0;

	if (io & HAL_IO_HUP) {
		set_open(pty, false);
		return;
	}
	if (io & HAL_IO_READ)
		events |= HAL_STREAM_READABLE;
	if (io & HAL_IO_WRITE)
		events |= HAL_STREAM_WRITABLE;
	if (pty->stream.fn)
		pty->stream.fn(pty->stream.user, events);
}

static void on_open(struct hal_watch *watch, unsigned int io)
{
	struct pty *pty = HAL_CONTAINER_OF(watch, struct pty, open_watch);
	char events[256];

	(void)io;
	while (read(pty->inotify, events, sizeof(events)) > 0)
		;
	if (!(poll_master(pty) & POLLHUP))
		set_open(pty, true);
}

/* A master is never lost: every failure means that there is nobody on the other side. */
static ssize_t pty_read(struct hal_stream *s, void *buf, size_t size)
{
	struct pty *pty = to_pty(s);
	ssize_t n;

	if (pty->lost)
		return -ENODEV;
	n = read(pty->master, buf, size);
	return n > 0 ? n : -EAGAIN;
}

static ssize_t pty_write(struct hal_stream *s, const void *buf, size_t len)
{
	struct pty *pty = to_pty(s);
	ssize_t n;

	if (pty->lost)
		return -ENODEV;
	if (!pty->is_open)
		return (ssize_t)len;
	n = write(pty->master, buf, len);
	return n > 0 ? n : -EAGAIN;
}

static int pty_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	struct pty *pty = to_pty(s);

	if (pty->lost)
		return -ENODEV;
	*ret_lines = pty->is_open ? HAL_STREAM_DSR : 0;
	return 0;
}

static int pty_flush(struct hal_stream *s)
{
	struct pty *pty = to_pty(s);

	if (pty->lost)
		return -ENODEV;
	return tcflush(pty->master, TCIOFLUSH) < 0 ? -errno : 0;
}

static int want(struct pty *pty, unsigned int events, bool on)
{
	if (pty->lost)
		return -ENODEV;
	pty->wanted = on ? pty->wanted | events : pty->wanted & ~events;
	if (pty->is_open)
		return hal_watch_modify(pty->stream.loop, &pty->master_watch, pty->wanted);
	report(pty, 0);
	return 0;
}

static int pty_want_write(struct hal_stream *s, bool on)
{
	return want(to_pty(s), HAL_IO_WRITE, on);
}

static int pty_want_read(struct hal_stream *s, bool on)
{
	return want(to_pty(s), HAL_IO_READ, on);
}

static int pty_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	struct pty *pty = to_pty(s);

	if (pty->lost)
		return -ENODEV;
	pty->watches_lines = interval_ms > 0;
	return 0;
}

static void free_pty(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct pty, work));
}

static void close_both(struct pty *pty)
{
	hal_watch_stop(pty->stream.loop, &pty->master_watch);
	hal_watch_stop(pty->stream.loop, &pty->open_watch);
	if (pty->master >= 0)
		close(pty->master);
	if (pty->inotify >= 0)
		close(pty->inotify);
}

static void pty_close(struct hal_stream *s)
{
	struct pty *pty = to_pty(s);

	close_both(pty);
	pty->closed = true;
	hal_work_cancel(&pty->work);
	hal_loop_free_later(s->loop, &pty->work, free_pty);
}

static const struct hal_stream_ops pty_ops = {
	.name = "pty",
	.read = pty_read,
	.write = pty_write,
	.get_lines = pty_get_lines,
	.flush = pty_flush,
	.want_write = pty_want_write,
	.want_read = pty_want_read,
	.watch_lines = pty_watch_lines,
	.close = pty_close,
};

uint32_t hal_stream_pty_get_speed(const struct hal_stream *s)
{
	if (s->ops != &pty_ops)
		return 0;
	return hal_tty_get_speed(((const struct pty *)(const void *)s)->master);
}

/* Raw before the first program comes, or it would see its own echo. */
static int make_raw(int master)
{
	struct termios t;

	if (tcgetattr(master, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	return tcsetattr(master, TCSANOW, &t) < 0 ? -errno : 0;
}

static int open_master(struct pty *pty, char *slave_path, size_t size)
{
	int slave, r;

	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->master < 0 || grantpt(pty->master) < 0 || unlockpt(pty->master) < 0)
		return -errno;
	r = ptsname_r(pty->master, slave_path, size);
	if (r != 0)
		return r == ERANGE ? -ENAMETOOLONG : -r;
	r = make_raw(pty->master);
	if (r < 0)
		return r;
	/* Once opened and closed: only then does the master say that nobody is there. */
	slave = open(slave_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	close(slave);
	return 0;
}

static int watch_slave(struct pty *pty, const char *slave_path)
{
	pty->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (pty->inotify < 0 || inotify_add_watch(pty->inotify, slave_path, IN_OPEN) < 0)
		return -errno;
	return hal_watch_start(pty->stream.loop, &pty->open_watch, pty->inotify, HAL_IO_READ);
}

int hal_stream_pty_open(struct hal_loop *loop, struct hal_stream **ret_stream, char *slave_path,
			size_t size)
{
	struct pty *pty;
	int r;

	pty = calloc(1, sizeof(*pty));
	if (!pty)
		return -ENOMEM;
	pty->stream.ops = &pty_ops;
	pty->stream.loop = loop;
	pty->stream.caps = HAL_STREAM_CAP_LINES;
	pty->master = -1;
	pty->inotify = -1;
	pty->wanted = HAL_IO_READ;
	hal_watch_init(&pty->master_watch, on_master);
	hal_watch_init(&pty->open_watch, on_open);
	hal_work_init(&pty->work, on_work);

	r = open_master(pty, slave_path, size);
	if (r == 0)
		r = watch_slave(pty, slave_path);
	if (r < 0) {
		close_both(pty);
		free(pty);
		return r;
	}
	report(pty, HAL_STREAM_OPENED);
	*ret_stream = &pty->stream;
	return 0;
}
