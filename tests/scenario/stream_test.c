/* SPDX-License-Identifier: MIT */
/* The bytes of data calls, from end to end: line a calls line b, both ends are attached. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "tests/scenario/rig.h"

struct pair {
	struct rig rig;
	tl_session a, b;
};

static void answer(struct rig *rig, size_t index, tl_session *ret_session)
{
	tl_client self = tl_ctx_get_client(rig->ctx);
	uint64_t op;

	*ret_session = rig_new_session(rig, self);
	cr_assert_eq(tl_session_attach(rig->ctx, *ret_session), 0);
	cr_assert_eq(tl_session_answer(rig->ctx, *ret_session, TL_MEDIA_DATA, &op), 0);
	cr_assert_eq(rig_op(rig, op, 60000), 0, "modem %zu", index);
}

static void connect(struct pair *p, const struct rig_options *options)
{
	tl_client self;

	rig_init(&p->rig, options);
	self = tl_ctx_get_client(p->rig.ctx);
	cr_assert_eq(tl_line_open(p->rig.ctx, self, p->rig.modems[1].line, TL_PRIVILEGE_OWNER, 0),
		     0);
	p->a = rig_dial(&p->rig, 0, "102");
	cr_assert_eq(tl_session_attach(p->rig.ctx, p->a), 0);
	rig_run_ms(&p->rig, 3000);
	answer(&p->rig, 1, &p->b);
	cr_assert(rig_until_call(&p->rig, p->a, TL_CALL_CONNECTED, 60000));
}

static void leave(struct pair *p)
{
	(void)tl_session_release(p->rig.ctx, p->a, TL_RELEASE_DROP);
	(void)tl_session_release(p->rig.ctx, p->b, TL_RELEASE_DROP);
	rig_run_ms(&p->rig, 120000);
	rig_fini(&p->rig);
}

/* Write what can be written, read what can be read, until everything is there. */
struct transfer {
	struct rig *rig;
	tl_session from, to;
	const char *data;
	size_t len, sent, got;
	size_t most; /* in one call, 0: any */
};

static size_t limited(const struct transfer *t, size_t n)
{
	return t->most && n > t->most ? t->most : n;
}

static bool move_bytes(void *user)
{
	struct transfer *t = user;
	char buf[4096];
	ssize_t n;

	while (t->sent < t->len && (n = tl_session_write(t->rig->ctx, t->from, t->data + t->sent,
							 limited(t, t->len - t->sent))) > 0)
		t->sent += (size_t)n;
	while ((n = tl_session_read(t->rig->ctx, t->to, buf, limited(t, sizeof(buf)))) > 0) {
		cr_assert_leq(t->got + (size_t)n, t->len, "more than was sent");
		cr_assert_eq(memcmp(buf, t->data + t->got, (size_t)n), 0, "at %zu", t->got);
		t->got += (size_t)n;
	}
	cr_assert_eq(n, -EAGAIN);
	return t->got == t->len;
}

static void carry(struct pair *p, bool back, const char *data, size_t len, size_t most)
{
	struct transfer t = {.rig = &p->rig, .data = data, .len = len, .most = most};

	t.from = back ? p->b : p->a;
	t.to = back ? p->a : p->b;
	cr_assert(rig_until(&p->rig, move_bytes, &t, 600000), "%zu of %zu sent, %zu arrived",
		  t.sent, t.len, t.got);
}

static void fill(char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 7 + i / 256);
}

static const struct {
	const char *name;
	struct rig_options options;
} ports[] = {
	{"modem lines", {.without_lines = false}},
	{"no modem lines", {.without_lines = true}},
};

#define PORTS (sizeof(ports) / sizeof(ports[0]))

Test(stream, every_byte_value_passes_both_ways)
{
	static char data[65536];

	fill(data, sizeof(data));
	for (size_t i = 0; i < PORTS; i++) {
		struct tl_session_info *info;
		struct pair p;

		connect(&p, &ports[i].options);
		carry(&p, false, data, sizeof(data), 0);
		carry(&p, true, data, sizeof(data), 0);
		carry(&p, false, data, 2048, 1);
		info = rig_info(&p.rig, p.a);
		cr_assert_eq(tl_session_info_bytes_out(info), sizeof(data) + 2048, "%s",
			     ports[i].name);
		cr_assert_eq(tl_session_info_bytes_in(info), sizeof(data));
		(void)tl_session_info_free(info);
		leave(&p);
	}
}

