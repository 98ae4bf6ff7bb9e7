/* SPDX-License-Identifier: MIT */
/* The client against a server that is good, or lacks something, in virtual time. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/stream_mem.h"
#include "hal/stream_rfc2217.h"
#include "hal/telnet.h"
#include "wrap.h"

#define CONFIG                                                    \
	((struct hal_stream_config){.baud = 115200,               \
				    .bits = 8,                    \
				    .stop = 1,                    \
				    .flow = HAL_STREAM_FLOW_NONE, \
				    .clocal = true,               \
				    .silence_s = 30})

enum lack {
	LACKS_NOTHING = 0,
	LACKS_LINES = 1 << 0,	/* DTR is not confirmed */
	LACKS_MARKS = 1 << 1,	/* TIMING-MARK is not answered */
	LACKS_ANSWERS = 1 << 2, /* settings are not confirmed */
	LACKS_RATE = 1 << 3,	/* another one is confirmed */
	LACKS_OPTION = 1 << 4,	/* COM-PORT-OPTION is refused */
	IS_SILENT = 1 << 5,
};

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_stream *s;	 /* the client */
	struct hal_stream *link; /* the server's end */
	struct hal_telnet telnet;
	struct hal_ring out;
	char out_buf[65536];
	unsigned int lacks;
	bool reads;
	bool stops;	     /* the server does not read any more */
	unsigned int events; /* of the client */
	int n_lines;
	char got[16384]; /* by the client */
	size_t got_len;
	char heard[16384]; /* by the server */
	size_t heard_len;
	char told[1024]; /* commands but settings: "5:8 12:3" */
	unsigned int marks;
};

/* ---- the server ---- */

static void flush_server(struct fixture *f)
{
	while (f->out.len > 0 && f->link) {
		struct hal_slice piece = hal_ring_peek(&f->out);
		ssize_t n = hal_stream_write(f->link, piece.data, piece.len);

		if (n < 0)
			break;
		hal_ring_drop(&f->out, (size_t)n);
	}
	if (f->link)
		(void)hal_stream_want_write(f->link, f->out.len > 0);
}

static void say(struct fixture *f, uint8_t command, const char *value, size_t len)
{
	cr_assert(hal_telnet_send_com_port(&f->telnet, (uint8_t)(command + HAL_COM_PORT_SERVER),
					   hal_slice(value, len)));
	flush_server(f);
}

static void say_byte(struct fixture *f, uint8_t command, uint8_t value)
{
	char byte = (char)value;

	say(f, command, &byte, 1);
}

static void say_data(struct fixture *f, const char *data, size_t len)
{
	cr_assert_eq(hal_telnet_send(&f->telnet, hal_slice(data, len)), len);
	flush_server(f);
}

static void on_data(void *user, struct hal_slice data)
{
	struct fixture *f = user;

	cr_assert_leq(f->heard_len + data.len, sizeof(f->heard));
	memcpy(f->heard + f->heard_len, data.data, data.len);
	f->heard_len += data.len;
}

static void note_told(struct fixture *f, uint8_t command, struct hal_slice value)
{
	size_t len = strlen(f->told);

	(void)snprintf(f->told + len, sizeof(f->told) - len, "%s%u:%u", len > 0 ? " " : "", command,
		       value.len > 0 ? (uint8_t)value.data[0] : 0);
}

static void on_com_port(void *user, uint8_t command, struct hal_slice value)
{
	struct fixture *f = user;
	bool is_dtr = command == HAL_COM_PORT_CONTROL && value.data[0] == HAL_COM_PORT_DTR_ON;

	note_told(f, command, value);
	if ((f->lacks & LACKS_ANSWERS) || (is_dtr && (f->lacks & LACKS_LINES)))
		return;
	if (command == HAL_COM_PORT_BAUDRATE && (f->lacks & LACKS_RATE))
		say(f, command, "\0\0\x25\x80", 4);
	else
		say(f, command, value.data, value.len);
}

