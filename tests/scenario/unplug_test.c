/* SPDX-License-Identifier: MIT */
/* The plug is pulled at every single byte of a call's life, of a line's beginning, and of a reset;
 * when it is plugged in again the line is READY and takes the next call. */
#include <errno.h>

#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "tests/scenario/stage.h"

/* Long enough for every ladder and what follows it, but not for a caller to give up. */
#define LIFE_MS 60000

struct life {
	struct scene scene;
	size_t turns; /* of the loop, each moves a byte at most */
	size_t unplug_at;
	bool unplugged;
	bool told; /* by a hotplug event, and the port says nothing */
};

static void unplug(struct life *life)
{
	struct rig *rig = &life->scene.rig;

	if (life->told) {
		rig->modems[0].absent = true;
		rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
	} else {
		rig_unplug(rig, 0);
	}
}

static bool turn(void *user)
{
	struct life *life = user;

	if (life->turns++ != life->unplug_at)
		return false;
	unplug(life);
	life->unplugged = true;
	return true;
}

static void go_byte_by_byte(struct rig *rig, bool on)
{
	const struct hal_stream_mem_limits limits = {.max_read = on, .max_write = on};

	rig->modems[0].byte_by_byte = on;
	if (sim_modem_has_stream(rig->modems[0].sim))
		hal_stream_mem_set_limits(rig->modems[0].stream, &limits);
}

/* Let time pass, byte by byte; stops when the plug is pulled. */
static void pass(struct life *life, uint64_t ms)
{
	struct rig *rig = &life->scene.rig;

	go_byte_by_byte(rig, true);
	(void)hal_loop_run_virtual(rig->ctx->loop, &rig->clock,
				   rig->clock.now_us + ms * HAL_USEC_PER_MSEC, turn, life);
	go_byte_by_byte(rig, false);
}

static bool line_is_away(void *user)
{
	struct rig *rig = user;
	enum tl_line_state state = rig_line_state(rig, rig->modems[0].line);

	return state == TL_LINE_GONE || state == TL_LINE_ABSENT;
}

static void check_call(struct life *life, const char *name)
{
	struct scene *scene = &life->scene;
	struct tl_session_info *info;

	cr_assert(rig_until_over(&scene->rig, scene->session, 1000), "%s, turn %zu", name,
		  life->unplug_at);
	if (scene->setup)
		cr_assert_leq(rig_op(&scene->rig, scene->setup, 0), 0);
	if (scene->drop && rig_op(&scene->rig, scene->drop, 0) != 0)
		cr_assert_eq(rig_op(&scene->rig, scene->drop, 0), -EIO);
	info = rig_info(&scene->rig, scene->session);
	cr_assert_neq(tl_session_info_origin(info), TL_ORIGIN_NONE, "%s, turn %zu", name,
		      life->unplug_at);
	(void)tl_session_info_free(info);
}

static void check(struct life *life, const char *name)
{
	struct scene *scene = &life->scene;
	struct rig *rig = &scene->rig;

	if (scene->session.id)
		check_call(life, name);
	cr_assert(rig_until(rig, line_is_away, rig, 100000), "%s, turn %zu", name, life->unplug_at);
	sim_modem_clear_faults(rig->modems[0].sim);
	rig_plug(rig, 0);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 100000), "%s, turn %zu",
		  name, life->unplug_at);
	if (scene->session.id) {
		cr_assert_eq(rig_state(rig, scene->session), TL_CALL_IDLE, "%s, turn %zu", name,
			     life->unplug_at);
		cr_assert_eq(tl_session_release(rig->ctx, scene->session, 0), 0);
	}
	scene_dial(scene, "300", TL_MEDIA_DATA);
	cr_assert(rig_until_call(rig, scene->session, TL_CALL_CONNECTED, 30000), "%s, turn %zu",
		  name, life->unplug_at);
}

/* ---- what happens to a call while the plug is pulled ---- */

static void nothing(struct scene *scene)
{
	(void)scene;
}

static void drop(struct scene *scene)
{
	scene_drop(scene, 0);
}

static void hang_up_there(struct scene *scene)
{
	cr_assert_eq(sim_exchange_clear(scene->rig.modems[0].sim), 0);
}

static bool unplug_at(const struct stage *stage, void (*act)(struct scene *scene), bool told,
		      size_t turns)
{
	struct life life = {.unplug_at = turns, .told = told};

	stage_enter(stage, &life.scene);
	if (told)
		rig_watch(&life.scene.rig);
	act(&life.scene);
	pass(&life, LIFE_MS);
	if (life.unplugged)
		check(&life, stage->name);
	scene_fini(&life.scene);
	return life.unplugged;
}

