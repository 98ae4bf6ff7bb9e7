/* SPDX-License-Identifier: MIT */
#include "core/event.h"

#include <errno.h>
#include <poll.h>

#include <criterion/criterion.h>

#include "core/request.h"
#include "tests/unit/core/fake_driver.h"

/* A connected call whose drop does not end: requests can be piled up on it. */
static tl_session stuck_drop(struct fake *f, tl_client client)
{
	tl_session session = fake_connect(f, client, fake_ready(f));

	f->steps[0].silent = true;
	return session;
}

Test(request, refused_at_the_limit_and_completed_once_each)
{
	uint64_t ops[TL_REQUESTS_PER_CLIENT_MAX], op = 7;
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = stuck_drop(&f, tl_ctx_get_client(f.ctx));
	for (size_t i = 0; i < TL_REQUESTS_PER_CLIENT_MAX; i++)
		cr_assert_eq(tl_session_drop(f.ctx, session, 0, &ops[i]), 0);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, &op), -ENOSPC);
	cr_assert_eq(op, 7);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_REQUESTS), TL_REQUESTS_PER_CLIENT_MAX);
	fake_clear(&f);

	core_line_lost(f.line);
	fake_fetch(&f);
	for (size_t i = 0; i < TL_REQUESTS_PER_CLIENT_MAX; i++)
		fake_assert_done(&f, ops[i], 0);
	cr_assert_eq(fake_count(&f, TL_EVENT_OP_DONE), TL_REQUESTS_PER_CLIENT_MAX);
	fake_release(&f, session);
	fake_fini(&f);
}

Test(request, completion_has_the_operation_and_its_line)
{
	const struct tl_event *event;
	tl_session session;
	struct fake f;
	tl_line line;
	uint64_t op;

	fake_init(&f);
	line = fake_ready(&f);
	session = fake_dial(&f, tl_ctx_get_client(f.ctx), line, &op);
	core_call_dialed(f.line, -EPROTO);
	fake_assert_done(&f, op, -EPROTO);
	event = fake_last(&f, TL_EVENT_OP_DONE);
	cr_assert_eq(tl_event_get_line(event).id, line.id);
	cr_assert_str_eq(tl_event_get_line_name(event), "a");
	cr_assert_eq(tl_event_get_session(event).id, session.id);
	cr_assert_eq(tl_event_get_client(event).id, tl_ctx_get_client(f.ctx).id);
	cr_assert_str_eq(tl_event_get_text(event), "");
	cr_assert_eq(tl_event_get_boot_us(event), f.clock.now_us);
	cr_assert_neq(tl_event_get_wall_us(event), 0);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(request, vanishes_with_its_client_and_other_clients_have_room_of_their_own)
{
	tl_session session;
	tl_client client;
	struct fake f;

	fake_init(&f);
	client = fake_client(&f, "busy");
	session = stuck_drop(&f, client);
	for (size_t i = 0; i < TL_REQUESTS_PER_CLIENT_MAX; i++)
		cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), 0);
	cr_assert_eq(
		tl_line_reset(f.ctx, tl_ctx_get_client(f.ctx), f.line->id, TL_RESET_SOFT, NULL),
		-EBUSY);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_REQUESTS), 0);
	core_line_lost(f.line);
	fake_fetch(&f);
	cr_assert_eq(fake_count(&f, TL_EVENT_OP_DONE), 0);
	core_request_withdraw(NULL);
	fake_fini(&f);
}

/* So many call-info events for the owner of the call. */
static void flood(struct fake *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		core_event_call(f->line->call, TL_EVENT_CALL_INFO);
}