static void on_mark(void *user)
{
	(void)user;
}

static const struct hal_telnet_events server_events = {
	.on_data = on_data,
	.on_mark = on_mark,
	.on_com_port = on_com_port,
};

static unsigned int count_marks(const char *chunk, ssize_t n)
{
	unsigned int count = 0;

	for (ssize_t i = 0; i + 2 < n; i++)
		count += memcmp(chunk + i, "\xff\xfd\x06", 3) == 0;
	return count;
}

/* What the client asks for is in one piece in these tests, so it can be cut out. */
static void take(struct fixture *f, const char *chunk, ssize_t n)
{
	f->marks += count_marks(chunk, n);
	for (ssize_t i = 0; i < n;) {
		bool is_mark = i + 2 < n && memcmp(chunk + i, "\xff\xfd\x06", 3) == 0;
		bool is_wish = i + 2 < n && memcmp(chunk + i, "\xff\xfb\x2c", 3) == 0;
		ssize_t step = is_mark || is_wish ? 3 : 1;

		if (is_wish && (f->lacks & LACKS_OPTION))
			cr_assert_eq(hal_ring_put(&f->out, "\xff\xfe\x2c", 3), 3);
		else if (!is_mark || !(f->lacks & LACKS_MARKS))
			hal_telnet_receive(&f->telnet, hal_slice(chunk + i, (size_t)step));
		i += step;
	}
	flush_server(f);
}

static void on_server(void *user, unsigned int events)
{
	struct fixture *f = user;
	char chunk[4096];
	ssize_t n;

	if (events & HAL_STREAM_LOST) {
		hal_stream_close(f->link);
		f->link = NULL;
		return;
	}
	if (events & HAL_STREAM_WRITABLE)
		flush_server(f);
	if (!(events & HAL_STREAM_READABLE))
		return;
	if (f->stops) {
		(void)hal_stream_want_read(f->link, false);
		return;
	}
	n = hal_stream_read(f->link, chunk, sizeof(chunk));
	if (n > 0 && !(f->lacks & IS_SILENT))
		take(f, chunk, n);
}

/* ---- the client ---- */

static void on_client(void *user, unsigned int events)
{
	struct fixture *f = user;
	ssize_t n;

	cr_assert_not(f->events & HAL_STREAM_LOST, "nothing comes after the loss");
	f->events |= events;
	f->n_lines += (events & HAL_STREAM_LINES) != 0;
	if (events & HAL_STREAM_WRITABLE)
		(void)hal_stream_want_write(f->s, false);
	if (!(events & HAL_STREAM_READABLE) || !f->reads)
		return;
	cr_assert_lt(f->got_len, sizeof(f->got));
	n = hal_stream_read(f->s, f->got + f->got_len, sizeof(f->got) - f->got_len);
	if (n > 0)
		f->got_len += (size_t)n;
}

static void run(struct fixture *f, uint64_t ms)
{
	(void)hal_loop_run_virtual(f->loop, &f->clock, f->clock.now_us + ms * HAL_USEC_PER_MSEC,
				   NULL, NULL);
}

static void start(struct fixture *f, unsigned int lacks, const struct hal_stream_config *config)
{
	const struct hal_stream_mem_limits limits = {.capacity = 4096};
	struct hal_stream *link;

	memset(f, 0, sizeof(*f));
	f->lacks = lacks;
	f->reads = true;
	hal_clock_virtual_init(&f->clock, HAL_USEC_PER_SEC, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	cr_assert_eq(hal_stream_mem_pair(f->loop, &limits, &link, &f->link), 0);
	hal_stream_set_handler(f->link, on_server, f);
	hal_ring_init(&f->out, f->out_buf, sizeof(f->out_buf));
	hal_telnet_init(&f->telnet, HAL_TELNET_SERVER, &server_events, f, &f->out);
	cr_assert_eq(hal_stream_rfc2217_new(f->loop, link, "ts:1", config, &f->s), 0);
	hal_stream_set_handler(f->s, on_client, f);
}

static void setup(struct fixture *f, unsigned int lacks)
{
	start(f, lacks, &CONFIG);
	run(f, HAL_STREAM_RFC2217_ANSWER_MS);
	cr_assert_eq(f->events, HAL_STREAM_OPENED);
	f->told[0] = '\0';
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->s);
	f->s = NULL;
	(void)hal_loop_dispatch(f->loop);
	hal_stream_close(f->link);
	(void)hal_loop_dispatch(f->loop);
	hal_loop_free(f->loop);
}

