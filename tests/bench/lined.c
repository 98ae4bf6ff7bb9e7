/* SPDX-License-Identifier: MIT */
/* lined: its start, its memory, its idleness; what a command and an event take through it. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/daemon.h"
#include "tests/bench/emulator.h"
#include "tests/bench/process.h"
#include "tests/bench/raw.h"
#include "tools/varlink/json.h"

#define LINES 64

/* ---- whole programs ---- */

static void measure_list(struct emulator *emulator, size_t runs)
{
	static struct bench_figure figure = {
		.name = "linectl.list",
		.what = "linectl list, 8 lines, as a whole process",
		.unit = "ms",
		.beside = "exec of true",
		.aim = BENCH_VALUE_MAX,
		.wanted = 3,
	};
	char program[512];
	struct daemon daemon;
	char *argv[] = {"linectl", "--socket", daemon.socket, "list", NULL};

	daemon_program("linectl", program, sizeof(program));
	daemon_start(&daemon, emulator->paths, 8);
	daemon_await_ready(&daemon, 8);
	for (size_t i = 0; i < runs; i++) {
		double limit = process_run_true();

		bench_add(&figure, process_run(program, argv), limit);
	}
	bench_print(&figure);
	daemon_stop(&daemon);
}

static void measure_start(struct emulator *emulator, size_t runs)
{
	static struct bench_figure figures[] = {
		{.name = "lined.start.0", .what = "lined, exec to READY=1, without lines"},
		{.name = "lined.start.8", .what = "lined, exec to READY=1, 8 lines"},
		{.name = "lined.start.64", .what = "lined, exec to READY=1, 64 lines"},
	};
	static struct bench_figure usable = {
		.name = "lined.usable.64",
		.what = "lined, exec to all of 64 lines READY",
		.unit = "ms",
		.aim = BENCH_VALUE_MAX,
		.wanted = 250,
	};
	static const size_t lines[] = {0, 8, 64};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		figures[i].unit = "ms";
		figures[i].beside = "exec of true";
		figures[i].aim = BENCH_VALUE_MAX;
		figures[i].wanted = 10;
		for (size_t run = 0; run < runs; run++) {
			double limit = process_run_true();
			struct daemon daemon;

			daemon_start(&daemon, emulator->paths, lines[i]);
			bench_add(&figures[i], daemon.ready_ms, limit);
			daemon_await_ready(&daemon, lines[i]);
			if (lines[i] == 64)
				bench_add(&usable, bench_since_us(daemon.started_ns) / 1e3, 0);
			daemon_stop(&daemon);
		}
		bench_print(&figures[i]);
	}
	bench_print(&usable);
}

/* ---- idleness ---- */

static double wakeups_per_minute(const struct daemon *daemon, int seconds)
{
	double before = process_sleeps(daemon->pid);

	(void)poll(NULL, 0, seconds * 1000);
	return (process_sleeps(daemon->pid) - before) * 60 / seconds;
}

static double measure_pss(struct emulator *emulator, size_t lines)
{
	struct daemon daemon;
	double pss;

	daemon_start(&daemon, emulator->paths, lines);
	daemon_await_ready(&daemon, lines);
	pss = process_pss_kib(daemon.pid);
	daemon_stop(&daemon);
	return pss;
}

static void measure_memory(struct emulator *emulator, size_t runs)
{
	static struct bench_figure pss[] = {
		{.name = "lined.pss.0", .what = "PSS of lined without lines", .unit = "KiB"},
		{.name = "lined.pss.1",
		 .what = "PSS of lined, 1 idle line",
		 .unit = "KiB",
		 .aim = BENCH_VALUE_MAX,
		 .wanted = 2048},
		{.name = "lined.pss.8", .what = "PSS of lined, 8 idle lines", .unit = "KiB"},
		{.name = "lined.pss.64", .what = "PSS of lined, 64 idle lines", .unit = "KiB"},
	};
	static struct bench_figure per_line = {.name = "lined.pss.line",
					       .what = "PSS of each line more",
					       .unit = "KiB",
					       .aim = BENCH_VALUE_MAX,
					       .wanted = 16};
	static const size_t lines[] = {0, 1, 8, 64};

	for (size_t run = 0; run < runs; run++) {
		double kib[4];

		for (size_t i = 0; i < 4; i++) {
			kib[i] = measure_pss(emulator, lines[i]);
			bench_add(&pss[i], kib[i], 0);
		}
		bench_add(&per_line, (kib[3] - kib[1]) / 63, 0);
	}
	for (size_t i = 0; i < 4; i++)
		bench_print(&pss[i]);
	bench_print(&per_line);
}

static void measure_wakeups(struct emulator *emulator, int seconds)
{
	static struct bench_figure wakeups = {.name = "lined.wakeups",
					      .what = "wake-ups of lined, 64 idle lines",
					      .unit = "1/min",
					      .aim = BENCH_EACH_MAX,
					      .wanted = 0};
	struct daemon daemon;

	daemon_start(&daemon, emulator->paths, 64);
	daemon_await_ready(&daemon, 64);
	/* What the start leaves to do is over by then. */
	(void)wakeups_per_minute(&daemon, 1);
	bench_add(&wakeups, wakeups_per_minute(&daemon, seconds), 0);
	bench_print(&wakeups);
	daemon_stop(&daemon);
}

/* ---- one command ---- */

