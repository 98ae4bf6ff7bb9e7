/* SPDX-License-Identifier: MIT */
#include "core/session_rules.h"

#include <errno.h>

/*
 * Sources: TAPI's rules for lineAnswer, lineAccept, lineDrop, lineDeallocateCall (API < 2.0: the
 * only owner of a live call may not leave it), lineHandoff, lineSetCallPrivilege, lineHold and
 * lineUnhold. Ownership that somebody has is never taken, only handed over.
 */
#define YES 0
#define PRM (-EPERM)
#define INV (-EINVAL)
#define NOC (-ENOTCONN)
#define ALR (-EALREADY)
#define BSY (-EBUSY)

/* clang-format off */
static const int rules[CORE_ROLE_COUNT][TL_CALL_STATE_COUNT][CORE_OP_COUNT] = {
[CORE_ROLE_MONITOR] = {
/*				 answer accept drop  rel.  hand  take  give  limit hold  unh.  att. */
[TL_CALL_IDLE]               = { PRM,   PRM,   PRM,   YES,   PRM,   NOC,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_OFFERING]           = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ACCEPTED]           = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_DIALTONE]           = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_DIALING]            = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_PROCEEDING]         = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_RINGBACK]           = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_BUSY]               = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_SPECIALINFO]        = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_CONNECTED]          = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ONHOLD]             = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_CONFERENCED]        = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ONHOLDPENDCONF]     = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ONHOLDPENDTRANSFER] = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_DISCONNECTED]       = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_UNKNOWN]            = { PRM,   PRM,   PRM,   YES,   PRM,   PRM,   ALR,   PRM,   PRM,   PRM,   PRM  },
},
[CORE_ROLE_LONE_MONITOR] = {
/*				 answer accept drop  rel.  hand  take  give  limit hold  unh.  att. */
[TL_CALL_IDLE]               = { PRM,   PRM,   PRM,   YES,   PRM,   NOC,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_OFFERING]           = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ACCEPTED]           = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_DIALTONE]           = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_DIALING]            = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_PROCEEDING]         = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_RINGBACK]           = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_BUSY]               = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_SPECIALINFO]        = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_CONNECTED]          = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ONHOLD]             = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_CONFERENCED]        = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ONHOLDPENDCONF]     = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_ONHOLDPENDTRANSFER] = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_DISCONNECTED]       = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
[TL_CALL_UNKNOWN]            = { PRM,   PRM,   PRM,   YES,   PRM,   YES,   ALR,   PRM,   PRM,   PRM,   PRM  },
},
[CORE_ROLE_OWNER] = {
/*				 answer accept drop  rel.  hand  take  give  limit hold  unh.  att. */
[TL_CALL_IDLE]               = { NOC,   NOC,   ALR,   YES,   NOC,   ALR,   YES,   NOC,   NOC,   NOC,   NOC  },
[TL_CALL_OFFERING]           = { YES,   YES,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_ACCEPTED]           = { YES,   ALR,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_DIALTONE]           = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_DIALING]            = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_PROCEEDING]         = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_RINGBACK]           = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_BUSY]               = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_SPECIALINFO]        = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_CONNECTED]          = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   YES,   ALR,   YES  },
[TL_CALL_ONHOLD]             = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   ALR,   YES,   YES  },
[TL_CALL_CONFERENCED]        = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
[TL_CALL_ONHOLDPENDCONF]     = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   ALR,   YES,   YES  },
[TL_CALL_ONHOLDPENDTRANSFER] = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   ALR,   YES,   YES  },
[TL_CALL_DISCONNECTED]       = { NOC,   NOC,   YES,   YES,   YES,   ALR,   YES,   NOC,   NOC,   NOC,   NOC  },
[TL_CALL_UNKNOWN]            = { INV,   INV,   YES,   YES,   YES,   ALR,   YES,   YES,   INV,   INV,   YES  },
},
[CORE_ROLE_SOLE_OWNER] = {
/*				 answer accept drop  rel.  hand  take  give  limit hold  unh.  att. */
[TL_CALL_IDLE]               = { NOC,   NOC,   ALR,   YES,   NOC,   ALR,   YES,   NOC,   NOC,   NOC,   NOC  },
[TL_CALL_OFFERING]           = { YES,   YES,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_ACCEPTED]           = { YES,   ALR,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_DIALTONE]           = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_DIALING]            = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_PROCEEDING]         = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_RINGBACK]           = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_BUSY]               = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_SPECIALINFO]        = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_CONNECTED]          = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   YES,   ALR,   YES  },
[TL_CALL_ONHOLD]             = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   ALR,   YES,   YES  },
[TL_CALL_CONFERENCED]        = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
[TL_CALL_ONHOLDPENDCONF]     = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   ALR,   YES,   YES  },
[TL_CALL_ONHOLDPENDTRANSFER] = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   ALR,   YES,   YES  },
[TL_CALL_DISCONNECTED]       = { NOC,   NOC,   YES,   BSY,   YES,   ALR,   BSY,   NOC,   NOC,   NOC,   NOC  },
[TL_CALL_UNKNOWN]            = { INV,   INV,   YES,   BSY,   YES,   ALR,   BSY,   YES,   INV,   INV,   YES  },
},
};
/* clang-format on */

static const char *const op_names[CORE_OP_COUNT] = {
	[CORE_OP_ANSWER] = "answer",   [CORE_OP_ACCEPT] = "accept",	[CORE_OP_DROP] = "drop",
	[CORE_OP_RELEASE] = "release", [CORE_OP_HAND_OFF] = "hand-off", [CORE_OP_TAKE] = "take",
	[CORE_OP_GIVE_UP] = "give-up", [CORE_OP_LIMIT] = "limit",	[CORE_OP_HOLD] = "hold",
	[CORE_OP_UNHOLD] = "unhold",   [CORE_OP_ATTACH] = "attach",
};

static const char *const role_names[CORE_ROLE_COUNT] = {
	[CORE_ROLE_MONITOR] = "monitor",
	[CORE_ROLE_LONE_MONITOR] = "monitor of an unowned call",
	[CORE_ROLE_OWNER] = "one of several owners",
	[CORE_ROLE_SOLE_OWNER] = "only owner",
};

int core_session_rule(enum core_role role, enum tl_call_state state, enum core_op op)
{
	return rules[role][state][op];
}

const char *core_op_name(enum core_op op)
{
	return op_names[op];
}

const char *core_role_name(enum core_role role)
{
	return role_names[role];
}
