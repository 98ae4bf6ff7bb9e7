/* SPDX-License-Identifier: MIT */
#include "hal/loop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wrap.h"

#define MANY_TIMERS 1000

static struct hal_loop *new_loop(void)
{
	struct hal_loop *loop = NULL;

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	return loop;
}

static struct hal_loop *new_virtual_loop(struct hal_clock_virtual *clock)
{
	struct hal_loop *loop = NULL;

	hal_clock_virtual_init(clock, 1000, 0);
	cr_assert_eq(hal_loop_new(&clock->clock, &loop), 0);
	return loop;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) == 1;
}

/* A timer, a work or a watch that notes when it ran. */
struct probe {
	struct hal_loop *loop;
	struct hal_timer timer;
	struct hal_work work;
	struct hal_watch watch;
	unsigned int events;
	int runs;
	int place; /* among all probes that share a counter */
	int *counter;
	struct probe *victim;
};

static void note(struct probe *probe)
{
	probe->runs++;
	if (probe->counter)
		probe->place = (*probe->counter)++;
}

static void on_timer(struct hal_timer *timer)
{
	note(HAL_CONTAINER_OF(timer, struct probe, timer));
}

static void on_work(struct hal_work *work)
{
	note(HAL_CONTAINER_OF(work, struct probe, work));
}

static void on_watch(struct hal_watch *watch, unsigned int events)
{
	struct probe *probe = HAL_CONTAINER_OF(watch, struct probe, watch);

	probe->events = events;
	note(probe);
}

static struct probe new_probe(struct hal_loop *loop, int *counter)
{
	struct probe probe = {.loop = loop, .counter = counter, .place = -1};

	hal_timer_init(&probe.timer, on_timer);
	hal_watch_init(&probe.watch, on_watch);
	return probe;
}

static void watch_socket(struct probe *probe, int sockets[2], unsigned int events)
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
	cr_assert_eq(hal_watch_start(probe->loop, &probe->watch, sockets[0], events), 0);
}

Test(loop, new_says_what_failed_and_leaves_nothing)
{
	static const struct {
		const char *name;
		struct wrap *call;
		int error;
	} cases[] = {
		{"calloc", &wrap_calloc, ENOMEM},
		{"epoll_create1", &wrap_epoll_create1, EMFILE},
		{"timerfd_create", &wrap_timerfd_create, ENFILE},
		{"epoll_ctl", &wrap_epoll_ctl, ENOSPC},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hal_loop *loop = NULL;

		wrap_fail_next(cases[i].call, cases[i].error);
		cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), -cases[i].error, "%s",
			     cases[i].name);
		cr_assert_null(loop);
	}
	hal_loop_free(NULL);
}

Test(loop, timers_fire_by_deadline_then_in_the_order_of_arming)
{
	static const struct {
		const char *name;
		uint64_t delay_us;
		int place;
	} cases[] = {
		{"late", 900, 5},  {"first", 10, 0},  {"tie a", 500, 2},  {"tie b", 500, 3},
		{"second", 20, 1}, {"tie c", 500, 4}, {"last", 10000, 6},
	};
	struct probe probes[sizeof(cases) / sizeof(cases[0])];
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	int counter = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		probes[i] = new_probe(loop, &counter);
		hal_timer_arm_us(loop, &probes[i].timer, cases[i].delay_us);
	}
	cr_assert_not(hal_loop_run_virtual(loop, &clock, UINT64_MAX, NULL, NULL));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(probes[i].runs, 1, "%s", cases[i].name);
		cr_assert_eq(probes[i].place, cases[i].place, "%s", cases[i].name);
		cr_assert_not(hal_timer_armed(&probes[i].timer));
	}
	cr_assert_eq(clock.now_us, 11000);
	hal_loop_free(loop);
}

