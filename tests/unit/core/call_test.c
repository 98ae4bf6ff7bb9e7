/* SPDX-License-Identifier: MIT */
#include "core/call.h"

#include <errno.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct started {
	struct fake f;
	tl_client self;
	tl_line line;
};

static void start(struct started *s)
{
	fake_init(&s->f);
	s->self = tl_ctx_get_client(s->f.ctx);
	s->line = fake_ready(&s->f);
}

static tl_session offer(struct started *s)
{
	cr_assert_eq(tl_line_open(s->f.ctx, s->self, s->line, TL_PRIVILEGE_OWNER, 0), 0);
	core_line_ring(s->f.line);
	fake_fetch(&s->f);
	return tl_event_get_session(fake_last(&s->f, TL_EVENT_SESSION_NEW));
}

static void assert_end(struct started *s, tl_session session, enum tl_origin origin,
		       enum tl_disconnect disconnect)
{
	struct tl_session_info *info = fake_info(&s->f, session);

	cr_assert(tl_session_info_is_over(info));
	cr_assert_eq(tl_session_info_origin(info), origin, "origin is %s",
		     tl_origin_name(tl_session_info_origin(info)));
	cr_assert_eq(tl_session_info_disconnect(info), disconnect, "disconnect is %s",
		     tl_disconnect_name(tl_session_info_disconnect(info)));
	(void)tl_session_info_free(info);
}

Test(call, that_cannot_be_placed_is_over_with_its_error)
{
	tl_session session;
	struct started s;
	uint64_t op;

	start(&s);
	s.f.dial_error = -EOPNOTSUPP;
	session = fake_dial(&s.f, s.self, s.line, &op);
	fake_assert_done(&s.f, op, -EOPNOTSUPP);
	assert_end(&s, session, TL_ORIGIN_ERROR, TL_DISCONNECT_TEMPFAILURE);
	fake_run_ms(&s.f, 0);
	cr_assert_eq(fake_line_state(&s.f, s.line), TL_LINE_READY);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}

Test(call, arguments_of_dial_are_checked_first)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;
	struct started s;

	start(&s);
	cr_assert_eq(tl_line_dial(s.f.ctx, s.self, s.line, "12;3", NULL, &session, NULL), -EINVAL);
	tl_dial_params_set_media(params, (enum tl_media)TL_MEDIA_COUNT);
	cr_assert_eq(tl_line_dial(s.f.ctx, s.self, s.line, "1", params, &session, NULL), -EINVAL);
	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	cr_assert_eq(tl_line_dial(s.f.ctx, s.self, s.line, "1", params, &session, NULL),
		     -EOPNOTSUPP);
	cr_assert_eq(tl_line_dial(s.f.ctx, (tl_client){0}, s.line, "1", NULL, &session, NULL),
		     -EBADF);
	cr_assert_eq(tl_line_dial(s.f.ctx, s.self, (tl_line){0}, "1", NULL, &session, NULL),
		     -EBADF);
	(void)tl_dial_params_free(params);
	fake_fini(&s.f);
}

Test(call, waits_behind_one_that_is_over_and_is_placed_when_the_line_is_ready)
{
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};
	tl_session first, second, third;
	struct started s;

	start(&s);
	first = fake_connect(&s.f, s.self, s.line);
	core_call_ended(s.f.line, &remote, "NO CARRIER");
	second = fake_dial(&s.f, s.self, s.line, NULL);
	cr_assert_eq(tl_line_dial(s.f.ctx, s.self, s.line, "1", NULL, &third, NULL), -EBUSY);
	fake_forget(&s.f);
	fake_run_ms(&s.f, 0);
	cr_assert_str_eq(s.f.calls, "dial ");
	cr_assert_eq(fake_call_state(&s.f, second), TL_CALL_DIALING);
	fake_release(&s.f, first);
	cr_assert_eq(tl_session_release(s.f.ctx, second, TL_RELEASE_DROP), 0);
	fake_run_ms(&s.f, 0);
	fake_fini(&s.f);
}

