/* SPDX-License-Identifier: MIT */
#include "tools/lined/event.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define BATCH_MAX 32

int event_loop_init(struct event_loop *loop)
{
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

void event_loop_fini(struct event_loop *loop)
{
	close(loop->epoll);
}

static int control(struct event_loop *loop, int op, struct event_source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(loop->epoll, op, source->fd, &event) < 0 ? -errno : 0;
}

int event_add(struct event_loop *loop, struct event_source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, source, events);
}

int event_change(struct event_loop *loop, struct event_source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, source, events);
}

void event_remove(struct event_loop *loop, const struct event_source *source)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

int event_run(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event events[BATCH_MAX];
	int n;

	n = epoll_wait(loop->epoll, events, BATCH_MAX, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		struct event_source *source = events[i].data.ptr;

		source->ready(source->user, events[i].events);
	}
	return 0;
}

uint64_t event_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
