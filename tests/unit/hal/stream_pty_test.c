/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "hal/stream_tty.h"
#include "wrap.h"

#define PATIENCE_MS 5000

struct fixture {
	struct hal_loop *loop;
	struct hal_stream *s;
	char path[64];
	unsigned int all;
	int line_events;
	char got[64];
	size_t got_len;
};

static void on_event(void *user, unsigned int events)
{
	struct fixture *f = user;
	ssize_t n;

	f->all |= events;
	f->line_events += (events & HAL_STREAM_LINES) != 0;
	if (!(events & HAL_STREAM_READABLE))
		return;
	n = hal_stream_read(f->s, f->got + f->got_len, 1);
	cr_assert_eq(n, 1);
	f->got_len++;
}

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	cr_assert_eq(hal_stream_pty_open(f->loop, &f->s, f->path, sizeof(f->path)), 0);
	hal_stream_set_handler(f->s, on_event, f);
	cr_assert_eq(hal_stream_watch_lines(f->s, 1), 0);
	cr_assert_geq(hal_loop_dispatch(f->loop), 1);
	cr_assert_eq(f->all, HAL_STREAM_OPENED);
	cr_assert_eq(hal_loop_wait(f->loop, 0), 0, "nobody there: no wake-ups");
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->s);
	(void)hal_loop_dispatch(f->loop);
	hal_loop_free(f->loop);
}

static int open_slave(const struct fixture *f)
{
	int fd = open(f->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	return fd;
}

/* The kernel hands bytes from one side of a pty to the other in its own time. */
static void read_slave(int slave, char *buf, size_t len)
{
	struct pollfd p = {.fd = slave, .events = POLLIN};

	for (size_t got = 0; got < len;) {
		ssize_t n;

		cr_assert_eq(poll(&p, 1, PATIENCE_MS), 1);
		n = read(slave, buf + got, len - got);
		cr_assert_gt(n, 0);
		got += (size_t)n;
	}
}

static void note_event(void *user, unsigned int events)
{
	struct fixture *f = user;

	f->all |= events;
}

static unsigned int get_lines(const struct fixture *f)
{
	unsigned int lines = 0;

	cr_assert_eq(hal_stream_get_lines(f->s, &lines), 0);
	return lines;
}

/* A late notice of an open may still be on its way; what matters is that it comes to rest. */
static void assert_idle(struct hal_loop *loop, const char *what)
{
	for (int i = 0; i < 5; i++)
		if (hal_loop_wait(loop, 0) == 0)
			return;
	cr_assert_fail("not idle: %s", what);
}

static void wait_for_lines(struct fixture *f, unsigned int lines)
{
	while (get_lines(f) != lines)
		cr_assert_gt(hal_loop_wait(f->loop, PATIENCE_MS), 0);
	(void)hal_loop_dispatch(f->loop); /* what has been queued by it */
}

Test(stream_pty, dtr_follows_the_program)
{
	struct fixture f;
	int slave;

	setup(&f);
	cr_assert_eq(get_lines(&f), 0);
	for (int turn = 1; turn <= 3; turn++) {
		slave = open_slave(&f);
		wait_for_lines(&f, HAL_STREAM_DSR);
		cr_assert_eq(f.line_events, 2 * turn - 1);
		close(slave);
		wait_for_lines(&f, 0);
		cr_assert_eq(f.line_events, 2 * turn);
		assert_idle(f.loop, "nobody there any more");
	}
	teardown(&f);
}

Test(stream_pty, dtr_falls_with_the_last_of_several_programs)
{
	struct fixture f;
	int first, second;

	setup(&f);
	first = open_slave(&f);
	second = open_slave(&f);
	wait_for_lines(&f, HAL_STREAM_DSR);
	close(first);
	(void)hal_loop_wait(f.loop, 0);
	cr_assert_eq(get_lines(&f), HAL_STREAM_DSR);
	close(second);
	wait_for_lines(&f, 0);
	cr_assert_eq(f.line_events, 2);
	teardown(&f);
}

Test(stream_pty, dtr_falls_when_the_program_is_killed)
{
	struct fixture f;
	pid_t pid;

	setup(&f);
	pid = fork();
	if (pid == 0) {
		(void)open_slave(&f);
		for (;;)
			pause();
	}
	wait_for_lines(&f, HAL_STREAM_DSR);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wait_for_lines(&f, 0);
	teardown(&f);
}

Test(stream_pty, bytes_go_both_ways_unchanged)
{
	static const char bytes[] = "\r\n\x03\x04\x11\x13\xff";
	struct fixture f;
	char got[16];
	int slave;

	setup(&f);
	slave = open_slave(&f);
	wait_for_lines(&f, HAL_STREAM_DSR);
	cr_assert_eq(hal_stream_write(f.s, bytes, sizeof(bytes)), sizeof(bytes));
	read_slave(slave, got, sizeof(bytes));
	cr_assert_arr_eq(got, bytes, sizeof(bytes));

	cr_assert_eq(write(slave, bytes, sizeof(bytes)), sizeof(bytes));
	while (f.got_len < sizeof(bytes))
		cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_arr_eq(f.got, bytes, sizeof(bytes));
	cr_assert_eq(hal_stream_read(f.s, got, sizeof(got)), -EAGAIN);
	close(slave);
	teardown(&f);
}

Test(stream_pty, last_words_are_heard)
{
	struct fixture f;
	int slave;

	setup(&f);
	slave = open_slave(&f);
	wait_for_lines(&f, HAL_STREAM_DSR);
	cr_assert_eq(hal_stream_want_read(f.s, false), 0);
	cr_assert_eq(write(slave, "bye", 3), 3);
	close(slave);
	wait_for_lines(&f, 0);
	assert_idle(f.loop, "paused");
	cr_assert_eq(f.got_len, 0);

	cr_assert_eq(hal_stream_want_read(f.s, true), 0);
	while (f.got_len < 3)
		cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_arr_eq(f.got, "bye", 3);
	assert_idle(f.loop, "all read");
	teardown(&f);
}

Test(stream_pty, what_nobody_hears_is_lost)
{
	struct fixture f;
	char got[16];
	int slave;

	setup(&f);
	for (int i = 0; i < 10000; i++)
		cr_assert_eq(hal_stream_write(f.s, "0123456789", 10), 10, "never full");
	slave = open_slave(&f);
	cr_assert_eq(read(slave, got, sizeof(got)), -1);
	cr_assert_eq(errno, EAGAIN);
	close(slave);
	teardown(&f);
}

Test(stream_pty, a_full_pty_refuses_and_reports_room)
{
	char buf[4096] = {0};
	struct fixture f;
	ssize_t n;
	int slave;

	setup(&f);
	slave = open_slave(&f);
	wait_for_lines(&f, HAL_STREAM_DSR);
	/* Only the first refusal: the kernel may make room at any time. */
	do
		n = hal_stream_write(f.s, buf, sizeof(buf));
	while (n > 0);
	cr_assert_eq(n, -EAGAIN);
	cr_assert_eq(hal_stream_want_write(f.s, true), 0);
	do
		read_slave(slave, buf, 1);
	while (hal_loop_dispatch(f.loop) == 0);
	cr_assert(f.all & HAL_STREAM_WRITABLE);
	cr_assert_eq(hal_stream_want_write(f.s, false), 0);
	close(slave);
	teardown(&f);
}

Test(stream_pty, flush_forgets_what_is_unread)
{
	struct fixture f;
	char got[16];
	int slave;

	setup(&f);
	slave = open_slave(&f);
	wait_for_lines(&f, HAL_STREAM_DSR);
	hal_stream_set_handler(f.s, note_event, &f);
	cr_assert_eq(write(slave, "unread", 6), 6);
	while (!(f.all & HAL_STREAM_READABLE))
		cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_eq(hal_stream_flush(f.s), 0);
	cr_assert_eq(hal_stream_read(f.s, got, sizeof(got)), -EAGAIN);
	close(slave);
	teardown(&f);
}

Test(stream_pty, has_no_outputs_and_no_breaks)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DTR, true), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_set_break(f.s, true), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_configure(f.s, &HAL_STREAM_CONFIG_DEFAULT), -EOPNOTSUPP);
	teardown(&f);
}

