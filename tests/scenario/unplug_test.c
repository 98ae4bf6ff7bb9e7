/* SPDX-License-Identifier: MIT */
/* The plug is pulled at every single byte of a call's life, and of a line's beginning. */
#include <errno.h>

#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "tests/scenario/rig.h"

struct life {
	struct rig rig;
	tl_session session;
	uint64_t setup, drop;
	size_t turns; /* of the loop, each moves a byte at most */
	size_t unplug_at;
	bool unplugged;
};

static bool turn(void *user)
{
	struct life *life = user;

	if (life->turns++ != life->unplug_at)
		return false;
	rig_unplug(&life->rig, 0);
	life->unplugged = true;
	return true;
}

/* Let time pass, byte by byte; stops when the plug is pulled. */
static void pass(struct life *life, uint64_t ms)
{
	static const struct hal_stream_mem_limits byte_by_byte = {.max_read = 1, .max_write = 1};
	struct rig *rig = &life->rig;

	if (life->unplugged)
		return;
	if (rig->modems[0].stream)
		hal_stream_mem_set_limits(rig->modems[0].stream, &byte_by_byte);
	(void)hal_loop_run_virtual(rig->ctx->loop, &rig->clock,
				   rig->clock.now_us + ms * HAL_USEC_PER_MSEC, turn, life);
}

static void place_and_drop(struct life *life)
{
	tl_client self = tl_ctx_get_client(life->rig.ctx);

	if (tl_line_dial(life->rig.ctx, self, life->rig.modems[0].line, "300", NULL, &life->session,
			 &life->setup) < 0)
		return;
	pass(life, 5000);
	if (tl_session_drop(life->rig.ctx, life->session, 0, &life->drop) < 0)
		life->drop = 0;
	pass(life, 5000);
}

static void answer_and_be_dropped(struct life *life)
{
	struct rig *rig = &life->rig;
	tl_client self = tl_ctx_get_client(rig->ctx);

	cr_assert_eq(tl_line_open(rig->ctx, self, rig->modems[0].line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
	/* It is the answer that is of interest: the ringing is not cut into bytes. */
	rig_run_ms(rig, 1000);
	life->session = rig_new_session(rig, self);
	if (tl_session_answer(rig->ctx, life->session, TL_MEDIA_DATA, &life->setup) < 0)
		life->setup = 0;
	pass(life, 3000);
	if (!life->unplugged)
		(void)sim_exchange_clear(rig->modems[0].sim);
	pass(life, 8000);
}

static void check(struct life *life)
{
	struct rig *rig = &life->rig;
	struct tl_session_info *info;

	cr_assert(rig_until_over(rig, life->session, 1000), "turn %zu", life->unplug_at);
	cr_assert_leq(rig_op(rig, life->setup, 0), 0);
	if (life->drop)
		cr_assert_eq(rig_op(rig, life->drop, 0), 0);
	info = rig_info(rig, life->session);
	cr_assert_eq(tl_session_info_state(info), TL_CALL_IDLE);
	cr_assert_neq(tl_session_info_origin(info), TL_ORIGIN_NONE);
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_session_release(rig->ctx, life->session, 0), 0);
	/* GONE at once; ABSENT when it has been looked for again. */
	if (rig_line_state(rig, rig->modems[0].line) != TL_LINE_ABSENT)
		cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_GONE, 100));
	rig_plug(rig, 0);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 100000), "turn %zu",
		  life->unplug_at);
}

static bool unplug_call_at(void (*live)(struct life *life), size_t turns, bool without_lines)
{
	const struct rig_options options = {.modems = 1, .without_lines = without_lines};
	struct life life = {.unplug_at = turns};

	rig_init(&life.rig, &options);
	live(&life);
	if (life.unplugged)
		check(&life);
	else
		cr_assert_eq(tl_session_release(life.rig.ctx, life.session, 0), 0);
	rig_fini(&life.rig);
	return life.unplugged;
}

static void unplug_at_every_byte(void (*live)(struct life *life))
{
	for (int without_lines = 0; without_lines < 2; without_lines++) {
		size_t turns = 0;

		while (unplug_call_at(live, turns, without_lines))
			turns++;
		cr_log_info("%zu turns", turns);
		cr_assert_gt(turns, 100);
	}
}

Test(unplug, at_every_byte_of_a_call_placed_and_dropped, .timeout = 120)
{
	unplug_at_every_byte(place_and_drop);
}

Test(unplug, at_every_byte_of_a_call_answered_and_ended_by_the_far_end, .timeout = 120)
{
	unplug_at_every_byte(answer_and_be_dropped);
}

static bool unplug_probe_at(size_t turns)
{
	const struct rig_options options = {.modems = 1};
	struct life life = {.unplug_at = turns};
	bool unplugged;
	tl_line line;

	rig_init_bare(&life.rig, &options);
	line = rig_add_line(&life.rig, 0, NULL, NULL);
	pass(&life, 5000);
	unplugged = life.unplugged;
	if (unplugged) {
		cr_assert(rig_until_line(&life.rig, line, TL_LINE_GONE, 1000), "turn %zu", turns);
		rig_plug(&life.rig, 0);
	}
	cr_assert(rig_until_line(&life.rig, line, TL_LINE_READY, 100000), "turn %zu", turns);
	rig_fini(&life.rig);
	return unplugged;
}

Test(unplug, at_every_byte_of_probing_leaves_a_line_that_comes_back, .timeout = 120)
{
	size_t turns = 0;

	while (unplug_probe_at(turns))
		turns++;
	cr_log_info("%zu turns", turns);
	cr_assert_gt(turns, 100);
}
