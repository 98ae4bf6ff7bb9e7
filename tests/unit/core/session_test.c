/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

/* What an owner is answered, one letter a state in the order of enum tl_call_state. */
static const struct {
	enum core_op op;
	const char *name;
	const char *answers;
} owner_rules[CORE_OP_COUNT] = {
	{CORE_OP_ANSWER, "answer", "c00xxxxxxxxxxxcx"},
	{CORE_OP_ACCEPT, "accept", "c0axxxxxxxxxxxcx"},
	{CORE_OP_DROP, "drop", "a000000000000000"},
	{CORE_OP_RELEASE, "release", "0bbbbbbbbbbbbbbb"},
};

static int answer_of(enum core_op op, enum tl_call_state state)
{
	switch (owner_rules[op].answers[state]) {
	case 'a':
		return -EALREADY;
	case 'b':
		return -EBUSY;
	case 'c':
		return -ENOTCONN;
	case 'x':
		return -EINVAL;
	default:
		return 0;
	}
}

struct held {
	struct core_call call;
	struct core_session session;
};

static void hold(struct held *held, enum tl_call_state state, enum tl_privilege privilege)
{
	*held = (struct held){
		.call = {.record = {.state = state}, .owners = 1, .over = state == TL_CALL_IDLE},
		.session = {.privilege = privilege},
	};
	held->session.call = &held->call;
}

Test(session, owner_may_what_the_table_says)
{
	struct held held;

	for (unsigned int op = 0; op < CORE_OP_COUNT; op++) {
		for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
			int expected = answer_of((enum core_op)op, s);

			hold(&held, s, TL_PRIVILEGE_OWNER);
			cr_assert_eq(core_session_rule((enum core_op)op, s), expected, "%s in %s",
				     owner_rules[op].name, tl_call_state_name(s));
			cr_assert_eq(core_session_may(&held.session, (enum core_op)op), expected,
				     "%s in %s", owner_rules[op].name, tl_call_state_name(s));
		}
	}
}

Test(session, monitor_may_release_at_any_time_and_nothing_else)
{
	struct held held;

	for (unsigned int op = 0; op < CORE_OP_COUNT; op++) {
		for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
			hold(&held, s, TL_PRIVILEGE_MONITOR);
			cr_assert_eq(core_session_may(&held.session, (enum core_op)op),
				     op == CORE_OP_RELEASE ? 0 : -EPERM, "%s in %s",
				     owner_rules[op].name, tl_call_state_name(s));
		}
	}
}

Test(session, one_owner_of_several_may_release_in_every_state)
{
	struct held held;

	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
		hold(&held, s, TL_PRIVILEGE_OWNER);
		held.call.owners = 2;
		cr_assert_eq(core_session_may(&held.session, CORE_OP_RELEASE), 0, "%s",
			     tl_call_state_name(s));
	}
}

Test(session, a_call_that_was_given_up_is_over_for_all_operations)
{
	struct held held;

	for (unsigned int op = 0; op < CORE_OP_COUNT; op++) {
		hold(&held, TL_CALL_UNKNOWN, TL_PRIVILEGE_OWNER);
		held.call.over = true;
		cr_assert_eq(core_session_may(&held.session, (enum core_op)op),
			     answer_of((enum core_op)op, TL_CALL_IDLE), "%s", owner_rules[op].name);
	}
}

Test(session, device_gone_is_told_instead_of_call_over)
{
	static const int expected[CORE_OP_COUNT] = {-ENODEV, -ENODEV, -ENODEV, 0};
	struct held held;

	for (unsigned int op = 0; op < CORE_OP_COUNT; op++) {
		hold(&held, TL_CALL_IDLE, TL_PRIVILEGE_OWNER);
		held.call.record.cause.origin = TL_ORIGIN_DEVICE_GONE;
		cr_assert_eq(core_session_may(&held.session, (enum core_op)op), expected[op], "%s",
			     owner_rules[op].name);
	}
}

Test(session, an_offer_is_answered_once)
{
	struct held held;

	hold(&held, TL_CALL_OFFERING, TL_PRIVILEGE_OWNER);
	held.call.answering = true;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_ANSWER), -EBUSY);
	hold(&held, TL_CALL_OFFERING, TL_PRIVILEGE_OWNER);
	held.call.dropping = true;
	cr_assert_eq(core_session_may(&held.session, CORE_OP_ANSWER), -EBUSY);
}

Test(session, features_are_what_may_be_done)
{
	static const unsigned int bits[CORE_OP_COUNT] = {
		[CORE_OP_ANSWER] = TL_FEATURE_ANSWER,
		[CORE_OP_ACCEPT] = TL_FEATURE_ACCEPT,
		[CORE_OP_DROP] = TL_FEATURE_DROP,
		[CORE_OP_RELEASE] = TL_FEATURE_RELEASE,
	};
	struct held held;

	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
		unsigned int expected = 0;

		for (unsigned int op = 0; op < CORE_OP_COUNT; op++)
			if (answer_of((enum core_op)op, s) == 0)
				expected |= bits[op];
		hold(&held, s, TL_PRIVILEGE_OWNER);
		cr_assert_eq(core_session_features(&held.session), expected, "%s",
			     tl_call_state_name(s));
		hold(&held, s, TL_PRIVILEGE_MONITOR);
		cr_assert_eq(core_session_features(&held.session), TL_FEATURE_RELEASE);
	}
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
	cr_assert_eq(features(&f, session), TL_FEATURE_DROP);
	cr_assert_eq(tl_session_drop(f.ctx, session, 0, NULL), 0);
	fake_run_ms(&f, 0);
	cr_assert_eq(features(&f, session), TL_FEATURE_RELEASE);
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
