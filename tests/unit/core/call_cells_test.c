/* SPDX-License-Identifier: MIT */
/* Every cell of the table of call states, by what drivers report of a call that was really brought
 * into the state. */
#include <errno.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct held {
	struct fake f;
	tl_session session;
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
	(void)tl_session_drop(held->f.ctx, held->session, 0, NULL);
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

static void hold(struct held *held, enum tl_call_state state)
{
	struct fake *f = &held->f;
	tl_client self;
	tl_line line;

	fake_init(f);
	f->n_steps = 1;
	f->steps[0] = (struct fake_step){.silent = true, .result = TL_DROP_VERIFIED};
	self = tl_ctx_get_client(f->ctx);
	line = fake_ready(f);
	if (ways[state].incoming) {
		cr_assert_eq(tl_line_open(f->ctx, self, line, TL_PRIVILEGE_OWNER, 0), 0);
		core_line_ring(f->line);
		fake_fetch(f);
		held->session = tl_event_get_session(fake_last(f, TL_EVENT_SESSION_NEW));
	} else {
		held->session = fake_dial(f, self, line, NULL);
		core_call_dialed(f->line, 0);
	}
	for (size_t i = 0; i < ways[state].n; i++)
		feed(held, ways[state].path[i]);
	cr_assert_eq(fake_call_state(f, held->session), state, "%s", tl_call_state_name(state));
	fake_clear(f);
}

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

static void check_cell(enum tl_call_state state, enum core_call_event event)
{
	struct core_call_move move = core_call_fsm(state, event);
	enum tl_call_state now;
	struct held held;

	hold(&held, state);
	feed(&held, event);
	now = fake_call_state(&held.f, held.session);
	cr_assert_eq(now, move.next, "%s on %s: %s", core_call_event_name(event),
		     tl_call_state_name(state), tl_call_state_name(now));
	cr_assert_eq(count_states(&held.f, move.next), move.allowed, "%s on %s",
		     core_call_event_name(event), tl_call_state_name(state));
	held.f.steps[0].silent = false;
	cr_assert_eq(tl_session_release(held.f.ctx, held.session, TL_RELEASE_DROP), 0);
	fake_run_ms(&held.f, 10000);
	fake_fini(&held.f);
}

Test(call_cells, each_event_in_each_state_does_what_the_table_says)
{
	size_t visited = 0;

	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
		for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++, visited++)
			check_cell(s, e);
	cr_assert_eq(visited, TL_CALL_STATE_COUNT * CORE_CALL_EVENT_COUNT);
}

/* A call whose drop has failed is over, but not IDLE: its line's fate decides. */
Test(call_cells, a_call_that_was_given_up_is_idle_when_its_line_is)
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

		hold(&held, TL_CALL_CONNECTED);
		core_line_down(held.f.line, -EIO, "scripted");
		cr_assert_eq(fake_call_state(&held.f, held.session), TL_CALL_UNKNOWN);
		fake_clear(&held.f);
		if (rows[i].gone)
			core_line_lost(held.f.line);
		else
			fake_run_ms(&held.f, 2000);
		cr_assert_eq(count_states(&held.f, TL_CALL_IDLE), rows[i].states, "%s",
			     rows[i].name);
		fake_release(&held.f, held.session);
		fake_fini(&held.f);
	}
}