/* Whatever comes goes back. */
static void run_echo(int socket, void *arg)
{
	char buf[512];
	ssize_t n;

	(void)arg;
	while ((n = read(socket, buf, sizeof(buf))) > 0)
		if (write(socket, buf, (size_t)n) != n)
			break;
}

static double round_trip_us(const struct child *echo)
{
	uint64_t start = bench_now_ns();
	char buf[100] = "";

	bench_check(write(echo->fd, buf, sizeof(buf)) == (ssize_t)sizeof(buf) &&
			    recv(echo->fd, buf, sizeof(buf), MSG_WAITALL) == (ssize_t)sizeof(buf),
		    "echo");
	return bench_since_us(start);
}

static void measure_command(struct emulator *emulator, size_t runs)
{
	static struct bench_figure latency = {
		.name = "lined.command",
		.what = "one AT command through lined's socket",
		.unit = "us",
		.beside = "a bare socket round trip",
		.aim = BENCH_VALUE_MAX,
		.wanted = 80,
	};
	static struct bench_figure cpu = {
		.name = "lined.command.cpu",
		.what = "CPU of lined for it",
		.unit = "us",
		.aim = BENCH_VALUE_MAX,
		.wanted = 30,
	};
	struct varlink_client *client;
	struct daemon daemon;
	struct child echo;

	daemon_start(&daemon, emulator->paths, 1);
	daemon_await_ready(&daemon, 1);
	child_start(&echo, run_echo, NULL);
	client = daemon_connect(&daemon);
	for (size_t i = 0; i < runs; i++) {
		double limit = round_trip_us(&echo);
		uint64_t before = process_cpu_ns(daemon.pid);

		bench_add(&latency, daemon_command_us(client), limit);
		bench_add(&cpu, (double)(process_cpu_ns(daemon.pid) - before) / 1e3, 0);
	}
	bench_print(&latency);
	bench_print(&cpu);
	(void)varlink_client_free(client);
	child_stop(&echo);
	daemon_stop(&daemon);
}

/* ---- one event ---- */

/* The least that can stand between a modem and a client: read here, write there. */
static void run_relay(int socket, void *arg)
{
	struct emulator *emulator = arg;
	struct raw raw;

	raw_open(&raw, emulator->paths + 1, 1);
	/* The first byte says that the port is open. */
	while (write(socket, "", 1) == 1)
		(void)raw_receive(&raw);
}

static double relayed_us(struct emulator *emulator, const struct child *relay)
{
	uint64_t start = emulator_say_no_carrier(emulator, 1);
	char byte;

	bench_check(read(relay->fd, &byte, 1) == 1, "relay");
	return bench_since_us(start);
}

static double event_us(struct emulator *emulator, struct varlink_client *client,
		       struct varlink_client *events)
{
	char session[DAEMON_SESSION_SIZE];
	uint64_t start;
	double us;

	daemon_dial(client, 0, session);
	daemon_await_events(events, "call-state", "proceeding", 1);
	start = emulator_say_no_carrier(emulator, 0);
	daemon_await_events(events, "call-state", "disconnected", 1);
	us = bench_since_us(start);
	daemon_await_events(events, "line-state", "ready", 1);
	daemon_release(client, session);
	return us;
}

static void measure_event(struct emulator *emulator, size_t runs)
{
	static struct bench_figure median = {
		.name = "lined.event",
		.what = "NO CARRIER to the event at a client, median",
		.unit = "us",
		.beside = "a raw relay",
		.aim = BENCH_VALUE_MAX,
		.wanted = 120,
	};
	static struct bench_figure slow = {
		.name = "lined.event.p99",
		.what = "NO CARRIER to the event at a client, 99 of 100",
		.unit = "us",
		.beside = "a raw relay",
		.aim = BENCH_VALUE_MAX,
		.wanted = 1000,
	};
	size_t hundred = runs < 100 ? runs : 100;
	struct varlink_client *client, *events;
	struct daemon daemon;
	struct child relay;
	char byte;

	child_start(&relay, run_relay, emulator);
	bench_check(read(relay.fd, &byte, 1) == 1, "relay");
	daemon_start(&daemon, emulator->paths, 1);
	daemon_await_ready(&daemon, 1);
	client = daemon_connect(&daemon);
	events = daemon_monitor(&daemon);
	for (size_t i = 0; i < runs; i++) {
		double limit = relayed_us(emulator, &relay);
		double us = event_us(emulator, client, events);

		bench_add(&median, us, limit);
		if ((i + 1) % hundred == 0)
			bench_add(&slow,
				  bench_quantile(median.ours + i + 1 - hundred, hundred, 0.99),
				  bench_quantile(median.theirs + i + 1 - hundred, hundred, 0.99));
	}
	bench_print(&median);
	bench_print(&slow);
	(void)varlink_client_free(events);
	(void)varlink_client_free(client);
	daemon_stop(&daemon);
	child_stop(&relay);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	static struct emulator emulator;

	bench_raise_limits();
	emulator_start(&emulator, LINES);
	measure_start(&emulator, options.brief ? 1 : 6);
	measure_list(&emulator, options.brief ? 1 : 40);
	measure_command(&emulator, options.brief ? 3 : 700);
	measure_event(&emulator, options.brief ? 3 : 500);
	measure_memory(&emulator, options.brief ? 1 : 5);
	measure_wakeups(&emulator, options.brief ? 1 : 20);
	emulator_stop(&emulator);
	return EXIT_SUCCESS;
}
