/* SPDX-License-Identifier: MIT */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

/*
 * Accepted requests. Each completes exactly once: its completion event is allocated on acceptance
 * and queued by core_request_done(); a request whose client is gone vanishes with it.
 */

#include "core/client.h"
#include "core/event.h"
#include "hal/list.h"

struct core_request {
	struct hal_list of_client; /* core_client.requests */
	struct hal_list of_target; /* list of the call or line it waits for */
	struct core_client *client;
	struct tl_event *event;
	uint64_t op;
};

/* @return 0; -ENOSPC too many in flight; -ENOMEM */
int core_request_new(struct core_client *client, struct core_line *line, tl_session session,
		     struct core_request **ret_request);
/* The call that made it fails synchronously: forget it. NULL is allowed. */
void core_request_withdraw(struct core_request *request);
/* Queue the completion and free the request. text may be NULL. */
void core_request_done(struct core_request *request, int result, const char *text);
/* Complete every request of a target's list. */
void core_request_done_all(struct hal_list *list, int result, const char *text);

#endif
