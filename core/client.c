/* SPDX-License-Identifier: MIT */
#include "core/client.h"

#include <errno.h>
#include <stdlib.h>

#include "core/event.h"
#include "core/final.h"
#include "core/keep.h"
#include "core/line.h"
#include "core/record.h"
#include "core/request.h"
#include "core/session.h"

int core_client_new(struct tl_ctx *ctx, const char *name, struct core_client **ret_client)
{
	struct core_client *client = calloc(1, sizeof(*client));
	int r;

	if (!client)
		return -ENOMEM;
	r = core_handles_add(&ctx->clients, client, &client->id.id);
	if (r < 0) {
		free(client);
		return r;
	}
	client->ctx = ctx;
	core_text_copy(client->name, sizeof(client->name), name);
	client->max_sessions = TL_SESSIONS_PER_CLIENT_MAX;
	core_keep_init(client);
	hal_list_init(&client->sessions);
	hal_list_init(&client->opens);
	hal_list_init(&client->requests);
	hal_list_init(&client->of_lost);
	hal_list_append(&ctx->client_list, &client->node);
	ctx->counts[TL_COUNT_CLIENTS]++;
	*ret_client = client;
	return 0;
}

int core_client_find(struct tl_ctx *ctx, tl_client id, struct core_client **ret_client)
{
	void *object;
	int r;

	r = core_handles_find(&ctx->clients, id.id, &object);
	if (r < 0)
		return r;
	*ret_client = object;
	return 0;
}

static struct core_session *first_session(struct core_client *client)
{
	if (hal_list_empty(&client->sessions))
		return NULL;
	return HAL_CONTAINER_OF(client->sessions.next, struct core_session, of_client);
}

static void free_opens(struct core_client *client)
{
	while (!hal_list_empty(&client->opens))
		core_open_free(HAL_CONTAINER_OF(client->opens.next, struct core_open, of_client));
}

void core_client_free(struct core_client *client)
{
	struct core_session *session;

	free_opens(client);
	core_keep_stop(client);
	while ((session = first_session(client)))
		core_session_free(session);
	while (!hal_list_empty(&client->requests))
		core_request_withdraw(
			HAL_CONTAINER_OF(client->requests.next, struct core_request, of_client));
	core_final_unwatch(client);
	core_event_purge_client(client);
	hal_list_del(&client->of_lost);
	hal_list_del(&client->node);
	core_handles_remove(&client->ctx->clients, client->id.id);
	client->ctx->counts[TL_COUNT_CLIENTS]--;
	free(client);
}

/* An unanswered offer needs no owner: it rings on, for others to answer. */
static bool needs_drop(const struct core_session *session)
{
	return core_session_is_sole_owner(session) && !session->call->over &&
	       !core_call_is_unanswered(session->call);
}

void core_client_gone(struct core_client *client)
{
	struct core_session *session;
	bool lost = false;

	free_opens(client);
	while ((session = first_session(client))) {
		struct core_call *call = session->call;

		if (needs_drop(session)) {
			lost = true;
			hal_debug(&client->ctx->log, call->object, "its owner %s is gone, dropping",
				  client->name);
			core_call_drop(call, TL_ORIGIN_CLIENT_LOST);
		}
		core_session_free(session);
	}
	if (lost)
		client->ctx->counts[TL_COUNT_CLIENTS_LOST_TOTAL]++;
	core_client_free(client);
}

/* In both lists at once: one client may have opened all lines, and all clients one line. */
struct core_open *core_open_find(struct core_client *client, struct core_line *line)
{
	struct hal_list *mine = client->opens.next, *its = line->opens.next;
	struct core_open *open;

	while (mine != &client->opens && its != &line->opens) {
		open = HAL_CONTAINER_OF(mine, struct core_open, of_client);
		if (open->line == line)
			return open;
		open = HAL_CONTAINER_OF(its, struct core_open, of_line);
		if (open->client == client)
			return open;
		mine = mine->next;
		its = its->next;
	}
	return NULL;
}

int core_open_set(struct core_client *client, struct core_line *line, enum tl_privilege privilege,
		  int priority)
{
	struct core_open *open = core_open_find(client, line);

	if (!open) {
		open = calloc(1, sizeof(*open));
		if (!open)
			return -ENOMEM;
		open->client = client;
		open->line = line;
		hal_list_append(&client->opens, &open->of_client);
		hal_list_append(&line->opens, &open->of_line);
	}
	open->privilege = privilege;
	open->priority = priority;
	return 0;
}

void core_open_free(struct core_open *open)
{
	hal_list_del(&open->of_client);
	hal_list_del(&open->of_line);
	free(open);
}

tl_client tl_ctx_get_client(const struct tl_ctx *ctx)
{
	return ctx->self->id;
}

int tl_client_new(struct tl_ctx *ctx, const char *name, tl_client *ret_client)
{
	struct core_client *client;
	int r;

	r = core_client_new(ctx, name, &client);
	if (r < 0)
		return r;
	*ret_client = client->id;
	return 0;
}

int tl_client_close(struct tl_ctx *ctx, tl_client id)
{
	struct core_client *client;
	int r;

	r = core_client_find(ctx, id, &client);
	if (r < 0)
		return r;
	if (client == ctx->self)
		return -EPERM;
	core_client_gone(client);
	return 0;
}

int tl_client_watch(struct tl_ctx *ctx, tl_client id, bool on)
{
	struct core_client *client;
	int r;

	r = core_client_find(ctx, id, &client);
	if (r < 0)
		return r;
	if (on)
		return core_final_watch(client);
	core_final_unwatch(client);
	return 0;
}
