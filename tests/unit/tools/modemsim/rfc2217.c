/* SPDX-License-Identifier: MIT */
/* A modem at an emulated terminal server, and our own client, in virtual time. */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "hal/stream_mem.h"
#include "hal/stream_rfc2217.h"
#include "hal/telnet.h"
#include "tests/unit/tools/modemsim/alloc.h"
#include "tools/modemsim/rfc2217.h"

TestSuite(modemsim_rfc2217);

struct end {
	struct hal_stream *s;
	unsigned int events;
	char got[20000];
	size_t len;
	bool writes; /* what is left, when told to */
	const char *rest;
	size_t rest_len;
};

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct end client, modem;
};

static void go_on(struct end *end)
{
	while (end->rest_len > 0) {
		ssize_t n = hal_stream_write(end->s, end->rest, end->rest_len);

		if (n < 0)
			break;
		end->rest += n;
		end->rest_len -= (size_t)n;
	}
	(void)hal_stream_want_write(end->s, end->rest_len > 0);
}

static void on_end(void *user, unsigned int events)
{
	struct end *end = user;
	ssize_t n;

	end->events |= events;
	if (events & HAL_STREAM_WRITABLE)
		go_on(end);
	if (!(events & HAL_STREAM_READABLE))
		return;
	n = hal_stream_read(end->s, end->got + end->len, sizeof(end->got) - end->len);
	if (n > 0)
		end->len += (size_t)n;
}

static void write_all(struct end *end, const char *data, size_t len)
{
	end->rest = data;
	end->rest_len = len;
	go_on(end);
}

static void run(struct fixture *f)
{
	(void)hal_loop_run_virtual(f->loop, &f->clock, f->clock.now_us + HAL_USEC_PER_SEC, NULL,
				   NULL);
}

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	hal_clock_virtual_init(&f->clock, HAL_USEC_PER_SEC, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	cr_assert_eq(sim_rfc2217_new(f->loop, &f->modem.s), 0);
	hal_stream_set_handler(f->modem.s, on_end, &f->modem);
	cr_assert_eq(hal_stream_watch_lines(f->modem.s, 1), 0);
	run(f);
	cr_assert_eq(f->modem.events, HAL_STREAM_OPENED);
	f->modem.events = 0;
}

static void connect_client(struct fixture *f)
{
	struct hal_stream_config config = HAL_STREAM_CONFIG_DEFAULT;
	const struct hal_stream_mem_limits limits = {.capacity = 1000, .max_read = 100};
	struct hal_stream *a, *b;

	config.flow = HAL_STREAM_FLOW_RTSCTS;
	cr_assert_eq(hal_stream_mem_pair(f->loop, &limits, &a, &b), 0);
	cr_assert_eq(hal_stream_rfc2217_new(f->loop, a, "sim", &config, &f->client.s), 0);
	hal_stream_set_handler(f->client.s, on_end, &f->client);
	cr_assert_not(sim_rfc2217_has_client(f->modem.s));
	sim_rfc2217_connect(f->modem.s, b);
	cr_assert(sim_rfc2217_has_client(f->modem.s));
	run(f);
	cr_assert_eq(f->client.events, HAL_STREAM_OPENED);
	cr_assert(hal_stream_has(f->client.s, HAL_STREAM_CAP_LINES));
	cr_assert_eq(hal_stream_watch_lines(f->client.s, 1), 0);
	f->client.events = 0;
	f->modem.events = 0;
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->client.s);
	hal_stream_close(f->modem.s);
	(void)hal_loop_dispatch(f->loop);
	hal_loop_free(f->loop);
}

static unsigned int lines(struct end *end)
{
	unsigned int lines = 0;

	cr_assert_eq(hal_stream_get_lines(end->s, &lines), 0);
	return lines;
}

