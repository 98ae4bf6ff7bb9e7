/* SPDX-License-Identifier: MIT */
/*
 * Seeded lives: random clients do random things to lines whose modems misbehave at random, in
 * virtual time. What must always hold is checked after every step; the seed that breaks it is
 * printed and replays exactly.
 *
 *     simulate [--seeds N] [--first SEED] [--steps N] [--trace]
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <trunkline/trunkline.h>

#include "core/ctx.h"
#include "hal/stream_mem.h"
#include "tests/scenario/rig.h"

#define MODEMS	 3
#define CLIENTS	 4
#define SESSIONS 64
#define OPS	 4096

struct op {
	uint64_t id;
	tl_client client;
	bool done;
};

struct held {
	tl_session id;
	tl_client client;
	bool idle; /* its last state event has come */
};

struct world {
	struct rig rig;
	uint64_t seed, random;
	tl_client clients[CLIENTS];
	struct held sessions[SESSIONS];
	struct op ops[OPS];
	size_t n_ops;
	uint64_t calls, faults, steps;
	bool trace;
	bool starves;  /* this seed: allocations fail now and then */
	bool starving; /* now */
};

static struct world world;

/* ---- allocations that fail (--wrap) ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

static bool chance(uint32_t percent);

static bool out_of_memory(void)
{
	if (!world.starving || !chance(5))
		return false;
	world.faults++;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return out_of_memory() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return out_of_memory() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return out_of_memory() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
	return out_of_memory() ? NULL : __real_strdup(text);
}

static _Noreturn void fail(const char *what, uint64_t value)
{
	(void)fprintf(stderr, "seed %" PRIu64 ", step %" PRIu64 ": %s (%" PRIx64 ")\n", world.seed,
		      world.steps, what, value);
	for (size_t i = 0; i < MODEMS; i++)
		(void)fprintf(stderr, "modem %c: %s, %s hook, %s\n", (char)('a' + i),
			      sim_modem_state_name(world.rig.modems[i].sim),
			      rig_is_off_hook(&world.rig, i) ? "off" : "on",
			      sim_modem_is_connected(world.rig.modems[i].sim) ? "carrier"
									      : "no carrier");
	(void)fprintf(stderr, "replay: simulate --first %" PRIu64 " --seeds 1 --trace\n",
		      world.seed);
	exit(1);
}

/* xorshift64*: the same numbers on every machine. */
static uint64_t random_u64(void)
{
	uint64_t x = world.random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	world.random = x;
	return x * UINT64_C(2685821657736338717);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)((random_u64() >> 32) * n >> 32);
}

static bool chance(uint32_t percent)
{
	return below(100) < percent;
}

/* ---- what happens ---- */

static struct held *find_held(tl_session id)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (id.id && world.sessions[i].id.id == id.id)
			return &world.sessions[i];
	return NULL;
}

static void hold(tl_session id, tl_client client)
{
	for (size_t i = 0; i < SESSIONS; i++) {
		if (world.sessions[i].id.id)
			continue;
		world.sessions[i] = (struct held){.id = id, .client = client};
		return;
	}
	if (tl_session_release(world.rig.ctx, id, TL_RELEASE_DROP) < 0)
		fail("a new session cannot be released", id.id);
}

static void accept_op(uint64_t id, tl_client client)
{
	if (world.n_ops == OPS)
		fail("too many operations for the simulation", id);
	world.ops[world.n_ops++] = (struct op){.id = id, .client = client};
}

static void on_op_done(const struct tl_event *event)
{
	uint64_t id = tl_event_get_op(event);

	for (size_t i = 0; i < world.n_ops; i++) {
		if (world.ops[i].id != id)
			continue;
		if (world.ops[i].done)
			fail("an operation completed twice", id);
		world.ops[i].done = true;
		return;
	}
	fail("an operation completed that nobody asked for", id);
}

static size_t modem_of(tl_line line)
{
	for (size_t i = 0; i < MODEMS; i++)
		if (world.rig.modems[i].line.id == line.id)
			return i;
	fail("an event of an unknown line", line.id);
}

/* IDLE must be true: the emulated line is on hook, unless its device is gone or it already has
 * another call. */