/* Without DCD a modem was asked whether that was the end: the far end may have seen the escape. */
static void skip_pluses(struct pair *p, tl_session session)
{
	char buf[4096];
	ssize_t n;

	while ((n = tl_session_read(p->rig.ctx, session, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			cr_assert_eq(buf[i], '+');
}

/* Whatever the chunks, and with a pause behind each of them. */
Test(stream, words_of_modems_are_data)
{
	static const char *const texts[] = {
		"+++ATH\rNO CARRIER\r\n",
		"\r\nNO CARRIER\r\n",
		"\r\nNO CARRIER\r\n\r\nRING\r\n",
		"\r\nNO CARRIER\r\n\r\nRING\r\n\r\nRING\r\n",
		"\r\nOK\r\n",
		"\r\nNO CARR",
		"\r\nRING\r\n",
		"+++",
		"++++++",
		"x+++",
		"\r",
		"\r\n",
	};

	for (size_t i = 0; i < PORTS; i++) {
		struct pair p;

		connect(&p, &ports[i].options);
		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
			carry(&p, false, texts[t], strlen(texts[t]), 0);
			rig_run_ms(&p.rig, 5000);
			skip_pluses(&p, p.a);
			carry(&p, true, texts[t], strlen(texts[t]), 1);
			rig_run_ms(&p.rig, 5000);
			skip_pluses(&p, p.b);
			cr_assert_eq(rig_state(&p.rig, p.a), TL_CALL_CONNECTED, "%s: %s",
				     ports[i].name, texts[t]);
			cr_assert_eq(rig_state(&p.rig, p.b), TL_CALL_CONNECTED);
		}
		leave(&p);
	}
}

Test(stream, a_file_full_of_escapes_passes_unchanged)
{
	static const char line[] = "+++ATH\rNO CARRIER\r\n";
	static char data[64 * (sizeof(line) - 1)];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = line[i % (sizeof(line) - 1)];
	for (size_t i = 0; i < PORTS; i++) {
		for (size_t most = 0; most < 20; most += 3) {
			struct pair p;

			connect(&p, &ports[i].options);
			carry(&p, false, data, sizeof(data), most);
			carry(&p, true, data, sizeof(data), most);
			rig_run_ms(&p.rig, 10000);
			cr_assert_eq(rig_state(&p.rig, p.a), TL_CALL_CONNECTED);
			leave(&p);
		}
	}
}

static size_t fill_up(struct pair *p, const char *data, size_t len)
{
	size_t sent = 0;
	ssize_t n;

	for (size_t tries = 0; tries < 100; tries++) {
		while (sent < len &&
		       (n = tl_session_write(p->rig.ctx, p->a, data + sent, len - sent)) > 0)
			sent += (size_t)n;
		rig_run_ms(&p->rig, 10);
	}
	return sent;
}

static size_t read_all(struct pair *p, tl_session session, char *data, size_t len,
		       ssize_t *ret_last)
{
	size_t got = 0;
	ssize_t n = 1;

	while (got < len && n > 0) {
		n = tl_session_read(p->rig.ctx, session, data + got, len - got);
		if (n > 0)
			got += (size_t)n;
	}
	*ret_last = n;
	return got;
}

Test(stream, a_reader_that_stops_holds_the_writer_up_and_loses_nothing)
{
	static char data[262144], copy[262144];

	fill(data, sizeof(data));
	for (size_t i = 0; i < PORTS; i++) {
		struct transfer t;
		struct pair p;
		size_t sent;
		ssize_t last;

		connect(&p, &ports[i].options);
		sent = fill_up(&p, data, sizeof(data));
		cr_assert_lt(sent, sizeof(data) / 4, "%s: bounded", ports[i].name);
		cr_assert_geq(sent, TL_STREAM_BUFFER);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "x", 1), -EAGAIN);
		/* The rest follows as soon as it is read again. */
		t = (struct transfer){&p.rig, p.a, p.b, data, sizeof(data), sent, 0, 0};
		cr_assert(rig_until(&p.rig, move_bytes, &t, 600000));

		/* The end is noticed all the same, and what has arrived can be read. */
		sent = fill_up(&p, data, sizeof(data));
		rig_run_ms(&p.rig, 1000);
		if (!ports[i].options.without_lines) {
			cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, 0, NULL), 0);
			cr_assert(rig_until_over(&p.rig, p.b, 60000), "%s", ports[i].name);
			t.got = read_all(&p, p.b, copy, sizeof(copy), &last);
			cr_assert_eq(last, 0);
			cr_assert_geq(t.got, TL_STREAM_BUFFER);
			cr_assert_eq(memcmp(copy, data, t.got), 0);
		}
		leave(&p);
	}
}

