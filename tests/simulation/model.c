/* SPDX-License-Identifier: MIT */
/* Lines, calls and sessions as the events tell of them. */
#include "tests/simulation/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STATE(s) (1U << TL_CALL_##s)
#define LINE(s)	 (1U << TL_LINE_##s)
#define OVER	 (STATE(DISCONNECTED) | STATE(IDLE) | STATE(UNKNOWN))
#define ANSWERED (STATE(BUSY) | STATE(SPECIALINFO) | STATE(CONNECTED) | OVER)

/* docs/STATE-MACHINES.md, Calls: from each state to those that an event can lead to. */
static const unsigned int call_moves[TL_CALL_STATE_COUNT] = {
	[TL_CALL_OFFERING] = STATE(ACCEPTED) | STATE(CONNECTED) | OVER,
	[TL_CALL_ACCEPTED] = STATE(CONNECTED) | OVER,
	[TL_CALL_DIALTONE] = STATE(DIALING) | STATE(PROCEEDING) | STATE(RINGBACK) | ANSWERED,
	[TL_CALL_DIALING] = STATE(DIALTONE) | STATE(PROCEEDING) | STATE(RINGBACK) | ANSWERED,
	[TL_CALL_PROCEEDING] = STATE(RINGBACK) | ANSWERED,
	[TL_CALL_RINGBACK] = ANSWERED,
	[TL_CALL_BUSY] = OVER,
	[TL_CALL_SPECIALINFO] = OVER,
	[TL_CALL_CONNECTED] = STATE(ONHOLD) | STATE(ONHOLDPENDCONF) | STATE(ONHOLDPENDTRANSFER) |
			      STATE(CONFERENCED) | OVER,
	[TL_CALL_ONHOLD] = STATE(CONNECTED) | STATE(CONFERENCED) | OVER,
	[TL_CALL_CONFERENCED] = STATE(CONNECTED) | STATE(ONHOLD) | OVER,
	[TL_CALL_ONHOLDPENDCONF] = STATE(ONHOLD) | STATE(CONNECTED) | STATE(CONFERENCED) | OVER,
	[TL_CALL_ONHOLDPENDTRANSFER] = STATE(CONNECTED) | STATE(CONFERENCED) | OVER,
	[TL_CALL_DISCONNECTED] = STATE(IDLE) | STATE(UNKNOWN),
	[TL_CALL_UNKNOWN] = STATE(DISCONNECTED) | STATE(IDLE),
};

/* The same, Lines. */
static const unsigned int line_moves[TL_LINE_STATE_COUNT] = {
	[TL_LINE_ABSENT] = LINE(OPENING) | LINE(FAULTY) | LINE(GONE),
	[TL_LINE_OPENING] = LINE(ABSENT) | LINE(PROBING) | LINE(FAULTY) | LINE(GONE),
	[TL_LINE_PROBING] = LINE(ABSENT) | LINE(OPENING) | LINE(READY) | LINE(FAULTY) | LINE(GONE),
	[TL_LINE_READY] = LINE(ABSENT) | LINE(OPENING) | LINE(IN_USE) | LINE(FAULTY) | LINE(GONE),
	[TL_LINE_IN_USE] = LINE(ABSENT) | LINE(OPENING) | LINE(READY) | LINE(FAULTY) | LINE(GONE),
	[TL_LINE_FAULTY] = LINE(ABSENT) | LINE(OPENING) | LINE(GONE),
	[TL_LINE_GONE] = LINE(ABSENT) | LINE(OPENING) | LINE(FAULTY),
};

/* ---- calls ---- */

static struct model_call *call_of(struct model *m, const struct tl_event *event)
{
	struct model_call *call = model_call(m, tl_event_get_call(event));
	struct model_line *line = model_line(m, tl_event_get_line(event));
	enum tl_call_state state = tl_event_get_call_state(event);