/* The heap under arming, re-arming and cancelling in no order at all. */
Test(loop, the_heap_keeps_order_under_cancelling)
{
	struct probe *probes = calloc(MANY_TIMERS, sizeof(*probes));
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	int order[MANY_TIMERS] = {0};
	int counter = 0, armed = 0;

	srand(1);
	for (int i = 0; i < MANY_TIMERS; i++) {
		probes[i] = new_probe(loop, &counter);
		hal_timer_arm_us(loop, &probes[i].timer, (uint64_t)(rand() % 5000));
	}
	for (int i = 0; i < MANY_TIMERS; i++) {
		if (i % 3 == 0)
			hal_timer_cancel(loop, &probes[i].timer);
		else if (i % 3 == 1)
			hal_timer_arm_us(loop, &probes[i].timer, (uint64_t)(rand() % 5000));
	}
	(void)hal_loop_run_virtual(loop, &clock, UINT64_MAX, NULL, NULL);

	for (int i = 0; i < MANY_TIMERS; i++) {
		cr_assert_eq(probes[i].runs, i % 3 == 0 ? 0 : 1);
		armed += probes[i].runs;
		if (probes[i].runs)
			order[probes[i].place] = i;
	}
	cr_assert_eq(armed, counter);
	for (int i = 1; i < armed; i++) {
		const struct hal_timer *a = &probes[order[i - 1]].timer;
		const struct hal_timer *b = &probes[order[i]].timer;

		cr_assert(a->deadline_us < b->deadline_us ||
			  (a->deadline_us == b->deadline_us && a->order < b->order));
	}
	free(probes);
	hal_loop_free(loop);
}

static void cancel_victim(struct hal_timer *timer)
{
	struct probe *probe = HAL_CONTAINER_OF(timer, struct probe, timer);

	note(probe);
	hal_timer_cancel(probe->loop, &probe->victim->timer);
}

Test(loop, a_timer_can_cancel_another_that_is_due)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe a = new_probe(loop, NULL), b = new_probe(loop, NULL);

	hal_timer_init(&a.timer, cancel_victim);
	a.victim = &b;
	hal_timer_arm_ms(loop, &a.timer, 1);
	hal_timer_arm_ms(loop, &b.timer, 1);
	hal_clock_virtual_set(&clock, 5000);

	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(a.runs, 1);
	cr_assert_eq(b.runs, 0);
	hal_loop_free(loop);
}

static void arm_again(struct hal_timer *timer)
{
	struct probe *probe = HAL_CONTAINER_OF(timer, struct probe, timer);

	note(probe);
	hal_timer_arm_us(probe->loop, timer, 0);
}

Test(loop, a_timer_armed_for_now_waits_for_the_next_turn)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe probe = new_probe(loop, NULL);

	hal_timer_init(&probe.timer, arm_again);
	hal_timer_arm_us(loop, &probe.timer, 0);

	cr_assert_eq(probe.runs, 0);
	for (int turn = 1; turn <= 3; turn++) {
		cr_assert_eq(hal_loop_dispatch(loop), 1);
		cr_assert_eq(probe.runs, turn);
	}
	hal_loop_free(loop);
}

static void free_own_probe(struct hal_timer *timer)
{
	struct probe *probe = HAL_CONTAINER_OF(timer, struct probe, timer);

	(*probe->counter)++;
	free(probe);
}

Test(loop, a_timer_can_be_freed_by_its_callback)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe *probe = malloc(sizeof(*probe));
	int counter = 0;

	*probe = new_probe(loop, &counter);
	hal_timer_init(&probe->timer, free_own_probe);
	hal_timer_arm_us(loop, &probe->timer, 0);

	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(counter, 1);
	hal_loop_free(loop);
}

