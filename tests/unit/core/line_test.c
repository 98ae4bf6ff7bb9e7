/* SPDX-License-Identifier: MIT */
#include "core/line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <trunkline/error.h>

#include "tests/unit/core/fake_driver.h"

static int add(struct fake *f, const struct tl_line_params *params, tl_line *ret_line)
{
	return tl_line_add(f->ctx, params, ret_line);
}

Test(line, is_refused_without_what_it_needs)
{
	struct tl_line_params *params = fake_params("a");
	tl_line line = {7};
	struct fake f;

	fake_init(&f);
	params->config.name[0] = '\0';
	cr_assert_eq(add(&f, params, &line), -EINVAL);
	(void)tl_line_params_free(params);

	params = fake_params("a");
	params->config.device[0] = '\0';
	cr_assert_eq(add(&f, params, &line), -EINVAL);
	(void)tl_line_params_free(params);

	params = fake_params("a");
	(void)snprintf(params->config.driver, sizeof(params->config.driver), "nonesuch");
	cr_assert_eq(add(&f, params, &line), -EINVAL);
	(void)snprintf(params->config.driver, sizeof(params->config.driver), "fake");
	cr_assert_eq(line.id, 7);
	cr_assert_eq(add(&f, params, &line), 0);
	cr_assert_eq(add(&f, params, &line), -EEXIST);
	(void)tl_line_params_free(params);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_LINES), 1);
	fake_fini(&f);
}

Test(line, there_are_so_many_and_no_more)
{
	struct tl_line_params *params = fake_params("one-too-many");
	tl_line line = {7}, last = {0};
	struct fake f;
	char name[16];

	fake_init(&f);
	f.silent = true;
	for (unsigned int i = 0; i < TL_LINES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "l%u", i);
		last = fake_add(&f, name);
		fake_forget(&f);
	}
	cr_assert_eq(add(&f, params, &line), -ENOSPC);
	cr_assert_eq(line.id, 7);
	cr_assert_eq(tl_line_remove(f.ctx, last), 0);
	cr_assert_eq(add(&f, params, &line), 0);
	(void)tl_line_params_free(params);
	f.ctx = tl_ctx_free(f.ctx);
}

Test(line, is_found_by_name_device_index_and_identity)
{
	static const struct {
		const char *text;
		int line; /* -1: not found */
	} rows[] = {
		{"a", 0},     {"b", 1},	    {"0", 0},	   {"1", 1},	   {"2", -1}, {"l1.1", 0},
		{"l2.1", 1},  {"l1.2", -1}, {"c1.1", -1},  {"nobody", -1}, {"", -1},  {"-1", -1},
		{"dev-b", 1}, {"desk", 1},  {"office", 1}, {"des", -1},	   {"/", -1},
	};
	struct tl_line_params *params = fake_params("b");
	tl_line lines[2], line;
	struct fake f;

	fake_init(&f);
	lines[0] = fake_add(&f, "a");
	cr_assert_eq(tl_line_params_set(params, "device", "dev-b", NULL), 0);
	cr_assert_eq(tl_line_params_set(params, "alias", "desk office", NULL), 0);
	cr_assert_eq(add(&f, params, &lines[1]), 0);
	cr_assert_eq(tl_line_params_set(params, "name", "other", NULL), 0);
	cr_assert_eq(add(&f, params, &line), -EEXIST);
	cr_assert_eq(tl_line_params_set(params, "name", "desk", NULL), 0);
	cr_assert_eq(tl_line_params_set(params, "alias", "", NULL), 0);
	cr_assert_eq(add(&f, params, &line), -EEXIST);
	(void)tl_line_params_free(params);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = tl_line_find(f.ctx, rows[i].text, &line);

		cr_assert_eq(r, rows[i].line < 0 ? -ENOENT : 0, "%s", rows[i].text);
		if (r == 0)
			cr_assert_eq(line.id, lines[rows[i].line].id, "%s", rows[i].text);
	}
	fake_fini(&f);
}

static const struct {
	const char *name;
	int error;
	enum tl_line_state state;
} failures[] = {
	{"no such device", -ENOENT, TL_LINE_ABSENT}, {"no permission", -EACCES, TL_LINE_FAULTY},
	{"in use", -EBUSY, TL_LINE_FAULTY},	     {"not a tty", -ENOTTY, TL_LINE_FAULTY},
	{"silent", -ETIMEDOUT, TL_LINE_FAULTY},	     {"nonsense", -EPROTO, TL_LINE_FAULTY},
	{"off hook", -EIO, TL_LINE_FAULTY},	     {"no memory", -ENOMEM, TL_LINE_FAULTY},
};

