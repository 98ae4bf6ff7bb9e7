/* SPDX-License-Identifier: MIT */
/* Timers of the loop on the system's clock, which is read only when the alarm has gone off. */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "hal/loop.h"

struct probe {
	struct hal_loop *loop;
	struct hal_watch watch;
	struct hal_timer timer, later;
	int sockets[2];
	int runs;
};

static void on_ready(struct hal_watch *watch, unsigned int events)
{
	(void)watch;
	(void)events;
}

static void on_timer(struct hal_timer *timer)
{
	HAL_CONTAINER_OF(timer, struct probe, timer)->runs++;
}

static void on_later(struct hal_timer *timer)
{
	(void)timer;
	cr_assert(false, "a minute has not passed");
}

/* Its watch is always ready. */
static void probe_init(struct probe *probe, struct hal_loop *loop, hal_watch_fn fn)
{
	*probe = (struct probe){.loop = loop};
	hal_watch_init(&probe->watch, fn);
	hal_timer_init(&probe->timer, on_timer);
	hal_timer_init(&probe->later, on_later);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, probe->sockets), 0);
	cr_assert_eq(hal_watch_start(loop, &probe->watch, probe->sockets[0], HAL_IO_WRITE), 0);
}

static void probe_fini(struct probe *probe)
{
	hal_timer_cancel(probe->loop, &probe->timer);
	hal_timer_cancel(probe->loop, &probe->later);
	hal_watch_stop(probe->loop, &probe->watch);
	close(probe->sockets[0]);
	close(probe->sockets[1]);
}

static struct hal_loop *new_loop(void)
{
	struct hal_loop *loop;

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	return loop;
}

/* The alarm is one of the ready descriptors, and not always in the batch. */
Test(loop_alarm, a_timer_is_served_beside_more_descriptors_than_a_batch)
{
	enum { COUNT = HAL_LOOP_MAX_EVENTS + 10 };
	struct hal_loop *loop = new_loop();
	static struct probe probes[COUNT];

	for (int i = 0; i < COUNT; i++)
		probe_init(&probes[i], loop, on_ready);
	hal_timer_arm_at_us(loop, &probes[0].timer, hal_loop_now_us(loop));
	while (probes[0].runs == 0)
		cr_assert_gt(hal_loop_dispatch(loop), 0);
	for (int i = 0; i < COUNT; i++)
		probe_fini(&probes[i]);
	hal_loop_free(loop);
}

static void arm_before_now(struct hal_watch *watch, unsigned int events)
{
	struct probe *probe = HAL_CONTAINER_OF(watch, struct probe, watch);

	(void)events;
	hal_watch_stop(probe->loop, watch);
	hal_timer_arm_at_us(probe->loop, &probe->timer, 1);
}

Test(loop_alarm, a_time_that_has_passed_comes_in_the_next_turn)
{
	struct hal_loop *loop = new_loop();
	struct probe probe;

	probe_init(&probe, loop, arm_before_now);
	hal_timer_arm_ms(loop, &probe.later, 60000);
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(probe.runs, 0);
	cr_assert_eq(hal_loop_wait(loop, 30000), 1);
	cr_assert_eq(probe.runs, 1);
	probe_fini(&probe);
	hal_loop_free(loop);
}

Test(loop_alarm, a_cancelled_timer_leaves_the_next_one_its_time)
{
	struct hal_loop *loop = new_loop();
	struct probe probe;

	probe_init(&probe, loop, on_ready);
	hal_watch_stop(loop, &probe.watch);
	hal_timer_arm_ms(loop, &probe.later, 60000);
	hal_timer_arm_us(loop, &probe.timer, 0);
	hal_timer_cancel(loop, &probe.timer);
	hal_timer_arm_ms(loop, &probe.timer, 20);
	while (probe.runs == 0)
		cr_assert_geq(hal_loop_wait(loop, 30000), 0);
	probe_fini(&probe);
	hal_loop_free(loop);
}

Test(loop_alarm, a_timer_can_be_armed_for_the_end_of_time)
{
	struct hal_loop *loop = new_loop();
	struct probe probe;

	probe_init(&probe, loop, on_ready);
	hal_timer_arm_at_us(loop, &probe.later, UINT64_MAX);
	cr_assert_lt(hal_loop_next_deadline_us(loop), UINT64_MAX, "that would be none");
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	probe_fini(&probe);
	hal_loop_free(loop);
}