static size_t count_for(const struct rig *rig, tl_session session, enum tl_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++)
		n += tl_event_get_type(rig->events[i]) == type &&
		     tl_event_get_session(rig->events[i]).id == session.id;
	return n;
}

Test(stream, one_event_follows_each_EAGAIN)
{
	char buf[1024];
	struct pair p;

	connect(&p, NULL);
	cr_assert_eq(count_for(&p.rig, p.b, TL_EVENT_READABLE), 0);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "abc", 3), 3);
		rig_run_ms(&p.rig, 100);
	}
	cr_assert_eq(count_for(&p.rig, p.b, TL_EVENT_READABLE), 1, "attaching owes one");
	cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)), 9);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(count_for(&p.rig, p.b, TL_EVENT_READABLE), 1);
	cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)), -EAGAIN);
	cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)), -EAGAIN);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(count_for(&p.rig, p.b, TL_EVENT_READABLE), 1);
	cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "d", 1), 1);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(count_for(&p.rig, p.b, TL_EVENT_READABLE), 2);
	cr_assert_eq(count_for(&p.rig, p.a, TL_EVENT_WRITABLE), 0);
	leave(&p);
}

Test(stream, writing_before_the_connection_is_told_when_it_can_be_done)
{
	struct rig rig;
	tl_session session;

	rig_init(&rig, NULL);
	session = rig_dial(&rig, 0, "300");
	cr_assert_eq(tl_session_write(rig.ctx, session, "x", 1), -EINVAL, "not attached");
	cr_assert_eq(tl_session_attach(rig.ctx, session), 0);
	cr_assert_eq(tl_session_attach(rig.ctx, session), -EALREADY);
	cr_assert_eq(tl_session_write(rig.ctx, session, "x", 1), -EAGAIN);
	cr_assert_eq(tl_session_write(rig.ctx, session, "x", 0), -EINVAL);
	cr_assert(rig_until_call(&rig, session, TL_CALL_CONNECTED, 60000));
	rig_run_ms(&rig, 0);
	cr_assert_eq(count_for(&rig, session, TL_EVENT_WRITABLE), 1);
	cr_assert_eq(tl_session_write(rig.ctx, session, "x", 1), 1);
	cr_assert_eq(tl_session_release(rig.ctx, session, TL_RELEASE_DROP), 0);
	rig_run_ms(&rig, 60000);
	rig_fini(&rig);
}

