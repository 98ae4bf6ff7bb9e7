/* SPDX-License-Identifier: MIT */
/* Holding a call and taking it back, whatever comes between the request and its completion. */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct talk {
	struct fake f;
	tl_client self;
	tl_session session;
};

/* A voice call that is connected. */
static void begin(struct talk *t)
{
	fake_init(&t->f);
	t->f.media = 1U << TL_MEDIA_VOICE;
	t->f.can_hold = true;
	t->self = fake_client(&t->f, "self");
	t->session = fake_talk(&t->f, t->self, fake_ready(&t->f));
	core_call_event(t->f.line, CORE_CALL_EVENT_CONNECT);
	fake_forget(&t->f);
	fake_clear(&t->f);
}

static void end(struct talk *t)
{
	cr_assert_eq(tl_client_close(t->f.ctx, t->self), 0);
	fake_run_ms(&t->f, 0);
	fake_fini(&t->f);
}

static uint64_t hold(struct talk *t)
{
	uint64_t op;

	cr_assert_eq(tl_session_hold(t->f.ctx, t->session, &op), 0);
	return op;
}

Test(hold, succeeds_when_the_driver_says_so_and_so_does_unhold)
{
	struct talk t;
	uint64_t op;

	begin(&t);
	op = hold(&t);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_hold(t.f.ctx, t.session, NULL), -EBUSY);
	core_call_hold_done(t.f.line, 0);
	fake_assert_done(&t.f, op, 0);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_ONHOLD);
	cr_assert_eq(tl_session_hold(t.f.ctx, t.session, NULL), -EALREADY);
	cr_assert_eq(tl_session_unhold(t.f.ctx, t.session, &op), 0);
	core_call_hold_done(t.f.line, 0);
	fake_assert_done(&t.f, op, 0);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_CONNECTED);
	cr_assert_str_eq(t.f.calls, "hold unhold ");
	end(&t);
}

Test(hold, that_fails_leaves_the_state_as_it_was)
{
	struct talk t;
	uint64_t op;

	begin(&t);
	op = hold(&t);
	core_call_hold_done(t.f.line, -EPROTO);
	fake_assert_done(&t.f, op, -EPROTO);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_CONNECTED);
	t.f.hold_error = -ENOSPC;
	cr_assert_eq(tl_session_hold(t.f.ctx, t.session, NULL), -ENOSPC);
	t.f.hold_error = 0;
	(void)hold(&t);
	end(&t);
}

Test(hold, is_cancelled_by_a_drop_and_what_the_driver_says_then_is_ignored)
{
	struct talk t;
	uint64_t op, drop;

	begin(&t);
	op = hold(&t);
	cr_assert_eq(tl_session_drop(t.f.ctx, t.session, 0, &drop), 0);
	core_call_hold_done(t.f.line, 0);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_CONNECTED);
	fake_run_ms(&t.f, 0);
	fake_assert_done(&t.f, op, -ECANCELED);
	fake_assert_done(&t.f, drop, 0);
	core_call_hold_done(t.f.line, 0);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_IDLE);
	end(&t);
}

Test(hold, ends_with_the_call_that_the_far_end_ends)
{
	static const struct core_cause cause = {.origin = TL_ORIGIN_REMOTE,
						.disconnect = TL_DISCONNECT_NORMAL};
	struct talk t;
	uint64_t op;

	begin(&t);
	op = hold(&t);
	core_call_ended(t.f.line, &cause, NULL);
	fake_assert_done(&t.f, op, -ENOTCONN);
	fake_run_ms(&t.f, 0);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_IDLE);
	end(&t);
}

Test(hold, goes_on_when_its_client_is_gone)
{
	tl_session monitor;
	tl_client other;
	struct talk t;

	begin(&t);
	other = fake_client(&t.f, "other");
	cr_assert_eq(tl_session_hand_off(t.f.ctx, t.session, other), 0);
	fake_fetch(&t.f);
	monitor = tl_event_get_session(fake_last(&t.f, TL_EVENT_SESSION_NEW));
	(void)hold(&t);
	cr_assert_eq(tl_client_close(t.f.ctx, t.self), 0);
	t.self = other;
	cr_assert_eq(tl_session_hold(t.f.ctx, monitor, NULL), -EBUSY);
	core_call_hold_done(t.f.line, 0);
	cr_assert_eq(fake_call_state(&t.f, monitor), TL_CALL_ONHOLD);
	end(&t);
}

Test(hold, of_a_held_call_that_is_dropped_ends_it_verified)
{
	struct tl_session_info *info;
	struct talk t;
	uint64_t op;

	begin(&t);
	(void)hold(&t);
	core_call_hold_done(t.f.line, 0);
	cr_assert_eq(tl_session_drop(t.f.ctx, t.session, 0, &op), 0);
	fake_run_ms(&t.f, 0);
	fake_assert_done(&t.f, op, 0);
	info = fake_info(&t.f, t.session);
	cr_assert_eq(tl_session_info_state(info), TL_CALL_IDLE);
	cr_assert_eq(tl_session_info_drop_result(info, 0), TL_DROP_VERIFIED);
	(void)tl_session_info_free(info);
	end(&t);
}

Test(hold, that_nobody_asked_for_is_ignored)
{
	struct talk t;

	begin(&t);
	core_call_hold_done(t.f.line, 0);
	cr_assert_eq(fake_call_state(&t.f, t.session), TL_CALL_CONNECTED);
	end(&t);
}