static void lose(struct started *s)
{
	core_line_lost(s->f.line);
}

static void bring_down(struct started *s)
{
	core_line_down(s->f.line, -EPROTO, "no recovery");
}

static void withdraw(struct started *s)
{
	(void)s;
}

static void remove_line(struct started *s)
{
	cr_assert_eq(tl_line_remove(s->f.ctx, s->line), 0);
}

Test(call, that_waits_completes_whatever_happens)
{
	static const struct {
		const char *name;
		void (*what)(struct started *s);
		int dial, drop;
		enum tl_origin origin;
	} rows[] = {
		{"unplugged", lose, -ENODEV, -ENODEV, TL_ORIGIN_DEVICE_GONE},
		{"faulty", bring_down, -ENOTRECOVERABLE, -EALREADY, TL_ORIGIN_ERROR},
		{"removed", remove_line, -ENODEV, -ENODEV, TL_ORIGIN_DEVICE_GONE},
		{"dropped", withdraw, -ECANCELED, 0, TL_ORIGIN_APPLICATION},
	};
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tl_session first, second;
		struct started s;
		uint64_t op;

		start(&s);
		first = fake_connect(&s.f, s.self, s.line);
		core_call_ended(s.f.line, &remote, "NO CARRIER");
		second = fake_dial(&s.f, s.self, s.line, &op);
		rows[i].what(&s);
		cr_assert_eq(tl_session_drop(s.f.ctx, second, 0, NULL), rows[i].drop, "%s",
			     rows[i].name);
		fake_assert_done(&s.f, op, rows[i].dial);
		assert_end(&s, first, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL);
		cr_assert_eq(fake_call_state(&s.f, second), TL_CALL_IDLE, "%s", rows[i].name);
		{
			struct tl_session_info *info = fake_info(&s.f, second);

			cr_assert_eq(tl_session_info_origin(info), rows[i].origin, "%s",
				     rows[i].name);
			(void)tl_session_info_free(info);
		}
		fake_release(&s.f, first);
		fake_release(&s.f, second);
		fake_run_ms(&s.f, 0);
		fake_fini(&s.f);
	}
}

