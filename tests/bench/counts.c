/* SPDX-License-Identifier: MIT */
/*
 * For counting instructions (counts.py): does one thing so many times, with memory instead of ptys
 * and in virtual time, so that every run does exactly the same. The difference of two runs is the
 * thing itself, without what comes before and after.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/trunkline.h>

#include "core/ctx.h"
#include "drivers/at/queue.h"
#include "hal/device.h"
#include "hal/slice.h"
#include "hal/stream_mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/corpus.h"
#include "tests/bench/emulator.h"

#define COMMAND_MAX 160
#define NEVER_US    UINT64_MAX

#define DIAL "ATS7=" /* and the rest */
#define VCON "\r\nVCON\r\n"

/* A modem that answers everything at once, as whom it calls does. */
struct modem {
	struct hal_stream_provider provider; /* opens it */
	struct hal_stream *stream;
	size_t len;
	char command[COMMAND_MAX];
};

static void on_modem(void *user, unsigned int events)
{
	struct modem *modem = user;
	const char *answer;
	ssize_t n;

	if (!(events & HAL_STREAM_READABLE))
		return;
	n = hal_stream_read(modem->stream, modem->command + modem->len,
			    COMMAND_MAX - 1 - modem->len);
	if (n <= 0)
		return;
	modem->len += (size_t)n;
	modem->command[modem->len] = '\0';
	if (modem->command[modem->len - 1] != '\r')
		return;
	modem->len = 0;
	answer = emulator_answer(modem->command);
	bench_check(hal_stream_write(modem->stream, answer, strlen(answer)) > 0, "write");
	if (memcmp(modem->command, DIAL, strlen(DIAL)) == 0)
		bench_check(hal_stream_write(modem->stream, VCON, strlen(VCON)) > 0, "write");
}

static int open_modem(const struct hal_stream_provider *provider, struct hal_loop *loop,
		      const char *path, const struct hal_stream_config *config,
		      struct hal_error *err, struct hal_stream **ret_stream)
{
	struct modem *modem = HAL_CONTAINER_OF(provider, struct modem, provider);
	const struct hal_stream_mem_limits limits = {.without_lines = true};

	(void)path;
	(void)config;
	(void)err;
	bench_check(hal_stream_mem_pair(loop, &limits, &modem->stream, ret_stream) == 0, "pair");
	hal_stream_set_handler(modem->stream, on_modem, modem);
	return 0;
}

/* The machine has one port, with that modem. */

static int list_devices(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	(void)machine;
	(void)fn;
	(void)user;
	return 0;
}

static int find_device(const struct hal_machine *machine, const char *node,
		       struct hal_device *ret_device)
{
	(void)machine;
	*ret_device = (struct hal_device){0};
	(void)hal_slice_copy(hal_slice_str(node), ret_device->node, sizeof(ret_device->node));
	return 0;
}

static bool is_there(const struct hal_machine *machine, const struct hal_device *device)
{
	(void)machine;
	(void)device;
	return true;
}

static const struct hal_machine one_port = {list_devices, find_device, is_there, is_there};

/* ---- AT transactions ---- */

struct transactions {
	struct at_queue *queue;
	size_t left;
};

static void on_done(void *user, const struct at_answer *answer);

static void submit(struct transactions *t)
{
	const struct at_cmd_spec spec = {
		.text = "AT", .timeout_ms = 1000, .on_done = on_done, .user = t};

	if (t->left > 0)
		bench_check(at_queue_submit(t->queue, &spec) == 0, "submit");
}

static void on_done(void *user, const struct at_answer *answer)
{
	struct transactions *t = user;

	bench_check(answer->error == 0 && answer->result == AT_RESULT_OK, "no OK");
	t->left--;
	submit(t);
}

static void count_transactions(size_t n)
{
	const struct at_queue_events events = {0};
	struct modem modem = {.provider = {.open = open_modem}};
	struct transactions t = {.left = n};
	struct hal_clock_virtual clock;
	struct hal_stream *stream;
	struct hal_log log = {0};
	struct hal_loop *loop;

	hal_clock_virtual_init(&clock, 0, 0);
	bench_check(hal_loop_new(&clock.clock, &loop) == 0, "loop");
	(void)open_modem(&modem.provider, loop, "", NULL, NULL, &stream);
	bench_check(at_queue_new(loop, &log, "line", stream, &events, NULL, &t.queue) == 0,
		    "queue");
	submit(&t);
	(void)hal_loop_run_virtual(loop, &clock, NEVER_US, NULL, NULL);
	bench_check(t.left == 0, "not all were answered");
	at_queue_free(t.queue);
	hal_stream_close(modem.stream);
	hal_loop_free(loop);
}

/* ---- parser ---- */

/* Either gets the text whole, as for parser.whole. */
static void count_parsing(size_t n, bool by_hand)
{
	struct corpus_counts counts = {0};
	size_t len;
	char *text = corpus_new(100000, &len);

	for (size_t i = 0; i < n; i++) {
		if (by_hand)
			corpus_parse_by_hand(text, len, &counts);
		else
			corpus_parse(text, len, len, &counts);
	}
	bench_check(counts.results > 0, "nothing found");
	free(text);
}

/* ---- lives of calls ---- */

