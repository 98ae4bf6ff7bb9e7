/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

static tl_line ready_with(struct fake *f, const char *key, const char *value)
{
	struct tl_line_params *params = fake_params("a");
	tl_line line;

	cr_assert_eq(tl_line_params_set(params, key, value, NULL), 0);
	cr_assert_eq(tl_line_add(f->ctx, params, &line), 0);
	(void)tl_line_params_free(params);
	fake_run_ms(f, 0);
	cr_assert_eq(fake_line_state(f, line), TL_LINE_READY);
	return line;
}

static void assert_timed_out(struct fake *f, tl_session session, const char *note)
{
	struct tl_session_info *info = fake_info(f, session);

	cr_assert(tl_session_info_is_over(info));
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_TIMEOUT);
	cr_assert_str_eq(tl_session_info_note(info), note);
	(void)tl_session_info_free(info);
	fake_release(f, session);
}

Test(limit, a_line_limits_the_duration_of_its_calls)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), ready_with(&f, "max-duration", "20"));
	fake_run_ms(&f, 19999);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	fake_run_ms(&f, 1);
	assert_timed_out(&f, session, "lasted 20 s, the longest allowed");
	fake_fini(&f);
}

Test(limit, bytes_either_way_put_the_end_off)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), ready_with(&f, "inactivity", "30"));
	fake_run_ms(&f, 20000);
	fake_bytes(&f, 1, 0);
	fake_run_ms(&f, 20000);
	fake_bytes(&f, 0, 1);
	fake_run_ms(&f, 29999);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	fake_run_ms(&f, 1);
	assert_timed_out(&f, session, "no data for 30 s, the longest allowed");
	fake_fini(&f);
}

Test(limit, can_be_changed_during_the_call)
{
	struct tl_session_info *info;
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), ready_with(&f, "max-duration", "20"));
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, 0), 0);
	fake_run_ms(&f, 60000);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED, "no limit any more");
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_INACTIVITY, 90), 0);
	cr_assert_eq(tl_session_get_info(f.ctx, session, &info), 0);
	cr_expect_eq(tl_session_info_limit(info, TL_LIMIT_DURATION), 0);
	cr_expect_eq(tl_session_info_limit(info, TL_LIMIT_INACTIVITY), 90);
	cr_expect_eq(tl_session_info_limit(info, (enum tl_limit)TL_LIMIT_COUNT), 0);
	tl_session_info_free(info);
	fake_run_ms(&f, 29999);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, 60), 0);
	fake_run_ms(&f, 0);
	assert_timed_out(&f, session, "lasted 60 s, the longest allowed");
	fake_fini(&f);
}

Test(limit, may_be_set_before_the_call_is_connected)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_dial(&f, tl_ctx_get_client(f.ctx), fake_ready(&f), NULL);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, 5), 0);
	fake_run_ms(&f, 10000);
	cr_assert_not(fake_call_state(&f, session) == TL_CALL_IDLE, "does not run yet");
	core_call_event(f.line, CORE_CALL_EVENT_CONNECT);
	fake_run_ms(&f, 5000);
	assert_timed_out(&f, session, "lasted 5 s, the longest allowed");
	fake_fini(&f);
}

Test(limit, of_inactivity_is_not_for_voice)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;
	tl_client self;
	struct fake f;

	fake_init(&f);
	f.media = 1U << TL_MEDIA_VOICE;
	self = tl_ctx_get_client(f.ctx);
	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	tl_dial_params_set_inactivity(params, 5);
	cr_assert_eq(tl_line_dial(f.ctx, self, fake_ready(&f), "1", params, &session, NULL), 0);
	(void)tl_dial_params_free(params);
	core_call_event(f.line, CORE_CALL_EVENT_PROCEED);
	fake_run_ms(&f, 60000);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_PROCEEDING);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(limit, arguments_are_checked)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), fake_ready(&f));
	cr_assert_eq(tl_session_set_limit(f.ctx, session, (enum tl_limit)TL_LIMIT_COUNT, 1),
		     -EINVAL);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, TL_LIMIT_MAX_S + 1),
		     -EINVAL);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, TL_LIMIT_MAX_S), 0);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), 0);
	fake_run_ms(&f, 0);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, 1), -ENOTCONN);
	fake_release(&f, session);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, 1), -ESTALE);
	fake_fini(&f);
}

