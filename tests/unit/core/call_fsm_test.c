/* SPDX-License-Identifier: MIT */
#include "core/call_fsm.h"

#include <string.h>

#include <criterion/criterion.h>

Test(call_fsm, every_cell_moves_on_or_stays)
{
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
		for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++) {
			struct core_call_move move = core_call_fsm(s, e);

			cr_assert_lt((unsigned int)move.next, TL_CALL_STATE_COUNT);
			cr_assert_leq(move.moment, CORE_MOMENT_NONE);
			cr_assert_eq(move.allowed, move.next != s, "%s on %s",
				     core_call_event_name(e), tl_call_state_name(s));
			if (!move.allowed)
				cr_assert_eq(move.moment, CORE_MOMENT_NONE);
		}
	}
}

Test(call_fsm, idle_is_the_last_state)
{
	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++)
		cr_assert_not(core_call_fsm(TL_CALL_IDLE, e).allowed, "%s",
			      core_call_event_name(e));
}

Test(call_fsm, every_live_state_can_end_in_each_way)
{
	static const struct {
		enum core_call_event event;
		enum tl_call_state next;
	} ends[] = {
		{CORE_CALL_EVENT_CLEARED, TL_CALL_IDLE},
		{CORE_CALL_EVENT_END, TL_CALL_DISCONNECTED},
		{CORE_CALL_EVENT_LOSE_TRACK, TL_CALL_UNKNOWN},
	};

	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
		if (s == TL_CALL_IDLE)
			continue;
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			struct core_call_move move = core_call_fsm(s, ends[i].event);

			cr_assert_eq(move.next, ends[i].next, "%s on %s",
				     core_call_event_name(ends[i].event), tl_call_state_name(s));
		}
	}
}

Test(call_fsm, an_event_leads_to_one_state_wherever_it_is_allowed)
{
	static const enum tl_call_state targets[CORE_CALL_EVENT_COUNT] = {
		[CORE_CALL_EVENT_ACCEPT] = TL_CALL_ACCEPTED,
		[CORE_CALL_EVENT_DIALTONE] = TL_CALL_DIALTONE,
		[CORE_CALL_EVENT_DIAL] = TL_CALL_DIALING,
		[CORE_CALL_EVENT_PROCEED] = TL_CALL_PROCEEDING,
		[CORE_CALL_EVENT_RINGBACK] = TL_CALL_RINGBACK,
		[CORE_CALL_EVENT_BUSY] = TL_CALL_BUSY,
		[CORE_CALL_EVENT_SPECIALINFO] = TL_CALL_SPECIALINFO,
		[CORE_CALL_EVENT_CONNECT] = TL_CALL_CONNECTED,
		[CORE_CALL_EVENT_HOLD] = TL_CALL_ONHOLD,
		[CORE_CALL_EVENT_UNHOLD] = TL_CALL_CONNECTED,
		[CORE_CALL_EVENT_HOLD_FOR_CONF] = TL_CALL_ONHOLDPENDCONF,
		[CORE_CALL_EVENT_HOLD_FOR_TRANSFER] = TL_CALL_ONHOLDPENDTRANSFER,
		[CORE_CALL_EVENT_JOIN] = TL_CALL_CONFERENCED,
		[CORE_CALL_EVENT_END] = TL_CALL_DISCONNECTED,
		[CORE_CALL_EVENT_CLEARED] = TL_CALL_IDLE,
		[CORE_CALL_EVENT_LOSE_TRACK] = TL_CALL_UNKNOWN,
	};

	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++) {
		bool somewhere = false;

		for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
			struct core_call_move move = core_call_fsm(s, e);

			somewhere = somewhere || move.allowed;
			if (move.allowed)
				cr_assert_eq(move.next, targets[e], "%s on %s",
					     core_call_event_name(e), tl_call_state_name(s));
		}
		cr_assert(somewhere, "%s is never allowed", core_call_event_name(e));
	}
}

Test(call_fsm, moments_are_stamped_by_the_events_that_reach_them)
{
	static const struct {
		enum tl_call_state state;
		enum core_call_event event;
		unsigned int moment;
	} rows[] = {
		{TL_CALL_DIALING, CORE_CALL_EVENT_PROCEED, TL_MOMENT_DIALED},
		{TL_CALL_PROCEEDING, CORE_CALL_EVENT_RINGBACK, TL_MOMENT_ALERTING},
		{TL_CALL_OFFERING, CORE_CALL_EVENT_CONNECT, TL_MOMENT_CONNECTED},
		{TL_CALL_CONNECTED, CORE_CALL_EVENT_END, TL_MOMENT_DISCONNECTED},
		{TL_CALL_DISCONNECTED, CORE_CALL_EVENT_CLEARED, TL_MOMENT_IDLE},
		{TL_CALL_CONNECTED, CORE_CALL_EVENT_HOLD, CORE_MOMENT_NONE},
		{TL_CALL_CONNECTED, CORE_CALL_EVENT_LOSE_TRACK, CORE_MOMENT_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(core_call_fsm(rows[i].state, rows[i].event).moment, rows[i].moment);
}

Test(call_fsm, events_have_names_of_their_own)
{
	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++)
		for (enum core_call_event other = 0; other < e; other++)
			cr_assert_str_neq(core_call_event_name(e), core_call_event_name(other));
}
