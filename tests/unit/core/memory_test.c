/* SPDX-License-Identifier: MIT */
/* Memory that runs out: each allocation of an operation fails in turn. */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "core/request.h"
#include "tests/unit/core/fake_driver.h"
#include "tests/unit/hal/wrap.h"

struct stage {
	struct fake f;
	tl_client self, other;
	tl_line line;
	tl_session session;
};

static int dial(struct stage *s)
{
	tl_session session;
	int r;

	r = tl_line_dial(s->f.ctx, s->self, s->line, "1", NULL, &session, NULL);
	if (r == 0)
		cr_assert_eq(tl_session_release(s->f.ctx, session, TL_RELEASE_DROP), 0);
	return r;
}

static int drop(struct stage *s)
{
	return tl_session_drop(s->f.ctx, s->session, 0, NULL);
}

static int answer(struct stage *s)
{
	return tl_session_answer(s->f.ctx, s->session, TL_MEDIA_DATA, NULL);
}

static int join(struct stage *s)
{
	tl_session session;

	return tl_line_join(s->f.ctx, s->other, s->line, TL_PRIVILEGE_MONITOR, &session);
}

static int session_info(struct stage *s)
{
	struct tl_session_info *info = NULL;
	int r;

	r = tl_session_get_info(s->f.ctx, s->session, &info);
	(void)tl_session_info_free(info);
	return r;
}

static int line_info(struct stage *s)
{
	struct tl_line_info *info = NULL;
	int r;

	r = tl_line_get_info(s->f.ctx, s->line, &info);
	(void)tl_line_info_free(info);
	return r;
}

static int line_ports(struct stage *s)
{
	struct tl_line_ports *ports;
	int r = tl_line_get_ports(s->f.ctx, s->line, &ports);

	if (r == 0)
		(void)tl_line_ports_free(ports);
	return r;
}

static int client_new(struct stage *s)
{
	tl_client client;

	return tl_client_new(s->f.ctx, "new", &client);
}

static int watch(struct stage *s)
{
	return tl_client_watch(s->f.ctx, s->other, true);
}

static int line_open(struct stage *s)
{
	return tl_line_open(s->f.ctx, s->other, s->line, TL_PRIVILEGE_MONITOR, 0);
}

static int line_add(struct stage *s)
{
	/* By hand, so that the parameters are no allocation of their own. */
	static struct tl_line_params params = {
		.config = {.name = "b", .device = "b", .driver = "fake"},
	};
	tl_line line;

	return tl_line_add(s->f.ctx, &params, &line);
}

static int line_command(struct stage *s)
{
	return tl_line_command(s->f.ctx, s->self, s->line, "I", 0, NULL);
}

static int line_reset(struct stage *s)
{
	return tl_line_reset(s->f.ctx, s->self, s->line, TL_RESET_SOFT, NULL);
}

static int line_list(struct stage *s)
{
	tl_line *lines = NULL;
	size_t n;
	int r;

	r = tl_line_list(s->f.ctx, &lines, &n);
	free(lines);
	return r;
}

static int session_list(struct stage *s)
{
	tl_session *sessions = NULL;
	size_t n;
	int r;

	r = tl_session_list(s->f.ctx, s->self, &sessions, &n);
	free(sessions);
	return r;
}

enum start { READY, CONNECTED, OFFERED };

static const struct {
	const char *name;
	int (*run)(struct stage *s);
	enum start start;
	unsigned int allocations; /* at least */
} operations[] = {
	{"dial", dial, READY, 3},
	{"drop", drop, CONNECTED, 1},
	{"answer", answer, OFFERED, 1},
	{"join", join, CONNECTED, 1},
	{"session info", session_info, CONNECTED, 1},
	{"line info", line_info, READY, 1},
	{"line ports", line_ports, READY, 1},
	{"client", client_new, READY, 1},
	{"watch", watch, CONNECTED, 1},
	{"open", line_open, READY, 1},
	{"line", line_add, READY, 1},
	{"command", line_command, READY, 1},
	{"reset", line_reset, READY, 1},
	{"line list", line_list, READY, 1},
	{"session list", session_list, CONNECTED, 1},
};

static void prepare(struct stage *s, enum start start)
{
	fake_init(&s->f);
	s->self = tl_ctx_get_client(s->f.ctx);
	s->other = fake_client(&s->f, "other");
	s->line = fake_ready(&s->f);
	if (start == CONNECTED)
		s->session = fake_connect(&s->f, s->self, s->line);
	if (start == OFFERED) {
		cr_assert_eq(tl_line_open(s->f.ctx, s->self, s->line, TL_PRIVILEGE_OWNER, 0), 0);
		core_line_ring(s->f.line);
		fake_fetch(&s->f);
		s->session = tl_event_get_session(fake_last(&s->f, TL_EVENT_SESSION_NEW));
	}
	fake_run_ms(&s->f, 0);
	fake_clear(&s->f);
	fake_forget(&s->f);
}

