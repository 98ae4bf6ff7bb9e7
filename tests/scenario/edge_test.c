/* SPDX-License-Identifier: MIT */
/* Corners that were wrong once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

/* Whatever a test leaves behind ends in good order. */
static void leave(struct rig *rig)
{
	tl_session *sessions;
	size_t n;

	for (size_t i = 0; i < RIG_MODEMS && rig->modems[i].sim; i++) {
		sim_modem_clear_faults(rig->modems[i].sim);
		rig_plug(rig, i);
	}
	cr_assert_eq(tl_session_list(rig->ctx, (tl_client){0}, &sessions, &n), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(tl_session_release(rig->ctx, sessions[i], TL_RELEASE_DROP), 0);
	free(sessions);
	(void)sim_exchange_clear(rig->modems[0].sim);
	rig_run_ms(rig, 100000);
	rig_fini(rig);
}

static void say(struct rig *rig, const char *text)
{
	(void)hal_stream_write(rig->modems[0].stream, text, strlen(text));
}

static tl_session talk(struct rig *rig)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;

	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	cr_assert_eq(tl_line_dial(rig->ctx, tl_ctx_get_client(rig->ctx), rig->modems[0].line, "102",
				  params, &session, NULL),
		     0);
	(void)tl_dial_params_free(params);
	cr_assert(rig_until_call(rig, session, TL_CALL_PROCEEDING, 10000));
	return session;
}

static tl_session offered(struct rig *rig)
{
	tl_client self = tl_ctx_get_client(rig->ctx);

	cr_assert_eq(tl_line_open(rig->ctx, self, rig->modems[0].line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
	rig_run_ms(rig, 9000);
	return rig_new_session(rig, self);
}

Test(edge, far_ends_words_twice_are_no_proof)
{
	const struct rig_options options = {.without_lines = true};
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	say(&rig, "\r\nNO CARRIER\r\n");
	rig_run_ms(&rig, 50);
	say(&rig, "\r\nNO CARRIER\r\n");
	rig_run_ms(&rig, 1000);
	cr_expect(!(rig_state(&rig, session) == TL_CALL_IDLE && rig_is_off_hook(&rig, 0)),
		  "false IDLE");
	rig_run_ms(&rig, 60000);
	cr_expect(!(rig_line_state(&rig, rig.modems[0].line) == TL_LINE_READY &&
		    rig_is_off_hook(&rig, 0)),
		  "READY and off hook");
	leave(&rig);
}

Test(edge, far_ends_words_during_the_escape_are_no_proof)
{
	const struct rig_options options = {.without_lines = true};
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), 0);
	rig_run_ms(&rig, 1600);
	say(&rig, "\r\nNO CARRIER\r\n");
	rig_run_ms(&rig, 100);
	cr_expect(!(rig_state(&rig, session) == TL_CALL_IDLE && rig_is_off_hook(&rig, 0)),
		  "false IDLE");
	rig_run_ms(&rig, 60000);
	cr_expect(!(rig_line_state(&rig, rig.modems[0].line) == TL_LINE_READY &&
		    rig_is_off_hook(&rig, 0)),
		  "READY and off hook");
	leave(&rig);
}

Test(edge, far_ends_words_do_not_end_the_call)
{
	const struct rig_options options = {.without_lines = true};
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	say(&rig, "\r\nNO CARRIER\r\n");
	rig_run_ms(&rig, 120000);
	cr_expect_eq(rig_state(&rig, session), TL_CALL_CONNECTED);
	cr_expect_eq(sim_modem_state(rig.modems[0].sim), SIM_MODEM_ONLINE);
	leave(&rig);
}

Test(edge, ring_in_a_voice_call_does_not_end_it)
{
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = talk(&rig);
	say(&rig, "\r\nRING\r\n");
	rig_run_ms(&rig, 12000);
	cr_expect(!(rig_state(&rig, session) == TL_CALL_IDLE && rig_is_off_hook(&rig, 0)),
		  "false IDLE");
	leave(&rig);
}