Test(stream, has_one_reader_and_goes_with_the_session)
{
	tl_session other;
	tl_client client;
	char buf[1024];
	struct pair p;

	connect(&p, NULL);
	cr_assert_eq(tl_client_new(p.rig.ctx, "other", &client), 0);
	cr_assert_eq(tl_session_hand_off(p.rig.ctx, p.b, client), 0);
	rig_run_ms(&p.rig, 0);
	other = rig_new_session(&p.rig, client);
	cr_assert_eq(tl_session_attach(p.rig.ctx, other), -EBUSY);
	cr_assert_eq(tl_session_read(p.rig.ctx, other, buf, sizeof(buf)), -EINVAL);
	cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "1", 1), 1);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(tl_session_set_privilege(p.rig.ctx, p.b, TL_PRIVILEGE_MONITOR), 0);
	cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)), -EINVAL, "no owner");
	cr_assert_eq(tl_session_attach(p.rig.ctx, p.b), -EPERM);
	cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "2", 1), 1);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(tl_session_attach(p.rig.ctx, other), 0);
	cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "3", 1), 1);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(tl_session_read(p.rig.ctx, other, buf, sizeof(buf)), 1);
	cr_assert_eq(buf[0], '3', "what came for nobody is gone");
	cr_assert_eq(tl_session_detach(p.rig.ctx, other), 0);
	cr_assert_eq(tl_session_detach(p.rig.ctx, other), -EALREADY);
	cr_assert_eq(tl_client_close(p.rig.ctx, client), 0);
	leave(&p);
}

/* The event follows the session to the client that has it now. */
Test(stream, moves_with_what_is_queued)
{
	struct tl_event *event;
	tl_client client;
	size_t n = 0;
	struct pair p;

	connect(&p, NULL);
	cr_assert_eq(tl_client_new(p.rig.ctx, "other", &client), 0);
	cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "1", 1), 1);
	while (tl_ctx_get_count(p.rig.ctx, TL_COUNT_EVENTS) == 0)
		cr_assert_geq(hal_loop_dispatch(p.rig.ctx->loop), 0);
	cr_assert_eq(tl_session_move(p.rig.ctx, p.b, client), 0);
	while (tl_ctx_next_event(p.rig.ctx, &event) > 0) {
		if (tl_event_get_type(event) == TL_EVENT_READABLE) {
			cr_assert_eq(tl_event_get_client(event).id, client.id);
			n++;
		}
		(void)tl_event_free(event);
	}
	cr_assert_eq(n, 1);
	cr_assert_eq(tl_client_close(p.rig.ctx, client), 0);
	leave(&p);
}

Test(stream, ends_for_the_other_when_one_drops)
{
	for (size_t i = 0; i < PORTS; i++) {
		char buf[1024];
		struct pair p;

		connect(&p, &ports[i].options);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "bye", 3), 3);
		rig_run_ms(&p.rig, 1000);
		cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, 0, NULL), 0);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "x", 1), -ENOTCONN);
		cr_assert(rig_until_over(&p.rig, p.b, 60000), "%s", ports[i].name);
		cr_assert(rig_until_over(&p.rig, p.a, 60000), "%s", ports[i].name);
		/* Without DTR a drop begins with an escape, which the far end sees. */
		cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)),
			     ports[i].options.without_lines ? 6 : 3);
		cr_assert_eq(memcmp(buf, "bye", 3), 0);
		cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)), 0);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.b, "x", 1), -ENOTCONN);
		cr_assert_eq(tl_session_read(p.rig.ctx, p.a, buf, sizeof(buf)), 0);
		leave(&p);
	}
}

Test(stream, pulled_out_at_any_moment_keeps_what_has_arrived)
{
	static char data[20000], copy[20000];

	fill(data, sizeof(data));
	for (size_t at = 0; at <= sizeof(data); at += 100) {
		size_t sent = 0, got;
		struct pair p;
		ssize_t n, last;

		connect(&p, NULL);
		for (size_t tries = 0; sent < at && tries < 1000; tries++) {
			n = tl_session_write(p.rig.ctx, p.a, data + sent, at - sent);
			if (n > 0)
				sent += (size_t)n;
			rig_run_ms(&p.rig, 1);
		}
		rig_run_ms(&p.rig, 10);
		rig_unplug(&p.rig, 1);
		rig_run_ms(&p.rig, 1000);
		got = read_all(&p, p.b, copy, sizeof(copy), &last);
		cr_assert_eq(last, 0);
		cr_assert_geq(got, sent < TL_STREAM_BUFFER ? sent : TL_STREAM_BUFFER, "%zu of %zu",
			      got, sent);
		cr_assert_eq(memcmp(copy, data, got), 0);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.b, "x", 1), -ENODEV);
		cr_assert_eq(tl_session_send_break(p.rig.ctx, p.b, 10), -ENODEV);
		rig_plug(&p.rig, 1);
		leave(&p);
	}
}

