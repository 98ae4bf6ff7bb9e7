/* SPDX-License-Identifier: MIT */
/* What calls of the API must answer, and what they change. */
#include "tests/simulation/model.h"

#include <errno.h>
#include <string.h>

/* An answer that cannot be predicted: nobody has told us enough. */
#define ANY 1

static int offer_rule(const struct model_call *call, enum model_operation operation)
{
	if (call->state == TL_CALL_DISCONNECTED)
		return -ENOTCONN;
	if (call->state == TL_CALL_ACCEPTED && operation == MODEL_OP_ACCEPT)
		return -EALREADY;
	if (call->state == TL_CALL_OFFERING || call->state == TL_CALL_ACCEPTED)
		return call->answering ? -EBUSY : 0;
	return -EINVAL;
}

static int hold_rule(const struct model_call *call, enum model_operation operation)
{
	bool held = call->state == TL_CALL_ONHOLD;

	if (call->state == TL_CALL_DISCONNECTED)
		return -ENOTCONN;
	if (call->state != TL_CALL_CONNECTED && !held)
		return -EINVAL;
	return held == (operation == MODEL_OP_HOLD) ? -EALREADY : 0;
}

/* docs/STATE-MACHINES.md, Sessions. */
int model_rule(const struct model_session *s, enum model_operation operation)
{
	const struct model_call *call = s->call;
	bool owner = s->privilege == TL_PRIVILEGE_OWNER;
	bool bound = owner && call->owners == 1 && !call->over; /* cannot just leave it */
	bool gone = call->origin == TL_ORIGIN_DEVICE_GONE;
	int over = !call->over ? 0 : gone ? -ENODEV : -ENOTCONN;

	if (operation == MODEL_OP_RELEASE)
		return bound ? -EBUSY : 0;
	if (operation == MODEL_OP_GIVE_UP)
		return !owner ? -EALREADY : bound ? -EBUSY : 0;
	if (operation == MODEL_OP_TAKE)
		return owner ? -EALREADY : over ? over : call->owners > 0 ? -EPERM : 0;
	if (!owner)
		return -EPERM;
	if (operation == MODEL_OP_DROP)
		return over == -ENOTCONN ? -EALREADY : over;
	if (over || operation == MODEL_OP_HAND_OFF)
		return over;
	if (operation == MODEL_OP_LIMIT || operation == MODEL_OP_ATTACH)
		return call->state == TL_CALL_DISCONNECTED ? -ENOTCONN : 0;
	if (operation == MODEL_OP_HOLD || operation == MODEL_OP_UNHOLD)
		return hold_rule(call, operation);
	return offer_rule(call, operation);
}

/* @return whether it was accepted */
static bool judge(struct model *m, const char *what, int expected, int r)
{
	bool starved = m->starving && r == -ENOMEM;

	if (m->behind)
		m->disturbed = true;
	else if (expected != ANY && r != expected && !starved)
		model_disagree(m, what, (uint64_t)-expected << 16 | (uint64_t)-r);
	return r == 0;
}

static void add_op(struct model *m, uint64_t id, const struct model_op *op)
{
	struct model_op *free_op = NULL;

	for (size_t i = 0; i < m->n_ops && !free_op; i++)
		if (!m->ops[i].id)
			free_op = &m->ops[i];
	if (!free_op && m->n_ops < MODEL_OPS)
		free_op = &m->ops[m->n_ops++];
	if (!free_op) {
		model_disagree(m, "too many requests for the model", id);
		return;
	}
	*free_op = *op;
	free_op->id = id;
	m->live_ops++;
}

static bool is_pending(const struct model *m, const struct model_line *line,
		       enum model_request request)
{
	for (size_t i = 0; i < m->n_ops; i++)
		if (m->ops[i].id && m->ops[i].line == line && m->ops[i].request == request)
			return true;
	return false;
}

/* ---- clients ---- */

void model_new_client(struct model *m, tl_client client)
{
	*model_client(m, (tl_client){0}) = (struct model_client){
		.id = client,
		.most_sessions = TL_SESSIONS_PER_CLIENT_MAX,
	};
}

void model_set_keep(struct model *m, const struct model_client *want, int r)
{
	struct model_client *client = model_client(m, want->id);

	if (!judge(m, "the answer to set_keep", 0, r))
		return;
	client->most_sessions = want->most_sessions;
	client->limited |= want->most_sessions < TL_SESSIONS_PER_CLIENT_MAX;
	client->max_age_s = want->max_age_s;
}

/* What nobody else owns is dropped; an unanswered offer rings on. */
static void lose_owner(struct model *m, struct model_session *s)
{
	struct model_call *call = s->call;

	if (model_rule(s, MODEL_OP_RELEASE) == 0 || model_is_unanswered(call))
		return;
	if (call->asked == TL_ORIGIN_NONE && call->state != TL_CALL_DISCONNECTED)
		call->asked = TL_ORIGIN_CLIENT_LOST;
	call->vague |= m->behind;
}

