/* SPDX-License-Identifier: MIT */
/*
 * Every cell of the two tables, with calls that were really brought into the states: what an event
 * does to a call, by what drivers report; what an operation answers to whom, through the API.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct held {
	struct fake f;
	tl_client owner, other, third;
	tl_session owned;   /* the owner's */
	tl_session session; /* of whoever plays the role */
};

/* How a call gets there: the events behind the dialling, or the offer. */
static const struct {
	bool incoming;
	enum core_call_event path[2];
	size_t n;
} ways[TL_CALL_STATE_COUNT] = {
	[TL_CALL_IDLE] = {.path = {CORE_CALL_EVENT_CONNECT, CORE_CALL_EVENT_CLEARED}, .n = 2},
	[TL_CALL_OFFERING] = {.incoming = true},
	[TL_CALL_ACCEPTED] = {.incoming = true, .path = {CORE_CALL_EVENT_ACCEPT}, .n = 1},
	[TL_CALL_DIALTONE] = {.path = {CORE_CALL_EVENT_DIALTONE}, .n = 1},
	[TL_CALL_DIALING] = {.n = 0},
	[TL_CALL_PROCEEDING] = {.path = {CORE_CALL_EVENT_PROCEED}, .n = 1},
	[TL_CALL_RINGBACK] = {.path = {CORE_CALL_EVENT_RINGBACK}, .n = 1},
	[TL_CALL_BUSY] = {.path = {CORE_CALL_EVENT_BUSY}, .n = 1},
	[TL_CALL_SPECIALINFO] = {.path = {CORE_CALL_EVENT_SPECIALINFO}, .n = 1},
	[TL_CALL_CONNECTED] = {.path = {CORE_CALL_EVENT_CONNECT}, .n = 1},
	[TL_CALL_ONHOLD] = {.path = {CORE_CALL_EVENT_CONNECT, CORE_CALL_EVENT_HOLD}, .n = 2},
	[TL_CALL_CONFERENCED] = {.path = {CORE_CALL_EVENT_CONNECT, CORE_CALL_EVENT_JOIN}, .n = 2},
	[TL_CALL_ONHOLDPENDCONF] = {.path = {CORE_CALL_EVENT_CONNECT,
					     CORE_CALL_EVENT_HOLD_FOR_CONF},
				    .n = 2},
	[TL_CALL_ONHOLDPENDTRANSFER] = {.path = {CORE_CALL_EVENT_CONNECT,
						 CORE_CALL_EVENT_HOLD_FOR_TRANSFER},
					.n = 2},
	[TL_CALL_DISCONNECTED] = {.path = {CORE_CALL_EVENT_CONNECT, CORE_CALL_EVENT_END}, .n = 2},
	[TL_CALL_UNKNOWN] = {.path = {CORE_CALL_EVENT_CONNECT, CORE_CALL_EVENT_LOSE_TRACK}, .n = 2},
};

/* Let the step that runs, or the drop that begins, prove it. */
static void clear(struct held *held)
{
	static const struct core_drop_outcome proved = {.result = TL_DROP_VERIFIED,
							.proof = "proof"};
	struct core_call *call = held->f.line->call;

	if (call && call->drop.running) {
		core_drop_step_done(held->f.line, &proved);
		return;
	}
	held->f.steps[0].silent = false;
	(void)tl_session_drop(held->f.ctx, held->owned, 0, NULL);
	fake_run_ms(&held->f, 0);
}

static void feed(struct held *held, enum core_call_event event)
{
	static const struct core_cause cause = {.origin = TL_ORIGIN_REMOTE,
						.disconnect = TL_DISCONNECT_NORMAL};
	struct core_line *line = held->f.line;

	bool dropping = line->call && line->call->drop.running;

	if (event == CORE_CALL_EVENT_CLEARED)
		clear(held);
	else if (event == CORE_CALL_EVENT_LOSE_TRACK && dropping)
		core_line_down(line, -EIO, "scripted"); /* no event counts in a drop */
	else if (event == CORE_CALL_EVENT_END)
		core_call_ended(line, &cause, NULL); /* the drop behind it waits for its step */
	else
		core_call_event(line, event);
}

