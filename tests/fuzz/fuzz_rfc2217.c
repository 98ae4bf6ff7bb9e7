/* SPDX-License-Identifier: MIT */

/*
 * A client in virtual time, and a hostile server. The input is a list of orders: the server says
 * something, stops and goes on reading, closes; time passes; the owner writes, reads, sets lines,
 * flushes, pauses, closes. OPENED or LOST must come in bounded time, each once, and nothing after a
 * loss; and what the client holds is in its own struct, so nothing can grow.
 */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "hal/stream_mem.h"
#include "hal/stream_rfc2217.h"

struct state {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_stream *client, *server;
	bool opened, lost, reads;
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct state *s)
{
	if (s->size == 0)
		return 0;
	s->size--;
	return *s->data++;
}

static void on_client(void *user, unsigned int events)
{
	struct state *s = user;
	char buf[700];

	FUZZ_CHECK(!s->lost);
	if (events & HAL_STREAM_OPENED) {
		FUZZ_CHECK(!s->opened);
		s->opened = true;
	}
	FUZZ_CHECK(s->opened || !(events & ~(unsigned int)HAL_STREAM_LOST));
	s->lost = events & HAL_STREAM_LOST;
	if (s->lost)
		FUZZ_CHECK(s->client->why && s->client->why[0] && s->client->error < 0);
	if (events & HAL_STREAM_WRITABLE)
		(void)hal_stream_want_write(s->client, false);
	if ((events & HAL_STREAM_READABLE) &&
	    hal_stream_read(s->client, buf, sizeof(buf)) == -ENODEV)
		FUZZ_CHECK(s->lost);
}

static void on_server(void *user, unsigned int events)
{
	struct state *s = user;
	char buf[4096];

	if (events & HAL_STREAM_LOST) {
		hal_stream_close(s->server);
		s->server = NULL;
		return;
	}
	if (!(events & HAL_STREAM_READABLE))
		return;
	if (s->reads)
		(void)hal_stream_read(s->server, buf, sizeof(buf));
	else
		(void)hal_stream_want_read(s->server, false);
}

static void run(struct state *s, uint64_t ms)
{
	(void)hal_loop_run_virtual(s->loop, &s->clock, s->clock.now_us + ms * HAL_USEC_PER_MSEC,
				   NULL, NULL);
}

static void say(struct state *s, const char *text, size_t len)
{
	if (s->server && len > 0)
		(void)hal_stream_write(s->server, text, len);
}

static void say_raw(struct state *s)
{
	size_t n = take(s);

	n = n < s->size ? n : s->size;
	say(s, (const char *)s->data, n);
	s->data += n;
	s->size -= n;
}

/* A command of the server's, so that the fuzzer need not find out what they look like. */
static void say_command(struct state *s)
{
	char text[] = {'\xff',	      '\xfa', '\x2c', (char)(100 + take(s) % 16),
		       (char)take(s), '\xff', '\xf0'};

	say(s, text, sizeof(text));
}

static void agree(struct state *s)
{
	static const char text[] = "\xff\xfd\x2c\xff\xfa\x2c\x69\x08\xff\xf0\xff\xfc\x06";

	say(s, text, sizeof(text) - 1);
	run(s, 4000);
}

static void order(struct state *s)
{
	static const char block[3000];
	struct hal_stream_config config = HAL_STREAM_CONFIG_DEFAULT;
	uint8_t code = take(s);

	switch (code % 14) {
	case 0:
		say_raw(s);
		break;
	case 1:
		say_command(s);
		break;
	case 2:
		agree(s);
		break;
	case 3:
		run(s, take(s) * UINT64_C(100));
		break;
	case 4:
		(void)hal_stream_write(s->client, block, take(s) * 10 + 1U);
		break;
	case 5:
		(void)hal_stream_set_lines(s->client, HAL_STREAM_DTR, take(s) & 1);
		break;
	case 6:
		(void)hal_stream_flush(s->client);
		break;
	case 7:
		(void)hal_stream_want_read(s->client, take(s) & 1);
		break;
	case 8:
		(void)hal_stream_want_write(s->client, true);
		break;
	case 9:
		(void)hal_stream_set_break(s->client, take(s) & 1);
		break;
	case 10:
		config.baud = take(s) * 100U;
		(void)hal_stream_configure(s->client, &config);
		break;
	case 11:
		(void)hal_stream_watch_lines(s->client, take(s) & 1);
		break;
	case 12:
		s->reads = take(s) & 1;
		if (s->server)
			(void)hal_stream_want_read(s->server, s->reads);
		break;
	case 13:
		hal_stream_close(s->server);
		s->server = NULL;
		break;
	}
	run(s, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_stream_config config = HAL_STREAM_CONFIG_DEFAULT;
	struct state s = {.data = data, .size = size, .reads = true};
	struct hal_stream *link;

	config.silence_s = 30;
	hal_clock_virtual_init(&s.clock, HAL_USEC_PER_SEC, 0);
	FUZZ_CHECK(hal_loop_new(&s.clock.clock, &s.loop) == 0);
	FUZZ_CHECK(hal_stream_mem_pair(s.loop, NULL, &link, &s.server) == 0);
	hal_stream_set_handler(s.server, on_server, &s);
	FUZZ_CHECK(hal_stream_rfc2217_new(s.loop, link, "server", &config, &s.client) == 0);
	hal_stream_set_handler(s.client, on_client, &s);
	run(&s, 0);
	while (s.size > 0)
		order(&s);
	run(&s, HAL_STREAM_RFC2217_AGREE_MS + HAL_STREAM_RFC2217_ANSWER_MS);
	FUZZ_CHECK(s.opened || s.lost);
	hal_stream_close(s.client);
	run(&s, 0);
	hal_stream_close(s.server);
	(void)hal_loop_dispatch(s.loop);
	hal_loop_free(s.loop);
	return 0;
}
