/* SPDX-License-Identifier: MIT */
/*
 * Every two events that can meet, in both orders, from every start: at the same instant before the
 * stack has looked, with one turn of its loop between them, and with all the turns that the first
 * one needs. Whatever comes of it: every request completes once, every call ends once with a
 * reason, the modem is on hook, nothing is left, and the line is READY again. Who was first is
 * blamed.
 */
#include <errno.h>
#include <stdio.h>

#include <criterion/criterion.h>

#include "tests/scenario/stage.h"

enum start { READY, DIALING, OFFERING, ANSWERING, CONNECTED, DROPPING, STARTS };

static const char *const start_names[STARTS] = {"ready",     "dialing",	  "offering",
						"answering", "connected", "dropping"};

enum gap { NOTHING, ONE_TURN, ALL_TURNS, GAPS };

static const char *const gap_names[GAPS] = {"at once", "a turn later", "when noticed"};

#define OPS_MAX	  4
#define NOTICE_MS 5000 /* S10, and then some */

struct race {
	struct scene scene;
	tl_client other;
	const struct event *timed; /* one of the two, NULL: neither */
	uint64_t due_us;	   /* when that happens */
	uint64_t ops[OPS_MAX];	   /* accepted from clients that live on */
	size_t n_ops;
	bool died, removed;
	char what[160];
};

struct event {
	const char *name;
	unsigned int starts; /* bits 1 << enum start */
	/* Who is blamed if it ends the call; NONE: it does not, or not for certain. */
	enum tl_origin blame;
	/* How the stack learns of it. LATE: from the silence that follows. */
	enum { BY_CALL, BY_WIRE, BY_CLOCK, LATE } notice;
	void (*fire)(struct race *race); /* BY_CLOCK: time passes instead */
	bool (*is_due)(struct core_call *call, const struct sim_modem *sim); /* BY_CLOCK */
	const char *number; /* BY_CLOCK, in DIALING: what is dialled */
};

/* ---- operations: each may be refused, as it is too late ---- */

static void accepted(struct race *race, int r, uint64_t op)
{
	if (r < 0)
		return;
	cr_assert_lt(race->n_ops, OPS_MAX);
	race->ops[race->n_ops++] = op;
}

static void drop_with(struct race *race, unsigned int flags)
{
	uint64_t op = 0;
	int r;

	r = tl_session_drop(race->scene.rig.ctx, race->scene.session, flags, &op);
	accepted(race, r, op);
}

static void drop(struct race *race)
{
	drop_with(race, 0);
}

static void drop_by_user(struct race *race)
{
	drop_with(race, TL_DROP_USER);
}

static void answer(struct race *race)
{
	uint64_t op = 0;
	int r;

	r = tl_session_answer(race->scene.rig.ctx, race->scene.session, TL_MEDIA_DATA, &op);
	accepted(race, r, op);
}

static void accept(struct race *race)
{
	(void)tl_session_accept(race->scene.rig.ctx, race->scene.session);
}

static void release(struct race *race)
{
	(void)tl_session_release(race->scene.rig.ctx, race->scene.session, TL_RELEASE_DROP);
}

static void move(struct race *race)
{
	(void)tl_session_move(race->scene.rig.ctx, race->scene.session, race->other);
}

/* The requests of the dead go with them. */
static void die(struct race *race)
{
	if (!race->died)
		cr_assert_eq(tl_client_close(race->scene.rig.ctx, race->scene.owner), 0);
	race->died = true;
	race->n_ops = 0;
}

static void join_with(struct race *race, enum tl_privilege privilege)
{
	tl_session session;

	(void)tl_line_join(race->scene.rig.ctx, race->other, race->scene.rig.modems[0].line,
			   privilege, &session);
}

static void join(struct race *race)
{
	join_with(race, TL_PRIVILEGE_MONITOR);
}

static void adopt(struct race *race)
{
	join_with(race, TL_PRIVILEGE_OWNER);
}

static void dial(struct race *race)
{
	tl_session session;
	uint64_t op = 0;
	int r;

	r = tl_line_dial(race->scene.rig.ctx, race->other, race->scene.rig.modems[0].line, "300",
			 NULL, &session, &op);
	accepted(race, r, op);
}

static void command(struct race *race)
{
	uint64_t op = 0;
	int r;

	r = tl_line_command(race->scene.rig.ctx, race->other, race->scene.rig.modems[0].line,
			    "AT+GMI", 0, &op);
	accepted(race, r, op);
}