static void assert_lost(struct fixture *f, int error, const char *why)
{
	char byte;

	cr_assert(f->events & HAL_STREAM_LOST, "%s", why);
	cr_assert_eq(f->s->error, error, "%s: %d", why, f->s->error);
	cr_assert_str_eq(f->s->why, why);
	cr_assert_eq(hal_stream_read(f->s, &byte, 1), -ENODEV);
	cr_assert_eq(hal_stream_write(f->s, "x", 1), -ENODEV);
	cr_assert_eq(hal_stream_flush(f->s), -ENODEV);
	cr_assert_eq(hal_stream_want_read(f->s, true), -ENODEV);
	cr_assert_eq(hal_stream_want_write(f->s, true), -ENODEV);
	cr_assert_eq(hal_stream_configure(f->s, &CONFIG), -ENODEV);
}

Test(stream_rfc2217, opens_at_once_when_all_is_confirmed)
{
	struct fixture f;

	start(&f, LACKS_NOTHING, &CONFIG);
	run(&f, 0);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	cr_assert_str_eq(f.told, "1:0 2:8 3:1 4:1 5:1 5:8 5:11 10:30 11:255");
	cr_assert(hal_stream_has(f.s, HAL_STREAM_CAP_LINES));
	cr_assert(hal_stream_has(f.s, HAL_STREAM_CAP_COUNTERS));
	cr_assert(hal_stream_has(f.s, HAL_STREAM_CAP_BREAK));
	cr_assert(hal_stream_has(f.s, HAL_STREAM_CAP_BAUD));
	teardown(&f);
}

Test(stream_rfc2217, a_rate_of_0_is_left_alone)
{
	struct hal_stream_config config = CONFIG;
	struct fixture f;

	config.baud = 0;
	start(&f, LACKS_RATE, &config);
	run(&f, 0);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	cr_assert_str_eq(f.told, "2:8 3:1 4:1 5:1 5:8 5:11 10:30 11:255");
	teardown(&f);
}

