/* SPDX-License-Identifier: MIT */
/* The model's tables: what there is, and who holds what. */
#include "tests/simulation/model.h"

#include <string.h>

void model_disagree(struct model *m, const char *what, uint64_t value)
{
	if (m->complaint)
		return;
	m->complaint = what;
	m->value = value;
}

void model_init(struct model *m, tl_client watcher)
{
	memset(m, 0, sizeof(*m));
	m->watcher = watcher;
	model_new_client(m, watcher);
}

void model_add_line(struct model *m, tl_line line)
{
	for (size_t i = 0; i < MODEL_LINES; i++) {
		if (m->lines[i].id.id)
			continue;
		m->lines[i] = (struct model_line){.id = line, .state = TL_LINE_ABSENT};
		return;
	}
	model_disagree(m, "too many lines for the model", line.id);
}

struct model_client *model_client(struct model *m, tl_client id)
{
	for (size_t i = 0; i < MODEL_CLIENTS; i++)
		if (m->clients[i].id.id == id.id)
			return &m->clients[i];
	model_disagree(m, "an unknown client", id.id);
	return &m->clients[0];
}

bool model_is_full(struct model *m, tl_client client)
{
	const struct model_client *c = model_client(m, client);

	return c->sessions >= c->most_sessions;
}

bool model_is_unanswered(const struct model_call *call)
{
	return !call->over && !call->answering && call->asked == TL_ORIGIN_NONE &&
	       (call->state == TL_CALL_OFFERING || call->state == TL_CALL_ACCEPTED);
}

struct model_session *model_holder(struct model *m, const struct model_call *call, tl_client client)
{
	for (size_t i = 0; i < m->n_sessions; i++)
		if (m->sessions[i].id.id && m->sessions[i].call == call &&
		    m->sessions[i].client.id == client.id)
			return &m->sessions[i];
	return NULL;
}

struct model_line *model_line(struct model *m, tl_line id)
{
	for (size_t i = 0; i < MODEL_LINES && m->lines[i].id.id; i++)
		if (m->lines[i].id.id == id.id)
			return &m->lines[i];
	return NULL;
}

struct model_call *model_call(struct model *m, uint64_t number)
{
	for (size_t i = 0; i < m->n_calls; i++)
		if (m->calls[i].number == number)
			return &m->calls[i];
	return NULL;
}

struct model_call *model_call_on(struct model *m, const struct model_line *line, bool waiting)
{
	for (size_t i = 0; i < m->n_calls; i++) {
		struct model_call *call = &m->calls[i];

		if (call->number && call->line == line && !call->over && call->waiting == waiting)
			return call;
	}
	return NULL;
}

struct model_call *model_new_call(struct model *m, uint64_t number, struct model_line *line,
				  enum tl_call_state state)
{
	struct model_call *call = model_call(m, 0);

	if (model_call(m, number) && number)
		model_disagree(m, "the number of a call came twice", number);
	if (!call && m->n_calls < MODEL_CALLS)
		call = &m->calls[m->n_calls++];
	if (!call) {
		model_disagree(m, "too many calls for the model", number);
		call = &m->calls[0];
	}
	*call = (struct model_call){.number = number, .line = line, .state = state};
	return call;
}

void model_put_call(struct model_call *call)
{
	if (call->over && !call->on_line && call->recorded && call->owners + call->monitors == 0 &&
	    call->watched == call->version)
		call->number = 0;
}

struct model_session *model_session(struct model *m, tl_session id)
{
	for (size_t i = 0; i < m->n_sessions; i++)
		if (m->sessions[i].id.id == id.id)
			return &m->sessions[i];
	return NULL;
}

static unsigned int *count_of(struct model_call *call, enum tl_privilege privilege)
{
	return privilege == TL_PRIVILEGE_OWNER ? &call->owners : &call->monitors;
}

struct model_session *model_new_session(struct model *m, tl_session id, tl_client client,
					struct model_call *call, enum tl_privilege privilege)
{
	struct model_session *s = model_session(m, (tl_session){0});

	if (model_session(m, id))
		model_disagree(m, "a session's identity was given away twice", id.id);
	if (!s && m->n_sessions < MODEL_SESSIONS)
		s = &m->sessions[m->n_sessions++];
	if (!s) {
		model_disagree(m, "too many sessions for the model", id.id);
		return &m->sessions[0];
	}
	*s = (struct model_session){
		.id = id,
		.client = client,
		.call = call,
		.privilege = privilege,
		.seen = call->version,
		.changed = true,
		.since_us = m->now_us,
	};
	(*count_of(call, privilege))++;
	model_client(m, client)->sessions++;
	m->live_sessions++;
	return s;
}

void model_privilege(struct model_session *s, enum tl_privilege privilege)
{
	(*count_of(s->call, s->privilege))--;
	s->privilege = privilege;
	(*count_of(s->call, privilege))++;
	s->changed = true;
}

void model_end_session(struct model *m, struct model_session *s)
{
	struct model_call *call = s->call;

	(*count_of(call, s->privilege))--;
	model_client(m, s->client)->sessions--;
	s->id.id = 0;
	m->live_sessions--;
	model_put_call(call);
}
