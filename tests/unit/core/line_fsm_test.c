/* SPDX-License-Identifier: MIT */
#include "core/line_fsm.h"

#include <criterion/criterion.h>

static bool is_failure(enum tl_line_state state)
{
	return state == TL_LINE_ABSENT || state == TL_LINE_FAULTY || state == TL_LINE_GONE;
}

Test(line_fsm, failure_and_a_new_attempt_are_legal_from_everywhere)
{
	for (enum tl_line_state from = 0; from < TL_LINE_STATE_COUNT; from++)
		for (enum tl_line_state to = 0; to < TL_LINE_STATE_COUNT; to++)
			if (from != to && (is_failure(to) || to == TL_LINE_OPENING))
				cr_assert(core_line_fsm(from, to), "%s to %s",
					  tl_line_state_name(from), tl_line_state_name(to));
}

Test(line_fsm, a_line_becomes_useful_step_by_step)
{
	static const struct {
		enum tl_line_state from, to;
	} moves[] = {
		{TL_LINE_OPENING, TL_LINE_PROBING},
		{TL_LINE_PROBING, TL_LINE_READY},
		{TL_LINE_READY, TL_LINE_IN_USE},
		{TL_LINE_IN_USE, TL_LINE_READY},
	};

	for (enum tl_line_state from = 0; from < TL_LINE_STATE_COUNT; from++) {
		for (enum tl_line_state to = 0; to < TL_LINE_STATE_COUNT; to++) {
			bool listed = false;

			if (is_failure(to) || to == TL_LINE_OPENING)
				continue;
			for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
				listed = listed || (moves[i].from == from && moves[i].to == to);
			cr_assert_eq(core_line_fsm(from, to), listed, "%s to %s",
				     tl_line_state_name(from), tl_line_state_name(to));
		}
	}
}

Test(line_fsm, staying_is_no_move)
{
	for (enum tl_line_state s = 0; s < TL_LINE_STATE_COUNT; s++)
		cr_assert_not(core_line_fsm(s, s), "%s", tl_line_state_name(s));
}
