/* SPDX-License-Identifier: MIT */
/* Every way in which the emulated modem misbehaves, in every state of a call: a drop either proves
 * that the line is on hook, or says that it could not and leaves the line faulty. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

enum moment { WHILE_DIALING, WHILE_CONNECTED, WHILE_TALKING, MOMENTS };

static const char *const moments[MOMENTS] = {"dialing", "connected", "talking"};

static tl_session talk(struct rig *rig, size_t index, const char *number)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;

	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	cr_assert_eq(tl_line_dial(rig->ctx, tl_ctx_get_client(rig->ctx), rig->modems[index].line,
				  number, params, &session, NULL),
		     0);
	(void)tl_dial_params_free(params);
	cr_assert(rig_until_call(rig, session, TL_CALL_PROCEEDING, 10000));
	return session;
}

static tl_session begin(struct rig *rig, enum moment moment)
{
	tl_session session;

	switch (moment) {
	case WHILE_CONNECTED:
		return rig_connect(rig);
	case WHILE_DIALING:
		session = rig_dial(rig, 0, "102");
		rig_run_ms(rig, 1000);
		return session;
	case WHILE_TALKING:
	case MOMENTS:
		break;
	}
	return talk(rig, 0, "102");
}

static void check(struct rig *rig, tl_session session, uint64_t op, const char *what)
{
	int r = rig_op(rig, op, 120000);

	if (r == 0) {
		cr_assert_eq(rig_state(rig, session), TL_CALL_IDLE, "%s", what);
		cr_assert_not(rig_is_off_hook(rig, 0), "%s: false IDLE", what);
	} else {
		cr_assert_eq(r, -EIO, "%s: %d", what, r);
		cr_assert_eq(rig_state(rig, session), TL_CALL_UNKNOWN, "%s", what);
		cr_assert_eq(rig_line_state(rig, rig->modems[0].line), TL_LINE_FAULTY, "%s", what);
	}
	/* Once the modem behaves again the line comes back by itself, and the call is over for
	 * certain. */
	sim_modem_clear_faults(rig->modems[0].sim);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 300000), "%s: not ready",
		  what);
	cr_assert_eq(rig_state(rig, session), TL_CALL_IDLE, "%s", what);
	cr_assert_not(rig_is_off_hook(rig, 0), "%s: READY but off hook", what);
	cr_assert_eq(tl_session_release(rig->ctx, session, 0), 0);
}

static void run_fault(enum sim_fault_kind kind, enum moment moment, bool without_lines, bool voice)
{
	const struct rig_options options = {.without_lines = without_lines, .voice = voice};
	tl_session session;
	char what[128];
	struct rig rig;
	uint64_t op;

	(void)snprintf(what, sizeof(what), "%s while %s, %s%s", sim_fault_name(kind),
		       moments[moment], without_lines ? "no lines" : "lines",
		       voice ? ", class 8" : "");
	rig_init(&rig, &options);
	session = begin(&rig, moment);
	rig_fault(&rig, 0, kind);
	cr_assert_eq(tl_session_drop(rig.ctx, session, TL_DROP_USER, &op), 0, "%s", what);
	check(&rig, session, op, what);
	rig_fini(&rig);
}

Test(drop, never_reports_a_false_idle)
{
	for (unsigned int kind = 0; kind < SIM_FAULT_COUNT; kind++)
		for (unsigned int moment = 0; moment < MOMENTS; moment++)
			for (unsigned int form = 0; form < 4; form++)
				run_fault((enum sim_fault_kind)kind, (enum moment)moment, form & 1,
					  form & 2);
}

Test(drop, of_a_sound_modem_takes_one_step)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), 0);
	info = rig_info(&rig, session);
	cr_assert_eq(tl_session_info_drop_steps(info), 1);
	cr_assert_str_eq(tl_session_info_drop_name(info, 0), "dtr");
	cr_assert_str_eq(tl_session_info_drop_proof(info, 0), "DCD low");
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	rig_run_ms(&rig, 5000);
	rig_fini(&rig);
}

/* How many answers had come when the first line was made ready for the next call. */
struct answers {
	size_t n, before_clean_up;
	bool cleaned_up;
};

static void count_answers(void *user, enum tl_log_level level, const char *line)
{
	struct answers *answers = user;

	if (level != TL_LOG_TRACE)
		return;
	if (strstr(line, ": < OK"))
		answers->n++;
	if (!strstr(line, ": > AT+FCLASS=0") || answers->cleaned_up)
		return;
	answers->cleaned_up = true;
	answers->before_clean_up = answers->n;
}

Test(drop, of_many_calls_proves_all_lines_on_hook_before_it_cleans_up_any)
{
	const struct rig_options options = {
		.modems = RIG_MODEMS, .without_lines = true, .voice = true, .no_diagnostics = true};
	tl_session sessions[RIG_MODEMS];
	struct answers answers = {0};
	struct rig rig;

	rig_init(&rig, &options);
	for (size_t i = 0; i < RIG_MODEMS; i++)
		sessions[i] = talk(&rig, i, "400");
	tl_ctx_set_log(rig.ctx, count_answers, &answers, TL_LOG_TRACE, false);
	for (size_t i = 0; i < RIG_MODEMS; i++)
		cr_assert_eq(tl_session_drop(rig.ctx, sessions[i], TL_DROP_USER, NULL), 0);
	for (size_t i = 0; i < RIG_MODEMS; i++) {
		cr_assert(rig_until_call(&rig, sessions[i], TL_CALL_IDLE, 60000));
		cr_assert(rig_until_line(&rig, rig.modems[i].line, TL_LINE_READY, 60000));
	}
	/* To ATH and to AT+VLS?, each. */
	cr_assert(answers.cleaned_up);
	cr_assert_eq(answers.before_clean_up, 2 * RIG_MODEMS, "%zu", answers.before_clean_up);
	for (size_t i = 0; i < RIG_MODEMS; i++)
		cr_assert_eq(tl_session_release(rig.ctx, sessions[i], 0), 0);
	rig_fini(&rig);
}