/* @return how many turns there were */
static size_t unplug_at_every_turn(const struct stage *stage, void (*act)(struct scene *scene),
				   bool told)
{
	size_t turns = 0;

	while (unplug_at(stage, act, told, turns))
		turns++;
	cr_log_info("%s: %zu turns", stage->name, turns);
	return turns;
}

static bool any(const struct stage *stage)
{
	(void)stage;
	return true;
}

static bool is_live(const struct stage *stage)
{
	return stage->lost != TL_ORIGIN_APPLICATION && stage->state != TL_CALL_DISCONNECTED;
}

static bool is_connected(const struct stage *stage)
{
	return stage->state == TL_CALL_CONNECTED && stage->lost == TL_ORIGIN_CLIENT_LOST;
}

static void unplug_everywhere(bool (*applies)(const struct stage *stage),
			      void (*act)(struct scene *scene), bool told, size_t at_least)
{
	const struct stage *stages;
	size_t n, turns = 0;

	stages = stage_table(&n);
	for (size_t i = 0; i < n; i++)
		if (applies(&stages[i]))
			turns += unplug_at_every_turn(&stages[i], act, told);
	cr_assert_gt(turns, at_least);
}

Test(unplug, at_every_byte_of_what_follows_each_state, .timeout = 240)
{
	unplug_everywhere(any, nothing, false, 2000);
}

Test(unplug, told_by_an_event_at_every_byte_of_what_follows_each_state, .timeout = 240)
{
	unplug_everywhere(any, nothing, true, 2000);
}

Test(unplug, told_by_an_event_at_every_byte_of_a_drop_in_each_state, .timeout = 240)
{
	unplug_everywhere(is_live, drop, true, 1000);
}

Test(unplug, at_every_byte_of_a_drop_in_each_state, .timeout = 240)
{
	unplug_everywhere(is_live, drop, false, 1000);
}

Test(unplug, at_every_byte_of_an_end_by_the_far_end, .timeout = 240)
{
	unplug_everywhere(is_connected, hang_up_there, false, 100);
}

/* ---- lines without a call ---- */

static void add_line(struct scene *scene)
{
	tl_line line = scene->rig.modems[0].line;

	cr_assert_eq(tl_line_remove(scene->rig.ctx, line), 0);
	(void)rig_add_line(&scene->rig, 0, NULL, NULL);
}

static void reset_as(struct scene *scene, enum tl_reset kind)
{
	struct rig *rig = &scene->rig;

	cr_assert_eq(tl_line_reset(rig->ctx, tl_ctx_get_client(rig->ctx), rig->modems[0].line, kind,
				   &scene->drop),
		     0);
}

static void reset_softly(struct scene *scene)
{
	reset_as(scene, TL_RESET_SOFT);
}

static void reset_hard(struct scene *scene)
{
	reset_as(scene, TL_RESET_HARD);
}

static void break_and_reset(struct scene *scene)
{
	struct rig *rig = &scene->rig;

	rig_fault(rig, 0, SIM_FAULT_SILENT);
	reset_hard(scene);
	cr_assert_lt(rig_op(rig, scene->drop, 100000), 0);
	cr_assert_eq(rig_line_state(rig, rig->modems[0].line), TL_LINE_FAULTY);
	sim_modem_clear_faults(rig->modems[0].sim);
	reset_softly(scene);
}

static bool unplug_line_at(const struct rig_options *options, void (*act)(struct scene *scene),
			   size_t turns)
{
	struct life life = {.unplug_at = turns};
	uint64_t op;

	scene_init(&life.scene, options);
	act(&life.scene);
	op = life.scene.drop;
	life.scene.drop = 0;
	pass(&life, LIFE_MS);
	if (life.unplugged)
		check(&life, "line");
	if (op)
		cr_assert_leq(rig_op(&life.scene.rig, op, 0), 0, "turn %zu", turns);
	scene_fini(&life.scene);
	return life.unplugged;
}

Test(unplug, at_every_byte_of_probing_and_of_a_reset, .timeout = 240)
{
	static const struct rig_options forms[] = {{0}, {.without_lines = true}, {.voice = true}};
	static void (*const acts[])(struct scene * scene) = {add_line, reset_softly, reset_hard,
							     break_and_reset};

	for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
		for (size_t act = 0; act < sizeof(acts) / sizeof(acts[0]); act++) {
			size_t turns = 0;

			while (unplug_line_at(&forms[form], acts[act], turns))
				turns++;
			cr_log_info("%zu turns", turns);
			cr_assert_gt(turns, 100);
		}
	}
}
