/* SPDX-License-Identifier: MIT */
#include "core/client.h"

#include <errno.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

Test(client, of_the_context_cannot_be_closed)
{
	struct fake f;

	fake_init(&f);
	cr_assert_eq(tl_client_close(f.ctx, tl_ctx_get_client(f.ctx)), -EPERM);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CLIENTS), 1);
	fake_fini(&f);
}

Test(client, closes_once)
{
	tl_client client;
	tl_line line;
	struct fake f;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, NULL);
	cr_assert_eq(tl_client_watch(f.ctx, client, true), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), -ESTALE);
	cr_assert_eq(tl_client_watch(f.ctx, client, true), -ESTALE);
	cr_assert_eq(tl_client_close(f.ctx, (tl_client){line.id}), -EBADF);
	fake_fini(&f);
}

Test(client, there_are_so_many_and_no_more)
{
	tl_client client, first;
	struct fake f;

	fake_init(&f);
	first = fake_client(&f, "first");
	for (size_t i = 2; i < TL_CLIENTS_MAX; i++)
		(void)fake_client(&f, "more");
	client.id = 7;
	cr_assert_eq(tl_client_new(f.ctx, "one too many", &client), -ENOSPC);
	cr_assert_eq(client.id, 7);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CLIENTS), TL_CLIENTS_MAX);
	cr_assert_eq(tl_client_close(f.ctx, first), 0);
	cr_assert_eq(tl_client_new(f.ctx, "fits again", &client), 0);
	fake_fini(&f);
}

/* A call that is over, whose record is kept. */
static tl_session ended_call(struct fake *f, tl_client client, tl_line line)
{
	tl_session session;

	f->dial_error = -EPROTO;
	session = fake_dial(f, client, line, NULL);
	f->dial_error = 0;
	fake_run_ms(f, 0);
	fake_clear(f);
	return session;
}

Test(client, holds_so_many_sessions_and_no_more)
{
	tl_session session, first;
	tl_client client, other;
	uint64_t total, op = 7;
	tl_line line;
	struct fake f;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "collector");
	other = fake_client(&f, "other");
	first = ended_call(&f, client, line);
	for (size_t i = 1; i < TL_SESSIONS_PER_CLIENT_MAX; i++)
		(void)ended_call(&f, client, line);
	total = tl_ctx_get_count(f.ctx, TL_COUNT_CALLS_TOTAL);
	session.id = 7;
	cr_assert_eq(tl_line_dial(f.ctx, client, line, "1", NULL, &session, &op), -ENOSPC);
	cr_assert_eq(session.id, 7);
	cr_assert_eq(op, 7);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CALLS_TOTAL), total);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CALLS), TL_SESSIONS_PER_CLIENT_MAX);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);

	session = ended_call(&f, other, line);
	cr_assert_eq(tl_session_move(f.ctx, session, client), -ENOSPC);
	fake_release(&f, first);
	cr_assert_eq(tl_session_move(f.ctx, session, client), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	fake_fini(&f);
}

enum stage {
	WAITING,
	DIALING,
	DIALED,
	CONNECTED,
	ENDING,
	DROPPING,
	OVER,
	LOST,
	OFFERED,
	ACCEPTED,
	ANSWERING,
	ANSWERED
};

static const struct {
	const char *name;
	enum stage stage;
	bool drops; /* its end starts a drop */
	bool stays; /* the call goes on without it */
} stages[] = {
	{"waiting for the line", WAITING, true, false},
	{"dialling", DIALING, true, false},
	{"dialled", DIALED, true, false},
	{"connected", CONNECTED, true, false},
	{"ended by the far end, being cleared", ENDING, true, false},
	{"being dropped", DROPPING, true, false},
	{"over", OVER, false, false},
	{"lost track of", LOST, false, false},
	{"offered", OFFERED, false, true},
	{"accepted", ACCEPTED, false, true},
	{"being answered", ANSWERING, true, false},
	{"answered", ANSWERED, true, false},
};

static void offer_to(struct fake *f, tl_client client, tl_line line, tl_session *ret_session)
{
	cr_assert_eq(tl_line_open(f->ctx, client, line, TL_PRIVILEGE_OWNER, 0), 0);
	core_line_ring(f->line);
	fake_fetch(f);
	*ret_session = tl_event_get_session(fake_last(f, TL_EVENT_SESSION_NEW));
}

