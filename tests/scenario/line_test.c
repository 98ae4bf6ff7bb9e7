/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "tests/scenario/rig.h"

static void assert_down(struct rig *rig, tl_line line, int error, const char *word)
{
	struct tl_line_info *info;

	cr_assert_eq(tl_line_get_info(rig->ctx, line, &info), 0);
	cr_assert_eq(tl_line_info_error(info), error, "%d: %s", tl_line_info_error(info),
		     tl_line_info_why(info));
	cr_assert_not_null(strstr(tl_line_info_why(info), word), "%s", tl_line_info_why(info));
	(void)tl_line_info_free(info);
}

Test(line, tells_what_its_modem_is)
{
	struct tl_line_info *info;
	struct rig rig;

	rig_init(&rig, NULL);
	cr_assert_eq(tl_line_get_info(rig.ctx, rig.modems[0].line, &info), 0);
	cr_assert_str_eq(tl_line_info_manufacturer(info), "Trunkline");
	cr_assert_str_eq(tl_line_info_model(info), "Emulated V.250 modem");
	cr_assert_str_eq(tl_line_info_name(info), "a");
	cr_assert(tl_line_info_can(info, TL_MEDIA_DATA));
	cr_assert(tl_line_info_has_modem_lines(info));
	(void)tl_line_info_free(info);
	rig_fini(&rig);
}

Test(line, with_a_modem_that_misbehaves_is_faulty_and_says_why)
{
	static const struct {
		enum sim_fault_kind fault;
		int error;
		const char *word;
	} table[] = {
		{SIM_FAULT_SILENT, -ETIMEDOUT, "no modem answers"},
		{SIM_FAULT_ECHO_ONLY, -EPROTO, "not an AT modem"},
		{SIM_FAULT_ERROR, -EPROTO, "errors"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct rig_options options = {.modems = 1};
		tl_line line;
		struct rig rig;

		rig_init_bare(&rig, &options);
		rig_fault(&rig, 0, table[i].fault);
		line = rig_add_line(&rig, 0, NULL, NULL);
		cr_assert(rig_until_line(&rig, line, TL_LINE_FAULTY, 30000), "%zu", i);
		assert_down(&rig, line, table[i].error, table[i].word);
		cr_assert_eq(
			tl_line_command(rig.ctx, tl_ctx_get_client(rig.ctx), line, "AT", 0, NULL),
			-ENOTRECOVERABLE);
		sim_modem_clear_faults(rig.modems[0].sim);
		cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 100000), "%zu", i);
		rig_fini(&rig);
	}
}

Test(line, that_fails_at_one_command_of_its_beginning_names_it)
{
	static const struct {
		const char *prefix;
		enum sim_fault_kind fault;
		int error;
		const char *words;
	} table[] = {
		{"H", SIM_FAULT_ERROR, -EPROTO, "ATH"},
		{"H", SIM_FAULT_SILENT, -ETIMEDOUT, "ATH"},
		{"O", SIM_FAULT_SILENT, -EIO, "not proved to be on hook: no answer"},
		{"E0Q0V1X4", SIM_FAULT_ERROR, -EPROTO, "answered an error to ATE0Q0V1X4"},
		{"S0=0", SIM_FAULT_SILENT, -ETIMEDOUT, "did not answer ATS0=0"},
		{"+GMI", SIM_FAULT_SILENT, -ETIMEDOUT, "did not answer AT+GMI"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct rig_options options = {.modems = 1};
		struct sim_fault fault = {.kind = table[i].fault};
		tl_line line;
		struct rig rig;

		strcpy(fault.prefix, table[i].prefix);
		rig_init_bare(&rig, &options);
		sim_modem_set_fault(rig.modems[0].sim, &fault);
		line = rig_add_line(&rig, 0, NULL, NULL);
		cr_assert(rig_until_line(&rig, line, TL_LINE_FAULTY, 60000), "%s", table[i].words);
		assert_down(&rig, line, table[i].error, table[i].words);
		sim_modem_clear_faults(rig.modems[0].sim);
		cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 100000), "%s", table[i].words);
		rig_fini(&rig);
	}
}

Test(line, comes_up_behind_slow_and_noisy_modems)
{
	static const enum sim_fault_kind kinds[] = {SIM_FAULT_JUNK, SIM_FAULT_RING, SIM_FAULT_SPLIT,
						    SIM_FAULT_MERGE, SIM_FAULT_LOST_ANSWER};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct rig_options options = {.modems = 1};
		tl_line line;
		struct rig rig;

		rig_init_bare(&rig, &options);
		rig_fault(&rig, 0, kinds[i]);
		line = rig_add_line(&rig, 0, NULL, NULL);
		cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 60000), "%s",
			  sim_fault_name(kinds[i]));
		sim_modem_clear_faults(rig.modems[0].sim);
		rig_run_ms(&rig, 30000);
		rig_fini(&rig);
	}
}

