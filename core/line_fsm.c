/* SPDX-License-Identifier: MIT */
#include "core/line_fsm.h"

#define ABS (1U << TL_LINE_ABSENT)
#define OPN (1U << TL_LINE_OPENING)
#define PRB (1U << TL_LINE_PROBING)
#define RDY (1U << TL_LINE_READY)
#define USE (1U << TL_LINE_IN_USE)
#define FLT (1U << TL_LINE_FAULTY)
#define GON (1U << TL_LINE_GONE)

/* clang-format off */
static const unsigned int moves[TL_LINE_STATE_COUNT] = {
	[TL_LINE_ABSENT]  = 0   | OPN | 0   | 0   | 0   | FLT | GON,
	[TL_LINE_OPENING] = ABS | 0   | PRB | 0   | 0   | FLT | GON,
	[TL_LINE_PROBING] = ABS | OPN | 0   | RDY | 0   | FLT | GON,
	[TL_LINE_READY]   = ABS | OPN | 0   | 0   | USE | FLT | GON,
	[TL_LINE_IN_USE]  = ABS | OPN | 0   | RDY | 0   | FLT | GON,
	[TL_LINE_FAULTY]  = ABS | OPN | 0   | 0   | 0   | 0   | GON,
	[TL_LINE_GONE]    = ABS | OPN | 0   | 0   | 0   | FLT | 0,
};
/* clang-format on */

bool core_line_fsm(enum tl_line_state from, enum tl_line_state to)
{
	return moves[from] & 1U << to;
}
