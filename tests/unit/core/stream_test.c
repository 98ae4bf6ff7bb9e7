/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "core/event.h"
#include "tests/unit/core/fake_driver.h"

struct call {
	struct fake f;
	tl_client self;
	tl_session session;
};

static void connect(struct call *c)
{
	fake_init(&c->f);
	c->self = tl_ctx_get_client(c->f.ctx);
	c->session = fake_connect(&c->f, c->self, fake_ready(&c->f));
	cr_assert_eq(tl_session_attach(c->f.ctx, c->session), 0);
	fake_clear(&c->f);
	fake_forget(&c->f);
}

static void leave(struct call *c)
{
	cr_assert_eq(tl_session_release(c->f.ctx, c->session, TL_RELEASE_DROP), 0);
	fake_run_ms(&c->f, 0);
	fake_fini(&c->f);
}

static ssize_t read_some(struct call *c)
{
	char buf[TL_STREAM_BUFFER * 3];

	return tl_session_read(c->f.ctx, c->session, buf, sizeof(buf));
}

/* As a driver does: what there is room for. */
static size_t push(struct call *c, size_t len)
{
	static const char data[TL_STREAM_BUFFER * 3];
	size_t room = core_call_room(c->f.line);

	if (len > room)
		len = room;
	core_call_data(c->f.line, data, len);
	return len;
}

Test(stream, keeps_so_much_and_lets_the_driver_wait)
{
	char buf[TL_STREAM_BUFFER];
	struct call c;

	connect(&c);
	cr_assert_eq(push(&c, SIZE_MAX), TL_STREAM_BUFFER);
	cr_assert_eq(push(&c, 1), 0);
	cr_assert_eq(tl_session_read(c.f.ctx, c.session, buf, 100), 100);
	cr_assert_str_eq(c.f.calls, "", "still more than half full");
	cr_assert_eq(tl_session_read(c.f.ctx, c.session, buf, sizeof(buf)), sizeof(buf) - 100);
	cr_assert_str_eq(c.f.calls, "taken ");
	cr_assert_eq(tl_session_read(c.f.ctx, c.session, buf, sizeof(buf)), -EAGAIN);
	cr_assert_str_eq(c.f.calls, "taken ", "once");
	leave(&c);
}

Test(stream, without_a_reader_waits_for_nobody)
{
	struct tl_session_info *info;
	struct call c;

	connect(&c);
	cr_assert_eq(push(&c, SIZE_MAX), TL_STREAM_BUFFER);
	cr_assert_eq(push(&c, 1), 0);
	cr_assert_eq(tl_session_detach(c.f.ctx, c.session), 0);
	cr_assert_str_eq(c.f.calls, "taken ", "the driver had been waiting");
	cr_assert_eq(push(&c, 100000 / 4), 25000);
	info = fake_info(&c.f, c.session);
	cr_assert_eq(tl_session_info_bytes_in(info), TL_STREAM_BUFFER + 25000, "counted");
	(void)tl_session_info_free(info);
	cr_assert_eq(read_some(&c), -EINVAL);
	leave(&c);
}

Test(stream, reads_from_the_port_when_nothing_is_kept)
{
	char buf[64];
	struct call c;

	connect(&c);
	(void)memcpy(c.f.port, "port", sizeof("port"));
	cr_assert_eq(tl_session_read(c.f.ctx, c.session, buf, 0), -EINVAL);
	cr_assert_eq(tl_session_read(c.f.ctx, c.session, buf, sizeof(buf)), 4);
	cr_assert_eq(memcmp(buf, "port", 4), 0);
	cr_assert_eq(tl_session_read(c.f.ctx, c.session, buf, sizeof(buf)), -EAGAIN);
	leave(&c);
}

Test(stream, what_has_arrived_stays_until_released)
{
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};
	struct call c;

	connect(&c);
	cr_assert_eq(push(&c, TL_STREAM_BUFFER), TL_STREAM_BUFFER);
	/* More than there was room for, as at the end of a call. */
	core_call_data(c.f.line, (const char[64]){0}, 64);
	core_call_ended(c.f.line, &remote, "proof");
	core_call_data(c.f.line, "x", 1);
	fake_run_ms(&c.f, 1000);
	fake_fetch(&c.f);
	cr_assert_eq(fake_count(&c.f, TL_EVENT_READABLE), 1);
	cr_assert_eq(read_some(&c), TL_STREAM_BUFFER + 64);
	cr_assert_eq(read_some(&c), 0);
	cr_assert_eq(read_some(&c), 0);
	cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), -ENOTCONN);
	cr_assert_eq(tl_session_attach(c.f.ctx, c.session), -ENOTCONN);
	leave(&c);
}

Test(stream, the_end_wakes_both_sides_once)
{
	struct call c;

	connect(&c);
	c.f.full = true;
	cr_assert_eq(read_some(&c), -EAGAIN);
	cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), -EAGAIN);
	core_line_lost(c.f.line);
	fake_run_ms(&c.f, 0);
	fake_fetch(&c.f);
	cr_assert_eq(fake_count(&c.f, TL_EVENT_READABLE), 1);
	cr_assert_eq(fake_count(&c.f, TL_EVENT_WRITABLE), 1);
	cr_assert_eq(read_some(&c), 0);
	cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), -ENODEV);
	leave(&c);
}