Test(loop, endless_delays_do_not_wrap)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe a = new_probe(loop, NULL), b = new_probe(loop, NULL);

	hal_timer_arm_us(loop, &a.timer, UINT64_MAX);
	hal_timer_arm_ms(loop, &b.timer, UINT64_MAX / 10);

	cr_assert_eq(hal_loop_dispatch(loop), 0);
	cr_assert_eq(hal_loop_next_deadline_us(loop), UINT64_MAX - 1);
	hal_timer_cancel(loop, &a.timer);
	hal_timer_cancel(loop, &a.timer);
	hal_timer_cancel(loop, &b.timer);
	cr_assert_eq(hal_loop_next_deadline_us(loop), UINT64_MAX);
	hal_loop_free(loop);
}

Test(loop, a_turn_is_bounded_and_the_rest_makes_the_descriptor_readable)
{
	struct probe *probes = calloc(MANY_TIMERS, sizeof(*probes));
	struct hal_loop *loop = new_loop();
	int fired = 0;

	for (int i = 0; i < MANY_TIMERS; i++) {
		probes[i] = new_probe(loop, NULL);
		hal_timer_arm_us(loop, &probes[i].timer, 0);
	}
	for (int turn = 0; fired < MANY_TIMERS; turn++) {
		int r;

		cr_assert(is_readable(hal_loop_get_fd(loop), 1000));
		r = hal_loop_dispatch(loop);
		cr_assert_leq(r, HAL_LOOP_MAX_TIMERS);
		fired += r;
	}
	cr_assert_not(is_readable(hal_loop_get_fd(loop), 0));
	free(probes);
	hal_loop_free(loop);
}

Test(loop, arming_and_cancelling_time_outs_costs_no_system_call)
{
	struct hal_loop *loop = new_loop();
	struct probe probe = new_probe(loop, NULL);

	hal_timer_arm_ms(loop, &probe.timer, 60000);
	wrap_timerfd_settime.calls = 0;
	wrap_calloc.calls = 0;
	for (int i = 0; i < 30000; i++) {
		hal_timer_cancel(loop, &probe.timer);
		hal_timer_arm_ms(loop, &probe.timer, 60000);
	}
	cr_assert_eq(wrap_timerfd_settime.calls, 0);
	cr_assert_eq(wrap_calloc.calls, 0);
	hal_loop_free(loop);
}

Test(loop, after_an_early_alarm_the_true_deadline_is_kept)
{
	struct hal_loop *loop = new_loop();
	struct probe early = new_probe(loop, NULL), late = new_probe(loop, NULL);

	hal_timer_arm_ms(loop, &early.timer, 2);
	hal_timer_arm_ms(loop, &late.timer, 6);
	hal_timer_cancel(loop, &early.timer);
	wrap_timerfd_settime.calls = 0;

	while (late.runs == 0)
		cr_assert(is_readable(hal_loop_get_fd(loop), 5000) && hal_loop_dispatch(loop) >= 0);
	cr_assert_eq(early.runs, 0);
	cr_assert_leq(wrap_timerfd_settime.calls, 1);
	cr_assert_not(is_readable(hal_loop_get_fd(loop), 0), "idle means no wake-ups");
	hal_loop_free(loop);
}

Test(loop, a_shorter_deadline_moves_the_alarm)
{
	struct hal_loop *loop = new_loop();
	struct probe a = new_probe(loop, NULL), b = new_probe(loop, NULL);

	hal_timer_arm_ms(loop, &a.timer, 60000);
	hal_timer_arm_ms(loop, &b.timer, 1);

	cr_assert(is_readable(hal_loop_get_fd(loop), 5000));
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(b.runs, 1);
	hal_loop_free(loop);
}

