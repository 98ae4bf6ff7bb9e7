/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

/* What each role is answered, one letter a state in the order of enum tl_call_state. */
static const struct {
	const char *name;
	const char *answers[CORE_ROLE_COUNT]; /* monitor, lone monitor, owner, only owner */
} expected_rules[CORE_OP_COUNT] = {
	[CORE_OP_ANSWER] = {"answer",
			    {"pppppppppppppppp", "pppppppppppppppp", "c00xxxxxxxxxxxcx",
			     "c00xxxxxxxxxxxcx"}},
	[CORE_OP_ACCEPT] = {"accept",
			    {"pppppppppppppppp", "pppppppppppppppp", "c0axxxxxxxxxxxcx",
			     "c0axxxxxxxxxxxcx"}},
	[CORE_OP_DROP] = {"drop",
			  {"pppppppppppppppp", "pppppppppppppppp", "a000000000000000",
			   "a000000000000000"}},
	[CORE_OP_RELEASE] = {"release",
			     {"0000000000000000", "0000000000000000", "0000000000000000",
			      "0bbbbbbbbbbbbbbb"}},
	[CORE_OP_HAND_OFF] = {"hand-off",
			      {"pppppppppppppppp", "pppppppppppppppp", "c000000000000000",
			       "c000000000000000"}},
	[CORE_OP_TAKE] = {"take",
			  {"cppppppppppppppp", "c000000000000000", "aaaaaaaaaaaaaaaa",
			   "aaaaaaaaaaaaaaaa"}},
	[CORE_OP_GIVE_UP] = {"give-up",
			     {"aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "0000000000000000",
			      "0bbbbbbbbbbbbbbb"}},
	[CORE_OP_LIMIT] = {"limit",
			   {"pppppppppppppppp", "pppppppppppppppp", "c0000000000000c0",
			    "c0000000000000c0"}},
	[CORE_OP_HOLD] = {"hold",
			  {"pppppppppppppppp", "pppppppppppppppp", "cxxxxxxxx0axaacx",
			   "cxxxxxxxx0axaacx"}},
	[CORE_OP_UNHOLD] = {"unhold",
			    {"pppppppppppppppp", "pppppppppppppppp", "cxxxxxxxxa0x00cx",
			     "cxxxxxxxxa0x00cx"}},
	[CORE_OP_ATTACH] = {"attach",
			    {"pppppppppppppppp", "pppppppppppppppp", "c0000000000000c0",
			     "c0000000000000c0"}},
};

static int answer_of(enum core_role role, enum core_op op, enum tl_call_state state)
{
	switch (expected_rules[op].answers[role][state]) {
	case 'a':
		return -EALREADY;
	case 'b':
		return -EBUSY;
	case 'c':
		return -ENOTCONN;
	case 'p':
		return -EPERM;
	case 'x':
		return -EINVAL;
	default:
		return 0;
	}
}

struct held {
	struct core_line line; /* that can hold */
	struct core_call call;
	struct core_session session;
};

static void hold(struct held *held, enum tl_call_state state, enum core_role role)
{
	static const struct {
		enum tl_privilege privilege;
		unsigned int owners;
	} roles[CORE_ROLE_COUNT] = {
		[CORE_ROLE_MONITOR] = {TL_PRIVILEGE_MONITOR, 1},
		[CORE_ROLE_LONE_MONITOR] = {TL_PRIVILEGE_MONITOR, 0},
		[CORE_ROLE_OWNER] = {TL_PRIVILEGE_OWNER, 2},
		[CORE_ROLE_SOLE_OWNER] = {TL_PRIVILEGE_OWNER, 1},
	};

	*held = (struct held){
		.line = {.driver = held, .identity = {.can_hold = true}},
		.call = {.record = {.state = state, .media = TL_MEDIA_VOICE},
			 .line = &held->line,
			 .owners = roles[role].owners,
			 .over = state == TL_CALL_IDLE},
		.session = {.privilege = roles[role].privilege},
	};
	held->session.call = &held->call;
}