Test(call, offered_is_answered_by_its_owner)
{
	tl_session session;
	struct started s;
	uint64_t op;

	start(&s);
	core_line_caller(s.f.line, "5551234", "Somebody");
	session = offer(&s);
	{
		struct tl_session_info *info = fake_info(&s.f, session);

		cr_assert_str_eq(tl_session_info_caller(info), "5551234");
		cr_assert_str_eq(tl_session_info_caller_name(info), "Somebody");
		cr_assert_eq(tl_session_info_direction(info), TL_DIRECTION_IN);
		(void)tl_session_info_free(info);
	}
	cr_assert_eq(tl_session_accept(s.f.ctx, session), 0);
	cr_assert_eq(tl_session_accept(s.f.ctx, session), -EALREADY);
	cr_assert_eq(tl_session_answer(s.f.ctx, session, TL_MEDIA_VOICE, NULL), -EOPNOTSUPP);
	s.f.answer_error = -ENOSPC;
	cr_assert_eq(tl_session_answer(s.f.ctx, session, TL_MEDIA_DATA, &op), -ENOSPC);
	s.f.answer_error = 0;
	cr_assert_eq(tl_session_answer(s.f.ctx, session, TL_MEDIA_DATA, &op), 0);
	cr_assert_eq(tl_session_answer(s.f.ctx, session, TL_MEDIA_DATA, NULL), -EBUSY);
	core_line_ring_end(s.f.line);
	core_call_event(s.f.line, CORE_CALL_EVENT_CONNECT);
	fake_assert_done(&s.f, op, 0);
	cr_assert_eq(tl_session_release(s.f.ctx, session, 0), -EBUSY);
	cr_assert_eq(tl_session_release(s.f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&s.f, 0);
	fake_fini(&s.f);
}

Test(call, offered_goes_to_the_highest_priority_and_to_every_monitor)
{
	tl_client low, high, later, monitor;
	struct started s;

	start(&s);
	low = fake_client(&s.f, "low");
	high = fake_client(&s.f, "high");
	later = fake_client(&s.f, "as high, later");
	monitor = fake_client(&s.f, "monitor");
	cr_assert_eq(tl_line_open(s.f.ctx, low, s.line, TL_PRIVILEGE_OWNER, 1), 0);
	cr_assert_eq(tl_line_open(s.f.ctx, high, s.line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(tl_line_open(s.f.ctx, high, s.line, TL_PRIVILEGE_OWNER, 5), 0);
	cr_assert_eq(tl_line_open(s.f.ctx, later, s.line, TL_PRIVILEGE_OWNER, 5), 0);
	cr_assert_eq(tl_line_open(s.f.ctx, monitor, s.line, TL_PRIVILEGE_MONITOR, 9), 0);
	cr_assert_eq(
		tl_line_open(s.f.ctx, s.self, s.line, (enum tl_privilege)TL_PRIVILEGE_COUNT, 0),
		-EINVAL);
	cr_assert_eq(tl_line_close(s.f.ctx, s.self, s.line), -EALREADY);
	core_line_ring(s.f.line);
	fake_fetch(&s.f);
	cr_assert_eq(fake_count(&s.f, TL_EVENT_SESSION_NEW), 2);
	for (size_t i = 0; i < s.f.n_events; i++) {
		const struct tl_event *event = s.f.events[i];

		if (tl_event_get_type(event) != TL_EVENT_SESSION_NEW)
			continue;
		cr_assert(tl_event_get_client(event).id == high.id ||
			  tl_event_get_client(event).id == monitor.id);
		cr_assert_eq(tl_event_get_privilege(event), tl_event_get_client(event).id == high.id
								    ? TL_PRIVILEGE_OWNER
								    : TL_PRIVILEGE_MONITOR);
	}
	cr_assert_eq(tl_line_close(s.f.ctx, low, s.line), 0);
	cr_assert_eq(tl_client_close(s.f.ctx, later), 0);
	cr_assert_eq(tl_client_close(s.f.ctx, high), 0);
	cr_assert_eq(tl_client_close(s.f.ctx, monitor), 0);
	core_line_ring_end(s.f.line);
	fake_run_ms(&s.f, 0);
	fake_fini(&s.f);
}

Test(call, offered_and_dropped_rings_on_hidden)
{
	tl_session session, joined;
	struct started s;
	uint64_t op;

	start(&s);
	session = offer(&s);
	cr_assert_eq(tl_session_drop(s.f.ctx, session, 0, &op), 0);
	fake_assert_done(&s.f, op, 0);
	assert_end(&s, session, TL_ORIGIN_APPLICATION, TL_DISCONNECT_REJECT);
	cr_assert_eq(fake_line_state(&s.f, s.line), TL_LINE_IN_USE);
	fake_clear(&s.f);
	core_line_ring(s.f.line);
	fake_fetch(&s.f);
	cr_assert_eq(s.f.n_events, 0);
	cr_assert_eq(tl_line_join(s.f.ctx, s.self, s.line, TL_PRIVILEGE_OWNER, &joined), -ENOTCONN);
	core_line_ring_end(s.f.line);
	cr_assert_eq(fake_line_state(&s.f, s.line), TL_LINE_READY);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}

Test(call, missed_ended_by_the_far_end)
{
	tl_session session;
	struct started s;

	start(&s);
	session = offer(&s);
	core_line_ring_end(s.f.line);
	fake_run_ms(&s.f, 0);
	assert_end(&s, session, TL_ORIGIN_REMOTE, TL_DISCONNECT_NOANSWER);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}

Test(call, that_the_modem_answers_for_nobody_is_dropped)
{
	struct started s;

	start(&s);
	core_line_answered(s.f.line);
	core_call_event(s.f.line, CORE_CALL_EVENT_CONNECT);
	fake_run_ms(&s.f, 0);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_CALLS), 0);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_DROPS_TOTAL), 1);
	cr_assert_eq(fake_line_state(&s.f, s.line), TL_LINE_READY);
	fake_fini(&s.f);
}

