/* SPDX-License-Identifier: MIT */
/* What clients do: random calls of the API, each told to the model with its result. */
#include "tests/simulation/actions.h"

#include <errno.h>
#include <stdio.h>

#include "tests/simulation/memory.h"
#include "tests/simulation/random.h"

static uint32_t below(struct world *world, uint32_t n)
{
	return random_below(&world->random, n);
}

static bool chance(struct world *world, uint32_t percent)
{
	return below(world, 100) < percent;
}

static tl_client any_client(struct world *world)
{
	return world->clients[below(world, WORLD_CLIENTS)];
}

static size_t any_modem(struct world *world)
{
	return below(world, WORLD_MODEMS);
}

/* A session, if there is one; of the modem's line unless it is WORLD_MODEMS. */
static struct world_held *pick(struct world *world, size_t modem)
{
	uint32_t first = below(world, WORLD_SLOTS);

	for (uint32_t i = 0; i < WORLD_SLOTS; i++) {
		struct world_held *held = &world->held[(first + i) % WORLD_SLOTS];

		if (held->id.id &&
		    (modem == WORLD_MODEMS || held->line.id == world->rig.modems[modem].line.id))
			return held;
	}
	return NULL;
}

static tl_line line_of(const struct world *world, size_t modem)
{
	return world->rig.modems[modem].line;
}

/* ---- sessions ---- */

static struct tl_dial_params *make_params(struct world *world, bool *ret_limited)
{
	struct tl_dial_params *params = tl_dial_params_new();
	bool limited = chance(world, 20);

	if (!params)
		return NULL;
	if (chance(world, 20))
		tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	if (chance(world, 20))
		tl_dial_params_set_timeout(params, 1 + below(world, 20));
	if (limited && chance(world, 50))
		tl_dial_params_set_inactivity(params, 1 + below(world, 20));
	else if (limited)
		tl_dial_params_set_max_duration(params, 1 + below(world, 20));
	*ret_limited = limited;
	return params;
}

/* Its number, which no event has told yet. */
static uint64_t call_of(struct world *world, tl_session session)
{
	struct tl_session_info *info;
	uint64_t call;
	int r;

	do
		r = tl_session_get_info(world->rig.ctx, session, &info);
	while (r == -ENOMEM && world->starving);
	if (r < 0)
		world->fail(world, "a new session without info", session.id);
	call = tl_session_info_call(info);
	(void)tl_session_info_free(info);
	return call;
}

void client_dial(struct world *world, size_t modem)
{
	static const char *const numbers[] = {"101", "102", "103", "300",
					      "300", "201", "202", "999"};
	const char *number = numbers[below(world, sizeof(numbers) / sizeof(numbers[0]))];
	tl_client client = any_client(world);
	struct model_dialled dialled = {0};
	struct tl_dial_params *params = make_params(world, &dialled.limited);
	struct model *m = world_model(world);
	int r;

	if (!params)
		return;
	r = tl_line_dial(world->rig.ctx, client, line_of(world, modem), number, params,
			 &dialled.session, &dialled.op);
	(void)tl_dial_params_free(params);
	world_say(world, "dial %s on %c: %d", number, world_name(modem), r);
	if (r == 0)
		dialled.call = call_of(world, dialled.session);
	/* A modem without voice, or one that is not known to have it. */
	if (r == -EOPNOTSUPP)
		return;
	model_dial(m, client, line_of(world, modem), r, &dialled);
	if (r < 0)
		return;
	world_hold(world, dialled.session, client, line_of(world, modem));
	world->calls++;
}

void client_answer(struct world *world, size_t modem)
{
	struct world_held *held = pick(world, modem);
	enum tl_media media = chance(world, 40) ? TL_MEDIA_VOICE : TL_MEDIA_DATA;
	struct model *m = world_model(world);
	uint64_t op;
	int r;

	if (!held)
		return;
	r = tl_session_answer(world->rig.ctx, held->id, media, &op);
	world_say(world, "answer %" PRIx64 ": %d", held->id.id, r);
	model_answer(m, held->id, r, op);
}

