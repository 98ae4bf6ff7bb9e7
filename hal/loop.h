/* SPDX-License-Identifier: MIT */
#ifndef HAL_LOOP_H
#define HAL_LOOP_H

/*
 * Event loop: epoll, one timerfd, deferred work. One descriptor (hal_loop_get_fd) becomes readable
 * whenever there is anything to do, timers and deferred work included, so any host loop can carry
 * this one.
 *
 * Watches, timers and works are embedded in their owners; starting a timer or queueing a work
 * cannot fail. All callbacks run inside hal_loop_dispatch(), never inside the call that armed them.
 * A callback may remove, re-arm or free any watch, timer or work, its own included.
 *
 * With a virtual clock nothing sleeps: hal_loop_run_virtual() jumps from deadline to deadline.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/clock.h"
#include "hal/list.h"

struct hal_loop;

/* Work done in one dispatch; what is left makes the descriptor readable at once. */
#define HAL_LOOP_MAX_EVENTS 64
#define HAL_LOOP_MAX_TIMERS 256
/* Few: many devices that go at once are one work each, and the first clients need not wait for the
 * last one. */
#define HAL_LOOP_MAX_WORKS 8
/* Turns that may pass before what can wait gets its turn, however much else there is to do. */
#define HAL_LOOP_MAX_WAIT 64

enum hal_io {
	HAL_IO_READ = 1 << 0,
	HAL_IO_WRITE = 1 << 1,
	HAL_IO_HUP = 1 << 2,   /* always reported, cannot be masked */
	HAL_IO_ERROR = 1 << 3, /* always reported, cannot be masked */
};

struct hal_watch;
typedef void (*hal_watch_fn)(struct hal_watch *watch, unsigned int events);

struct hal_watch {
	int fd;
	unsigned int events;
	hal_watch_fn fn;
	unsigned int asked; /* of epoll: these, and some that are not wanted any more */
	bool active;
};

struct hal_timer;
typedef void (*hal_timer_fn)(struct hal_timer *timer);

/* Node of a pairing heap ordered by deadline; intrusive so that arming cannot fail. */
struct hal_timer {
	uint64_t deadline_us;
	uint64_t order; /* timers with one deadline fire in the order they were armed */
	hal_timer_fn fn;
	struct hal_timer *child, *next, *prev;
	bool armed;
};

struct hal_work;
typedef void (*hal_work_fn)(struct hal_work *work);

struct hal_work {
	struct hal_list node;
	hal_work_fn fn;
};

/* @return 0; -ENOMEM; -errno of epoll_create1 or timerfd_create. clock must outlive the loop. */
int hal_loop_new(const struct hal_clock *clock, struct hal_loop **ret_loop);

/* Runs pending destructors (hal_loop_free_later() and _idly()), nothing else. NULL is allowed. */
void hal_loop_free(struct hal_loop *loop);

const struct hal_clock *hal_loop_clock(const struct hal_loop *loop);
uint64_t hal_loop_now_us(const struct hal_loop *loop);

/* Readable (EPOLLIN) when hal_loop_dispatch() has something to do. Owned by the loop. */
int hal_loop_get_fd(const struct hal_loop *loop);

/*
 * One turn, what is due: ready descriptors, expired timers, queued work, then deferred destructors.
 * Bounded, never blocks, must not be called from a callback.
 * @return number of callbacks run; -errno of epoll_wait
 */
int hal_loop_dispatch(struct hal_loop *loop);

/* Wait until there is something to do (timeout_ms < 0: for ever), then dispatch. Programs only. */
int hal_loop_wait(struct hal_loop *loop, int timeout_ms);

/*
 * Virtual clock only: dispatch and jump to the next deadline until nothing is left to do, or the
 * clock has reached until_us, or stop(user) says so (NULL: never).
 * @return true when stop() said so
 */
bool hal_loop_run_virtual(struct hal_loop *loop, struct hal_clock_virtual *clock, uint64_t until_us,
			  bool (*stop)(void *user), void *user);

/* The next deadline, or UINT64_MAX; 0 when work is queued. */
uint64_t hal_loop_next_deadline_us(const struct hal_loop *loop);

/*
 * Bytes for whoever runs at the moment, to read into: shared by all objects of the loop, so that
 * none of them needs a buffer of its own. Whatever comes next overwrites them.
 */
#define HAL_LOOP_SCRATCH 4096 /* what a tty gives at once */
char *hal_loop_scratch(struct hal_loop *loop);

void hal_watch_init(struct hal_watch *watch, hal_watch_fn fn);
/* @return 0; -errno of epoll_ctl (-EPERM: a descriptor that cannot be polled) */
int hal_watch_start(struct hal_loop *loop, struct hal_watch *watch, int fd, unsigned int events);
/*
 * Change what is watched; HUP and ERROR stay. What is not wanted any more is taken out when it
 * comes in vain: a writer that was told to go on mostly blocks again, and that costs no system call
 * then.
 * @return 0; -errno of epoll_ctl
 */
int hal_watch_modify(struct hal_loop *loop, struct hal_watch *watch, unsigned int events);
/* Stop; idempotent; the callback is not called any more, also not from the running batch. */
void hal_watch_stop(struct hal_loop *loop, struct hal_watch *watch);

void hal_timer_init(struct hal_timer *timer, hal_timer_fn fn);
/* (Re)arm, relative to now. */
void hal_timer_arm_ms(struct hal_loop *loop, struct hal_timer *timer, uint64_t delay_ms);
void hal_timer_arm_us(struct hal_loop *loop, struct hal_timer *timer, uint64_t delay_us);
/* (Re)arm for a time of hal_loop_now_us(), which may have passed. */
void hal_timer_arm_at_us(struct hal_loop *loop, struct hal_timer *timer, uint64_t deadline_us);
void hal_timer_cancel(struct hal_loop *loop, struct hal_timer *timer);
static inline bool hal_timer_armed(const struct hal_timer *timer)
{
	return timer->armed;
}

void hal_work_init(struct hal_work *work, hal_work_fn fn);
/*
 * Run once, when the descriptors and timers of a turn have been served; what a work queues runs in
 * the next turn. Queueing a queued work changes nothing.
 */
void hal_work_queue(struct hal_loop *loop, struct hal_work *work);
void hal_work_cancel(struct hal_work *work);
static inline bool hal_work_queued(const struct hal_work *work)
{
	return hal_list_linked(&work->node);
}

/*
 * Run fn(work) at the end of the current turn, when no callback is on the stack: the way to free an
 * object that may be on the call stack. The work must be idle.
 */
void hal_loop_free_later(struct hal_loop *loop, struct hal_work *work, hal_work_fn fn);

/*
 * The same for cleaning up that nobody waits for: run fn(work) in a turn that has nothing else to
 * do, or after HAL_LOOP_MAX_WAIT turns, or in hal_loop_free().
 */
void hal_loop_free_idly(struct hal_loop *loop, struct hal_work *work, hal_work_fn fn);

#endif