Test(call, may_be_joined_and_owned_when_nobody_does)
{
	tl_session session, joined;
	tl_client other;
	struct started s;

	start(&s);
	other = fake_client(&s.f, "other");
	cr_assert_eq(tl_line_join(s.f.ctx, other, s.line, TL_PRIVILEGE_OWNER, &joined), -ENOTCONN);
	cr_assert_eq(tl_line_join(s.f.ctx, other, s.line, TL_PRIVILEGE_NONE, &joined), -EINVAL);
	session = fake_connect(&s.f, s.self, s.line);
	cr_assert_eq(tl_line_join(s.f.ctx, s.self, s.line, TL_PRIVILEGE_MONITOR, &joined),
		     -EALREADY);
	cr_assert_eq(tl_line_join(s.f.ctx, other, s.line, TL_PRIVILEGE_OWNER, &joined), -EPERM);
	cr_assert_eq(tl_line_join(s.f.ctx, other, s.line, TL_PRIVILEGE_MONITOR, &joined), 0);
	cr_assert_eq(tl_session_drop(s.f.ctx, joined, 0, NULL), -EPERM);
	fake_release(&s.f, joined);
	cr_assert_eq(fake_call_state(&s.f, session), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_release(s.f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&s.f, 0);
	fake_fini(&s.f);
}

Test(call, is_dropped_when_it_has_lasted_for_its_longest)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;
	struct started s;

	start(&s);
	tl_dial_params_set_max_duration(params, 30);
	cr_assert_eq(tl_line_dial(s.f.ctx, s.self, s.line, "1", params, &session, NULL), 0);
	(void)tl_dial_params_free(params);
	core_call_dialed(s.f.line, 0);
	fake_run_ms(&s.f, 40000);
	core_call_event(s.f.line, CORE_CALL_EVENT_CONNECT);
	fake_run_ms(&s.f, 29999);
	cr_assert_eq(fake_call_state(&s.f, session), TL_CALL_CONNECTED);
	fake_run_ms(&s.f, 1);
	assert_end(&s, session, TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NORMAL);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}