static void check_idle(const struct tl_event *event)
{
	size_t i = modem_of(tl_event_get_line(event));
	struct tl_line_info *info;

	if (tl_event_get_origin(event) == TL_ORIGIN_NONE)
		fail("IDLE without an origin", tl_event_get_call(event));
	if (tl_event_get_disconnect(event) == TL_DISCONNECT_NONE)
		fail("IDLE without a disconnect mode", tl_event_get_call(event));
	if (world.rig.modems[i].absent || tl_event_get_origin(event) == TL_ORIGIN_DEVICE_GONE)
		return;
	if (tl_line_get_info(world.rig.ctx, tl_event_get_line(event), &info) < 0)
		return;
	if (tl_line_info_call(info) == tl_event_get_call(event) && rig_is_off_hook(&world.rig, i))
		fail("IDLE while the line is off hook", tl_event_get_call(event));
	(void)tl_line_info_free(info);
}

static void on_call_state(const struct tl_event *event)
{
	struct held *held = find_held(tl_event_get_session(event));
	bool idle = tl_event_get_call_state(event) == TL_CALL_IDLE;

	if (idle)
		check_idle(event);
	if (!held)
		return;
	if (held->idle)
		fail("a state after IDLE", held->id.id);
	held->idle = idle;
}

static void on_event(const struct tl_event *event)
{
	switch (tl_event_get_type(event)) {
	case TL_EVENT_OP_DONE:
		on_op_done(event);
		break;
	case TL_EVENT_SESSION_NEW:
		hold(tl_event_get_session(event), tl_event_get_client(event));
		world.calls++;
		break;
	case TL_EVENT_CALL_STATE:
		on_call_state(event);
		break;
	case TL_EVENT_CALL_INFO:
	case TL_EVENT_RING:
	case TL_EVENT_LINE_STATE:
	case TL_EVENT_LOST:
		break;
	}
}

static bool fetch(void *user)
{
	struct tl_event *event;

	(void)user;
	while (tl_ctx_next_event(world.rig.ctx, &event) > 0) {
		on_event(event);
		(void)tl_event_free(event);
	}
	return false;
}

static void pass(uint64_t us)
{
	struct rig *rig = &world.rig;
	uint64_t end = rig->clock.now_us + us;

	(void)hal_loop_run_virtual(rig->ctx->loop, &rig->clock, end, fetch, NULL);
	(void)fetch(NULL);
	if (rig->clock.now_us < end)
		hal_clock_virtual_set(&rig->clock, end);
}

/* ---- what clients do ---- */

static tl_client any_client(void)
{
	return world.clients[below(CLIENTS)];
}

static tl_line any_line(void)
{
	return world.rig.modems[below(MODEMS)].line;
}

static struct held *any_held(void)
{
	for (uint32_t tries = 0; tries < 8; tries++) {
		struct held *held = &world.sessions[below(SESSIONS / 4)];

		if (held->id.id)
			return held;
	}
	return NULL;
}

static void do_dial(void)
{
	static const char *const numbers[] = {"101", "102", "103", "300", "201", "202", "999"};
	struct tl_dial_params *params = tl_dial_params_new();
	tl_client client = any_client();
	tl_session session;
	uint64_t op;

	if (!params)
		return;
	if (chance(20))
		tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	if (chance(20))
		tl_dial_params_set_timeout(params, 1 + below(20));
	if (chance(20))
		tl_dial_params_set_max_duration(params, 1 + below(20));
	if (tl_line_dial(world.rig.ctx, client, any_line(), numbers[below(7)], params, &session,
			 &op) == 0) {
		hold(session, client);
		accept_op(op, client);
		world.calls++;
	}
	(void)tl_dial_params_free(params);
}

static void do_answer(void)
{
	struct held *held = any_held();
	uint64_t op;

	if (held && tl_session_answer(world.rig.ctx, held->id,
				      chance(20) ? TL_MEDIA_VOICE : TL_MEDIA_DATA, &op) == 0)
		accept_op(op, held->client);
}

static void do_drop(void)
{
	struct held *held = any_held();
	uint64_t op;

	if (held &&
	    tl_session_drop(world.rig.ctx, held->id, chance(50) ? TL_DROP_USER : 0, &op) == 0)
		accept_op(op, held->client);
}

static void do_release(void)
{
	struct held *held = any_held();

	if (held &&
	    tl_session_release(world.rig.ctx, held->id, chance(50) ? TL_RELEASE_DROP : 0) == 0)
		held->id.id = 0;
}

static void do_join(void)
{
	tl_client client = any_client();
	tl_session session;

	if (tl_line_join(world.rig.ctx, client, any_line(),
			 chance(50) ? TL_PRIVILEGE_OWNER : TL_PRIVILEGE_MONITOR, &session) == 0)
		hold(session, client);
}

