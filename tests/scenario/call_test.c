/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

static const struct variant {
	const char *name;
	struct rig_options options;
} variants[] = {
	{"modem lines", {0}},
	{"no modem lines", {.without_lines = true}},
	{"no modem lines, ATO says ERROR", {.without_lines = true, .online_error = true}},
	{"no diagnostics", {.without_lines = true, .no_diagnostics = true}},
};

#define N_VARIANTS (sizeof(variants) / sizeof(variants[0]))

static void assert_end(struct rig *rig, tl_session session, enum tl_origin origin,
		       enum tl_disconnect disconnect)
{
	struct tl_session_info *info = rig_info(rig, session);

	cr_assert(tl_session_info_is_over(info));
	cr_assert_eq(tl_session_info_origin(info), origin, "origin is %s",
		     tl_origin_name(tl_session_info_origin(info)));
	cr_assert_eq(tl_session_info_disconnect(info), disconnect, "disconnect is %s",
		     tl_disconnect_name(tl_session_info_disconnect(info)));
	(void)tl_session_info_free(info);
}

static void release(struct rig *rig, tl_session session)
{
	cr_assert_eq(tl_session_release(rig->ctx, session, 0), 0);
	cr_assert_eq(tl_session_release(rig->ctx, session, 0), -ESTALE);
}

Test(call, is_dialled_connected_dropped_and_released)
{
	for (size_t i = 0; i < N_VARIANTS; i++) {
		struct tl_session_info *info;
		tl_session session;
		struct rig rig;
		uint64_t op;
		size_t last;

		rig_init(&rig, &variants[i].options);
		session = rig_connect(&rig);
		cr_assert(rig_is_off_hook(&rig, 0));
		cr_assert_eq(tl_session_release(rig.ctx, session, 0), -EBUSY);
		cr_assert_eq(tl_session_drop(rig.ctx, session, TL_DROP_USER, &op), 0);
		cr_assert_eq(rig_op(&rig, op, 60000), 0, "%s", variants[i].name);
		cr_assert_not(rig_is_off_hook(&rig, 0));
		cr_assert_eq(rig_state(&rig, session), TL_CALL_IDLE);
		assert_end(&rig, session, TL_ORIGIN_USER, TL_DISCONNECT_NORMAL);

		info = rig_info(&rig, session);
		last = tl_session_info_drop_steps(info) - 1;
		cr_assert_eq(tl_session_info_drop_result(info, last), TL_DROP_VERIFIED);
		cr_assert_str_neq(tl_session_info_drop_proof(info, last), "");
		cr_assert_eq(tl_session_info_rate(info), 33600);
		cr_assert_str_eq(tl_session_info_called(info), "300");
		(void)tl_session_info_free(info);

		cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), -EALREADY);
		release(&rig, session);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
		rig_fini(&rig);
	}
}

Test(call, ends_when_the_far_end_hangs_up)
{
	for (size_t i = 0; i < N_VARIANTS; i++) {
		tl_session session;
		struct rig rig;

		rig_init(&rig, &variants[i].options);
		session = rig_connect(&rig);
		cr_assert_eq(sim_exchange_clear(rig.modems[0].sim), 0);
		cr_assert(rig_until_over(&rig, session, 60000), "%s", variants[i].name);
		cr_assert_eq(rig_state(&rig, session), TL_CALL_IDLE);
		assert_end(&rig, session, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL);
		release(&rig, session);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
		rig_fini(&rig);
	}
}

Test(call, that_cannot_be_set_up_says_why)
{
	static const struct {
		const char *name;
		const char *number;
		enum sim_service service;
		enum tl_origin origin;
		enum tl_disconnect disconnect;
	} table[] = {
		{"busy", "201", SIM_SERVICE_BUSY, TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY},
		{"no answer", "202", SIM_SERVICE_SILENT, TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NOANSWER},
		{"no dial tone", "203", SIM_SERVICE_NO_DIALTONE, TL_ORIGIN_NETWORK,
		 TL_DISCONNECT_NODIALTONE},
		{"reorder tone", "204", SIM_SERVICE_REORDER, TL_ORIGIN_NETWORK,
		 TL_DISCONNECT_CONGESTION},
	};
	struct rig rig;

	rig_init(&rig, NULL);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sim_number number = {.service = table[i].service};
		tl_session session;

		strcpy(number.pattern, table[i].number);
		cr_assert_eq(sim_exchange_add_number(rig.exchange, &number), 0);
		session = rig_dial(&rig, 0, table[i].number);
		cr_assert(rig_until_over(&rig, session, 120000), "%s", table[i].name);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
		assert_end(&rig, session, table[i].origin, table[i].disconnect);
		release(&rig, session);
	}
	rig_fini(&rig);
}