Test(stream_pty, it_is_lost_when_it_cannot_be_watched)
{
	unsigned int lines;
	struct fixture f;
	int slave;
	char c;

	setup(&f);
	slave = open_slave(&f);
	wrap_fail_next(&wrap_epoll_ctl, ENOMEM);
	while (!(f.all & HAL_STREAM_LOST))
		cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_eq(hal_stream_read(f.s, &c, 1), -ENODEV);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), -ENODEV);
	cr_assert_eq(hal_stream_get_lines(f.s, &lines), -ENODEV);
	cr_assert_eq(hal_stream_flush(f.s), -ENODEV);
	cr_assert_eq(hal_stream_want_read(f.s, true), -ENODEV);
	cr_assert_eq(hal_stream_watch_lines(f.s, 1), -ENODEV);
	close(slave);
	cr_assert_eq(hal_loop_dispatch(f.loop), 0, "last event");
	teardown(&f);
}

Test(stream_pty, opening_fails_without_a_trace)
{
	struct hal_stream *s = NULL;
	struct hal_loop *loop = NULL;
	char path[64];

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	cr_assert_eq(hal_stream_pty_open(loop, &s, path, 4), -ENAMETOOLONG);
	wrap_fail_next(&wrap_calloc, ENOMEM);
	cr_assert_eq(hal_stream_pty_open(loop, &s, path, sizeof(path)), -ENOMEM);
	wrap_fail_next(&wrap_posix_openpt, ENOSPC);
	cr_assert_eq(hal_stream_pty_open(loop, &s, path, sizeof(path)), -ENOSPC);
	wrap_fail_next(&wrap_inotify_init1, EMFILE);
	cr_assert_eq(hal_stream_pty_open(loop, &s, path, sizeof(path)), -EMFILE);
	wrap_fail_next(&wrap_epoll_ctl, ENOSPC);
	cr_assert_eq(hal_stream_pty_open(loop, &s, path, sizeof(path)), -ENOSPC);
	cr_assert_null(s);
	cr_assert_eq(hal_loop_dispatch(loop), 0);
	hal_loop_free(loop);
}
