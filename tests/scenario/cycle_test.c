/* SPDX-License-Identifier: MIT */
/* Ten thousand lives of a call leave nothing behind. */
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

#define CYCLES 10000

static long rss_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert_not_null(f);
	cr_assert_eq(fscanf(f, "%*d %ld", &pages), 1);
	(void)fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Exact where the sanitizer counts; the C library's own figure else. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t heap_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

static void forget_events(struct rig *rig)
{
	for (size_t i = 0; i < rig->n_events; i++)
		(void)tl_event_free(rig->events[i]);
	rig->n_events = 0;
}

static void live(struct rig *rig)
{
	tl_session session = rig_connect(rig);
	uint64_t op;

	cr_assert_eq(tl_session_drop(rig->ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(rig, op, 60000), 0);
	cr_assert_eq(tl_session_release(rig->ctx, session, 0), 0);
	forget_events(rig);
}

Test(cycle, leaves_counters_at_zero_and_memory_flat, .timeout = 300)
{
	long before, after;
	size_t heap, grown;
	struct rig rig;

	rig_init(&rig, NULL);
	for (int i = 0; i < CYCLES / 2; i++)
		live(&rig);
	before = rss_kib();
	heap = heap_bytes();
	for (int i = 0; i < CYCLES / 2; i++)
		live(&rig);
	grown = heap_bytes() - heap;
	after = rss_kib();
	cr_log_info("RSS %ld KiB after %d calls, %ld KiB after %d", before, CYCLES / 2, after,
		    CYCLES);
	cr_assert_eq(grown, 0, "%zd bytes more", (ssize_t)grown);
	cr_assert_lt(after - before, 1024);
	rig_run_ms(&rig, 10000);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_CALLS_TOTAL), CYCLES);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_DROPS_FAILED_TOTAL), 0);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_SESSIONS), 0);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_CALLS), 0);
	rig_fini(&rig);
}
