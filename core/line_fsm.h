/* SPDX-License-Identifier: MIT */
#ifndef CORE_LINE_FSM_H
#define CORE_LINE_FSM_H

/*
 * Legal moves of a line as one table. A move that it does not have is logged and ignored: a driver
 * that tells of a modem being ready twice, or too late, changes nothing. Failure (FAULTY, ABSENT,
 * GONE) and a new attempt (OPENING) are legal from everywhere, so a line cannot get stuck.
 * docs/STATE-MACHINES.md is printed from this table.
 */

#include <trunkline/types.h>

/* @return true when a line in state from may go to state to; staying is no move */
bool core_line_fsm(enum tl_line_state from, enum tl_line_state to);

#endif
