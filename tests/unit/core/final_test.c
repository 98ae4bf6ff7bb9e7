/* SPDX-License-Identifier: MIT */
/* The end of every call is told once, to those who watch. */
#include <errno.h>

#include <criterion/criterion.h>

#include "core/event.h"
#include "tests/unit/core/fake_driver.h"

struct end {
	struct fake f;
	tl_client self, other;
	tl_line line;
};

static void prepare(struct end *e)
{
	fake_init(&e->f);
	e->self = tl_ctx_get_client(e->f.ctx);
	cr_assert_eq(tl_client_watch(e->f.ctx, e->self, true), 0);
	e->other = fake_client(&e->f, "other");
	e->line = fake_ready(&e->f);
}

static void finish(struct end *e)
{
	cr_assert_eq(tl_client_close(e->f.ctx, e->other), 0);
	fake_run_ms(&e->f, 60000);
	fake_fetch(&e->f);
	cr_assert_eq(fake_count(&e->f, TL_EVENT_CALL_RECORD), 1, "told once");
	fake_fini(&e->f);
}

static const struct tl_session_info *told(struct end *e)
{
	const struct tl_event *event;

	fake_fetch(&e->f);
	event = fake_last(&e->f, TL_EVENT_CALL_RECORD);
	return event ? tl_event_get_record(event) : NULL;
}

static void assert_end(struct end *e, enum tl_origin origin, enum tl_disconnect disconnect)
{
	const struct tl_session_info *record = told(e);

	cr_assert_not_null(record);
	cr_assert_eq(tl_session_info_state(record), TL_CALL_IDLE);
	cr_assert(tl_session_info_is_over(record));
	cr_assert(tl_session_info_is_final(record));
	cr_assert_eq(tl_session_info_origin(record), origin, "%s",
		     tl_origin_name(tl_session_info_origin(record)));
	cr_assert_eq(tl_session_info_disconnect(record), disconnect, "%s",
		     tl_disconnect_name(tl_session_info_disconnect(record)));
}

Test(final, record_is_that_of_the_session_but_for_nobody)
{
	const struct tl_session_info *record;
	const struct tl_event *event;
	struct tl_session_info *info;
	tl_session session;
	struct end e;

	prepare(&e);
	session = fake_connect(&e.f, e.other, e.line);
	fake_run_ms(&e.f, 5000);
	cr_assert_eq(tl_session_drop(e.f.ctx, session, TL_DROP_USER, NULL), 0);
	cr_assert_null(told(&e), "not before the line has recovered");
	fake_run_ms(&e.f, 0);
	assert_end(&e, TL_ORIGIN_USER, TL_DISCONNECT_NORMAL);
	event = fake_last(&e.f, TL_EVENT_CALL_RECORD);
	cr_assert_eq(tl_event_get_client(event).id, e.self.id);
	cr_assert_eq(tl_event_get_session(event).id, 0);
	cr_assert_eq(tl_event_get_line(event).id, e.line.id);
	record = tl_event_get_record(event);
	info = fake_info(&e.f, session);
	cr_assert_eq(tl_session_info_call(record), tl_session_info_call(info));
	cr_assert_str_eq(tl_session_info_called(record), "123");
	cr_assert_str_eq(tl_session_info_line_name(record), "a");
	cr_assert_eq(tl_session_info_duration_ms(record), 5000);
	cr_assert_eq(tl_session_info_drop_steps(record), tl_session_info_drop_steps(info));
	cr_assert_eq(tl_session_info_session(record).id, 0);
	cr_assert_eq(tl_session_info_client(record).id, 0);
	cr_assert_eq(tl_session_info_privilege(record), TL_PRIVILEGE_NONE);
	cr_assert_eq(tl_session_info_features(record), 0);
	(void)tl_session_info_free(info);
	finish(&e);
}

Test(final, other_events_have_no_record)
{
	struct end e;

	prepare(&e);
	(void)fake_connect(&e.f, e.other, e.line);
	fake_fetch(&e.f);
	for (size_t i = 0; i < e.f.n_events; i++)
		cr_assert_null(tl_event_get_record(e.f.events[i]));
	finish(&e);
}

static void owner_dies(struct end *e)
{
	(void)fake_connect(&e->f, e->other, e->line);
	cr_assert_eq(tl_client_close(e->f.ctx, e->other), 0);
	e->other = fake_client(&e->f, "another");
	fake_run_ms(&e->f, 0);
}

