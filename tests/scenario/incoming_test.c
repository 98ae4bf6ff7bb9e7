/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

/* A stranger calls modem 0 until he is cleared. */
static void ring(struct rig *rig)
{
	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
}

static tl_session offered(struct rig *rig)
{
	tl_client self = tl_ctx_get_client(rig->ctx);

	cr_assert_eq(tl_line_open(rig->ctx, self, rig->modems[0].line, TL_PRIVILEGE_OWNER, 0), 0);
	ring(rig);
	rig_run_ms(rig, 9000);
	return rig_new_session(rig, self);
}

/* Before anybody answers the line itself tells who calls. */
static void assert_caller(struct rig *rig, const char *number)
{
	struct tl_line_info *info;

	cr_assert_eq(tl_line_get_info(rig->ctx, rig->modems[0].line, &info), 0);
	cr_assert_str_eq(tl_line_info_caller(info), number);
	cr_assert_str_eq(tl_line_info_caller_name(info), "");
	(void)tl_line_info_free(info);
}

Test(incoming, call_is_offered_with_its_number_answered_and_dropped)
{
	for (int lines = 0; lines < 2; lines++) {
		const struct rig_options options = {.without_lines = lines == 0};
		struct tl_session_info *info;
		tl_session session;
		struct rig rig;
		uint64_t op;

		rig_init(&rig, &options);
		session = offered(&rig);
		cr_assert_eq(rig_state(&rig, session), TL_CALL_OFFERING);
		cr_assert_geq(rig_count(&rig, TL_EVENT_RING), 2);
		assert_caller(&rig, "5551234");
		info = rig_info(&rig, session);
		cr_assert_str_eq(tl_session_info_caller(info), "5551234");
		cr_assert_eq(tl_session_info_features(info),
			     TL_FEATURE_ANSWER | TL_FEATURE_ACCEPT | TL_FEATURE_DROP |
				     TL_FEATURE_HAND_OFF | TL_FEATURE_LIMIT | TL_FEATURE_ATTACH);
		(void)tl_session_info_free(info);
		cr_assert_eq(tl_session_accept(rig.ctx, session), 0);
		cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, &op), 0);
		cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, NULL), -EBUSY);
		cr_assert_eq(rig_op(&rig, op, 10000), 0);
		cr_assert_eq(rig_state(&rig, session), TL_CALL_CONNECTED);
		assert_caller(&rig, "");
		cr_assert_eq(tl_session_drop(rig.ctx, session, 0, &op), 0);
		cr_assert_eq(rig_op(&rig, op, 60000), 0);
		cr_assert_not(rig_is_off_hook(&rig, 0));
		cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 20000));
		rig_fini(&rig);
	}
}

Test(incoming, call_ends_when_the_caller_gives_up)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;

	rig_init(&rig, NULL);
	session = offered(&rig);
	cr_assert_eq(sim_exchange_clear(rig.modems[0].sim), 0);
	cr_assert(rig_until_over(&rig, session, 15000));
	info = rig_info(&rig, session);
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_REMOTE);
	cr_assert_eq(tl_session_info_disconnect(info), TL_DISCONNECT_NOANSWER);
	cr_assert_eq(tl_session_info_rings(info), rig_count(&rig, TL_EVENT_RING));
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, NULL), -ENOTCONN);
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
	rig_fini(&rig);
}

Test(incoming, call_that_is_rejected_rings_on_unseen)
{
	struct tl_session_info *info;
	tl_session session;
	struct rig rig;
	size_t rings;
	uint64_t op;

	rig_init(&rig, NULL);
	session = offered(&rig);
	cr_assert_eq(tl_session_drop(rig.ctx, session, TL_DROP_USER, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 0), 0);
	info = rig_info(&rig, session);
	cr_assert_eq(tl_session_info_state(info), TL_CALL_IDLE);
	cr_assert_eq(tl_session_info_disconnect(info), TL_DISCONNECT_REJECT);
	cr_assert_str_neq(tl_session_info_note(info), "");
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
	rings = rig_count(&rig, TL_EVENT_RING);
	rig_run_ms(&rig, 20000);
	cr_assert_eq(rig_count(&rig, TL_EVENT_RING), rings);
	cr_assert_not(rig_is_off_hook(&rig, 0));
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_IN_USE);
	cr_assert_eq(sim_exchange_clear(rig.modems[0].sim), 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 15000));
	rig_fini(&rig);
}

