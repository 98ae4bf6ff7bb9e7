/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <poll.h>

#include "hal/loop.h"

#define COUNT (HAL_LOOP_MAX_WORKS + 2)

struct job {
	struct hal_work work;
	struct hal_loop *loop;
	int runs;
};

static void run_once(struct hal_work *work)
{
	HAL_CONTAINER_OF(work, struct job, work)->runs++;
}

static void run_again(struct hal_work *work)
{
	struct job *job = HAL_CONTAINER_OF(work, struct job, work);

	job->runs++;
	hal_work_queue(job->loop, work);
}

Test(loop_work, those_beyond_a_turns_share_run_first_in_the_next)
{
	struct job jobs[COUNT] = {0};
	struct hal_loop *loop;
	struct pollfd fd = {.events = POLLIN};

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	fd.fd = hal_loop_get_fd(loop);
	for (int i = 0; i < COUNT; i++) {
		jobs[i].loop = loop;
		hal_work_init(&jobs[i].work, run_again);
		hal_work_queue(loop, &jobs[i].work);
	}

	cr_assert_eq(hal_loop_dispatch(loop), HAL_LOOP_MAX_WORKS);
	cr_assert_eq(jobs[HAL_LOOP_MAX_WORKS - 1].runs, 1);
	cr_assert_eq(jobs[HAL_LOOP_MAX_WORKS].runs, 0);
	cr_assert_eq(poll(&fd, 1, 30000), 1, "what is left makes the descriptor readable");
	cr_assert_eq(hal_loop_dispatch(loop), HAL_LOOP_MAX_WORKS);
	for (int i = 0; i < COUNT; i++) {
		cr_assert_eq(jobs[i].runs, i < HAL_LOOP_MAX_WORKS - 2 ? 2 : 1, "job %d", i);
		hal_work_cancel(&jobs[i].work);
	}
	hal_loop_free(loop);
}

Test(loop_work, what_nobody_waits_for_comes_when_there_is_nothing_else)
{
	struct job job = {0}, idle = {0};
	struct hal_loop *loop;

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	hal_work_init(&job.work, run_once);
	hal_work_init(&idle.work, run_once);
	hal_loop_free_idly(loop, &idle.work, run_once);
	hal_work_queue(loop, &job.work);

	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(job.runs, 1);
	cr_assert_eq(idle.runs, 0);
	cr_assert_eq(hal_loop_next_deadline_us(loop), 0);
	cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(idle.runs, 1);
	cr_assert_eq(hal_loop_next_deadline_us(loop), UINT64_MAX);
	hal_loop_free(loop);
}

Test(loop_work, what_nobody_waits_for_does_not_wait_for_ever)
{
	struct job job = {0}, idle = {0};
	struct hal_loop *loop;

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	job.loop = loop;
	hal_work_init(&job.work, run_again);
	hal_work_init(&idle.work, run_once);
	hal_loop_free_idly(loop, &idle.work, run_once);
	hal_work_queue(loop, &job.work);

	for (int turn = 1; turn < HAL_LOOP_MAX_WAIT; turn++)
		cr_assert_eq(hal_loop_dispatch(loop), 1);
	cr_assert_eq(idle.runs, 0);
	cr_assert_eq(hal_loop_dispatch(loop), 2);
	cr_assert_eq(idle.runs, 1);
	hal_work_cancel(&job.work);
	hal_loop_free(loop);
}

Test(loop_work, what_nobody_waits_for_is_done_when_the_loop_ends)
{
	struct job idle = {0};
	struct hal_loop *loop;

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	hal_work_init(&idle.work, run_once);
	hal_loop_free_idly(loop, &idle.work, run_once);
	hal_loop_free(loop);
	cr_assert_eq(idle.runs, 1);
}
