/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/line.h>

#include "core/dial_params.h"
#include "core/event.h"
#include "core/identity.h"
#include "core/line.h"
#include "core/number.h"
#include "core/offer.h"
#include "core/request.h"
#include "core/session.h"
#include "hal/device.h"

#define COMMAND_TIMEOUT_MS 5000

const char *const *tl_driver_list(void)
{
	return core_driver_set_builtin()->names;
}

static const struct core_driver_ops *find_driver(const struct core_driver_set *set,
						 const char *name)
{
	if (!*name)
		return set->drivers[0];
	for (size_t i = 0; set->drivers[i]; i++)
		if (strcmp(set->drivers[i]->name, name) == 0)
			return set->drivers[i];
	return NULL;
}

/* Is it the line's name, or another name that it has? */
static bool is_called(const struct core_line *line, struct hal_slice name)
{
	const char *rest = line->config.alias;

	if (hal_slice_eq(hal_slice_str(line->config.name), name))
		return true;
	while (*rest) {
		size_t len = strcspn(rest, " ");

		if (hal_slice_eq(hal_slice(rest, len), name))
			return true;
		rest += len + (rest[len] == ' ');
	}
	return false;
}

static struct core_line *line_by_name(struct tl_ctx *ctx, struct hal_slice name)
{
	struct hal_list *node;

	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		if (is_called(line, name))
			return line;
	}
	return NULL;
}

/* Is the name, or another one, that of a line already? */
static bool is_taken(struct tl_ctx *ctx, const struct core_line_config *config)
{
	const char *rest = config->alias;

	if (line_by_name(ctx, hal_slice_str(config->name)))
		return true;
	while (*rest) {
		size_t len = strcspn(rest, " ");

		if (line_by_name(ctx, hal_slice(rest, len)))
			return true;
		rest += len + (rest[len] == ' ');
	}
	return false;
}

int tl_line_add(struct tl_ctx *ctx, const struct tl_line_params *params, tl_line *ret_line)
{
	const struct core_line_config *config = &params->config;
	const struct core_driver_ops *ops = find_driver(ctx->drivers, config->driver);
	struct core_line *line;
	int r;

	if (!config->name[0] || !config->device[0] || !ops)
		return -EINVAL;
	if (is_taken(ctx, config))
		return -EEXIST;
	r = core_line_new(ctx, config, ops, &line);
	if (r < 0)
		return r;
	core_line_attach(line);
	*ret_line = line->id;
	return 0;
}

int tl_line_remove(struct tl_ctx *ctx, tl_line id)
{
	struct core_line *line;
	int r;

	r = core_line_find(ctx, id, &line);
	if (r < 0)
		return r;
	core_line_free(line);
	return 0;
}

int tl_line_list(struct tl_ctx *ctx, tl_line **ret_lines, size_t *ret_n)
{
	size_t n = ctx->counts[TL_COUNT_LINES], i = 0;
	tl_line *lines = NULL;
	struct hal_list *node;

	if (n > 0) {
		lines = calloc(n, sizeof(*lines));
		if (!lines)
			return -ENOMEM;
		hal_list_for_each (node, &ctx->line_list)
			lines[i++] = HAL_CONTAINER_OF(node, struct core_line, node)->id;
	}
	*ret_lines = lines;
	*ret_n = n;
	return 0;
}

/* As configured, as opened, or a link to that. */
static struct core_line *line_by_path(struct tl_ctx *ctx, const char *path)
{
	struct hal_list *node;

	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		if (strcmp(line->config.device, path) == 0)
			return line;
	}
	if (path[0] != '/')
		return NULL;
	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		if (hal_device_is_same(line->path, path))
			return line;
	}
	return NULL;
}

static struct core_line *line_by_text(struct tl_ctx *ctx, const char *text)
{
	struct core_line *line = line_by_name(ctx, hal_slice_str(text));
	struct hal_list *node;
	uint32_t index, i = 0;
	uint64_t id;