Test(stream, a_break_passes)
{
	struct pair p;

	connect(&p, NULL);
	cr_assert_eq(tl_session_send_break(p.rig.ctx, p.a, 0), -EINVAL);
	cr_assert_eq(tl_session_send_break(p.rig.ctx, p.a, TL_BREAK_MAX_MS + 1), -EINVAL);
	cr_assert_eq(tl_session_send_break(p.rig.ctx, p.a, 100), 0);
	cr_assert_eq(tl_session_send_break(p.rig.ctx, p.a, 100), -EBUSY);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(tl_session_send_break(p.rig.ctx, p.a, 100), 0);
	/* The emulation passes none on: the far modem sends one of its own. */
	cr_assert_eq(hal_stream_set_break(p.rig.modems[1].stream, true), 0);
	rig_run_ms(&p.rig, 1000);
	cr_assert_eq(count_for(&p.rig, p.b, TL_EVENT_BREAK), 1);
	cr_assert_eq(rig_state(&p.rig, p.b), TL_CALL_CONNECTED);
	leave(&p);
}

Test(stream, a_fall_of_DCD_between_two_looks_is_an_end)
{
	struct pair p;

	connect(&p, NULL);
	hal_stream_mem_set_inputs(p.rig.modems[1].stream, HAL_STREAM_DCD, false);
	hal_stream_mem_set_inputs(p.rig.modems[1].stream, HAL_STREAM_DCD, true);
	cr_assert(rig_until_over(&p.rig, p.b, 60000));
	leave(&p);
}

Test(stream, escape_and_resume_keep_it)
{
	for (size_t i = 0; i < PORTS; i++) {
		struct pair p;
		uint64_t op;

		connect(&p, &ports[i].options);
		carry(&p, false, "before", 6, 0);
		cr_assert_eq(tl_session_resume(p.rig.ctx, p.a, &op), -EBUSY);
		cr_assert_eq(tl_session_escape(p.rig.ctx, p.a, &op), 0);
		cr_assert_eq(tl_session_escape(p.rig.ctx, p.a, NULL), -EBUSY);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "x", 1), -EAGAIN);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.b, "meanwhile", 9), 9);
		cr_assert_eq(rig_op(&p.rig, op, 10000), 0, "%s", ports[i].name);
		cr_assert_eq(sim_modem_state(p.rig.modems[0].sim), SIM_MODEM_ESCAPED);
		cr_assert_eq(rig_state(&p.rig, p.a), TL_CALL_CONNECTED);
		cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "x", 1), -EAGAIN);
		cr_assert_eq(tl_session_resume(p.rig.ctx, p.a, &op), 0);
		cr_assert_eq(rig_op(&p.rig, op, 10000), 0);
		rig_run_ms(&p.rig, 0);
		cr_assert_eq(count_for(&p.rig, p.a, TL_EVENT_WRITABLE), 1);
		char buf[1024];

		cr_assert_eq(tl_session_read(p.rig.ctx, p.b, buf, sizeof(buf)), 3, "the pluses");
		cr_assert_eq(tl_session_read(p.rig.ctx, p.a, buf, sizeof(buf)), 9);
		carry(&p, false, "after", 5, 0);
		carry(&p, true, "after", 5, 0);
		leave(&p);
	}
}

Test(stream, the_end_of_a_call_that_is_escaped_is_seen)
{
	for (size_t i = 0; i < PORTS; i++) {
		struct pair p;
		uint64_t op;

		connect(&p, &ports[i].options);
		cr_assert_eq(tl_session_escape(p.rig.ctx, p.a, &op), 0);
		cr_assert_eq(rig_op(&p.rig, op, 10000), 0);
		cr_assert_eq(tl_session_drop(p.rig.ctx, p.b, 0, NULL), 0);
		cr_assert(rig_until_over(&p.rig, p.a, 60000), "%s", ports[i].name);
		leave(&p);

		connect(&p, &ports[i].options);
		cr_assert_eq(tl_session_escape(p.rig.ctx, p.a, &op), 0);
		rig_run_ms(&p.rig, 1500);
		cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, 0, NULL), 0);
		cr_assert_eq(rig_op(&p.rig, op, 60000), -ECANCELED);
		cr_assert(rig_until_over(&p.rig, p.a, 60000), "%s", ports[i].name);
		leave(&p);
	}
}

