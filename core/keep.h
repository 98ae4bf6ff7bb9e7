/* SPDX-License-Identifier: MIT */
#ifndef CORE_KEEP_H
#define CORE_KEEP_H

/* Ended sessions of clients that keep them for others do not stay for ever: tl_client_set_keep().
 */

struct core_client;
struct core_call;
struct core_session;

void core_keep_init(struct core_client *client);
void core_keep_stop(struct core_client *client);
/* The client's sessions or its limits have changed. */
void core_keep_update(struct core_client *client);
/* The call is over: its sessions begin to age. */
void core_keep_over(struct core_call *call);

#endif
