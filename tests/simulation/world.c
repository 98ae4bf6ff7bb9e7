/* SPDX-License-Identifier: MIT */
#include "tests/simulation/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ctx.h"
#include "tests/simulation/memory.h"
#include "tests/simulation/random.h"

#define MEND_US (UINT64_C(400) * HAL_USEC_PER_SEC) /* longer than any ladder and retry */

void world_say(struct world *world, const char *format, ...)
{
	va_list args;

	if (!world->says)
		return;
	(void)printf("  step %" PRIu64 ", %.3f s: ", world->step,
		     (double)world->rig.clock.now_us / 1e6);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)printf("\n");
	(void)fflush(stdout);
}

struct model *world_model(struct world *world)
{
	world->stirred = true;
	world->model.behind = tl_ctx_get_count(world->rig.ctx, TL_COUNT_EVENTS) > 0;
	world->model.starving = world->starving;
	world->model.now_us = world->rig.clock.now_us;
	return &world->model;
}

/* ---- who holds what ---- */

void world_hold(struct world *world, tl_session id, tl_client client, tl_line line)
{
	int r;

	for (size_t i = 0; i < WORLD_SLOTS; i++) {
		if (world->held[i].id.id)
			continue;
		world->held[i] = (struct world_held){.id = id, .client = client, .line = line};
		return;
	}
	r = tl_session_release(world->rig.ctx, id, TL_RELEASE_DROP);
	model_release(world_model(world), id, TL_RELEASE_DROP, r);
}

void world_forget(struct world *world, struct world_held *held)
{
	world->stale[world->released++ % WORLD_STALE] = held->id.id;
	held->id.id = 0;
}

static void new_client(struct world *world, size_t index)
{
	if (tl_client_new(world->rig.ctx, "simulated", &world->clients[index]) < 0)
		world->fail(world, "no client", index);
	model_new_client(&world->model, world->clients[index]);
}

void world_close_client(struct world *world, size_t index)
{
	tl_client client = world->clients[index];
	struct model *m = world_model(world);

	for (size_t i = 0; i < WORLD_SLOTS; i++)
		if (world->held[i].id.id && world->held[i].client.id == client.id)
			world_forget(world, &world->held[i]);
	if (tl_client_close(world->rig.ctx, client) < 0)
		world->fail(world, "a client cannot be closed", client.id);
	if (tl_client_close(world->rig.ctx, client) != -ESTALE)
		world->fail(world, "a client that is gone can be closed", client.id);
	model_close_client(m, client);
	/* It may have taken the news of lost events with it. */
	m->lost |= world->starving;
	memory_feed();
	new_client(world, index);
}

/* ---- events ---- */

static void mix(struct world *world, uint64_t value)
{
	uint64_t hash = (world->hash ^ value) * UINT64_C(0x9fb21c651e98df25);

	world->hash = hash ^ hash >> 32;
}

static void mix_event(struct world *world, const struct tl_event *event)
{
	mix(world, tl_event_get_type(event));
	mix(world, tl_event_get_client(event).id);
	mix(world, tl_event_get_line(event).id);
	mix(world, tl_event_get_session(event).id);
	mix(world, tl_event_get_call(event));
	mix(world, tl_event_get_op(event));
	mix(world, (uint64_t)tl_event_get_result(event));
	mix(world, (uint64_t)tl_event_get_call_state(event) << 16 |
			   (uint64_t)tl_event_get_line_state(event) << 8 |
			   tl_event_get_rings(event));
	mix(world, (uint64_t)tl_event_get_origin(event) << 16 |
			   (uint64_t)tl_event_get_disconnect(event) << 8 |
			   tl_event_get_privilege(event));
	mix(world, tl_event_get_boot_us(event));
}

static size_t modem_of(struct world *world, tl_line line)
{
	for (size_t i = 0; i < WORLD_MODEMS; i++)
		if (world->rig.modems[i].line.id == line.id)
			return i;
	world->fail(world, "an event of an unknown line", line.id);
	return 0;
}

/* IDLE must be true: the emulated line is on hook, unless its device is gone or it already has
 * another call. */
static void check_idle(struct world *world, const struct tl_event *event)
{
	size_t i = modem_of(world, tl_event_get_line(event));
	struct tl_line_info *info;
	int r;

	if (!rig_is_off_hook(&world->rig, i) || tl_event_get_origin(event) == TL_ORIGIN_DEVICE_GONE)
		return;
	memory_feed();
	r = tl_line_get_info(world->rig.ctx, tl_event_get_line(event), &info);
	if (r == -ESTALE)
		return;
	if (r < 0)
		world->fail(world, "no info of a line", i);
	if (tl_line_info_call(info) == tl_event_get_call(event))
		world->fail(world, "IDLE while the line is off hook", tl_event_get_call(event));
	(void)tl_line_info_free(info);
}

