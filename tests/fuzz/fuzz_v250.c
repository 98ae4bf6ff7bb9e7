/* SPDX-License-Identifier: MIT */

/*
 * The whole stack against a device that says anything: the input is a list of orders, and most of
 * it is what the "modem" sends, among it canned answers so that calls come about. Requests complete
 * once, and when the line is taken away nothing is left.
 */

#include <stdbool.h>
#include <string.h>

#include <trunkline/trunkline.h>

#include "core/ctx.h"
#include "fuzz.h"
#include "hal/stream_mem.h"

#define MAX_OPS 64

struct state {
	struct hal_clock_virtual clock;
	struct hal_stream_provider provider;
	struct tl_ctx *ctx;
	struct hal_stream *modem; /* the far end of the stream opened last */
	tl_line line;
	tl_session session;
	uint64_t ops[MAX_OPS];
	size_t n_ops;
	const uint8_t *data;
	size_t size;
	bool without_lines;
};

static uint8_t take(struct state *s)
{
	if (s->size == 0)
		return 0;
	s->size--;
	return *s->data++;
}

/* What the stack writes is thrown away, or the stream would be full. */
static void on_modem(void *user, unsigned int events)
{
	struct state *s = user;
	char buf[256];

	if (events & HAL_STREAM_READABLE)
		(void)hal_stream_read(s->modem, buf, sizeof(buf));
}

static int open_stream(const struct hal_stream_provider *provider, struct hal_loop *loop,
		       const char *path, const struct hal_stream_config *config,
		       struct hal_error *err, struct hal_stream **ret_stream)
{
	struct state *s = HAL_CONTAINER_OF(provider, struct state, provider);
	const struct hal_stream_mem_limits limits = {.without_lines = s->without_lines};
	struct hal_stream *modem, *ours;
	int r;

	(void)path;
	(void)config;
	(void)err;
	r = hal_stream_mem_pair(loop, &limits, &ours, &modem);
	if (r < 0)
		return r;
	hal_stream_close(s->modem);
	s->modem = modem;
	hal_stream_set_handler(modem, on_modem, s);
	*ret_stream = ours;
	return 0;
}

/* One at a time. */
static void hold(struct state *s, tl_session session)
{
	if (!s->session.id)
		s->session = session;
	else
		FUZZ_CHECK(tl_session_release(s->ctx, session, TL_RELEASE_DROP) == 0);
}

static bool fetch(void *user)
{
	struct state *s = user;
	struct tl_event *event;

	while (tl_ctx_next_event(s->ctx, &event) > 0) {
		if (tl_event_get_type(event) == TL_EVENT_SESSION_NEW)
			hold(s, tl_event_get_session(event));
		if (tl_event_get_type(event) == TL_EVENT_OP_DONE) {
			size_t i = 0;

			while (i < s->n_ops && s->ops[i] != tl_event_get_op(event))
				i++;
			FUZZ_CHECK(i < s->n_ops);
			s->ops[i] = s->ops[--s->n_ops];
		}
		(void)tl_event_free(event);
	}
	return false;
}

static void pass(struct state *s, uint64_t ms)
{
	uint64_t end = s->clock.now_us + ms * HAL_USEC_PER_MSEC;

	(void)hal_loop_run_virtual(s->ctx->loop, &s->clock, end, fetch, s);
	(void)fetch(s);
	if (s->clock.now_us < end)
		hal_clock_virtual_set(&s->clock, end);
}

static void say(struct state *s, const char *text, size_t len)
{
	if (s->modem)
		(void)hal_stream_write(s->modem, text, len);
	pass(s, 0);
}

static void say_canned(struct state *s)
{
	static const char *const canned[] = {
		"\r\nOK\r\n",
		"\r\nERROR\r\n",
		"\r\nCONNECT 33600\r\n",
		"\r\nNO CARRIER\r\n",
		"\r\nRING\r\n",
		"\r\nBUSY\r\n",
		"\r\n013\r\n\r\nOK\r\n",
		"\r\n010\r\n\r\nOK\r\n",
		"\r\n008\r\n\r\nOK\r\n",
		"\r\nDIAG <2A4D3263 60=51>\r\n\r\nOK\r\n",
		"\r\nNMBR = 5551234\r\n",
		"\r\n+FCLASS: (0,1,8)\r\n\r\nOK\r\n",
		"\r\n+VLS: 0\r\n\r\nOK\r\n",
	};
	const char *text = canned[take(s) % (sizeof(canned) / sizeof(canned[0]))];

	say(s, text, strlen(text));
}

