/* SPDX-License-Identifier: MIT */
/* Several clients on one call: privileges taken, given up and handed over; offers passed on. */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/unit/core/fake_driver.h"

struct holders {
	struct fake f;
	tl_client a, b;
	tl_line line;
};

static void setup(struct holders *h)
{
	fake_init(&h->f);
	h->a = fake_client(&h->f, "a");
	h->b = fake_client(&h->f, "b");
	h->line = fake_ready(&h->f);
}

static void teardown(struct holders *h)
{
	cr_assert_eq(tl_client_close(h->f.ctx, h->a), 0);
	cr_assert_eq(tl_client_close(h->f.ctx, h->b), 0);
	fake_run_ms(&h->f, 0);
	fake_fini(&h->f);
}

/* The last event of a type for a client, NULL: none came since fake_clear(). */
static const struct tl_event *last_for(struct fake *f, tl_client client, enum tl_event_type type)
{
	const struct tl_event *last = NULL;

	fake_fetch(f);
	for (size_t i = 0; i < f->n_events; i++)
		if (tl_event_get_type(f->events[i]) == type &&
		    tl_event_get_client(f->events[i]).id == client.id)
			last = f->events[i];
	return last;
}

static void assert_held(struct fake *f, tl_session session, enum tl_privilege privilege,
			unsigned int owners, unsigned int monitors)
{
	struct tl_session_info *info = fake_info(f, session);

	cr_assert_eq(tl_session_info_privilege(info), privilege);
	cr_assert_eq(tl_session_info_owners(info), owners);
	cr_assert_eq(tl_session_info_monitors(info), monitors);
	(void)tl_session_info_free(info);
}

static tl_session join(struct holders *h, tl_client client, enum tl_privilege privilege)
{
	tl_session session;

	cr_assert_eq(tl_line_join(h->f.ctx, client, h->line, privilege, &session), 0);
	return session;
}

static void ring(struct holders *h)
{
	core_line_ring(h->f.line);
	fake_fetch(&h->f);
}

Test(holders, a_join_is_told_to_the_others_with_the_counts)
{
	const struct tl_event *event;
	struct holders h;

	setup(&h);
	(void)fake_connect(&h.f, h.a, h.line);
	fake_clear(&h.f);
	(void)join(&h, h.b, TL_PRIVILEGE_MONITOR);
	event = last_for(&h.f, h.a, TL_EVENT_CALL_INFO);
	cr_assert_not_null(event);
	cr_assert_eq(tl_event_get_owners(event), 1);
	cr_assert_eq(tl_event_get_monitors(event), 1);
	cr_assert_null(last_for(&h.f, h.b, TL_EVENT_CALL_INFO), "it knows");
	teardown(&h);
}

Test(holders, an_owner_hands_over_and_leaves)
{
	tl_session first, second;
	struct holders h;

	setup(&h);
	first = fake_connect(&h.f, h.a, h.line);
	fake_clear(&h.f);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.b), 0);
	cr_assert_not_null(last_for(&h.f, h.b, TL_EVENT_SESSION_NEW));
	second = tl_event_get_session(last_for(&h.f, h.b, TL_EVENT_SESSION_NEW));
	cr_assert_eq(tl_event_get_privilege(last_for(&h.f, h.b, TL_EVENT_SESSION_NEW)),
		     TL_PRIVILEGE_OWNER);
	cr_assert_null(last_for(&h.f, h.a, TL_EVENT_CALL_INFO), "it knows");
	assert_held(&h.f, first, TL_PRIVILEGE_OWNER, 2, 0);
	assert_held(&h.f, second, TL_PRIVILEGE_OWNER, 2, 0);
	cr_assert_eq(tl_session_release(h.f.ctx, first, 0), 0);
	cr_assert_eq(fake_call_state(&h.f, second), TL_CALL_CONNECTED);
	assert_held(&h.f, second, TL_PRIVILEGE_OWNER, 1, 0);
	teardown(&h);
}