void model_close_client(struct model *m, tl_client client)
{
	m->disturbed |= m->behind;
	for (size_t i = 0; i < MODEL_OPENS; i++)
		if (m->opens[i].client.id == client.id)
			m->opens[i].client.id = 0;
	for (size_t i = 0; i < m->n_sessions; i++) {
		struct model_session *s = &m->sessions[i];

		if (!s->id.id || s->client.id != client.id)
			continue;
		lose_owner(m, s);
		model_end_session(m, s);
	}
	for (size_t i = 0; i < m->n_ops; i++) {
		struct model_op *op = &m->ops[i];

		if (!op->id || op->client.id != client.id)
			continue;
		if (op->request == MODEL_COMMAND)
			op->line->maybe_commanding = true;
		op->id = 0;
		m->live_ops--;
	}
	for (size_t i = 0; i < m->n_calls; i++)
		if (m->calls[i].handed_to == client.id)
			m->calls[i].handed_to = 0;
	model_client(m, client)->id.id = 0;
}

static struct model_open *find_open(struct model *m, tl_client client,
				    const struct model_line *line)
{
	for (size_t i = 0; i < MODEL_OPENS; i++)
		if (m->opens[i].client.id == client.id && (!client.id || m->opens[i].line == line))
			return &m->opens[i];
	return NULL;
}

void model_open(struct model *m, const struct model_open *want, tl_line line_id, int r)
{
	struct model_line *line = model_line(m, line_id);
	struct model_open *open = find_open(m, want->client, line);
	uint64_t order = open ? open->order : ++m->orders;

	if (!judge(m, "the answer to open", 0, r))
		return;
	if (!open)
		open = find_open(m, (tl_client){0}, line);
	if (!open) {
		model_disagree(m, "too many opens for the model", line_id.id);
		return;
	}
	*open = *want;
	open->line = line;
	open->order = order;
}

void model_close(struct model *m, tl_client client, tl_line line, int r)
{
	struct model_open *open = find_open(m, client, model_line(m, line));

	if (judge(m, "the answer to close", open ? 0 : -EALREADY, r) && open)
		open->client.id = 0;
}

/* ---- lines ---- */

void model_remove_line(struct model *m, tl_line line_id)
{
	const struct model_line *line = model_line(m, line_id);

	for (size_t i = 0; i < MODEL_OPENS; i++)
		if (m->opens[i].line == line)
			m->opens[i].client.id = 0;
}

static int may_dial(const struct model *m, const struct model_line *line, bool next, bool live)
{
	if (line->vague)
		return ANY;
	switch (line->state) {
	case TL_LINE_READY:
		if (line->maybe_commanding)
			return ANY;
		return is_pending(m, line, MODEL_COMMAND) ? -EBUSY : 0;
	case TL_LINE_IN_USE:
		return live || next || line->muted ? -EBUSY : ANY;
	case TL_LINE_OPENING:
	case TL_LINE_PROBING:
		return next ? -EBUSY : 0;
	case TL_LINE_FAULTY:
		return -ENOTRECOVERABLE;
	case TL_LINE_ABSENT:
	case TL_LINE_GONE:
		return -ENODEV;
	}
	return ANY;
}

void model_dial(struct model *m, tl_client client, tl_line line_id, int r,
		const struct model_dialled *dialled)
{
	struct model_line *line = model_line(m, line_id);
	int expected =
		may_dial(m, line, model_call_on(m, line, true), model_call_on(m, line, false));
	struct model_call *call;

	if (expected == 0 && model_is_full(m, client))
		expected = -ENOSPC;
	if (!judge(m, "the answer to dial", expected, r))
		return;
	call = model_new_call(m, dialled->call, line, TL_CALL_DIALING);
	call->direction = TL_DIRECTION_OUT;
	call->limited = dialled->limited;
	call->waiting = line->state != TL_LINE_READY;
	(void)model_new_session(m, dialled->session, client, call, TL_PRIVILEGE_OWNER);
	add_op(m, dialled->op,
	       &(struct model_op){.request = MODEL_DIAL,
				  .client = client,
				  .line = line,
				  .call = call->number});
}