Test(modemsim_rfc2217, modem_lines_cross)
{
	struct hal_stream_counters counters;
	struct fixture f;

	setup(&f);
	cr_assert_eq(lines(&f.modem), 0, "nobody there");
	cr_assert_eq(hal_stream_set_lines(f.modem.s, HAL_STREAM_DTR | HAL_STREAM_RTS, true), 0);
	connect_client(&f);
	cr_assert_eq(lines(&f.modem), HAL_STREAM_DSR | HAL_STREAM_CTS);
	cr_assert_eq(lines(&f.client),
		     HAL_STREAM_DTR | HAL_STREAM_RTS | HAL_STREAM_DSR | HAL_STREAM_CTS);

	sim_rfc2217_set_inputs(f.modem.s, HAL_STREAM_DCD | HAL_STREAM_RI, true);
	run(&f);
	cr_assert(f.client.events & HAL_STREAM_LINES);
	cr_assert_eq(lines(&f.client) & (HAL_STREAM_DCD | HAL_STREAM_RI),
		     HAL_STREAM_DCD | HAL_STREAM_RI);
	sim_rfc2217_set_inputs(f.modem.s, HAL_STREAM_DCD | HAL_STREAM_RI, false);
	run(&f);
	cr_assert_eq(lines(&f.client) & (HAL_STREAM_DCD | HAL_STREAM_RI), 0);
	cr_assert_eq(hal_stream_get_counters(f.client.s, &counters), 0);
	cr_assert_eq(counters.dcd, 2);
	cr_assert_eq(counters.ri, 2);
	cr_assert_eq(hal_stream_set_lines(f.modem.s, HAL_STREAM_DTR | HAL_STREAM_RTS, false), 0);
	run(&f);
	cr_assert_eq(lines(&f.client), HAL_STREAM_DTR | HAL_STREAM_RTS);

	cr_assert_eq(hal_stream_set_lines(f.client.s, HAL_STREAM_DTR, false), 0);
	run(&f);
	cr_assert(f.modem.events & HAL_STREAM_LINES);
	cr_assert_eq(lines(&f.modem), HAL_STREAM_CTS);
	cr_assert_eq(hal_stream_set_lines(f.client.s, HAL_STREAM_RTS, false), 0);
	cr_assert_eq(hal_stream_set_break(f.client.s, true), 0);
	cr_assert_eq(hal_stream_set_break(f.client.s, false), 0);
	run(&f);
	cr_assert_eq(lines(&f.modem), 0);
	teardown(&f);
}

Test(modemsim_rfc2217, every_byte_passes_through_small_buffers_both_ways)
{
	static char all[16384];
	struct fixture f;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i % 3 == 0 ? 0xff : i >> 2);
	setup(&f);
	connect_client(&f);
	write_all(&f.client, all, sizeof(all));
	write_all(&f.modem, all, sizeof(all));
	run(&f);
	cr_assert_eq(f.modem.len, sizeof(all));
	cr_assert_eq(memcmp(f.modem.got, all, sizeof(all)), 0);
	cr_assert_eq(f.client.len, sizeof(all));
	cr_assert_eq(memcmp(f.client.got, all, sizeof(all)), 0);
	teardown(&f);
}

Test(modemsim_rfc2217, a_modem_that_does_not_read_holds_the_client)
{
	static const char block[30000];
	struct fixture f;

	setup(&f);
	connect_client(&f);
	cr_assert_eq(hal_stream_want_read(f.modem.s, false), 0);
	write_all(&f.client, block, 16384);
	run(&f);
	cr_assert_gt(f.client.rest_len, 0);
	cr_assert_eq(f.modem.len, 0);
	cr_assert_eq(hal_stream_want_read(f.modem.s, true), 0);
	run(&f);
	cr_assert_eq(f.modem.len, 16384);
	cr_assert_eq(hal_stream_want_read(f.modem.s, false), 0);
	write_all(&f.client, block, 3000);
	run(&f);
	cr_assert_eq(hal_stream_flush(f.modem.s), 0);
	cr_assert_eq(hal_stream_want_read(f.modem.s, true), 0);
	run(&f);
	cr_assert_eq(f.modem.len, 16384, "flushed");
	teardown(&f);
}

Test(modemsim_rfc2217, clients_come_and_go)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_stream_write(f.modem.s, "lost", 4), 4);
	for (int i = 0; i < 3; i++) {
		connect_client(&f);
		cr_assert_eq(lines(&f.modem), HAL_STREAM_DSR | HAL_STREAM_CTS);
		cr_assert_eq(f.client.len, 0);
		hal_stream_close(f.client.s);
		f.client = (struct end){0};
		run(&f);
		cr_assert(f.modem.events & HAL_STREAM_LINES);
		cr_assert_eq(lines(&f.modem), 0);
		cr_assert_not(sim_rfc2217_has_client(f.modem.s));
	}
	teardown(&f);
}

Test(modemsim_rfc2217, flushing_by_the_client_forgets_both_directions)
{
	struct fixture f;

	setup(&f);
	connect_client(&f);
	cr_assert_eq(hal_stream_want_read(f.modem.s, false), 0);
	write_all(&f.client, "stale", 5);
	run(&f);
	cr_assert_eq(hal_stream_flush(f.client.s), 0);
	run(&f);
	cr_assert_eq(hal_stream_want_read(f.modem.s, true), 0);
	run(&f);
	cr_assert_eq(f.modem.len, 0);
	teardown(&f);
}

