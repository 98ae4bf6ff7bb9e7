/* SPDX-License-Identifier: MIT */
#include "tests/hil/ptylines/line_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "hal/stream_tty.h"

static struct line_pty *to_pty(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct line_pty, stream);
}

static void emit(struct line_pty *pty, unsigned int events)
{
	if (pty->stream.fn)
		pty->stream.fn(pty->stream.user, events);
}

/* ---- the program's side ---- */

void line_pty_set_outputs(struct line_pty *pty, unsigned int outputs)
{
	unsigned int changed = outputs ^ pty->outputs;

	pty->outputs = outputs;
	if (changed & HAL_STREAM_DTR) {
		pty->dtr_count++;
		emit(pty, HAL_STREAM_LINES);
	}
}

void line_pty_set_open(struct line_pty *pty, bool on)
{
	if (pty->open == on)
		return;
	pty->open = on;
	line_pty_set_outputs(pty, on ? HAL_STREAM_DTR | HAL_STREAM_RTS : 0);
}

static void on_pty(void *user, unsigned int events)
{
	struct line_pty *pty = user;
	unsigned int lines;

	if ((events & HAL_STREAM_LINES) && hal_stream_get_lines(pty->pty, &lines) == 0)
		line_pty_set_open(pty, lines != 0);
	events &= ~(unsigned int)HAL_STREAM_LINES; /* told by itself, when DTR has changed */
	if (events)
		emit(pty, events);
}

/* ---- the modem's side ---- */

/* The kernel's rule for ports that shall mind the carrier. */
static void hang_up_unless_clocal(struct line_pty *pty)
{
	int fd = open(pty->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;

	if (fd < 0)
		return;
	if (tcgetattr(fd, &t) == 0 && !(t.c_cflag & CLOCAL) && ioctl(fd, TIOCVHANGUP) < 0)
		fprintf(stderr, "linesim: %s: hang up: %s\n", pty->path, strerror(errno));
	close(fd);
}

void line_pty_set_inputs(struct hal_stream *stream, unsigned int lines, bool on)
{
	struct line_pty *pty = to_pty(stream);
	unsigned int inputs = on ? pty->inputs | lines : pty->inputs & ~lines;
	unsigned int changed = inputs ^ pty->inputs;

	pty->inputs = inputs;
	pty->counters.cts += (changed & HAL_STREAM_CTS) != 0;
	pty->counters.dsr += (changed & HAL_STREAM_DSR) != 0;
	pty->counters.dcd += (changed & HAL_STREAM_DCD) != 0;
	pty->counters.ri += (changed & ~inputs & HAL_STREAM_RI) != 0; /* UARTs count its end */
	if (pty->open && (changed & ~inputs & HAL_STREAM_DCD))
		hang_up_unless_clocal(pty);
}

static ssize_t line_read(struct hal_stream *s, void *buf, size_t size)
{
	return hal_stream_read(to_pty(s)->pty, buf, size);
}

static ssize_t line_write(struct hal_stream *s, const void *buf, size_t len)
{
	return hal_stream_write(to_pty(s)->pty, buf, len);
}

static int line_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	*ret_lines = to_pty(s)->outputs & HAL_STREAM_DTR ? HAL_STREAM_DSR : 0;
	return 0;
}

static int line_flush(struct hal_stream *s)
{
	return hal_stream_flush(to_pty(s)->pty);
}

static int line_want_write(struct hal_stream *s, bool on)
{
	return hal_stream_want_write(to_pty(s)->pty, on);
}

static int line_want_read(struct hal_stream *s, bool on)
{
	return hal_stream_want_read(to_pty(s)->pty, on);
}

static int line_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	return hal_stream_watch_lines(to_pty(s)->pty, interval_ms);
}

static void line_close(struct hal_stream *s)
{
	struct line_pty *pty = to_pty(s);

	hal_list_del(&pty->node);
	hal_stream_close(pty->pty); /* no event afterwards */
	free(pty);
}

static const struct hal_stream_ops line_ops = {
	.name = "line-pty",
	.read = line_read,
	.write = line_write,
	.get_lines = line_get_lines,
	.flush = line_flush,
	.want_write = line_want_write,
	.want_read = line_want_read,
	.watch_lines = line_watch_lines,
	.close = line_close,
};

int line_pty_open(struct hal_list *all, struct hal_loop *loop, struct hal_stream **ret_stream,
		  char *path, size_t size)
{
	struct line_pty *pty = calloc(1, sizeof(*pty));
	struct stat st;
	int r;

	if (!pty)
		return -ENOMEM;
	r = hal_stream_pty_open(loop, &pty->pty, pty->path, sizeof(pty->path));
	if (r == 0 && stat(pty->path, &st) < 0)
		r = -errno;
	if (r == 0 && (size_t)snprintf(path, size, "%s", pty->path) >= size)
		r = -ENAMETOOLONG;
	if (r < 0) {
		hal_stream_close(pty->pty);
		free(pty);
		return r;
	}
	pty->stream =
		(struct hal_stream){.ops = &line_ops, .loop = loop, .caps = HAL_STREAM_CAP_LINES};
	pty->rdev = st.st_rdev;
	pty->inputs = HAL_STREAM_DSR | HAL_STREAM_CTS;
	hal_stream_set_handler(pty->pty, on_pty, pty);
	hal_list_append(all, &pty->node);
	*ret_stream = &pty->stream;
	return 0;
}