Test(edge, busy_in_a_voice_call_is_no_remote_hangup_nor_proof)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = talk(&rig);
	say(&rig, "\r\nBUSY\r\n");
	rig_run_ms(&rig, 100);
	cr_expect(!(rig_state(&rig, session) == TL_CALL_IDLE && rig_is_off_hook(&rig, 0)),
		  "false IDLE");
	rig_run_ms(&rig, 30000);
	info = rig_info(&rig, session);
	cr_expect_eq(tl_session_info_disconnect(info), TL_DISCONNECT_BUSY);
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, caller_of_the_last_call_is_not_shown_for_the_next)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	session = offered(&rig);
	cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), 0);
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
	say(&rig, "\r\nRING\r\n"); /* no caller ID */
	rig_run_ms(&rig, 100);
	session = rig_new_session(&rig, tl_ctx_get_client(rig.ctx));
	info = rig_info(&rig, session);
	cr_expect_str_eq(tl_session_info_caller(info), "");
	(void)tl_session_info_free(info);
	say(&rig, "\r\nNAME = SOMEBODY\r\n");
	rig_run_ms(&rig, 100);
	info = rig_info(&rig, session);
	cr_expect_str_eq(tl_session_info_caller(info), "");
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, client_lost_while_answering_is_the_origin)
{
	tl_client self, other;
	struct tl_session_info *info;
	tl_session session, monitor;
	struct rig rig;

	rig_init(&rig, NULL);
	self = tl_ctx_get_client(rig.ctx);
	cr_assert_eq(tl_client_new(rig.ctx, "x", &other), 0);
	cr_assert_eq(tl_line_open(rig.ctx, other, rig.modems[0].line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(tl_line_open(rig.ctx, self, rig.modems[0].line, TL_PRIVILEGE_MONITOR, 0), 0);
	cr_assert_eq(sim_exchange_ring(rig.modems[0].sim, HAL_SLICE("5551234")), 0);
	rig_run_ms(&rig, 9000);
	session = rig_new_session(&rig, other);
	monitor = rig_new_session(&rig, self);
	cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, NULL), 0);
	rig_run_ms(&rig, 100);
	cr_assert_eq(tl_client_close(rig.ctx, other), 0);
	cr_assert(rig_until_over(&rig, monitor, 100000));
	info = rig_info(&rig, monitor);
	cr_expect_eq(tl_session_info_origin(info), TL_ORIGIN_CLIENT_LOST, "%s",
		     tl_origin_name(tl_session_info_origin(info)));
	(void)tl_session_info_free(info);
	cr_expect_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_CLIENTS_LOST_TOTAL), 1);
	leave(&rig);
}

Test(edge, long_timeout_does_not_wrap)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	tl_dial_params_set_timeout(params, 4294968);
	cr_assert_eq(tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line, "102",
				  params, &session, NULL),
		     0);
	(void)tl_dial_params_free(params);
	rig_run_ms(&rig, 10000);
	cr_expect_neq(rig_state(&rig, session), TL_CALL_IDLE);
	cr_expect_neq(rig_state(&rig, session), TL_CALL_DISCONNECTED);
	leave(&rig);
}

/* 8 */
static int (*real_open)(const struct hal_stream_provider *, struct hal_loop *, const char *,
			const struct hal_stream_config *, struct hal_error *, struct hal_stream **);

static int open_in_class_8(const struct hal_stream_provider *provider, struct hal_loop *loop,
			   const char *path, const struct hal_stream_config *config,
			   struct hal_error *err, struct hal_stream **ret_stream)
{
	int r = real_open(provider, loop, path, config, err, ret_stream);

	if (r == 0)
		(void)hal_stream_write(*ret_stream, "AT+FCLASS=8\r", 12);
	return r;
}

Test(edge, class_8_that_was_left_behind_is_left)
{
	const struct rig_options options = {.voice = true};
	tl_session session;
	struct rig rig;

	rig_init_bare(&rig, &options);
	real_open = rig.provider.open;
	rig.provider.open = open_in_class_8;
	cr_assert(rig_until_line(&rig, rig_add_line(&rig, 0, NULL, NULL), TL_LINE_READY, 60000));
	session = rig_dial(&rig, 0, "300");
	cr_expect(rig_until_call(&rig, session, TL_CALL_CONNECTED, 60000));
	leave(&rig);
}

Test(edge, off_hook_is_counted_from_the_dialling)
{
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	cr_assert_eq(tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line, "102",
				  NULL, &session, NULL),
		     0);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), 0);
	rig_run_ms(&rig, 60);
	cr_assert(rig_is_off_hook(&rig, 0));
	cr_expect_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_OFF_HOOK), 1);
	leave(&rig);
}