Test(stream_rfc2217, servers_that_lack_something_are_used_without_it)
{
	static const struct {
		const char *name;
		unsigned int lacks;
		uint64_t before_ms, after_ms;
		bool lines;
	} rows[] = {
		{"lines", LACKS_LINES, 400, HAL_STREAM_RFC2217_GRACE_MS, false},
		{"marks", LACKS_MARKS, 2900, HAL_STREAM_RFC2217_ANSWER_MS, true},
		{"both", LACKS_MARKS | LACKS_LINES, 2900, HAL_STREAM_RFC2217_ANSWER_MS, false},
		{"answers", LACKS_ANSWERS, 400, HAL_STREAM_RFC2217_GRACE_MS, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int lines;
		struct fixture f;

		start(&f, rows[i].lacks, &CONFIG);
		run(&f, rows[i].before_ms);
		cr_assert_eq(f.events, 0, "%s", rows[i].name);
		run(&f, rows[i].after_ms - rows[i].before_ms);
		cr_assert_eq(f.events, HAL_STREAM_OPENED, "%s", rows[i].name);
		cr_assert_eq(hal_stream_get_lines(f.s, &lines), rows[i].lines ? 0 : -EOPNOTSUPP);
		cr_assert_eq(hal_stream_write(f.s, "x", 1), 1);
		run(&f, 0);
		cr_assert_eq(f.heard_len, 1);
		teardown(&f);
	}
}

Test(stream_rfc2217, what_is_no_server_of_ours_is_told)
{
	static const struct {
		unsigned int lacks;
		const char *banner;
		uint64_t ms;
		int error;
		const char *why;
	} rows[] = {
		{IS_SILENT, "", HAL_STREAM_RFC2217_AGREE_MS, -ETIMEDOUT,
		 "ts:1 takes connections and says nothing"},
		{IS_SILENT, "login: ", HAL_STREAM_RFC2217_AGREE_MS, -EPROTO,
		 "ts:1 does not speak RFC 2217"},
		{LACKS_OPTION, "", 0, -EPROTO, "ts:1 is a telnet server without RFC 2217"},
		{LACKS_ANSWERS | LACKS_MARKS, "", HAL_STREAM_RFC2217_ANSWER_MS, -ETIMEDOUT,
		 "ts:1 does not answer"},
		{LACKS_RATE, "", 0, -EINVAL, "ts:1: these settings are not possible"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		start(&f, rows[i].lacks, &CONFIG);
		say_data(&f, rows[i].banner, strlen(rows[i].banner));
		if (rows[i].ms > 0) {
			run(&f, rows[i].ms - 1);
			cr_assert_eq(f.events, 0, "row %zu", i);
		}
		run(&f, 1);
		cr_assert_eq(f.events, HAL_STREAM_LOST, "row %zu", i);
		assert_lost(&f, rows[i].error, rows[i].why);
		teardown(&f);
	}
}

Test(stream_rfc2217, a_server_that_closes_at_once_may_say_why)
{
	static const char *const rows[][2] = {
		{"Port already in use\r\n", "the connection is lost: Port already in use"},
		{"\033[2J\r\n", "the connection is lost: \\x1b[2J"},
		{"", "the connection is lost"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		start(&f, IS_SILENT, &CONFIG);
		say_data(&f, rows[i][0], strlen(rows[i][0]));
		hal_stream_close(f.link);
		f.link = NULL;
		run(&f, 0);
		assert_lost(&f, -ENOENT, rows[i][1]);
		teardown(&f);
	}
}

Test(stream_rfc2217, every_byte_passes_both_ways)
{
	char all[4 * 256];
	struct fixture f;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i % 256 < 4 ? 0xff : i);
	setup(&f, LACKS_NOTHING);
	cr_assert_eq(hal_stream_write(f.s, all, sizeof(all)), sizeof(all));
	say_data(&f, all, sizeof(all));
	run(&f, 0);
	cr_assert_eq(f.heard_len, sizeof(all));
	cr_assert_eq(memcmp(f.heard, all, sizeof(all)), 0);
	cr_assert_eq(f.got_len, sizeof(all));
	cr_assert_eq(memcmp(f.got, all, sizeof(all)), 0);
	teardown(&f);
}

Test(stream_rfc2217, who_does_not_read_holds_the_server)
{
	static char block[16000];
	struct fixture f;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)(i * 7);
	setup(&f, LACKS_NOTHING);
	cr_assert_eq(hal_stream_want_read(f.s, false), 0);
	say_data(&f, block, sizeof(block));
	run(&f, 60000);
	cr_assert_gt(f.out.len, 4000, "the server has to keep it");
	cr_assert_eq(f.got_len, 0);
	cr_assert_eq(f.events, HAL_STREAM_OPENED, "who does not listen cannot complain of silence");
	cr_assert_eq(hal_stream_want_read(f.s, true), 0);
	run(&f, 0);
	cr_assert_eq(f.got_len, sizeof(block));
	cr_assert_eq(memcmp(f.got, block, sizeof(block)), 0);
	teardown(&f);
}

static size_t write_all(struct fixture *f, size_t len)
{
	static const char block[16384];
	size_t sent = 0;

	while (sent < len) {
		ssize_t n = hal_stream_write(f->s, block, len - sent);

		if (n < 0) {
			cr_assert_eq(n, -EAGAIN);
			break;
		}
		sent += (size_t)n;
		run(f, 0);
	}
	return sent;
}

Test(stream_rfc2217, a_server_that_does_not_read_holds_the_writer)
{
	struct fixture f;
	size_t sent;

	setup(&f, LACKS_NOTHING);
	f.stops = true;
	sent = write_all(&f, 16384);
	cr_assert_lt(sent, 16384);
	cr_assert_eq(hal_stream_want_write(f.s, true), 0);
	run(&f, 0);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	f.stops = false;
	cr_assert_eq(hal_stream_want_read(f.link, true), 0);
	run(&f, 0);
	cr_assert(f.events & HAL_STREAM_WRITABLE);
	cr_assert_eq(f.heard_len, sent);
	teardown(&f);
}

Test(stream_rfc2217, no_more_is_on_the_way_than_the_window)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	f.lacks = LACKS_MARKS;
	cr_assert_eq(write_all(&f, 16384), HAL_STREAM_RFC2217_WINDOW + 4096);
	cr_assert_eq(f.heard_len, HAL_STREAM_RFC2217_WINDOW);
	f.lacks = LACKS_NOTHING;
	cr_assert_eq(hal_ring_put(&f.out, "\xff\xfb\x06", 3), 3);
	flush_server(&f);
	run(&f, 0);
	cr_assert_eq(f.heard_len, HAL_STREAM_RFC2217_WINDOW + 4096);
	cr_assert_eq(write_all(&f, 4096), 4096, "it goes on");
	cr_assert_eq(f.heard_len, HAL_STREAM_RFC2217_WINDOW + 8192);
	teardown(&f);
}