static void check_line(struct world *world, const struct tl_event *event)
{
	size_t i = modem_of(world, tl_event_get_line(event));

	if (tl_event_get_line_state(event) == TL_LINE_READY)
		world->suspect[i] = world->faulted[i];
	if (tl_event_get_line_state(event) == TL_LINE_FAULTY && !world->suspect[i] &&
	    !world->starving)
		world->fail(world, "FAULTY without a fault", i);
}

static void say_event(struct world *world, const struct tl_event *event)
{
	if (!world->traces)
		return;
	world_say(world,
		  "  %s to %" PRIx64 ", session %" PRIx64 ", call %" PRIu64 " %s, line %s: %d",
		  tl_event_type_name(tl_event_get_type(event)), tl_event_get_client(event).id,
		  tl_event_get_session(event).id, tl_event_get_call(event),
		  tl_call_state_name(tl_event_get_call_state(event)),
		  tl_line_state_name(tl_event_get_line_state(event)), tl_event_get_result(event));
}

static void expire(struct world *world, tl_session session)
{
	for (size_t i = 0; i < WORLD_SLOTS; i++)
		if (world->held[i].id.id == session.id)
			world_forget(world, &world->held[i]);
}

static void on_event(struct world *world, const struct tl_event *event)
{
	enum tl_event_type type = tl_event_get_type(event);

	say_event(world, event);
	world->stirred = true;
	mix_event(world, event);
	model_event(&world->model, event);
	if (type == TL_EVENT_SESSION_NEW)
		world_hold(world, tl_event_get_session(event), tl_event_get_client(event),
			   tl_event_get_line(event));
	else if (type == TL_EVENT_SESSION_EXPIRING && tl_event_get_count(event) == 0)
		expire(world, tl_event_get_session(event));
	else if (type == TL_EVENT_LINE_STATE)
		check_line(world, event);
	else if (type == TL_EVENT_CALL_STATE && tl_event_get_call_state(event) == TL_CALL_IDLE)
		check_idle(world, event);
}

static void spring(struct world *world, uint32_t *countdown)
{
	const struct world_ambush ambush = world->ambush;
	const uint64_t random = world->random;

	if (*countdown == 0 || --*countdown > 0)
		return;
	world->ambush = (struct world_ambush){0};
	world->model.disturbed = true;
	world->random = ambush.random;
	ambush.fn(world);
	world->random = random;
}

static void fetch(struct world *world)
{
	struct tl_event *event;

	while (tl_ctx_next_event(world->rig.ctx, &event) > 0) {
		on_event(world, event);
		(void)tl_event_free(event);
		spring(world, &world->ambush.events);
	}
}

static bool turn(void *user)
{
	struct world *world = user;

	spring(world, &world->ambush.turns);
	fetch(world);
	return false;
}

void world_pass(struct world *world, uint64_t us)
{
	struct rig *rig = &world->rig;
	uint64_t end = rig->clock.now_us + us;

	(void)hal_loop_run_virtual(rig->ctx->loop, &rig->clock, end, turn, world);
	fetch(world);
	if (rig->clock.now_us < end)
		hal_clock_virtual_set(&rig->clock, end);
}

/* ---- what must hold ---- */

static struct tl_session_info *info_of(struct world *world, tl_session session)
{
	struct tl_session_info *info;

	if (tl_session_get_info(world->rig.ctx, session, &info) < 0)
		world->fail(world, "no info of a session", session.id);
	return info;
}

/* Events were lost for want of memory: the infos say how things are now. */
static void resync(struct world *world)
{
	struct model *m = &world->model;
	struct tl_session_info *info;
	struct tl_line_info *line;
	tl_session *sessions;
	size_t n;

	model_forget(m);
	for (size_t i = 0; i < WORLD_MODEMS; i++) {
		if (tl_line_get_info(world->rig.ctx, world->rig.modems[i].line, &line) < 0)
			world->fail(world, "no info of a line", i);
		model_adopt_line(m, line);
		world->suspect[i] = true;
		(void)tl_line_info_free(line);
	}
	if (tl_session_list(world->rig.ctx, (tl_client){0}, &sessions, &n) < 0)
		world->fail(world, "no list of sessions", 0);
	for (size_t i = 0; i < n; i++) {
		info = info_of(world, sessions[i]);
		model_adopt(m, info);
		(void)tl_session_info_free(info);
	}
	free(sessions);
	for (size_t i = 0; i < WORLD_SLOTS; i++)
		if (world->held[i].id.id && !model_session(m, world->held[i].id))
			world_forget(world, &world->held[i]);
}

static void check_infos(struct world *world)
{
	struct model *m = &world->model;
	struct tl_session_info *info;

	for (size_t i = 0; i < m->n_sessions; i++) {
		struct model_session *s = &m->sessions[i];

		/* The changed ones, and each now and then. */
		if (!s->id.id || (!s->changed && (world->step + i) % 32 != 0))
			continue;
		info = info_of(world, s->id);
		model_info(m, info);
		(void)tl_session_info_free(info);
	}
}