Test(stream, an_escape_that_is_not_obeyed_leaves_it_as_it_is)
{
	struct pair p;
	uint64_t op;

	connect(&p, NULL);
	rig_fault(&p.rig, 0, SIM_FAULT_STUCK);
	cr_assert_eq(tl_session_escape(p.rig.ctx, p.a, &op), 0);
	cr_assert_eq(rig_op(&p.rig, op, 10000), -ETIMEDOUT);
	cr_assert_eq(rig_state(&p.rig, p.a), TL_CALL_CONNECTED);
	sim_modem_clear_faults(p.rig.modems[0].sim);
	leave(&p);
}

Test(stream, the_record_tells_how_the_modem_found_the_call)
{
	struct tl_session_info *info;
	struct pair p;

	connect(&p, NULL);
	info = rig_info(&p.rig, p.a);
	cr_assert_eq(tl_session_info_quality(info, TL_QUALITY_RATE_OUT), -1, "not yet");
	(void)tl_session_info_free(info);
	cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, 0, NULL), 0);
	rig_run_ms(&p.rig, 60000);
	info = rig_info(&p.rig, p.a);
	cr_assert(tl_session_info_is_final(info));
	cr_assert_eq(tl_session_info_quality(info, TL_QUALITY_RATE_OUT), 33600);
	cr_assert_eq(tl_session_info_quality(info, TL_QUALITY_LOST_OUT), 0);
	cr_assert_eq(tl_session_info_quality(info, TL_QUALITY_RETRAINS_ASKED), 0);
	cr_assert_eq(tl_session_info_quality(info, (enum tl_quality)TL_QUALITY_COUNT), -1);
	(void)tl_session_info_free(info);
	leave(&p);
}

/* ---- a line that is slow and bad ---- */

static void shape(struct pair *p, size_t index, uint32_t speed, const char *noise)
{
	struct sim_modem *modem = p->rig.modems[index].sim;
	struct sim_modem_options options = *sim_modem_options(modem);
	const char *why = "";

	options.speed = speed;
	options.latency_ms = 10;
	cr_assert_eq(sim_noise_parse(hal_slice_str(noise), &options.noise, &why), 0, "%s", why);
	sim_modem_set_options(modem, &options);
}

/* The record of a modem's call has exactly what the emulator did. */
static void expect_counts(struct pair *p, size_t index, tl_session session)
{
	const struct sim_link *link = sim_modem_link(p->rig.modems[index].sim);
	const uint64_t counts[TL_QUALITY_COUNT] = {
		[TL_QUALITY_RATE_OUT] = 28800,
		[TL_QUALITY_RATE_IN] = 28800,
		[TL_QUALITY_RENEGOTIATIONS] = link->renegotiations,
		[TL_QUALITY_RETRAINS_ASKED] = link->retrains_asked,
		[TL_QUALITY_RETRAINS_GRANTED] = link->retrains_granted,
		[TL_QUALITY_ERRORS_OUT] = link->errors_tx,
		[TL_QUALITY_ERRORS_IN] = link->errors_rx,
		[TL_QUALITY_LOST_OUT] = link->lost_tx,
		[TL_QUALITY_LOST_IN] = link->lost_rx,
	};
	struct tl_session_info *info = rig_info(&p->rig, session);

	cr_assert(tl_session_info_is_final(info));
	for (int i = 0; i < TL_QUALITY_COUNT; i++)
		cr_expect_eq(tl_session_info_quality(info, (enum tl_quality)i), (int64_t)counts[i],
			     "modem %zu: %s", index, tl_quality_name((enum tl_quality)i));
	cr_expect_gt(counts[TL_QUALITY_ERRORS_OUT], 20);
	(void)tl_session_info_free(info);
}