Test(stream_rfc2217, there_is_no_window_without_marks)
{
	struct fixture f;

	setup(&f, LACKS_MARKS);
	cr_assert_eq(write_all(&f, 16384), 16384);
	cr_assert_eq(f.heard_len, 16384);
	teardown(&f);
}

Test(stream_rfc2217, the_server_may_suspend_data_but_not_commands)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	say(&f, HAL_COM_PORT_SUSPEND, NULL, 0);
	run(&f, 0);
	cr_assert_eq(hal_stream_write(f.s, "abc", 3), 3);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DTR, false), 0);
	run(&f, 0);
	cr_assert_eq(f.heard_len, 0);
	cr_assert_str_eq(f.told, "5:9");
	say(&f, HAL_COM_PORT_RESUME, NULL, 0);
	run(&f, 0);
	cr_assert_eq(f.heard_len, 3);
	teardown(&f);
}

Test(stream_rfc2217, modem_lines_break_and_settings_are_told)
{
	struct hal_stream_config config = CONFIG;
	unsigned int lines = 0;
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	cr_assert_eq(hal_stream_get_lines(f.s, &lines), 0);
	cr_assert_eq(lines, HAL_STREAM_DTR | HAL_STREAM_RTS);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DTR, false), 0);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_RTS, false), 0);
	cr_assert_eq(hal_stream_get_lines(f.s, &lines), 0);
	cr_assert_eq(lines, 0);
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DTR | HAL_STREAM_RTS, true), 0);
	cr_assert_eq(hal_stream_set_break(f.s, true), 0);
	cr_assert_eq(hal_stream_set_break(f.s, false), 0);
	config.bits = 7;
	config.parity = HAL_STREAM_PARITY_EVEN;
	config.baud = 256;
	cr_assert_eq(hal_stream_configure(f.s, &config), 0);
	config.stop = 3;
	cr_assert_eq(hal_stream_configure(f.s, &config), -EINVAL);
	run(&f, 0);
	cr_assert_str_eq(f.told, "5:9 5:12 5:8 5:11 5:5 5:6 1:0 2:7 3:3 4:1 5:1");
	cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DCD, true), -EINVAL);
	teardown(&f);
}