	if (call || !line)
		return call;
	call = model_new_call(m, tl_event_get_call(event), line, state);
	call->direction = tl_event_get_direction(event);
	call->offered = true;
	call->vague = line->vague;
	if (!line->vague && (state != TL_CALL_OFFERING || call->direction != TL_DIRECTION_IN))
		model_disagree(m, "an unknown call that is no offer", call->number);
	return call;
}

/* Who asked first is who ended it, unless it had ended already. */
static void check_end(struct model *m, const struct model_call *call, const struct tl_event *event)
{
	enum tl_origin origin = tl_event_get_origin(event);
	bool ours = origin == TL_ORIGIN_USER || origin == TL_ORIGIN_CLIENT_LOST ||
		    (origin == TL_ORIGIN_APPLICATION && call->owners > 0);

	if (origin == TL_ORIGIN_NONE)
		model_disagree(m, "an end without an origin", call->number);
	if (tl_event_get_disconnect(event) == TL_DISCONNECT_NONE)
		model_disagree(m, "an end without a disconnect mode", call->number);
	if (call->vague || origin == call->asked)
		return;
	if (ours)
		model_disagree(m, "an origin that did not ask for it", call->number);
	/* Before that the modem itself gives up what nobody answers. */
	if (origin == TL_ORIGIN_TIMEOUT && !call->limited && call->connected)
		model_disagree(m, "timed out without a limit", call->number);
	if (call->asked != TL_ORIGIN_NONE && origin != TL_ORIGIN_DEVICE_GONE &&
	    origin != TL_ORIGIN_TIMEOUT)
		model_disagree(m, "dropped, but another origin is told", call->number);
}

static void enter(struct model *m, struct model_call *call, const struct tl_event *event)
{
	enum tl_call_state state = tl_event_get_call_state(event);
	/* The first that is told of a call, which of a vague one may be any. */
	bool legal = call->version == 0 ? state == call->state || call->vague
					: call_moves[call->state] & 1U << state;

	if (!legal)
		model_disagree(m, "a move that the table does not allow",
			       (uint64_t)call->state << 8 | state);
	call->state = state;
	call->version++;
	if (state == TL_CALL_CONNECTED) {
		call->answering = false;
		call->connected = true;
	}
	if (state != TL_CALL_IDLE && state != TL_CALL_UNKNOWN)
		return;
	check_end(m, call, event);
	if (!call->over)
		call->over_us = tl_event_get_boot_us(event);
	call->on_line = !call->waiting;
	call->over = true;
	call->waiting = false;
	call->answering = false;
}

static void take_note(struct model_call *call, const struct tl_event *event)
{
	call->origin = tl_event_get_origin(event);
	call->told_owners = tl_event_get_owners(event);
	call->told_monitors = tl_event_get_monitors(event);
}

/* Everybody is told the same states in the same order. */
static void on_call_state(struct model *m, const struct tl_event *event)
{
	struct model_session *s = model_session(m, tl_event_get_session(event));
	struct model_call *call = call_of(m, event);
	unsigned int *seen;

	if (!call)
		return;
	if (tl_event_get_session(event).id && (!s || s->call != call)) {
		model_disagree(m, "a state for a session that is none", call->number);
		return;
	}
	seen = s && s->id.id ? &s->seen : &call->watched;
	if (*seen == call->version)
		enter(m, call, event);
	else if (*seen + 1 != call->version || tl_event_get_call_state(event) != call->state)
		model_disagree(m, "two holders are told different states", call->number);
	*seen = call->version;
	if (s)
		s->changed = true;
	take_note(call, event);
	model_put_call(call);
}

static const struct model_open *best_owner(struct model *m, const struct model_call *call)
{
	const struct model_open *best = NULL;

	for (size_t i = 0; i < MODEL_OPENS; i++) {
		const struct model_open *open = &m->opens[i];

		if (!open->client.id || open->line != call->line ||
		    open->privilege != TL_PRIVILEGE_OWNER ||
		    (!model_holder(m, call, open->client) && model_is_full(m, open->client)))
			continue;
		if (!best || open->priority > best->priority ||
		    (open->priority == best->priority && open->order < best->order))
			best = open;
	}
	return best;
}