Test(call, is_given_up_while_it_is_dialled)
{
	for (size_t i = 0; i < N_VARIANTS; i++) {
		static const uint64_t delays_ms[] = {0, 50, 124, 126, 1000, 5000};

		for (size_t j = 0; j < sizeof(delays_ms) / sizeof(delays_ms[0]); j++) {
			tl_session session;
			struct rig rig;
			uint64_t op;

			rig_init(&rig, &variants[i].options);
			session = rig_dial(&rig, 0, "102");
			rig_run_ms(&rig, delays_ms[j]);
			cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
			cr_assert_eq(rig_op(&rig, op, 60000), 0, "%s after %lu ms",
				     variants[i].name, (unsigned long)delays_ms[j]);
			cr_assert_not(rig_is_off_hook(&rig, 0));
			assert_end(&rig, session, TL_ORIGIN_APPLICATION, TL_DISCONNECT_CANCELLED);
			release(&rig, session);
			cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
			rig_fini(&rig);
		}
	}
}

Test(call, dropped_twice_completes_both_requests)
{
	uint64_t first, second;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, session, TL_DROP_USER, &first), 0);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &second), 0);
	cr_assert_eq(rig_op(&rig, first, 60000), 0);
	cr_assert_eq(rig_op(&rig, second, 0), 0);
	assert_end(&rig, session, TL_ORIGIN_USER, TL_DISCONNECT_NORMAL);
	release(&rig, session);
	rig_fini(&rig);
}

Test(call, released_with_drop_leaves_the_line_on_hook)
{
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), 0);
	cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), -ESTALE);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 60000));
	cr_assert_not(rig_is_off_hook(&rig, 0));
	rig_fini(&rig);
}

Test(call, survives_its_device_as_a_record)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	rig_unplug(&rig, 0);
	cr_assert(rig_until_over(&rig, session, 1000));
	assert_end(&rig, session, TL_ORIGIN_DEVICE_GONE, TL_DISCONNECT_OUTOFORDER);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_GONE);
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), -ENODEV);
	info = rig_info(&rig, session);
	cr_assert_str_eq(tl_session_info_called(info), "300");
	cr_assert_gt(tl_session_info_boot_us(info, TL_MOMENT_DISCONNECTED), 0);
	(void)tl_session_info_free(info);
	release(&rig, session);

	rig_plug(&rig, 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 60000));
	session = rig_connect(&rig);
	cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), 0);
	rig_run_ms(&rig, 10000);
	rig_fini(&rig);
}

Test(call, drop_under_way_completes_when_the_device_goes)
{
	tl_session session;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	session = rig_connect(&rig);
	rig_fault(&rig, 0, SIM_FAULT_STUCK);
	cr_assert_eq(tl_session_drop(rig.ctx, session, TL_DROP_USER, &op), 0);
	rig_run_ms(&rig, 100);
	rig_unplug(&rig, 0);
	cr_assert_eq(rig_op(&rig, op, 1000), 0);
	assert_end(&rig, session, TL_ORIGIN_DEVICE_GONE, TL_DISCONNECT_OUTOFORDER);
	release(&rig, session);
	rig_fini(&rig);
}

Test(call, next_one_can_be_dialled_as_soon_as_the_last_is_over)
{
	tl_session first, second;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	first = rig_connect(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, first, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), 0);
	second = rig_dial(&rig, 0, "300");
	cr_assert(rig_until_call(&rig, second, TL_CALL_CONNECTED, 60000));
	release(&rig, first);
	cr_assert_eq(tl_session_release(rig.ctx, second, TL_RELEASE_DROP), 0);
	rig_run_ms(&rig, 10000);
	rig_fini(&rig);
}