Test(stream_rfc2217, changes_of_inputs_are_events_while_watched)
{
	struct hal_stream_counters counters;
	unsigned int lines = 0;
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	say_byte(&f, HAL_COM_PORT_MODEMSTATE, 0x30);
	run(&f, 0);
	cr_assert_eq(f.n_lines, 0);
	cr_assert_eq(hal_stream_watch_lines(f.s, 200), 0);
	say_byte(&f, HAL_COM_PORT_MODEMSTATE, 0xb8);
	run(&f, 0);
	cr_assert_eq(f.n_lines, 1);
	cr_assert_eq(hal_stream_get_lines(f.s, &lines), 0);
	cr_assert_eq(lines, HAL_STREAM_DTR | HAL_STREAM_RTS | HAL_STREAM_CTS | HAL_STREAM_DSR |
				    HAL_STREAM_DCD);
	cr_assert_eq(hal_stream_get_counters(f.s, &counters), 0);
	cr_assert_eq(counters.dcd, 1);
	say_byte(&f, HAL_COM_PORT_LINESTATE, HAL_COM_PORT_BREAK);
	cr_assert_eq(hal_stream_watch_lines(f.s, 0), 0);
	say_byte(&f, HAL_COM_PORT_MODEMSTATE, 0x38);
	run(&f, 0);
	cr_assert_eq(f.n_lines, 1);
	cr_assert_eq(hal_stream_get_counters(f.s, &counters), 0);
	cr_assert_eq(counters.dcd, 2);
	cr_assert_eq(counters.brk, 1);
	teardown(&f);
}

Test(stream_rfc2217, flushing_forgets_what_waits_here_and_there)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	say(&f, HAL_COM_PORT_SUSPEND, NULL, 0);
	(void)hal_stream_want_read(f.s, false);
	say_data(&f, "old", 3);
	run(&f, 0);
	cr_assert_eq(hal_stream_write(f.s, "stale", 5), 5);
	cr_assert_eq(hal_stream_flush(f.s), 0);
	say(&f, HAL_COM_PORT_RESUME, NULL, 0);
	(void)hal_stream_want_read(f.s, true);
	run(&f, 0);
	cr_assert_str_eq(f.told, "12:3");
	cr_assert_eq(f.heard_len, 0);
	cr_assert_eq(f.got_len, 0);
	teardown(&f);
}

Test(stream_rfc2217, a_server_that_falls_silent_is_lost_within_the_set_time)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	run(&f, 3600 * 1000);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	cr_assert_gt(f.marks, 100, "it is asked for a sign of life");
	f.stops = true;
	run(&f, 22000);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	run(&f, 38000 - 22000);
	cr_assert(f.events & HAL_STREAM_LOST);
	cr_assert_eq(f.s->error, -ENODEV);
	cr_assert_not_null(strstr(f.s->why, "nothing heard from ts:1 for 3"));
	teardown(&f);
}

Test(stream_rfc2217, whoever_speaks_is_alive)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	f.stops = true;
	for (int i = 0; i < 20; i++) {
		say_byte(&f, HAL_COM_PORT_MODEMSTATE, 0x30);
		run(&f, 20000);
	}
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	teardown(&f);
}

/* The modem may be slow: what is on the way to it is allowed for. */
Test(stream_rfc2217, patience_grows_with_what_is_on_the_way)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	f.lacks = LACKS_MARKS;
	cr_assert_eq(write_all(&f, 3000), 3000);
	run(&f, 100 * 1000);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	run(&f, 100 * 1000);
	cr_assert(f.events & HAL_STREAM_LOST);
	teardown(&f);
}

Test(stream_rfc2217, silence_is_no_loss_where_none_is_wanted_or_no_marks_are_answered)
{
	struct hal_stream_config config = CONFIG;
	struct fixture f;

	config.silence_s = 0;
	start(&f, LACKS_NOTHING, &config);
	run(&f, 1000);
	f.stops = true;
	run(&f, 3600 * 1000);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	teardown(&f);
	setup(&f, LACKS_MARKS);
	f.stops = true;
	run(&f, 3600 * 1000);
	cr_assert_eq(f.events, HAL_STREAM_OPENED);
	cr_assert_eq(hal_loop_next_deadline_us(f.loop), UINT64_MAX, "nothing wakes us up");
	teardown(&f);
}