static void count(struct stage *s, uint64_t *counts)
{
	for (unsigned int i = 0; i < TL_COUNT_COUNT; i++)
		counts[i] = tl_ctx_get_count(s->f.ctx, (enum tl_count)i);
}

/* @return false when the operation has so few allocations that none failed */
static bool fails_cleanly(size_t i, struct wrap *wrap, unsigned int nth)
{
	uint64_t before[TL_COUNT_COUNT], after[TL_COUNT_COUNT];
	enum tl_line_state state;
	struct stage s;
	int r;

	prepare(&s, operations[i].start);
	state = fake_line_state(&s.f, s.line);
	count(&s, before);
	wrap_fail_nth(wrap, nth, ENOMEM);
	r = operations[i].run(&s);
	*wrap = (struct wrap){0};
	if (r < 0) {
		cr_assert_eq(r, -ENOMEM, "%s, allocation %u", operations[i].name, nth);
		count(&s, after);
		for (unsigned int c = 0; c < TL_COUNT_COUNT; c++)
			cr_assert_eq(after[c], before[c], "%s, allocation %u: %s",
				     operations[i].name, nth, tl_count_name((enum tl_count)c));
		cr_assert_str_eq(s.f.calls, "", "%s, allocation %u", operations[i].name, nth);
		cr_assert_eq(fake_line_state(&s.f, s.line), state);
		/* Nothing stands in the way of trying again. */
		cr_assert_eq(operations[i].run(&s), 0, "%s", operations[i].name);
	}
	fake_clear(&s.f);
	(void)tl_ctx_free(s.f.ctx);
	return r < 0;
}

Test(memory, that_runs_out_leaves_everything_as_it_was)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		unsigned int failed = 0;

		for (unsigned int nth = 1; fails_cleanly(i, &wrap_calloc, nth); nth++)
			failed++;
		for (unsigned int nth = 1; fails_cleanly(i, &wrap_malloc, nth); nth++)
			failed++;
		cr_assert_geq(failed, operations[i].allocations, "%s", operations[i].name);
	}
}

Test(memory, that_runs_out_for_a_table_leaves_everything_as_it_was)
{
	/* The first session of a context makes its table. */
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (operations[i].run == dial)
			cr_assert(fails_cleanly(i, &wrap_realloc, 1));
}

Test(memory, for_a_context_fails_cleanly)
{
	static const struct core_driver_ops *const drivers[] = {NULL};
	static const struct core_driver_set set = {.drivers = drivers, .names = NULL};
	struct tl_ctx *ctx = NULL;
	unsigned int nth = 0;
	int r;

	do {
		wrap_fail_nth(&wrap_calloc, ++nth, ENOMEM);
		r = core_ctx_new(hal_clock_real(), &set, NULL, &ctx);
		cr_assert(r == 0 || (r == -ENOMEM && !ctx));
	} while (r < 0);
	cr_assert_gt(nth, 2);
	(void)tl_ctx_free(ctx);
	wrap_fail_next(&wrap_realloc, ENOMEM);
	cr_assert_eq(core_ctx_new(hal_clock_real(), &set, NULL, &ctx), -ENOMEM);
}

Test(memory, for_parameters_fails_cleanly)
{
	wrap_fail_always(&wrap_calloc, ENOMEM);
	cr_assert_null(tl_line_params_new());
	cr_assert_null(tl_dial_params_new());
}

Test(memory, for_an_incoming_call_loses_only_that_call)
{
	struct stage s;

	prepare(&s, READY);
	cr_assert_eq(tl_line_open(s.f.ctx, s.self, s.line, TL_PRIVILEGE_OWNER, 0), 0);
	wrap_fail_next(&wrap_calloc, ENOMEM);
	core_line_ring(s.f.line);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_CALLS), 0);
	cr_assert_eq(fake_line_state(&s.f, s.line), TL_LINE_READY);
	core_line_ring(s.f.line);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_SESSIONS), 1);
	fake_fetch(&s.f);
	cr_assert_eq(tl_session_drop(s.f.ctx,
				     tl_event_get_session(fake_last(&s.f, TL_EVENT_SESSION_NEW)), 0,
				     NULL),
		     0);
	fake_clear(&s.f);
	(void)tl_ctx_free(s.f.ctx);
}