void model_join(struct model *m, tl_client client, tl_line line_id, enum tl_privilege privilege,
		int r, const struct model_joined *joined)
{
	struct model_line *line = model_line(m, line_id);
	struct model_call *call = model_call_on(m, line, false);
	int expected = 0;

	if (line->vague)
		expected = ANY;
	else if (!call)
		expected = -ENOTCONN;
	else if (model_holder(m, call, client))
		expected = -EALREADY;
	else if (privilege == TL_PRIVILEGE_OWNER && call->owners > 0)
		expected = -EPERM;
	else if (model_is_full(m, client))
		expected = -ENOSPC;
	if (!judge(m, "the answer to join", expected, r))
		return;
	if (!line->vague && call->number != joined->call)
		model_disagree(m, "joined another call", joined->call);
	if (!call || call->number != joined->call) {
		/* One that we have not heard of: what there is to know of it comes with the infos.
		 */
		m->lost = true;
		call = model_call(m, joined->call);
	}
	if (!call) {
		call = model_new_call(m, joined->call, line, TL_CALL_UNKNOWN);
		call->vague = true;
	}
	(void)model_new_session(m, joined->session, client, call, privilege);
}

void model_command(struct model *m, tl_client client, tl_line line_id, uint32_t token, int r,
		   uint64_t op)
{
	struct model_line *line = model_line(m, line_id);
	int expected = -EBUSY;

	if (line->state == TL_LINE_READY && !is_pending(m, line, MODEL_COMMAND))
		expected = line->maybe_commanding ? ANY : 0;
	else if (line->state == TL_LINE_FAULTY)
		expected = -ENOTRECOVERABLE;
	else if (line->state == TL_LINE_ABSENT || line->state == TL_LINE_GONE)
		expected = -ENODEV;
	if (judge(m, "the answer to command", expected, r))
		add_op(m, op,
		       &(struct model_op){.request = MODEL_COMMAND,
					  .client = client,
					  .line = line,
					  .token = token});
}

void model_reset(struct model *m, tl_client client, tl_line line_id, int r, uint64_t op)
{
	struct model_line *line = model_line(m, line_id);
	int expected = 0;

	if (is_pending(m, line, MODEL_RESET) || model_call_on(m, line, true) ||
	    model_call_on(m, line, false))
		expected = -EBUSY;
	else if (line->vague)
		expected = ANY;
	if (judge(m, "the answer to reset", expected, r))
		add_op(m, op,
		       &(struct model_op){.request = MODEL_RESET, .client = client, .line = line});
}

/* ---- sessions ---- */

/* A session that the model does not have is stale. @return NULL: judged */
static struct model_session *take(struct model *m, tl_session id, int r)
{
	struct model_session *s = id.id ? model_session(m, id) : NULL;

	if (!s)
		(void)judge(m, "the answer of a stale session", -ESTALE, r);
	return s;
}

void model_answer(struct model *m, tl_session id, int r, uint64_t op)
{
	struct model_session *s = take(m, id, r);
	int expected = s ? model_rule(s, MODEL_OP_ANSWER) : 0;

	if (!s)
		return;
	/* A modem without voice may refuse. */
	if (s->call->vague || (expected == 0 && r == -EOPNOTSUPP))
		expected = ANY;
	if (!judge(m, "the answer to answer", expected, r))
		return;
	s->call->answering = true;
	add_op(m, op,
	       &(struct model_op){.request = MODEL_ANSWER,
				  .client = s->client,
				  .line = s->call->line,
				  .call = s->call->number});
}

void model_accept(struct model *m, tl_session id, int r)
{
	struct model_session *s = take(m, id, r);

	if (s)
		(void)judge(m, "the answer to accept",
			    s->call->vague ? ANY : model_rule(s, MODEL_OP_ACCEPT), r);
}

static void ask(struct model *m, struct model_call *call, enum tl_origin origin)
{
	bool offer = call->state == TL_CALL_OFFERING || call->state == TL_CALL_ACCEPTED;

	call->vague |= m->behind;
	if (call->over)
		return;
	if (call->asked == TL_ORIGIN_NONE && call->state != TL_CALL_DISCONNECTED)
		call->asked = origin;
	call->line->vague |= call->vague;
	/* Nobody can be told: it rings on unseen. */
	if (offer && !call->answering)
		call->line->muted = true;
}

void model_drop(struct model *m, tl_session id, enum tl_origin origin, int r, uint64_t op)
{
	struct model_session *s = take(m, id, r);

	if (!s || !judge(m, "the answer to drop", model_rule(s, MODEL_OP_DROP), r))
		return;
	ask(m, s->call, origin);
	add_op(m, op,
	       &(struct model_op){.request = MODEL_DROP,
				  .client = s->client,
				  .line = s->call->line,
				  .call = s->call->number});
}

void model_release(struct model *m, tl_session id, unsigned int flags, int r)
{
	struct model_session *s = take(m, id, r);
	int expected = s ? model_rule(s, MODEL_OP_RELEASE) : 0;
	bool drops = expected == -EBUSY && flags & TL_RELEASE_DROP;

	if (!s || !judge(m, "the answer to release", drops ? 0 : expected, r))
		return;
	if (drops)
		ask(m, s->call, TL_ORIGIN_APPLICATION);
	model_end_session(m, s);
}

