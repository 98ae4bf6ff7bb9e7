/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include <trunkline/line.h>

#include "core/line.h"
#include "core/session.h"

struct tl_line_info {
	tl_line line;
	struct core_line_config config;
	const char *driver;
	enum tl_line_state state;
	int error;
	char why[CORE_REASON_MAX];
	struct core_stamp since;
	struct core_fault fault;
	uint64_t retry_ms;
	struct core_line_identity identity;
	uint32_t rings;
	char caller[TL_NUMBER_MAX + 1];
	char caller_name[CORE_IDENT_MAX];
	uint64_t call;
	enum tl_call_state call_state;
	enum tl_direction call_direction;
	enum tl_media call_media;
	uint64_t call_since_us;
	tl_client call_owner;
	uint64_t calls_total;
};

static bool is_offering(const struct core_line *line)
{
	return line->call && (line->call->record.state == TL_CALL_OFFERING ||
			      line->call->record.state == TL_CALL_ACCEPTED);
}

static uint64_t retry_ms(const struct core_line *line)
{
	uint64_t now = hal_loop_now_us(line->ctx->loop);

	if (line->retry_at_us <= now)
		return 0;
	return (line->retry_at_us - now + HAL_USEC_PER_MSEC - 1) / HAL_USEC_PER_MSEC;
}

static tl_client find_owner(const struct core_call *call)
{
	struct hal_list *node;

	hal_list_for_each (node, &call->sessions) {
		struct core_session *session = HAL_CONTAINER_OF(node, struct core_session, of_call);

		if (session->privilege == TL_PRIVILEGE_OWNER)
			return session->client->id;
	}
	return (tl_client){0};
}

static void add_call(struct tl_line_info *info, const struct core_call *call)
{
	info->call = call->record.call;
	info->call_state = call->record.state;
	info->call_direction = call->record.direction;
	info->call_media = call->record.media;
	info->call_since_us = call->record.state_since_us;
	info->call_owner = find_owner(call);
}

int tl_line_get_info(struct tl_ctx *ctx, tl_line id, struct tl_line_info **ret_info)
{
	struct tl_line_info *info;
	struct core_line *line;
	int r;

	r = core_line_find(ctx, id, &line);
	if (r < 0)
		return r;
	info = calloc(1, sizeof(*info));
	if (!info)
		return -ENOMEM;
	info->line = id;
	info->config = line->config;
	info->driver = line->ops->name;
	info->state = line->state;
	info->error = line->error;
	core_text_copy(info->why, sizeof(info->why), line->why);
	info->since = line->since;
	info->fault = line->fault;
	info->retry_ms = retry_ms(line);
	info->identity = line->identity;
	if (is_offering(line)) {
		info->rings = line->call->record.rings;
		core_text_copy(info->caller, sizeof(info->caller), line->call->record.caller);
		core_text_copy(info->caller_name, sizeof(info->caller_name),
			       line->call->record.caller_name);
	}
	if (line->call)
		add_call(info, line->call);
	info->calls_total = line->calls_total;
	*ret_info = info;
	return 0;
}

struct tl_line_info *tl_line_info_free(struct tl_line_info *info)
{
	free(info);
	return NULL;
}

tl_line tl_line_info_line(const struct tl_line_info *info)
{
	return info->line;
}

const char *tl_line_info_name(const struct tl_line_info *info)
{
	return info->config.name;
}

const char *tl_line_info_aliases(const struct tl_line_info *info)
{
	return info->config.alias;
}

const char *tl_line_info_device(const struct tl_line_info *info)
{
	return info->config.device;
}

const char *tl_line_info_driver(const struct tl_line_info *info)
{
	return info->driver;
}

const char *tl_line_info_number(const struct tl_line_info *info)
{
	return info->config.number;
}

enum tl_line_state tl_line_info_state(const struct tl_line_info *info)
{
	return info->state;
}

const char *tl_line_info_why(const struct tl_line_info *info)
{
	return info->why;
}

int tl_line_info_error(const struct tl_line_info *info)
{
	return info->error;
}

uint64_t tl_line_info_since_boot_us(const struct tl_line_info *info)
{
	return info->since.boot_us;
}

int64_t tl_line_info_since_wall_us(const struct tl_line_info *info)
{
	return info->since.wall_us;
}

const char *tl_line_info_fault(const struct tl_line_info *info)
{
	return info->fault.why;
}

uint64_t tl_line_info_fault_boot_us(const struct tl_line_info *info)
{
	return info->fault.since.boot_us;
}

int64_t tl_line_info_fault_wall_us(const struct tl_line_info *info)
{
	return info->fault.since.wall_us;
}

uint32_t tl_line_info_attempts(const struct tl_line_info *info)
{
	return info->fault.attempts;
}

uint64_t tl_line_info_retry_ms(const struct tl_line_info *info)
{
	return info->retry_ms;
}

const char *tl_line_info_manufacturer(const struct tl_line_info *info)
{
	return info->identity.manufacturer;
}

const char *tl_line_info_model(const struct tl_line_info *info)
{
	return info->identity.model;
}

const char *tl_line_info_revision(const struct tl_line_info *info)
{
	return info->identity.revision;
}

bool tl_line_info_can(const struct tl_line_info *info, enum tl_media media)
{
	return (unsigned int)media < TL_MEDIA_COUNT && (info->identity.media & 1U << media) != 0;
}

bool tl_line_info_has_modem_lines(const struct tl_line_info *info)
{
	return info->identity.modem_lines;
}

bool tl_line_info_has_caller_id(const struct tl_line_info *info)
{
	return info->identity.caller_id;
}

bool tl_line_info_can_hold(const struct tl_line_info *info)
{
	return info->identity.can_hold;
}

unsigned int tl_line_info_proofs(const struct tl_line_info *info)
{
	return info->identity.proofs;
}

uint32_t tl_line_info_rings(const struct tl_line_info *info)
{
	return info->rings;
}

const char *tl_line_info_caller(const struct tl_line_info *info)
{
	return info->caller;
}

const char *tl_line_info_caller_name(const struct tl_line_info *info)
{
	return info->caller_name;
}

uint64_t tl_line_info_call(const struct tl_line_info *info)
{
	return info->call;
}

enum tl_call_state tl_line_info_call_state(const struct tl_line_info *info)
{
	return info->call_state;
}

enum tl_direction tl_line_info_call_direction(const struct tl_line_info *info)
{
	return info->call_direction;
}

enum tl_media tl_line_info_call_media(const struct tl_line_info *info)
{
	return info->call_media;
}

uint64_t tl_line_info_call_since_boot_us(const struct tl_line_info *info)
{
	return info->call_since_us;
}

tl_client tl_line_info_call_owner(const struct tl_line_info *info)
{
	return info->call_owner;
}

uint64_t tl_line_info_calls_total(const struct tl_line_info *info)
{
	return info->calls_total;
}