Test(stream, its_events_are_never_lost_and_do_not_pile_up)
{
	struct call c;

	connect(&c);
	for (size_t i = 0; i < TL_EVENTS_PER_CLIENT_MAX + 10; i++)
		core_event_call(c.f.line->call, TL_EVENT_CALL_INFO);
	c.f.full = true;
	cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), -EAGAIN);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(push(&c, 10), 10);
		cr_assert_eq(read_some(&c), 10);
		cr_assert_eq(read_some(&c), -EAGAIN);
		core_call_writable(c.f.line);
		cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), -EAGAIN);
	}
	for (size_t lost = 0, readable = 0, writable = 0; lost == 0;) {
		struct tl_event *event;

		cr_assert_eq(tl_ctx_next_event(c.f.ctx, &event), 1);
		lost = tl_event_get_type(event) == TL_EVENT_LOST;
		readable += tl_event_get_type(event) == TL_EVENT_READABLE;
		writable += tl_event_get_type(event) == TL_EVENT_WRITABLE;
		(void)tl_event_free(event);
		cr_assert(!lost || (readable == 1 && writable == 1), "%zu, %zu", readable,
			  writable);
	}
	leave(&c);
}

Test(stream, is_of_data_calls_and_of_drivers_that_have_data)
{
	tl_session session;
	struct fake f;

	fake_init(&f);
	session = fake_connect(&f, tl_ctx_get_client(f.ctx), fake_ready(&f));
	f.line->call->record.media = TL_MEDIA_VOICE;
	cr_assert_eq(tl_session_attach(f.ctx, session), -EOPNOTSUPP);
	cr_assert_eq(tl_session_attach(f.ctx, (tl_session){0}), -EBADF);
	cr_assert_eq(tl_session_detach(f.ctx, (tl_session){0}), -EBADF);
	cr_assert_eq(tl_session_read(f.ctx, (tl_session){0}, "", 1), -EBADF);
	cr_assert_eq(tl_session_write(f.ctx, (tl_session){0}, "", 1), -EBADF);
	cr_assert_eq(tl_session_release(f.ctx, session, TL_RELEASE_DROP), 0);
	fake_run_ms(&f, 0);
	fake_fini(&f);
}

Test(stream, a_drop_counts_what_was_not_sent)
{
	struct tl_session_info *info;
	struct call c;

	connect(&c);
	c.f.unsent = 77;
	cr_assert_eq(tl_session_drop(c.f.ctx, c.session, 0, NULL), 0);
	fake_run_ms(&c.f, 0);
	info = fake_info(&c.f, c.session);
	cr_assert_eq(tl_session_info_bytes_unsent(info), 77);
	(void)tl_session_info_free(info);
	leave(&c);
}

Test(stream, a_drop_that_drains_waits_for_the_port)
{
	struct call c;
	uint64_t op;

	connect(&c);
	c.f.unsent = 77;
	cr_assert_eq(tl_session_drop(c.f.ctx, c.session, TL_DROP_DRAIN, &op), 0);
	fake_run_ms(&c.f, TL_DRAIN_MS / 2);
	cr_assert_eq(fake_call_state(&c.f, c.session), TL_CALL_CONNECTED);
	cr_assert_eq(push(&c, 5), 5);
	cr_assert_eq(read_some(&c), 5, "the other direction goes on");
	c.f.unsent = 0;
	fake_run_ms(&c.f, 100);
	fake_assert_done(&c.f, op, 0);
	leave(&c);
}

/* Whatever ends the call while its bytes go out. */
Test(stream, draining_ends_with_the_call)
{
	static const struct core_cause remote = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						 TL_CAUSE_V250, "NO CARRIER"};

	for (int how = 0; how < 3; how++) {
		struct call c;
		uint64_t op;

		connect(&c);
		c.f.unsent = 77;
		cr_assert_eq(tl_session_shutdown(c.f.ctx, c.session, 60000, &op), 0);
		fake_run_ms(&c.f, 100);
		if (how == 0)
			core_line_lost(c.f.line);
		else if (how == 1)
			core_call_ended(c.f.line, &remote, "proof");
		else
			core_line_down(c.f.line, -EIO, "scripted");
		fake_run_ms(&c.f, 0);
		fake_assert_done(&c.f, op, how == 2 ? -EIO : 0);
		fake_run_ms(&c.f, 120000);
		leave(&c);
	}
}