static void assert_answer(enum core_role role, enum core_op op, enum tl_call_state state)
{
	int expected = answer_of(role, op, state);
	struct held held;

	hold(&held, state, role);
	cr_assert_eq(core_session_rule(role, state, op), expected, "%s: %s in %s",
		     core_role_name(role), core_op_name(op), tl_call_state_name(state));
	cr_assert_eq(core_session_may(&held.session, op), expected, "%s: %s in %s",
		     core_role_name(role), core_op_name(op), tl_call_state_name(state));
	cr_assert_eq((core_session_features(&held.session) & 1U << op) != 0, expected == 0,
		     "feature %s", core_op_name(op));
}

Test(session, every_cell_of_the_table_is_what_it_should_be)
{
	for (enum core_op op = 0; op < CORE_OP_COUNT; op++) {
		cr_assert_str_eq(core_op_name(op), expected_rules[op].name);
		for (enum core_role role = 0; role < CORE_ROLE_COUNT; role++)
			for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
				assert_answer(role, op, s);
	}
}

Test(session, a_call_that_was_given_up_is_over_for_all_operations)
{
	struct held held;

	for (enum core_op op = 0; op < CORE_OP_COUNT; op++) {
		hold(&held, TL_CALL_UNKNOWN, CORE_ROLE_SOLE_OWNER);
		held.call.over = true;
		cr_assert_eq(core_session_may(&held.session, op),
			     answer_of(CORE_ROLE_SOLE_OWNER, op, TL_CALL_IDLE), "%s",
			     core_op_name(op));
	}
}

Test(session, device_gone_is_told_instead_of_call_over)
{
	static const int expected[CORE_OP_COUNT] = {
		[CORE_OP_ANSWER] = -ENODEV,   [CORE_OP_ACCEPT] = -ENODEV,
		[CORE_OP_DROP] = -ENODEV,     [CORE_OP_RELEASE] = 0,
		[CORE_OP_HAND_OFF] = -ENODEV, [CORE_OP_TAKE] = -EALREADY,
		[CORE_OP_GIVE_UP] = 0,	      [CORE_OP_LIMIT] = -ENODEV,
		[CORE_OP_HOLD] = -ENODEV,     [CORE_OP_UNHOLD] = -ENODEV,
		[CORE_OP_ATTACH] = -ENODEV,
	};
	struct held held;

	for (enum core_op op = 0; op < CORE_OP_COUNT; op++) {
		hold(&held, TL_CALL_IDLE, CORE_ROLE_SOLE_OWNER);
		held.call.record.cause.origin = TL_ORIGIN_DEVICE_GONE;
		cr_assert_eq(core_session_may(&held.session, op), expected[op], "%s",
			     core_op_name(op));
	}
}

Test(session, an_offer_is_answered_once)
{
	struct held held;

	hold(&held, TL_CALL_OFFERING, CORE_ROLE_SOLE_OWNER);
	held.call.answering = true;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_ANSWER), -EBUSY);
	hold(&held, TL_CALL_OFFERING, CORE_ROLE_SOLE_OWNER);
	held.call.dropping = true;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_ANSWER), -EBUSY);
}

Test(session, a_call_is_held_where_that_can_be_done_and_once)
{
	struct held held;

	hold(&held, TL_CALL_CONNECTED, CORE_ROLE_SOLE_OWNER);
	held.call.record.media = TL_MEDIA_DATA;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_HOLD), -EOPNOTSUPP);
	hold(&held, TL_CALL_CONNECTED, CORE_ROLE_SOLE_OWNER);
	held.line.identity.can_hold = false;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_HOLD), -EOPNOTSUPP);
	cr_assert_eq(core_session_may(&held.session, CORE_OP_UNHOLD), -EALREADY);
	hold(&held, TL_CALL_ONHOLD, CORE_ROLE_SOLE_OWNER);
	held.call.holding = true;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_UNHOLD), -EBUSY);
	hold(&held, TL_CALL_ONHOLD, CORE_ROLE_SOLE_OWNER);
	held.call.dropping = true;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_UNHOLD), -EBUSY);
	hold(&held, TL_CALL_CONNECTED, CORE_ROLE_SOLE_OWNER);
	held.line.driver = NULL;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_HOLD), -ENODEV);
}

static unsigned int features(struct fake *f, tl_session session)
{
	struct tl_session_info *info = fake_info(f, session);
	unsigned int bits = tl_session_info_features(info);

	(void)tl_session_info_free(info);
	return bits;
}

