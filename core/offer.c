/* SPDX-License-Identifier: MIT */
#include "core/offer.h"

#include "core/event.h"
#include "core/line.h"
#include "core/session.h"

static bool has_room(const struct core_open *open, const struct core_call *call)
{
	return core_session_of(open->client, call) ||
	       open->client->n_sessions < open->client->max_sessions;
}

static struct core_open *best_owner(const struct core_call *call)
{
	struct core_open *open, *best = NULL;
	struct hal_list *node;

	hal_list_for_each (node, &call->line->opens) {
		open = HAL_CONTAINER_OF(node, struct core_open, of_line);
		if (open->privilege == TL_PRIVILEGE_OWNER && has_room(open, call) &&
		    (!best || open->priority > best->priority))
			best = open;
	}
	return best;
}

static void give(const struct core_open *open, struct core_call *call, enum tl_privilege privilege)
{
	struct core_session *session;

	if (core_session_new(open->client, call, privilege, &session) == 0)
		core_event_session_new(session);
	else
		hal_debug(&call->ctx->log, call->object, "no session for %s: limit or memory",
			  open->client->name);
}

void core_offer(struct core_call *call)
{
	const struct core_open *open, *owner = best_owner(call);
	struct hal_list *node;

	hal_list_for_each (node, &call->line->opens) {
		open = HAL_CONTAINER_OF(node, struct core_open, of_line);
		if (open == owner || open->privilege == TL_PRIVILEGE_MONITOR)
			give(open, call, open->privilege);
	}
}

void core_offer_again(struct core_call *call)
{
	struct core_session *session;
	const struct core_open *open;

	if (!core_call_is_unanswered(call) || call->owners > 0)
		return;
	open = best_owner(call);
	if (!open)
		return;
	session = core_session_of(open->client, call);
	if (session)
		core_session_set_privilege(session, TL_PRIVILEGE_OWNER);
	else
		give(open, call, TL_PRIVILEGE_OWNER);
	core_event_call(call, TL_EVENT_CALL_INFO);
}