Test(stream, modes_complete_once)
{
	struct call c;
	uint64_t op;

	connect(&c);
	c.f.mode_error = -EBUSY;
	cr_assert_eq(tl_session_escape(c.f.ctx, c.session, &op), -EBUSY);
	c.f.mode_error = 0;
	cr_assert_eq(tl_session_escape(c.f.ctx, c.session, &op), 0);
	cr_assert_eq(tl_session_resume(c.f.ctx, c.session, NULL), -EBUSY, "one at a time");
	core_call_mode_done(c.f.line, -ETIMEDOUT);
	fake_assert_done(&c.f, op, -ETIMEDOUT);
	core_call_mode_done(c.f.line, 0);
	cr_assert_eq(tl_session_resume(c.f.ctx, c.session, &op), 0);
	core_line_lost(c.f.line);
	fake_run_ms(&c.f, 0);
	fake_assert_done(&c.f, op, -ENODEV);
	cr_assert_eq(tl_session_escape(c.f.ctx, c.session, &op), -ENODEV);
	leave(&c);
}

Test(stream, a_break_is_told_to_who_is_attached)
{
	struct call c;

	connect(&c);
	core_call_break(c.f.line);
	fake_fetch(&c.f);
	cr_assert_eq(fake_count(&c.f, TL_EVENT_BREAK), 1);
	cr_assert_eq(tl_session_send_break(c.f.ctx, c.session, 100), 0);
	cr_assert_str_eq(c.f.calls, "break ");
	cr_assert_eq(tl_session_detach(c.f.ctx, c.session), 0);
	core_call_break(c.f.line);
	fake_fetch(&c.f);
	cr_assert_eq(fake_count(&c.f, TL_EVENT_BREAK), 1);
	leave(&c);
}

Test(stream, a_port_is_lent_until_the_call_ends)
{
	struct tl_session_info *info;
	struct call c;
	int fd = -1;

	connect(&c);
	(void)push(&c, 3);
	c.f.lend_error = -EAGAIN;
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), -EAGAIN);
	cr_assert_eq(fd, -1);
	c.f.lend_error = 0;
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), 0);
	cr_assert_eq(fd, FAKE_FD);
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), -EALREADY);
	cr_assert_eq(read_some(&c), 3, "what had come before");
	cr_assert_eq(read_some(&c), -EAGAIN);
	cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), -EBUSY);
	cr_assert_eq(tl_session_escape(c.f.ctx, c.session, NULL), -EBUSY);
	cr_assert_eq(tl_session_send_break(c.f.ctx, c.session, 10), 0);
	(void)push(&c, 100);
	cr_assert_eq(read_some(&c), -EAGAIN, "what the client has left belongs to nobody");
	fake_forget(&c.f);
	cr_assert_eq(tl_session_drop(c.f.ctx, c.session, 0, NULL), 0);
	fake_run_ms(&c.f, 0);
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), -ENOTCONN);
	cr_assert_eq(read_some(&c), 0);
	cr_assert_str_eq(c.f.calls, "drop0 diagnose detach ", "the port is closed");
	fake_run_ms(&c.f, 2000);
	cr_assert_str_eq(c.f.calls, "drop0 diagnose detach attach factory ", "and opened anew: %s",
			 c.f.calls);
	info = fake_info(&c.f, c.session);
	cr_assert_eq(tl_session_info_bytes_in(info), 3);
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_APPLICATION);
	(void)tl_session_info_free(info);
	leave(&c);
}

Test(stream, who_gives_a_lent_port_up_ends_the_call)
{
	struct tl_session_info *info;
	struct call c;
	int fd;

	connect(&c);
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), 0);
	cr_assert_eq(tl_session_detach(c.f.ctx, c.session), 0);
	fake_run_ms(&c.f, 5000);
	info = fake_info(&c.f, c.session);
	cr_assert_eq(tl_session_info_state(info), TL_CALL_IDLE);
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_CLIENT_LOST);
	(void)tl_session_info_free(info);
	leave(&c);
}

Test(stream, inactivity_rests_while_a_port_is_lent)
{
	struct call c;
	int fd;

	connect(&c);
	cr_assert_eq(tl_session_set_limit(c.f.ctx, c.session, TL_LIMIT_INACTIVITY, 10), 0);
	cr_assert_eq(tl_session_set_limit(c.f.ctx, c.session, TL_LIMIT_DURATION, 100), 0);
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), 0);
	fake_run_ms(&c.f, 20000);
	cr_assert_eq(tl_session_set_limit(c.f.ctx, c.session, TL_LIMIT_INACTIVITY, 5), 0);
	fake_run_ms(&c.f, 70000);
	cr_assert_eq(fake_call_state(&c.f, c.session), TL_CALL_CONNECTED);
	fake_run_ms(&c.f, 20000);
	cr_assert_eq(fake_call_state(&c.f, c.session), TL_CALL_IDLE);
	leave(&c);
}

Test(stream, only_an_attached_session_of_a_driver_that_can_has_a_port_to_lend)
{
	struct call c;
	int fd;

	connect(&c);
	cr_assert_eq(tl_session_detach(c.f.ctx, c.session), 0);
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), -EINVAL);
	c.f.lend_error = -EOPNOTSUPP;
	cr_assert_eq(tl_session_attach(c.f.ctx, c.session), 0);
	cr_assert_eq(tl_session_lend(c.f.ctx, c.session, &fd), -EOPNOTSUPP);
	cr_assert_eq(tl_session_write(c.f.ctx, c.session, "x", 1), 1, "nothing has changed");
	leave(&c);
}
