/* SPDX-License-Identifier: MIT */
/* The owner of a call dies in every state of it: the line comes on hook within what the ladder may
 * take, and whoever watches is told of the end once, and whose doing it was. */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/scenario/stage.h"

/* Is this event about the call, for the client? */
static bool tells(const struct tl_event *event, tl_client client, uint64_t call)
{
	return tl_event_get_type(event) == TL_EVENT_CALL_STATE &&
	       tl_event_get_client(event).id == client.id && tl_event_get_call(event) == call;
}

static void check_end(struct rig *rig, tl_client client, uint64_t call, const struct stage *stage)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++) {
		const struct tl_event *event = rig->events[i];

		if (!tells(event, client, call) || tl_event_get_call_state(event) != TL_CALL_IDLE)
			continue;
		n++;
		cr_assert_eq(tl_event_get_origin(event), stage->lost, "%s: %s", stage->name,
			     tl_origin_name(tl_event_get_origin(event)));
		cr_assert_neq(tl_event_get_disconnect(event), TL_DISCONNECT_NONE, "%s",
			      stage->name);
	}
	cr_assert_eq(n, 1, "%s: idle was told %zu times", stage->name, n);
}

/* The record, too, though its owner is gone. */
static void check_record(struct rig *rig, uint64_t call, const struct stage *stage)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++) {
		const struct tl_session_info *record = tl_event_get_record(rig->events[i]);

		if (!record || tl_session_info_call(record) != call)
			continue;
		n++;
		cr_assert_eq(tl_session_info_origin(record), stage->lost, "%s: %s", stage->name,
			     tl_origin_name(tl_session_info_origin(record)));
	}
	cr_assert_eq(n, 1, "%s: the record was told %zu times", stage->name, n);
}

/* Within the ladder's budget; what the drop before could not, only the line's next try can. */
static void check_on_hook(struct scene *scene, const struct stage *stage, uint64_t budget_ms)
{
	struct rig *rig = &scene->rig;

	if (stage->state == TL_CALL_UNKNOWN) {
		sim_modem_clear_faults(rig->modems[0].sim);
		budget_ms = UINT64_C(1000) * CORE_LINE_RETRY_MAX_S;
	}
	cr_assert(rig_until_on_hook(rig, 0, budget_ms), "%s: off hook after %lu ms", stage->name,
		  (unsigned long)budget_ms);
	/* A caller who is not answered gives up in the end. */
	if (stage->lost == TL_ORIGIN_REMOTE)
		(void)sim_exchange_clear(rig->modems[0].sim);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 100000), "%s",
		  stage->name);
	cr_assert_not(rig_is_off_hook(rig, 0), "%s", stage->name);
}

static tl_session watch(struct scene *scene, tl_client client)
{
	tl_session session;

	/* There is no call on the line for a monitor yet, or none any more. */
	if (!scene_line(scene)->call || scene_line(scene)->call->over)
		return (tl_session){0};
	cr_assert_eq(tl_line_join(scene->rig.ctx, client, scene->rig.modems[0].line,
				  TL_PRIVILEGE_MONITOR, &session),
		     0);
	return session;
}

/* Another owner beside the first, who dies: the call goes on. @return the one that is left */
static tl_client survive(struct scene *scene, const struct stage *stage)
{
	struct rig *rig = &scene->rig;
	enum tl_call_state state;
	tl_client other;
	int r;

	cr_assert_eq(tl_client_new(rig->ctx, "other", &other), 0);
	r = tl_session_hand_off(rig->ctx, scene->session, other);
	if (r < 0) {
		cr_assert_eq(r, -ENOTCONN, "%s: %d", stage->name, r);
		return scene->owner;
	}
	rig_run_ms(rig, 0);
	state = rig_state(rig, scene->session);
	cr_assert_eq(tl_client_close(rig->ctx, scene->owner), 0);
	cr_assert_eq(rig_state(rig, rig_new_session(rig, other)), state, "%s", stage->name);
	cr_assert_eq(tl_ctx_get_count(rig->ctx, TL_COUNT_CLIENTS_LOST_TOTAL), 0, "%s", stage->name);
	return other;
}

static void check_nothing_left(struct rig *rig, const struct stage *stage)
{
	cr_assert_eq(tl_ctx_get_count(rig->ctx, TL_COUNT_SESSIONS), 0, "%s", stage->name);
	cr_assert_eq(tl_ctx_get_count(rig->ctx, TL_COUNT_REQUESTS), 0, "%s", stage->name);
	cr_assert_eq(tl_ctx_get_count(rig->ctx, TL_COUNT_CALLS), 0, "%s", stage->name);
}

enum company { ALONE, WITH_MONITOR, WITH_OWNER };

static void die(const struct stage *stage, enum company company)
{
	tl_session monitored = {0};
	struct tl_session_info *info;
	tl_client monitor, last;
	struct scene scene;
	uint64_t call, budget_ms;

	stage_enter(stage, &scene);
	last = scene.owner;
	info = rig_info(&scene.rig, scene.session);
	call = tl_session_info_call(info);
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_client_new(scene.rig.ctx, "monitor", &monitor), 0);
	if (company == WITH_MONITOR)
		monitored = watch(&scene, monitor);
	else if (company == WITH_OWNER)
		last = survive(&scene, stage);
	budget_ms = scene_ladder_ms(&scene);
	cr_assert_eq(tl_client_close(scene.rig.ctx, last), 0);
	check_on_hook(&scene, stage, budget_ms);
	/* The rig's own client watches without a session. */
	check_end(&scene.rig, tl_ctx_get_client(scene.rig.ctx), call, stage);
	check_record(&scene.rig, call, stage);
	if (monitored.id) {
		check_end(&scene.rig, monitor, call, stage);
		cr_assert_eq(tl_session_release(scene.rig.ctx, monitored, 0), 0);
	}
	check_nothing_left(&scene.rig, stage);
	cr_assert_eq(tl_client_close(scene.rig.ctx, monitor), 0);
	scene_fini(&scene);
}

static void die_in_every_state(enum company company)
{
	const struct stage *stages;
	size_t n;

	stages = stage_table(&n);
	for (size_t i = 0; i < n; i++)
		die(&stages[i], company);
}

Test(death, of_the_only_owner_in_every_state_brings_the_line_on_hook)
{
	die_in_every_state(ALONE);
}

Test(death, of_the_only_owner_in_every_state_is_told_to_a_monitor_once)
{
	die_in_every_state(WITH_MONITOR);
}

Test(death, of_one_of_two_owners_leaves_the_call_to_the_other)
{
	die_in_every_state(WITH_OWNER);
}
