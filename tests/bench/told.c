/* SPDX-License-Identifier: MIT */
/*
 * What a client of lined is told, and how soon: the end of its calls when the other side hangs up,
 * when it drops them, when the devices go; one line, and many at once. Beside it a raw program that
 * has the ports, and a socket to its client, and does just that.
 */
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/raw.h"

#define LINES 64

/* ---- the raw program ---- */

struct relay {
	pid_t pid;
	int fd;
};

typedef void (*relay_fn)(struct raw *raw, int client);

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

/* Hang up, ask whether it is on hook: all lines for each byte that comes, then one goes back. */
static void drop_all(struct raw *raw, int client)
{
	char byte;

	while (read(client, &byte, 1) == 1) {
		bool asked[LINES] = {false};

		for (size_t i = 0; i < raw->n; i++)
			raw_send(raw, i, "ATH\r");
		for (size_t received = 0; received < 2 * raw->n; received++) {
			size_t line = raw_receive(raw);

			if (!asked[line])
				raw_send(raw, line, "AT+VLS?\r");
			asked[line] = true;
		}
		tell(client);
	}
}

static void relay_await(const struct relay *relay, size_t n)
{
	char byte;

	for (size_t i = 0; i < n; i++)
		bench_check(read(relay->fd, &byte, 1) == 1, "relay");
}

static void relay_start(struct relay *relay, const struct emulator *emulator, relay_fn fn)
{
	struct raw raw;
	int ends[2];

	bench_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	(void)fflush(stdout);
	relay->pid = fork();
	bench_check(relay->pid >= 0, "fork");
	if (relay->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		raw_open(&raw, emulator->paths, emulator->n);
		tell(ends[1]);
		fn(&raw, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	relay->fd = ends[0];
	relay_await(relay, 1);
}

static void relay_stop(struct relay *relay)
{
	close(relay->fd);
	bench_check(kill(relay->pid, SIGKILL) == 0 && waitpid(relay->pid, NULL, 0) == relay->pid,
		    "waitpid");
}

/* ---- both ---- */

struct rig {
	size_t lines;
	struct emulator emulator, raw_emulator;
	struct relay relay;
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
	relay_start(&rig->relay, &rig->raw_emulator, fn);
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
	relay_stop(&rig->relay);
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

static double since_us(uint64_t start)
{
	return (double)(bench_now_ns() - start) / 1e3;
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
		relay_await(&rig.relay, lines);
		limit = since_us(start);
		dial_all(&rig);
		start = emulator_say_no_carrier(&rig.emulator, EMULATOR_ALL);
		daemon_await_events(rig.events, "call-state", "disconnected", lines);
		bench_add(&figure, since_us(start), limit);
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
	relay_await(&rig->relay, 1);
	return since_us(start);
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
	us = since_us(start);
	for (size_t i = 0; i < rig->lines; i++)
		daemon_await_reply(rig->clients[i]);
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
		relay_await(&rig.relay, lines);
		limit = since_us(start) / 1e3;
		start = emulator_unplug(&rig.emulator, EMULATOR_ALL);
		daemon_await_events(rig.events, "call-state", "idle", lines);
		bench_add(figure, since_us(start) / 1e3, limit);
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