/* What the exchange sees off hook is never READY, and counted unless it is being looked for; what
 * is counted is FAULTY, has a call that may be off hook, or is being looked for after one that was
 * lost track of. */
static void check_hooks(struct world *world)
{
	uint64_t counted = tl_ctx_get_count(world->rig.ctx, TL_COUNT_OFF_HOOK);
	uint64_t least = 0, most = 0;

	for (size_t i = 0; i < WORLD_MODEMS; i++) {
		const struct model_line *line =
			model_line(&world->model, world->rig.modems[i].line);
		const struct model_call *call = model_call_on(&world->model, line, false);
		bool off_hook = rig_is_off_hook(&world->rig, i);

		if (off_hook && line->state == TL_LINE_READY)
			world->fail(world, "READY while the line is off hook", i);
		least += line->state == TL_LINE_FAULTY ||
			 (off_hook && line->state == TL_LINE_IN_USE);
		most += line->state == TL_LINE_FAULTY || line->state == TL_LINE_OPENING ||
			line->state == TL_LINE_PROBING || line->vague ||
			(call && !model_is_unanswered(call));
	}
	if (counted < least || counted > most)
		world->fail(world, "the number of lines off hook", counted);
}

static void check_model(struct world *world)
{
	static const enum tl_count counts[] = {TL_COUNT_SESSIONS, TL_COUNT_CALLS, TL_COUNT_CLIENTS,
					       TL_COUNT_REQUESTS};
	struct model *m = &world->model;

	model_settle(m);
	if (m->lost)
		resync(world);
	check_infos(world);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		model_count(m, counts[i], tl_ctx_get_count(world->rig.ctx, counts[i]));
	if (m->complaint)
		world->fail(world, m->complaint, m->value);
}

void world_check(struct world *world)
{
	fetch(world);
	if (world->stirred)
		check_model(world);
	world->stirred = false;
	check_hooks(world);
}

/* ---- begin and end ---- */

void world_begin(struct world *world, uint64_t seed)
{
	static const struct sim_number numbers[] = {
		{.pattern = "201", .service = SIM_SERVICE_BUSY},
		{.pattern = "202", .service = SIM_SERVICE_SILENT},
	};
	uint64_t random = random_seed(seed);
	struct rig_options options = {
		.modems = WORLD_MODEMS,
		.without_lines = random_below(&random, 2),
		.voice = random_below(&random, 2),
		.no_diagnostics = random_below(&random, 3) == 0,
		.online_error = random_below(&random, 5) == 0,
	};

	world->starves = random_below(&random, 4) == 0;
	options.flash_holds = random_below(&random, 4) > 0;
	world->blocks = memory_blocks();
	rig_init_bare(&world->rig, &options);
	model_init(&world->model, tl_ctx_get_client(world->rig.ctx));
	for (size_t i = 0; i < 2; i++)
		if (sim_exchange_add_number(world->rig.exchange, &numbers[i]) < 0)
			world->fail(world, "no number", i);
	for (size_t i = 0; i < WORLD_MODEMS; i++)
		model_add_line(&world->model, rig_add_line(&world->rig, i, "flash",
							   options.flash_holds ? "hold" : "none"));
	for (size_t i = 0; i < WORLD_CLIENTS; i++)
		new_client(world, i);
}

static void mend(struct world *world)
{
	for (size_t i = 0; i < WORLD_MODEMS; i++) {
		sim_modem_clear_faults(world->rig.modems[i].sim);
		(void)sim_exchange_clear(world->rig.modems[i].sim);
		world->rig.modems[i].absent = false;
		world->faulted[i] = false;
	}
	world->ambush = (struct world_ambush){0};
	world_pass(world, MEND_US);
	world_check(world);
}

static void expect_zero(struct world *world, enum tl_count count)
{
	uint64_t n = tl_ctx_get_count(world->rig.ctx, count);

	if (n != 0)
		world->fail(world, tl_count_name(count), n);
}

void world_end(struct world *world)
{
	static const enum tl_count gauges[] = {TL_COUNT_CALLS, TL_COUNT_SESSIONS, TL_COUNT_REQUESTS,
					       TL_COUNT_EVENTS, TL_COUNT_OFF_HOOK};
	struct rig *rig = &world->rig;

	mend(world);
	for (size_t i = 0; i < WORLD_CLIENTS; i++)
		world_close_client(world, i);
	mend(world);
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		expect_zero(world, gauges[i]);
	for (size_t i = 0; i < WORLD_MODEMS; i++) {
		if (rig_line_state(rig, rig->modems[i].line) != TL_LINE_READY)
			world->fail(world, "a line did not come back", i);
		if (rig_is_off_hook(rig, i))
			world->fail(world, "a modem is off hook", i);
	}
	rig_fini(rig);
	if (memory_blocks() != world->blocks)
		world->fail(world, "blocks of memory not freed",
			    (uint64_t)(memory_blocks() - world->blocks));
}