Test(edge, accept_is_refused_while_the_call_is_cleared)
{
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = offered(&rig);
	cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, NULL), 0);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), 0);
	cr_expect_eq(tl_session_accept(rig.ctx, session), -EBUSY);
	cr_expect_eq(rig_state(&rig, session), TL_CALL_OFFERING);
	leave(&rig);
}

Test(edge, totals_never_go_back)
{
	const struct rig_options options = {.without_lines = true};
	uint64_t op, last = 0;
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	for (int i = 0; i < 600; i++) {
		uint64_t n = tl_ctx_get_count(rig.ctx, TL_COUNT_TIMEOUTS_TOTAL);

		cr_assert_geq(n, last, "%d: %lu after %lu", i, (unsigned long)n,
			      (unsigned long)last);
		last = n;
		rig_run_ms(&rig, 100);
	}
	leave(&rig);
}

Test(edge, duration_stands_still_when_the_call_is_over)
{
	const struct rig_options options = {.without_lines = true};
	struct tl_session_info *info;
	tl_session session;
	uint64_t op, ms;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 120000), -EIO);
	info = rig_info(&rig, session);
	ms = tl_session_info_duration_ms(info);
	cr_expect_neq(tl_session_info_boot_us(info, TL_MOMENT_DISCONNECTED), 0);
	(void)tl_session_info_free(info);
	rig_run_ms(&rig, 60000);
	info = rig_info(&rig, session);
	cr_expect_eq(tl_session_info_duration_ms(info), ms);
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, local_drop_has_a_moment_of_disconnection)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 120000), 0);
	info = rig_info(&rig, session);
	cr_expect_neq(tl_session_info_boot_us(info, TL_MOMENT_DISCONNECTED), 0);
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, dcd_that_falls_in_the_escape_leaves_the_line_ready)
{
	struct sim_modem_options sim;
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	sim = *sim_modem_options(rig.modems[0].sim);
	sim.ignore_dtr = true;
	sim_modem_set_options(rig.modems[0].sim, &sim);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	rig_run_ms(&rig, 2500);
	/* the modem is deaf to +++, and the far end hangs up */
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	rig_run_ms(&rig, 500);
	(void)sim_exchange_clear(rig.modems[0].sim);
	rig_run_ms(&rig, 800);
	rig_until_over(&rig, session, 30000);
	sim_modem_clear_faults(rig.modems[0].sim);
	cr_expect_eq(rig_state(&rig, session), TL_CALL_IDLE);
	for (int i = 0; i < 100; i++) {
		rig_run_ms(&rig, 100);
		cr_assert_neq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_FAULTY);
	}
	leave(&rig);
}

Test(edge, vcon_connects_a_voice_call)
{
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = talk(&rig);
	say(&rig, "\r\nVCON\r\n");
	rig_run_ms(&rig, 100);
	cr_expect_eq(rig_state(&rig, session), TL_CALL_CONNECTED, "%s",
		     tl_call_state_name(rig_state(&rig, session)));
	cr_expect(!(rig_state(&rig, session) == TL_CALL_IDLE && rig_is_off_hook(&rig, 0)),
		  "false IDLE");
	leave(&rig);
}

Test(edge, vcon_to_a_data_call_is_no_proof)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = rig_dial(&rig, 0, "102");
	rig_run_ms(&rig, 1000);
	say(&rig, "\r\nVCON\r\n");
	rig_run_ms(&rig, 30000);
	info = rig_info(&rig, session);
	cr_expect_str_neq(tl_session_info_drop_proof(info, 0), "VCON");
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, vcon_in_an_abort_is_no_proof)
{
	const struct rig_options options = {.voice = true};
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_dial(&rig, 0, "102");
	rig_run_ms(&rig, 50);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), 0);
	say(&rig, "\r\nVCON\r\n");
	rig_run_ms(&rig, 20);
	cr_expect(!(rig_state(&rig, session) == TL_CALL_IDLE && rig_is_off_hook(&rig, 0)),
		  "false IDLE");
	leave(&rig);
}