Test(call, record_tells_what_the_modem_reported)
{
	static const struct core_link link = {33600, "V.34", "LAPM", "V.42bis"};
	struct tl_session_info *info;
	tl_session session;
	struct started s;

	start(&s);
	session = fake_dial(&s.f, s.self, s.line, NULL);
	core_call_dialed(s.f.line, 0);
	core_call_event(s.f.line, CORE_CALL_EVENT_RINGBACK);
	fake_run_ms(&s.f, 1000);
	core_call_event(s.f.line, CORE_CALL_EVENT_CONNECT);
	core_call_event(s.f.line, CORE_CALL_EVENT_RINGBACK);
	core_call_set_link(s.f.line, &link);
	fake_bytes(&s.f, 10, 20);
	fake_bytes(&s.f, 1, 2);
	core_call_note(s.f.line, "noted");
	fake_run_ms(&s.f, 2500);
	info = fake_info(&s.f, session);
	cr_assert_eq(tl_session_info_state(info), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_info_session(info).id, session.id);
	cr_assert_eq(tl_session_info_client(info).id, s.self.id);
	cr_assert_eq(tl_session_info_line(info).id, s.line.id);
	cr_assert_str_eq(tl_session_info_line_name(info), "a");
	cr_assert_eq(tl_session_info_call(info), 1);
	cr_assert_eq(tl_session_info_privilege(info), TL_PRIVILEGE_OWNER);
	cr_assert_eq(tl_session_info_owners(info), 1);
	cr_assert_eq(tl_session_info_monitors(info), 0);
	cr_assert_eq(tl_session_info_media(info), TL_MEDIA_DATA);
	cr_assert_str_eq(tl_session_info_called(info), "123");
	cr_assert_eq(tl_session_info_rate(info), 33600);
	cr_assert_str_eq(tl_session_info_modulation(info), "V.34");
	cr_assert_str_eq(tl_session_info_error_control(info), "LAPM");
	cr_assert_str_eq(tl_session_info_compression(info), "V.42bis");
	cr_assert_eq(tl_session_info_bytes_in(info), 11);
	cr_assert_eq(tl_session_info_bytes_out(info), 22);
	cr_assert_str_eq(tl_session_info_note(info), "noted");
	cr_assert_eq(tl_session_info_duration_ms(info), 2500);
	cr_assert_eq(tl_session_info_boot_us(info, TL_MOMENT_CONNECTED) + 2500000,
		     s.f.clock.now_us);
	cr_assert_eq(tl_session_info_state_since_us(info),
		     tl_session_info_boot_us(info, TL_MOMENT_CONNECTED));
	cr_assert_neq(tl_session_info_wall_us(info, TL_MOMENT_ALERTING), 0);
	cr_assert_eq(tl_session_info_boot_us(info, (enum tl_moment)TL_MOMENT_COUNT), 0);
	cr_assert_eq(tl_session_info_wall_us(info, (enum tl_moment)TL_MOMENT_COUNT), 0);
	cr_assert_eq(tl_session_info_cause_domain(info), TL_CAUSE_NONE);
	cr_assert_eq(tl_session_info_drop_ms(info, 0), 0);
	cr_assert_str_eq(tl_session_info_drop_answer(info, 0), "");
	cr_assert_null(tl_session_info_free(info));
	cr_assert_null(tl_session_info_free(NULL));
	cr_assert_eq(tl_session_release(s.f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&s.f, 0);
	fake_fini(&s.f);
}

Test(call, bytes_behind_its_end_are_not_its_own)
{
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};
	struct tl_session_info *info;
	tl_session session;
	struct started s;

	start(&s);
	session = fake_connect(&s.f, s.self, s.line);
	fake_bytes(&s.f, 10, 20);
	core_call_ended(s.f.line, &remote, "NO CARRIER");
	fake_bytes(&s.f, 1, 2);
	info = fake_info(&s.f, session);
	cr_assert_eq(tl_session_info_bytes_in(info), 10);
	cr_assert_eq(tl_session_info_bytes_out(info), 20);
	(void)tl_session_info_free(info);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}

Test(call, record_survives_its_line)
{
	struct tl_session_info *info;
	tl_session session;
	struct started s;

	start(&s);
	session = fake_connect(&s.f, s.self, s.line);
	cr_assert_eq(tl_line_remove(s.f.ctx, s.line), 0);
	assert_end(&s, session, TL_ORIGIN_DEVICE_GONE, TL_DISCONNECT_OUTOFORDER);
	info = fake_info(&s.f, session);
	cr_assert_str_eq(tl_session_info_line_name(info), "a");
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_session_drop(s.f.ctx, session, 0, NULL), -ENODEV);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}

Test(call, rings_and_callers_are_told_while_it_is_offered)
{
	const struct tl_event *event;
	tl_session session;
	struct started s;

	start(&s);
	session = offer(&s);
	core_line_caller(s.f.line, "5551234", "");
	core_line_ring(s.f.line);
	fake_fetch(&s.f);
	cr_assert_eq(fake_count(&s.f, TL_EVENT_CALL_INFO), 1);
	event = fake_last(&s.f, TL_EVENT_RING);
	cr_assert_eq(tl_event_get_rings(event), 2);
	cr_assert_neq(tl_event_get_call(event), 0);
	core_line_ring_end(s.f.line);
	core_line_caller(s.f.line, "for the next one", "");
	fake_run_ms(&s.f, 0);
	fake_fetch(&s.f);
	event = fake_last(&s.f, TL_EVENT_CALL_STATE);
	cr_assert_eq(tl_event_get_call_state(event), TL_CALL_IDLE);
	cr_assert_eq(tl_event_get_origin(event), TL_ORIGIN_REMOTE);
	cr_assert_eq(tl_event_get_disconnect(event), TL_DISCONNECT_NOANSWER);
	fake_release(&s.f, session);
	fake_fini(&s.f);
}
