/* SPDX-License-Identifier: MIT */
#ifndef CORE_FINAL_H
#define CORE_FINAL_H

/*
 * The last word on a call, TL_EVENT_CALL_RECORD. Its events, one for each watching client, are
 * allocated when the call begins or the client begins to watch: the end of a call is told whatever
 * memory there is left by then.
 */

struct core_call;
struct core_client;

/* Before anybody hears of the call. @return 0; -ENOMEM */
int core_final_reserve(struct core_call *call);
/* Tell it: the record changes no more. */
void core_final_tell(struct core_call *call);
/* It was not told. */
void core_final_forget(struct core_call *call);
/* The client begins to watch, or ends it. @return 0; -ENOMEM to begin */
int core_final_watch(struct core_client *client);
void core_final_unwatch(struct core_client *client);

#endif