static void reset_as(struct race *race, enum tl_reset kind)
{
	uint64_t op = 0;
	int r;

	r = tl_line_reset(race->scene.rig.ctx, race->other, race->scene.rig.modems[0].line, kind,
			  &op);
	accepted(race, r, op);
}

static void reset_softly(struct race *race)
{
	reset_as(race, TL_RESET_SOFT);
}

static void reset_hard(struct race *race)
{
	reset_as(race, TL_RESET_HARD);
}

static void hand_off(struct race *race)
{
	(void)tl_session_hand_off(race->scene.rig.ctx, race->scene.session, race->other);
}

static void remove_line(struct race *race)
{
	if (!race->removed)
		cr_assert_eq(tl_line_remove(race->scene.rig.ctx, race->scene.rig.modems[0].line),
			     0);
	race->removed = true;
}

/* ---- what others do ---- */

static void clear(struct race *race)
{
	(void)sim_exchange_clear(race->scene.rig.modems[0].sim);
}

static void ring(struct race *race)
{
	struct sim_modem *sim = race->scene.rig.modems[0].sim;

	/* The line is taken: the modem says it all the same, as glare makes it. */
	if (sim_exchange_ring(sim, HAL_SLICE("5551234")) < 0 && sim_modem_has_stream(sim))
		scene_say(&race->scene, "\r\nRING\r\n");
}

static void unplug(struct race *race)
{
	rig_unplug(&race->scene.rig, 0);
}

/* ---- what time brings ---- */

static bool is_online(struct core_call *call, const struct sim_modem *sim)
{
	(void)call;
	return sim_modem_state(sim) == SIM_MODEM_ONLINE;
}

static bool has_hung_up(struct core_call *call, const struct sim_modem *sim)
{
	(void)call;
	return !sim_modem_is_off_hook(sim);
}

static bool is_being_dropped(struct core_call *call, const struct sim_modem *sim)
{
	(void)sim;
	return call->drop.running;
}

static bool has_ended_a_step(struct core_call *call, const struct sim_modem *sim)
{
	const struct core_record *record = &call->record;

	(void)sim;
	/* The one with DTR is skipped where there is none. */
	return record->n_drops > (record->drops[0].outcome.result == TL_DROP_SKIPPED);
}

static bool is_over(struct core_call *call, const struct sim_modem *sim)
{
	(void)sim;
	return call->over;
}

#define IN(start) (1U << (start))
#define SET_UP	  (IN(DIALING) | IN(ANSWERING))
#define WITH_CALL (SET_UP | IN(OFFERING) | IN(CONNECTED) | IN(DROPPING))
#define ANY	  (WITH_CALL | IN(READY))
#define OFF_HOOK  (WITH_CALL & ~IN(OFFERING))
#define MAX_S	  5

