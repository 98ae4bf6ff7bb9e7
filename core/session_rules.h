/* SPDX-License-Identifier: MIT */
#ifndef CORE_SESSION_RULES_H
#define CORE_SESSION_RULES_H

/* What a holder of a session may do: state × operation × role, as a table. */

#include <trunkline/types.h>

enum core_op {
	CORE_OP_ANSWER,
	CORE_OP_ACCEPT,
	CORE_OP_DROP,
	CORE_OP_RELEASE,
	CORE_OP_HAND_OFF, /* make another client an owner */
	CORE_OP_TAKE,	  /* become an owner */
	CORE_OP_GIVE_UP,  /* become a monitor */
	CORE_OP_LIMIT,	  /* set a limit of time */
	CORE_OP_HOLD,
	CORE_OP_UNHOLD,
	CORE_OP_ATTACH, /* have the call's bytes */
};
#define CORE_OP_COUNT 11

/* A privilege, and whether it is the only one of its kind that counts. */
enum core_role {
	CORE_ROLE_MONITOR,	/* somebody else owns the call */
	CORE_ROLE_LONE_MONITOR, /* nobody does */
	CORE_ROLE_OWNER,	/* one of several */
	CORE_ROLE_SOLE_OWNER,
};
#define CORE_ROLE_COUNT 4

/* A call that is over has the row of IDLE, whatever its state. @return 0 allowed, or the error */
int core_session_rule(enum core_role role, enum tl_call_state state, enum core_op op);

/* Stable, for people; static. */
const char *core_op_name(enum core_op op);
const char *core_role_name(enum core_role role);

#endif
