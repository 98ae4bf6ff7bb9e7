/* SPDX-License-Identifier: MIT */
/* The bytes of a data call, to a modem that echoes them and back: through the library, and by read
 * and write on a port of the same emulator. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define CHUNK  4096
#define WINDOW 16384 /* on their way at most */

struct rig {
	struct emulator emulator;
	struct user user;
	tl_session session;
	struct raw raw;
};

/* Either end's functions: as many as can be had now. @return bytes; 0 none at present */
struct port {
	size_t (*read)(struct rig *rig, char *buf, size_t size);
	size_t (*write)(struct rig *rig, const char *buf, size_t len);
	void (*wait)(struct rig *rig);
};

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

	bench_check(tl_ctx_wait(rig->user.ctx, -1) == 0, "wait");
	while (tl_ctx_next_event(rig->user.ctx, &event) > 0)
		(void)tl_event_free(event);
}

static size_t read_raw(struct rig *rig, char *buf, size_t size)
{
	ssize_t n = read(rig->raw.lines[0].fd, buf, size);

	return some(n < 0 ? -errno : n, "read");
}

static size_t write_raw(struct rig *rig, const char *buf, size_t len)
{
	ssize_t n = write(rig->raw.lines[0].fd, buf, len);

	return some(n < 0 ? -errno : n, "write");
}

static void wait_raw(struct rig *rig)
{
	(void)epoll_wait(rig->raw.epoll_fd, rig->raw.batch, RAW_BATCH, -1);
}

static const struct port ours = {read_library, write_library, wait_library};
static const struct port theirs = {read_raw, write_raw, wait_raw};

static void transfer(struct rig *rig, const struct port *port, size_t bytes, size_t window)
{
	static const char out[CHUNK] = "no plus signs";
	static char in[CHUNK];
	size_t sent = 0, received = 0;

	while (received < bytes) {
		size_t room = window - (sent - received);
		size_t left = bytes - sent < room ? bytes - sent : room;
		size_t n = left ? port->write(rig, out, left < CHUNK ? left : CHUNK) : 0;
		size_t m = port->read(rig, in, sizeof(in));

		sent += n;
		received += m;
		if (n == 0 && m == 0)
			port->wait(rig);
	}
}

struct cost {
	double mb_per_s, cpu_us_per_mb;
};

static struct cost bulk(struct rig *rig, const struct port *port, size_t bytes)
{
	uint64_t cpu = bench_cpu_ns(), start = bench_now_ns();

	transfer(rig, port, bytes, WINDOW);
	return (struct cost){
		.mb_per_s = (double)bytes * 1e3 / (double)(bench_now_ns() - start),
		.cpu_us_per_mb = (double)(bench_cpu_ns() - cpu) * 1e3 / (double)bytes,
	};
}

static double round_trip_us(struct rig *rig, const struct port *port)
{
	uint64_t start = bench_now_ns();

	transfer(rig, port, 1, 1);
	return (double)(bench_now_ns() - start) / 1e3;
}

static struct bench_figure rate = {
	.name = "data.rate",
	.what = "data call, bytes there and back",
	.unit = "MB/s",
	.beside = "raw read and write",
	.aim = BENCH_RATIO_MIN,
	.wanted = 0.95,
};
static struct bench_figure cpu = {
	.name = "data.cpu",
	.what = "data call, CPU per MB there and back",
	.unit = "us",
	.beside = "raw read and write",
};
static struct bench_figure latency = {
	.name = "data.latency",
	.what = "data call, one byte there and back",
	.unit = "us",
	.beside = "raw read and write",
};

static void connect_both(struct rig *rig)
{
	raw_send(&rig->raw, 0, "ATS7=60DT300\r");
	wait_raw(rig);
	(void)poll(NULL, 0, 100);
	bench_check(read(rig->raw.lines[0].fd, rig->raw.lines[0].answer, 64) > 0, "no CONNECT");
	rig->session = user_dial_media(&rig->user, 0, TL_MEDIA_DATA);
	user_await_calls(&rig->user, TL_CALL_CONNECTED, 1);
	bench_check(tl_session_attach(rig->user.ctx, rig->session) == 0, "attach");
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t runs = options.brief ? 1 : 15, bytes = options.brief ? 20000 : 4000000;
	static struct rig rig;

	emulator_start(&rig.emulator, 2);
	user_start(&rig.user, rig.emulator.paths, 1);
	raw_open(&rig.raw, rig.emulator.paths + 1, 1);
	connect_both(&rig);
	for (size_t i = 0; i < runs; i++) {
		struct cost limit = bulk(&rig, &theirs, bytes), cost = bulk(&rig, &ours, bytes);

		bench_add(&rate, cost.mb_per_s, limit.mb_per_s);
		bench_add(&cpu, cost.cpu_us_per_mb, limit.cpu_us_per_mb);
	}
	for (size_t i = 0; i < runs * 20; i++) {
		double limit = round_trip_us(&rig, &theirs);

		bench_add(&latency, round_trip_us(&rig, &ours), limit);
	}
	bench_print(&rate);
	bench_print(&cpu);
	bench_print(&latency);
	user_await_op(&rig.user, user_drop(&rig.user, rig.session));
	user_release(&rig.user, rig.session);
	raw_close(&rig.raw);
	user_stop(&rig.user);
	emulator_stop(&rig.emulator);
	return EXIT_SUCCESS;
}