/* Something that is no modem sends what it likes. */
Test(line, with_something_else_on_it_is_told_apart_from_silence)
{
	const struct rig_options options = {.modems = 1};
	tl_line line;
	struct rig rig;

	rig_init_bare(&rig, &options);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	line = rig_add_line(&rig, 0, NULL, NULL);
	rig_run_ms(&rig, 10);
	for (int i = 0; i < 40 && rig_line_state(&rig, line) != TL_LINE_FAULTY; i++) {
		(void)hal_stream_write(rig.modems[0].stream, "\r\ngateway login: \r\n", 19);
		rig_run_ms(&rig, 500);
	}
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_FAULTY);
	assert_down(&rig, line, -EPROTO, "not an AT modem");
	rig_fini(&rig);
}

Test(line, found_online_is_hung_up_before_it_is_ready)
{
	const struct rig_options options = {.modems = 1, .without_lines = true};
	tl_session session;
	tl_line line;
	struct rig rig;

	/* A first life leaves a call behind: its port is closed without a word. */
	rig_init_bare(&rig, &options);
	line = rig_add_line(&rig, 0, NULL, NULL);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 10000));
	session = rig_connect(&rig);
	rig_fault(&rig, 0, SIM_FAULT_DEAF_DTR);
	sim_modem_set_options(rig.modems[0].sim, &(struct sim_modem_options){.ignore_dtr = true});
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), -EBUSY);
	cr_assert(rig_is_off_hook(&rig, 0));
	cr_assert_eq(tl_line_reset(rig.ctx, tl_ctx_get_client(rig.ctx), line, TL_RESET_SOFT, NULL),
		     -EBUSY);
	cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), 0);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 60000));
	cr_assert_not(rig_is_off_hook(&rig, 0));
	rig_fini(&rig);
}

Test(line, that_does_not_exist_is_absent_and_comes_when_it_does)
{
	const struct rig_options options = {.modems = 1};
	tl_session session;
	tl_line line;
	struct rig rig;

	rig_init_bare(&rig, &options);
	rig.modems[0].absent = true;
	line = rig_add_line(&rig, 0, NULL, NULL);
	cr_assert(rig_until_line(&rig, line, TL_LINE_ABSENT, 1000));
	assert_down(&rig, line, -ENOENT, "does not exist");
	cr_assert_eq(
		tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), line, "1", NULL, &session, NULL),
		-ENODEV);
	rig_plug(&rig, 0);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 100000));
	rig_fini(&rig);
}

Test(line, takes_a_command_of_the_user)
{
	static const struct {
		const char *command;
		int accepted;
		int result;
		const char *text;
	} table[] = {
		{"AT+GMI", 0, 0, "Trunkline\nOK"},
		{"+GMM;S7?", 0, 0, "Emulated V.250 modem\n050\nOK"},
		{"AT+NONSENSE", 0, -EPROTO, "ERROR"},
		{"ATD123", -EPERM, 0, NULL},
		{"ATZ", -EPERM, 0, NULL},
		{"AT\r\nATD1", -EINVAL, 0, NULL},
	};
	struct rig rig;

	rig_init(&rig, NULL);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint64_t op = 0;
		int r = tl_line_command(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
					table[i].command, 0, &op);

		cr_assert_eq(r, table[i].accepted, "%s: %d", table[i].command, r);
		if (r < 0)
			continue;
		cr_assert_eq(rig_op(&rig, op, 10000), table[i].result, "%s", table[i].command);
		cr_assert_str_eq(tl_event_get_text(rig_completion(&rig, op)), table[i].text);
	}
	rig_fini(&rig);
}

Test(line, refuses_a_bad_init_command_by_name)
{
	const struct rig_options options = {.modems = 1};
	tl_line line;
	struct rig rig;

	rig_init_bare(&rig, &options);
	line = rig_add_line(&rig, 0, "init", "AT+NONSENSE=1");
	cr_assert(rig_until_line(&rig, line, TL_LINE_FAULTY, 10000));
	assert_down(&rig, line, -EPROTO, "AT+NONSENSE=1");
	rig_fini(&rig);
}