Test(event, beyond_the_limit_is_counted_and_told)
{
	tl_session session;
	struct fake f;
	uint64_t op;

	fake_init(&f);
	session = stuck_drop(&f, tl_ctx_get_client(f.ctx));
	fake_clear(&f);
	flood(&f, TL_EVENTS_PER_CLIENT_MAX + 5);
	/* A completion finds room all the same. */
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, &op), 0);
	core_line_lost(f.line);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_EVENTS), TL_EVENTS_PER_CLIENT_MAX + 1);
	/* DISCONNECTED, IDLE and the final record are among the lost. */
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_EVENTS_LOST_TOTAL), 8);

	for (size_t i = 0; i < TL_EVENTS_PER_CLIENT_MAX; i++) {
		struct tl_event *event;

		cr_assert_eq(tl_ctx_next_event(f.ctx, &event), 1);
		cr_assert_eq(tl_event_get_type(event), TL_EVENT_CALL_INFO);
		(void)tl_event_free(event);
	}
	fake_fetch(&f);
	cr_assert_eq(f.n_events, 2);
	fake_assert_done(&f, op, 0);
	cr_assert_eq(tl_event_get_type(f.events[1]), TL_EVENT_LOST);
	cr_assert_eq(tl_event_get_count(f.events[1]), 8);
	cr_assert_eq(tl_event_get_client(f.events[1]).id, tl_ctx_get_client(f.ctx).id);

	/* Once told, forgotten; and there is room again. */
	fake_clear(&f);
	fake_release(&f, session);
	fake_fetch(&f);
	cr_assert_eq(fake_count(&f, TL_EVENT_LOST), 0);
	fake_fini(&f);
}

Test(event, what_a_closed_client_has_lost_is_told_to_nobody)
{
	struct tl_event *event;
	tl_client clients[3];
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	for (size_t i = 0; i < 3; i++) {
		clients[i] = fake_client(&f, "monitor");
		cr_assert_eq(tl_line_open(f.ctx, clients[i], line, TL_PRIVILEGE_MONITOR, 0), 0);
	}
	fake_clear(&f);
	for (size_t i = 0; i < TL_EVENTS_PER_CLIENT_MAX + 2; i++)
		core_event_line(f.line, TL_EVENT_LINE_STATE);
	cr_assert_eq(tl_client_close(f.ctx, clients[0]), 0);
	cr_assert_eq(tl_client_close(f.ctx, clients[2]), 0);
	for (size_t i = 0; i < TL_EVENTS_PER_CLIENT_MAX; i++) {
		cr_assert_eq(tl_ctx_next_event(f.ctx, &event), 1);
		cr_assert_eq(tl_event_get_type(event), TL_EVENT_LINE_STATE);
		(void)tl_event_free(event);
	}
	fake_fetch(&f);
	cr_assert_eq(f.n_events, 1);
	cr_assert_eq(tl_event_get_type(f.events[0]), TL_EVENT_LOST);
	cr_assert_eq(tl_event_get_client(f.events[0]).id, clients[1].id);
	cr_assert_eq(tl_event_get_count(f.events[0]), 2);
	fake_fini(&f);
}

Test(event, of_a_released_session_is_purged_but_its_completions)
{
	tl_session session, other;
	tl_client client;
	struct fake f;
	tl_line line;
	uint64_t op;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "monitor");
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), line);
	cr_assert_eq(tl_line_join(f.ctx, client, line, TL_PRIVILEGE_MONITOR, &other), 0);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, &op), 0);
	fake_run_ms(&f, 0);
	fake_release(&f, session);
	fake_fetch(&f);
	fake_assert_done(&f, op, 0);
	for (size_t i = 0; i < f.n_events; i++)
		if (tl_event_get_session(f.events[i]).id == session.id)
			cr_assert_eq(tl_event_get_type(f.events[i]), TL_EVENT_OP_DONE);
	cr_assert_gt(fake_count(&f, TL_EVENT_CALL_STATE), 0, "the monitor's are still there");
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	fake_fini(&f);
}

Test(event, of_a_closed_client_is_purged_with_its_completions)
{
	tl_session session;
	tl_client client;
	struct fake f;
	uint64_t op;

	fake_init(&f);
	client = fake_client(&f, "gone");
	session = fake_connect(&f, client, fake_ready(&f));
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, &op), 0);
	fake_run_ms(&f, 0);
	cr_assert_gt(tl_ctx_get_count(f.ctx, TL_COUNT_EVENTS), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_EVENTS), 0);
	fake_fini(&f);
}

