/* SPDX-License-Identifier: MIT */
#include "core/drop.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct dropped {
	struct fake f;
	tl_line line;
	tl_session session;
	uint64_t op;
};

/* A connected call, about to be dropped by a ladder of n steps that are merely unverified. */
static void connect(struct dropped *d, size_t n)
{
	fake_init(&d->f);
	d->line = fake_ready(&d->f);
	d->session = fake_connect(&d->f, tl_ctx_get_client(d->f.ctx), d->line);
	d->f.n_steps = n;
	for (size_t i = 0; i < n; i++)
		d->f.steps[i].result = TL_DROP_UNVERIFIED;
	fake_forget(&d->f);
}

static void drop(struct dropped *d)
{
	cr_assert_eq(tl_session_drop(d->f.ctx, d->session, TL_DROP_USER, &d->op), 0);
}

static void finish(struct dropped *d)
{
	fake_release(&d->f, d->session);
	fake_fini(&d->f);
}

static void assert_step(struct dropped *d, size_t step, const char *name,
			enum tl_drop_result result, const char *proof, uint32_t ms)
{
	struct tl_session_info *info = fake_info(&d->f, d->session);

	cr_assert_lt(step, tl_session_info_drop_steps(info));
	cr_assert_str_eq(tl_session_info_drop_name(info, step), name);
	cr_assert_eq(tl_session_info_drop_result(info, step), result, "step %zu is %s", step,
		     tl_drop_result_name(tl_session_info_drop_result(info, step)));
	cr_assert_str_eq(tl_session_info_drop_proof(info, step), proof);
	cr_assert_eq(tl_session_info_drop_ms(info, step), ms);
	(void)tl_session_info_free(info);
}

static void assert_over(struct dropped *d, enum tl_call_state state, enum tl_origin origin,
			size_t n_steps)
{
	struct tl_session_info *info = fake_info(&d->f, d->session);

	cr_assert(tl_session_info_is_over(info));
	cr_assert_eq(tl_session_info_state(info), state);
	cr_assert_eq(tl_session_info_origin(info), origin, "origin is %s",
		     tl_origin_name(tl_session_info_origin(info)));
	cr_assert_eq(tl_session_info_drop_steps(info), n_steps);
	cr_assert_str_eq(tl_session_info_drop_name(info, n_steps), "");
	cr_assert_eq(tl_session_info_drop_result(info, n_steps), TL_DROP_SKIPPED);
	(void)tl_session_info_free(info);
}

Test(drop, ends_with_the_first_step_that_is_verified)
{
	static const char *const names[FAKE_STEPS] = {"first", "second", "third", "fourth"};
	static const char *const calls[FAKE_STEPS] = {
		"drop0 recover ",
		"drop0 drop1 recover ",
		"drop0 drop1 drop2 recover ",
		"drop0 drop1 drop2 drop3 recover ",
	};

	for (size_t n = 0; n < FAKE_STEPS; n++) {
		struct dropped d;

		connect(&d, FAKE_STEPS);
		d.f.diagnose_error = -EOPNOTSUPP;
		d.f.line->call->diagnosed = true;
		d.f.steps[n].result = TL_DROP_VERIFIED;
		drop(&d);
		cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 1);
		fake_run_ms(&d.f, 0);
		fake_assert_done(&d.f, d.op, 0);
		cr_assert_str_eq(d.f.calls, calls[n]);
		assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_USER, n + 1);
		for (size_t i = 0; i < n; i++)
			assert_step(&d, i, names[i], TL_DROP_UNVERIFIED, "", 0);
		assert_step(&d, n, names[n], TL_DROP_VERIFIED, "proof", 0);
		cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_READY);
		cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 0);
		finish(&d);
	}
}