/* A call of the owner's, as it begins; a drop of it goes on for ever. */
static void begin(struct held *held, bool incoming)
{
	struct fake *f = &held->f;
	tl_line line;

	fake_init(f);
	f->n_steps = 1;
	f->media = 1U << TL_MEDIA_VOICE | 1U << TL_MEDIA_DATA;
	f->can_hold = true;
	f->steps[0] = (struct fake_step){.silent = true, .result = TL_DROP_VERIFIED};
	held->owner = fake_client(f, "owner");
	held->other = fake_client(f, "other");
	held->third = fake_client(f, "third");
	line = fake_ready(f);
	if (!incoming) {
		held->owned = fake_talk(f, held->owner, line);
		return;
	}
	cr_assert_eq(tl_line_open(f->ctx, held->owner, line, TL_PRIVILEGE_OWNER, 0), 0);
	core_line_ring(f->line);
	fake_fetch(f);
	held->owned = tl_event_get_session(fake_last(f, TL_EVENT_SESSION_NEW));
}

/* Whose privileges have to be settled while the call lives. */
static void take_role(struct held *held, enum core_role role)
{
	struct fake *f = &held->f;

	held->session = held->owned;
	if (role == CORE_ROLE_OWNER)
		cr_assert_eq(tl_session_hand_off(f->ctx, held->owned, held->other), 0);
	else if (role != CORE_ROLE_SOLE_OWNER)
		cr_assert_eq(tl_line_join(f->ctx, held->other, f->line->id, TL_PRIVILEGE_MONITOR,
					  &held->session),
			     0);
}

/* The owner goes; the drop that this begins leaves the state as it is. */
static void lose_owner(struct held *held)
{
	cr_assert_eq(tl_client_close(held->f.ctx, held->owner), 0);
	held->owner = (tl_client){0};
}

static void hold(struct held *held, enum tl_call_state state, enum core_role role)
{
	begin(held, ways[state].incoming);
	take_role(held, role);
	for (size_t i = 0; i < ways[state].n; i++)
		feed(held, ways[state].path[i]);
	held->f.steps[0].silent = true;
	if (role == CORE_ROLE_LONE_MONITOR)
		lose_owner(held);
	cr_assert_eq(fake_call_state(&held->f, held->session), state, "%s",
		     tl_call_state_name(state));
	fake_clear(&held->f);
}

static void let_go(struct held *held)
{
	held->f.steps[0].silent = false;
	if (held->owner.id)
		lose_owner(held);
	cr_assert_eq(tl_client_close(held->f.ctx, held->other), 0);
	cr_assert_eq(tl_client_close(held->f.ctx, held->third), 0);
	fake_run_ms(&held->f, 10000);
	fake_fini(&held->f);
}

/* ---- state × event ---- */

/* How often was the client told of a state? The last one is what it says. */
static size_t count_states(struct fake *f, enum tl_call_state state)
{
	size_t n;

	fake_fetch(f);
	n = fake_count(f, TL_EVENT_CALL_STATE);
	if (n > 0)
		cr_assert_eq(tl_event_get_call_state(fake_last(f, TL_EVENT_CALL_STATE)), state);
	return n;
}

static void check_event(enum tl_call_state state, enum core_call_event event)
{
	struct core_call_move move = core_call_fsm(state, event);
	enum tl_call_state now;
	struct held held;

	hold(&held, state, CORE_ROLE_SOLE_OWNER);
	feed(&held, event);
	now = fake_call_state(&held.f, held.session);
	cr_assert_eq(now, move.next, "%s on %s: %s", core_call_event_name(event),
		     tl_call_state_name(state), tl_call_state_name(now));
	cr_assert_eq(count_states(&held.f, move.next), move.allowed, "%s on %s",
		     core_call_event_name(event), tl_call_state_name(state));
	let_go(&held);
}

Test(cells, each_event_in_each_state_does_what_the_table_says)
{
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
		for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++)
			check_event(s, e);
}