static void answer(struct world *world)
{
	client_answer(world, WORLD_MODEMS);
}

static void accept(struct world *world)
{
	struct world_held *held = pick(world, WORLD_MODEMS);
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	r = tl_session_accept(world->rig.ctx, held->id);
	world_say(world, "accept %" PRIx64 ": %d", held->id.id, r);
	model_accept(m, held->id, r);
}

void client_drop(struct world *world, size_t modem)
{
	struct world_held *held = pick(world, modem);
	unsigned int flags = below(world, 4); /* TL_DROP_USER, TL_DROP_DRAIN */
	struct model *m = world_model(world);
	uint64_t op;
	int r;

	if (!held)
		return;
	r = tl_session_drop(world->rig.ctx, held->id, flags, &op);
	world_say(world, "drop %" PRIx64 ": %d", held->id.id, r);
	model_drop(m, held->id, flags & TL_DROP_USER ? TL_ORIGIN_USER : TL_ORIGIN_APPLICATION, r,
		   op);
}

static void drop(struct world *world)
{
	client_drop(world, WORLD_MODEMS);
}

void client_release(struct world *world, size_t modem)
{
	struct world_held *held = pick(world, modem);
	unsigned int flags = chance(world, 50) ? TL_RELEASE_DROP : 0;
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	r = tl_session_release(world->rig.ctx, held->id, flags);
	world_say(world, "release%s %" PRIx64 ": %d", flags ? " and drop" : "", held->id.id, r);
	model_release(m, held->id, flags, r);
	if (r == 0)
		world_forget(world, held);
}

static void release(struct world *world)
{
	client_release(world, WORLD_MODEMS);
}

static void move(struct world *world)
{
	struct world_held *held = pick(world, WORLD_MODEMS);
	tl_client to = any_client(world);
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	r = tl_session_move(world->rig.ctx, held->id, to);
	world_say(world, "move %" PRIx64 " to %" PRIx64 ": %d", held->id.id, to.id, r);
	model_move(m, held->id, to, r);
	if (r == 0)
		held->client = to;
}

static void set_privilege(struct world *world)
{
	struct world_held *held = pick(world, WORLD_MODEMS);
	enum tl_privilege privilege = chance(world, 50) ? TL_PRIVILEGE_OWNER : TL_PRIVILEGE_MONITOR;
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	r = tl_session_set_privilege(world->rig.ctx, held->id, privilege);
	world_say(world, "make %" PRIx64 " %s: %d", held->id.id, tl_privilege_name(privilege), r);
	model_set_privilege(m, held->id, privilege, r);
}

static void hand_off(struct world *world)
{
	struct world_held *held = pick(world, WORLD_MODEMS);
	tl_client to = any_client(world);
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	r = tl_session_hand_off(world->rig.ctx, held->id, to);
	world_say(world, "hand %" PRIx64 " to %" PRIx64 ": %d", held->id.id, to.id, r);
	model_hand_off(m, held->id, to, r);
}

static void set_limit(struct world *world)
{
	struct world_held *held = pick(world, WORLD_MODEMS);
	enum tl_limit limit = (enum tl_limit)below(world, TL_LIMIT_COUNT);
	uint32_t seconds = below(world, 20);
	struct model *m = world_model(world);
	int r;

	if (!held)
		return;
	r = tl_session_set_limit(world->rig.ctx, held->id, limit, seconds);
	world_say(world, "limit %" PRIx64 " to %u s: %d", held->id.id, seconds, r);
	model_set_limit(m, held->id, seconds, r);
}

static bool offers(const struct world *world, tl_session id, unsigned int features)
{
	struct tl_session_info *info;
	bool offered;

	if (!id.id || tl_session_get_info(world->rig.ctx, id, &info) < 0)
		return false;
	offered = tl_session_info_features(info) & features;
	(void)tl_session_info_free(info);
	return offered;
}