Test(drop, that_nothing_verifies_leaves_the_call_unknown_and_the_line_faulty)
{
	struct tl_line_info *info;
	struct dropped d;

	connect(&d, 3);
	d.f.steps[1].result = TL_DROP_REFUSED;
	d.f.steps[2].result = TL_DROP_TIMEOUT;
	drop(&d);
	fake_run_ms(&d.f, 0);
	fake_assert_done(&d.f, d.op, -EIO);
	assert_over(&d, TL_CALL_UNKNOWN, TL_ORIGIN_USER, 3);
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 1);
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_DROPS_FAILED_TOTAL), 1);
	cr_assert_eq(tl_session_drop(d.f.ctx, d.session, 0, NULL), -EALREADY);
	cr_assert_eq(tl_line_get_info(d.f.ctx, d.line, &info), 0);
	cr_assert_eq(tl_line_info_state(info), TL_LINE_FAULTY);
	cr_assert_eq(tl_line_info_error(info), -EIO);
	cr_assert_str_eq(tl_line_info_why(info),
			 "not proved to be on hook: first unverified, second refused, "
			 "third timeout");
	(void)tl_line_info_free(info);

	/* The modem has been found on hook at last: the call is over for certain. */
	fake_run_ms(&d.f, 1000);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_READY);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_USER, 3);
	finish(&d);
}

Test(drop, goes_on_without_a_driver_that_does_not_report)
{
	static const struct core_drop_outcome late = {.result = TL_DROP_VERIFIED, .proof = "late"};
	struct dropped d;

	connect(&d, 2);
	d.f.steps[0].silent = true;
	d.f.steps[1].silent = true;
	drop(&d);
	fake_run_ms(&d.f, 1000 + CORE_DROP_SLACK_MS - 1);
	cr_assert_str_eq(d.f.calls, "drop0 ");
	fake_run_ms(&d.f, 1);
	cr_assert_str_eq(d.f.calls, "drop0 drop1 ");
	assert_step(&d, 0, "first", TL_DROP_TIMEOUT, "", 1000 + CORE_DROP_SLACK_MS);
	fake_run_ms(&d.f, 2000 + CORE_DROP_SLACK_MS - 1);
	cr_assert_eq(fake_call_state(&d.f, d.session), TL_CALL_CONNECTED);
	fake_run_ms(&d.f, 1);
	fake_assert_done(&d.f, d.op, -EIO);
	assert_over(&d, TL_CALL_UNKNOWN, TL_ORIGIN_USER, 2);
	/* What it says now changes nothing: the line is to be opened anew. */
	core_drop_step_done(d.f.line, &late);
	assert_over(&d, TL_CALL_UNKNOWN, TL_ORIGIN_USER, 2);
	finish(&d);
}

Test(drop, ignores_the_call_while_it_runs)
{
	static const struct core_cause busy = {TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, TL_CAUSE_V250,
					       "BUSY"};
	struct dropped d;

	connect(&d, 1);
	d.f.steps[0] = (struct fake_step){.silent = true};
	drop(&d);
	core_call_event(d.f.line, CORE_CALL_EVENT_HOLD);
	core_call_ended(d.f.line, &busy, "BUSY");
	cr_assert_eq(fake_call_state(&d.f, d.session), TL_CALL_CONNECTED);
	core_drop_step_done(d.f.line,
			    &(struct core_drop_outcome){.result = TL_DROP_VERIFIED, .proof = "p"});
	core_drop_step_done(d.f.line, &(struct core_drop_outcome){.result = TL_DROP_TIMEOUT});
	fake_run_ms(&d.f, 0);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_USER, 1);
	fake_assert_done(&d.f, d.op, 0);
	finish(&d);
}

Test(drop, skips_steps_that_the_driver_cannot_take)
{
	struct dropped d;

	connect(&d, 3);
	d.f.steps[0].error = -EOPNOTSUPP;
	d.f.steps[1].error = -ENODEV;
	d.f.steps[2].result = TL_DROP_VERIFIED;
	drop(&d);
	fake_run_ms(&d.f, 0);
	fake_assert_done(&d.f, d.op, 0);
	assert_step(&d, 0, "first", TL_DROP_SKIPPED, "", 0);
	assert_step(&d, 1, "second", TL_DROP_DEVICE_GONE, "", 0);
	assert_step(&d, 2, "third", TL_DROP_VERIFIED, "proof", 0);
	finish(&d);
}

Test(drop, of_steps_that_cannot_be_taken_fails_at_once)
{
	struct dropped d;

	connect(&d, 2);
	d.f.steps[0].error = -EOPNOTSUPP;
	d.f.steps[1].error = -EOPNOTSUPP;
	drop(&d);
	fake_assert_done(&d.f, d.op, -EIO);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_FAULTY);
	finish(&d);
}

