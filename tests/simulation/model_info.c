/* SPDX-License-Identifier: MIT */
/* What infos and counters must say; and how to go on after lost events. */
#include "tests/simulation/model.h"

#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
	return hash ^ hash >> 32;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	while (*text)
		hash = mix(hash, (unsigned char)*text++);
	return mix(hash, 0);
}

/* What does not change once the call is IDLE. */
static uint64_t digest_end(const struct tl_session_info *info)
{
	uint64_t hash = mix(1, tl_session_info_call(info));

	hash = mix(hash, tl_session_info_state(info));
	hash = mix(hash, tl_session_info_direction(info));
	hash = mix(hash, tl_session_info_media(info));
	hash = mix(hash, tl_session_info_state_since_us(info));
	hash = mix(hash, tl_session_info_duration_ms(info));
	hash = mix(hash, tl_session_info_rate(info));
	hash = mix(hash, tl_session_info_drop_steps(info));
	hash = mix(hash, tl_session_info_bytes_in(info));
	hash = mix(hash, tl_session_info_bytes_out(info));
	for (unsigned int i = 0; i < TL_MOMENT_COUNT; i++) {
		hash = mix(hash, tl_session_info_boot_us(info, (enum tl_moment)i));
		hash = mix(hash, (uint64_t)tl_session_info_wall_us(info, (enum tl_moment)i));
	}
	hash = mix_text(hash, tl_session_info_line_name(info));
	hash = mix_text(hash, tl_session_info_called(info));
	hash = mix_text(hash, tl_session_info_caller(info));
	hash = mix_text(hash, tl_session_info_caller_name(info));
	hash = mix(hash, tl_session_info_rings(info));
	hash = mix_text(hash, tl_session_info_modulation(info));
	hash = mix_text(hash, tl_session_info_error_control(info));
	hash = mix_text(hash, tl_session_info_compression(info));
	hash = mix_text(hash, tl_session_info_note(info));
	for (size_t i = 0; i < tl_session_info_drop_steps(info); i++) {
		hash = mix_text(hash, tl_session_info_drop_name(info, i));
		hash = mix(hash, tl_session_info_drop_result(info, i));
		hash = mix_text(hash, tl_session_info_drop_answer(info, i));
		hash = mix_text(hash, tl_session_info_drop_proof(info, i));
		hash = mix(hash, tl_session_info_drop_ms(info, i));
	}
	return hash | 1;
}

/* What is refined until the record is final. */
static uint64_t digest_cause(const struct tl_session_info *info, uint64_t hash)
{
	hash = mix(hash, tl_session_info_origin(info));
	hash = mix(hash, tl_session_info_disconnect(info));
	hash = mix(hash, tl_session_info_cause_domain(info));
	return mix_text(hash, tl_session_info_cause(info)) | 2;
}

/* told: an event has announced that something may be different. */
static void check_record(struct model *m, struct model_session *s,
			 const struct tl_session_info *info, bool told)
{
	bool final = tl_session_info_is_final(info);
	uint64_t frozen, record;

	if (tl_session_info_state(info) != TL_CALL_IDLE)
		return;
	frozen = digest_end(info);
	record = digest_cause(info, frozen) ^ final;
	if (s->frozen && s->frozen != frozen)
		model_disagree(m, "a session changed after IDLE", s->id.id);
	if (s->final && s->record != record)
		model_disagree(m, "a final record changed", s->id.id);
	if (s->record && s->record != record && !told)
		model_disagree(m, "a record changed without an event", s->id.id);
	s->frozen = frozen;
	s->record = record;
	s->final = final;
	if (final)
		s->call->on_line = false;
}

/* As they should be; info: which of those that also depend on the modem are offered. */
static unsigned int features(const struct model_session *s, const struct tl_session_info *info)
{
	static const struct {
		enum model_operation operation;
		enum tl_feature feature;
	} map[] = {
		{MODEL_OP_ANSWER, TL_FEATURE_ANSWER},	  {MODEL_OP_ACCEPT, TL_FEATURE_ACCEPT},
		{MODEL_OP_DROP, TL_FEATURE_DROP},	  {MODEL_OP_RELEASE, TL_FEATURE_RELEASE},
		{MODEL_OP_HAND_OFF, TL_FEATURE_HAND_OFF}, {MODEL_OP_TAKE, TL_FEATURE_TAKE},
		{MODEL_OP_GIVE_UP, TL_FEATURE_GIVE_UP},	  {MODEL_OP_LIMIT, TL_FEATURE_LIMIT},
		{MODEL_OP_ATTACH, TL_FEATURE_ATTACH},
	};
	unsigned int bits = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (model_rule(s, map[i].operation) == 0)
			bits |= map[i].feature;
	if (model_rule(s, MODEL_OP_HOLD) == 0)
		bits |= tl_session_info_features(info) & TL_FEATURE_HOLD;
	if (model_rule(s, MODEL_OP_UNHOLD) == 0)
		bits |= tl_session_info_features(info) & TL_FEATURE_UNHOLD;
	return bits;
}