Test(stream, the_record_counts_what_the_line_did_and_nothing_is_damaged)
{
	static char data[65536];

	fill(data, sizeof(data));
	for (size_t i = 0; i < PORTS; i++) {
		struct pair p;

		connect(&p, &ports[i].options);
		shape(&p, 0, 33600, "flip in 2000");
		shape(&p, 1, 0, "lose every 1500 burst 2");
		carry(&p, false, data, sizeof(data), 0);
		carry(&p, true, data, sizeof(data), 0);
		cr_assert_eq(sim_modem_retrain(p.rig.modems[0].sim), 0);
		cr_assert_eq(sim_modem_retrain(p.rig.modems[0].sim), 0);
		shape(&p, 1, 28800, "lose every 1500 burst 2");
		carry(&p, false, data, sizeof(data), 0);
		cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, 0, NULL), 0);
		rig_run_ms(&p.rig, 60000);
		expect_counts(&p, 0, p.a);
		expect_counts(&p, 1, p.b);
		leave(&p);
	}
}

/* What must not be taken for words of the modem, nor be obeyed by it. */
#define LIKE_A_MODEM "+++ATH\rNO CARRIER\r\n"
#define LONG_CALL    (10 * 1024 * 1024)

Test(stream, ten_megabytes_of_anything_pass_a_slow_line)
{
	static char data[LONG_CALL];

	for (size_t i = 0; i < PORTS; i++) {
		struct pair p;
		uint64_t begin, us;

		fill(data, sizeof(data) / 2);
		for (size_t k = sizeof(data) / 2; k < sizeof(data); k++)
			data[k] = LIKE_A_MODEM[k % (sizeof(LIKE_A_MODEM) - 1)];
		connect(&p, &ports[i].options);
		shape(&p, 0, 230400, "none");
		begin = p.rig.clock.now_us;
		carry(&p, i == 1, data, sizeof(data), 0);
		us = p.rig.clock.now_us - begin;
		/* 134 octets for 128: no faster than the line, and it never waited for us. */
		cr_expect_geq(us, LONG_CALL / 128 * 134 * UINT64_C(8000000) / 230400);
		cr_expect_leq(us, LONG_CALL / 128 * 134 * UINT64_C(8000000) / 230400 * 101 / 100);
		cr_expect_eq(rig_state(&p.rig, p.a), TL_CALL_CONNECTED);
		leave(&p);
	}
}

/* Unsent bytes: the far end does not read, so they stay at the port. */
static size_t clog_up(struct pair *p)
{
	static char data[262144];

	fill(data, sizeof(data));
	return fill_up(p, data, sizeof(data));
}

Test(stream, a_drop_discards_what_has_not_been_sent_and_says_how_much)
{
	struct tl_session_info *info;
	struct pair p;
	uint64_t op;

	connect(&p, NULL);
	(void)clog_up(&p);
	cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, 0, &op), 0);
	cr_assert_eq(rig_op(&p.rig, op, 60000), 0);
	info = rig_info(&p.rig, p.a);
	cr_assert_gt(tl_session_info_bytes_unsent(info), 0);
	(void)tl_session_info_free(info);
	leave(&p);
}

struct drain {
	struct transfer transfer;
	size_t got;
};

static bool read_to_the_end(void *user)
{
	struct drain *d = user;
	struct transfer *t = &d->transfer;
	char buf[4096];
	ssize_t n;

	while ((n = tl_session_read(t->rig->ctx, t->to, buf, sizeof(buf))) > 0)
		d->got += (size_t)n;
	return n == 0;
}

Test(stream, a_drop_that_drains_loses_nothing_to_a_reader_that_goes_on)
{
	struct tl_session_info *info;
	struct drain d = {0};
	struct pair p;
	uint64_t op;
	size_t sent;

	connect(&p, NULL);
	sent = clog_up(&p);
	cr_assert_eq(tl_session_shutdown(p.rig.ctx, p.a, TL_DRAIN_MAX_MS + 1, &op), -EINVAL);
	cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, TL_DROP_DRAIN, &op), 0);
	cr_assert_eq(tl_session_write(p.rig.ctx, p.a, "x", 1), -ENOTCONN);
	d.transfer = (struct transfer){.rig = &p.rig, .to = p.b};
	cr_assert(rig_until(&p.rig, read_to_the_end, &d, 60000));
	info = rig_info(&p.rig, p.a);
	cr_assert_eq(tl_session_info_bytes_unsent(info), 0);
	(void)tl_session_info_free(info);
	cr_assert_eq(rig_op(&p.rig, op, 60000), 0);
	/* What the modems themselves hold is theirs: here they pass on all but their buffers. */
	cr_assert_geq(d.got + 12288, sent);
	leave(&p);
}