Test(session, info_tells_the_features_of_the_moment)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), fake_ready(&f));
	cr_assert_eq(features(&f, session),
		     TL_FEATURE_DROP | TL_FEATURE_HAND_OFF | TL_FEATURE_LIMIT | TL_FEATURE_ATTACH);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), 0);
	fake_run_ms(&f, 0);
	cr_assert_eq(features(&f, session), TL_FEATURE_RELEASE | TL_FEATURE_GIVE_UP);
	fake_release(&f, session);
	fake_fini(&f);
}

Test(session, wrong_arguments_change_nothing)
{
	tl_session session, none = {0};
	tl_client self;
	tl_line line;
	struct fake f;

	fake_init(&f);
	self = tl_ctx_get_client(f.ctx);
	line = fake_ready(&f);
	session = fake_connect(&f, self, line);
	cr_assert_eq(tl_session_drop(f.ctx, session, 1U << 7, NULL), -EINVAL);
	cr_assert_eq(tl_session_release(f.ctx, session, 1U << 7), -EINVAL);
	cr_assert_eq(tl_session_answer(f.ctx, session, (enum tl_media)TL_MEDIA_COUNT, NULL),
		     -EINVAL);
	cr_assert_eq(tl_session_drop(f.ctx, (tl_session){self.id}, 0, NULL), -EBADF);
	cr_assert_eq(tl_session_drop(f.ctx, none, 0, NULL), -EBADF);
	cr_assert_eq(tl_session_move(f.ctx, none, self), -EBADF);
	cr_assert_eq(tl_session_move(f.ctx, session, (tl_client){line.id}), -EBADF);
	cr_assert_eq(fake_call_state(&f, session), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	cr_assert_eq(tl_session_release(f.ctx, session, 0), -ESTALE);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), -ESTALE);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(session, moves_to_another_client_with_its_name)
{
	tl_session session, *list;
	tl_client other;
	struct fake f;
	size_t n;

	fake_init(&f);
	other = fake_client(&f, "other");
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), fake_ready(&f));
	cr_assert_eq(tl_session_move(f.ctx, session, other), 0);
	cr_assert_eq(tl_session_move(f.ctx, session, other), -EALREADY);
	cr_assert_eq(tl_session_list(f.ctx, tl_ctx_get_client(f.ctx), &list, &n), 0);
	cr_assert_eq(n, 0);
	cr_assert_null(list);
	cr_assert_eq(tl_session_list(f.ctx, other, &list, &n), 0);
	cr_assert_eq(n, 1);
	cr_assert_eq(list[0].id, session.id);
	free(list);
	cr_assert_eq(tl_session_list(f.ctx, (tl_client){0}, &list, &n), 0);
	cr_assert_eq(n, 1);
	free(list);
	/* The call belongs to the other one now: it ends with it. */
	cr_assert_eq(tl_client_close(f.ctx, other), 0);
	cr_assert_eq(tl_session_list(f.ctx, other, &list, &n), -ESTALE);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(session, record_has_the_last_remark_of_an_owner)
{
	struct tl_session_info *info;
	tl_session session, other;
	tl_client client;
	struct fake f;
	tl_line line;

	fake_init(&f);
	line = fake_ready(&f);
	client = fake_client(&f, "monitor");
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), line);
	cr_assert_eq(tl_line_join(f.ctx, client, line, TL_PRIVILEGE_MONITOR, &other), 0);
	cr_assert_eq(tl_session_set_note(f.ctx, session, "first"), 0);
	cr_assert_eq(tl_session_set_note(f.ctx, session, "last"), 0);
	cr_assert_eq(tl_session_set_note(f.ctx, other, "monitor's"), -EPERM);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), 0);
	fake_run_ms(&f, 0);
	cr_assert_eq(tl_session_set_note(f.ctx, session, "late"), -ENOTCONN);
	info = fake_info(&f, session);
	cr_assert_str_eq(tl_session_info_note(info), "last");
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_client_close(f.ctx, client), 0);
	fake_release(&f, session);
	cr_assert_eq(tl_session_set_note(f.ctx, session, "too late"), -ESTALE);
	fake_fini(&f);
}