/* clang-format off */
static const struct event events[] = {
	{"drop", WITH_CALL, TL_ORIGIN_APPLICATION, BY_CALL, drop, NULL, NULL},
	{"drop by user", WITH_CALL, TL_ORIGIN_USER, BY_CALL, drop_by_user, NULL, NULL},
	{"answer", SET_UP | IN(OFFERING), TL_ORIGIN_NONE, BY_CALL, answer, NULL, NULL},
	{"accept", IN(OFFERING) | IN(ANSWERING), TL_ORIGIN_NONE, BY_CALL, accept, NULL, NULL},
	{"release", WITH_CALL, TL_ORIGIN_APPLICATION, BY_CALL, release, NULL, NULL},
	{"move", WITH_CALL, TL_ORIGIN_NONE, BY_CALL, move, NULL, NULL},
	{"death", OFF_HOOK, TL_ORIGIN_CLIENT_LOST, BY_CALL, die, NULL, NULL},
	{"death", IN(OFFERING) | IN(READY), TL_ORIGIN_NONE, BY_CALL, die, NULL, NULL},
	{"join", ANY, TL_ORIGIN_NONE, BY_CALL, join, NULL, NULL},
	{"adopt", ANY, TL_ORIGIN_NONE, BY_CALL, adopt, NULL, NULL},
	{"dial", ANY, TL_ORIGIN_NONE, BY_CALL, dial, NULL, NULL},
	{"command", ANY, TL_ORIGIN_NONE, BY_CALL, command, NULL, NULL},
	{"hand-off", WITH_CALL, TL_ORIGIN_NONE, BY_CALL, hand_off, NULL, NULL},
	{"soft reset", ANY, TL_ORIGIN_NONE, BY_CALL, reset_softly, NULL, NULL},
	{"hard reset", ANY, TL_ORIGIN_NONE, BY_CALL, reset_hard, NULL, NULL},
	{"removal", ANY, TL_ORIGIN_DEVICE_GONE, BY_CALL, remove_line, NULL, NULL},
	{"unplug", ANY, TL_ORIGIN_DEVICE_GONE, BY_WIRE, unplug, NULL, NULL},
	{"ring", ANY, TL_ORIGIN_NONE, BY_WIRE, ring, NULL, NULL},
	{"far end clears", SET_UP, TL_ORIGIN_NETWORK, BY_WIRE, clear, NULL, NULL},
	{"far end clears", IN(CONNECTED) | IN(DROPPING), TL_ORIGIN_REMOTE, BY_WIRE, clear, NULL, NULL},
	{"caller gives up", IN(OFFERING), TL_ORIGIN_REMOTE, LATE, clear, NULL, NULL},
	{"ringing has ended", IN(OFFERING), TL_ORIGIN_REMOTE, BY_CLOCK, NULL, is_over, NULL},
	{"connect", IN(DIALING), TL_ORIGIN_NONE, BY_CLOCK, NULL, is_online, "300"},
	{"connect", IN(ANSWERING), TL_ORIGIN_NONE, BY_CLOCK, NULL, is_online, NULL},
	{"busy", IN(DIALING), TL_ORIGIN_NETWORK, BY_CLOCK, NULL, has_hung_up, "500"},
	{"no answer", IN(DIALING), TL_ORIGIN_TIMEOUT, BY_CLOCK, NULL, has_hung_up, "400"},
	{"time-out", SET_UP, TL_ORIGIN_TIMEOUT, BY_CLOCK, NULL, is_being_dropped, "400"},
	{"longest duration", IN(CONNECTED), TL_ORIGIN_TIMEOUT, BY_CLOCK, NULL, is_being_dropped, NULL},
	{"end of a step", IN(DROPPING), TL_ORIGIN_NONE, BY_CLOCK, NULL, has_ended_a_step, NULL},
	{"proof", IN(DROPPING), TL_ORIGIN_NONE, BY_CLOCK, NULL, is_over, NULL},
};
/* clang-format on */

#define N_EVENTS (sizeof(events) / sizeof(events[0]))

/* ---- the start ---- */

static void connect(struct race *race)
{
	struct tl_dial_params *params = tl_dial_params_new();
	struct scene *scene = &race->scene;
	bool limited = race->timed && race->timed->is_due == is_being_dropped;

	tl_dial_params_set_max_duration(params, limited ? MAX_S : 0);
	cr_assert_eq(tl_line_dial(scene->rig.ctx, scene->owner, scene->rig.modems[0].line, "300",
				  params, &scene->session, &scene->setup),
		     0);
	(void)tl_dial_params_free(params);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_CONNECTED, 30000));
}

static void start_dialing(struct race *race)
{
	const struct event *timed = race->timed;

	scene_dial(&race->scene, timed ? timed->number : "400", TL_MEDIA_DATA);
	rig_run_ms(&race->scene.rig, 50);
	if (timed && timed->is_due == is_being_dropped)
		rig_fault(&race->scene.rig, 0, SIM_FAULT_NO_CARRIER_LOST);
}

static void start_answering(struct race *race)
{
	scene_offer(&race->scene);
	if (race->timed && race->timed->is_due == is_being_dropped)
		rig_fault(&race->scene.rig, 0, SIM_FAULT_SILENT);
	scene_answer(&race->scene, TL_MEDIA_DATA);
	rig_run_ms(&race->scene.rig, 50);
}

static void begin(struct race *race, enum start start, bool without_lines)
{
	const struct rig_options options = {.without_lines = without_lines};
	struct rig *rig = &race->scene.rig;

	scene_init(&race->scene, &options);
	cr_assert_eq(tl_client_new(rig->ctx, "other", &race->other), 0);
	switch (start) {
	case DIALING:
		start_dialing(race);
		break;
	case OFFERING:
		scene_offer(&race->scene);
		if (race->timed)
			clear(race);
		break;
	case ANSWERING:
		start_answering(race);
		break;
	case CONNECTED:
		connect(race);
		break;
	case DROPPING:
		connect(race);
		rig_fault(rig, 0, SIM_FAULT_DEAF_DTR);
		scene_drop(&race->scene, 0);
		rig_run_ms(rig, 100);
		break;
	case READY:
	case STARTS:
		break;
	}
}