/* An offer without an owner goes to the best candidate. */
static void check_passed_on(struct model *m, const struct model_call *call, tl_client client)
{
	const struct model_open *best = best_owner(m, call);

	if (m->disturbed || m->behind || call->vague || call->version == 0)
		return;
	if (!model_is_unanswered(call) || call->owners > 0 || !best || best->client.id != client.id)
		model_disagree(m, "ownership that nobody gave", call->number);
}

static void on_session_new(struct model *m, const struct tl_event *event)
{
	struct model_call *call = call_of(m, event);
	tl_client client = tl_event_get_client(event);

	if (!call)
		return;
	if (call->handed_to == client.id)
		call->handed_to = 0;
	else
		check_passed_on(m, call, client);
	take_note(call, event);
	(void)model_new_session(m, tl_event_get_session(event), tl_event_get_client(event), call,
				tl_event_get_privilege(event));
}

static void on_call_info(struct model *m, const struct tl_event *event)
{
	struct model_session *s = model_session(m, tl_event_get_session(event));
	struct model_call *call = model_call(m, tl_event_get_call(event));

	if (call)
		take_note(call, event);
	if (!s || !s->id.id)
		return;
	s->changed = true;
	if (tl_event_get_privilege(event) != TL_PRIVILEGE_OWNER ||
	    s->privilege == TL_PRIVILEGE_OWNER)
		return;
	check_passed_on(m, s->call, s->client);
	model_privilege(s, TL_PRIVILEGE_OWNER);
}

/* The end of every call is told once, to the watching client. */
static void on_call_record(struct model *m, const struct tl_event *event)
{
	const struct tl_session_info *record = tl_event_get_record(event);
	struct model_call *call = model_call(m, tl_event_get_call(event));
	const struct model_line *line = model_line(m, tl_event_get_line(event));

	if (!record || tl_event_get_client(event).id != m->watcher.id)
		model_disagree(m, "a record that is none, or not for the watching client",
			       tl_event_get_call(event));
	if (!call && line && !line->vague)
		model_disagree(m, "the record of an unknown call", tl_event_get_call(event));
	if (!call || !record)
		return;
	if (call->recorded)
		model_disagree(m, "a record came twice", call->number);
	if (!call->over || !tl_session_info_is_final(record) ||
	    tl_session_info_state(record) != call->state)
		model_disagree(m, "the record of a call that is not over", call->number);
	if (tl_session_info_call(record) != call->number ||
	    tl_session_info_origin(record) != call->origin)
		model_disagree(m, "the record of another end", call->number);
	call->recorded = true;
	model_put_call(call);
}

/* An ended session of a client that keeps them is announced, then released. */
static void on_expiring(struct model *m, const struct tl_event *event)
{
	struct model_session *s = model_session(m, tl_event_get_session(event));
	uint64_t from_us;

	if (!s || s->client.id != tl_event_get_client(event).id)
		return;
	if (!s->call->over)
		model_disagree(m, "a session of a live call expires", s->id.id);
	if (tl_event_get_count(event) > 0) {
		s->noticed = true;
		return;
	}
	from_us = s->since_us > s->call->over_us ? s->since_us : s->call->over_us;
	if (!s->noticed)
		model_disagree(m, "a session expired without notice", s->id.id);
	if (model_client(m, s->client)->max_age_s == 0 ||
	    tl_event_get_boot_us(event) <
		    from_us + UINT64_C(1000000) * model_client(m, s->client)->max_age_s)
		model_disagree(m, "a session expired too soon", s->id.id);
	m->disturbed = true;
	model_end_session(m, s);
}

