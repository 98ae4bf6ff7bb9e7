/* SPDX-License-Identifier: MIT */
#include "core/event.h"

#include <stdlib.h>

#include "core/call.h"
#include "core/client.h"
#include "core/line.h"
#include "core/session.h"

struct tl_event *tl_event_free(struct tl_event *event)
{
	free(event);
	return NULL;
}

struct tl_event *core_event_copy(const struct tl_event *event, struct hal_slice text)
{
	struct tl_event *copy = malloc(sizeof(*copy) + text.len + 1);
	char *behind = (char *)(copy + 1);

	if (!copy)
		return NULL;
	*copy = *event;
	(void)hal_slice_copy(text, behind, text.len + 1);
	copy->text = behind;
	return copy;
}

void core_event_wake(struct tl_ctx *ctx)
{
	if (!ctx->dispatching && !hal_list_empty(&ctx->events))
		hal_work_queue(ctx->loop, &ctx->wake);
}

static void enqueue(struct tl_ctx *ctx, struct tl_event *event)
{
	event->boot_us = hal_clock_boot_us(ctx->clock);
	event->wall_us = hal_clock_wall_us(ctx->clock);
	hal_list_append(&ctx->events, &event->node);
	ctx->counts[TL_COUNT_EVENTS]++;
	core_event_wake(ctx);
}

void core_event_complete(struct tl_ctx *ctx, struct tl_event *event)
{
	enqueue(ctx, event);
}

static bool is_of_stream(const struct tl_event *event)
{
	return event->type == TL_EVENT_READABLE || event->type == TL_EVENT_WRITABLE;
}

/* Completions, records and what streams promise have had their room from the beginning. */
static bool is_limited(const struct tl_event *event)
{
	return event->type != TL_EVENT_OP_DONE && event->type != TL_EVENT_CALL_RECORD &&
	       !is_of_stream(event);
}

static void lose(struct core_client *client)
{
	if (client->n_lost++ == 0)
		hal_list_append(&client->ctx->lost_list, &client->of_lost);
	client->ctx->counts[TL_COUNT_EVENTS_LOST_TOTAL]++;
}

/* A copy of event for client; what cannot be queued is counted as lost. */
static void send(struct core_client *client, const struct tl_event *event)
{
	struct tl_event *copy;

	if (client->n_events >= TL_EVENTS_PER_CLIENT_MAX) {
		lose(client);
		return;
	}
	copy = core_event_copy(event, hal_slice_str(event->text));
	if (!copy) {
		lose(client);
		return;
	}
	copy->client = client->id;
	client->n_events++;
	enqueue(client->ctx, copy);
}

void core_event_fill_call(struct tl_event *event, const struct core_call *call,
			  enum tl_event_type type)
{
	*event = (struct tl_event){
		.type = type,
		.call = call->record.call,
		.call_state = call->record.state,
		.direction = call->record.direction,
		.origin = call->record.cause.origin,
		.disconnect = call->record.cause.disconnect,
		.owners = call->owners,
		.monitors = call->monitors,
	};

	core_event_set_line(event, call->line_id, call->line_name);
}

static void send_to_watchers(const struct core_call *call, const struct tl_event *event)
{
	struct core_client *client;
	struct hal_list *node;

	hal_list_for_each (node, &call->ctx->client_list) {
		client = HAL_CONTAINER_OF(node, struct core_client, node);
		if (client->watching && !core_session_of(client, call))
			send(client, event);
	}
}

/* Fills in who it is for. by: not to this one. */
static void send_to_all(struct core_call *call, struct tl_event *event,
			const struct core_session *by)
{
	struct core_session *session;
	struct hal_list *node;

	hal_list_for_each (node, &call->sessions) {
		session = HAL_CONTAINER_OF(node, struct core_session, of_call);
		if (by && session == by)
			continue;
		event->session = session->id;
		event->privilege = session->privilege;
		send(session->client, event);
	}
	event->session = (tl_session){0};
	event->privilege = TL_PRIVILEGE_NONE;
	send_to_watchers(call, event);
}