Test(stream, draining_ends_at_its_limit_and_by_another_drop)
{
	struct tl_session_info *info;
	struct pair p;
	uint64_t op;

	connect(&p, NULL);
	(void)clog_up(&p);
	cr_assert_eq(tl_session_shutdown(p.rig.ctx, p.a, 5000, &op), 0);
	rig_run_ms(&p.rig, 4900);
	cr_assert_eq(rig_state(&p.rig, p.a), TL_CALL_CONNECTED);
	cr_assert_eq(rig_op(&p.rig, op, 10000), 0);
	info = rig_info(&p.rig, p.a);
	cr_assert_gt(tl_session_info_bytes_unsent(info), 0);
	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_APPLICATION);
	(void)tl_session_info_free(info);
	leave(&p);

	connect(&p, NULL);
	(void)clog_up(&p);
	cr_assert_eq(tl_session_shutdown(p.rig.ctx, p.a, 60000, &op), 0);
	rig_run_ms(&p.rig, 100);
	cr_assert_eq(tl_session_drop(p.rig.ctx, p.a, TL_DROP_USER, NULL), 0);
	cr_assert_eq(rig_op(&p.rig, op, 10000), 0);
	leave(&p);
}

#define PAIRS (RIG_MODEMS / 2)

/* Half of the lines call the other half; everybody floods, nobody starves. */
Test(stream, many_at_once_share_fairly)
{
	const struct rig_options options = {.modems = RIG_MODEMS};
	size_t got[PAIRS] = {0}, least = SIZE_MAX, most = 0;
	tl_session from[PAIRS], to[PAIRS];
	static char data[1024];
	struct rig rig;
	tl_client self;

	rig_init(&rig, &options);
	self = tl_ctx_get_client(rig.ctx);
	for (size_t i = 0; i < PAIRS; i++) {
		char number[8];

		(void)snprintf(number, sizeof(number), "%zu", 101 + PAIRS + i);
		cr_assert_eq(tl_line_open(rig.ctx, self, rig.modems[PAIRS + i].line,
					  TL_PRIVILEGE_OWNER, 0),
			     0);
		from[i] = rig_dial(&rig, i, number);
		cr_assert_eq(tl_session_attach(rig.ctx, from[i]), 0);
		rig_run_ms(&rig, 3000);
		answer(&rig, PAIRS + i, &to[i]);
		cr_assert(rig_until_call(&rig, from[i], TL_CALL_CONNECTED, 60000));
	}
	for (size_t turn = 0; turn < 4000; turn++) {
		for (size_t i = 0; i < PAIRS; i++) {
			ssize_t n;

			while (tl_session_write(rig.ctx, from[i], data, sizeof(data)) > 0)
				;
			n = tl_session_read(rig.ctx, to[i], data, sizeof(data));
			got[i] += n > 0 ? (size_t)n : 0;
		}
		cr_assert_geq(hal_loop_dispatch(rig.ctx->loop), 0);
	}
	for (size_t i = 0; i < PAIRS; i++) {
		least = got[i] < least ? got[i] : least;
		most = got[i] > most ? got[i] : most;
		cr_assert_eq(tl_session_release(rig.ctx, from[i], TL_RELEASE_DROP), 0);
		cr_assert_eq(tl_session_release(rig.ctx, to[i], TL_RELEASE_DROP), 0);
	}
	cr_assert_gt(least, 100000);
	cr_assert_geq(least * 10, most * 9, "%zu and %zu", least, most);
	rig_run_ms(&rig, 120000);
	rig_fini(&rig);
}
