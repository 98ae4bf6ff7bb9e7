/* SPDX-License-Identifier: MIT */
#include "tests/simulation/program.h"

#include <string.h>

#include "tests/simulation/actions.h"
#include "tests/simulation/memory.h"
#include "tests/simulation/random.h"

static const struct action *const groups[] = {client_actions, fault_actions};

static uint32_t total_weight(void)
{
	uint32_t total = 0;

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct action *a = groups[g]; a->name; a++)
			total += a->weight;
	return total;
}

/* The action that a number below the total weight stands for. */
static const struct action *action_of(uint32_t choice)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		for (const struct action *a = groups[g]; a->name; a++) {
			if (choice < a->weight)
				return a;
			choice -= a->weight;
		}
	}
	return &groups[0][0];
}

void program_make(struct program *program, uint64_t seed, size_t n)
{
	uint64_t random = random_seed(~seed);
	uint32_t total = total_weight();

	program->seed = seed;
	program->n = n;
	for (size_t i = 0; i < n; i++)
		program->steps[i] = (struct program_step){
			.index = (uint32_t)i,
			.action = random_below(&random, total),
			.random = random_next(&random) | 1,
		};
}

static void take_step(struct world *world, const struct program_step *step)
{
	uint64_t refused = memory_refused();

	world->step = step->index;
	world->random = step->random;
	world->starving = world->starves;
	if (world->starving)
		memory_starve(random_seed(step->random));
	action_of(step->action)->fn(world);
	world_pass(world, 0);
	memory_feed();
	for (size_t i = 0; i < WORLD_MODEMS && memory_refused() != refused; i++)
		world->suspect[i] = true;
	world_check(world);
	world->starving = false;
}

void program_run(const struct program *program, struct world *world)
{
	world_begin(world, program->seed);
	for (size_t i = 0; i < program->n; i++)
		take_step(world, &program->steps[i]);
	world->step = program->n ? program->steps[program->n - 1].index + 1 : 0;
	world_say(world, "everything is mended, everybody leaves");
	world_end(world);
}
