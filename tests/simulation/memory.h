/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIMULATION_MEMORY_H
#define TESTS_SIMULATION_MEMORY_H

/* Allocations that fail on purpose, and the balance of all of them (--wrap). */

#include <stdbool.h>
#include <stdint.h>

/* From now on one allocation in twenty fails, in an order that seed decides. */
void memory_starve(uint64_t seed);
void memory_feed(void);
/* How many were refused so far. */
uint64_t memory_refused(void);
/* Blocks allocated and not freed. */
int64_t memory_blocks(void);

#endif