/* ---- the end ---- */

static void check_ops(struct race *race)
{
	struct rig *rig = &race->scene.rig;

	for (size_t i = 0; i < race->n_ops; i++)
		cr_assert_leq(rig_op(rig, race->ops[i], 0), 0, "%s", race->what);
	if (race->died)
		return;
	if (race->scene.setup)
		cr_assert_leq(rig_op(rig, race->scene.setup, 0), 0, "%s", race->what);
	if (race->scene.drop)
		cr_assert_leq(rig_op(rig, race->scene.drop, 0), 0, "%s", race->what);
}

/* @return who ended the call, asserting that it was told once */
static enum tl_origin check_call(const struct race *race, uint64_t call)
{
	const struct rig *rig = &race->scene.rig;
	tl_client self = tl_ctx_get_client(rig->ctx);
	enum tl_origin origin = TL_ORIGIN_NONE;
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++) {
		const struct tl_event *event = rig->events[i];

		if (tl_event_get_type(event) != TL_EVENT_CALL_STATE ||
		    tl_event_get_client(event).id != self.id || tl_event_get_call(event) != call)
			continue;
		cr_assert_eq(n, 0, "%s: told of after its end", race->what);
		if (tl_event_get_call_state(event) != TL_CALL_IDLE)
			continue;
		n++;
		origin = tl_event_get_origin(event);
		cr_assert_neq(tl_event_get_disconnect(event), TL_DISCONNECT_NONE, "%s", race->what);
	}
	cr_assert_eq(n, 1, "%s: call %lu has not ended", race->what, (unsigned long)call);
	cr_assert_neq(origin, TL_ORIGIN_NONE, "%s", race->what);
	return origin;
}

/* @return who ended the first call, NONE: there was none */
static enum tl_origin finish(struct race *race)
{
	struct rig *rig = &race->scene.rig;
	enum tl_origin origin = TL_ORIGIN_NONE;
	uint64_t n_calls;

	sim_modem_clear_faults(rig->modems[0].sim);
	rig_run_ms(rig, 1000);
	rig_plug(rig, 0);
	rig_run_ms(rig, 70000);
	scene_release(&race->scene);
	rig_run_ms(rig, 100000);
	cr_assert_not(rig_is_off_hook(rig, 0), "%s", race->what);
	if (!race->removed)
		cr_assert_eq(rig_line_state(rig, rig->modems[0].line), TL_LINE_READY, "%s",
			     race->what);
	check_ops(race);
	n_calls = tl_ctx_get_count(rig->ctx, TL_COUNT_CALLS_TOTAL);
	for (uint64_t call = n_calls; call >= 1; call--)
		origin = check_call(race, call);
	scene_fini(&race->scene);
	return origin;
}

/* ---- the race ---- */

static void fire(struct race *race, const struct event *event)
{
	if (event->notice == BY_CLOCK)
		hal_clock_virtual_set(&race->scene.rig.clock, race->due_us);
	else
		event->fire(race);
}

static bool is_due(void *user)
{
	struct race *race = user;
	struct core_line *line = scene_line(&race->scene);

	return !line->call || race->timed->is_due(line->call, race->scene.rig.modems[0].sim);
}

/* The same life without the race tells when it happens: all is virtual. */
static uint64_t find_due(const struct event *timed, enum start start, bool without_lines)
{
	struct race race = {.timed = timed};
	uint64_t due_us, start_us;

	begin(&race, start, without_lines);
	start_us = race.scene.rig.clock.now_us;
	cr_assert(rig_until(&race.scene.rig, is_due, &race, 100000), "%s never happens",
		  timed->name);
	due_us = race.scene.rig.clock.now_us;
	cr_assert_gt(due_us, start_us, "%s is too early", timed->name);
	(void)snprintf(race.what, sizeof(race.what), "%s alone", timed->name);
	(void)finish(&race);
	return due_us;
}

static bool has_noticed(void *user)
{
	struct core_line *line = scene_line(user);

	return !line->call || line->call->over || line->call->dropping ||
	       line->call->record.cause.origin != TL_ORIGIN_NONE;
}