static void nobody_answers(struct end *e)
{
	core_line_ring(e->f.line);
	core_line_ring_end(e->f.line);
	fake_run_ms(&e->f, 0);
}

static void reject(struct end *e)
{
	cr_assert_eq(tl_line_open(e->f.ctx, e->other, e->line, TL_PRIVILEGE_OWNER, 0), 0);
	core_line_ring(e->f.line);
	fake_fetch(&e->f);
	cr_assert_eq(tl_session_drop(e->f.ctx,
				     tl_event_get_session(fake_last(&e->f, TL_EVENT_SESSION_NEW)),
				     0, NULL),
		     0);
}

static void release_at_once(struct end *e)
{
	tl_session session = fake_connect(&e->f, e->other, e->line);

	cr_assert_eq(tl_session_release(e->f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&e->f, 0);
}

static void device_goes(struct end *e)
{
	(void)fake_connect(&e->f, e->other, e->line);
	core_line_lost(e->f.line);
}

static void device_goes_while_recovering(struct end *e)
{
	tl_session session = fake_connect(&e->f, e->other, e->line);

	e->f.silent = true;
	cr_assert_eq(tl_session_drop(e->f.ctx, session, 0, NULL), 0);
	fake_run_ms(&e->f, 0);
	cr_assert_null(told(e));
	e->f.silent = false;
	core_line_lost(e->f.line);
}

static void line_is_removed(struct end *e)
{
	(void)fake_connect(&e->f, e->other, e->line);
	cr_assert_eq(tl_line_remove(e->f.ctx, e->line), 0);
}

static void dialling_is_refused(struct end *e)
{
	e->f.dial_error = -EIO;
	(void)fake_dial(&e->f, e->other, e->line, NULL);
	fake_run_ms(&e->f, 0);
}

static void waits_in_vain(struct end *e)
{
	cr_assert_eq(tl_line_reset(e->f.ctx, e->self, e->line, TL_RESET_HARD, NULL), 0);
	(void)fake_dial(&e->f, e->other, e->line, NULL);
	e->f.open_error = -EIO;
	fake_run_ms(&e->f, 2000);
	e->f.open_error = 0;
}

static const struct {
	const char *name;
	void (*happen)(struct end *e);
	enum tl_origin origin;
	enum tl_disconnect disconnect;
} ends[] = {
	{"its owner died", owner_dies, TL_ORIGIN_CLIENT_LOST, TL_DISCONNECT_NORMAL},
	{"nobody answered", nobody_answers, TL_ORIGIN_REMOTE, TL_DISCONNECT_NOANSWER},
	{"rejected", reject, TL_ORIGIN_APPLICATION, TL_DISCONNECT_REJECT},
	{"released while live", release_at_once, TL_ORIGIN_APPLICATION, TL_DISCONNECT_NORMAL},
	{"device gone", device_goes, TL_ORIGIN_DEVICE_GONE, TL_DISCONNECT_OUTOFORDER},
	{"device gone while recovering", device_goes_while_recovering, TL_ORIGIN_APPLICATION,
	 TL_DISCONNECT_NORMAL},
	{"line removed", line_is_removed, TL_ORIGIN_DEVICE_GONE, TL_DISCONNECT_OUTOFORDER},
	{"dialling refused", dialling_is_refused, TL_ORIGIN_ERROR, TL_DISCONNECT_TEMPFAILURE},
	{"waited in vain", waits_in_vain, TL_ORIGIN_ERROR, TL_DISCONNECT_OUTOFORDER},
};

Test(final, every_end_is_told_once_whoever_held_the_call)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct end e;

		prepare(&e);
		ends[i].happen(&e);
		cr_assert_not_null(told(&e), "%s", ends[i].name);
		assert_end(&e, ends[i].origin, ends[i].disconnect);
		finish(&e);
	}
}

/* A drop without proof leaves the end open. */
static void lose_track(struct end *e)
{
	tl_session session = fake_connect(&e->f, e->other, e->line);

	e->f.open_error = -EIO;
	e->f.n_steps = 1;
	e->f.steps[0].result = TL_DROP_UNVERIFIED;
	cr_assert_eq(tl_session_drop(e->f.ctx, session, 0, NULL), 0);
	fake_run_ms(&e->f, 10000);
	cr_assert_eq(fake_call_state(&e->f, session), TL_CALL_UNKNOWN);
	cr_assert_null(told(e));
	e->f.open_error = 0;
}