/* What clients other than ours say, and what they are answered. */
static const struct {
	const char *name;
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
} rows[] = {
#define ROW(name, in, out)                                     \
	{                                                      \
		name, in, sizeof(in) - 1, out, sizeof(out) - 1 \
	}
#define C(text) "\xff\xfa\x2c" text "\xff\xf0"
	ROW("rate?", C("\1\0\0\0\0"), C("\x65\0\0\x25\x80")),
	ROW("rate", C("\1\0\0\xff\xff\0"), C("\x65\0\0\xff\xff\0")),
	ROW("half a rate", C("\1\0\0"), ""),
	ROW("bits?", C("\2\0"), C("\x66\x08")),
	ROW("bits", C("\2\7"), C("\x66\x07")),
	ROW("parity?", C("\3\0"), C("\x67\1")),
	ROW("stop bits", C("\4\2"), C("\x68\2")),
	ROW("flow control?", C("\5\0"), C("\x69\1")),
	ROW("XON/XOFF", C("\5\2") C("\5\0"), C("\x69\2") C("\x69\2")),
	ROW("break?", C("\5\4"), C("\x69\6")),
	ROW("break", C("\5\5") C("\5\4"), C("\x69\5") C("\x69\5")),
	ROW("DTR?", C("\5\7"), C("\x69\x08")),
	ROW("DTR off", C("\5\x09") C("\5\7"), C("\x69\x09") C("\x69\x09")),
	ROW("RTS?", C("\5\x0a"), C("\x69\x0b")),
	ROW("RTS off", C("\5\x0c") C("\5\x0a"), C("\x69\x0c") C("\x69\x0c")),
	ROW("inbound flow control", C("\5\x10"), C("\x69\x10")),
	ROW("masks", C("\x0a\x1e"), C("\x6e\x1e")),
	ROW("modem lines", C("\x0b\0"), C("\x6f\0") C("\x6b\0")),
	ROW("modem lines, polled", C("\7"), C("\x6b\0")),
	ROW("purge", C("\x0c\3"), C("\x70\3")),
	ROW("who are you?", C("\0"), C("\x64modemsim")),
	ROW("nonsense", C("\x63\1") C("\2\1\2"), ""),
};

Test(modemsim_rfc2217, any_client_is_answered)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct end end = {0};
		struct hal_stream *link;
		struct fixture f;

		setup(&f);
		cr_assert_eq(hal_stream_mem_pair(f.loop, NULL, &end.s, &link), 0);
		hal_stream_set_handler(end.s, on_end, &end);
		sim_rfc2217_connect(f.modem.s, link);
		write_all(&end, "\xff\xfb\x2c", 3);
		run(&f);
		end.len = 0;
		write_all(&end, rows[i].in, rows[i].in_len);
		run(&f);
		cr_assert_eq(end.len, rows[i].out_len, "%s: %zu bytes", rows[i].name, end.len);
		cr_assert_eq(memcmp(end.got, rows[i].out, end.len), 0, "%s", rows[i].name);
		hal_stream_close(end.s);
		teardown(&f);
	}
}

Test(modemsim_rfc2217, who_speaks_of_the_port_has_agreed_and_is_told_the_modem_lines)
{
	static const char said[] = C("\2\0"), heard[] = C("\x6b\0") C("\x66\x08");
	struct end end = {0};
	struct hal_stream *link;
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_stream_mem_pair(f.loop, NULL, &end.s, &link), 0);
	hal_stream_set_handler(end.s, on_end, &end);
	sim_rfc2217_connect(f.modem.s, link);
	run(&f);
	end.len = 0;
	write_all(&end, said, sizeof(said) - 1);
	run(&f);
	cr_assert_eq(end.len, sizeof(heard) - 1);
	cr_assert_eq(memcmp(end.got, heard, end.len), 0);
	hal_stream_close(end.s);
	teardown(&f);
}

Test(modemsim_rfc2217, data_stops_while_the_client_wishes_so)
{
	static const char suspend[] = C("\x08"), resume[] = C("\x09");
	struct end end = {0};
	struct hal_stream *link;
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_stream_mem_pair(f.loop, NULL, &end.s, &link), 0);
	hal_stream_set_handler(end.s, on_end, &end);
	sim_rfc2217_connect(f.modem.s, link);
	write_all(&end, suspend, sizeof(suspend) - 1);
	run(&f);
	end.len = 0;
	write_all(&f.modem, "x", 1);
	run(&f);
	cr_assert_eq(end.len, 0);
	write_all(&end, resume, sizeof(resume) - 1);
	run(&f);
	cr_assert_eq(end.len, 1);
	hal_stream_close(end.s);
	teardown(&f);
}

Test(modemsim_rfc2217, memory_that_is_short_is_told)
{
	struct hal_stream *s;
	struct fixture f;

	setup(&f);
	alloc_wrap.fail_at = alloc_wrap.count + 1;
	cr_assert_eq(sim_rfc2217_new(f.loop, &s), -ENOMEM);
	teardown(&f);
}