void core_event_call_others(struct core_call *call, enum tl_event_type type,
			    const struct core_session *by)
{
	struct tl_event event;

	core_event_fill_call(&event, call, type);
	send_to_all(call, &event, by);
}

void core_event_call(struct core_call *call, enum tl_event_type type)
{
	core_event_call_others(call, type, NULL);
}

void core_event_expiring(struct core_session *session, uint64_t seconds)
{
	struct tl_event event;

	core_event_fill_call(&event, session->call, TL_EVENT_SESSION_EXPIRING);
	event.session = session->id;
	event.privilege = session->privilege;
	event.count = seconds;
	send(session->client, &event);
	send_to_watchers(session->call, &event);
}

void core_event_session_new(struct core_session *session)
{
	struct tl_event event;

	core_event_fill_call(&event, session->call, TL_EVENT_SESSION_NEW);
	event.session = session->id;
	event.privilege = session->privilege;
	send(session->client, &event);
}

void core_event_limit(struct core_call *call, enum tl_limit limit, uint64_t seconds)
{
	struct tl_event event;

	core_event_fill_call(&event, call, TL_EVENT_LIMIT_NEAR);
	event.limit = limit;
	event.count = seconds;
	send_to_all(call, &event, NULL);
}

static void fill_session(struct tl_event *event, const struct core_session *session,
			 enum tl_event_type type)
{
	core_event_fill_call(event, session->call, type);
	event->session = session->id;
	event->privilege = session->privilege;
	event->client = session->client->id;
}

void core_event_break(struct core_session *session)
{
	struct tl_event event;

	fill_session(&event, session, TL_EVENT_BREAK);
	send(session->client, &event);
}

void core_event_stream(struct core_session *session, struct tl_event *event,
		       enum tl_event_type type)
{
	fill_session(event, session, type);
	enqueue(session->call->ctx, event);
}

void core_event_line(struct core_line *line, enum tl_event_type type)
{
	struct tl_event event = {
		.type = type,
		.call = line->call ? line->call->record.call : 0,
		.line_state = line->state,
		.result = line->error,
		.rings = line->call ? line->call->record.rings : 0,
		.text = line->why[0] ? line->why : NULL,
	};
	struct core_client *client;
	struct hal_list *node;

	core_event_set_line(&event, line->id, line->config.name);
	hal_list_for_each (node, &line->ctx->client_list) {
		client = HAL_CONTAINER_OF(node, struct core_client, node);
		if (client->watching || core_open_find(client, line))
			send(client, &event);
	}
}

static void forget(struct tl_ctx *ctx, struct tl_event *event)
{
	hal_list_del(&event->node);
	ctx->counts[TL_COUNT_EVENTS]--;
	(void)tl_event_free(event);
}

void core_event_purge_session(struct tl_ctx *ctx, uint64_t session)
{
	struct core_client *client;
	struct hal_list *node, *tmp;
	struct tl_event *event;

	hal_list_for_each_safe (node, tmp, &ctx->events) {
		event = HAL_CONTAINER_OF(node, struct tl_event, node);
		if (event->session.id != session || event->type == TL_EVENT_OP_DONE ||
		    event->type == TL_EVENT_SESSION_EXPIRING)
			continue;
		if (is_limited(event) && core_client_find(ctx, event->client, &client) == 0)
			client->n_events--;
		forget(ctx, event);
	}
}

void core_event_purge_stream(struct tl_ctx *ctx, tl_session session)
{
	struct hal_list *node, *tmp;
	struct tl_event *event;

	hal_list_for_each_safe (node, tmp, &ctx->events) {
		event = HAL_CONTAINER_OF(node, struct tl_event, node);
		if (event->session.id == session.id && is_of_stream(event))
			forget(ctx, event);
	}
}

void core_event_move_stream(struct core_session *session)
{
	struct hal_list *node;
	struct tl_event *event;

	hal_list_for_each (node, &session->call->ctx->events) {
		event = HAL_CONTAINER_OF(node, struct tl_event, node);
		if (event->session.id == session->id.id && is_of_stream(event))
			event->client = session->client->id;
	}
}