struct calls {
	struct tl_ctx *ctx;
	struct hal_clock_virtual clock;
	tl_line line;
};

static struct tl_event *next_event(struct calls *calls)
{
	struct tl_event *event;

	while (tl_ctx_next_event(calls->ctx, &event) == 0) {
		uint64_t next = hal_loop_next_deadline_us(calls->ctx->loop);

		bench_check(next != UINT64_MAX, "nothing happens any more");
		if (next > calls->clock.now_us)
			hal_clock_virtual_set(&calls->clock, next);
		bench_check(tl_ctx_dispatch(calls->ctx) == 0, "dispatch");
	}
	return event;
}

static void await_ready(struct calls *calls)
{
	bool ready = false;

	while (!ready) {
		struct tl_event *event = next_event(calls);

		ready = tl_event_get_type(event) == TL_EVENT_LINE_STATE &&
			tl_event_get_line_state(event) == TL_LINE_READY;
		(void)tl_event_free(event);
	}
}

static void await_call(struct calls *calls, enum tl_call_state state)
{
	bool reached = false;

	while (!reached) {
		struct tl_event *event = next_event(calls);

		reached = tl_event_get_type(event) == TL_EVENT_CALL_STATE &&
			  tl_event_get_call_state(event) == state;
		(void)tl_event_free(event);
	}
}

static void live(struct calls *calls, const struct tl_dial_params *params)
{
	struct tl_session_info *info;
	tl_session session;

	bench_check(tl_line_dial(calls->ctx, tl_ctx_get_client(calls->ctx), calls->line, "300",
				 params, &session, NULL) == 0,
		    "dial");
	await_call(calls, TL_CALL_CONNECTED);
	bench_check(tl_session_drop(calls->ctx, session, TL_DROP_USER, NULL) == 0, "drop");
	await_call(calls, TL_CALL_IDLE);
	await_ready(calls);
	bench_check(tl_session_get_info(calls->ctx, session, &info) == 0 &&
			    tl_session_info_is_final(info),
		    "info");
	(void)tl_session_info_free(info);
	bench_check(tl_session_release(calls->ctx, session, 0) == 0, "release");
}

static void add_line(struct calls *calls)
{
	struct tl_line_params *params = tl_line_params_new();

	bench_check(params && tl_line_params_set(params, "name", "line", NULL) == 0 &&
			    tl_line_params_set(params, "device", "modem", NULL) == 0 &&
			    tl_line_add(calls->ctx, params, &calls->line) == 0 &&
			    tl_line_open(calls->ctx, tl_ctx_get_client(calls->ctx), calls->line,
					 TL_PRIVILEGE_OWNER, 0) == 0,
		    "no line");
	(void)tl_line_params_free(params);
	await_ready(calls);
}

static void start(struct calls *calls, struct modem *modem)
{
	*modem = (struct modem){.provider = {.open = open_modem}};
	hal_clock_virtual_init(&calls->clock, 0, 0);
	bench_check(core_ctx_new(&calls->clock.clock, core_driver_set_builtin(), &modem->provider,
				 &calls->ctx) == 0,
		    "no context");
	calls->ctx->machine = &one_port;
	add_line(calls);
}

static void stop(struct calls *calls, struct modem *modem)
{
	hal_stream_close(modem->stream);
	(void)tl_ctx_free(calls->ctx);
}

static void count_calls(size_t n)
{
	struct tl_dial_params *params = tl_dial_params_new();
	struct calls calls;
	struct modem modem;

	bench_check(params != NULL, "no memory");
	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	start(&calls, &modem);
	for (size_t i = 0; i < n; i++)
		live(&calls, params);
	stop(&calls, &modem);
	(void)tl_dial_params_free(params);
}

/* ---- commands through the library ---- */

static void command(struct calls *calls)
{
	struct tl_event *event;
	uint64_t op;
	bool done;

	bench_check(tl_line_command(calls->ctx, tl_ctx_get_client(calls->ctx), calls->line, "AT",
				    1000, &op) == 0,
		    "command");
	do {
		event = next_event(calls);
		done = tl_event_get_type(event) == TL_EVENT_OP_DONE;
		bench_check(
			!done || (tl_event_get_op(event) == op && tl_event_get_result(event) == 0),
			"no OK");
		(void)tl_event_free(event);
	} while (!done);
}

static void count_commands(size_t n)
{
	struct calls calls;
	struct modem modem;

	start(&calls, &modem);
	for (size_t i = 0; i < n; i++)
		command(&calls);
	stop(&calls, &modem);
}

int main(int argc, char **argv)
{
	uint32_t n;

	bench_check(argc == 3 && hal_slice_u32(hal_slice_str(argv[2]), UINT32_MAX, &n) == 0,
		    "usage: at|command|parser|by_hand|call TIMES");
	if (strcmp(argv[1], "at") == 0)
		count_transactions(n);
	else if (strcmp(argv[1], "parser") == 0)
		count_parsing(n, false);
	else if (strcmp(argv[1], "by_hand") == 0)
		count_parsing(n, true);
	else if (strcmp(argv[1], "command") == 0)
		count_commands(n);
	else
		count_calls(n);
	return EXIT_SUCCESS;
}