Test(loop, an_outer_epoll_sees_works_timers_and_descriptors)
{
	struct hal_loop *loop = new_loop();
	struct probe probe = new_probe(loop, NULL);
	int outer = epoll_create1(EPOLL_CLOEXEC), sockets[2];
	struct epoll_event event = {.events = EPOLLIN};

	cr_assert_eq(epoll_ctl(outer, EPOLL_CTL_ADD, hal_loop_get_fd(loop), &event), 0);
	hal_work_init(&probe.work, on_work);
	watch_socket(&probe, sockets, HAL_IO_READ);
	cr_assert_eq(epoll_wait(outer, &event, 1, 0), 0);

	hal_work_queue(loop, &probe.work);
	cr_assert_eq(epoll_wait(outer, &event, 1, 1000), 1, "work");
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(epoll_wait(outer, &event, 1, 0), 0);

	hal_timer_arm_ms(loop, &probe.timer, 1);
	cr_assert_eq(epoll_wait(outer, &event, 1, 1000), 1, "timer");
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(epoll_wait(outer, &event, 1, 0), 0);

	cr_assert_eq(write(sockets[1], "x", 1), 1);
	cr_assert_eq(epoll_wait(outer, &event, 1, 1000), 1, "descriptor");
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(epoll_wait(outer, &event, 1, 0), 1, "level-triggered");

	hal_watch_stop(loop, &probe.watch);
	cr_assert_eq(epoll_wait(outer, &event, 1, 0), 0);
	close(sockets[0]);
	close(sockets[1]);
	close(outer);
	hal_loop_free(loop);
}

static void queue_again(struct hal_work *work)
{
	struct probe *probe = HAL_CONTAINER_OF(work, struct probe, work);

	note(probe);
	hal_work_queue(probe->loop, work);
}

Test(loop, what_a_work_queues_runs_in_the_next_turn)
{
	struct hal_loop *loop = new_loop();
	struct probe probe = new_probe(loop, NULL);

	hal_work_init(&probe.work, queue_again);
	hal_work_queue(loop, &probe.work);
	hal_work_queue(loop, &probe.work);

	cr_assert_eq(probe.runs, 0, "never inside the call");
	for (int turn = 1; turn <= 3; turn++) {
		cr_assert(is_readable(hal_loop_get_fd(loop), 1000));
		cr_assert_eq(hal_loop_dispatch(loop), 1);
		cr_assert_eq(probe.runs, turn);
	}
	hal_work_cancel(&probe.work);
	hal_work_cancel(&probe.work);
	(void)hal_loop_dispatch(loop);
	cr_assert_eq(probe.runs, 3);
	cr_assert_not(is_readable(hal_loop_get_fd(loop), 0));
	hal_loop_free(loop);
}

static void cancel_victims_work(struct hal_work *work)
{
	struct probe *probe = HAL_CONTAINER_OF(work, struct probe, work);

	note(probe);
	hal_work_cancel(&probe->victim->work);
}

Test(loop, a_work_can_cancel_another_of_the_same_turn)
{
	struct hal_loop *loop = new_loop();
	struct probe a = new_probe(loop, NULL), b = new_probe(loop, NULL);

	hal_work_init(&a.work, cancel_victims_work);
	hal_work_init(&b.work, on_work);
	a.victim = &b;
	hal_work_queue(loop, &a.work);
	hal_work_queue(loop, &b.work);

	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(b.runs, 0);
	cr_assert_not(hal_work_queued(&b.work));
	hal_loop_free(loop);
}

static void free_probe(struct hal_work *work)
{
	struct probe *probe = HAL_CONTAINER_OF(work, struct probe, work);

	probe->victim->place = (*probe->counter)++;
	free(probe);
}

static void free_victim_later(struct hal_timer *timer)
{
	struct probe *probe = HAL_CONTAINER_OF(timer, struct probe, timer);

	note(probe);
	hal_loop_free_later(probe->loop, &probe->victim->work, free_probe);
}

Test(loop, destructors_run_last_in_the_turn)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	int counter = 0;
	struct probe timer = new_probe(loop, &counter), work = new_probe(loop, &counter);
	struct probe death = {.place = -1};
	struct probe *victim = malloc(sizeof(*victim));

	*victim = new_probe(loop, &counter);
	victim->victim = &death;
	hal_work_init(&victim->work, on_work);
	hal_timer_init(&timer.timer, free_victim_later);
	timer.victim = victim;
	hal_work_init(&work.work, on_work);
	hal_timer_arm_us(loop, &timer.timer, 0);
	hal_work_queue(loop, &work.work);

	cr_assert_eq(hal_loop_dispatch(loop), 3);
	cr_assert_eq(timer.place, 0);
	cr_assert_eq(work.place, 1);
	cr_assert_eq(death.place, 2);
	hal_loop_free(loop);
}

