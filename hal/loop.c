/* SPDX-License-Identifier: MIT */
#include "hal/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct hal_loop {
	const struct hal_clock *clock;
	int epoll_fd;
	int timer_fd;		/* -1 with a virtual clock */
	uint64_t timer_fd_us;	/* it fires then or has fired; UINT64_MAX: never */
	bool all_told;		/* the last wait told of everything that was ready */
	struct hal_timer *heap; /* root: the earliest timer */
	uint64_t armed;		/* timers armed so far, see hal_timer.order */
	struct hal_list works;
	struct hal_list dead; /* hal_loop_free_later() */
	struct hal_list idle; /* hal_loop_free_idly() */
	unsigned int waited;  /* turns that idle's first has waited */
	size_t watches;
	struct epoll_event batch[HAL_LOOP_MAX_EVENTS];
	int batch_len; /* 0 outside the delivery of events */
	bool dispatching;
	char scratch[HAL_LOOP_SCRATCH];
};

/* Pairing heap: prev of a first child is its parent, prev of any other its sibling. */

static bool fires_before(const struct hal_timer *a, const struct hal_timer *b)
{
	if (a->deadline_us != b->deadline_us)
		return a->deadline_us < b->deadline_us;
	return a->order < b->order;
}

/* Of two roots one becomes the first child of the other; NULL is the empty heap. */
static struct hal_timer *heap_meld(struct hal_timer *a, struct hal_timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (fires_before(b, a)) {
		struct hal_timer *tmp = a;

		a = b;
		b = tmp;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

static struct hal_timer *take_sibling(struct hal_timer **siblings)
{
	struct hal_timer *timer = *siblings;

	if (!timer)
		return NULL;
	*siblings = timer->next;
	timer->next = NULL;
	timer->prev = NULL;
	return timer;
}

/* The two passes that give the heap its cost: meld in pairs, then meld the pairs backwards. */
static struct hal_timer *heap_meld_siblings(struct hal_timer *siblings)
{
	struct hal_timer *pairs = NULL;
	struct hal_timer *root = NULL;

	while (siblings) {
		struct hal_timer *a = take_sibling(&siblings);
		struct hal_timer *pair = heap_meld(a, take_sibling(&siblings));

		pair->next = pairs;
		pairs = pair;
	}
	while (pairs)
		root = heap_meld(root, take_sibling(&pairs));
	return root;
}

static void heap_remove(struct hal_timer **heap, struct hal_timer *timer)
{
	struct hal_timer *orphans = heap_meld_siblings(timer->child);

	timer->child = NULL;
	if (timer == *heap) {
		*heap = orphans;
		return;
	}
	if (timer->prev->child == timer)
		timer->prev->child = timer->next;
	else
		timer->prev->next = timer->next;
	if (timer->next)
		timer->next->prev = timer->prev;
	timer->next = NULL;
	timer->prev = NULL;
	*heap = heap_meld(*heap, orphans);
}

/*
 * Make the descriptor readable in time. The timerfd is never set to a later time: a time-out that
 * is armed and cancelled thirty thousand times a second then costs no system call, only one early
 * wake-up now and then, after which the true deadline is set.
 */
static void set_alarm(struct hal_loop *loop)
{
	uint64_t next_us = hal_loop_next_deadline_us(loop);
	struct itimerspec when = {0};

	if (loop->timer_fd < 0 || loop->dispatching || next_us >= loop->timer_fd_us)
		return;
	when.it_value.tv_sec = (time_t)(next_us / HAL_USEC_PER_SEC);
	when.it_value.tv_nsec = (long)(next_us % HAL_USEC_PER_SEC) * 1000;
	if (next_us == 0)
		when.it_value.tv_nsec = 1; /* 0 would disarm it */
	/* Cannot fail: the descriptor is ours and the time is in range. */
	(void)timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	loop->timer_fd_us = next_us;
}

static int open_alarm(struct hal_loop *loop)
{
	/* Edge-triggered: setting it anew clears it, so it never has to be read. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};

	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->timer_fd < 0)
		return -errno;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &event) < 0)
		return -errno;
	return 0;
}

int hal_loop_new(const struct hal_clock *clock, struct hal_loop **ret_loop)
{
	struct hal_loop *loop;
	int r = 0;

	loop = calloc(1, sizeof(*loop));
	if (!loop)
		return -ENOMEM;
	loop->clock = clock;
	loop->timer_fd = -1;
	loop->timer_fd_us = UINT64_MAX;
	hal_list_init(&loop->works);
	hal_list_init(&loop->dead);
	hal_list_init(&loop->idle);

	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		r = -errno;
	else if (!clock->ops->is_virtual)
		r = open_alarm(loop);
	if (r < 0) {
		hal_loop_free(loop);
		return r;
	}
	*ret_loop = loop;
	return 0;
}

static int run_works(struct hal_list *works, int max)
{
	struct hal_list *node;
	int count = 0;

	while (count < max && (node = hal_list_pop(works)) != NULL) {
		struct hal_work *work = HAL_CONTAINER_OF(node, struct hal_work, node);

		work->fn(work);
		count++;
	}
	return count;
}

void hal_loop_free(struct hal_loop *loop)
{
	if (!loop)
		return;
	(void)run_works(&loop->idle, INT_MAX); /* how many does not matter */
	(void)run_works(&loop->dead, INT_MAX);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop);
}

const struct hal_clock *hal_loop_clock(const struct hal_loop *loop)
{
	return loop->clock;
}

uint64_t hal_loop_now_us(const struct hal_loop *loop)
{
	return hal_clock_now_us(loop->clock);
}

int hal_loop_get_fd(const struct hal_loop *loop)
{
	return loop->epoll_fd;
}

char *hal_loop_scratch(struct hal_loop *loop)
{
	return loop->scratch;
}

uint64_t hal_loop_next_deadline_us(const struct hal_loop *loop)
{
	if (!hal_list_empty(&loop->works) || !hal_list_empty(&loop->dead) ||
	    !hal_list_empty(&loop->idle))
		return 0;
	return loop->heap ? loop->heap->deadline_us : UINT64_MAX;
}

static unsigned int to_io(uint32_t epoll_events)
{
	unsigned int events = 0;

	if (epoll_events & EPOLLIN)
		events |= HAL_IO_READ;
	if (epoll_events & EPOLLOUT)
		events |= HAL_IO_WRITE;
	if (epoll_events & EPOLLHUP)
		events |= HAL_IO_HUP;
	if (epoll_events & EPOLLERR)
		events |= HAL_IO_ERROR;
	return events;
}

static uint32_t from_io(unsigned int events)
{
	return (events & HAL_IO_READ ? (uint32_t)EPOLLIN : 0) |
	       (events & HAL_IO_WRITE ? (uint32_t)EPOLLOUT : 0);
}

static int control(struct hal_loop *loop, int op, struct hal_watch *watch, unsigned int events)
{
	struct epoll_event event = {.events = from_io(events), .data.ptr = watch};

	if (epoll_ctl(loop->epoll_fd, op, watch->fd, &event) < 0)
		return -errno;
	watch->asked = events;
	return 0;
}

static int deliver_events(struct hal_loop *loop)
{
	int count = 0;

	for (int i = 0; i < loop->batch_len; i++) {
		struct hal_watch *watch = loop->batch[i].data.ptr;
		unsigned int events = to_io(loop->batch[i].events);

		if (!watch)
			continue;
		if (events & watch->asked & ~watch->events)
			/* Cannot fail: it is there. */
			(void)control(loop, EPOLL_CTL_MOD, watch, watch->events);
		/* What an earlier callback of this batch has ceased to want is not delivered. */
		events &= watch->events | HAL_IO_HUP | HAL_IO_ERROR;
		if (events == 0)
			continue;
		watch->fn(watch, events);
		count++;
	}
	loop->batch_len = 0;
	return count;
}

/* @return number of callbacks run; -errno of epoll_wait */
static int run_events(struct hal_loop *loop, int timeout_ms)
{
	int n;

	/* Nothing can be ready: simulations run millions of turns without a system call. */
	if (loop->timer_fd < 0 && loop->watches == 0 && timeout_ms == 0)
		return 0;
	n = epoll_wait(loop->epoll_fd, loop->batch, HAL_LOOP_MAX_EVENTS, timeout_ms);
	loop->all_told = n >= 0 && n < HAL_LOOP_MAX_EVENTS;
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		if (!loop->batch[i].data.ptr)
			loop->timer_fd_us = UINT64_MAX;
	loop->batch_len = n;
	return deliver_events(loop);
}

/* Before a turn's first timer the alarm goes off: as long as it has not, nobody need read the
 * clock. */
static bool may_be_due(const struct hal_loop *loop)
{
	if (!loop->heap)
		return false;
	return loop->timer_fd < 0 || loop->timer_fd_us == UINT64_MAX || !loop->all_told;
}

static int run_timers(struct hal_loop *loop)
{
	uint64_t armed = loop->armed;
	uint64_t now_us;
	int count = 0;

	if (!may_be_due(loop))
		return 0;
	now_us = hal_loop_now_us(loop);
	while (count < HAL_LOOP_MAX_TIMERS) {
		struct hal_timer *timer = loop->heap;

		/* One that was armed in this turn waits for the next, even when it is due. */
		if (!timer || timer->deadline_us > now_us || timer->order >= armed)
			break;
		heap_remove(&loop->heap, timer);
		timer->armed = false;
		timer->fn(timer);
		count++;
	}
	return count;
}

/* busy: the turn had something else to do. */
static int run_idle(struct hal_loop *loop, bool busy)
{
	if (hal_list_empty(&loop->idle) || (busy && ++loop->waited < HAL_LOOP_MAX_WAIT))
		return 0;
	loop->waited = 0;
	return run_works(&loop->idle, HAL_LOOP_MAX_WORKS);
}

/* What is queued; not what that queues. */
static int run_queued(struct hal_loop *loop)
{
	struct hal_list works;
	int count;

	if (hal_list_empty(&loop->works))
		return 0;
	hal_list_init(&works);
	hal_list_splice(&works, &loop->works);
	count = run_works(&works, HAL_LOOP_MAX_WORKS);
	/* Those that are left come before those that were queued meanwhile. */
	hal_list_splice(&works, &loop->works);
	hal_list_splice(&loop->works, &works);
	return count;
}

static int run_turn(struct hal_loop *loop, int timeout_ms)
{
	int r;

	assert(!loop->dispatching);
	loop->dispatching = true;
	r = run_events(loop, timeout_ms);
	if (r >= 0) {
		r += run_timers(loop);
		r += run_queued(loop);
		r += run_idle(loop, r > 0);
		r += run_works(&loop->dead, INT_MAX);
	}
	loop->dispatching = false;
	set_alarm(loop);
	return r;
}

int hal_loop_dispatch(struct hal_loop *loop)
{
	return run_turn(loop, 0);
}

int hal_loop_wait(struct hal_loop *loop, int timeout_ms)
{
	uint64_t next_us = hal_loop_next_deadline_us(loop);

	/* What is due sooner the alarm ends the wait for, where there is one. */
	if (next_us == 0 || (loop->timer_fd < 0 && next_us <= hal_loop_now_us(loop)))
		timeout_ms = 0;
	return run_turn(loop, timeout_ms);
}

bool hal_loop_run_virtual(struct hal_loop *loop, struct hal_clock_virtual *clock, uint64_t until_us,
			  bool (*stop)(void *user), void *user)
{
	for (;;) {
		uint64_t next_us;
		int r;

		if (stop && stop(user))
			return true;
		r = hal_loop_dispatch(loop);
		if (r < 0)
			return false;
		next_us = hal_loop_next_deadline_us(loop);
		if (r > 0 || next_us <= clock->now_us)
			continue;
		if (next_us == UINT64_MAX)
			return false;
		if (next_us > until_us) {
			if (until_us > clock->now_us)
				hal_clock_virtual_set(clock, until_us);
			return false;
		}
		hal_clock_virtual_set(clock, next_us);
	}
}

void hal_watch_init(struct hal_watch *watch, hal_watch_fn fn)
{
	*watch = (struct hal_watch){.fd = -1, .fn = fn};
}

int hal_watch_start(struct hal_loop *loop, struct hal_watch *watch, int fd, unsigned int events)
{
	int r;

	assert(!watch->active);
	watch->fd = fd;
	r = control(loop, EPOLL_CTL_ADD, watch, events);
	if (r < 0)
		return r;
	watch->events = events;
	watch->active = true;
	loop->watches++;
	return 0;
}

int hal_watch_modify(struct hal_loop *loop, struct hal_watch *watch, unsigned int events)
{
	int r = 0;

	if (events & ~watch->asked)
		r = control(loop, EPOLL_CTL_MOD, watch, events);
	if (r == 0)
		watch->events = events;
	return r;
}

void hal_watch_stop(struct hal_loop *loop, struct hal_watch *watch)
{
	if (!watch->active)
		return;
	/* Fails only when the owner has closed it already, and then it is out anyway. */
	(void)control(loop, EPOLL_CTL_DEL, watch, 0);
	watch->active = false;
	loop->watches--;
	for (int i = 0; i < loop->batch_len; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
}

void hal_timer_init(struct hal_timer *timer, hal_timer_fn fn)
{
	*timer = (struct hal_timer){.fn = fn};
}

void hal_timer_arm_at_us(struct hal_loop *loop, struct hal_timer *timer, uint64_t deadline_us)
{
	hal_timer_cancel(loop, timer);
	timer->deadline_us = deadline_us < UINT64_MAX ? deadline_us : UINT64_MAX - 1;
	timer->order = loop->armed++;
	timer->armed = true;
	loop->heap = heap_meld(loop->heap, timer);
	set_alarm(loop);
}

void hal_timer_arm_us(struct hal_loop *loop, struct hal_timer *timer, uint64_t delay_us)
{
	uint64_t now_us = hal_loop_now_us(loop);
	bool fits = delay_us <= UINT64_MAX - now_us;

	hal_timer_arm_at_us(loop, timer, fits ? now_us + delay_us : UINT64_MAX);
}

void hal_timer_arm_ms(struct hal_loop *loop, struct hal_timer *timer, uint64_t delay_ms)
{
	bool fits = delay_ms <= UINT64_MAX / HAL_USEC_PER_MSEC;

	hal_timer_arm_us(loop, timer, fits ? delay_ms * HAL_USEC_PER_MSEC : UINT64_MAX);
}

void hal_timer_cancel(struct hal_loop *loop, struct hal_timer *timer)
{
	if (!timer->armed)
		return;
	heap_remove(&loop->heap, timer);
	timer->armed = false;
}

void hal_work_init(struct hal_work *work, hal_work_fn fn)
{
	hal_list_init(&work->node);
	work->fn = fn;
}

void hal_work_queue(struct hal_loop *loop, struct hal_work *work)
{
	if (hal_work_queued(work))
		return;
	hal_list_append(&loop->works, &work->node);
	set_alarm(loop);
}

void hal_work_cancel(struct hal_work *work)
{
	hal_list_del(&work->node);
}

void hal_loop_free_later(struct hal_loop *loop, struct hal_work *work, hal_work_fn fn)
{
	assert(!hal_work_queued(work));
	work->fn = fn;
	hal_list_append(&loop->dead, &work->node);
	set_alarm(loop);
}

void hal_loop_free_idly(struct hal_loop *loop, struct hal_work *work, hal_work_fn fn)
{
	assert(!hal_work_queued(work));
	work->fn = fn;
	hal_list_append(&loop->idle, &work->node);
	set_alarm(loop);
}