#define N_FAILURES (sizeof(failures) / sizeof(failures[0]))

static void assert_failed(struct fake *f, tl_line line, size_t i, const char *why)
{
	struct tl_line_info *info;

	cr_assert_eq(tl_line_get_info(f->ctx, line, &info), 0);
	cr_assert_eq(tl_line_info_state(info), failures[i].state, "%s", failures[i].name);
	cr_assert_eq(tl_line_info_error(info), failures[i].error, "%s", failures[i].name);
	cr_assert_str_eq(tl_line_info_why(info), why, "%s", failures[i].name);
	(void)tl_line_info_free(info);
}

Test(line, that_cannot_be_opened_says_why_and_is_tried_again)
{
	for (size_t i = 0; i < N_FAILURES; i++) {
		struct fake f;
		tl_line line;

		fake_init(&f);
		f.open_error = failures[i].error;
		line = fake_add(&f, "a");
		cr_assert_eq(fake_line_state(&f, line), TL_LINE_OPENING);
		fake_run_ms(&f, 0);
		assert_failed(&f, line, i, "scripted");
		f.open_error = 0;
		fake_run_ms(&f, 1000);
		cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY, "%s", failures[i].name);
		cr_assert_str_eq(f.calls, "attach detach attach ", "%s", failures[i].name);
		fake_fini(&f);
	}
}

Test(line, whose_driver_does_not_start_says_why_and_is_tried_again)
{
	for (size_t i = 0; i < N_FAILURES; i++) {
		struct fake f;
		tl_line line;

		fake_init(&f);
		f.attach_error = failures[i].error;
		line = fake_add(&f, "a");
		assert_failed(&f, line, i, tl_error_text(failures[i].error));
		f.attach_error = 0;
		fake_run_ms(&f, 1000);
		cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY, "%s", failures[i].name);
		fake_fini(&f);
	}
}

Test(line, is_tried_again_ever_more_rarely_up_to_a_minute)
{
	static const unsigned int waits_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	struct fake f;

	fake_init(&f);
	f.open_error = -ENOENT;
	(void)fake_add(&f, "a");
	fake_run_ms(&f, 0);
	for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
		fake_forget(&f);
		fake_run_ms(&f, waits_s[i] * 1000 - 1);
		cr_assert_str_eq(f.calls, "", "wait %zu", i);
		fake_run_ms(&f, 1);
		cr_assert_str_eq(f.calls, "attach detach ", "wait %zu", i);
	}
	/* Being ready once starts it anew. */
	f.open_error = 0;
	fake_run_ms(&f, 60000);
	core_line_lost(f.line);
	fake_forget(&f);
	fake_run_ms(&f, 999);
	cr_assert_str_eq(f.calls, "");
	fake_run_ms(&f, 1);
	cr_assert_str_eq(f.calls, "attach ");
	fake_fini(&f);
}

Test(line, lost_is_gone_and_comes_back)
{
	struct tl_line_info *info;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	core_line_lost(f.line);
	cr_assert_eq(tl_line_get_info(f.ctx, line, &info), 0);
	cr_assert_eq(tl_line_info_state(info), TL_LINE_GONE);
	cr_assert_eq(tl_line_info_error(info), -ENODEV);
	(void)tl_line_info_free(info);
	fake_run_ms(&f, 1000);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);
	fake_fini(&f);
}

/* Bring a line into a state. */
static tl_line line_in(struct fake *f, enum tl_line_state state)
{
	tl_client self = tl_ctx_get_client(f->ctx);
	tl_line line;

	f->silent = state == TL_LINE_OPENING || state == TL_LINE_PROBING;
	if (state == TL_LINE_ABSENT || state == TL_LINE_FAULTY)
		f->open_error = state == TL_LINE_ABSENT ? -ENOENT : -EIO;
	line = fake_add(f, "a");
	fake_run_ms(f, 0);
	if (state == TL_LINE_PROBING)
		core_line_opened(f->line);
	if (state == TL_LINE_IN_USE)
		(void)fake_connect(f, self, line);
	if (state == TL_LINE_GONE)
		core_line_lost(f->line);
	cr_assert_eq(fake_line_state(f, line), state);
	fake_forget(f);
	return line;
}