Test(final, a_call_that_was_lost_track_of_is_told_when_its_line_is_proved_on_hook)
{
	struct end e;

	prepare(&e);
	lose_track(&e);
	fake_run_ms(&e.f, 60000);
	assert_end(&e, TL_ORIGIN_APPLICATION, TL_DISCONNECT_UNKNOWN);
	finish(&e);
}

Test(final, a_call_that_was_lost_track_of_is_told_when_its_line_is_removed_or_gone)
{
	for (int gone = 0; gone < 2; gone++) {
		struct end e;

		prepare(&e);
		lose_track(&e);
		if (gone)
			core_line_lost(e.f.line);
		else
			cr_assert_eq(tl_line_remove(e.f.ctx, e.line), 0);
		assert_end(&e, TL_ORIGIN_APPLICATION, TL_DISCONNECT_UNKNOWN);
		finish(&e);
	}
}

static size_t count_for(const struct fake *f, tl_client client)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_events; i++)
		n += tl_event_get_type(f->events[i]) == TL_EVENT_CALL_RECORD &&
		     tl_event_get_client(f->events[i]).id == client.id;
	return n;
}

Test(final, who_watches_by_then_is_told_and_nobody_else)
{
	tl_client late, early, closed;
	tl_session session;
	struct fake f;

	fake_init(&f);
	late = fake_client(&f, "late");
	early = fake_client(&f, "early");
	closed = fake_client(&f, "closed");
	cr_assert_eq(tl_client_watch(f.ctx, early, true), 0);
	cr_assert_eq(tl_client_watch(f.ctx, closed, true), 0);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), fake_ready(&f));
	for (int twice = 0; twice < 2; twice++) {
		cr_assert_eq(tl_client_watch(f.ctx, late, true), 0);
		cr_assert_eq(tl_client_watch(f.ctx, early, false), 0);
	}
	cr_assert_eq(tl_client_close(f.ctx, closed), 0);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fetch(&f);
	cr_assert_eq(count_for(&f, late), 1);
	cr_assert_eq(fake_count(&f, TL_EVENT_CALL_RECORD), 1);
	cr_assert_eq(tl_client_close(f.ctx, late), 0);
	cr_assert_eq(tl_client_close(f.ctx, early), 0);
	fake_fini(&f);
}

Test(final, record_finds_room_behind_events_that_nobody_fetches)
{
	tl_session session;
	struct end e;

	prepare(&e);
	session = fake_connect(&e.f, e.other, e.line);
	fake_clear(&e.f);
	for (size_t i = 0; i < TL_EVENTS_PER_CLIENT_MAX; i++)
		core_event_call(e.f.line->call, TL_EVENT_CALL_INFO);
	/* The events of its own session are purged. */
	cr_assert_eq(tl_session_release(e.f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&e.f, 0);
	for (size_t i = 0; i < TL_EVENTS_PER_CLIENT_MAX; i++) {
		struct tl_event *event;

		cr_assert_eq(tl_ctx_next_event(e.f.ctx, &event), 1);
		cr_assert_eq(tl_event_get_type(event), TL_EVENT_CALL_INFO);
		(void)tl_event_free(event);
	}
	assert_end(&e, TL_ORIGIN_APPLICATION, TL_DISCONNECT_NORMAL);
	cr_assert_eq(fake_count(&e.f, TL_EVENT_LOST), 1);
	finish(&e);
}

Test(final, record_outlives_the_context)
{
	struct tl_event *event = NULL;
	struct end e;

	prepare(&e);
	(void)fake_connect(&e.f, e.other, e.line);
	fake_clear(&e.f);
	core_line_lost(e.f.line);
	do {
		(void)tl_event_free(event);
		cr_assert_eq(tl_ctx_next_event(e.f.ctx, &event), 1);
	} while (tl_event_get_type(event) != TL_EVENT_CALL_RECORD);
	(void)tl_ctx_free(e.f.ctx);
	cr_assert_str_eq(tl_session_info_called(tl_event_get_record(event)), "123");
	(void)tl_event_free(event);
}
