/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_ENGINE_H
#define TESTS_BENCH_ENGINE_H

/* The AT engine of the library alone, on ttys: queues, streams and loop as the driver uses them. */

#include "drivers/at/queue.h"
#include "hal/loop.h"

struct engine_line {
	struct engine *engine;
	struct at_queue *queue;
};

struct engine {
	struct hal_loop *loop;
	struct hal_log log;
	size_t n;
	struct engine_line *lines;
	size_t opened, to_send, done;
};

/* Whatever fails ends the program. */
void engine_open(struct engine *engine, const char (*paths)[32], size_t n);
void engine_close(struct engine *engine);
/* n times "AT" on one line, each when the one before has been answered. */
void engine_ping_pong(struct engine *engine, size_t line, size_t n);

#endif