/* Few calls can be held: mostly one that can, if there is one. */
static struct world_held *pick_to_hold(struct world *world, bool on)
{
	struct world_held *any = pick(world, WORLD_MODEMS);

	if (chance(world, 30))
		return any;
	for (uint32_t i = 0; i < WORLD_SLOTS; i++)
		if (offers(world, world->held[i].id, on ? TL_FEATURE_HOLD : TL_FEATURE_UNHOLD))
			return &world->held[i];
	return any;
}

static void hold(struct world *world)
{
	bool on = chance(world, 60);
	struct world_held *held = pick_to_hold(world, on);
	struct model *m = world_model(world);
	uint64_t op;
	int r;

	if (!held)
		return;
	if (on)
		r = tl_session_hold(world->rig.ctx, held->id, &op);
	else
		r = tl_session_unhold(world->rig.ctx, held->id, &op);
	world_say(world, "%s %" PRIx64 ": %d", on ? "hold" : "unhold", held->id.id, r);
	model_hold(m, held->id, on, r, op);
}

/* What was released stays stale, whatever lives in its slot now. */
static void try_stale(struct world *world)
{
	tl_session id = {world->stale[below(world, WORLD_STALE)]};
	struct tl_session_info *info;
	struct model *m = world_model(world);
	uint64_t op;

	if (!id.id)
		return;
	world_say(world, "use %" PRIx64 ", which is stale", id.id);
	model_drop(m, id, TL_ORIGIN_USER, tl_session_drop(world->rig.ctx, id, 0, &op), 0);
	model_answer(m, id, tl_session_answer(world->rig.ctx, id, TL_MEDIA_DATA, &op), 0);
	model_release(m, id, 0, tl_session_release(world->rig.ctx, id, 0));
	if (tl_session_get_info(world->rig.ctx, id, &info) != -ESTALE)
		world->fail(world, "the info of a stale session", id.id);
	id.id = world->clients[0].id;
	if (tl_session_drop(world->rig.ctx, id, 0, &op) != -EBADF)
		world->fail(world, "a client is no session", id.id);
}

/* ---- lines ---- */

static void dial(struct world *world)
{
	client_dial(world, any_modem(world));
}

static void join(struct world *world)
{
	enum tl_privilege privilege = chance(world, 50) ? TL_PRIVILEGE_OWNER : TL_PRIVILEGE_MONITOR;
	tl_line line = line_of(world, any_modem(world));
	tl_client client = any_client(world);
	struct model *m = world_model(world);
	struct model_joined joined = {0};
	int r;

	r = tl_line_join(world->rig.ctx, client, line, privilege, &joined.session);
	world_say(world, "join as %s: %d", tl_privilege_name(privilege), r);
	if (r == 0)
		joined.call = call_of(world, joined.session);
	model_join(m, client, line, privilege, r, &joined);
	if (r == 0)
		world_hold(world, joined.session, client, line);
}

static void open_line(struct world *world)
{
	const struct model_open open = {
		.client = any_client(world),
		.privilege = (enum tl_privilege)below(world, TL_PRIVILEGE_COUNT),
		.priority = (int)below(world, 3),
	};
	tl_line line = line_of(world, any_modem(world));
	struct model *m = world_model(world);
	int r;

	r = tl_line_open(world->rig.ctx, open.client, line, open.privilege, open.priority);
	world_say(world, "open as %s: %d", tl_privilege_name(open.privilege), r);
	model_open(m, &open, line, r);
}

static void close_line(struct world *world)
{
	tl_line line = line_of(world, any_modem(world));
	tl_client client = any_client(world);
	struct model *m = world_model(world);
	int r;

	r = tl_line_close(world->rig.ctx, client, line);
	world_say(world, "close: %d", r);
	model_close(m, client, line, r);
}