Test(drop, succeeds_when_the_device_goes_in_mid_step)
{
	struct dropped d;

	connect(&d, 2);
	d.f.steps[0].silent = true;
	drop(&d);
	fake_run_ms(&d.f, 300);
	core_line_lost(d.f.line);
	fake_assert_done(&d.f, d.op, 0);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_DEVICE_GONE, 1);
	assert_step(&d, 0, "first", TL_DROP_DEVICE_GONE, "", 300);
	cr_assert_eq(tl_session_drop(d.f.ctx, d.session, 0, NULL), -ENODEV);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_GONE);
	fake_run_ms(&d.f, 60000);
	finish(&d);
}

Test(drop, fails_when_the_driver_gives_up_in_mid_step)
{
	struct dropped d;

	connect(&d, 2);
	d.f.steps[0].silent = true;
	drop(&d);
	core_line_down(d.f.line, -ETIMEDOUT, "silent");
	fake_assert_done(&d.f, d.op, -EIO);
	assert_over(&d, TL_CALL_UNKNOWN, TL_ORIGIN_USER, 1);
	assert_step(&d, 0, "first", TL_DROP_UNVERIFIED, "", 0);
	finish(&d);
}

Test(drop, a_call_lost_with_its_line_ended_by_an_error)
{
	struct dropped d;

	connect(&d, 1);
	core_line_down(d.f.line, -ETIMEDOUT, "silent");
	assert_over(&d, TL_CALL_UNKNOWN, TL_ORIGIN_ERROR, 0);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_FAULTY);
	finish(&d);
}

Test(drop, a_second_one_joins_the_first)
{
	struct dropped d;
	uint64_t second;

	connect(&d, 1);
	d.f.steps[0] = (struct fake_step){.silent = true};
	drop(&d);
	fake_run_ms(&d.f, 10);
	cr_assert_eq(tl_session_drop(d.f.ctx, d.session, 0, &second), 0);
	cr_assert_str_eq(d.f.calls, "drop0 ");
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_DROPS_TOTAL), 1);
	core_drop_step_done(d.f.line, &(struct core_drop_outcome){.result = TL_DROP_VERIFIED});
	fake_assert_done(&d.f, d.op, 0);
	fake_assert_done(&d.f, second, 0);
	/* Who asked first is who ended it. */
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_USER, 1);
	fake_run_ms(&d.f, 0);
	finish(&d);
}

Test(drop, of_a_call_that_is_being_cleared_joins_and_leaves_the_cause)
{
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};
	struct dropped d;

	connect(&d, 1);
	d.f.steps[0] = (struct fake_step){.silent = true};
	core_call_ended(d.f.line, &remote, NULL);
	cr_assert_eq(fake_call_state(&d.f, d.session), TL_CALL_DISCONNECTED);
	drop(&d);
	cr_assert_str_eq(d.f.calls, "drop0 ");
	core_drop_step_done(d.f.line, &(struct core_drop_outcome){.result = TL_DROP_VERIFIED});
	fake_assert_done(&d.f, d.op, 0);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_REMOTE, 1);
	fake_run_ms(&d.f, 0);
	finish(&d);
}

static const struct core_cause diagnosis = {TL_ORIGIN_NONE, TL_DISCONNECT_NONE, TL_CAUSE_V58,
					    "60=51 ATH"};

static void assert_cause(struct dropped *d, const char *text)
{
	struct tl_session_info *info = fake_info(&d->f, d->session);

	cr_assert_str_eq(tl_session_info_cause(info), text);
	(void)tl_session_info_free(info);
}

Test(drop, asks_for_the_cause_before_a_step_erases_it)
{
	struct dropped d;

	connect(&d, 2);
	d.f.diagnose_error = 0;
	d.f.erasing = true;
	d.f.steps[1].result = TL_DROP_VERIFIED;
	drop(&d);
	fake_run_ms(&d.f, 100);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose ");
	core_call_diagnosed(d.f.line, &diagnosis);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose drop1 ");
	fake_run_ms(&d.f, 0);
	/* Asked once: not again before recovering. */
	cr_assert_str_eq(d.f.calls, "drop0 diagnose drop1 recover ");
	assert_cause(&d, "60=51 ATH");
	finish(&d);
}

