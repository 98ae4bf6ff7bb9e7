/* SPDX-License-Identifier: MIT */
#include "core/call_fsm.h"

/*
 * Cells: 0 is "not allowed", else next state + 1. Rows are states, columns events in the order of
 * enum core_call_event. Sources: LINECALLSTATE rules of TAPI (IDLE is terminal, a dropped call goes
 * IDLE, a DISCONNECTED call is cleared to IDLE, UNKNOWN and DISCONNECTED are reachable from every
 * live state).
 */
#define IDL (TL_CALL_IDLE + 1)
#define ACC (TL_CALL_ACCEPTED + 1)
#define DTN (TL_CALL_DIALTONE + 1)
#define DLG (TL_CALL_DIALING + 1)
#define PRO (TL_CALL_PROCEEDING + 1)
#define RBK (TL_CALL_RINGBACK + 1)
#define BSY (TL_CALL_BUSY + 1)
#define SIT (TL_CALL_SPECIALINFO + 1)
#define CON (TL_CALL_CONNECTED + 1)
#define HLD (TL_CALL_ONHOLD + 1)
#define CNF (TL_CALL_CONFERENCED + 1)
#define HPC (TL_CALL_ONHOLDPENDCONF + 1)
#define HPT (TL_CALL_ONHOLDPENDTRANSFER + 1)
#define DIS (TL_CALL_DISCONNECTED + 1)
#define UNK (TL_CALL_UNKNOWN + 1)

/* clang-format off */
static const uint8_t moves[TL_CALL_STATE_COUNT][CORE_CALL_EVENT_COUNT] = {
/*				 acc  dtn  dial proc rbk  busy sit  conn hold unh  hcnf htra join end  clr  lose */
[TL_CALL_IDLE]		     = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0   },
[TL_CALL_OFFERING]	     = { ACC, 0,   0,   0,   0,   0,   0,   CON, 0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_ACCEPTED]	     = { 0,   0,   0,   0,   0,   0,   0,   CON, 0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_DIALTONE]	     = { 0,   0,   DLG, PRO, RBK, BSY, SIT, CON, 0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_DIALING]	     = { 0,   DTN, 0,   PRO, RBK, BSY, SIT, CON, 0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_PROCEEDING]	     = { 0,   0,   0,   0,   RBK, BSY, SIT, CON, 0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_RINGBACK]	     = { 0,   0,   0,   0,   0,   BSY, SIT, CON, 0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_BUSY]		     = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_SPECIALINFO]	     = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_CONNECTED]	     = { 0,   0,   0,   0,   0,   0,   0,   0,   HLD, 0,   HPC, HPT, CNF, DIS, IDL, UNK },
[TL_CALL_ONHOLD]	     = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   CON, 0,   0,   CNF, DIS, IDL, UNK },
[TL_CALL_CONFERENCED]	     = { 0,   0,   0,   0,   0,   0,   0,   CON, HLD, 0,   0,   0,   0,   DIS, IDL, UNK },
[TL_CALL_ONHOLDPENDCONF]     = { 0,   0,   0,   0,   0,   0,   0,   0,   HLD, CON, 0,   0,   CNF, DIS, IDL, UNK },
[TL_CALL_ONHOLDPENDTRANSFER] = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   CON, 0,   0,   CNF, DIS, IDL, UNK },
[TL_CALL_DISCONNECTED]	     = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   IDL, UNK },
[TL_CALL_UNKNOWN]	     = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   DIS, IDL, 0   },
};
/* clang-format on */

static const uint8_t moments[CORE_CALL_EVENT_COUNT] = {
	[CORE_CALL_EVENT_ACCEPT] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_DIALTONE] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_DIAL] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_PROCEED] = TL_MOMENT_DIALED,
	[CORE_CALL_EVENT_RINGBACK] = TL_MOMENT_ALERTING,
	[CORE_CALL_EVENT_BUSY] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_SPECIALINFO] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_CONNECT] = TL_MOMENT_CONNECTED,
	[CORE_CALL_EVENT_HOLD] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_UNHOLD] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_HOLD_FOR_CONF] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_HOLD_FOR_TRANSFER] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_JOIN] = CORE_MOMENT_NONE,
	[CORE_CALL_EVENT_END] = TL_MOMENT_DISCONNECTED,
	[CORE_CALL_EVENT_CLEARED] = TL_MOMENT_IDLE,
	[CORE_CALL_EVENT_LOSE_TRACK] = CORE_MOMENT_NONE,
};

static const char *const names[CORE_CALL_EVENT_COUNT] = {
	[CORE_CALL_EVENT_ACCEPT] = "accept",
	[CORE_CALL_EVENT_DIALTONE] = "dialtone",
	[CORE_CALL_EVENT_DIAL] = "dial",
	[CORE_CALL_EVENT_PROCEED] = "proceed",
	[CORE_CALL_EVENT_RINGBACK] = "ringback",
	[CORE_CALL_EVENT_BUSY] = "busy",
	[CORE_CALL_EVENT_SPECIALINFO] = "specialinfo",
	[CORE_CALL_EVENT_CONNECT] = "connect",
	[CORE_CALL_EVENT_HOLD] = "hold",
	[CORE_CALL_EVENT_UNHOLD] = "unhold",
	[CORE_CALL_EVENT_HOLD_FOR_CONF] = "hold-for-conf",
	[CORE_CALL_EVENT_HOLD_FOR_TRANSFER] = "hold-for-transfer",
	[CORE_CALL_EVENT_JOIN] = "join",
	[CORE_CALL_EVENT_END] = "end",
	[CORE_CALL_EVENT_CLEARED] = "cleared",
	[CORE_CALL_EVENT_LOSE_TRACK] = "lose-track",
};

struct core_call_move core_call_fsm(enum tl_call_state state, enum core_call_event event)
{
	uint8_t cell = moves[state][event];

	if (!cell)
		return (struct core_call_move){.next = state, .moment = CORE_MOMENT_NONE};
	return (struct core_call_move){
		.allowed = true,
		.next = (enum tl_call_state)(cell - 1),
		.moment = moments[event],
	};
}

const char *core_call_event_name(enum core_call_event event)
{
	return names[event];
}
