/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/loop.h"
#include "wrap.h"

struct fixture {
	struct hal_loop *loop;
	struct hal_watch watch;
	unsigned int events; /* as told last */
	int sockets[2];	     /* the first is watched, and can always be written */
};

static void on_watch(struct hal_watch *watch, unsigned int events)
{
	HAL_CONTAINER_OF(watch, struct fixture, watch)->events = events;
}

static void start(struct fixture *f, unsigned int events)
{
	*f = (struct fixture){0};
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, f->sockets), 0);
	hal_watch_init(&f->watch, on_watch);
	cr_assert_eq(hal_watch_start(f->loop, &f->watch, f->sockets[0], events), 0);
	wrap_epoll_ctl.calls = 0;
}

static void stop(struct fixture *f)
{
	hal_watch_stop(f->loop, &f->watch);
	close(f->sockets[0]);
	close(f->sockets[1]);
	hal_loop_free(f->loop);
}

static void want(struct fixture *f, unsigned int events)
{
	cr_assert_eq(hal_watch_modify(f->loop, &f->watch, events), 0);
}

static bool is_readable(const struct hal_loop *loop)
{
	struct pollfd fd = {.fd = hal_loop_get_fd(loop), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

Test(loop_watch, what_is_wanted_again_at_once_costs_no_system_call)
{
	struct fixture f;

	start(&f, HAL_IO_READ | HAL_IO_WRITE);
	for (int i = 0; i < 1000; i++) {
		want(&f, HAL_IO_READ);
		want(&f, HAL_IO_READ | HAL_IO_WRITE);
		f.events = 0;
		cr_assert_eq(hal_loop_dispatch(f.loop), 1);
		cr_assert_eq(f.events, HAL_IO_WRITE);
	}
	cr_assert_eq(wrap_epoll_ctl.calls, 0);
	stop(&f);
}

Test(loop_watch, what_is_not_wanted_comes_in_vain_once_and_is_not_told)
{
	struct fixture f;

	start(&f, HAL_IO_READ | HAL_IO_WRITE);
	want(&f, HAL_IO_READ);
	cr_assert(is_readable(f.loop));
	cr_assert_eq(hal_loop_dispatch(f.loop), 0);
	cr_assert_eq(f.events, 0);
	cr_assert_not(is_readable(f.loop));
	cr_assert_eq(wrap_epoll_ctl.calls, 1);
	stop(&f);
}

Test(loop_watch, one_is_told_and_the_other_is_not)
{
	struct fixture f;

	start(&f, HAL_IO_READ | HAL_IO_WRITE);
	cr_assert_eq(write(f.sockets[1], "x", 1), 1);
	want(&f, HAL_IO_READ);
	cr_assert_eq(hal_loop_dispatch(f.loop), 1);
	cr_assert_eq(f.events, HAL_IO_READ);
	want(&f, HAL_IO_WRITE);
	cr_assert_eq(hal_loop_dispatch(f.loop), 1);
	cr_assert_eq(f.events, HAL_IO_WRITE);
	stop(&f);
}
