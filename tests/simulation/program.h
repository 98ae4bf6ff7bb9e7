/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIMULATION_PROGRAM_H
#define TESTS_SIMULATION_PROGRAM_H

/*
 * A random program: steps that a seed decides on before anything happens. Each step has random
 * numbers of its own, so that the others remain what they are when some are left out.
 */

#include "tests/simulation/world.h"

#define PROGRAM_STEPS_MAX 4096

struct program_step {
	uint32_t index;
	uint32_t action;
	uint64_t random;
};

struct program {
	uint64_t seed;
	size_t n;
	struct program_step steps[PROGRAM_STEPS_MAX];
};

/* n <= PROGRAM_STEPS_MAX */
void program_make(struct program *program, uint64_t seed, size_t n);
/* A whole life: begin, the steps, end. */
void program_run(const struct program *program, struct world *world);

#endif