Test(holders, a_hand_off_raises_a_monitor)
{
	tl_session first, second;
	const struct tl_event *event;
	struct holders h;

	setup(&h);
	first = fake_connect(&h.f, h.a, h.line);
	second = join(&h, h.b, TL_PRIVILEGE_MONITOR);
	fake_clear(&h.f);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, second, h.a), -EPERM, "monitors may not");
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.b), 0);
	event = last_for(&h.f, h.b, TL_EVENT_CALL_INFO);
	cr_assert_not_null(event);
	cr_assert_eq(tl_event_get_session(event).id, second.id);
	cr_assert_eq(tl_event_get_privilege(event), TL_PRIVILEGE_OWNER);
	cr_assert_eq(fake_count(&h.f, TL_EVENT_SESSION_NEW), 0);
	assert_held(&h.f, second, TL_PRIVILEGE_OWNER, 2, 0);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.b), -EALREADY);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.a), -EALREADY, "to itself");
	teardown(&h);
}

Test(holders, hand_off_needs_a_client_with_room)
{
	struct holders h;
	tl_session first;

	setup(&h);
	first = fake_connect(&h.f, h.a, h.line);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, (tl_client){h.line.id}), -EBADF);
	cr_assert_eq(tl_client_set_keep(h.f.ctx, h.b, 1, 0), 0);
	core_call_ended(h.f.line, &(struct core_cause){.origin = TL_ORIGIN_REMOTE}, "NO CARRIER");
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.b), -ENOTCONN, "it is over");
	cr_assert_eq(tl_session_move(h.f.ctx, first, h.b), 0, "but it can be moved");
	fake_run_ms(&h.f, 0);
	first = fake_connect(&h.f, h.a, h.line);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.b), -ENOSPC);
	cr_assert_eq(tl_session_move(h.f.ctx, first, h.b), -ENOSPC);
	teardown(&h);
}

Test(holders, privileges_are_given_up_and_taken)
{
	tl_session first, second;
	struct holders h;

	setup(&h);
	first = fake_connect(&h.f, h.a, h.line);
	second = join(&h, h.b, TL_PRIVILEGE_MONITOR);
	cr_assert_eq(tl_session_set_privilege(h.f.ctx, first, TL_PRIVILEGE_NONE), -EINVAL);
	cr_assert_eq(tl_session_set_privilege(h.f.ctx, first, TL_PRIVILEGE_MONITOR), -EBUSY);
	cr_assert_eq(tl_session_set_privilege(h.f.ctx, first, TL_PRIVILEGE_OWNER), -EALREADY);
	cr_assert_eq(tl_session_set_privilege(h.f.ctx, second, TL_PRIVILEGE_OWNER), -EPERM);
	cr_assert_eq(tl_session_hand_off(h.f.ctx, first, h.b), 0);
	fake_clear(&h.f);
	cr_assert_eq(tl_session_set_privilege(h.f.ctx, first, TL_PRIVILEGE_MONITOR), 0);
	assert_held(&h.f, first, TL_PRIVILEGE_MONITOR, 1, 1);
	cr_assert_eq(tl_event_get_owners(last_for(&h.f, h.b, TL_EVENT_CALL_INFO)), 1);
	cr_assert_null(last_for(&h.f, h.a, TL_EVENT_CALL_INFO), "it knows");
	cr_assert_eq(tl_session_drop(h.f.ctx, first, 0, NULL), -EPERM, "a monitor now");
	teardown(&h);
}

Test(holders, a_call_that_nobody_owns_can_be_taken)
{
	tl_session first, second;
	struct holders h;

	setup(&h);
	ring(&h);
	first = join(&h, h.a, TL_PRIVILEGE_MONITOR);
	second = join(&h, h.b, TL_PRIVILEGE_MONITOR);
	cr_assert_eq(tl_session_set_privilege(h.f.ctx, first, TL_PRIVILEGE_OWNER), 0);
	assert_held(&h.f, second, TL_PRIVILEGE_MONITOR, 1, 1);
	cr_assert_eq(tl_session_answer(h.f.ctx, first, TL_MEDIA_DATA, NULL), 0);
	teardown(&h);
}