static void do_move(void)
{
	struct held *held = any_held();
	tl_client to = any_client();

	if (held && tl_session_move(world.rig.ctx, held->id, to) == 0)
		held->client = to;
}

static void do_open(void)
{
	(void)tl_line_open(world.rig.ctx, any_client(), any_line(),
			   (enum tl_privilege)below(TL_PRIVILEGE_COUNT), (int)below(3));
}

static void do_command(void)
{
	tl_client client = any_client();
	uint64_t op;

	if (tl_line_command(world.rig.ctx, client, any_line(), "AT+GMI", 0, &op) == 0)
		accept_op(op, client);
}

static void do_reset(void)
{
	tl_client client = any_client();
	uint64_t op;

	if (tl_line_reset(world.rig.ctx, client, any_line(), TL_RESET_SOFT, &op) == 0)
		accept_op(op, client);
}

static void forget_client(tl_client client)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (world.sessions[i].client.id == client.id)
			world.sessions[i].id.id = 0;
	/* Its requests went with it. */
	for (size_t i = 0; i < world.n_ops; i++)
		if (world.ops[i].client.id == client.id)
			world.ops[i].done = true;
}

static void do_die(void)
{
	uint32_t i = below(CLIENTS);
	tl_client client = world.clients[i];

	if (tl_client_close(world.rig.ctx, client) < 0)
		fail("a client cannot be closed", client.id);
	forget_client(client);
	world.starving = false;
	if (tl_client_new(world.rig.ctx, "simulated", &world.clients[i]) < 0)
		fail("no client", i);
}

/* ---- what the world does ---- */

static void do_fault(void)
{
	struct sim_fault fault = {.kind = (enum sim_fault_kind)below(SIM_FAULT_COUNT)};
	uint32_t i = below(MODEMS);
	static const uint32_t near[] = {999, 1000, 1001, 1999, 2000, 2001, 2999, 3000, 3001};

	if (chance(30))
		fault.after = below(6);
	if (chance(50))
		fault.ms = chance(50) ? near[below(9)] : 1 + below(5000);
	sim_modem_set_fault(world.rig.modems[i].sim, &fault);
	if (world.trace)
		(void)fprintf(stderr, "           modem %c: fault %s %u ms, after %u\n",
			      (char)('a' + i), sim_fault_name(fault.kind), fault.ms, fault.after);
	world.faults++;
}

static void do_heal(void)
{
	sim_modem_clear_faults(world.rig.modems[below(MODEMS)].sim);
}

static void do_unplug(void)
{
	uint32_t i = below(MODEMS);

	if (world.rig.modems[i].absent || !sim_modem_has_stream(world.rig.modems[i].sim))
		return;
	rig_unplug(&world.rig, i);
	world.faults++;
}

static void do_plug(void)
{
	rig_plug(&world.rig, below(MODEMS));
}

static void do_ring(void)
{
	(void)sim_exchange_ring(world.rig.modems[below(MODEMS)].sim, HAL_SLICE("5550000"));
}

static void do_clear(void)
{
	(void)sim_exchange_clear(world.rig.modems[below(MODEMS)].sim);
}

static void do_limits(void)
{
	struct rig_modem *modem = &world.rig.modems[below(MODEMS)];
	struct hal_stream_mem_limits limits = {
		.max_read = chance(50) ? 1 + below(8) : 0,
		.max_write = chance(50) ? 1 + below(8) : 0,
	};

	if (!modem->absent && sim_modem_has_stream(modem->sim))
		hal_stream_mem_set_limits(modem->stream, &limits);
}

static void do_wait(void)
{
	static const uint64_t scales_us[] = {1000, 100000, 2000000, 20000000};

	pass(below((uint32_t)scales_us[below(4)]));
}

static const struct {
	uint32_t weight;
	void (*fn)(void);
} actions[] = {
	{30, do_wait}, {12, do_dial}, {10, do_answer}, {10, do_drop},	{10, do_release},
	{3, do_join},  {2, do_move},  {4, do_open},    {2, do_command}, {1, do_reset},
	{2, do_die},   {4, do_fault}, {4, do_heal},    {2, do_unplug},	{4, do_plug},
	{4, do_ring},  {3, do_clear}, {2, do_limits},
};

static void act(void)
{
	uint32_t total = 0, choice;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		total += actions[i].weight;
	choice = below(total);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (choice < actions[i].weight) {
			actions[i].fn();
			return;
		}
		choice -= actions[i].weight;
	}
}