	if (line)
		return line;
	if (tl_id_parse(text, &id) == 0)
		return core_line_find(ctx, (tl_line){id}, &line) == 0 ? line : NULL;
	if (hal_slice_u32(hal_slice_str(text), UINT32_MAX, &index) < 0)
		return line_by_path(ctx, text);
	hal_list_for_each (node, &ctx->line_list) {
		if (i++ == index)
			return HAL_CONTAINER_OF(node, struct core_line, node);
	}
	return NULL;
}

int tl_line_find(struct tl_ctx *ctx, const char *text, tl_line *ret_line)
{
	struct core_line *line = line_by_text(ctx, text);

	if (!line)
		return -ENOENT;
	*ret_line = line->id;
	return 0;
}

/* The two handles that most calls begin with. */
static int find_both(struct tl_ctx *ctx, tl_client client_id, tl_line line_id,
		     struct core_client **ret_client, struct core_line **ret_line)
{
	int r;

	r = core_client_find(ctx, client_id, ret_client);
	if (r < 0)
		return r;
	return core_line_find(ctx, line_id, ret_line);
}

int tl_line_open(struct tl_ctx *ctx, tl_client client_id, tl_line line_id,
		 enum tl_privilege privilege, int priority)
{
	struct core_client *client;
	struct core_line *line;
	int r;

	if ((unsigned int)privilege >= TL_PRIVILEGE_COUNT)
		return -EINVAL;
	r = find_both(ctx, client_id, line_id, &client, &line);
	if (r < 0)
		return r;
	r = core_open_set(client, line, privilege, priority);
	if (r == 0 && line->call)
		core_offer_again(line->call);
	return r;
}

int tl_line_close(struct tl_ctx *ctx, tl_client client_id, tl_line line_id)
{
	struct core_client *client;
	struct core_line *line;
	struct core_open *open;
	int r;

	r = find_both(ctx, client_id, line_id, &client, &line);
	if (r < 0)
		return r;
	open = core_open_find(client, line);
	if (!open)
		return -EALREADY;
	core_open_free(open);
	return 0;
}

int tl_line_join(struct tl_ctx *ctx, tl_client client_id, tl_line line_id,
		 enum tl_privilege privilege, tl_session *ret_session)
{
	struct core_session *session;
	struct core_client *client;
	struct core_line *line;
	int r;

	r = find_both(ctx, client_id, line_id, &client, &line);
	if (r < 0)
		return r;
	if (privilege != TL_PRIVILEGE_MONITOR && privilege != TL_PRIVILEGE_OWNER)
		return -EINVAL;
	if (!line->call || line->call->over)
		return -ENOTCONN;
	if (core_session_of(client, line->call))
		return -EALREADY;
	if (privilege == TL_PRIVILEGE_OWNER && line->call->owners > 0)
		return -EPERM;
	r = core_session_new(client, line->call, privilege, &session);
	if (r < 0)
		return r;
	core_event_call_others(line->call, TL_EVENT_CALL_INFO, session);
	*ret_session = session->id;
	return 0;
}

/* Make call, session and request, or none of them. */
static int prepare_dial(struct core_client *client, struct core_line *line,
			const struct core_dial *dial, struct core_call **ret_call,
			struct core_request **ret_request)
{
	struct core_session *session;
	struct core_call *call;
	int r;

	call = core_call_new(line, TL_DIRECTION_OUT, dial->media, TL_CALL_DIALING);
	if (!call)
		return -ENOMEM;
	call->dial = *dial;
	core_text_copy(call->record.called, sizeof(call->record.called), dial->number);
	r = core_session_new(client, call, TL_PRIVILEGE_OWNER, &session);
	if (r < 0) {
		core_call_free(call);
		return r;
	}
	r = core_request_new(client, line, session->id, ret_request);
	if (r < 0) {
		/* Frees the call as well: it is over, off its line and nobody else holds it. */
		call->over = true;
		call->line = NULL;
		core_session_free(session);
		return r;
	}
	hal_list_append(&call->setup, &(*ret_request)->of_target);
	*ret_call = call;
	return 0;
}

/* What the call does not say, its line does. */
static void set_limits(struct core_call *call, const struct tl_dial_params *params)
{
	if (params->max_duration_s)
		core_limit_set(call, TL_LIMIT_DURATION, params->max_duration_s);
	if (params->inactivity_s)
		core_limit_set(call, TL_LIMIT_INACTIVITY, params->inactivity_s);
}