Test(memory, for_a_session_on_an_incoming_call_loses_only_that_session)
{
	tl_session session;
	struct stage s;

	prepare(&s, READY);
	cr_assert_eq(tl_line_open(s.f.ctx, s.self, s.line, TL_PRIVILEGE_OWNER, 0), 0);
	wrap_fail_nth(&wrap_calloc, 2, ENOMEM);
	core_line_ring(s.f.line);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_CALLS), 1);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_SESSIONS), 0);
	cr_assert_eq(tl_line_join(s.f.ctx, s.self, s.line, TL_PRIVILEGE_OWNER, &session), 0);
	fake_clear(&s.f);
	(void)tl_ctx_free(s.f.ctx);
}

static void assert_lost(struct stage *s, uint64_t n)
{
	fake_fetch(&s->f);
	cr_assert_eq(fake_count(&s->f, TL_EVENT_LOST), 1);
	cr_assert_eq(tl_event_get_count(fake_last(&s->f, TL_EVENT_LOST)), n);
	fake_clear(&s->f);
}

Test(memory, for_events_makes_them_lost_and_that_is_told)
{
	struct stage s;

	prepare(&s, READY);
	cr_assert_eq(tl_client_watch(s.f.ctx, s.self, true), 0);
	wrap_fail_next(&wrap_malloc, ENOMEM);
	core_line_lost(s.f.line);
	assert_lost(&s, 1);
	fake_run_ms(&s.f, 1000);
	fake_clear(&s.f);
	wrap_fail_next(&wrap_malloc, ENOMEM);
	core_line_lost(s.f.line);
	/* Telling of it has to wait for memory, too. */
	wrap_fail_next(&wrap_calloc, ENOMEM);
	fake_fetch(&s.f);
	cr_assert_eq(s.f.n_events, 0);
	assert_lost(&s, 1);
	(void)tl_ctx_free(s.f.ctx);
}

Test(memory, for_the_end_of_a_call_is_taken_at_its_beginning)
{
	struct stage s;

	prepare(&s, READY);
	cr_assert_eq(tl_client_watch(s.f.ctx, s.self, true), 0);
	wrap_fail_next(&wrap_calloc, ENOMEM);
	core_line_ring(s.f.line);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_CALLS), 0, "nobody has heard of it");
	wrap_fail_nth(&wrap_calloc, 2, ENOMEM);
	core_line_ring(s.f.line);
	cr_assert_eq(tl_ctx_get_count(s.f.ctx, TL_COUNT_CALLS), 0);
	core_line_ring(s.f.line);
	wrap_fail_always(&wrap_calloc, ENOMEM);
	wrap_fail_always(&wrap_malloc, ENOMEM);
	core_line_lost(s.f.line);
	fake_fetch(&s.f);
	cr_assert_eq(fake_count(&s.f, TL_EVENT_CALL_RECORD), 1);
	fake_clear(&s.f);
	(void)tl_ctx_free(s.f.ctx);
}

Test(memory, that_runs_out_halfway_lets_nobody_watch)
{
	struct stage s;

	prepare(&s, CONNECTED);
	s.line = fake_add(&s.f, "b");
	fake_run_ms(&s.f, 0);
	(void)fake_connect(&s.f, s.self, s.line);
	wrap_fail_nth(&wrap_calloc, 2, ENOMEM);
	cr_assert_eq(watch(&s), -ENOMEM);
	core_line_lost(s.f.line);
	fake_fetch(&s.f);
	cr_assert_eq(fake_count(&s.f, TL_EVENT_CALL_RECORD), 0);
	fake_clear(&s.f);
	(void)tl_ctx_free(s.f.ctx);
}

/* Longer than what a request has room for. */
#define LONG_ANSWER HAL_SLICE("a line of an answer\nand another one\nOK")

Test(memory, for_the_text_of_a_completion_makes_it_an_error)
{
	struct stage s;
	uint64_t op;

	cr_assert_gt(LONG_ANSWER.len, CORE_REQUEST_TEXT);

	prepare(&s, READY);
	cr_assert_eq(tl_line_command(s.f.ctx, s.self, s.line, "I", 0, &op), 0);
	wrap_fail_next(&wrap_malloc, ENOMEM);
	core_line_command_done(s.f.line, 0, LONG_ANSWER);
	fake_assert_done(&s.f, op, -ENOMEM);
	cr_assert_eq(tl_line_command(s.f.ctx, s.self, s.line, "I", 0, &op), 0);
	wrap_fail_next(&wrap_malloc, ENOMEM);
	core_line_command_done(s.f.line, -EPROTO, LONG_ANSWER);
	fake_assert_done(&s.f, op, -EPROTO);
	fake_clear(&s.f);
	(void)tl_ctx_free(s.f.ctx);
}