static tl_session start_silent_drop(struct fake *f)
{
	tl_session session;

	f->n_steps = 1;
	f->steps[0].silent = true;
	session = fake_connect(f, tl_ctx_get_client(f->ctx), ready_with(f, "max-duration", "20"));
	fake_run_ms(f, 19900);
	return session;
}

static void assert_ended(struct fake *f, tl_session session, enum tl_origin origin)
{
	static const struct core_drop_outcome verified = {.result = TL_DROP_VERIFIED};
	struct tl_session_info *info;

	fake_run_ms(f, 500);
	core_drop_step_done(f->line, &verified);
	fake_run_ms(f, 0);
	info = fake_info(f, session);
	cr_assert_eq(tl_session_info_state(info), TL_CALL_IDLE);
	cr_assert_eq(tl_session_info_origin(info), origin);
	cr_assert_str_eq(tl_session_info_note(info), "");
	(void)tl_session_info_free(info);
	fake_release(f, session);
}

Test(limit, does_not_run_while_the_call_is_cleared)
{
	static const struct core_cause remote = {.origin = TL_ORIGIN_REMOTE, .text = "NO CARRIER"};
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = start_silent_drop(&f);
	cr_assert_eq(tl_session_drop(f.ctx, session, TL_DROP_USER, NULL), 0);
	assert_ended(&f, session, TL_ORIGIN_USER);
	fake_fini(&f);

	fake_init(&f);
	session = start_silent_drop(&f);
	core_call_ended(f.line, &remote, NULL);
	assert_ended(&f, session, TL_ORIGIN_REMOTE);
	fake_fini(&f);
}

Test(limit, has_no_effect_while_the_call_is_dropped)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = start_silent_drop(&f);
	cr_assert_eq(tl_session_drop(f.ctx, session, TL_DROP_USER, NULL), 0);
	cr_assert_eq(tl_session_set_limit(f.ctx, session, TL_LIMIT_DURATION, 5), 0);
	assert_ended(&f, session, TL_ORIGIN_USER);
	fake_fini(&f);
}

static size_t count_warnings(struct fake *f)
{
	fake_fetch(f);
	return fake_count(f, TL_EVENT_LIMIT_NEAR);
}

Test(limit, is_announced_once_before_it_ends_the_call)
{
	const struct tl_event *event;
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), ready_with(&f, "max-duration", "20"));
	fake_run_ms(&f, 17999);
	cr_assert_eq(count_warnings(&f), 0);
	fake_run_ms(&f, 1);
	cr_assert_eq(count_warnings(&f), 1);
	event = fake_last(&f, TL_EVENT_LIMIT_NEAR);
	cr_assert_eq(tl_event_get_limit(event), TL_LIMIT_DURATION);
	cr_assert_eq(tl_event_get_count(event), 2);
	cr_assert_eq(tl_event_get_session(event).id, session.id);
	fake_run_ms(&f, 1999);
	cr_assert_eq(count_warnings(&f), 1);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	fake_run_ms(&f, 1);
	assert_timed_out(&f, session, "lasted 20 s, the longest allowed");
	fake_fini(&f);
}

Test(limit, of_inactivity_is_announced_each_time_that_it_comes_near)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), ready_with(&f, "inactivity", "3600"));
	fake_run_ms(&f, 3540 * 1000);
	cr_assert_eq(count_warnings(&f), 1, "a minute before, not six");
	fake_bytes(&f, 1, 0);
	fake_run_ms(&f, 3539 * 1000);
	cr_assert_eq(count_warnings(&f), 1);
	fake_run_ms(&f, 1000);
	cr_assert_eq(count_warnings(&f), 2);
	cr_assert_eq(tl_event_get_limit(fake_last(&f, TL_EVENT_LIMIT_NEAR)), TL_LIMIT_INACTIVITY);
	cr_assert_eq(tl_event_get_count(fake_last(&f, TL_EVENT_LIMIT_NEAR)), 60);
	fake_run_ms(&f, 60000);
	assert_timed_out(&f, session, "no data for 3600 s, the longest allowed");
	fake_fini(&f);
}