/* ---- lines ---- */

static void tidy(struct model *m, const struct model_line *line)
{
	for (size_t i = 0; i < m->n_calls; i++) {
		struct model_call *call = &m->calls[i];

		if (!call->number || call->line != line)
			continue;
		if (!call->over && !call->waiting && !call->vague && line->state == TL_LINE_READY)
			model_disagree(m, "READY with a call on the line", call->number);
		call->waiting = false;
		call->on_line = false;
		model_put_call(call);
	}
}

static void on_line_state(struct model *m, const struct tl_event *event)
{
	struct model_line *line = model_line(m, tl_event_get_line(event));
	enum tl_line_state state = tl_event_get_line_state(event);

	if (!line)
		return;
	if (tl_event_get_client(event).id != m->watcher.id) {
		if (line->state != state)
			model_disagree(m, "two clients are told different states of a line",
				       line->id.id);
		return;
	}
	if (line->state != state && !(line_moves[line->state] & 1U << state))
		model_disagree(m, "a line's move that the table does not allow",
			       (uint64_t)line->state << 8 | state);
	if (state == TL_LINE_FAULTY && !*tl_event_get_text(event))
		model_disagree(m, "FAULTY without a reason", line->id.id);
	line->state = state;
	line->muted &= state == TL_LINE_IN_USE;
	if (state != TL_LINE_READY && state != TL_LINE_GONE)
		return;
	line->vague = false;
	line->maybe_commanding = false;
	tidy(m, line);
}

static void on_ring(struct model *m, const struct tl_event *event)
{
	struct model_line *line = model_line(m, tl_event_get_line(event));
	struct model_call *call = line ? model_call_on(m, line, false) : NULL;

	if (!line || line->vague)
		return;
	if (tl_event_get_rings(event) == 0)
		model_disagree(m, "a ring that is not counted", line->id.id);
	if (!call || call->direction != TL_DIRECTION_IN)
		model_disagree(m, "a ring without an offer", line->id.id);
}

/* ---- requests ---- */

static void check_result(struct model *m, const struct model_op *op, const struct tl_event *event)
{
	const struct model_call *call = op->call ? model_call(m, op->call) : NULL;
	int r = tl_event_get_result(event);
	char token[16];

	if (op->request == MODEL_COMMAND && r == 0) {
		(void)snprintf(token, sizeof(token), "%03u\n", (unsigned int)op->token);
		if (strncmp(tl_event_get_text(event), token, 4) != 0)
			model_disagree(m, "the answer to another command", op->token);
	}
	if (op->request == MODEL_RESET && r == 0 && op->line->state != TL_LINE_READY)
		model_disagree(m, "reset, but not READY", op->line->id.id);
	if (!call || call->vague)
		return;
	if (op->request == MODEL_DROP &&
	    (!call->over || r != (call->state == TL_CALL_UNKNOWN ? -EIO : 0)))
		model_disagree(m, "the result of a drop", (uint64_t)-r);
	if (op->request == MODEL_HOLD && r == 0 && call->state != TL_CALL_ONHOLD)
		model_disagree(m, "held, but not on hold", call->state);
	if (op->request == MODEL_UNHOLD && r == 0 && call->state != TL_CALL_CONNECTED)
		model_disagree(m, "taken back, but not connected", call->state);
	if (op->request == MODEL_ANSWER && (r == 0) != (call->state == TL_CALL_CONNECTED))
		model_disagree(m, "the result of an answer", (uint64_t)-r);
}

static void on_op_done(struct model *m, const struct tl_event *event)
{
	for (size_t i = 0; i < m->n_ops; i++) {
		if (m->ops[i].id != tl_event_get_op(event))
			continue;
		if (m->ops[i].client.id != tl_event_get_client(event).id)
			model_disagree(m, "another client's completion", m->ops[i].id);
		check_result(m, &m->ops[i], event);
		m->ops[i].id = 0;
		m->live_ops--;
		return;
	}
	model_disagree(m, "a completion that nobody waits for", tl_event_get_op(event));
}