Test(call, placed_on_a_line_that_is_in_use_is_refused)
{
	tl_session first, second = {0};
	struct rig rig;

	rig_init(&rig, NULL);
	first = rig_connect(&rig);
	cr_assert_eq(tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line, "102",
				  NULL, &second, NULL),
		     -EBUSY);
	cr_assert_eq(second.id, 0);
	cr_assert_eq(tl_session_release(rig.ctx, first, TL_RELEASE_DROP), 0);
	rig_run_ms(&rig, 10000);
	rig_fini(&rig);
}

Test(call, longest_duration_is_kept)
{
	struct tl_dial_params *params = tl_dial_params_new();
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	tl_dial_params_set_max_duration(params, 30);
	cr_assert_eq(tl_line_dial(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line, "300",
				  params, &session, NULL),
		     0);
	(void)tl_dial_params_free(params);
	cr_assert(rig_until_over(&rig, session, 120000));
	assert_end(&rig, session, TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NORMAL);
	info = rig_info(&rig, session);
	cr_assert_geq(tl_session_info_duration_ms(info), 30000);
	cr_assert_lt(tl_session_info_duration_ms(info), 33000);
	(void)tl_session_info_free(info);
	release(&rig, session);
	rig_fini(&rig);
}

/* Dialled by voice; the request has completed. */
static tl_session dial_voice(struct rig *rig, const char *number)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;
	uint64_t op;

	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	cr_assert_eq(tl_line_dial(rig->ctx, tl_ctx_get_client(rig->ctx), rig->modems[0].line,
				  number, params, &session, &op),
		     0);
	(void)tl_dial_params_free(params);
	cr_assert_eq(rig_op(rig, op, 5000), 0);
	return session;
}

/* Off hook now, and proved not to be afterwards. */
static void drop_voice(struct rig *rig, tl_session session, enum tl_disconnect disconnect,
		       const char *name)
{
	uint64_t op;

	cr_assert(rig_is_off_hook(rig, 0));
	cr_assert_eq(tl_session_drop(rig->ctx, session, TL_DROP_USER, &op), 0);
	cr_assert_eq(rig_op(rig, op, 60000), 0, "%s", name);
	cr_assert_not(rig_is_off_hook(rig, 0));
	assert_end(rig, session, TL_ORIGIN_USER, disconnect);
	release(rig, session);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 20000));
}

Test(call, by_voice_is_dropped_and_verified)
{
	static const struct variant voices[] = {
		{"class 8", {.voice = true}},
		{"class 8, no modem lines", {.voice = true, .without_lines = true}},
		{"class 0 only", {.without_lines = true}},
	};

	for (size_t i = 0; i < sizeof(voices) / sizeof(voices[0]); i++) {
		tl_session session;
		struct rig rig;

		rig_init(&rig, &voices[i].options);
		session = dial_voice(&rig, "102");
		cr_assert(rig_until_call(&rig, session, TL_CALL_PROCEEDING, 10000), "%s",
			  voices[i].name);
		drop_voice(&rig, session, TL_DISCONNECT_CANCELLED, voices[i].name);
		rig_fini(&rig);
	}
}

Test(call, by_voice_is_connected_when_the_modem_says_so)
{
	static const struct variant voices[] = {
		{"modem lines", {.voice = true, .says_vcon = true}},
		{"none", {.voice = true, .says_vcon = true, .without_lines = true}},
	};

	for (size_t i = 0; i < sizeof(voices) / sizeof(voices[0]); i++) {
		tl_session session;
		struct rig rig;

		rig_init(&rig, &voices[i].options);
		session = dial_voice(&rig, "300");
		cr_assert(rig_until_call(&rig, session, TL_CALL_CONNECTED, 10000), "%s",
			  voices[i].name);
		drop_voice(&rig, session, TL_DISCONNECT_NORMAL, voices[i].name);
		rig_fini(&rig);
	}
}