Test(edge, final_is_told_when_the_device_goes_after_idle)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	uint64_t op;
	size_t n;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), 0);
	rig_run_ms(&rig, 10);
	info = rig_info(&rig, session);
	cr_assert_not(tl_session_info_is_final(info));
	(void)tl_session_info_free(info);
	n = rig_count(&rig, TL_EVENT_CALL_INFO);
	rig_unplug(&rig, 0);
	rig_run_ms(&rig, 5000);
	info = rig_info(&rig, session);
	cr_assert(tl_session_info_is_final(info));
	(void)tl_session_info_free(info);
	cr_expect_gt(rig_count(&rig, TL_EVENT_CALL_INFO), n);
	leave(&rig);
}

Test(edge, hanging_up_on_a_line_without_dcd_is_seen_by_its_words)
{
	const struct rig_options options = {.without_lines = true};
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = rig_connect(&rig);
	cr_assert_eq(sim_exchange_clear(rig.modems[0].sim), 0);
	cr_assert(rig_until_over(&rig, session, 120000));
	info = rig_info(&rig, session);
	cr_expect_eq(tl_session_info_origin(info), TL_ORIGIN_REMOTE);
	cr_expect_eq(tl_session_info_bytes_in(info), 0, "its words are no data");
	size_t n = tl_session_info_drop_steps(info);
	cr_expect_str_neq(tl_session_info_drop_name(info, n - 1), "reopen");
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, modem_that_answers_by_itself_withdraws_a_command)
{
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	cr_assert_eq(tl_line_open(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
				  TL_PRIVILEGE_OWNER, 0),
		     0);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	cr_assert_eq(tl_line_command(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
				     "AT+GMI", 5000, &op),
		     0);
	say(&rig, "\r\nRING\r\n");
	rig_run_ms(&rig, 10);
	say(&rig, "\r\nCONNECT 33600\r\n");
	rig_run_ms(&rig, 10);
	session = rig_new_session(&rig, tl_ctx_get_client(rig.ctx));
	cr_expect_eq(rig_state(&rig, session), TL_CALL_CONNECTED, "%s",
		     tl_call_state_name(rig_state(&rig, session)));
	cr_expect_eq(rig_op(&rig, op, 60000), -ECANCELED);
	cr_expect_neq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_FAULTY);
	leave(&rig);
}

Test(edge, cause_of_the_last_call_is_not_given_to_one_never_dialled)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init_bare(&rig, NULL);
	cr_assert(rig_until_line(&rig, rig_add_line(&rig, 0, "command-delay", "1000"),
				 TL_LINE_READY, 60000));
	session = rig_connect(&rig);
	cr_assert_eq(sim_exchange_clear(rig.modems[0].sim), 0);
	cr_assert(rig_until_over(&rig, session, 60000));
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 60000));
	cr_assert_eq(tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line, "300",
				  NULL, &session, NULL),
		     0);
	rig_run_ms(&rig, 100);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), 0);
	rig_run_ms(&rig, 10000);
	info = rig_info(&rig, session);
	cr_expect_str_eq(tl_session_info_cause(info), "");
	(void)tl_session_info_free(info);
	leave(&rig);
}

Test(edge, reason_of_a_fault_while_a_call_is_offered)
{
	struct tl_line_info *info;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	cr_assert_eq(tl_line_command(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
				     "AT+GMI", 1000, &op),
		     0);
	say(&rig, "\r\nRING\r\n");
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_FAULTY, 20000));
	cr_assert_eq(tl_line_get_info(rig.ctx, rig.modems[0].line, &info), 0);
	cr_expect_str_eq(tl_line_info_why(info), "the modem has stopped answering");
	cr_expect_eq(tl_line_info_error(info), -ETIMEDOUT);
	(void)tl_line_info_free(info);
	leave(&rig);
}

Test(edge, voice_call_is_dropped_when_its_time_is_up)
{
	struct tl_dial_params *params = tl_dial_params_new();
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	tl_dial_params_set_max_duration(params, 5);
	cr_assert_eq(tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line, "102",
				  params, &session, NULL),
		     0);
	(void)tl_dial_params_free(params);
	cr_assert(rig_until_over(&rig, session, 10000));
	info = rig_info(&rig, session);
	cr_expect_eq(tl_session_info_origin(info), TL_ORIGIN_TIMEOUT);
	(void)tl_session_info_free(info);
	leave(&rig);
}