static const struct {
	enum tl_line_state state;
	int use; /* of dial and command */
	int reset;
} uses[] = {
	{TL_LINE_ABSENT, -ENODEV, 0},	  {TL_LINE_OPENING, -EBUSY, 0},
	{TL_LINE_PROBING, -EBUSY, 0},	  {TL_LINE_READY, 0, 0},
	{TL_LINE_IN_USE, -EBUSY, -EBUSY}, {TL_LINE_FAULTY, -ENOTRECOVERABLE, 0},
	{TL_LINE_GONE, -ENODEV, 0},
};

#define N_USES (sizeof(uses) / sizeof(uses[0]))

Test(line, takes_commands_calls_and_resets_as_its_state_allows)
{
	for (size_t i = 0; i < N_USES; i++) {
		const char *state = tl_line_state_name(uses[i].state);
		tl_session session = {7};
		tl_client self;
		struct fake f;
		tl_line line;
		uint64_t op = 7;

		fake_init(&f);
		self = tl_ctx_get_client(f.ctx);
		line = line_in(&f, uses[i].state);
		if (uses[i].use < 0) {
			cr_assert_eq(tl_line_command(f.ctx, self, line, "X", 0, &op), uses[i].use,
				     "%s", state);
			/* One that is on its way up keeps a call waiting instead. */
			if (uses[i].state != TL_LINE_OPENING && uses[i].state != TL_LINE_PROBING)
				cr_assert_eq(
					tl_line_dial(f.ctx, self, line, "1", NULL, &session, &op),
					uses[i].use, "%s", state);
			cr_assert_eq(op, 7);
			cr_assert_eq(session.id, 7);
			cr_assert_str_eq(f.calls, "");
		}
		f.silent = false;
		f.open_error = 0;
		cr_assert_eq(tl_line_reset(f.ctx, self, line, TL_RESET_SOFT, &op), uses[i].reset,
			     "%s", state);
		if (uses[i].reset == 0) {
			cr_assert_eq(tl_line_reset(f.ctx, self, line, TL_RESET_SOFT, NULL), -EBUSY,
				     "%s", state);
			fake_run_ms(&f, 0);
			fake_assert_done(&f, op, 0);
			cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY, "%s", state);
		}
		fake_clear(&f);
		(void)tl_ctx_free(f.ctx);
	}
}

Test(line, reset_is_soft_on_the_open_port_or_hard_by_closing_it)
{
	tl_client self;
	struct fake f;
	tl_line line;
	uint64_t op;

	fake_init(&f);
	line = fake_ready(&f);
	self = tl_ctx_get_client(f.ctx);
	cr_assert_eq(tl_line_reset(f.ctx, self, line, (enum tl_reset)2, &op), -EINVAL);
	fake_forget(&f);
	cr_assert_eq(tl_line_reset(f.ctx, self, line, TL_RESET_SOFT, &op), 0);
	fake_run_ms(&f, 0);
	cr_assert_str_eq(f.calls, "probe ");
	fake_assert_done(&f, op, 0);

	fake_forget(&f);
	f.probe_error = -ENODEV;
	cr_assert_eq(tl_line_reset(f.ctx, self, line, TL_RESET_SOFT, &op), 0);
	fake_run_ms(&f, 0);
	cr_assert_str_eq(f.calls, "probe detach attach ", "the port was closed");
	fake_assert_done(&f, op, 0);

	fake_forget(&f);
	cr_assert_eq(tl_line_reset(f.ctx, self, line, TL_RESET_HARD, &op), 0);
	cr_assert_str_eq(f.calls, "detach ");
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_OPENING);
	fake_run_ms(&f, CORE_LINE_CLOSED_MS - 1);
	cr_assert_str_eq(f.calls, "detach ", "DTR is low for a while");
	fake_run_ms(&f, 1);
	cr_assert_str_eq(f.calls, "detach attach factory ");
	fake_assert_done(&f, op, 0);
	fake_fini(&f);
}