Test(loop, freeing_the_loop_runs_pending_destructors_and_nothing_else)
{
	struct hal_loop *loop = new_loop();
	struct probe death = {.place = -1};
	struct probe work = new_probe(loop, NULL);
	struct probe *victim = malloc(sizeof(*victim));
	int counter = 0;

	*victim = new_probe(loop, &counter);
	victim->victim = &death;
	hal_work_init(&victim->work, on_work);
	hal_work_init(&work.work, on_work);
	hal_work_queue(loop, &work.work);
	hal_loop_free_later(loop, &victim->work, free_probe);
	cr_assert(is_readable(hal_loop_get_fd(loop), 1000));

	hal_loop_free(loop);
	cr_assert_eq(death.place, 0);
	cr_assert_eq(work.runs, 0);
}

Test(loop, a_watch_reports_what_is_ready)
{
	struct hal_loop *loop = new_loop();
	struct probe probe = new_probe(loop, NULL);
	int sockets[2];

	watch_socket(&probe, sockets, HAL_IO_READ);
	cr_assert_eq(hal_loop_dispatch(loop), 0);

	cr_assert_eq(write(sockets[1], "x", 1), 1);
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(probe.events, HAL_IO_READ);

	cr_assert_eq(hal_watch_modify(loop, &probe.watch, HAL_IO_READ | HAL_IO_WRITE), 0);
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(probe.events, HAL_IO_READ | HAL_IO_WRITE);

	cr_assert_eq(hal_watch_modify(loop, &probe.watch, 0), 0);
	cr_assert_eq(hal_watch_modify(loop, &probe.watch, 0), 0);
	cr_assert_eq(hal_loop_dispatch(loop), 0);

	close(sockets[1]);
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert(probe.events & HAL_IO_HUP, "cannot be masked");

	hal_watch_stop(loop, &probe.watch);
	hal_watch_stop(loop, &probe.watch);
	cr_assert_eq(hal_loop_dispatch(loop), 0);
	close(sockets[0]);
	hal_loop_free(loop);
}

static void stop_victim(struct hal_watch *watch, unsigned int events)
{
	struct probe *probe = HAL_CONTAINER_OF(watch, struct probe, watch);

	probe->events = events;
	note(probe);
	hal_watch_stop(probe->loop, &probe->victim->watch);
}

static void unmask_victim(struct hal_watch *watch, unsigned int events)
{
	struct probe *probe = HAL_CONTAINER_OF(watch, struct probe, watch);

	probe->events = events;
	note(probe);
	cr_assert_eq(hal_watch_modify(probe->loop, &probe->victim->watch, 0), 0);
}

/* Two ready descriptors in one batch: whichever comes first deals with the other. */
static void check_batch(hal_watch_fn fn)
{
	struct hal_loop *loop = new_loop();
	struct probe a = new_probe(loop, NULL), b = new_probe(loop, NULL);
	int first[2], second[2];

	hal_watch_init(&a.watch, fn);
	hal_watch_init(&b.watch, fn);
	a.victim = &b;
	b.victim = &a;
	watch_socket(&a, first, HAL_IO_READ);
	watch_socket(&b, second, HAL_IO_READ);
	cr_assert_eq(write(first[1], "x", 1), 1);
	cr_assert_eq(write(second[1], "x", 1), 1);

	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(a.runs + b.runs, 1);

	hal_watch_stop(loop, &a.watch);
	hal_watch_stop(loop, &b.watch);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
	hal_loop_free(loop);
}

