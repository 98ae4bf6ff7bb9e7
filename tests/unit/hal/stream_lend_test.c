/* SPDX-License-Identifier: MIT */
/* A tty whose port somebody else reads and writes for a time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "hal/stream_tty.h"

#define PATIENCE_MS 10000

struct fixture {
	struct hal_loop *loop;
	struct hal_stream *s;
	int master, fd;
	unsigned int events;
};

static void on_event(void *user, unsigned int events)
{
	struct fixture *f = user;

	f->events |= events;
}

/* Lent to f->fd. */
static void setup(struct fixture *f)
{
	struct hal_error err;
	char path[64];

	*f = (struct fixture){0};
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	cr_assert_geq(f->master, 0);
	cr_assert_eq(unlockpt(f->master), 0);
	cr_assert_eq(ptsname_r(f->master, path, sizeof(path)), 0);
	cr_assert_eq(hal_stream_tty_open(f->loop, path, &HAL_STREAM_CONFIG_DEFAULT, &err, &f->s), 0,
		     "%s", err.text);
	hal_stream_set_handler(f->s, on_event, f);
	while (!(f->events & HAL_STREAM_OPENED))
		cr_assert_gt(hal_loop_wait(f->loop, PATIENCE_MS), 0);
	cr_assert_eq(hal_stream_lend(f->s, &f->fd), 0);
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->s);
	(void)hal_loop_wait(f->loop, 0);
	hal_loop_free(f->loop);
	close(f->fd);
	if (f->master >= 0)
		close(f->master);
}

static void await(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	cr_assert_eq(poll(&p, 1, PATIENCE_MS), 1);
}

/* B0 would be what agetty and pppd find, and it means to hang up. */
Test(stream_lend, the_descriptor_tells_the_rate_that_was_configured)
{
	static const struct {
		uint32_t baud;
		speed_t rate;
	} cases[] = {
		{1200, B1200},
		{9600, B9600},
		{115200, B115200},
		{921600, B921600},
	};
	struct fixture f;
	struct termios t;

	setup(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hal_stream_config config = HAL_STREAM_CONFIG_DEFAULT;

		config.baud = cases[i].baud;
		cr_assert_eq(hal_stream_configure(f.s, &config), 0);
		cr_assert_eq(tcgetattr(f.fd, &t), 0);
		cr_assert_eq(cfgetospeed(&t), cases[i].rate, "%u", config.baud);
		cr_assert_eq(cfgetispeed(&t), cases[i].rate, "%u", config.baud);
	}
	teardown(&f);
}

Test(stream_lend, the_descriptor_is_one_of_its_own)
{
	struct fixture f;
	int other = -1;

	setup(&f);
	cr_assert(isatty(f.fd));
	cr_assert_not(fcntl(f.fd, F_GETFL) & O_NONBLOCK, "what a program expects of its stdin");
	cr_assert(fcntl(f.fd, F_GETFD) & FD_CLOEXEC);
	cr_assert_eq(hal_stream_lend(f.s, &other), -EALREADY);
	cr_assert_eq(other, -1);
	teardown(&f);
}

Test(stream_lend, who_has_it_has_the_bytes)
{
	struct fixture f;
	char buf[16];

	setup(&f);
	f.events = 0;
	cr_assert_eq(write(f.master, "in", 2), 2);
	await(f.fd);
	cr_assert_eq(hal_loop_wait(f.loop, 0), 0, "not even looked at");
	cr_assert_eq(hal_stream_want_read(f.s, true), 0);
	cr_assert_eq(hal_stream_want_write(f.s, true), 0);
	cr_assert_eq(hal_loop_wait(f.loop, 0), 0, "whatever is wanted");
	cr_assert_eq(f.events, 0);
	cr_assert_eq(hal_stream_read(f.s, buf, sizeof(buf)), -EAGAIN);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), -EAGAIN);
	cr_assert_eq(read(f.fd, buf, sizeof(buf)), 2);
	cr_assert_eq(write(f.fd, "out", 3), 3);
	await(f.master);
	cr_assert_eq(read(f.master, buf, sizeof(buf)), 3);
	cr_assert_eq(memcmp(buf, "out", 3), 0);
	teardown(&f);
}

Test(stream_lend, taken_back_it_is_read_here_again)
{
	struct hal_stream_config config = HAL_STREAM_CONFIG_DEFAULT;
	struct termios mode;
	struct fixture f;
	char buf[16];

	setup(&f);
	cr_assert_eq(tcgetattr(f.fd, &mode), 0);
	mode.c_lflag |= ICANON | ECHO;
	cr_assert_eq(tcsetattr(f.fd, TCSANOW, &mode), 0);
	hal_stream_take_back(f.s);
	hal_stream_take_back(f.s);
	cr_assert_eq(hal_stream_configure(f.s, &config), 0);
	cr_assert_eq(write(f.master, "in", 2), 2);
	while (!(f.events & HAL_STREAM_READABLE))
		cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_eq(hal_stream_read(f.s, buf, sizeof(buf)), 2);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), 1);
	teardown(&f);
}

Test(stream_lend, its_loss_is_told)
{
	struct fixture f;
	int other;

	setup(&f);
	close(f.master);
	f.master = -1;
	while (!(f.events & HAL_STREAM_LOST))
		cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_not(f.events & HAL_STREAM_READABLE);
	hal_stream_take_back(f.s);
	cr_assert_eq(hal_stream_lend(f.s, &other), -ENODEV);
	teardown(&f);
}

/* Which takes CAP_SYS_ADMIN. */
Test(stream_lend, closing_hangs_up_on_who_still_has_it)
{
	struct fixture f;
	char c;

	setup(&f);
	hal_stream_take_back(f.s);
	hal_stream_close(f.s);
	f.s = NULL;
	if (geteuid() == 0) {
		cr_assert_eq(read(f.fd, &c, 1), 0);
		cr_assert_eq(write(f.fd, "x", 1), -1);
		cr_assert_eq(errno, EIO);
	} else {
		cr_assert_eq(write(f.fd, "x", 1), 1);
	}
	teardown(&f);
}

Test(stream_lend, not_every_stream_has_a_descriptor)
{
	struct hal_stream *dte, *dce;
	struct hal_loop *loop;
	int fd = -1;

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	cr_assert_eq(hal_stream_mem_pair(loop, NULL, &dte, &dce), 0);
	cr_assert_eq(hal_stream_lend(dte, &fd), -EOPNOTSUPP);
	cr_assert_eq(fd, -1);
	hal_stream_take_back(dte);
	hal_stream_close(dte);
	hal_stream_close(dce);
	(void)hal_loop_wait(loop, 0);
	hal_loop_free(loop);
}
