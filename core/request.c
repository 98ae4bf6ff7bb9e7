/* SPDX-License-Identifier: MIT */
#include "core/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/line.h"
#include "core/record.h"

int core_request_new(struct core_client *client, struct core_line *line, tl_session session,
		     struct core_request **ret_request)
{
	struct tl_ctx *ctx = client->ctx;
	struct core_request *request;

	if (client->n_requests >= TL_REQUESTS_PER_CLIENT_MAX)
		return -ENOSPC;
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	request->event = calloc(1, sizeof(*request->event));
	if (!request->event) {
		free(request);
		return -ENOMEM;
	}
	request->client = client;
	request->op = ++ctx->last_op;
	request->event->type = TL_EVENT_OP_DONE;
	request->event->client = client->id;
	request->event->session = session;
	request->event->op = request->op;
	if (line) {
		request->event->line = line->id;
		core_text_copy(request->event->line_name, CORE_NAME_MAX, line->config.name);
	}
	hal_list_init(&request->of_target);
	hal_list_append(&client->requests, &request->of_client);
	client->n_requests++;
	ctx->counts[TL_COUNT_REQUESTS]++;
	*ret_request = request;
	return 0;
}

static struct tl_event *detach_event(struct core_request *request)
{
	struct tl_event *event = request->event;

	hal_list_del(&request->of_client);
	hal_list_del(&request->of_target);
	request->client->n_requests--;
	request->client->ctx->counts[TL_COUNT_REQUESTS]--;
	free(request);
	return event;
}

void core_request_withdraw(struct core_request *request)
{
	if (request)
		(void)tl_event_free(detach_event(request));
}

void core_request_done(struct core_request *request, int result, const char *text)
{
	struct tl_ctx *ctx = request->client->ctx;
	struct tl_event *event = detach_event(request);

	event->result = result;
	if (text) {
		event->text = strdup(text);
		if (!event->text && result == 0)
			event->result = -ENOMEM;
	}
	core_event_complete(ctx, event);
}

void core_request_done_all(struct hal_list *list, int result, const char *text)
{
	while (!hal_list_empty(list))
		core_request_done(HAL_CONTAINER_OF(list->next, struct core_request, of_target),
				  result, text);
}
