/* SPDX-License-Identifier: MIT */
#include "core/ctx.h"

#include <string.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct lines {
	unsigned int n;
	bool ready;
};

static void on_log(void *user, enum tl_log_level level, const char *line)
{
	struct lines *lines = user;

	cr_assert_eq(level, TL_LOG_DEBUG, "%s", line);
	lines->n++;
	lines->ready = lines->ready || strcmp(line, "a: ready") == 0;
}

Test(ctx, logs_up_to_the_level_that_was_asked_for)
{
	struct lines lines = {0};
	struct fake f;

	fake_init(&f);
	tl_ctx_set_log(f.ctx, on_log, &lines, TL_LOG_INFO, false);
	(void)fake_ready(&f);
	cr_assert_eq(lines.n, 0, "a library is silent");
	tl_ctx_set_log(f.ctx, on_log, &lines, TL_LOG_DEBUG, false);
	core_line_lost(f.line);
	fake_run_ms(&f, 1000);
	cr_assert(lines.ready);
	lines.n = 0;
	tl_ctx_set_log(f.ctx, NULL, NULL, TL_LOG_TRACE, true);
	core_line_lost(f.line);
	cr_assert_eq(lines.n, 0);
	fake_fini(&f);
}

Test(ctx, of_the_system_has_the_drivers_of_the_list)
{
	const char *const *names = tl_driver_list();
	struct tl_ctx *ctx;

	cr_assert_str_eq(names[0], "v250");
	cr_assert_eq(tl_ctx_new(&ctx), 0);
	cr_assert_geq(tl_ctx_get_fd(ctx), 0);
	cr_assert_eq(tl_ctx_get_count(ctx, TL_COUNT_CLIENTS), 1);
	cr_assert_eq(tl_ctx_get_count(ctx, TL_COUNT_LINES), 0);
	cr_assert_null(tl_ctx_free(ctx));
}

static void wait_for_event(struct tl_ctx *ctx, enum tl_event_type type)
{
	enum tl_event_type seen = type;
	struct tl_event *event;

	do {
		while (tl_ctx_next_event(ctx, &event) == 0)
			cr_assert_eq(tl_ctx_wait(ctx, 30000), 0);
		seen = tl_event_get_type(event);
		(void)tl_event_free(event);
	} while (seen != type);
}

/* On the system's clock: what was asked for outside and what a timer brings end the wait. */
Test(ctx, waits_for_what_there_is_to_do, .timeout = 60)
{
	struct tl_line_params *params = tl_line_params_new();
	struct tl_event *event;
	struct tl_ctx *ctx;
	tl_line line;
	uint64_t op;

	cr_assert_eq(tl_ctx_new(&ctx), 0);
	cr_assert_eq(tl_ctx_wait(ctx, 0), 0);
	cr_assert_eq(tl_ctx_wait(ctx, 1), 0, "the time is over");
	cr_assert_eq(tl_ctx_next_event(ctx, &event), 0);
	cr_assert_eq(tl_line_params_set(params, "name", "a", NULL), 0);
	cr_assert_eq(tl_line_params_set(params, "device", "/nonexistent/tty", NULL), 0);
	cr_assert_eq(tl_line_add(ctx, params, &line), 0);
	cr_assert_eq(tl_line_open(ctx, tl_ctx_get_client(ctx), line, TL_PRIVILEGE_OWNER, 0), 0);
	wait_for_event(ctx, TL_EVENT_LINE_STATE);
	cr_assert_eq(tl_line_reset(ctx, tl_ctx_get_client(ctx), line, TL_RESET_SOFT, &op), 0);
	wait_for_event(ctx, TL_EVENT_OP_DONE);
	(void)tl_line_params_free(params);
	(void)tl_ctx_free(ctx);
}

Test(ctx, is_freed_with_everything_under_way)
{
	tl_client other;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	other = fake_client(&f, "other");
	cr_assert_eq(tl_client_watch(f.ctx, other, true), 0);
	f.steps[0].silent = true;
	cr_assert_eq(tl_session_drop(f.ctx, fake_connect(&f, other, line), 0, NULL), 0);
	cr_assert_eq(tl_line_reset(f.ctx, other, fake_add(&f, "b"), TL_RESET_SOFT, NULL), 0);
	cr_assert_null(tl_ctx_free(f.ctx));
}