static void say_bytes(struct state *s)
{
	size_t len = take(s) % 64;

	if (len > s->size)
		len = s->size;
	say(s, (const char *)s->data, len);
	s->data += len;
	s->size -= len;
}

/* Yes to everything for a while: how lines become ready and calls go on. */
static void say_ok(struct state *s)
{
	for (unsigned int n = take(s) % 32; n > 0; n--)
		say(s, "\r\nOK\r\n", 6);
}

static void ask(struct state *s)
{
	tl_client self = tl_ctx_get_client(s->ctx);
	uint64_t op = 0;
	int r = -1;

	if (s->n_ops == MAX_OPS)
		return;
	switch (take(s) % 7) {
	case 0:
		if (!s->session.id)
			r = tl_line_dial(s->ctx, self, s->line, "123", NULL, &s->session, &op);
		break;
	case 1:
		r = tl_session_answer(s->ctx, s->session, TL_MEDIA_DATA, &op);
		break;
	case 2:
		r = tl_session_answer(s->ctx, s->session, TL_MEDIA_VOICE, &op);
		break;
	case 3:
		r = tl_session_drop(s->ctx, s->session, 0, &op);
		break;
	case 4:
		if (tl_session_release(s->ctx, s->session, TL_RELEASE_DROP) == 0)
			s->session.id = 0;
		break;
	case 5:
		r = tl_line_command(s->ctx, self, s->line, "+GMI", 0, &op);
		break;
	case 6:
		r = tl_line_reset(s->ctx, self, s->line, TL_RESET_SOFT, &op);
		break;
	}
	if (r == 0)
		s->ops[s->n_ops++] = op;
	pass(s, 0);
}

static void order(struct state *s)
{
	switch (take(s) % 8) {
	case 0:
	case 1:
		say_canned(s);
		break;
	case 2:
		say_bytes(s);
		break;
	case 3:
		say_ok(s);
		break;
	case 4:
		pass(s, take(s));
		break;
	case 5:
		pass(s, take(s) * UINT64_C(100));
		break;
	case 6:
		ask(s);
		break;
	case 7:
		if (take(s) == 0 && s->modem)
			hal_stream_mem_unplug(s->modem);
		else if (s->modem)
			hal_stream_mem_set_inputs(s->modem, HAL_STREAM_DCD, take(s) & 1);
		break;
	}
}

static void begin(struct state *s)
{
	struct tl_line_params *params = tl_line_params_new();

	hal_clock_virtual_init(&s->clock, HAL_USEC_PER_SEC, 0);
	s->provider.open = open_stream;
	s->without_lines = take(s) & 1;
	FUZZ_CHECK(core_ctx_new(&s->clock.clock, core_driver_set_builtin(), &s->provider,
				&s->ctx) == 0);
	FUZZ_CHECK(tl_line_params_set(params, "name", "a", NULL) == 0);
	FUZZ_CHECK(tl_line_params_set(params, "device", "a", NULL) == 0);
	FUZZ_CHECK(tl_line_add(s->ctx, params, &s->line) == 0);
	FUZZ_CHECK(tl_line_open(s->ctx, tl_ctx_get_client(s->ctx), s->line, TL_PRIVILEGE_OWNER,
				0) == 0);
	(void)tl_line_params_free(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state s = {.data = data, .size = size};

	begin(&s);
	while (s.size > 0)
		order(&s);
	FUZZ_CHECK(tl_line_remove(s.ctx, s.line) == 0);
	(void)fetch(&s);
	FUZZ_CHECK(s.n_ops == 0);
	if (s.session.id)
		FUZZ_CHECK(tl_session_release(s.ctx, s.session, 0) == 0);
	FUZZ_CHECK(tl_ctx_get_count(s.ctx, TL_COUNT_CALLS) == 0);
	FUZZ_CHECK(tl_ctx_get_count(s.ctx, TL_COUNT_REQUESTS) == 0);
	hal_stream_close(s.modem);
	(void)tl_ctx_free(s.ctx);
	return 0;
}