Test(incoming, rejected_call_is_forgotten_by_a_reset)
{
	static const enum tl_reset kinds[] = {TL_RESET_SOFT, TL_RESET_HARD};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		tl_session session;
		struct rig rig;
		uint64_t op;

		rig_init(&rig, NULL);
		session = offered(&rig);
		cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), 0);
		cr_assert_eq(tl_line_reset(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
					   kinds[i], &op),
			     0);
		session = rig_dial(&rig, 0, "201");
		(void)sim_exchange_clear(rig.modems[0].sim);
		cr_assert(rig_until_over(&rig, session, 60000));
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 60000));
		cr_assert_eq(tl_session_release(rig.ctx, session, 0), 0);
		rig_fini(&rig);
	}
}

Test(incoming, call_without_owner_rings_out)
{
	struct rig rig;

	rig_init(&rig, NULL);
	ring(&rig);
	rig_run_ms(&rig, 10000);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_IN_USE);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_SESSIONS), 0);
	cr_assert_eq(sim_exchange_clear(rig.modems[0].sim), 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 15000));
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_CALLS), 0);
	rig_fini(&rig);
}

Test(incoming, call_can_be_joined_and_answered_by_a_latecomer)
{
	tl_session session, monitor;
	tl_client client, other;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	cr_assert_eq(tl_client_new(rig.ctx, "late", &client), 0);
	cr_assert_eq(tl_client_new(rig.ctx, "watcher", &other), 0);
	cr_assert_eq(
		tl_line_join(rig.ctx, client, rig.modems[0].line, TL_PRIVILEGE_OWNER, &session),
		-ENOTCONN);
	ring(&rig);
	rig_run_ms(&rig, 3000);
	cr_assert_eq(
		tl_line_join(rig.ctx, client, rig.modems[0].line, TL_PRIVILEGE_OWNER, &session), 0);
	cr_assert_eq(tl_line_join(rig.ctx, other, rig.modems[0].line, TL_PRIVILEGE_OWNER, &monitor),
		     -EPERM);
	cr_assert_eq(
		tl_line_join(rig.ctx, other, rig.modems[0].line, TL_PRIVILEGE_MONITOR, &monitor),
		0);
	cr_assert_eq(tl_session_answer(rig.ctx, monitor, TL_MEDIA_DATA, NULL), -EPERM);
	cr_assert_eq(tl_session_answer(rig.ctx, session, TL_MEDIA_DATA, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);

	/* The owner dies: the call is dropped, the monitor sees it end. */
	cr_assert_eq(tl_client_close(rig.ctx, client), 0);
	cr_assert_eq(tl_client_close(rig.ctx, client), -ESTALE);
	cr_assert(rig_until_over(&rig, monitor, 60000));
	cr_assert_not(rig_is_off_hook(&rig, 0));
	cr_assert_eq(tl_session_drop(rig.ctx, session, 0, NULL), -ESTALE);
	cr_assert_eq(tl_session_release(rig.ctx, monitor, 0), 0);
	cr_assert_eq(tl_client_close(rig.ctx, other), 0);
	rig_run_ms(&rig, 5000);
	rig_fini(&rig);
}

Test(incoming, call_that_the_modem_answers_by_itself_is_dropped)
{
	struct sim_modem_options options;
	struct rig rig;

	rig_init(&rig, NULL);
	options = *sim_modem_options(rig.modems[0].sim);
	options.answer_rings = 1;
	sim_modem_set_options(rig.modems[0].sim, &options);
	ring(&rig);
	rig_run_ms(&rig, 60000);
	cr_assert_not(rig_is_off_hook(&rig, 0));
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_CALLS), 0);
	rig_fini(&rig);
}

Test(incoming, two_lines_call_each_other)
{
	tl_client self;
	tl_session out, in;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	self = tl_ctx_get_client(rig.ctx);
	cr_assert_eq(tl_line_open(rig.ctx, self, rig.modems[1].line, TL_PRIVILEGE_OWNER, 0), 0);
	out = rig_dial(&rig, 0, "102");
	rig_run_ms(&rig, 5000);
	in = rig_new_session(&rig, self);
	cr_assert_eq(tl_session_answer(rig.ctx, in, TL_MEDIA_DATA, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);
	cr_assert(rig_until_call(&rig, out, TL_CALL_CONNECTED, 10000));
	cr_assert_eq(tl_session_drop(rig.ctx, in, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 60000), 0);
	cr_assert(rig_until_over(&rig, out, 60000));
	cr_assert_eq(tl_session_release(rig.ctx, in, 0), 0);
	cr_assert_eq(tl_session_release(rig.ctx, out, 0), 0);
	rig_run_ms(&rig, 5000);
	rig_fini(&rig);
}