Test(holders, an_offer_goes_on_to_the_next_candidate)
{
	tl_client low, watcher;
	struct holders h;

	setup(&h);
	low = fake_client(&h.f, "low");
	watcher = fake_client(&h.f, "watcher");
	cr_assert_eq(tl_line_open(h.f.ctx, low, h.line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(tl_line_open(h.f.ctx, watcher, h.line, TL_PRIVILEGE_MONITOR, 9), 0);
	cr_assert_eq(tl_line_open(h.f.ctx, h.a, h.line, TL_PRIVILEGE_OWNER, 2), 0);
	cr_assert_eq(tl_line_open(h.f.ctx, h.b, h.line, TL_PRIVILEGE_OWNER, 1), 0);
	ring(&h);
	cr_assert_not_null(last_for(&h.f, h.a, TL_EVENT_SESSION_NEW));
	cr_assert_not_null(last_for(&h.f, watcher, TL_EVENT_SESSION_NEW));
	cr_assert_null(last_for(&h.f, h.b, TL_EVENT_SESSION_NEW));
	fake_clear(&h.f);
	cr_assert_eq(tl_client_close(h.f.ctx, h.a), 0);
	cr_assert_not_null(last_for(&h.f, h.b, TL_EVENT_SESSION_NEW));
	cr_assert_null(last_for(&h.f, low, TL_EVENT_SESSION_NEW));
	cr_assert_eq(tl_event_get_owners(last_for(&h.f, watcher, TL_EVENT_CALL_INFO)), 1);
	h.a = low;
	cr_assert_eq(tl_client_close(h.f.ctx, watcher), 0);
	teardown(&h);
}

Test(holders, an_offer_raises_the_monitor_whose_turn_it_is)
{
	tl_session session;
	struct holders h;

	setup(&h);
	cr_assert_eq(tl_line_open(h.f.ctx, h.a, h.line, TL_PRIVILEGE_OWNER, 0), 0);
	ring(&h);
	session = join(&h, h.b, TL_PRIVILEGE_MONITOR);
	cr_assert_eq(tl_line_open(h.f.ctx, h.b, h.line, TL_PRIVILEGE_OWNER, 0), 0);
	assert_held(&h.f, session, TL_PRIVILEGE_MONITOR, 1, 1);
	cr_assert_eq(tl_client_close(h.f.ctx, h.a), 0);
	assert_held(&h.f, session, TL_PRIVILEGE_OWNER, 1, 0);
	h.a = fake_client(&h.f, "a");
	teardown(&h);
}

Test(holders, an_unowned_offer_goes_to_who_opens_the_line)
{
	struct holders h;

	setup(&h);
	ring(&h);
	cr_assert_eq(tl_line_open(h.f.ctx, h.a, h.line, TL_PRIVILEGE_MONITOR, 0), 0);
	cr_assert_null(last_for(&h.f, h.a, TL_EVENT_SESSION_NEW), "see tl_line_join()");
	cr_assert_eq(tl_line_open(h.f.ctx, h.b, h.line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_not_null(last_for(&h.f, h.b, TL_EVENT_SESSION_NEW));
	fake_clear(&h.f);
	cr_assert_eq(tl_line_open(h.f.ctx, h.a, h.line, TL_PRIVILEGE_OWNER, 5), 0);
	cr_assert_null(last_for(&h.f, h.a, TL_EVENT_SESSION_NEW), "it has an owner");
	teardown(&h);
}

Test(holders, an_offer_rings_on_when_nobody_is_left)
{
	struct holders h;

	setup(&h);
	cr_assert_eq(tl_line_open(h.f.ctx, h.a, h.line, TL_PRIVILEGE_OWNER, 0), 0);
	ring(&h);
	cr_assert_eq(tl_client_close(h.f.ctx, h.a), 0);
	h.a = fake_client(&h.f, "a");
	cr_assert_eq(tl_ctx_get_count(h.f.ctx, TL_COUNT_CALLS), 1);
	cr_assert_eq(tl_ctx_get_count(h.f.ctx, TL_COUNT_CLIENTS_LOST_TOTAL), 0);
	core_line_ring_end(h.f.line);
	fake_run_ms(&h.f, 0);
	cr_assert_eq(tl_ctx_get_count(h.f.ctx, TL_COUNT_CALLS), 0);
	teardown(&h);
}
