/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

#define AGE_S 1000

/* A client that keeps an ended call. */
static tl_client keep(struct fake *f, tl_session *ret_session)
{
	tl_client keeper = fake_client(f, "keeper");

	cr_assert_eq(tl_client_set_keep(f->ctx, keeper, 4, AGE_S), 0);
	*ret_session = fake_connect(f, keeper, fake_ready(f));
	cr_assert_eq(tl_session_drop(f->ctx, *ret_session, 0, NULL), 0);
	fake_run_ms(f, 0);
	fake_clear(f);
	return keeper;
}

static void pass_s(struct fake *f, uint64_t seconds)
{
	fake_run_ms(f, seconds * 1000);
	fake_fetch(f);
}

Test(keep, an_ended_session_expires_and_is_announced_before)
{
	struct tl_session_info *info;
	const struct tl_event *event;
	tl_session session;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = keep(&f, &session);
	pass_s(&f, AGE_S * 9 / 10 - 1);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 0);
	pass_s(&f, 1);
	event = fake_last(&f, TL_EVENT_SESSION_EXPIRING);
	cr_assert_not_null(event);
	cr_assert_eq(tl_event_get_client(event).id, keeper.id);
	cr_assert_eq(tl_event_get_session(event).id, session.id);
	cr_assert_eq(tl_event_get_count(event), AGE_S / 10);
	pass_s(&f, AGE_S / 10 - 1);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 1, "once");
	cr_assert_eq(tl_session_get_info(f.ctx, session, &info), 0);
	(void)tl_session_info_free(info);
	pass_s(&f, 1);
	cr_assert_eq(tl_session_get_info(f.ctx, session, &info), -ESTALE);
	cr_assert_eq(tl_event_get_count(fake_last(&f, TL_EVENT_SESSION_EXPIRING)), 0);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CALLS), 0);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_fini(&f);
}

Test(keep, watchers_hear_of_it_too)
{
	tl_session session;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	cr_assert_eq(tl_client_watch(f.ctx, tl_ctx_get_client(f.ctx), true), 0);
	keeper = keep(&f, &session);
	pass_s(&f, AGE_S);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 4, "both clients, twice");
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_fini(&f);
}

Test(keep, a_live_call_does_not_expire)
{
	tl_session session;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = fake_client(&f, "keeper");
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 4, AGE_S), 0);
	session = fake_connect(&f, keeper, fake_ready(&f));
	pass_s(&f, 10 * AGE_S);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(keep, a_session_that_is_moved_ages_anew)
{
	struct tl_session_info *info;
	tl_session session;
	tl_client keeper, other;
	struct fake f;

	fake_init(&f);
	keeper = keep(&f, &session);
	other = fake_client(&f, "other");
	cr_assert_eq(tl_client_set_keep(f.ctx, other, 1, AGE_S), 0);
	pass_s(&f, AGE_S - 1);
	cr_assert_eq(tl_session_move(f.ctx, session, other), 0);
	pass_s(&f, AGE_S - 1);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 2, "announced by each");
	cr_assert_eq(tl_session_get_info(f.ctx, session, &info), 0);
	(void)tl_session_info_free(info);
	pass_s(&f, 1);
	cr_assert_eq(tl_session_get_info(f.ctx, session, &info), -ESTALE);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	cr_assert_eq(tl_client_close(f.ctx, other), 0);
	fake_fini(&f);
}

Test(keep, limits_may_change_and_late_expiry_is_announced_first)
{
	struct tl_session_info *info;
	tl_session session;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = keep(&f, &session);
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 4, 0), 0);
	pass_s(&f, 10 * AGE_S);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 0, "never, now");
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 4, TL_KEEP_AGE_MIN_S), 0);
	pass_s(&f, 1);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 2, "announced and gone");
	cr_assert_eq(tl_session_get_info(f.ctx, session, &info), -ESTALE);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_fini(&f);
}

Test(keep, the_number_of_sessions_is_limited)
{
	tl_session session, more;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = keep(&f, &session);
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 1, 0), 0);
	cr_assert_eq(tl_line_dial(f.ctx, keeper, f.line->id, "1", NULL, &more, NULL), -ENOSPC);
	fake_release(&f, session);
	cr_assert_eq(tl_line_dial(f.ctx, keeper, f.line->id, "1", NULL, &more, NULL), 0);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(keep, arguments_are_checked)
{
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = fake_client(&f, "keeper");
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 0, 0), -EINVAL);
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, TL_SESSIONS_PER_CLIENT_MAX + 1, 0), -EINVAL);
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 1, TL_KEEP_AGE_MIN_S - 1), -EINVAL);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 1, 0), -ESTALE);
	fake_fini(&f);
}

Test(keep, a_new_age_is_announced_anew)
{
	tl_session session;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = keep(&f, &session);
	pass_s(&f, AGE_S * 9 / 10);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 1);
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 4, 2 * AGE_S), 0);
	pass_s(&f, AGE_S * 9 / 10);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 2);
	cr_assert_eq(tl_event_get_count(fake_last(&f, TL_EVENT_SESSION_EXPIRING)), AGE_S / 5);
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_fini(&f);
}

/* Its line is never ready again, and goes: that is no new end. */
Test(keep, a_call_ends_once)
{
	tl_session session;
	tl_client keeper;
	struct fake f;

	fake_init(&f);
	keeper = fake_client(&f, "keeper");
	cr_assert_eq(tl_client_set_keep(f.ctx, keeper, 4, AGE_S), 0);
	session = fake_connect(&f, keeper, fake_ready(&f));
	f.steps[0].silent = true;
	f.silent = true;
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), 0);
	core_drop_step_done(f.line, &(struct core_drop_outcome){.result = TL_DROP_VERIFIED});
	fake_clear(&f);
	pass_s(&f, AGE_S * 9 / 10);
	cr_assert_eq(fake_count(&f, TL_EVENT_SESSION_EXPIRING), 1);
	core_line_lost(f.line);
	pass_s(&f, AGE_S / 10);
	cr_assert_eq(tl_session_release(f.ctx, session, 0), -ESTALE, "expired as announced");
	f.silent = false;
	cr_assert_eq(tl_client_close(f.ctx, keeper), 0);
	fake_fini(&f);
}