Test(loop, a_stopped_watch_is_not_called_from_the_running_batch)
{
	check_batch(stop_victim);
}

Test(loop, an_unwanted_event_is_not_delivered_from_the_running_batch)
{
	check_batch(unmask_victim);
}

static void stop_and_free(struct hal_watch *watch, unsigned int events)
{
	struct probe *probe = HAL_CONTAINER_OF(watch, struct probe, watch);

	(void)events;
	(*probe->counter)++;
	hal_watch_stop(probe->loop, watch);
	free(probe);
}

Test(loop, a_watch_can_be_freed_by_its_callback)
{
	struct hal_loop *loop = new_loop();
	struct probe *probe = malloc(sizeof(*probe));
	int sockets[2], counter = 0;

	*probe = new_probe(loop, &counter);
	hal_watch_init(&probe->watch, stop_and_free);
	watch_socket(probe, sockets, HAL_IO_WRITE);

	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(counter, 1);
	close(sockets[0]);
	close(sockets[1]);
	hal_loop_free(loop);
}

Test(loop, what_cannot_be_watched_is_refused)
{
	struct hal_loop *loop = new_loop();
	struct probe probe = new_probe(loop, NULL);
	FILE *file = tmpfile();

	cr_assert_eq(hal_watch_start(loop, &probe.watch, fileno(file), HAL_IO_READ), -EPERM);
	cr_assert_eq(hal_watch_start(loop, &probe.watch, -1, HAL_IO_READ), -EBADF);
	cr_assert_not(probe.watch.active);
	cr_assert_eq(hal_watch_modify(loop, &probe.watch, HAL_IO_WRITE), -EBADF);
	(void)fclose(file);
	hal_loop_free(loop);
}

Test(loop, more_ready_descriptors_than_a_batch_are_all_served)
{
	enum { COUNT = HAL_LOOP_MAX_EVENTS + 10 };
	struct hal_loop *loop = new_loop();
	static struct probe probes[COUNT];
	static int sockets[COUNT][2];
	int served = 0;

	for (int i = 0; i < COUNT; i++) {
		probes[i] = new_probe(loop, NULL);
		watch_socket(&probes[i], sockets[i], HAL_IO_WRITE);
	}
	cr_assert_eq(hal_loop_dispatch(loop), HAL_LOOP_MAX_EVENTS);
	cr_assert(is_readable(hal_loop_get_fd(loop), 0));
	cr_assert_eq(hal_loop_dispatch(loop), HAL_LOOP_MAX_EVENTS);
	for (int i = 0; i < COUNT; i++) {
		served += probes[i].runs > 0;
		hal_watch_stop(loop, &probes[i].watch);
		close(sockets[i][0]);
		close(sockets[i][1]);
	}
	cr_assert_eq(served, COUNT);
	hal_loop_free(loop);
}

Test(loop, errors_of_epoll_are_passed_on)
{
	struct hal_loop *loop = new_loop();

	wrap_fail_next(&wrap_epoll_wait, EBADF);
	cr_assert_eq(hal_loop_dispatch(loop), -EBADF);
	wrap_fail_next(&wrap_epoll_wait, EINTR);
	cr_assert_eq(hal_loop_wait(loop, -1), 0, "a signal is no error");
	hal_loop_free(loop);
}

#ifndef NDEBUG
static void dispatch_inside(struct hal_work *work)
{
	(void)hal_loop_dispatch(HAL_CONTAINER_OF(work, struct probe, work)->loop);
}

Test(loop, dispatching_from_a_callback_is_a_bug, .signal = SIGABRT)
{
	struct hal_loop *loop = new_loop();
	struct probe probe = new_probe(loop, NULL);

	hal_work_init(&probe.work, dispatch_inside);
	hal_work_queue(loop, &probe.work);
	(void)hal_loop_dispatch(loop);
}
#endif

