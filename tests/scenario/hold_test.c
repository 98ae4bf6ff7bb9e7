/* SPDX-License-Identifier: MIT */
/* Voice calls of class 8 are held by a hook flash, where the exchange holds at one. */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

struct talk {
	struct rig rig;
	tl_session session;
};

/* A stranger has called line a, and is answered. flash: what its configuration says. */
static void begin(struct talk *t, const struct rig_options *options, const char *flash)
{
	struct rig *rig = &t->rig;
	tl_client self;
	tl_line line;
	uint64_t op;

	rig_init_bare(rig, options);
	self = tl_ctx_get_client(rig->ctx);
	line = rig_add_line(rig, 0, "flash", flash);
	cr_assert(rig_until_line(rig, line, TL_LINE_READY, 10000));
	cr_assert_eq(tl_line_open(rig->ctx, self, line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
	rig_run_ms(rig, 3000);
	t->session = rig_new_session(rig, self);
	cr_assert_eq(tl_session_hold(rig->ctx, t->session, NULL), -EINVAL);
	cr_assert_eq(tl_session_answer(rig->ctx, t->session, TL_MEDIA_VOICE, &op), 0);
	cr_assert_eq(rig_op(rig, op, 10000), 0);
}

/* It is on hook at the end, whether it is held or not. */
static void end(struct talk *t)
{
	struct rig *rig = &t->rig;
	uint64_t op;

	cr_assert_eq(tl_session_drop(rig->ctx, t->session, 0, &op), 0);
	cr_assert_eq(rig_op(rig, op, 60000), 0);
	cr_assert_not(rig_is_off_hook(rig, 0));
	cr_assert_eq(tl_session_release(rig->ctx, t->session, 0), 0);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 20000));
	rig_fini(rig);
}

static void hold(struct talk *t, int result)
{
	enum tl_call_state state = result == 0 ? TL_CALL_ONHOLD : TL_CALL_CONNECTED;
	uint64_t op;

	cr_assert_eq(tl_session_hold(t->rig.ctx, t->session, &op), 0);
	cr_assert_eq(rig_op(&t->rig, op, 30000), result);
	cr_assert_eq(rig_state(&t->rig, t->session), state);
	cr_assert_eq(sim_modem_is_holding(t->rig.modems[0].sim), result == 0);
}

static unsigned int features(struct talk *t)
{
	struct tl_session_info *info = rig_info(&t->rig, t->session);
	unsigned int bits = tl_session_info_features(info);

	(void)tl_session_info_free(info);
	return bits & (TL_FEATURE_HOLD | TL_FEATURE_UNHOLD);
}

Test(hold, flashes_takes_back_and_a_held_call_is_dropped)
{
	for (int lines = 0; lines < 2; lines++) {
		const struct rig_options options = {
			.voice = true, .flash_holds = true, .without_lines = lines == 0};
		struct talk t;
		uint64_t op;

		begin(&t, &options, "hold");
		cr_assert_eq(features(&t), TL_FEATURE_HOLD);
		hold(&t, 0);
		cr_assert_eq(features(&t), TL_FEATURE_UNHOLD);
		cr_assert_eq(tl_session_unhold(t.rig.ctx, t.session, &op), 0);
		cr_assert_eq(rig_op(&t.rig, op, 30000), 0);
		cr_assert_eq(rig_state(&t.rig, t.session), TL_CALL_CONNECTED);
		cr_assert_not(sim_modem_is_holding(t.rig.modems[0].sim));
		hold(&t, 0);
		end(&t);
	}
}

Test(hold, is_refused_where_nobody_says_that_the_exchange_does_it)
{
	const struct rig_options options = {.voice = true, .flash_holds = true};
	struct talk t;

	begin(&t, &options, "none");
	cr_assert_eq(features(&t), 0);
	cr_assert_eq(tl_session_hold(t.rig.ctx, t.session, NULL), -EOPNOTSUPP);
	cr_assert_eq(tl_session_unhold(t.rig.ctx, t.session, NULL), -EALREADY);
	end(&t);
}

Test(hold, that_the_modem_does_not_do_leaves_the_call_connected)
{
	static const struct {
		const char *name;
		enum sim_fault_kind kind;
		int result;
	} rows[] = {
		{"error", SIM_FAULT_ERROR, -EPROTO},
		{"silent", SIM_FAULT_SILENT, -ETIMEDOUT},
	};
	const struct rig_options options = {.voice = true, .flash_holds = true};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct talk t;

		begin(&t, &options, "hold");
		rig_fault(&t.rig, 0, rows[i].kind);
		hold(&t, rows[i].result);
		sim_modem_clear_faults(t.rig.modems[0].sim);
		hold(&t, 0);
		end(&t);
	}
}

Test(hold, gives_way_to_a_drop)
{
	const struct rig_options options = {.voice = true, .flash_holds = true};
	struct talk t;
	uint64_t op;

	begin(&t, &options, "hold");
	cr_assert_eq(tl_session_hold(t.rig.ctx, t.session, &op), 0);
	end(&t);
}
