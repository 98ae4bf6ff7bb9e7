/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIMULATION_ACTIONS_H
#define TESTS_SIMULATION_ACTIONS_H

/* What clients and the world can do in one step of a program. */

#include "tests/simulation/world.h"

struct action {
	const char *name;
	uint32_t weight;
	void (*fn)(struct world *world);
};

/* Of clients (clients.c) and of everything else (faults.c); both end with a NULL name. */
extern const struct action client_actions[];
extern const struct action fault_actions[];

/* ---- streams.c ---- */

void client_attach(struct world *world);
void client_transfer(struct world *world);
void client_change_mode(struct world *world);

/* ---- clients.c, for races ---- */

void client_dial(struct world *world, size_t modem);
void client_answer(struct world *world, size_t modem);
void client_drop(struct world *world, size_t modem);
void client_release(struct world *world, size_t modem);
void client_die(struct world *world, size_t modem);

#endif
