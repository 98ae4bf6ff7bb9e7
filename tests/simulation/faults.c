/* SPDX-License-Identifier: MIT */
/* What happens to modems, streams and calls without anybody's wish; races; ambushes. */
#include <string.h>

#include "drivers/v250/v250.h"
#include "hal/stream_mem.h"
#include "tests/simulation/actions.h"
#include "tests/simulation/random.h"

/* All that the driver and the queue wait for. */
static const uint32_t timeouts_ms[] = {
	V250_LOCAL_MS,	    V250_HOOK_MS,	V250_ABORT_MS,
	V250_GUARD_MS,	    V250_ESCAPE_MS,	V250_ATO_MS,
	V250_ATO_PROMPT_MS, V250_DTR_LOW_MS,	V250_DCD_MS,
	V250_REOPEN_MS,	    V250_DIAL_SLACK_MS, V250_LINES_POLL_MS,
	AT_RESYNC_QUIET_MS, AT_RESYNC_PROBE_MS, 125, /* V.250 §5.6.1 */
};

static uint32_t below(struct world *world, uint32_t n)
{
	return random_below(&world->random, n);
}

static bool chance(struct world *world, uint32_t percent)
{
	return below(world, 100) < percent;
}

static struct rig_modem *modem(struct world *world, size_t i)
{
	return &world->rig.modems[i];
}

/* A time-out, or a little more or less. */
static uint32_t near_timeout_ms(struct world *world)
{
	size_t n = sizeof(timeouts_ms) / sizeof(timeouts_ms[0]);

	return timeouts_ms[below(world, (uint32_t)n)] - 1 + below(world, 3);
}

static void wait_some(struct world *world)
{
	static const uint32_t scales_us[] = {1000, 100000, 2000000, 20000000};
	uint64_t us = below(world, scales_us[below(world, 4)]);

	if (chance(world, 20))
		us = near_timeout_ms(world) * HAL_USEC_PER_MSEC - 1 + below(world, 3);
	world_say(world, "wait %" PRIu64 " us", us);
	world_pass(world, us);
}

static void fault(struct world *world)
{
	struct sim_fault fault = {.kind = (enum sim_fault_kind)below(world, SIM_FAULT_COUNT)};
	uint32_t i = below(world, WORLD_MODEMS);

	if (chance(world, 30))
		fault.after = below(world, 6);
	if (chance(world, 50))
		fault.ms = chance(world, 70) ? near_timeout_ms(world) : 1 + below(world, 5000);
	world_say(world, "fault on %c: %s %u ms, after %u", world_name(i),
		  sim_fault_name(fault.kind), fault.ms, fault.after);
	sim_modem_set_fault(modem(world, i)->sim, &fault);
	world->faulted[i] = true;
	world->suspect[i] = true;
	world->faults++;
}

static void heal(struct world *world)
{
	size_t i = below(world, WORLD_MODEMS);

	for (size_t n = 0; n < WORLD_MODEMS && !world->faulted[i]; n++)
		i = (i + 1) % WORLD_MODEMS;
	world_say(world, "%c is well again", world_name(i));
	sim_modem_clear_faults(modem(world, i)->sim);
	world->faulted[i] = false;
}

static void unplug(struct world *world, size_t i)
{
	if (modem(world, i)->absent || !sim_modem_has_stream(modem(world, i)->sim))
		return;
	world_say(world, "unplug %c", world_name(i));
	rig_unplug(&world->rig, i);
	world->suspect[i] = true;
	world->faults++;
}

static void unplug_any(struct world *world)
{
	unplug(world, below(world, WORLD_MODEMS));
}

static void plug(struct world *world)
{
	size_t i = below(world, WORLD_MODEMS);

	for (size_t n = 0; n < WORLD_MODEMS && !modem(world, i)->absent; n++)
		i = (i + 1) % WORLD_MODEMS;
	world_say(world, "plug %c", world_name(i));
	rig_plug(&world->rig, i);
}