Test(drop, does_not_wait_for_a_diagnosis_for_ever)
{
	struct dropped d;

	connect(&d, 2);
	d.f.diagnose_error = 0;
	d.f.erasing = true;
	d.f.steps[1] = (struct fake_step){.silent = true};
	drop(&d);
	fake_run_ms(&d.f, 1);
	/* No step is under way: whatever this is about, it is late. */
	core_drop_step_done(d.f.line, &(struct core_drop_outcome){.result = TL_DROP_VERIFIED});
	fake_run_ms(&d.f, CORE_DIAGNOSE_BUDGET_MS - 2);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose ");
	fake_run_ms(&d.f, 1);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose drop1 ");
	/* Late, but good to know; the step goes on. */
	core_call_diagnosed(d.f.line, &diagnosis);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose drop1 ");
	assert_cause(&d, "60=51 ATH");
	core_drop_step_done(d.f.line, &(struct core_drop_outcome){.result = TL_DROP_VERIFIED});
	fake_assert_done(&d.f, d.op, 0);
	fake_run_ms(&d.f, 0);
	finish(&d);
}

Test(drop, does_without_a_diagnosis_that_the_modem_does_not_have)
{
	struct dropped d;

	connect(&d, 2);
	d.f.erasing = true;
	d.f.steps[1].result = TL_DROP_VERIFIED;
	drop(&d);
	fake_run_ms(&d.f, 0);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose drop1 recover ");
	finish(&d);
}

Test(drop, succeeds_when_the_device_goes_during_the_diagnosis)
{
	struct dropped d;

	connect(&d, 2);
	d.f.diagnose_error = 0;
	d.f.erasing = true;
	drop(&d);
	fake_run_ms(&d.f, 100);
	core_line_lost(d.f.line);
	fake_assert_done(&d.f, d.op, 0);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_DEVICE_GONE, 1);
	fake_run_ms(&d.f, 10000);
	finish(&d);
}

Test(drop, verified_call_is_diagnosed_before_the_line_recovers)
{
	struct dropped d;

	connect(&d, 0);
	d.f.diagnose_error = 0;
	drop(&d);
	fake_run_ms(&d.f, 0);
	fake_assert_done(&d.f, d.op, 0);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose ");
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_IN_USE);
	core_call_diagnosed(d.f.line, &diagnosis);
	core_call_diagnosed(d.f.line, &diagnosis);
	cr_assert_str_eq(d.f.calls, "drop0 diagnose recover ");
	fake_run_ms(&d.f, 0);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_READY);
	finish(&d);
}

Test(drop, that_cannot_recover_the_line_is_done_all_the_same)
{
	struct dropped d;

	connect(&d, 0);
	d.f.recover_error = -EPROTO;
	drop(&d);
	fake_run_ms(&d.f, 0);
	fake_assert_done(&d.f, d.op, 0);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_USER, 1);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_FAULTY);
	finish(&d);
}

/* A line whose last drop failed is looked for again: that alone proves nothing. */
Test(drop, that_failed_leaves_the_line_counted_until_it_is_proved_on_hook)
{
	struct dropped d;

	connect(&d, 1);
	d.f.steps[0].result = TL_DROP_REFUSED;
	drop(&d);
	fake_run_ms(&d.f, 0);
	d.f.silent = true;
	fake_run_ms(&d.f, 1000);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_OPENING);
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 1);
	core_line_opened(d.f.line);
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 1);
	core_line_up(d.f.line, NULL);
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 0);
	d.f.silent = false;
	finish(&d);
}

Test(drop, that_failed_is_over_when_the_device_has_gone_unseen)
{
	struct dropped d;

	connect(&d, 1);
	d.f.steps[0].result = TL_DROP_REFUSED;
	drop(&d);
	fake_run_ms(&d.f, 0);
	assert_over(&d, TL_CALL_UNKNOWN, TL_ORIGIN_USER, 1);
	d.f.open_error = -ENOENT;
	fake_run_ms(&d.f, 1000);
	cr_assert_eq(fake_line_state(&d.f, d.line), TL_LINE_ABSENT);
	assert_over(&d, TL_CALL_IDLE, TL_ORIGIN_USER, 1);
	cr_assert_eq(tl_ctx_get_count(d.f.ctx, TL_COUNT_OFF_HOOK), 0);
	finish(&d);
}