/* @return the stack has noticed the first event before the second one comes */
static bool leave_gap(struct race *race, const struct event *a, enum gap gap)
{
	struct rig *rig = &race->scene.rig;

	if (gap == ONE_TURN)
		(void)hal_loop_dispatch(rig->ctx->loop);
	else if (gap == ALL_TURNS && a->notice != BY_CALL && a->blame != TL_ORIGIN_NONE)
		/* What time brings does not wait. */
		return rig_until(rig, has_noticed, &race->scene,
				 race->timed && race->timed != a ? 0 : NOTICE_MS);
	else if (gap == ALL_TURNS)
		rig_run_ms(rig, 0);
	return a->notice == BY_CALL;
}

/* Neither an end that has a name already, nor a device that goes while the call is dropped, tell
 * who was first. */
static bool is_decided(const struct event *a, const struct event *b, enum start start)
{
	return start != READY && start != DROPPING && a->blame != TL_ORIGIN_NONE &&
	       b->blame != TL_ORIGIN_NONE && a->notice != LATE && b->notice != LATE &&
	       a->blame != TL_ORIGIN_DEVICE_GONE && b->blame != TL_ORIGIN_DEVICE_GONE;
}

struct heat {
	const struct event *a, *b;
	enum start start;
	enum gap gap;
	bool without_lines;
	uint64_t due_us;
};

static void run(const struct heat *heat)
{
	const struct event *a = heat->a, *b = heat->b;
	struct race race = {.due_us = heat->due_us};
	struct rig *rig = &race.scene.rig;
	enum tl_origin origin, first;
	bool noticed;

	if (a->notice == BY_CLOCK || b->notice == BY_CLOCK)
		race.timed = a->notice == BY_CLOCK ? a : b;
	(void)snprintf(race.what, sizeof(race.what), "%s%s: %s, %s %s", start_names[heat->start],
		       heat->without_lines ? ", no lines" : "", a->name, gap_names[heat->gap],
		       b->name);
	begin(&race, heat->start, heat->without_lines);
	if (race.timed)
		rig_run_ms(rig, (heat->due_us - 1 - rig->clock.now_us) / HAL_USEC_PER_MSEC);
	fire(&race, a);
	noticed = leave_gap(&race, a, heat->gap);
	fire(&race, b);
	origin = finish(&race);
	first = noticed ? a->blame : b->blame;
	/* What is noticed in the same turn has no order. */
	if (is_decided(a, b, heat->start) &&
	    (noticed || (heat->gap == NOTHING && b->notice == BY_CALL)))
		cr_assert_eq(origin, first, "%s: %s", race.what, tl_origin_name(origin));
	if (heat->start == DROPPING && origin != TL_ORIGIN_DEVICE_GONE)
		cr_assert_eq(origin, TL_ORIGIN_APPLICATION, "%s: %s", race.what,
			     tl_origin_name(origin));
}

/* @return how many races there were */
static size_t run_pair(struct heat *heat)
{
	bool a_timed = heat->a->notice == BY_CLOCK, b_timed = heat->b->notice == BY_CLOCK;

	/* Of two things that time brings one comes first, or they exclude each other. */
	if (a_timed && b_timed)
		return 0;
	if (a_timed || b_timed)
		heat->due_us =
			find_due(a_timed ? heat->a : heat->b, heat->start, heat->without_lines);
	for (unsigned int gap = 0; gap < GAPS; gap++) {
		heat->gap = (enum gap)gap;
		run(heat);
	}
	return GAPS;
}

static void run_all(enum start start)
{
	size_t n = 0;

	for (int without_lines = 0; without_lines < 2; without_lines++) {
		for (size_t i = 0; i < N_EVENTS * N_EVENTS; i++) {
			struct heat heat = {.a = &events[i / N_EVENTS],
					    .b = &events[i % N_EVENTS],
					    .start = start,
					    .without_lines = without_lines};

			if (heat.a->starts & heat.b->starts & IN(start))
				n += run_pair(&heat);
		}
	}
	cr_log_info("%s: %zu races", start_names[start], n);
	cr_assert_gt(n, 100);
}

Test(races, on_a_line_that_is_ready, .timeout = 240)
{
	run_all(READY);
}

Test(races, while_dialing, .timeout = 240)
{
	run_all(DIALING);
}

Test(races, while_a_call_is_offered, .timeout = 240)
{
	run_all(OFFERING);
}

Test(races, while_answering, .timeout = 240)
{
	run_all(ANSWERING);
}

Test(races, while_connected, .timeout = 240)
{
	run_all(CONNECTED);
}

Test(races, while_dropping, .timeout = 240)
{
	run_all(DROPPING);
}
