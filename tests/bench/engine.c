/* SPDX-License-Identifier: MIT */
#include "tests/bench/engine.h"

#include <stdlib.h>

#include "tests/bench/bench.h"

#define TIMEOUT_MS 30000

static void on_open(void *user)
{
	struct engine_line *line = user;

	line->engine->opened++;
}

static const struct at_queue_events events = {.on_open = on_open};

static void open_line(struct engine *engine, struct engine_line *line, const char *path)
{
	const struct hal_stream_provider *provider = hal_stream_provider_system();
	const struct hal_stream_config config = HAL_STREAM_CONFIG_DEFAULT;
	struct hal_stream *stream;
	struct hal_error error;

	line->engine = engine;
	bench_check(provider->open(provider, engine->loop, path, &config, &error, &stream) == 0,
		    error.text);
	bench_check(at_queue_new(engine->loop, &engine->log, "line", stream, &events, line,
				 &line->queue) == 0,
		    "no queue");
}

void engine_open(struct engine *engine, const char (*paths)[32], size_t n)
{
	*engine = (struct engine){.n = n, .lines = calloc(n, sizeof(struct engine_line))};
	bench_check(engine->lines && hal_loop_new(hal_clock_real(), &engine->loop) == 0, "no loop");
	for (size_t i = 0; i < n; i++)
		open_line(engine, &engine->lines[i], paths[i]);
	while (engine->opened < n)
		bench_check(hal_loop_wait(engine->loop, -1) >= 0, "loop");
}

void engine_close(struct engine *engine)
{
	for (size_t i = 0; i < engine->n; i++)
		at_queue_free(engine->lines[i].queue);
	hal_loop_free(engine->loop);
	free(engine->lines);
}

static void on_done(void *user, const struct at_answer *answer);

static void submit(struct engine_line *line)
{
	const struct at_cmd_spec spec = {
		.text = "AT", .timeout_ms = TIMEOUT_MS, .on_done = on_done, .user = line};

	if (line->engine->to_send == 0)
		return;
	line->engine->to_send--;
	bench_check(at_queue_submit(line->queue, &spec) == 0, "submit");
}

static void on_done(void *user, const struct at_answer *answer)
{
	struct engine_line *line = user;

	bench_check(answer->error == 0 && answer->result == AT_RESULT_OK, "no OK");
	line->engine->done++;
	submit(line);
}

static void run(struct engine *engine, size_t n)
{
	while (engine->done < n)
		bench_check(hal_loop_wait(engine->loop, -1) >= 0, "loop");
}

void engine_ping_pong(struct engine *engine, size_t line, size_t n)
{
	engine->done = 0;
	engine->to_send = n;
	submit(&engine->lines[line]);
	run(engine, n);
}
