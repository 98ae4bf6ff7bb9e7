/* SPDX-License-Identifier: MIT */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

/* A client's hold on a call. */

#include <trunkline/session.h>

#include "core/call.h"
#include "core/client.h"
#include "core/session_rules.h"

struct core_session {
	struct hal_list of_client; /* core_client.sessions */
	struct hal_list of_call;   /* core_call.sessions */
	struct core_client *client;
	struct core_call *call;
	tl_session id;
	enum tl_privilege privilege;
	uint64_t since_us; /* its client has it since then */
	bool noticed;	   /* its end by age has been announced */
};

/* @return 0; -ENOSPC; -ENOMEM */
int core_session_new(struct core_client *client, struct core_call *call,
		     enum tl_privilege privilege, struct core_session **ret_session);
/* Give the identifier back; the call goes when it is over and this was its last session. */
void core_session_free(struct core_session *session);
int core_session_find(struct tl_ctx *ctx, tl_session id, struct core_session **ret_session);
struct core_session *core_session_of(const struct core_client *client,
				     const struct core_call *call);
/* May this session do op now? @return 0 or the error that the operation answers */
int core_session_may(const struct core_session *session, enum core_op op);
/* Without telling anybody. */
void core_session_set_privilege(struct core_session *session, enum tl_privilege privilege);
bool core_session_is_sole_owner(const struct core_session *session);
/* Bits of enum tl_feature. */
unsigned int core_session_features(const struct core_session *session);

#endif
