/* SPDX-License-Identifier: MIT */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

/* Limits of time on a call: each is announced, and the one that is reached first ends it, origin
 * "timeout". */

#include <trunkline/session.h>

#include "hal/loop.h"

struct core_call;

struct core_limits {
	uint32_t seconds[TL_LIMIT_COUNT]; /* 0: none */
	struct hal_timer duration, inactivity;
	uint64_t started_us; /* 0: not running */
	uint64_t active_us;  /* when bytes were last seen */
	bool announced[TL_LIMIT_COUNT];
};

void core_limit_init(struct core_call *call);
/* The time begins to run; once. */
void core_limit_start(struct core_call *call);
void core_limit_stop(struct core_call *call);
/* Holds at once, counted from the start. */
void core_limit_set(struct core_call *call, enum tl_limit limit, uint32_t seconds);
/* Bytes have been seen. */
void core_limit_touch(struct core_call *call);

#endif