Test(stream_rfc2217, data_comes_before_the_loss)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	f.reads = false;
	say_data(&f, "\r\nNO CARRIER\r\n", 14);
	hal_stream_close(f.link);
	f.link = NULL;
	/* Bytes that nobody reads are reported for ever. */
	for (int i = 0; i < 10; i++)
		(void)hal_loop_dispatch(f.loop);
	cr_assert_not(f.events & HAL_STREAM_LOST);
	f.reads = true;
	run(&f, 0);
	cr_assert_eq(f.got_len, 14);
	assert_lost(&f, -ENODEV, "the connection is lost");
	teardown(&f);
}

Test(stream_rfc2217, who_has_stopped_reading_learns_of_the_loss_at_once)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	(void)hal_stream_want_read(f.s, false);
	say_data(&f, "x", 1);
	hal_stream_close(f.link);
	f.link = NULL;
	run(&f, 0);
	cr_assert_eq(f.got_len, 0);
	assert_lost(&f, -ENODEV, "the connection is lost");
	teardown(&f);
}

Test(stream_rfc2217, closing_lowers_dtr_and_ends_a_break)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	cr_assert_eq(hal_stream_set_break(f.s, true), 0);
	say_data(&f, "unread", 6);
	f.told[0] = '\0';
	hal_stream_close(f.s);
	f.s = NULL;
	run(&f, 0);
	cr_assert_str_eq(f.told, "5:5 5:9 5:12 5:6");
	cr_assert_null(f.link, "and the connection is closed");
	teardown(&f);
}

Test(stream_rfc2217, commands_that_find_no_room_are_said_as_things_are_later)
{
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	f.stops = true;
	(void)write_all(&f, 16384);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(hal_stream_set_lines(f.s, HAL_STREAM_DTR, i % 2), 0);
	f.stops = false;
	cr_assert_eq(hal_stream_want_read(f.link, true), 0);
	f.told[0] = '\0';
	run(&f, 0);
	cr_assert_str_eq(f.told + strlen(f.told) - 3, "5:8");
	teardown(&f);
}

Test(stream_rfc2217, bad_configurations_and_short_memory_are_told)
{
	struct hal_stream_config config = CONFIG;
	struct hal_stream *a, *b, *s;
	struct hal_error err;
	struct fixture f;

	setup(&f, LACKS_NOTHING);
	cr_assert_eq(hal_stream_mem_pair(f.loop, NULL, &a, &b), 0);
	config.bits = 9;
	cr_assert_eq(hal_stream_rfc2217_new(f.loop, a, "ts:1", &config, &s), -EINVAL);
	cr_assert_eq(hal_stream_rfc2217_open(f.loop, "rfc2217://127.0.0.1:1", &config, &err, &s),
		     -EINVAL);
	cr_assert_not_null(strstr(err.text, "127.0.0.1:1: "));
	config.bits = 8;
	wrap_fail_next(&wrap_calloc, ENOMEM);
	cr_assert_eq(hal_stream_rfc2217_new(f.loop, a, "ts:1", &config, &s), -ENOMEM);
	for (unsigned int nth = 1; nth <= 3; nth++) {
		wrap_fail_nth(&wrap_calloc, nth, ENOMEM);
		cr_assert_eq(
			hal_stream_rfc2217_open(f.loop, "rfc2217://127.0.0.1:1", &config, &err, &s),
			-ENOMEM);
	}
	cr_assert_eq(hal_stream_rfc2217_open(f.loop, "rfc2217://x", &config, &err, &s), -EINVAL);
	cr_assert_str_eq(err.text, "rfc2217://x is no rfc2217://HOST:PORT");
	hal_stream_close(a);
	hal_stream_close(b);
	teardown(&f);
}