/* A register that only ',' in numbers uses carries a token there and back. */
static void command(struct world *world)
{
	tl_line line = line_of(world, any_modem(world));
	tl_client client = any_client(world);
	struct model *m = world_model(world);
	uint32_t token = ++world->tokens % 256;
	char text[16];
	uint64_t op;
	int r;

	(void)snprintf(text, sizeof(text), "ATS8=%uS8?", (unsigned int)token);
	r = tl_line_command(world->rig.ctx, client, line, text, 0, &op);
	world_say(world, "command %s: %d", text, r);
	model_command(m, client, line, token, r, op);
}

static void reset(struct world *world)
{
	tl_line line = line_of(world, any_modem(world));
	tl_client client = any_client(world);
	enum tl_reset kind = chance(world, 50) ? TL_RESET_SOFT : TL_RESET_HARD;
	struct model *m = world_model(world);
	uint64_t op;
	int r;

	r = tl_line_reset(world->rig.ctx, client, line, kind, &op);
	world_say(world, "%s reset: %d", kind == TL_RESET_SOFT ? "soft" : "hard", r);
	model_reset(m, client, line, r, op);
}

/* The line goes and comes back as another one; its records stay. */
static void replace_line(struct world *world)
{
	size_t modem = any_modem(world);
	tl_line line = line_of(world, modem);
	struct model *m = world_model(world);
	struct tl_line_info *info;

	if (++world->replaced > MODEL_LINES - WORLD_MODEMS)
		return;
	world_say(world, "take line %c away, and add it again", world_name(modem));
	world->suspect[modem] = true;
	if (tl_line_remove(world->rig.ctx, line) < 0)
		world->fail(world, "a line cannot be removed", line.id);
	model_remove_line(m, line);
	memory_feed();
	world_pass(world, 0);
	if (tl_line_get_info(world->rig.ctx, line, &info) != -ESTALE)
		world->fail(world, "the info of a line that is gone", line.id);
	line = rig_add_line(&world->rig, modem, NULL, NULL);
	model_add_line(m, line);
}

/* ---- clients ---- */

/* From now on it has a few sessions, and forgets the ended ones. */
static void keep(struct world *world)
{
	const struct model_client want = {
		.id = any_client(world),
		.most_sessions =
			chance(world, 50) ? 1 + below(world, 4) : TL_SESSIONS_PER_CLIENT_MAX,
		.max_age_s = chance(world, 70) ? TL_KEEP_AGE_MIN_S + below(world, 20) : 0,
	};
	struct model *m = world_model(world);
	int r;

	r = tl_client_set_keep(world->rig.ctx, want.id, want.most_sessions, want.max_age_s);
	world_say(world, "client %" PRIx64 " keeps %u sessions for %u s: %d", want.id.id,
		  want.most_sessions, want.max_age_s, r);
	model_set_keep(m, &want, r);
}

static void die(struct world *world)
{
	uint32_t i = below(world, WORLD_CLIENTS);

	world_say(world, "client %" PRIx64 " dies", world->clients[i].id);
	world_close_client(world, i);
}

void client_die(struct world *world, size_t modem)
{
	struct world_held *held = pick(world, modem);

	for (size_t i = 0; held && i < WORLD_CLIENTS; i++) {
		if (world->clients[i].id != held->client.id)
			continue;
		world_say(world, "client %" PRIx64 " dies", held->client.id);
		world_close_client(world, i);
		return;
	}
}

const struct action client_actions[] = {
	{"dial", 20, dial},
	{"answer", 12, answer},
	{"accept", 2, accept},
	{"hold", 8, hold},
	{"drop", 8, drop},
	{"release", 12, release},
	{"move", 2, move},
	{"hand-off", 3, hand_off},
	{"set-privilege", 3, set_privilege},
	{"set-limit", 2, set_limit},
	{"join", 4, join},
	{"open", 5, open_line},
	{"close", 1, close_line},
	{"command", 3, command},
	{"reset", 1, reset},
	{"keep", 1, keep},
	{"replace", 1, replace_line},
	{"attach", 8, client_attach},
	{"transfer", 10, client_transfer},
	{"change-mode", 3, client_change_mode},
	{"die", 2, die},
	{"stale", 1, try_stale},
	{NULL, 0, NULL},
};