void model_info(struct model *m, const struct tl_session_info *info)
{
	struct model_session *s = model_session(m, tl_session_info_session(info));
	const struct model_call *call;
	bool told;

	if (!s) {
		model_disagree(m, "the info of a session that is none",
			       tl_session_info_session(info).id);
		return;
	}
	call = s->call;
	told = s->changed;
	s->changed = false;
	if (tl_session_info_call(info) != call->number)
		model_disagree(m, "a session of another call", call->number);
	if (tl_session_info_state(info) != call->state)
		model_disagree(m, "another state than told", tl_session_info_state(info));
	if (tl_session_info_is_over(info) != call->over)
		model_disagree(m, "over, or not", call->number);
	if (tl_session_info_client(info).id != s->client.id)
		model_disagree(m, "a session of another client", s->id.id);
	if (tl_session_info_line(info).id != call->line->id.id)
		model_disagree(m, "a session on another line", s->id.id);
	if (tl_session_info_privilege(info) != s->privilege)
		model_disagree(m, "another privilege than given", s->id.id);
	if (tl_session_info_owners(info) != call->owners)
		model_disagree(m, "the number of owners", tl_session_info_owners(info));
	if (tl_session_info_monitors(info) != call->monitors)
		model_disagree(m, "the number of monitors", tl_session_info_monitors(info));
	if (tl_session_info_origin(info) != call->origin)
		model_disagree(m, "another origin than told", tl_session_info_origin(info));
	/* Whether an offer is being answered no info tells a monitor. */
	if ((!call->vague || call->over) && tl_session_info_features(info) != features(s, info))
		model_disagree(m, "the possible operations",
			       (uint64_t)features(s, info) << 16 | tl_session_info_features(info));
	check_record(m, s, info, told);
}

void model_count(struct model *m, enum tl_count count, uint64_t n)
{
	uint64_t least = 0, most = 0;

	for (size_t i = 0; count == TL_COUNT_CALLS && i < m->n_calls; i++) {
		const struct model_call *call = &m->calls[i];
		bool held = call->owners + call->monitors > 0;

		if (!call->number)
			continue;
		least += !call->over || held;
		most += !call->over || held || call->on_line;
	}
	if (count == TL_COUNT_SESSIONS)
		least = most = m->live_sessions;
	for (size_t i = 0; count == TL_COUNT_CLIENTS && i < MODEL_CLIENTS; i++)
		least = most += m->clients[i].id.id != 0;
	if (count == TL_COUNT_REQUESTS)
		least = most = m->live_ops;
	for (size_t i = 0; count == TL_COUNT_CALLS && i < MODEL_LINES; i++)
		most += m->lines[i].vague ? 2 : 0;
	if (n < least || n > most)
		model_disagree(m, tl_count_name(count), n);
}

/* ---- after lost events ---- */

void model_forget(struct model *m)
{
	m->n_calls = 0;
	m->n_sessions = 0;
	m->live_sessions = 0;
	for (size_t i = 0; i < MODEL_CLIENTS; i++)
		m->clients[i].sessions = 0;
	m->complaint = NULL;
	m->lost = false;
}

void model_adopt_line(struct model *m, const struct tl_line_info *info)
{
	struct model_line *line = model_line(m, tl_line_info_line(info));

	line->state = tl_line_info_state(info);
	line->vague = line->state != TL_LINE_READY;
	line->muted = false;
	line->maybe_commanding = true;
}

/* What it is about apart from its state, no info tells: nothing is predicted from that. */
static struct model_call *adopt_call(struct model *m, const struct tl_session_info *info)
{
	struct model_line *line = model_line(m, tl_session_info_line(info));
	struct model_call *call = model_call(m, tl_session_info_call(info));

	if (call)
		return call;
	call = model_new_call(m, tl_session_info_call(info), line, tl_session_info_state(info));
	call->direction = tl_session_info_direction(info);
	call->origin = tl_session_info_origin(info);
	call->over = tl_session_info_is_over(info);
	call->on_line = call->over && !tl_session_info_is_final(info);
	call->recorded = tl_session_info_is_final(info);
	call->version = 1;
	call->watched = 1;
	call->vague = true;
	return call;
}

void model_adopt(struct model *m, const struct tl_session_info *info)
{
	struct model_call *call = adopt_call(m, info);
	struct model_session *s;

	s = model_new_session(m, tl_session_info_session(info), tl_session_info_client(info), call,
			      tl_session_info_privilege(info));
	s->since_us = 0;
	s->noticed = true;
	call->told_owners = call->owners;
	call->told_monitors = call->monitors;
	if (call->state == TL_CALL_OFFERING || call->state == TL_CALL_ACCEPTED)
		call->answering |= s->privilege == TL_PRIVILEGE_OWNER &&
				   !(tl_session_info_features(info) & TL_FEATURE_ANSWER);
}
