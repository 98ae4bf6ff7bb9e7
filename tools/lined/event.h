/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_EVENT_H
#define TOOLS_LINED_EVENT_H

/** @file The daemon's loop: descriptors and what to do when they are ready. */

#include <stdint.h>

/**
 * Embedded in its owner, who frees neither it nor itself from within ready() of any source: the
 * rest of the batch may still point there.
 */
struct event_source {
	int fd;
	void (*ready)(void *user, uint32_t events);
	void *user;
};

struct event_loop {
	int epoll;
};

/** @return 0; negative errno of epoll_create1(2) */
int event_loop_init(struct event_loop *loop);
void event_loop_fini(struct event_loop *loop);

/** EPOLLHUP and EPOLLERR come unasked. @return 0; negative errno of epoll_ctl(2) */
int event_add(struct event_loop *loop, struct event_source *source, uint32_t events);
int event_change(struct event_loop *loop, struct event_source *source, uint32_t events);
/** Before its descriptor is closed. */
void event_remove(struct event_loop *loop, const struct event_source *source);

/**
 * Wait once and run what is ready.
 * @param timeout_ms -1: for ever
 * @return 0; negative errno of epoll_wait(2), never -EINTR
 */
int event_run(struct event_loop *loop, int timeout_ms);

/** Milliseconds of CLOCK_MONOTONIC. */
uint64_t event_now_ms(void);

#endif