static void ring(struct world *world, size_t i)
{
	world_say(world, "a stranger calls %c", world_name(i));
	(void)sim_exchange_ring(modem(world, i)->sim, HAL_SLICE("5550000"));
}

static void ring_any(struct world *world)
{
	ring(world, below(world, WORLD_MODEMS));
}

static void clear(struct world *world, size_t i)
{
	world_say(world, "the far end of %c hangs up", world_name(i));
	(void)sim_exchange_clear(modem(world, i)->sim);
}

static void clear_any(struct world *world)
{
	clear(world, below(world, WORLD_MODEMS));
}

/* Bytes come and go a few at a time from now on. */
static void limit(struct world *world)
{
	uint32_t i = below(world, WORLD_MODEMS);
	struct hal_stream_mem_limits limits = {
		.max_read = chance(world, 50) ? 1 + below(world, 8) : 0,
		.max_write = chance(world, 50) ? 1 + below(world, 8) : 0,
	};

	if (modem(world, i)->absent || !sim_modem_has_stream(modem(world, i)->sim))
		return;
	world_say(world, "%c reads %zu and writes %zu bytes at once", world_name(i),
		  limits.max_read, limits.max_write);
	hal_stream_mem_set_limits(modem(world, i)->stream, &limits);
}

/* Two things on one line, one right after the other, in both orders. */
static void race(struct world *world)
{
	static void (*const pairs[][2])(struct world * world, size_t modem) = {
		{client_drop, clear},  {client_dial, ring},	   {client_answer, clear},
		{client_drop, unplug}, {client_release, clear},	   {client_die, clear},
		{client_die, unplug},  {client_answer, unplug},	   {client_answer, client_drop},
		{client_drop, ring},   {client_dial, client_drop},
	};
	uint32_t i = below(world, WORLD_MODEMS);
	uint32_t pair = below(world, sizeof(pairs) / sizeof(pairs[0]));
	bool swapped = chance(world, 50);
	uint32_t gap_us = chance(world, 50) ? below(world, 3000) : 0;

	pairs[pair][swapped](world, i);
	if (chance(world, 70))
		world_pass(world, gap_us);
	pairs[pair][!swapped](world, i);
	world->faults++;
}

/* ---- in the middle of other things ---- */

static void ambush_unplug(struct world *world)
{
	unplug_any(world);
}

static void ambush_die(struct world *world)
{
	client_die(world, WORLD_MODEMS);
}

static void ambush_drop(struct world *world)
{
	client_drop(world, WORLD_MODEMS);
}

static void ambush_release(struct world *world)
{
	client_release(world, WORLD_MODEMS);
}

static void ambush_answer(struct world *world)
{
	client_answer(world, WORLD_MODEMS);
}

/* While an event is handled, or after so many turns of the loop: at any byte, with limits set. */
static void ambush(struct world *world)
{
	static const struct {
		const char *name;
		void (*fn)(struct world *world);
	} deeds[] = {
		{"unplug", ambush_unplug},   {"die", ambush_die},	{"drop", ambush_drop},
		{"release", ambush_release}, {"answer", ambush_answer}, {"hang up", clear_any},
		{"ring", ring_any},
	};
	uint32_t deed = below(world, sizeof(deeds) / sizeof(deeds[0]));
	bool in_events = chance(world, 40);

	world->ambush = (struct world_ambush){
		.events = in_events ? 1 + below(world, 8) : 0,
		.turns = in_events ? 0 : 1 + below(world, 100),
		.random = random_seed(random_next(&world->random)),
		.fn = deeds[deed].fn,
	};
	world_say(world, "%s after %u events or %u turns", deeds[deed].name, world->ambush.events,
		  world->ambush.turns);
}

const struct action fault_actions[] = {
	{"wait", 34, wait_some},   {"fault", 4, fault}, {"heal", 5, heal},
	{"unplug", 2, unplug_any}, {"plug", 6, plug},	{"ring", 8, ring_any},
	{"clear", 6, clear_any},   {"limit", 2, limit}, {"race", 6, race},
	{"ambush", 4, ambush},	   {NULL, 0, NULL},
};