void model_move(struct model *m, tl_session id, tl_client to, int r)
{
	struct model_session *s = take(m, id, r);
	int expected = 0;

	if (!s)
		return;
	if (model_holder(m, s->call, to))
		expected = -EALREADY;
	else if (model_is_full(m, to))
		expected = -ENOSPC;
	if (!judge(m, "the answer to move", expected, r))
		return;
	model_client(m, s->client)->sessions--;
	model_client(m, to)->sessions++;
	s->client = to;
	s->changed = true;
	s->noticed = false;
	s->since_us = m->now_us;
}

void model_set_privilege(struct model *m, tl_session id, enum tl_privilege privilege, int r)
{
	struct model_session *s = take(m, id, r);
	enum model_operation operation =
		privilege == TL_PRIVILEGE_OWNER ? MODEL_OP_TAKE : MODEL_OP_GIVE_UP;

	if (s && judge(m, "the answer to set_privilege", model_rule(s, operation), r))
		model_privilege(s, privilege);
}

void model_hand_off(struct model *m, tl_session id, tl_client to, int r)
{
	struct model_session *s = take(m, id, r), *other;
	int expected = s ? model_rule(s, MODEL_OP_HAND_OFF) : 0;

	if (!s)
		return;
	other = model_holder(m, s->call, to);
	if (expected == 0 && other && other->privilege == TL_PRIVILEGE_OWNER)
		expected = -EALREADY;
	else if (expected == 0 && !other && model_is_full(m, to))
		expected = -ENOSPC;
	if (!judge(m, "the answer to hand_off", expected, r))
		return;
	if (other)
		model_privilege(other, TL_PRIVILEGE_OWNER);
	else
		s->call->handed_to = to.id;
}

void model_set_limit(struct model *m, tl_session id, uint32_t seconds, int r)
{
	struct model_session *s = take(m, id, r);

	if (s && judge(m, "the answer to set_limit", model_rule(s, MODEL_OP_LIMIT), r))
		s->call->limited |= seconds > 0;
}

void model_hold(struct model *m, tl_session id, bool on, int r, uint64_t op)
{
	struct model_session *s = take(m, id, r);
	int expected = s ? model_rule(s, on ? MODEL_OP_HOLD : MODEL_OP_UNHOLD) : 0;

	if (!s)
		return;
	/* A data call, a modem or an exchange that cannot; another one, or a limit's drop, is under
	 * way. */
	if (s->call->vague || (expected == 0 && (r == -EOPNOTSUPP || r == -EBUSY || r == -ENODEV)))
		expected = ANY;
	if (judge(m, "the answer to hold", expected, r))
		add_op(m, op,
		       &(struct model_op){.request = on ? MODEL_HOLD : MODEL_UNHOLD,
					  .client = s->client,
					  .line = s->call->line,
					  .call = s->call->number});
}

/* ---- bytes ---- */

void model_attach(struct model *m, tl_session id, int r)
{
	struct model_session *s = take(m, id, r);
	int expected = s ? model_rule(s, MODEL_OP_ATTACH) : 0;

	if (!s)
		return;
	/* This one or another one is; a voice call. */
	if (s->call->vague ||
	    (expected == 0 && (r == -EALREADY || r == -EBUSY || r == -EOPNOTSUPP)))
		expected = ANY;
	(void)judge(m, "the answer to attach", expected, r);
}

void model_transfer(struct model *m, tl_session id, bool reads, ssize_t n)
{
	struct model_session *s = take(m, id, n < 0 ? (int)n : 0);
	bool ended = s && (s->call->over || s->call->state == TL_CALL_DISCONNECTED);

	/* Not attached; not now. */
	if (!s || s->call->vague || m->behind || n == -EINVAL || n == -EAGAIN ||
	    (m->starving && n == -ENOMEM))
		return;
	if (n == 0 && !(reads && ended))
		model_disagree(m, "the end of the data before that of the call", id.id);
	else if (n < 0 &&
		 (reads || (!ended && s->call->asked == TL_ORIGIN_NONE && !s->call->limited)))
		model_disagree(m, "the answer to a transfer", (uint64_t)-n);
	else if (n > 0 && !reads && (ended || s->call->state != TL_CALL_CONNECTED))
		model_disagree(m, "bytes to a call that is not connected", (uint64_t)n);
}

void model_change_mode(struct model *m, tl_session id, int r, uint64_t op)
{
	struct model_session *s = take(m, id, r);

	if (s && judge(m, "the answer to a change of mode", ANY, r))
		add_op(m, op,
		       &(struct model_op){.request = MODEL_MODE,
					  .client = s->client,
					  .line = s->call->line,
					  .call = s->call->number});
}
