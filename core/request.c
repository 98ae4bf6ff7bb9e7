/* SPDX-License-Identifier: MIT */
#include "core/request.h"

#include <errno.h>
#include <stdlib.h>

#include "core/line.h"

int core_request_new(struct core_client *client, struct core_line *line, tl_session session,
		     struct core_request **ret_request)
{
	struct tl_ctx *ctx = client->ctx;
	struct core_request *request;

	if (client->n_requests >= TL_REQUESTS_PER_CLIENT_MAX)
		return -ENOSPC;
	request = malloc(sizeof(*request));
	if (!request)
		return -ENOMEM;
	request->event = (struct tl_event){
		.type = TL_EVENT_OP_DONE,
		.client = client->id,
		.session = session,
		.op = ++ctx->last_op,
	};
	if (line)
		core_event_set_line(&request->event, line->id, line->config.name);
	request->client = client;
	hal_list_init(&request->of_target);
	hal_list_append(&client->requests, &request->of_client);
	client->n_requests++;
	ctx->counts[TL_COUNT_REQUESTS]++;
	*ret_request = request;
	return 0;
}

/* Nobody waits for it any more. */
static void detach(struct core_request *request)
{
	hal_list_del(&request->of_client);
	hal_list_del(&request->of_target);
	request->client->n_requests--;
	request->client->ctx->counts[TL_COUNT_REQUESTS]--;
}

void core_request_withdraw(struct core_request *request)
{
	if (!request)
		return;
	detach(request);
	free(request);
}

/* Ends the request: the event has its block, or one that is large enough. */
static struct tl_event *make_event(struct core_request *request, int result, struct hal_slice text)
{
	struct tl_event *event = &request->event, *large;

	event->result = result;
	if (text.len < sizeof(request->text)) {
		(void)hal_slice_copy(text, request->text, sizeof(request->text));
		event->text = request->text;
		return event;
	}
	large = core_event_copy(event, text);
	if (large) {
		free(request);
		return large;
	}
	if (result == 0)
		event->result = -ENOMEM;
	return event;
}

void core_request_done(struct core_request *request, int result, struct hal_slice text)
{
	struct tl_ctx *ctx = request->client->ctx;

	detach(request);
	core_event_complete(ctx, make_event(request, result, text));
}

void core_request_done_all(struct hal_list *list, int result, const char *text)
{
	while (!hal_list_empty(list))
		core_request_done(HAL_CONTAINER_OF(list->next, struct core_request, of_target),
				  result, hal_slice_str(text));
}
