/* SPDX-License-Identifier: MIT */
/*
 * A data call through lined, from the socket that has become its stream to the modem's end of a
 * pty, beside socat between just such a socket and pty: the bytes, the CPU of either program, and
 * what each adds to the way of one byte. Both ends are held by this program, and do the same for
 * either.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/daemon.h"
#include "tests/bench/emulator.h"
#include "tests/bench/process.h"
#include "tests/bench/raw.h"

#define TIMEOUT_MS 60000
#define CHUNK	   16384
#define LATENCIES  40 /* single bytes for each slice of a transfer */

/* The two ends of a way, and who carries the bytes between them. */
struct way {
	pid_t pid; /* 0: the kernel alone */
	int modem, user;
};

/* ---- transfers ---- */

struct flow {
	int from, to;
	size_t unsent, unread;
};

/* As much as goes now. @return false: nothing does */
static bool move(struct flow *flow)
{
	static const char out[CHUNK] = "no plus signs";
	static char in[CHUNK];
	size_t sent = 0, read_now = 0;

	if (flow->unsent > 0)
		sent = raw_some(write(flow->from, out, flow->unsent < CHUNK ? flow->unsent : CHUNK),
				"write");
	flow->unsent -= sent;
	if (flow->unread > 0)
		read_now = raw_some(read(flow->to, in, sizeof(in)), "read");
	bench_check(read_now <= flow->unread, "more has come than was sent");
	flow->unread -= read_now;
	return sent > 0 || read_now > 0;
}

static void await(const struct way *way, const struct flow *in, const struct flow *out)
{
	struct pollfd fds[] = {
		{.fd = way->modem,
		 .events = (short)((in->unsent ? POLLOUT : 0) | (out->unread ? POLLIN : 0))},
		{.fd = way->user,
		 .events = (short)((out->unsent ? POLLOUT : 0) | (in->unread ? POLLIN : 0))},
	};

	bench_check(poll(fds, 2, TIMEOUT_MS) > 0, "no bytes");
}

/* in: from the modem to the user; out: from the user to the modem. */
static void transfer(const struct way *way, size_t bytes_in, size_t bytes_out)
{
	struct flow in = {way->modem, way->user, bytes_in, bytes_in};
	struct flow out = {way->user, way->modem, bytes_out, bytes_out};

	while (in.unread > 0 || out.unread > 0) {
		bool moved = move(&in);

		if (!move(&out) && !moved)
			await(way, &in, &out);
	}
}

struct cost {
	double mb_per_s, cpu_us_per_mb;
};

static struct cost carry(const struct way *way, size_t bytes_in, size_t bytes_out)
{
	uint64_t cpu = process_cpu_ns(way->pid), start = bench_now_ns();
	double bytes = (double)(bytes_in + bytes_out);

	transfer(way, bytes_in, bytes_out);
	return (struct cost){
		.mb_per_s = bytes * 1e3 / (double)(bench_now_ns() - start),
		.cpu_us_per_mb = (double)(process_cpu_ns(way->pid) - cpu) * 1e3 / bytes,
	};
}

static double one_byte_us(int from, int to)
{
	struct pollfd fd = {.fd = to, .events = POLLIN};
	uint64_t start = bench_now_ns();
	char byte = 'x';

	bench_check(write(from, &byte, 1) == 1, "write");
	bench_check(poll(&fd, 1, TIMEOUT_MS) == 1 && read(to, &byte, 1) == 1, "no byte");
	return (double)(bench_now_ns() - start) / 1e3;
}

/* ---- the ways ---- */

struct lined_way {
	struct daemon daemon;
	struct varlink_client *client;
	struct way way;
};

static void open_lined(struct lined_way *lined, struct emulator *emulator)
{
	struct varlink_reply reply;

	daemon_start(&lined->daemon, emulator->paths, 1);
	daemon_await_ready(&lined->daemon, 1);
	lined->client = daemon_connect(&lined->daemon);
	reply = daemon_upgrade(lined->client, "io.trunkline.Dial",
			       "{\"line\":\"l0\",\"number\":\"300\"}");
	varlink_reply_clear(&reply);
	lined->way = (struct way){.pid = lined->daemon.pid,
				  .modem = emulator_lend(emulator, 0),
				  .user = varlink_client_get_fd(lined->client)};
}

static void close_lined(struct lined_way *lined, struct emulator *emulator)
{
	close(lined->way.modem);
	emulator_take_back(emulator, 0);
	(void)varlink_client_free(lined->client);
	daemon_stop(&lined->daemon);
}

static void open_raw(struct way *way, struct emulator *emulator)
{
	*way = (struct way){.modem = emulator_lend(emulator, 1),
			    .user = raw_open_port(emulator->paths[1])};
}

static void close_raw(const struct way *way)
{
	close(way->user);
	close(way->modem);
}

struct socat_way {
	struct child child;
	struct way way;
};

/* In the child: between the port and the socket that it has inherited. */
static void become_socat(int fd, void *path)
{
	char port[48], socket[16];

	(void)snprintf(port, sizeof(port), "%s,rawer", (const char *)path);
	(void)snprintf(socket, sizeof(socket), "FD:%d", fd);
	(void)fcntl(fd, F_SETFD, 0);
	execlp("socat", "socat", port, socket, (char *)NULL);
	_exit(127);
}