static void bring_to(struct fake *f, enum stage stage, tl_client client, tl_line line)
{
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};
	tl_session session;

	if (stage >= OFFERED) {
		offer_to(f, client, line, &session);
		if (stage == ACCEPTED)
			cr_assert_eq(tl_session_accept(f->ctx, session), 0);
		if (stage >= ANSWERING)
			cr_assert_eq(tl_session_answer(f->ctx, session, TL_MEDIA_DATA, NULL), 0);
		if (stage == ANSWERED)
			core_call_event(f->line, CORE_CALL_EVENT_CONNECT);
		return;
	}
	if (stage == WAITING) {
		/* Behind a call of somebody else that is over but not yet tidied up. */
		session = fake_connect(f, tl_ctx_get_client(f->ctx), line);
		f->silent = true;
		core_call_ended(f->line, &remote, "proof");
		fake_release(f, session);
	}
	session = fake_dial(f, client, line, NULL);
	if (stage >= DIALED)
		core_call_dialed(f->line, 0);
	if (stage >= CONNECTED)
		core_call_event(f->line, CORE_CALL_EVENT_CONNECT);
	f->steps[0].silent = stage == ENDING || stage == DROPPING;
	if (stage == ENDING)
		core_call_ended(f->line, &remote, NULL);
	if (stage == OVER)
		core_call_ended(f->line, &remote, "proof");
	if (stage == DROPPING)
		cr_assert_eq(tl_session_drop(f->ctx, session, 0, NULL), 0);
	if (stage == LOST)
		core_line_down(f->line, -ETIMEDOUT, "silent");
}

Test(client, gone_in_each_state_leaves_nothing_behind)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		tl_client client;
		struct fake f;
		tl_line line;

		fake_init(&f);
		line = fake_ready(&f);
		client = fake_client(&f, "victim");
		bring_to(&f, stages[i].stage, client, line);

		cr_assert_eq(tl_client_close(f.ctx, client), 0, "%s", stages[i].name);
		cr_assert_eq(tl_client_close(f.ctx, client), -ESTALE, "%s", stages[i].name);
		cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_SESSIONS), 0, "%s", stages[i].name);
		cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_REQUESTS), 0, "%s", stages[i].name);
		cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CLIENTS_LOST_TOTAL),
			     stages[i].drops ? 1 : 0, "%s", stages[i].name);
		f.silent = false;
		f.steps[0].silent = false;
		if (stages[i].stage == WAITING)
			core_line_up(f.line, NULL);
		fake_run_ms(&f, 10000);
		cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CALLS), stages[i].stays ? 1 : 0, "%s",
			     stages[i].name);
		fake_fini(&f);
	}
}

Test(client, an_answered_call_that_nobody_owns_any_more_is_dropped)
{
	tl_client client;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "victim");
	bring_to(&f, ANSWERING, client, line);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	core_call_event(f.line, CORE_CALL_EVENT_CONNECT);
	fake_run_ms(&f, 0);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_DROPS_TOTAL), 1);
	fake_fini(&f);
}

Test(client, gone_does_not_disturb_a_call_that_others_watch_or_own)
{
	tl_session session, monitor;
	tl_client client;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "monitor");
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), line);
	cr_assert_eq(tl_line_join(f.ctx, client, line, TL_PRIVILEGE_MONITOR, &monitor), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	fake_run_ms(&f, 0);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_release(f.ctx, monitor, 0), -ESTALE);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(client, origin_of_a_call_whose_owner_is_gone_is_client_lost)
{
	tl_session monitor;
	struct tl_session_info *info;
	tl_client client;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "owner");
	(void)fake_connect(&f, client, line);
	cr_assert_eq(
		tl_line_join(f.ctx, tl_ctx_get_client(f.ctx), line, TL_PRIVILEGE_MONITOR, &monitor),
		0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	fake_run_ms(&f, 0);
	info = fake_info(&f, monitor);
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_CLIENT_LOST);
	cr_assert(tl_session_info_is_over(info));
	(void)tl_session_info_free(info);
	fake_release(&f, monitor);
	fake_fini(&f);
}