void model_event(struct model *m, const struct tl_event *event)
{
	m->now_us = tl_event_get_boot_us(event);
	switch (tl_event_get_type(event)) {
	case TL_EVENT_OP_DONE:
		on_op_done(m, event);
		break;
	case TL_EVENT_SESSION_NEW:
		on_session_new(m, event);
		break;
	case TL_EVENT_CALL_STATE:
		on_call_state(m, event);
		break;
	case TL_EVENT_CALL_INFO:
		on_call_info(m, event);
		break;
	case TL_EVENT_RING:
		on_ring(m, event);
		break;
	case TL_EVENT_LINE_STATE:
		on_line_state(m, event);
		break;
	case TL_EVENT_SESSION_EXPIRING:
		on_expiring(m, event);
		break;
	case TL_EVENT_CALL_RECORD:
		on_call_record(m, event);
		break;
	case TL_EVENT_READABLE:
	case TL_EVENT_WRITABLE:
	case TL_EVENT_BREAK:
	case TL_EVENT_LIMIT_NEAR:
		break;
	case TL_EVENT_LOST:
		m->lost = true;
		break;
	}
}

/* ---- nothing waits any longer ---- */

/* A new offer: monitors watch it, the first owner of the highest priority has it. */
static void check_offer(struct model *m, const struct model_call *call)
{
	const struct model_open *owner = best_owner(m, call);
	const struct model_session *s;
	unsigned int monitors = 0;

	for (size_t i = 0; i < MODEL_OPENS; i++) {
		const struct model_open *open = &m->opens[i];

		if (!open->client.id || open->line != call->line ||
		    open->privilege != TL_PRIVILEGE_MONITOR)
			continue;
		s = model_holder(m, call, open->client);
		if (!s && !model_is_full(m, open->client))
			model_disagree(m, "an offer without its monitor", call->number);
		monitors += s != NULL;
	}
	s = owner ? model_holder(m, call, owner->client) : NULL;
	if (owner && (!s || s->privilege != TL_PRIVILEGE_OWNER))
		model_disagree(m, "an offer without its owner", call->number);
	if (call->owners != (owner ? 1 : 0) || call->monitors != monitors)
		model_disagree(m, "an offer with other holders", call->number);
}

/* One who had no room when it was offered is not asked again. */
static void check_unowned(struct model *m, const struct model_call *call)
{
	const struct model_open *best = best_owner(m, call);

	if (best && !model_client(m, best->client)->limited)
		model_disagree(m, "an offer that nobody was given", call->number);
}

static void settle_call(struct model *m, struct model_call *call)
{
	bool exact = !call->vague && !m->starving && !m->disturbed;

	if (call->watched != call->version)
		model_disagree(m, "the watching client was not told", call->number);
	if (call->handed_to)
		model_disagree(m, "a client was not told of its session", call->number);
	if (call->over && !call->on_line && !call->recorded)
		model_disagree(m, "a record was not told", call->number);
	if (exact && call->offered)
		check_offer(m, call);
	call->offered = false;
	if (exact && model_is_unanswered(call) && call->owners == 0)
		check_unowned(m, call);
	if (!call->over && !call->vague &&
	    (call->told_owners != call->owners || call->told_monitors != call->monitors))
		model_disagree(m, "other numbers of holders than told", call->number);
}

void model_settle(struct model *m)
{
	for (size_t i = 0; i < m->n_sessions; i++) {
		const struct model_session *s = &m->sessions[i];

		if (s->id.id && s->seen != s->call->version)
			model_disagree(m, "a holder was not told of a state", s->id.id);
	}
	for (size_t i = 0; i < m->n_calls; i++)
		if (m->calls[i].number)
			settle_call(m, &m->calls[i]);
	m->disturbed = false;
}