void core_event_purge_client(struct core_client *client)
{
	struct hal_list *node, *tmp;
	struct tl_event *event;

	hal_list_for_each_safe (node, tmp, &client->ctx->events) {
		event = HAL_CONTAINER_OF(node, struct tl_event, node);
		if (event->client.id == client->id.id)
			forget(client->ctx, event);
	}
	client->n_events = 0;
}

/* The marker comes after what was still queued when the first event was lost. */
static struct tl_event *next_lost(struct tl_ctx *ctx)
{
	struct core_client *client;
	struct tl_event *event;

	if (hal_list_empty(&ctx->lost_list))
		return NULL;
	event = calloc(1, sizeof(*event));
	if (!event)
		return NULL;
	client = HAL_CONTAINER_OF(hal_list_pop(&ctx->lost_list), struct core_client, of_lost);
	event->type = TL_EVENT_LOST;
	event->client = client->id;
	event->count = client->n_lost;
	event->boot_us = hal_clock_boot_us(ctx->clock);
	event->wall_us = hal_clock_wall_us(ctx->clock);
	client->n_lost = 0;
	return event;
}

int tl_ctx_next_event(struct tl_ctx *ctx, struct tl_event **ret_event)
{
	struct hal_list *node = hal_list_pop(&ctx->events);
	struct core_session *session;
	struct core_client *client;
	struct tl_event *event;

	if (!node) {
		event = next_lost(ctx);
		if (!event)
			return 0;
		*ret_event = event;
		return 1;
	}
	event = HAL_CONTAINER_OF(node, struct tl_event, node);
	ctx->counts[TL_COUNT_EVENTS]--;
	if (is_limited(event) && core_client_find(ctx, event->client, &client) == 0)
		client->n_events--;
	if (is_of_stream(event) && core_session_find(ctx, event->session, &session) == 0)
		core_stream_fetched(session->call, event->type);
	*ret_event = event;
	return 1;
}

enum tl_event_type tl_event_get_type(const struct tl_event *event)
{
	return event->type;
}

tl_client tl_event_get_client(const struct tl_event *event)
{
	return event->client;
}

tl_line tl_event_get_line(const struct tl_event *event)
{
	return event->line;
}

const char *tl_event_get_line_name(const struct tl_event *event)
{
	return event->line_name;
}

tl_session tl_event_get_session(const struct tl_event *event)
{
	return event->session;
}

uint64_t tl_event_get_call(const struct tl_event *event)
{
	return event->call;
}

uint64_t tl_event_get_op(const struct tl_event *event)
{
	return event->op;
}

int tl_event_get_result(const struct tl_event *event)
{
	return event->result;
}

const struct tl_session_info *tl_event_get_record(const struct tl_event *event)
{
	return event->record;
}

const char *tl_event_get_text(const struct tl_event *event)
{
	return event->text ? event->text : "";
}

enum tl_call_state tl_event_get_call_state(const struct tl_event *event)
{
	return event->call_state;
}

enum tl_direction tl_event_get_direction(const struct tl_event *event)
{
	return event->direction;
}

enum tl_origin tl_event_get_origin(const struct tl_event *event)
{
	return event->origin;
}

enum tl_disconnect tl_event_get_disconnect(const struct tl_event *event)
{
	return event->disconnect;
}

enum tl_line_state tl_event_get_line_state(const struct tl_event *event)
{
	return event->line_state;
}

enum tl_privilege tl_event_get_privilege(const struct tl_event *event)
{
	return event->privilege;
}

unsigned int tl_event_get_owners(const struct tl_event *event)
{
	return event->owners;
}

unsigned int tl_event_get_monitors(const struct tl_event *event)
{
	return event->monitors;
}

uint32_t tl_event_get_rings(const struct tl_event *event)
{
	return event->rings;
}

uint64_t tl_event_get_count(const struct tl_event *event)
{
	return event->count;
}

enum tl_limit tl_event_get_limit(const struct tl_event *event)
{
	return event->limit;
}

uint64_t tl_event_get_boot_us(const struct tl_event *event)
{
	return event->boot_us;
}

int64_t tl_event_get_wall_us(const struct tl_event *event)
{
	return event->wall_us;
}