Test(loop, virtual_time_jumps_and_stops_where_asked)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe probe = new_probe(loop, NULL);

	cr_assert_eq(hal_loop_clock(loop), &clock.clock);
	hal_timer_arm_ms(loop, &probe.timer, 60000);

	cr_assert_not(hal_loop_run_virtual(loop, &clock, 30001000, NULL, NULL));
	cr_assert_eq(clock.now_us, 30001000);
	cr_assert_eq(probe.runs, 0);

	cr_assert_not(hal_loop_run_virtual(loop, &clock, 60001000, NULL, NULL));
	cr_assert_eq(clock.now_us, 60001000);
	cr_assert_eq(probe.runs, 1, "at until_us inclusive");

	cr_assert_not(hal_loop_run_virtual(loop, &clock, 90000000, NULL, NULL));
	cr_assert_eq(clock.now_us, 60001000, "nothing left to do");
	hal_loop_free(loop);
}

static bool has_run_three_times(void *user)
{
	const struct probe *probe = user;

	return probe->runs == 3;
}

static void arm_in_a_second(struct hal_timer *timer)
{
	struct probe *probe = HAL_CONTAINER_OF(timer, struct probe, timer);

	note(probe);
	hal_timer_arm_ms(probe->loop, timer, 1000);
}

Test(loop, virtual_time_stops_when_told)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe probe = new_probe(loop, NULL);

	hal_timer_init(&probe.timer, arm_in_a_second);
	hal_timer_arm_ms(loop, &probe.timer, 1000);

	cr_assert(hal_loop_run_virtual(loop, &clock, UINT64_MAX, has_run_three_times, &probe));
	cr_assert_eq(clock.now_us, 3001000);
	hal_loop_free(loop);
}

Test(loop, virtual_turns_make_no_system_call_and_allocate_nothing)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe probe = new_probe(loop, NULL);

	hal_timer_init(&probe.timer, arm_in_a_second);
	hal_timer_arm_ms(loop, &probe.timer, 1000);
	wrap_calloc.calls = 0;

	(void)hal_loop_run_virtual(loop, &clock, 100000 * HAL_USEC_PER_SEC, NULL, NULL);
	cr_assert_eq(probe.runs, 99999);
	cr_assert_eq(wrap_epoll_wait.calls, 0);
	cr_assert_eq(wrap_timerfd_create.calls, 0);
	cr_assert_eq(wrap_calloc.calls, 0);
	hal_loop_free(loop);
}

Test(loop, descriptors_work_with_virtual_time_too)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe probe = new_probe(loop, NULL);
	int sockets[2];

	hal_watch_init(&probe.watch, stop_victim);
	probe.victim = &probe;
	watch_socket(&probe, sockets, HAL_IO_READ);
	cr_assert_eq(write(sockets[1], "x", 1), 1);

	cr_assert_not(hal_loop_run_virtual(loop, &clock, UINT64_MAX, NULL, NULL));
	cr_assert_eq(probe.runs, 1);

	wrap_fail_next(&wrap_epoll_wait, EBADF);
	cr_assert_eq(hal_watch_start(loop, &probe.watch, sockets[0], HAL_IO_READ), 0);
	cr_assert_not(hal_loop_run_virtual(loop, &clock, UINT64_MAX, NULL, NULL));
	hal_watch_stop(loop, &probe.watch);
	close(sockets[0]);
	close(sockets[1]);
	hal_loop_free(loop);
}

Test(loop, waiting_with_virtual_time_does_not_block_on_due_work)
{
	struct hal_clock_virtual clock;
	struct hal_loop *loop = new_virtual_loop(&clock);
	struct probe probe = new_probe(loop, NULL);

	hal_work_init(&probe.work, on_work);
	hal_work_queue(loop, &probe.work);
	cr_assert_eq(hal_loop_wait(loop, -1), 1);
	hal_timer_arm_us(loop, &probe.timer, 0);
	cr_assert_eq(hal_loop_wait(loop, -1), 1);
	hal_loop_free(loop);
}
