/* SPDX-License-Identifier: MIT */
/*
 * What a client of lined is told, and how soon: the end of its calls when the other side hangs up,
 * when it drops them, when the devices go; one line, and many at once. Beside it a raw program that
 * has the ports, and a socket to its client, and does just that.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/daemon.h"
#include "tests/bench/raw.h"

#define LINES 64

/* ---- the raw program ---- */

/* What the process that has the ports does for its client. */
typedef void (*relay_fn)(struct raw *raw, int client);

struct relay {
	const struct emulator *emulator;
	relay_fn fn;
};

static void tell(int client)
{
	bench_check(write(client, "", 1) == 1, "the client is gone");
}

/* One byte for each line that says NO CARRIER or is gone. */
static void tell_ends(struct raw *raw, int client)
{
	char text[64];

	for (;;) {
		int n = epoll_wait(raw->epoll_fd, raw->batch, RAW_BATCH, -1);

		for (int i = 0; i < n; i++) {
			int fd = raw->lines[raw->batch[i].data.u64].fd;
			ssize_t len = read(fd, text, sizeof(text));

			if (len <= 0)
				(void)epoll_ctl(raw->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
			else if (text[len - 1] != '\n')
				continue; /* the rest is on its way */
			tell(client);
		}
	}
}

/* All lines for each byte that comes, then one goes back. */
static void drop_all(struct raw *raw, int client)
{
	char byte;

	while (read(client, &byte, 1) == 1) {
		raw_drop(raw, raw->n);
		tell(client);
	}
}

/* The first byte says that the ports are open. */
static void run_relay(int client, void *arg)
{
	const struct relay *relay = arg;
	struct raw raw;

	raw_open(&raw, relay->emulator->paths, relay->emulator->n);
	tell(client);
	relay->fn(&raw, client);
}

static void await_relay(const struct child *relay, size_t n)
{
	char byte;

	for (size_t i = 0; i < n; i++)
		bench_check(read(relay->fd, &byte, 1) == 1, "relay");
}

/* ---- both ---- */

struct rig {
	size_t lines;
	struct emulator emulator, raw_emulator;
	struct child relay;
	struct daemon daemon;
	struct varlink_client *events;
	/* One for each line: the next call waits for the reply to the last. */
	struct varlink_client *clients[LINES];
	char sessions[LINES][DAEMON_SESSION_SIZE];
};

static void rig_start(struct rig *rig, size_t lines, relay_fn fn)
{
	rig->lines = lines;
	emulator_start(&rig->emulator, lines);
	emulator_start(&rig->raw_emulator, lines);
	child_start(&rig->relay, run_relay, &(struct relay){&rig->raw_emulator, fn});
	await_relay(&rig->relay, 1);
	daemon_start(&rig->daemon, rig->emulator.paths, lines);
	daemon_await_ready(&rig->daemon, lines);
	rig->events = daemon_monitor(&rig->daemon);
	for (size_t i = 0; i < lines; i++)
		rig->clients[i] = daemon_connect(&rig->daemon);
}

static void rig_stop(struct rig *rig)
{
	for (size_t i = 0; i < rig->lines; i++)
		(void)varlink_client_free(rig->clients[i]);
	(void)varlink_client_free(rig->events);
	daemon_stop(&rig->daemon);
	child_stop(&rig->relay);
	emulator_stop(&rig->raw_emulator);
	emulator_stop(&rig->emulator);
}

static void dial_all(struct rig *rig)
{
	for (size_t i = 0; i < rig->lines; i++)
		daemon_dial(rig->clients[i], i, rig->sessions[i]);
	daemon_await_events(rig->events, "call-state", "proceeding", rig->lines);
}

static void release_all(struct rig *rig)
{
	for (size_t i = 0; i < rig->lines; i++)
		daemon_release(rig->clients[i], rig->sessions[i]);
}

/* ---- NO CARRIER ---- */

static void measure_no_carrier(size_t lines, size_t runs)
{
	static struct bench_figure figure = {
		.name = "told.no_carrier.64",
		.what = "NO CARRIER on 64 lines, to the last event at a client of lined",
		.unit = "us",
		.beside = "a raw relay",
	};
	static struct rig rig;

	rig_start(&rig, lines, tell_ends);
	for (size_t i = 0; i < runs; i++) {
		uint64_t start;
		double limit;

		start = emulator_say_no_carrier(&rig.raw_emulator, EMULATOR_ALL);
		await_relay(&rig.relay, lines);
		limit = bench_since_us(start);
		dial_all(&rig);
		start = emulator_say_no_carrier(&rig.emulator, EMULATOR_ALL);
		daemon_await_events(rig.events, "call-state", "disconnected", lines);
		bench_add(&figure, bench_since_us(start), limit);
		daemon_await_ready(&rig.daemon, lines);
		release_all(&rig);
	}
	bench_print(&figure);
	rig_stop(&rig);
}

/* ---- drop ---- */

static double raw_drop_us(struct rig *rig)
{
	uint64_t start = bench_now_ns();

	tell(rig->relay.fd);
	await_relay(&rig->relay, 1);
	return bench_since_us(start);
}

static void ask_to_drop(struct rig *rig, size_t line)
{
	struct json_object *params = json_object_new_object();

	bench_check(params != NULL, "no memory");
	json_object_object_add(params, "session", json_object_new_string(rig->sessions[line]));
	bench_check(varlink_client_call(rig->clients[line], "io.trunkline.Drop", params, 0) == 0,
		    "Drop");
}

static double drop_us(struct rig *rig)
{
	uint64_t start;
	double us;

	dial_all(rig);
	start = bench_now_ns();
	for (size_t i = 0; i < rig->lines; i++)
		ask_to_drop(rig, i);
	daemon_await_events(rig->events, "call-state", "idle", rig->lines);
	us = bench_since_us(start);
	for (size_t i = 0; i < rig->lines; i++)
		daemon_await_dropped(rig->clients[i]);
	daemon_await_ready(&rig->daemon, rig->lines);
	release_all(rig);
	return us;
}

static void measure_drop(struct bench_figure *figure, size_t lines, size_t runs)
{
	static struct rig rig;

	rig_start(&rig, lines, drop_all);
	for (size_t i = 0; i < runs; i++) {
		double limit = raw_drop_us(&rig);

		bench_add(figure, drop_us(&rig), limit);
	}
	bench_print(figure);
	rig_stop(&rig);
}

/* ---- devices that go ---- */

static void measure_gone(struct bench_figure *figure, size_t lines, size_t runs)
{
	static struct rig rig;

	for (size_t i = 0; i < runs; i++) {
		uint64_t start;
		double limit;

		rig_start(&rig, lines, tell_ends);
		dial_all(&rig);
		start = emulator_unplug(&rig.raw_emulator, EMULATOR_ALL);
		await_relay(&rig.relay, lines);
		limit = bench_since_us(start) / 1e3;
		start = emulator_unplug(&rig.emulator, EMULATOR_ALL);
		daemon_await_events(rig.events, "call-state", "idle", lines);
		bench_add(figure, bench_since_us(start) / 1e3, limit);
		rig_stop(&rig);
	}
	bench_print(figure);
}

int main(int argc, char **argv)
{
	static struct bench_figure drop = {
		.name = "told.drop.1",
		.what = "drop by a client of lined, to its event IDLE",
		.unit = "us",
		.beside = "a raw program and its client",
	};
	static struct bench_figure drops = {
		.name = "told.drop.64",
		.what = "64 drops by clients of lined, to the last event IDLE",
		.unit = "us",
		.beside = "a raw program and its client",
	};
	static struct bench_figure gone = {
		.name = "told.gone.1",
		.what = "device gone, to the event IDLE at a client of lined",
		.unit = "ms",
		.beside = "a raw relay",
		.aim = BENCH_VALUE_MAX,
		.wanted = 1,
	};
	static struct bench_figure all_gone = {
		.name = "told.gone.64",
		.what = "64 devices gone, to the last event IDLE at a client of lined",
		.unit = "ms",
		.beside = "a raw relay",
		.aim = BENCH_VALUE_MAX,
		.wanted = 20,
	};
	struct bench_options options = bench_options(argc, argv);
	size_t lines = options.brief ? 4 : LINES;

	bench_raise_limits();
	measure_no_carrier(lines, options.brief ? 1 : 10);
	measure_drop(&drop, 1, options.brief ? 3 : 200);
	measure_drop(&drops, lines, options.brief ? 1 : 10);
	measure_gone(&gone, 1, options.brief ? 1 : 10);
	measure_gone(&all_gone, lines, options.brief ? 1 : 6);
	return EXIT_SUCCESS;
}
