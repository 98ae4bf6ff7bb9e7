/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/session.h>

#include "core/session.h"
#include "core/session_info.h"

void core_session_info_fill(struct tl_session_info *info, const struct core_call *call)
{
	info->line = call->line_id;
	core_text_copy(info->line_name, sizeof(info->line_name), call->line_name);
	info->owners = call->owners;
	info->monitors = call->monitors;
	info->over = call->over;
	info->final = call->over && !call->line;
	info->duration_ms =
		core_record_duration_ms(&call->record, hal_clock_boot_us(call->ctx->clock));
	info->record = call->record;
	memcpy(info->limits, call->limits.seconds, sizeof(info->limits));
}

int tl_session_get_info(struct tl_ctx *ctx, tl_session id, struct tl_session_info **ret_info)
{
	struct core_session *session;
	struct tl_session_info *info;
	int r;

	r = core_session_find(ctx, id, &session);
	if (r < 0)
		return r;
	info = calloc(1, sizeof(*info));
	if (!info)
		return -ENOMEM;
	core_session_info_fill(info, session->call);
	info->session = id;
	info->client = session->client->id;
	info->privilege = session->privilege;
	info->features = core_session_features(session);
	*ret_info = info;
	return 0;
}

struct tl_session_info *tl_session_info_free(struct tl_session_info *info)
{
	free(info);
	return NULL;
}

tl_session tl_session_info_session(const struct tl_session_info *info)
{
	return info->session;
}

tl_client tl_session_info_client(const struct tl_session_info *info)
{
	return info->client;
}

tl_line tl_session_info_line(const struct tl_session_info *info)
{
	return info->line;
}

const char *tl_session_info_line_name(const struct tl_session_info *info)
{
	return info->line_name;
}

uint64_t tl_session_info_call(const struct tl_session_info *info)
{
	return info->record.call;
}

enum tl_privilege tl_session_info_privilege(const struct tl_session_info *info)
{
	return info->privilege;
}

unsigned int tl_session_info_features(const struct tl_session_info *info)
{
	return info->features;
}

unsigned int tl_session_info_owners(const struct tl_session_info *info)
{
	return info->owners;
}

unsigned int tl_session_info_monitors(const struct tl_session_info *info)
{
	return info->monitors;
}

enum tl_direction tl_session_info_direction(const struct tl_session_info *info)
{
	return info->record.direction;
}

enum tl_media tl_session_info_media(const struct tl_session_info *info)
{
	return info->record.media;
}

enum tl_call_state tl_session_info_state(const struct tl_session_info *info)
{
	return info->record.state;
}

bool tl_session_info_is_over(const struct tl_session_info *info)
{
	return info->over;
}

bool tl_session_info_is_final(const struct tl_session_info *info)
{
	return info->final;
}

const char *tl_session_info_called(const struct tl_session_info *info)
{
	return info->record.called;
}

const char *tl_session_info_caller(const struct tl_session_info *info)
{
	return info->record.caller;
}

const char *tl_session_info_caller_name(const struct tl_session_info *info)
{
	return info->record.caller_name;
}

uint32_t tl_session_info_rings(const struct tl_session_info *info)
{
	return info->record.rings;
}

uint64_t tl_session_info_boot_us(const struct tl_session_info *info, enum tl_moment moment)
{
	return (unsigned int)moment < TL_MOMENT_COUNT ? info->record.moments[moment].boot_us : 0;
}

int64_t tl_session_info_wall_us(const struct tl_session_info *info, enum tl_moment moment)
{
	return (unsigned int)moment < TL_MOMENT_COUNT ? info->record.moments[moment].wall_us : 0;
}

uint64_t tl_session_info_state_since_us(const struct tl_session_info *info)
{
	return info->record.state_since_us;
}

uint64_t tl_session_info_duration_ms(const struct tl_session_info *info)
{
	return info->duration_ms;
}

uint32_t tl_session_info_limit(const struct tl_session_info *info, enum tl_limit limit)
{
	return (unsigned int)limit < TL_LIMIT_COUNT ? info->limits[limit] : 0;
}

uint32_t tl_session_info_rate(const struct tl_session_info *info)
{
	return info->record.link.rate;
}

const char *tl_session_info_modulation(const struct tl_session_info *info)
{
	return info->record.link.modulation;
}

const char *tl_session_info_error_control(const struct tl_session_info *info)
{
	return info->record.link.error_control;
}

const char *tl_session_info_compression(const struct tl_session_info *info)
{
	return info->record.link.compression;
}

uint64_t tl_session_info_bytes_in(const struct tl_session_info *info)
{
	return info->record.bytes_in;
}

uint64_t tl_session_info_bytes_out(const struct tl_session_info *info)
{
	return info->record.bytes_out;
}

uint64_t tl_session_info_bytes_unsent(const struct tl_session_info *info)
{
	return info->record.bytes_unsent;
}

int64_t tl_session_info_quality(const struct tl_session_info *info, enum tl_quality quality)
{
	const struct core_quality *q = &info->record.quality;

	if ((unsigned int)quality >= TL_QUALITY_COUNT || !(q->known & 1U << quality))
		return -1;
	return q->values[quality];
}

enum tl_origin tl_session_info_origin(const struct tl_session_info *info)
{
	return info->record.cause.origin;
}

enum tl_disconnect tl_session_info_disconnect(const struct tl_session_info *info)
{
	return info->record.cause.disconnect;
}

enum tl_cause_domain tl_session_info_cause_domain(const struct tl_session_info *info)
{
	return info->record.cause.domain;
}

const char *tl_session_info_cause(const struct tl_session_info *info)
{
	return info->record.cause.text;
}

const char *tl_session_info_note(const struct tl_session_info *info)
{
	return info->record.note;
}

size_t tl_session_info_drop_steps(const struct tl_session_info *info)
{
	return info->record.n_drops;
}

/* Out of range: an empty step, so that a caller's mistake reads as nothing. */
static const struct core_drop_entry *entry(const struct tl_session_info *info, size_t step)
{
	static const struct core_drop_entry none = {
		.name = "",
		.outcome = {.result = TL_DROP_SKIPPED},
	};

	return step < info->record.n_drops ? &info->record.drops[step] : &none;
}

const char *tl_session_info_drop_name(const struct tl_session_info *info, size_t step)
{
	return entry(info, step)->name;
}

enum tl_drop_result tl_session_info_drop_result(const struct tl_session_info *info, size_t step)
{
	return entry(info, step)->outcome.result;
}

const char *tl_session_info_drop_answer(const struct tl_session_info *info, size_t step)
{
	return entry(info, step)->outcome.answer;
}

const char *tl_session_info_drop_proof(const struct tl_session_info *info, size_t step)
{
	return entry(info, step)->outcome.proof;
}

uint32_t tl_session_info_drop_ms(const struct tl_session_info *info, size_t step)
{
	return entry(info, step)->ms;
}