Test(event, room_that_a_purge_has_made_can_be_used)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), fake_ready(&f));
	fake_clear(&f);
	flood(&f, TL_EVENTS_PER_CLIENT_MAX);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_clear(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), f.line->id);
	flood(&f, TL_EVENTS_PER_CLIENT_MAX - 10);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_EVENTS_LOST_TOTAL), 0);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(event, watchers_hear_of_every_line_and_call_without_a_session)
{
	const struct tl_event *event;
	tl_client client, watcher;
	tl_session session;
	struct fake f;

	fake_init(&f);
	client = tl_ctx_get_client(f.ctx);
	watcher = fake_client(&f, "watcher");
	cr_assert_eq(tl_client_watch(f.ctx, watcher, true), 0);
	session = fake_connect(&f, client, fake_ready(&f));
	fake_fetch(&f);
	event = fake_last(&f, TL_EVENT_CALL_STATE);
	cr_assert_eq(tl_event_get_client(event).id, watcher.id);
	cr_assert_eq(tl_event_get_session(event).id, 0);
	cr_assert_eq(tl_event_get_privilege(event), TL_PRIVILEGE_NONE);
	cr_assert_eq(tl_event_get_call_state(event), TL_CALL_CONNECTED);
	cr_assert_eq(tl_event_get_direction(event), TL_DIRECTION_OUT);
	cr_assert_neq(tl_event_get_call(event), 0);
	event = fake_last(&f, TL_EVENT_LINE_STATE);
	cr_assert_eq(tl_event_get_line_state(event), TL_LINE_IN_USE);

	cr_assert_eq(tl_client_watch(f.ctx, watcher, false), 0);
	fake_clear(&f);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fetch(&f);
	cr_assert_eq(f.n_events, 0);
	fake_fini(&f);
}

Test(event, is_freed_with_the_context_or_outlives_it)
{
	struct tl_event *event;
	struct fake f;

	fake_init(&f);
	cr_assert_eq(tl_client_watch(f.ctx, tl_ctx_get_client(f.ctx), true), 0);
	f.open_error = -EACCES;
	(void)fake_add(&f, "a");
	fake_run_ms(&f, 0);
	cr_assert_eq(tl_ctx_next_event(f.ctx, &event), 1);
	cr_assert_null(tl_ctx_free(f.ctx));
	cr_assert_eq(tl_event_get_line_state(event), TL_LINE_OPENING);
	cr_assert_null(tl_event_free(event));
	cr_assert_null(tl_event_free(NULL));
	cr_assert_null(tl_ctx_free(NULL));
}

static bool is_readable(struct tl_ctx *ctx)
{
	struct pollfd fd = {.fd = tl_ctx_get_fd(ctx), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

Test(event, makes_the_descriptor_readable)
{
	static const struct core_driver_ops *const drivers[] = {NULL};
	static const struct core_driver_set set = {.drivers = drivers, .names = NULL};
	struct core_client *client;
	struct tl_event *event;
	struct tl_ctx *ctx;
	struct core_request *request;

	cr_assert_eq(core_ctx_new(hal_clock_real(), &set, NULL, &ctx), 0);
	cr_assert_eq(tl_ctx_dispatch(ctx), 0);
	cr_assert_not(is_readable(ctx));
	cr_assert_eq(core_client_find(ctx, tl_ctx_get_client(ctx), &client), 0);
	cr_assert_eq(core_request_new(client, NULL, (tl_session){0}, &request), 0);
	core_request_done(request, 0, HAL_SLICE("text"));
	cr_assert(is_readable(ctx));
	cr_assert_eq(tl_ctx_dispatch(ctx), 0);
	cr_assert_eq(tl_ctx_next_event(ctx, &event), 1);
	cr_assert_str_eq(tl_event_get_text(event), "text");
	(void)tl_event_free(event);
	cr_assert_eq(tl_ctx_next_event(ctx, &event), 0);
	cr_assert_not(is_readable(ctx));
	(void)tl_ctx_free(ctx);
}
