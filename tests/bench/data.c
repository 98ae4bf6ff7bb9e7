/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a data call, through the library and by read and write on a port like it: from the
 * modem, to the modem, and one byte there and back. This program holds both modems' ends, too, and
 * does the same at either, so no other process has a say in how fast that is. What the program's
 * own end takes is told apart from that as CPU.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define TIMEOUT_MS 60000
#define CHUNK	   4096
#define WINDOW	   16384 /* on their way from the modem at most */

struct rig {
	struct emulator emulator;
	struct user user;
	tl_session session;
	struct raw raw;
};

/* Either program's end: as many bytes as can be had or taken now, 0 for none; sleep until there are
 * some, or room. */
struct port {
	size_t (*read)(struct rig *rig, char *buf, size_t size);
	size_t (*write)(struct rig *rig, const char *buf, size_t len);
	void (*wait)(struct rig *rig);
	void (*wait_room)(struct rig *rig);
};

/* A call: the program's end, and the modem's. */
struct way {
	struct rig *rig;
	const struct port *port;
	int modem;
	bool metered;
	uint64_t modem_cpu_ns; /* when metered */
};

/* ---- the program's end ---- */

static size_t some(ssize_t n, const char *what)
{
	bench_check(n > 0 || n == -EAGAIN, what);
	return n > 0 ? (size_t)n : 0;
}

static size_t read_library(struct rig *rig, char *buf, size_t size)
{
	return some(tl_session_read(rig->user.ctx, rig->session, buf, size), "read");
}

static size_t write_library(struct rig *rig, const char *buf, size_t len)
{
	return some(tl_session_write(rig->user.ctx, rig->session, buf, len), "write");
}

static void wait_library(struct rig *rig)
{
	struct tl_event *event;

	bench_check(tl_ctx_wait(rig->user.ctx, TIMEOUT_MS) == 0, "wait");
	while (tl_ctx_next_event(rig->user.ctx, &event) > 0)
		(void)tl_event_free(event);
}

static size_t read_raw(struct rig *rig, char *buf, size_t size)
{
	return raw_some(read(rig->raw.lines[0].fd, buf, size), "read");
}

static size_t write_raw(struct rig *rig, const char *buf, size_t len)
{
	return raw_some(write(rig->raw.lines[0].fd, buf, len), "write");
}

static void wait_raw(struct rig *rig)
{
	bench_check(epoll_wait(rig->raw.epoll_fd, rig->raw.batch, RAW_BATCH, TIMEOUT_MS) > 0,
		    "no bytes");
}

static void wait_room_raw(struct rig *rig)
{
	struct pollfd fd = {.fd = rig->raw.lines[0].fd, .events = POLLOUT};

	bench_check(poll(&fd, 1, TIMEOUT_MS) > 0, "no room");
}

static const struct port ours = {read_library, write_library, wait_library, wait_library};
static const struct port theirs = {read_raw, write_raw, wait_raw, wait_room_raw};

/* ---- the modem's end ---- */

static size_t read_modem(struct way *way, char *buf, size_t size)
{
	uint64_t cpu = way->metered ? bench_cpu_ns() : 0;
	size_t n = raw_some(read(way->modem, buf, size), "read");

	way->modem_cpu_ns += way->metered ? bench_cpu_ns() - cpu : 0;
	return n;
}

static size_t write_modem(struct way *way, const char *buf, size_t len)
{
	uint64_t cpu = way->metered ? bench_cpu_ns() : 0;
	size_t n = raw_some(write(way->modem, buf, len), "write");

	way->modem_cpu_ns += way->metered ? bench_cpu_ns() - cpu : 0;
	return n;
}

static void await_modem(struct way *way)
{
	struct pollfd fd = {.fd = way->modem, .events = POLLIN};
	uint64_t cpu = way->metered ? bench_cpu_ns() : 0;

	bench_check(poll(&fd, 1, TIMEOUT_MS) > 0, "no bytes");
	way->modem_cpu_ns += way->metered ? bench_cpu_ns() - cpu : 0;
}

/* ---- transfers ---- */

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static const char sample[CHUNK] = "no plus signs";

/* As programs do: woken, they read until there is nothing more. */
static void transfer_in(struct way *way, size_t bytes)
{
	size_t unsent = bytes, unread = bytes, n;
	char in[CHUNK];

	while (unread > 0) {
		size_t burst = min(unsent, WINDOW);

		while (burst > 0 && (n = write_modem(way, sample, min(burst, CHUNK))) > 0) {
			burst -= n;
			unsent -= n;
		}
		/* What has not been read is on its way. */
		way->port->wait(way->rig);
		while ((n = way->port->read(way->rig, in, sizeof(in))) > 0) {
			bench_check(n <= unread - unsent, "more has come than was sent");
			unread -= n;
		}
	}
}