/* @return false: it has ended without a byte, for there is none */
static bool await_socat(const struct socat_way *socat)
{
	struct pollfd fds[] = {{.fd = socat->way.modem, .events = POLLIN},
			       {.fd = socat->way.user, .events = POLLIN}};
	int status;
	char byte;

	(void)send(socat->way.user, "", 1, MSG_NOSIGNAL);
	bench_check(poll(fds, 2, TIMEOUT_MS) > 0, "socat carries nothing");
	if (!fds[1].revents) {
		bench_check(read(socat->way.modem, &byte, 1) == 1, "read");
		return true;
	}
	bench_check(waitpid(socat->way.pid, &status, 0) == socat->way.pid && WIFEXITED(status) &&
			    WEXITSTATUS(status) == 127,
		    "socat has failed");
	return false;
}

static bool open_socat(struct socat_way *socat, struct emulator *emulator)
{
	child_start(&socat->child, become_socat, emulator->paths[2]);
	socat->way = (struct way){.pid = socat->child.pid,
				  .modem = emulator_lend(emulator, 2),
				  .user = socat->child.fd};
	bench_check(fcntl(socat->way.user, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	return await_socat(socat);
}

static void close_socat(struct socat_way *socat)
{
	close(socat->way.modem);
	child_stop(&socat->child);
}

/* ---- the figures ---- */

#define RATE(direction, text)                                                                \
	{                                                                                    \
		.name = "data.lined.rate" direction, .what = "data call through lined" text, \
		.unit = "MB/s", .beside = "socat", .aim = BENCH_RATIO_MIN, .wanted = 0.8     \
	}
#define CPU(direction, text)                                                            \
	{                                                                               \
		.name = "data.lined.cpu" direction, .what = "CPU of lined for it" text, \
		.unit = "us/MB", .beside = "socat", .aim = BENCH_RATIO_MAX, .wanted = 1 \
	}

static struct bench_figure rates[] = {
	RATE(".in", ", from the modem"),
	RATE(".out", ", to the modem"),
	RATE("", ", both ways at once"),
};
static struct bench_figure cpus[] = {
	CPU(".in", ", from the modem"),
	CPU(".out", ", to the modem"),
	CPU("", ", both ways at once"),
};
static struct bench_figure latencies[] = {
	{.name = "data.lined.latency.in", .what = "added to a byte from the modem"},
	{.name = "data.lined.latency.out", .what = "added to a byte to the modem"},
};
static struct bench_figure control = {
	.name = "data.lined.control",
	.what = "socat, too: what the comparison is worth",
	.unit = "MB/s",
	.beside = "socat",
};

static void measure_bulk(const struct way *lined, const struct way *socat, size_t bytes)
{
	const size_t sizes[][2] = {{bytes, 0}, {0, bytes}, {bytes / 2, bytes / 2}};

	for (size_t i = 0; i < 3; i++) {
		struct cost theirs = carry(socat, sizes[i][0], sizes[i][1]);
		struct cost ours = carry(lined, sizes[i][0], sizes[i][1]);

		bench_add(&rates[i], ours.mb_per_s, theirs.mb_per_s);
		bench_add(&cpus[i], ours.cpu_us_per_mb, theirs.cpu_us_per_mb);
	}
	bench_add(&control, carry(socat, bytes / 2, bytes / 2).mb_per_s,
		  carry(socat, bytes / 2, bytes / 2).mb_per_s);
}

static void measure_latency(const struct way *lined, const struct way *socat, const struct way *raw)
{
	double in = one_byte_us(raw->modem, raw->user), out = one_byte_us(raw->user, raw->modem);

	bench_add(&latencies[0], one_byte_us(lined->modem, lined->user) - in,
		  one_byte_us(socat->modem, socat->user) - in);
	bench_add(&latencies[1], one_byte_us(lined->user, lined->modem) - out,
		  one_byte_us(socat->user, socat->modem) - out);
}

static void print_all(void)
{
	for (size_t i = 0; i < 3; i++)
		bench_print(&rates[i]);
	for (size_t i = 0; i < 3; i++)
		bench_print(&cpus[i]);
	for (size_t i = 0; i < 2; i++) {
		latencies[i].unit = "us";
		latencies[i].beside = "added by socat";
		latencies[i].no_ratio = true;
		latencies[i].aim = BENCH_VALUE_MAX;
		latencies[i].wanted = 60;
		bench_print(&latencies[i]);
	}
	bench_print(&control);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t runs = options.brief ? 1 : 9, bytes = options.brief ? 100000 : 8000000;
	static struct emulator emulator;
	struct lined_way lined;
	struct socat_way socat;
	struct way raw;

	emulator_start(&emulator, 3);
	if (!open_socat(&socat, &emulator)) {
		bench_skip("data.lined", "data call through lined", "package socat is missing");
		return EXIT_SUCCESS;
	}
	open_lined(&lined, &emulator);
	open_raw(&raw, &emulator);
	for (size_t i = 0; i < runs; i++) {
		measure_bulk(&lined.way, &socat.way, bytes);
		for (size_t j = 0; j < LATENCIES; j++)
			measure_latency(&lined.way, &socat.way, &raw);
	}
	print_all();
	close_raw(&raw);
	close_lined(&lined, &emulator);
	close_socat(&socat);
	emulator_stop(&emulator);
	return EXIT_SUCCESS;
}