Test(line, a_fault_is_remembered_until_the_line_is_ready_again)
{
	struct tl_line_info *info;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	f.open_error = -ETIMEDOUT;
	core_line_down(f.line, -EIO, "first reason");
	fake_run_ms(&f, 1000 + 2000 + 1500);
	cr_assert_eq(tl_line_get_info(f.ctx, line, &info), 0);
	cr_assert_str_eq(tl_line_info_fault(info), "first reason");
	cr_assert_str_eq(tl_line_info_why(info), "scripted");
	cr_assert_eq(tl_line_info_attempts(info), 2);
	cr_assert_eq(tl_line_info_retry_ms(info), 2500);
	cr_assert_eq(tl_line_info_fault_boot_us(info) + UINT64_C(4500000), f.clock.now_us);
	cr_assert_eq(tl_line_info_since_boot_us(info) + UINT64_C(1500000), f.clock.now_us);
	cr_assert_gt(tl_line_info_fault_wall_us(info), 0);
	cr_assert_gt(tl_line_info_since_wall_us(info), tl_line_info_fault_wall_us(info));
	(void)tl_line_info_free(info);
	f.open_error = 0;
	fake_run_ms(&f, 2500);
	cr_assert_eq(tl_line_get_info(f.ctx, line, &info), 0);
	cr_assert_str_eq(tl_line_info_fault(info), "");
	cr_assert_eq(tl_line_info_fault_boot_us(info), 0);
	cr_assert_eq(tl_line_info_attempts(info), 0);
	cr_assert_eq(tl_line_info_retry_ms(info), 0);
	(void)tl_line_info_free(info);
	fake_fini(&f);
}

Test(line, reset_that_fails_says_so_and_goes_on_trying)
{
	struct fake f;
	tl_line line;
	uint64_t op;

	fake_init(&f);
	line = fake_ready(&f);
	f.open_error = -ETIMEDOUT;
	cr_assert_eq(tl_line_reset(f.ctx, tl_ctx_get_client(f.ctx), line, TL_RESET_SOFT, &op), 0);
	fake_run_ms(&f, 0);
	fake_assert_done(&f, op, -ETIMEDOUT);
	cr_assert_str_eq(tl_event_get_text(fake_last(&f, TL_EVENT_OP_DONE)), "scripted");
	f.open_error = 0;
	fake_run_ms(&f, 1000);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);
	fake_fini(&f);
}

Test(line, command_completes_with_its_text_and_keeps_others_out)
{
	tl_session session;
	tl_client self;
	struct fake f;
	tl_line line;
	uint64_t op;

	fake_init(&f);
	self = tl_ctx_get_client(f.ctx);
	line = fake_ready(&f);
	f.command_error = -EPERM;
	cr_assert_eq(tl_line_command(f.ctx, self, line, "D1", 0, NULL), -EPERM);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_REQUESTS), 0);
	f.command_error = 0;
	cr_assert_eq(tl_line_command(f.ctx, self, line, "I3", 0, &op), 0);
	cr_assert_eq(tl_line_command(f.ctx, self, line, "I4", 0, NULL), -EBUSY);
	cr_assert_eq(tl_line_dial(f.ctx, self, line, "1", NULL, &session, NULL), -EBUSY);
	core_line_command_done(f.line, 0, HAL_SLICE("text\nOK"));
	fake_assert_done(&f, op, 0);
	cr_assert_str_eq(tl_event_get_text(fake_last(&f, TL_EVENT_OP_DONE)), "text\nOK");
	cr_assert_eq(tl_line_command(f.ctx, self, line, "I4", 0, &op), 0);
	core_line_command_done(f.line, -EPROTO, HAL_SLICE("ERROR"));
	fake_assert_done(&f, op, -EPROTO);
	fake_fini(&f);
}