/* They write until nothing more is taken, and wait for room. */
static void transfer_out(struct way *way, size_t bytes)
{
	size_t unsent = bytes, unread = bytes, n;
	char in[CHUNK];

	while (unread > 0) {
		while (unsent > 0 &&
		       (n = way->port->write(way->rig, sample, min(unsent, CHUNK))) > 0)
			unsent -= n;
		await_modem(way);
		while ((n = read_modem(way, in, sizeof(in))) > 0) {
			bench_check(n <= unread - unsent, "more has come than was sent");
			unread -= n;
		}
		if (unsent > 0)
			way->port->wait_room(way->rig);
	}
}

typedef void (*transfer_fn)(struct way *way, size_t bytes);

static double mb_per_s(struct way *way, transfer_fn transfer, size_t bytes)
{
	uint64_t start = bench_now_ns();

	transfer(way, bytes);
	return (double)bytes * 1e3 / (double)(bench_now_ns() - start);
}

/* Of the program's end alone. */
static double cpu_us_per_mb(struct way *way, transfer_fn transfer, size_t bytes)
{
	uint64_t cpu = bench_cpu_ns();

	way->modem_cpu_ns = 0;
	way->metered = true;
	transfer(way, bytes);
	way->metered = false;
	return (double)(bench_cpu_ns() - cpu - way->modem_cpu_ns) * 1e3 / (double)bytes;
}

static double round_trip_us(struct way *way)
{
	uint64_t start = bench_now_ns();

	transfer_out(way, 1);
	transfer_in(way, 1);
	return (double)(bench_now_ns() - start) / 1e3;
}

/* ---- figures ---- */

#define RATE(id, text)                                                                 \
	{                                                                              \
		.name = "data.rate." id, .what = "data call, " text, .unit = "MB/s",   \
		.beside = "raw read and write", .aim = BENCH_RATIO_MIN, .wanted = 0.95 \
	}
#define CPU(id, text)                                                                        \
	{                                                                                    \
		.name = "data.cpu." id, .what = "data call, CPU per MB " text, .unit = "us", \
		.beside = "raw read and write"                                               \
	}

static struct direction {
	transfer_fn transfer;
	struct bench_figure rate, cpu;
} directions[] = {
	{transfer_in, RATE("in", "from the modem"), CPU("in", "from the modem")},
	{transfer_out, RATE("out", "to the modem"), CPU("out", "to the modem")},
};
static struct bench_figure latency = {
	.name = "data.latency",
	.what = "data call, one byte there and back",
	.unit = "us",
	.beside = "raw read and write",
};

static void measure(struct direction *direction, struct way *library, struct way *raw, size_t bytes)
{
	double limit = mb_per_s(raw, direction->transfer, bytes);

	bench_add(&direction->rate, mb_per_s(library, direction->transfer, bytes), limit);
	limit = cpu_us_per_mb(raw, direction->transfer, bytes);
	bench_add(&direction->cpu, cpu_us_per_mb(library, direction->transfer, bytes), limit);
}

static void connect_both(struct rig *rig)
{
	raw_send(&rig->raw, 0, "ATS7=60DT300\r");
	raw_await(&rig->raw, 0, "CONNECT 33600\r\n");
	rig->session = user_dial_media(&rig->user, 0, TL_MEDIA_DATA);
	user_await_calls(&rig->user, TL_CALL_CONNECTED, 1);
	bench_check(tl_session_attach(rig->user.ctx, rig->session) == 0, "attach");
}

static struct way open_way(struct rig *rig, const struct port *port, uint32_t line)
{
	return (struct way){.rig = rig, .port = port, .modem = emulator_lend(&rig->emulator, line)};
}

static void close_way(struct way *way, uint32_t line)
{
	close(way->modem);
	emulator_take_back(&way->rig->emulator, line);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t runs = options.brief ? 1 : 40, bytes = options.brief ? 20000 : 2000000;
	struct way library, raw;
	static struct rig rig;

	emulator_start(&rig.emulator, 2);
	user_start(&rig.user, rig.emulator.paths, 1);
	raw_open(&rig.raw, rig.emulator.paths + 1, 1);
	connect_both(&rig);
	library = open_way(&rig, &ours, 0);
	raw = open_way(&rig, &theirs, 1);
	for (size_t i = 0; i < runs; i++)
		for (size_t way = 0; way < 2; way++)
			measure(&directions[way], &library, &raw, bytes);
	for (size_t i = 0; i < runs * 8; i++) {
		double limit = round_trip_us(&raw);

		bench_add(&latency, round_trip_us(&library), limit);
	}
	for (size_t way = 0; way < 2; way++) {
		bench_print(&directions[way].rate);
		bench_print(&directions[way].cpu);
	}
	bench_print(&latency);
	close_way(&library, 0);
	close_way(&raw, 1);
	user_await_op(&rig.user, user_drop(&rig.user, rig.session));
	user_release(&rig.user, rig.session);
	raw_close(&rig.raw);
	user_stop(&rig.user);
	emulator_stop(&rig.emulator);
	return EXIT_SUCCESS;
}