Test(drop, that_fails_is_recorded_step_by_step)
{
	const struct rig_options options = {.without_lines = true};
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	cr_assert_eq(tl_session_drop(rig.ctx, session, TL_DROP_USER, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 120000), -EIO);
	info = rig_info(&rig, session);
	cr_assert(tl_session_info_is_over(info));
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_USER);
	cr_assert_eq(tl_session_info_drop_steps(info), 4);
	cr_assert_eq(tl_session_info_drop_result(info, 0), TL_DROP_SKIPPED);
	for (size_t i = 1; i < 4; i++)
		cr_assert_neq(tl_session_info_drop_result(info, i), TL_DROP_VERIFIED);
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_OFF_HOOK), 1);
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	sim_modem_clear_faults(rig.modems[0].sim);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 300000));
	rig_fini(&rig);
}

/* V.250 §5.6.1: what comes within 125 ms of the dial line does not abort it. The emulated modem is
 * deaf for so long, so an abort that came too early would have no effect. */
Test(drop, aborts_a_dialling_modem_no_matter_how_early_it_is_asked_for)
{
	for (uint64_t ms = 0; ms <= 150; ms++) {
		struct tl_session_info *info;
		tl_session session;
		struct rig rig;
		uint64_t op;

		rig_init(&rig, NULL);
		session = rig_dial(&rig, 0, "102");
		rig_run_ms(&rig, ms);
		cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
		cr_assert_eq(rig_op(&rig, op, 60000), 0);
		info = rig_info(&rig, session);
		cr_assert_eq(tl_session_info_drop_steps(info), 1, "%lu ms", (unsigned long)ms);
		cr_assert_str_eq(tl_session_info_drop_name(info, 0), "abort");
		cr_assert_eq(tl_session_info_drop_result(info, 0), TL_DROP_VERIFIED, "%lu ms",
			     (unsigned long)ms);
		(void)tl_session_info_free(info);
		cr_assert_not(rig_is_off_hook(&rig, 0));
		cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
		rig_fini(&rig);
	}
}

/* What the modem does not read stays at the port. */
static void clog_up(struct rig *rig, tl_session session)
{
	static const char data[65536];

	cr_assert_eq(hal_stream_want_read(rig->modems[0].stream, false), 0);
	while (tl_session_write(rig->ctx, session, data, sizeof(data)) > 0)
		rig_run_ms(rig, 100);
}

/* The steps, "name result" each. */
static void assert_steps(struct rig *rig, tl_session session, const char *const *steps,
			 const char *name)
{
	struct tl_session_info *info = rig_info(rig, session);
	char step[64];
	size_t n = 0;

	for (; steps[n]; n++) {
		cr_assert_lt(n, tl_session_info_drop_steps(info), "%s", name);
		(void)snprintf(step, sizeof(step), "%s %s", tl_session_info_drop_name(info, n),
			       tl_drop_result_name(tl_session_info_drop_result(info, n)));
		cr_assert_str_eq(step, steps[n], "%s", name);
	}
	cr_assert_eq(tl_session_info_drop_steps(info), n, "%s", name);
	cr_assert_gt(tl_session_info_bytes_unsent(info), 0, "%s", name);
	cr_assert_leq(tl_session_info_bytes_unsent(info), tl_session_info_bytes_out(info), "%s",
		      name);
	cr_assert_eq(tl_session_info_cause_domain(info), TL_CAUSE_V58, "%s: AT#UD", name);
	(void)tl_session_info_free(info);
}

Test(drop, of_a_clogged_data_call_takes_DTR_first_then_the_escape_and_ATH)
{
	static const struct {
		const char *name;
		bool without_lines, deaf;
		const char *steps[3];
	} rows[] = {
		{"DTR", false, false, {"dtr verified"}},
		{"a modem that does not hear DTR",
		 false,
		 true,
		 {"dtr unverified", "hook verified"}},
		{"no DTR", true, false, {"dtr skipped", "hook verified"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct rig_options options = {.without_lines = rows[i].without_lines};
		tl_session session;
		struct rig rig;
		uint64_t op;

		rig_init(&rig, &options);
		session = rig_connect(&rig);
		cr_assert_eq(tl_session_attach(rig.ctx, session), 0);
		if (rows[i].deaf)
			rig_fault(&rig, 0, SIM_FAULT_DEAF_DTR);
		clog_up(&rig, session);
		cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
		cr_assert_eq(hal_stream_want_read(rig.modems[0].stream, true), 0);
		cr_assert_eq(rig_op(&rig, op, 60000), 0, "%s", rows[i].name);
		cr_assert_not(rig_is_off_hook(&rig, 0));
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
		assert_steps(&rig, session, rows[i].steps, rows[i].name);
		cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
		/* The modem is set up as before. */
		session = rig_connect(&rig);
		cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), 0);
		rig_run_ms(&rig, 30000);
		rig_fini(&rig);
	}
}
