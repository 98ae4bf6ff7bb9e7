/* SPDX-License-Identifier: MIT */
/*
 * The devices of 64 lines go at once, with 1,000 sessions on their calls: from the moment right
 * before the first port closes (the emulator's clock) to IDLE at the client. Beside it, on as many
 * ports, poll(2) alone.
 */
#include <poll.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define LINES	 64
#define SESSIONS 1000

struct span {
	double first_ms, last_ms;
};

static struct bench_figure first = {
	.name = "gone.first",
	.what = "devices gone, to the first IDLE at the client",
	.unit = "ms",
	.beside = "poll on the same ports",
	.aim = BENCH_VALUE_MAX,
	.wanted = 1,
};
static struct bench_figure last = {
	.name = "gone.last",
	.what = "devices gone, to the last of 1000 IDLE at the clients",
	.unit = "ms",
	.beside = "poll on the same ports",
	.aim = BENCH_VALUE_MAX,
	.wanted = 20,
};

/* Every line has an owner; others watch the calls until there are so many sessions in all. */
static void hold_sessions(struct user *user, size_t sessions)
{
	tl_client watcher = {0};
	tl_session session;

	for (size_t i = 0; i < user->n; i++)
		(void)user_dial(user, i);
	user_await_calls(user, TL_CALL_PROCEEDING, user->n);
	for (size_t i = user->n; i < sessions; i++) {
		if (i % user->n == 0)
			bench_check(tl_client_new(user->ctx, "watcher", &watcher) == 0,
				    "no client");
		bench_check(tl_line_join(user->ctx, watcher, user->lines[i % user->n],
					 TL_PRIVILEGE_MONITOR, &session) == 0,
			    "join");
	}
}

static struct span ours(size_t lines, size_t sessions)
{
	struct emulator emulator;
	struct user user;
	struct span span;
	uint64_t start;

	emulator_start(&emulator, lines);
	user_start(&user, emulator.paths, lines);
	hold_sessions(&user, sessions);
	start = emulator_unplug(&emulator, EMULATOR_ALL);
	user_await_calls(&user, TL_CALL_IDLE, 1);
	span.first_ms = bench_since_us(start) / 1e3;
	user_await_calls(&user, TL_CALL_IDLE, sessions - 1);
	span.last_ms = bench_since_us(start) / 1e3;
	user_stop(&user);
	emulator_stop(&emulator);
	return span;
}

static struct span theirs(size_t lines)
{
	struct pollfd fds[LINES];
	struct emulator emulator;
	struct span span = {0};
	struct raw raw;
	uint64_t start;

	emulator_start(&emulator, lines);
	raw_open(&raw, emulator.paths, lines);
	for (size_t i = 0; i < lines; i++)
		fds[i] = (struct pollfd){.fd = raw.lines[i].fd, .events = POLLIN};
	start = emulator_unplug(&emulator, EMULATOR_ALL);
	for (size_t gone = 0; gone < lines;) {
		(void)poll(fds, (nfds_t)lines, -1);
		span.last_ms = bench_since_us(start) / 1e3;
		if (gone == 0)
			span.first_ms = span.last_ms;
		for (size_t i = 0; i < lines; i++) {
			if (fds[i].fd < 0 || !(fds[i].revents & POLLHUP))
				continue;
			fds[i].fd = -1;
			gone++;
		}
	}
	raw_close(&raw);
	emulator_stop(&emulator);
	return span;
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t lines = options.brief ? 4 : LINES, runs = options.brief ? 1 : 10;

	bench_raise_limits();
	for (size_t i = 0; i < runs; i++) {
		struct span limit = theirs(lines);
		struct span span = ours(lines, options.brief ? 4 * lines : SESSIONS);

		bench_add(&first, span.first_ms, limit.first_ms);
		bench_add(&last, span.last_ms, limit.last_ms);
	}
	bench_print(&first);
	bench_print(&last);
	return EXIT_SUCCESS;
}