/* A call whose drop has failed is over, but not IDLE: its line's fate decides. */
Test(cells, a_call_that_was_given_up_is_idle_when_its_line_is)
{
	static const struct {
		const char *name;
		bool gone;
		size_t states; /* told on the way */
	} rows[] = {
		{"the line comes back", false, 1}, /* cleared */
		{"the device goes", true, 2},	   /* end, cleared */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct held held;

		hold(&held, TL_CALL_CONNECTED, CORE_ROLE_SOLE_OWNER);
		core_line_down(held.f.line, -EIO, "scripted");
		cr_assert_eq(fake_call_state(&held.f, held.session), TL_CALL_UNKNOWN);
		fake_clear(&held.f);
		if (rows[i].gone)
			core_line_lost(held.f.line);
		else
			fake_run_ms(&held.f, 2000);
		cr_assert_eq(count_states(&held.f, TL_CALL_IDLE), rows[i].states, "%s",
			     rows[i].name);
		let_go(&held);
	}
}

/* ---- state × operation × role ---- */

static int operate(struct held *held, enum core_op op)
{
	struct tl_ctx *ctx = held->f.ctx;

	switch (op) {
	case CORE_OP_ANSWER:
		return tl_session_answer(ctx, held->session, TL_MEDIA_DATA, NULL);
	case CORE_OP_ACCEPT:
		return tl_session_accept(ctx, held->session);
	case CORE_OP_DROP:
		return tl_session_drop(ctx, held->session, 0, NULL);
	case CORE_OP_RELEASE:
		return tl_session_release(ctx, held->session, 0);
	case CORE_OP_HAND_OFF:
		return tl_session_hand_off(ctx, held->session, held->third);
	case CORE_OP_TAKE:
		return tl_session_set_privilege(ctx, held->session, TL_PRIVILEGE_OWNER);
	case CORE_OP_GIVE_UP:
		return tl_session_set_privilege(ctx, held->session, TL_PRIVILEGE_MONITOR);
	case CORE_OP_LIMIT:
		return tl_session_set_limit(ctx, held->session, TL_LIMIT_DURATION, 100);
	case CORE_OP_HOLD:
		return tl_session_hold(ctx, held->session, NULL);
	case CORE_OP_UNHOLD:
		return tl_session_unhold(ctx, held->session, NULL);
	case CORE_OP_ATTACH:
		/* Some states are reached by voice calls only. */
		if (held->f.line->call)
			held->f.line->call->record.media = TL_MEDIA_DATA;
		return tl_session_attach(ctx, held->session);
	}
	return -ENOSYS;
}

/* As the client sees it. */
static enum core_role seen_role(const struct tl_session_info *info)
{
	unsigned int owners = tl_session_info_owners(info);

	if (tl_session_info_privilege(info) == TL_PRIVILEGE_OWNER)
		return owners > 1 ? CORE_ROLE_OWNER : CORE_ROLE_SOLE_OWNER;
	return owners > 0 ? CORE_ROLE_MONITOR : CORE_ROLE_LONE_MONITOR;
}

static void check_operation(enum core_role role, enum tl_call_state state, enum core_op op)
{
	int expected = core_session_rule(role, state, op), r;
	struct tl_session_info *info;
	struct held held;

	hold(&held, state, role);
	info = fake_info(&held.f, held.session);
	cr_assert_eq(seen_role(info), role, "%s in %s", core_role_name(role),
		     tl_call_state_name(state));
	cr_assert_eq(tl_session_info_state(info), state);
	cr_assert_eq((tl_session_info_features(info) & 1U << op) != 0, expected == 0,
		     "%s: feature %s in %s", core_role_name(role), core_op_name(op),
		     tl_call_state_name(state));
	(void)tl_session_info_free(info);
	r = operate(&held, op);
	cr_assert_eq(r, expected, "%s: %s in %s: %s instead of %s", core_role_name(role),
		     core_op_name(op), tl_call_state_name(state), tl_error_name(r),
		     tl_error_name(expected));
	let_go(&held);
}

Test(cells, each_operation_in_each_state_answers_each_role_what_the_table_says)
{
	for (enum core_role role = 0; role < CORE_ROLE_COUNT; role++)
		for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
			for (enum core_op op = 0; op < CORE_OP_COUNT; op++)
				check_operation(role, s, op);
}
