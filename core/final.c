/* SPDX-License-Identifier: MIT */
#include "core/final.h"

#include <errno.h>
#include <stdlib.h>

#include "core/client.h"
#include "core/event.h"
#include "core/session_info.h"

/* In one block, which tl_event_free() frees. */
struct final {
	struct tl_event event;
	struct tl_session_info info;
};

static int add(struct core_call *call)
{
	struct final *final = calloc(1, sizeof(*final));

	if (!final)
		return -ENOMEM;
	hal_list_append(&call->finals, &final->event.node);
	return 0;
}

static struct tl_event *take(struct core_call *call)
{
	return HAL_CONTAINER_OF(hal_list_pop(&call->finals), struct tl_event, node);
}

static struct core_client *to_client(struct hal_list *node)
{
	return HAL_CONTAINER_OF(node, struct core_client, node);
}

static struct core_call *to_call(struct hal_list *node)
{
	return HAL_CONTAINER_OF(node, struct core_call, node);
}

int core_final_reserve(struct core_call *call)
{
	struct hal_list *node;
	int r = 0;

	hal_list_for_each (node, &call->ctx->client_list)
		if (r == 0 && to_client(node)->watching)
			r = add(call);
	if (r < 0)
		core_final_forget(call);
	return r;
}

static void tell(struct core_call *call, const struct core_client *client)
{
	struct tl_event *event = take(call);
	struct final *final = HAL_CONTAINER_OF(event, struct final, event);

	core_event_fill_call(event, call, TL_EVENT_CALL_RECORD);
	event->client = client->id;
	event->record = &final->info;
	core_session_info_fill(&final->info, call);
	core_event_complete(call->ctx, event);
}

void core_final_tell(struct core_call *call)
{
	struct hal_list *node;

	hal_list_for_each (node, &call->ctx->client_list)
		if (to_client(node)->watching)
			tell(call, to_client(node));
}

void core_final_forget(struct core_call *call)
{
	while (!hal_list_empty(&call->finals))
		(void)tl_event_free(take(call));
}

/* For each call that is not told yet take one away, up to a call. */
static void shrink(struct core_client *client, const struct core_call *end)
{
	struct hal_list *node;

	hal_list_for_each (node, &client->ctx->call_list) {
		if (to_call(node) == end)
			return;
		if (to_call(node)->line)
			(void)tl_event_free(take(to_call(node)));
	}
}

int core_final_watch(struct core_client *client)
{
	struct hal_list *node;

	if (client->watching)
		return 0;
	hal_list_for_each (node, &client->ctx->call_list) {
		if (to_call(node)->line && add(to_call(node)) < 0) {
			shrink(client, to_call(node));
			return -ENOMEM;
		}
	}
	client->watching = true;
	return 0;
}

void core_final_unwatch(struct core_client *client)
{
	if (!client->watching)
		return;
	client->watching = false;
	shrink(client, NULL);
}