Test(line, command_whose_client_is_gone_keeps_the_line_until_it_is_done)
{
	tl_client self, client;
	struct fake f;
	tl_line line;
	uint64_t op;

	fake_init(&f);
	self = tl_ctx_get_client(f.ctx);
	line = fake_ready(&f);
	client = fake_client(&f, "gone");
	cr_assert_eq(tl_line_command(f.ctx, client, line, "I3", 0, NULL), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	cr_assert_eq(tl_line_command(f.ctx, self, line, "I4", 0, NULL), -EBUSY);
	core_line_command_done(f.line, 0, HAL_SLICE("of the first"));
	cr_assert_eq(tl_line_command(f.ctx, self, line, "I4", 0, &op), 0);
	core_line_command_done(f.line, 0, HAL_SLICE("of the second"));
	fake_assert_done(&f, op, 0);
	cr_assert_str_eq(tl_event_get_text(fake_last(&f, TL_EVENT_OP_DONE)), "of the second");
	fake_fini(&f);
}

static void command_fails(struct fake *f, void (*what)(struct fake *f), int result)
{
	uint64_t op;
	tl_line line;

	fake_init(f);
	line = fake_ready(f);
	cr_assert_eq(tl_line_open(f->ctx, tl_ctx_get_client(f->ctx), line, TL_PRIVILEGE_OWNER, 0),
		     0);
	cr_assert_eq(tl_line_command(f->ctx, tl_ctx_get_client(f->ctx), line, "I", 0, &op), 0);
	what(f);
	fake_assert_done(f, op, result);
	core_line_command_done(f->line, 0, HAL_SLICE("too late"));
	fake_fetch(f);
	fake_assert_done(f, op, result);
}

static void lose(struct fake *f)
{
	core_line_lost(f->line);
}

static void bring_down(struct fake *f)
{
	core_line_down(f->line, -ETIMEDOUT, "silent");
}

static void reset(struct fake *f)
{
	cr_assert_eq(
		tl_line_reset(f->ctx, tl_ctx_get_client(f->ctx), f->line->id, TL_RESET_SOFT, NULL),
		0);
}

static void ring(struct fake *f, tl_session *ret_session)
{
	core_line_ring(f->line);
	fake_fetch(f);
	*ret_session = tl_event_get_session(fake_last(f, TL_EVENT_SESSION_NEW));
}

static void answer(struct fake *f)
{
	tl_session session;

	ring(f, &session);
	cr_assert_eq(tl_session_answer(f->ctx, session, TL_MEDIA_DATA, NULL), 0);
}

static void miss(struct fake *f)
{
	tl_session session;

	ring(f, &session);
	core_line_ring_end(f->line);
}

Test(line, command_completes_once_whatever_happens)
{
	static const struct {
		void (*what)(struct fake *f);
		int result;
	} rows[] = {
		{lose, -ENODEV},      {bring_down, -ETIMEDOUT}, {reset, -ECANCELED},
		{answer, -ECANCELED}, {miss, -ECANCELED},
	};
	struct fake f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		command_fails(&f, rows[i].what, rows[i].result);
		fake_clear(&f);
		(void)tl_ctx_free(f.ctx);
	}
}

Test(line, upcalls_out_of_place_are_ignored)
{
	tl_session session;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	core_line_opened(f.line);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), line);
	core_line_up(f.line, NULL);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_IN_USE);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	core_line_ring(f.line);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_CALLS), 1, "a ring is no second call");
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);

	/* There is no call to tell of any more. */
	core_call_dialed(f.line, 0);
	core_call_event(f.line, CORE_CALL_EVENT_CONNECT);
	core_call_note(f.line, "note");
	core_call_set_link(f.line, &(struct core_link){.rate = 1});
	fake_bytes(&f, 1, 1);
	core_call_ended(f.line, &(struct core_cause){.text = "late"}, "proof");
	core_drop_step_done(f.line, &(struct core_drop_outcome){0});
	core_call_diagnosed(f.line, NULL);
	core_line_ring_end(f.line);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);
	fake_fini(&f);
}

