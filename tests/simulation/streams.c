/* SPDX-License-Identifier: MIT */
/* What clients do with the bytes of calls, at any moment and in any state. */
#include <errno.h>
#include <string.h>

#include "tests/simulation/actions.h"
#include "tests/simulation/random.h"

static uint32_t below(struct world *world, uint32_t n)
{
	return random_below(&world->random, n);
}

/* One that may be attached, if there is one. */
static struct world_held *pick(struct world *world)
{
	uint32_t first = below(world, WORLD_SLOTS);

	for (uint32_t i = 0; i < WORLD_SLOTS; i++) {
		struct world_held *held = &world->held[(first + i) % WORLD_SLOTS];

		if (held->id.id)
			return held;
	}
	return NULL;
}

void client_attach(struct world *world)
{
	struct world_held *held = pick(world);
	bool attaches = below(world, 100) < 80;
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	if (attaches)
		r = tl_session_attach(world->rig.ctx, held->id);
	else
		r = tl_session_detach(world->rig.ctx, held->id);
	world_say(world, "%s %" PRIx64 ": %d", attaches ? "attach" : "detach", held->id.id, r);
	if (attaches)
		model_attach(m, held->id, r);
}

/* Words of modems are among the data. */
static ssize_t write_some(struct world *world, tl_session session)
{
	static const char words[] = "abc\r\nNO CARRIER\r\n\r\nRING\r\n+++ATH\r\r\nOK\r\n+++";
	char data[2048];
	uint32_t n = 1 + below(world, below(world, 2) ? sizeof(words) - 1 : sizeof(data));

	for (uint32_t i = 0; i < n; i++)
		data[i] = words[i % (sizeof(words) - 1)];
	return tl_session_write(world->rig.ctx, session, data, n);
}

static void transfer(struct world *world, struct world_held *held)
{
	struct model *m = world_model(world);
	bool reads = below(world, 2);
	char data[2048];
	ssize_t n;

	if (reads)
		n = tl_session_read(world->rig.ctx, held->id, data, 1 + below(world, sizeof(data)));
	else
		n = write_some(world, held->id);
	world_say(world, "%s %" PRIx64 ": %d", reads ? "read" : "write", held->id.id, (int)n);
	model_transfer(m, held->id, reads, n);
}

/* All that are attached; the others are told that they are not. */
void client_transfer(struct world *world)
{
	for (uint32_t i = 0; i < WORLD_SLOTS; i++)
		if (world->held[i].id.id)
			transfer(world, &world->held[i]);
}

void client_change_mode(struct world *world)
{
	struct world_held *held = pick(world);
	struct model *m = world_model(world);
	bool escapes = below(world, 2);
	uint64_t op = 0;
	int r;

	if (!held)
		return;
	if (below(world, 4) == 0) {
		r = tl_session_send_break(world->rig.ctx, held->id, 1 + below(world, 1000));
		world_say(world, "break %" PRIx64 ": %d", held->id.id, r);
		return;
	}
	if (escapes)
		r = tl_session_escape(world->rig.ctx, held->id, &op);
	else
		r = tl_session_resume(world->rig.ctx, held->id, &op);
	world_say(world, "%s %" PRIx64 ": %d", escapes ? "escape" : "resume", held->id.id, r);
	model_change_mode(m, held->id, r, op);
}