/* ---- a life ---- */

static void begin(uint64_t seed)
{
	static const struct sim_number numbers[] = {
		{.pattern = "201", .service = SIM_SERVICE_BUSY},
		{.pattern = "202", .service = SIM_SERVICE_SILENT},
	};
	struct rig_options options;

	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.trace = getenv("RIG_TRACE") != NULL;
	world.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	options = (struct rig_options){
		.modems = MODEMS,
		.without_lines = chance(50),
		.voice = chance(50),
		.no_diagnostics = chance(30),
		.online_error = chance(20),
	};
	world.starves = chance(25);
	rig_init_bare(&world.rig, &options);
	for (size_t i = 0; i < 2; i++)
		if (sim_exchange_add_number(world.rig.exchange, &numbers[i]) < 0)
			fail("no number", i);
	for (size_t i = 0; i < MODEMS; i++)
		(void)rig_add_line(&world.rig, i, NULL, NULL);
	for (size_t i = 0; i < CLIENTS; i++)
		if (tl_client_new(world.rig.ctx, "simulated", &world.clients[i]) < 0)
			fail("no client", i);
}

static void expect_zero(enum tl_count count)
{
	uint64_t n = tl_ctx_get_count(world.rig.ctx, count);

	if (n != 0)
		fail(tl_count_name(count), n);
}

/* Everything is mended and everybody leaves: nothing may be left. */
static void end(void)
{
	struct rig *rig = &world.rig;

	for (size_t i = 0; i < MODEMS; i++) {
		sim_modem_clear_faults(rig->modems[i].sim);
		(void)sim_exchange_clear(rig->modems[i].sim);
		rig->modems[i].absent = false;
	}
	pass(UINT64_C(400) * HAL_USEC_PER_SEC);
	for (size_t i = 0; i < CLIENTS; i++) {
		forget_client(world.clients[i]);
		if (tl_client_close(rig->ctx, world.clients[i]) < 0)
			fail("a client cannot be closed at the end", i);
	}
	for (size_t i = 0; i < MODEMS; i++)
		(void)sim_exchange_clear(rig->modems[i].sim);
	pass(UINT64_C(400) * HAL_USEC_PER_SEC);
	for (size_t i = 0; i < world.n_ops; i++)
		if (!world.ops[i].done)
			fail("an operation never completed", world.ops[i].id);
	expect_zero(TL_COUNT_CALLS);
	expect_zero(TL_COUNT_SESSIONS);
	expect_zero(TL_COUNT_REQUESTS);
	expect_zero(TL_COUNT_EVENTS);
	expect_zero(TL_COUNT_OFF_HOOK);
	for (size_t i = 0; i < MODEMS; i++) {
		if (rig_line_state(rig, rig->modems[i].line) != TL_LINE_READY)
			fail("a line did not come back", i);
		if (rig_is_off_hook(rig, i))
			fail("a modem is off hook", i);
	}
	rig_fini(rig);
}

static void live(uint64_t seed, uint64_t steps)
{
	begin(seed);
	for (world.steps = 0; world.steps < steps; world.steps++) {
		world.starving = world.starves;
		act();
		pass(0);
		world.starving = false;
	}
	end();
}

static uint64_t number(const char *text)
{
	uint64_t value;

	if (hal_slice_u64(hal_slice_str(text), 10, UINT64_MAX, &value) < 0) {
		(void)fprintf(stderr, "simulate: '%s' is no number\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seeds", required_argument, NULL, 'n'},
		{"first", required_argument, NULL, 'f'},
		{"steps", required_argument, NULL, 's'},
		{"trace", no_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	uint64_t seeds = 1000, first = 1, steps = 200, calls = 0, faults = 0;
	clock_t started = clock();
	double seconds;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			seeds = number(optarg);
		else if (c == 'f')
			first = number(optarg);
		else if (c == 's')
			steps = number(optarg);
		else if (c == 't')
			(void)setenv("RIG_TRACE", "1", 1);
		else
			return 2;
	}
	for (uint64_t i = 0; i < seeds; i++) {
		live(first + i, steps);
		calls += world.calls;
		faults += world.faults;
	}
	seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
	(void)printf("%" PRIu64 " seeds, %" PRIu64 " calls, %" PRIu64
		     " faults injected, %.0f calls/s\n",
		     seeds, calls, faults, (double)calls / seconds);
	return 0;
}