Test(line, that_is_still_being_probed_keeps_a_call_waiting)
{
	const struct rig_options options = {.modems = 1, .no_diagnostics = true};
	struct tl_dial_params *voice = tl_dial_params_new();
	tl_session first, second;
	tl_client self;
	tl_line line;
	struct rig rig;
	uint64_t op;

	/* It goes out as soon as the modem is known ... */
	rig_init_bare(&rig, &options);
	self = tl_ctx_get_client(rig.ctx);
	line = rig_add_line(&rig, 0, NULL, NULL);
	cr_assert_eq(tl_line_dial(rig.ctx, self, line, "300", NULL, &first, &op), 0);
	cr_assert_eq(tl_line_dial(rig.ctx, self, line, "300", NULL, &second, NULL), -EBUSY);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);
	cr_assert(rig_until_call(&rig, first, TL_CALL_CONNECTED, 10000));
	cr_assert_eq(tl_session_release(rig.ctx, first, TL_RELEASE_DROP), 0);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 60000));

	/* ... if the modem can do it; ... */
	cr_assert_eq(tl_line_reset(rig.ctx, self, line, TL_RESET_SOFT, NULL), 0);
	tl_dial_params_set_media(voice, TL_MEDIA_VOICE);
	cr_assert_eq(tl_line_dial(rig.ctx, self, line, "300", voice, &first, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 10000), -EOPNOTSUPP);
	cr_assert_eq(rig_state(&rig, first), TL_CALL_IDLE);
	cr_assert_not(rig_is_off_hook(&rig, 0));
	cr_assert_eq(tl_session_release(rig.ctx, first, 0), 0);
	(void)tl_dial_params_free(voice);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 60000));

	/* ... and ends with the line if there is none. */
	cr_assert_eq(tl_line_reset(rig.ctx, self, line, TL_RESET_SOFT, NULL), 0);
	rig_fault(&rig, 0, SIM_FAULT_ERROR);
	cr_assert_eq(tl_line_dial(rig.ctx, self, line, "300", NULL, &first, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), -ENOTRECOVERABLE);
	cr_assert_eq(rig_state(&rig, first), TL_CALL_IDLE);
	cr_assert_eq(tl_session_release(rig.ctx, first, 0), 0);
	sim_modem_clear_faults(rig.modems[0].sim);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 100000));
	rig_fini(&rig);
}

Test(line, reset_probes_again)
{
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	cr_assert_eq(tl_line_reset(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
				   TL_RESET_SOFT, &op),
		     0);
	cr_assert_neq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	cr_assert_eq(tl_line_reset(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
				   TL_RESET_SOFT, &op),
		     0);
	cr_assert_eq(rig_op(&rig, op, 60000), -ETIMEDOUT);
	sim_modem_clear_faults(rig.modems[0].sim);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 60000));
	rig_fini(&rig);
}

/* The register that the driver leaves alone, as the modem tells it. */
static const char *ask(struct rig *rig, const char *command)
{
	uint64_t op;

	cr_assert_eq(tl_line_command(rig->ctx, tl_ctx_get_client(rig->ctx), rig->modems[0].line,
				     command, 0, &op),
		     0);
	cr_assert_eq(rig_op(rig, op, 10000), 0);
	return tl_event_get_text(rig_completion(rig, op));
}

Test(line, hard_reset_lowers_dtr_and_goes_back_to_factory_settings)
{
	static const struct {
		enum tl_reset kind;
		const char *s8;
		uint64_t more; /* commands than when it was opened first */
	} table[] = {{TL_RESET_SOFT, "009\nOK", 0}, {TL_RESET_HARD, "002\nOK", 1 /* AT&F */}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct sim_modem_stats *stats;
		uint64_t first, before;
		struct rig rig;
		uint64_t op;

		rig_init(&rig, NULL);
		stats = sim_modem_stats(rig.modems[0].sim);
		first = stats->commands;
		cr_assert_str_eq(ask(&rig, "ATS8=9"), "OK");
		before = stats->commands;
		cr_assert_eq(tl_line_reset(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
					   table[i].kind, &op),
			     0);
		rig_run_ms(&rig, 500);
		cr_assert_eq(sim_modem_has_stream(rig.modems[0].sim),
			     table[i].kind == TL_RESET_SOFT, "the port is closed meanwhile");
		cr_assert_eq(rig_op(&rig, op, 10000), 0);
		cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
		cr_assert_eq(stats->commands - before, first + table[i].more);
		cr_assert_str_eq(ask(&rig, "ATS8?"), table[i].s8);
		rig_fini(&rig);
	}
}

Test(line, removed_in_mid_call_ends_the_call)
{
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	cr_assert_eq(tl_line_remove(rig.ctx, rig.modems[0].line), 0);
	cr_assert_eq(tl_line_remove(rig.ctx, rig.modems[0].line), -ESTALE);
	cr_assert_eq(rig_state(&rig, session), TL_CALL_IDLE);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), -ENODEV);
	rig_run_ms(&rig, 5000);
	cr_assert_not(rig_is_off_hook(&rig, 0));
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	rig_fini(&rig);
}