int tl_line_dial(struct tl_ctx *ctx, tl_client client_id, tl_line line_id, const char *number,
		 const struct tl_dial_params *params, tl_session *ret_session, uint64_t *ret_op)
{
	static const struct tl_dial_params defaults;
	struct core_request *request;
	struct core_client *client;
	struct core_dial dial;
	struct core_line *line;
	struct core_call *call;
	size_t position;
	int r;

	if (!params)
		params = &defaults;
	if ((unsigned int)params->media >= TL_MEDIA_COUNT)
		return -EINVAL;
	r = core_number_normalise(number, dial.number, &position);
	if (r < 0)
		return r;
	r = find_both(ctx, client_id, line_id, &client, &line);
	if (r < 0)
		return r;
	r = core_line_may_dial(line, params->media);
	if (r < 0)
		return r;
	dial.media = params->media;
	dial.timeout_s = params->timeout_s ? params->timeout_s : line->config.dial_timeout_s;
	r = prepare_dial(client, line, &dial, &call, &request);
	if (r < 0)
		return r;
	set_limits(call, params);
	*ret_session = HAL_CONTAINER_OF(call->sessions.next, struct core_session, of_call)->id;
	if (ret_op)
		*ret_op = request->event.op;
	core_call_announce(call);
	if (line->state == TL_LINE_READY) {
		line->call = call;
		core_call_place(call);
	} else {
		call->waiting = true;
		line->next = call;
	}
	return 0;
}

static int may_command(const struct core_line *line)
{
	switch (line->state) {
	case TL_LINE_READY:
		return line->commanding ? -EBUSY : 0;
	case TL_LINE_OPENING:
	case TL_LINE_PROBING:
	case TL_LINE_IN_USE:
		return -EBUSY;
	case TL_LINE_FAULTY:
		return -ENOTRECOVERABLE;
	case TL_LINE_ABSENT:
	case TL_LINE_GONE:
		return -ENODEV;
	}
	return -EINVAL;
}

int tl_line_command(struct tl_ctx *ctx, tl_client client_id, tl_line line_id, const char *command,
		    uint32_t timeout_ms, uint64_t *ret_op)
{
	struct core_request *request;
	struct core_client *client;
	struct core_line *line;
	int r;

	r = find_both(ctx, client_id, line_id, &client, &line);
	if (r < 0)
		return r;
	r = may_command(line);
	if (r < 0)
		return r;
	if (!line->ops->command)
		return -EOPNOTSUPP;
	r = core_request_new(client, line, (tl_session){0}, &request);
	if (r < 0)
		return r;
	r = line->ops->command(line->driver, command, timeout_ms ? timeout_ms : COMMAND_TIMEOUT_MS);
	if (r < 0) {
		core_request_withdraw(request);
		return r;
	}
	line->commanding = true;
	hal_list_append(&line->commands, &request->of_target);
	if (ret_op)
		*ret_op = request->event.op;
	return 0;
}

int tl_line_reset(struct tl_ctx *ctx, tl_client client_id, tl_line line_id, enum tl_reset kind,
		  uint64_t *ret_op)
{
	struct core_request *request;
	struct core_client *client;
	struct core_line *line;
	int r;

	if (kind != TL_RESET_SOFT && kind != TL_RESET_HARD)
		return -EINVAL;
	r = find_both(ctx, client_id, line_id, &client, &line);
	if (r < 0)
		return r;
	if (!hal_list_empty(&line->resets) || line->next || (line->call && !line->call->over))
		return -EBUSY;
	r = core_request_new(client, line, (tl_session){0}, &request);
	if (r < 0)
		return r;
	core_request_done_all(&line->commands, -ECANCELED, "the line was reset");
	if (ret_op)
		*ret_op = request->event.op;
	hal_list_append(&line->resets, &request->of_target);
	if (!line->driver)
		core_identity_forget(line);
	if (kind == TL_RESET_SOFT)
		core_line_reset_soft(line);
	else
		core_line_reset_hard(line);
	return 0;
}
