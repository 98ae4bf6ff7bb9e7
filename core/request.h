/* SPDX-License-Identifier: MIT */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

/*
 * Accepted requests. Each completes exactly once: its completion event is part of it, and what
 * core_request_done() makes of it; a request whose client is gone vanishes with it.
 */

#include "core/client.h"
#include "core/event.h"
#include "hal/list.h"
#include "hal/slice.h"

/* What most completions say ("OK", "NO CARRIER") fits in here; a longer text is allocated. */
#define CORE_REQUEST_TEXT 32

/* In one block, which tl_event_free() frees when it has completed. */
struct core_request {
	struct tl_event event;
	struct hal_list of_client; /* core_client.requests */
	struct hal_list of_target; /* list of the call or line it waits for */
	struct core_client *client;
	char text[CORE_REQUEST_TEXT];
};

/* @return 0; -ENOSPC too many in flight; -ENOMEM */
int core_request_new(struct core_client *client, struct core_line *line, tl_session session,
		     struct core_request **ret_request);
/* The call that made it fails synchronously: forget it. NULL is allowed. */
void core_request_withdraw(struct core_request *request);
/* Queue the completion: the request is no more. */
void core_request_done(struct core_request *request, int result, struct hal_slice text);
/* Complete every request of a target's list. text may be NULL. */
void core_request_done_all(struct hal_list *list, int result, const char *text);

#endif
