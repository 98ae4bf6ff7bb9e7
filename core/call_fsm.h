/* SPDX-License-Identifier: MIT */
#ifndef CORE_CALL_FSM_H
#define CORE_CALL_FSM_H

/*
 * The life of a call as one table: state × event → next state and what is stamped into the record.
 * Devices lie: an event that the table does not allow is ignored by the caller (and logged), never
 * asserted. docs/STATE-MACHINES.md is printed from this table.
 */

#include <trunkline/session.h>

#include "core/driver.h"

/* No moment to stamp. */
#define CORE_MOMENT_NONE TL_MOMENT_COUNT

struct core_call_move {
	bool allowed;
	enum tl_call_state next;
	unsigned int moment; /* enum tl_moment or CORE_MOMENT_NONE */
};

struct core_call_move core_call_fsm(enum tl_call_state state, enum core_call_event event);
/* "connect", "end" … for logs and the picture. */
const char *core_call_event_name(enum core_call_event event);

#endif