Test(line, info_tells_what_is_known)
{
	struct tl_line_params *params = fake_params("a");
	struct tl_line_info *info;
	struct fake f;
	tl_line line;

	fake_init(&f);
	cr_assert_eq(tl_line_params_set(params, "number", "5551234", NULL), 0);
	cr_assert_eq(add(&f, params, &line), 0);
	(void)tl_line_params_free(params);
	fake_run_ms(&f, 0);
	cr_assert_eq(tl_line_get_info(f.ctx, line, &info), 0);
	cr_assert_eq(tl_line_info_line(info).id, line.id);
	cr_assert_str_eq(tl_line_info_name(info), "a");
	cr_assert_str_eq(tl_line_info_device(info), "a");
	cr_assert_str_eq(tl_line_info_driver(info), "fake");
	cr_assert_str_eq(tl_line_info_number(info), "5551234");
	cr_assert_str_eq(tl_line_info_manufacturer(info), "maker");
	cr_assert_str_eq(tl_line_info_model(info), "model");
	cr_assert_str_eq(tl_line_info_revision(info), "");
	cr_assert(tl_line_info_can(info, TL_MEDIA_DATA));
	cr_assert_not(tl_line_info_can(info, TL_MEDIA_VOICE));
	cr_assert_not(tl_line_info_can(info, (enum tl_media)TL_MEDIA_COUNT));
	cr_assert_not(tl_line_info_has_modem_lines(info));
	cr_assert_eq(tl_line_info_rings(info), 0);
	cr_assert_eq(tl_line_info_call(info), 0);
	cr_assert_eq(tl_line_info_calls_total(info), 0);
	cr_assert_null(tl_line_info_free(info));
	cr_assert_null(tl_line_info_free(NULL));
	cr_assert_eq(tl_line_remove(f.ctx, line), 0);
	cr_assert_eq(tl_line_remove(f.ctx, line), -ESTALE);
	cr_assert_eq(tl_line_get_info(f.ctx, line, &info), -ESTALE);
	fake_fini(&f);
}

Test(line, time_outs_of_all_its_drivers_add_up)
{
	struct fake f;

	fake_init(&f);
	(void)fake_ready(&f);
	f.timeouts = 3;
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_TIMEOUTS_TOTAL), 3);
	core_line_lost(f.line);
	f.timeouts = 2;
	fake_run_ms(&f, 1000);
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_TIMEOUTS_TOTAL), 5);
	cr_assert_eq(tl_ctx_get_count(f.ctx, (enum tl_count)TL_COUNT_COUNT), 0);
	fake_fini(&f);
}

Test(line, of_a_driver_without_what_may_be_left_out_works)
{
	struct tl_line_params *params = fake_params("a");
	tl_client self;
	struct fake f;
	tl_line line;

	fake_init(&f);
	self = tl_ctx_get_client(f.ctx);
	(void)snprintf(params->config.driver, sizeof(params->config.driver), "bare");
	cr_assert_eq(add(&f, params, &line), 0);
	(void)tl_line_params_free(params);
	fake_run_ms(&f, 0);
	cr_assert_eq(tl_line_command(f.ctx, self, line, "I", 0, NULL), -EOPNOTSUPP);
	fake_forget(&f);
	f.erasing = true;
	cr_assert_eq(tl_session_release(f.ctx, fake_connect(&f, self, line), TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	cr_assert_str_eq(f.calls, "dial drop0 recover ");
	cr_assert_eq(tl_ctx_get_count(f.ctx, TL_COUNT_TIMEOUTS_TOTAL), 0);
	fake_fini(&f);
}

Test(line, operations_want_handles_of_the_right_kind)
{
	tl_session session;
	tl_client self;
	struct fake f;
	tl_line line;

	fake_init(&f);
	self = tl_ctx_get_client(f.ctx);
	line = fake_ready(&f);
	for (size_t i = 0; i < 2; i++) {
		tl_client client = {i == 0 ? line.id : self.id};
		tl_line other = {i == 0 ? line.id : self.id};

		cr_assert_eq(tl_line_open(f.ctx, client, other, TL_PRIVILEGE_OWNER, 0), -EBADF);
		cr_assert_eq(tl_line_close(f.ctx, client, other), -EBADF);
		cr_assert_eq(tl_line_join(f.ctx, client, other, TL_PRIVILEGE_OWNER, &session),
			     -EBADF);
		cr_assert_eq(tl_line_command(f.ctx, client, other, "I", 0, NULL), -EBADF);
		cr_assert_eq(tl_line_reset(f.ctx, client, other, TL_RESET_SOFT, NULL), -EBADF);
	}
	fake_fini(&f);
}

Test(line, soft_reset_has_nothing_of_a_hard_one_whose_client_is_gone)
{
	tl_client client;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "hasty");
	cr_assert_eq(tl_line_reset(f.ctx, client, line, TL_RESET_HARD, NULL), 0);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	fake_forget(&f);
	cr_assert_eq(tl_line_reset(f.ctx, tl_ctx_get_client(f.ctx), line, TL_RESET_SOFT, NULL), 0);
	fake_run_ms(&f, 0);
	cr_assert_str_eq(f.calls, "attach ");
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);
	fake_fini(&f);
}
