/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

/*
 * One life: the rig with three modems, four clients and what they hold, the reference model beside
 * it, and what must always hold. Everything that happens is decided by the seed and the steps.
 */

#include <inttypes.h>

#include "tests/scenario/rig.h"
#include "tests/simulation/model.h"

#define WORLD_MODEMS  3
#define WORLD_CLIENTS 4
#define WORLD_SLOTS   16
#define WORLD_STALE   8

struct world_held {
	tl_session id; /* 0: free */
	tl_client client;
	tl_line line;
};

/* Something that is to happen in the middle of other things. */
struct world;

struct world_ambush {
	uint32_t events; /* when so many events have been fetched; 0: not set */
	uint32_t turns;	 /* when the loop has turned so often; 0: not set */
	uint64_t random;
	void (*fn)(struct world *world);
};

struct world {
	struct rig rig;
	struct model model;
	tl_client clients[WORLD_CLIENTS];
	struct world_held held[WORLD_SLOTS];
	uint64_t stale[WORLD_STALE]; /* released sessions */
	uint64_t random;	     /* of the present step */
	uint64_t step;
	uint64_t hash; /* of all events */
	uint64_t calls, faults;
	int64_t blocks;		    /* allocated before the life */
	bool suspect[WORLD_MODEMS]; /* FAULTY would be no surprise */
	bool faulted[WORLD_MODEMS]; /* a fault is set */
	bool starves;		    /* in this life allocations fail now and then */
	bool starving;		    /* now */
	bool stirred;		    /* something has happened since the last check */
	bool says;		    /* print what happens */
	bool traces;		    /* print events, too */
	uint32_t tokens, released, replaced;
	struct world_ambush ambush;
	/* Ends the life; does not return. */
	void (*fail)(struct world *world, const char *what, uint64_t value);
};

void world_begin(struct world *world, uint64_t seed);
/* Let time pass, and fetch the events. */
void world_pass(struct world *world, uint64_t us);
/* After each step: does everything hold? */
void world_check(struct world *world);
/* Everything is mended and everybody leaves: nothing may be left. */
void world_end(struct world *world);

void world_hold(struct world *world, tl_session id, tl_client client, tl_line line);
void world_forget(struct world *world, struct world_held *held);
/* Before a call of the API: the model must know whether it is up to date. */
struct model *world_model(struct world *world);
void world_close_client(struct world *world, size_t index);
/* What happens now, for people. */
void world_say(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline char world_name(size_t modem)
{
	return (char)('a' + modem);
}

#endif
