/* SPDX-License-Identifier: MIT */
/*
 * The plug is pulled on ptys, after every single byte that either side writes, and with every kind
 * of request in flight; then it is plugged in again. The clock is virtual, but the kernel carries
 * the bytes in its own time: the clock stands still while any are on their way.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "hal/stream_tty.h"
#include "tools/modemsim/exchange.h"
#include "tools/modemsim/modem.h"

#include <trunkline/trunkline.h>

#include "core/ctx.h"

#define FLIGHT_MS 20 /* bytes that take longer were flushed */

ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __real_write(int fd, const void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);

/* Bytes of this plugging, by who writes them. */
static struct {
	size_t written[2], read[2];
	size_t budget; /* the plug is pulled after so many; 0: it stays */
	bool cut;
} wire;

/* @return 1 the modem's end, 0 the stack's, -1 no pty */
static int end_of(int fd)
{
	int number;

	if (!isatty(fd))
		return -1;
	return ioctl(fd, TIOCGPTN, &number) == 0;
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	int end = end_of(fd);
	ssize_t n = __real_read(fd, buf, size);

	if (end >= 0 && n > 0)
		wire.read[end] += (size_t)n;
	return n;
}

ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
	size_t total = wire.written[0] + wire.written[1];
	int end = end_of(fd);
	ssize_t n;

	if (end < 0)
		return __real_write(fd, buf, size);
	if (wire.budget > 0 && size > wire.budget - total)
		size = wire.budget - total;
	if (size == 0) {
		errno = EAGAIN;
		return -1;
	}
	n = __real_write(fd, buf, size);
	if (n > 0)
		wire.written[end] += (size_t)n;
	wire.cut = wire.budget > 0 && n > 0 && total + (size_t)n == wire.budget;
	return n;
}

static bool in_flight(void)
{
	return wire.written[0] > wire.read[1] || wire.written[1] > wire.read[0];
}

static void limit(size_t bytes)
{
	memset(&wire, 0, sizeof(wire));
	wire.budget = bytes;
}

struct bed {
	struct hal_clock_virtual clock;
	struct hal_stream_provider provider;
	struct hal_log log;
	struct tl_ctx *ctx;
	struct sim_exchange *exchange;
	struct sim_modem *modem;
	bool absent;
	tl_line line;
	tl_session session; /* id 0: none */
	uint64_t op;	    /* 0: none */
	unsigned int done;  /* completions of op */
};

static int open_port(const struct hal_stream_provider *provider, struct hal_loop *loop,
		     const char *path, const struct hal_stream_config *config,
		     struct hal_error *err, struct hal_stream **ret_stream)
{
	struct bed *bed = HAL_CONTAINER_OF(provider, struct bed, provider);
	int r;

	(void)path;
	if (bed->absent) {
		(void)snprintf(err->text, sizeof(err->text), "unplugged");
		return -ENOENT;
	}
	/* A number may be free before the lock of the program that had it last is. */
	do {
		struct hal_stream *master;
		char slave[64];

		if (sim_modem_has_stream(bed->modem))
			sim_modem_detach(bed->modem);
		cr_assert_eq(hal_stream_pty_open(loop, &master, slave, sizeof(slave)), 0);
		cr_assert_eq(sim_modem_attach(bed->modem, master), 0);
		r = hal_stream_tty_open(loop, slave, config, err, ret_stream);
	} while (r == -EBUSY);
	cr_assert_eq(r, 0, "%s", err->text);
	return 0;
}

static void setup(struct bed *bed)
{
	static const struct sim_number answering = {.pattern = "300",
						    .service = SIM_SERVICE_ANSWER};

	memset(bed, 0, sizeof(*bed));
	limit(0);
	bed->provider.open = open_port;
	hal_clock_virtual_init(&bed->clock, HAL_USEC_PER_SEC, 0);
	cr_assert_eq(core_ctx_new(&bed->clock.clock, core_driver_set_builtin(), &bed->provider,
				  &bed->ctx),
		     0);
	cr_assert_eq(sim_exchange_new(bed->ctx->loop, &bed->log, &bed->exchange), 0);
	cr_assert_eq(sim_exchange_add_number(bed->exchange, &answering), 0);
	cr_assert_eq(sim_modem_new(bed->exchange, "101", NULL, NULL, &bed->modem), 0);
}

static void add_line(struct bed *bed)
{
	struct tl_line_params *params = tl_line_params_new();

	cr_assert_eq(tl_line_params_set(params, "name", "a", NULL), 0);
	cr_assert_eq(tl_line_params_set(params, "device", "a", NULL), 0);
	cr_assert_eq(tl_line_add(bed->ctx, params, &bed->line), 0);
	(void)tl_line_params_free(params);
	cr_assert_eq(tl_line_open(bed->ctx, tl_ctx_get_client(bed->ctx), bed->line,
				  TL_PRIVILEGE_OWNER, 0),
		     0);
}

static void fetch(struct bed *bed)
{
	struct tl_event *event;

	while (tl_ctx_next_event(bed->ctx, &event) > 0) {
		if (tl_event_get_type(event) == TL_EVENT_SESSION_NEW)
			bed->session = tl_event_get_session(event);
		if (tl_event_get_type(event) == TL_EVENT_OP_DONE &&
		    tl_event_get_op(event) == bed->op)
			bed->done++;
		(void)tl_event_free(event);
	}
}

typedef bool (*condition_fn)(struct bed *bed);

/* Time goes on when the wire is silent. @return the condition holds; false also after a cut */
static bool run_until(struct bed *bed, condition_fn holds, uint64_t seconds)
{
	uint64_t end = bed->clock.now_us + seconds * HAL_USEC_PER_SEC, next;
	struct hal_loop *loop = bed->ctx->loop;

	for (;;) {
		fetch(bed);
		if (holds(bed))
			return true;
		if (wire.cut)
			return false;
		if (hal_loop_dispatch(loop) > 0)
			continue;
		if (in_flight()) {
			if (hal_loop_wait(loop, FLIGHT_MS) == 0)
				limit(wire.budget > 0
					      ? wire.budget - wire.written[0] - wire.written[1]
					      : 0);
			continue;
		}
		next = hal_loop_next_deadline_us(loop);
		if (next > end)
			return false;
		if (next > bed->clock.now_us)
			hal_clock_virtual_set(&bed->clock, next);
	}
}

static enum tl_line_state line_state(struct bed *bed)
{
	struct tl_line_info *info;
	enum tl_line_state state;

	cr_assert_eq(tl_line_get_info(bed->ctx, bed->line, &info), 0);
	state = tl_line_info_state(info);
	(void)tl_line_info_free(info);
	return state;
}

static bool is_ready(struct bed *bed)
{
	return line_state(bed) == TL_LINE_READY;
}

static bool is_away(struct bed *bed)
{
	return line_state(bed) == TL_LINE_GONE || line_state(bed) == TL_LINE_ABSENT;
}

static bool is_offered(struct bed *bed)
{
	return bed->session.id != 0;
}

static enum tl_call_state call_state(struct bed *bed)
{
	struct tl_session_info *info;
	enum tl_call_state state;

	cr_assert_eq(tl_session_get_info(bed->ctx, bed->session, &info), 0);
	state = tl_session_info_state(info);
	(void)tl_session_info_free(info);
	return state;
}

static bool is_connected(struct bed *bed)
{
	return call_state(bed) == TL_CALL_CONNECTED;
}

static bool is_done(struct bed *bed)
{
	return bed->done > 0;
}

static size_t descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Pulled: everything ends once; plugged in again: the line is the same as before. */
static void pull_and_plug(struct bed *bed, const char *name, size_t bytes)
{
	bed->absent = true;
	limit(0);
	sim_modem_detach(bed->modem);
	cr_assert(run_until(bed, is_away, 200), "%s, byte %zu: not away", name, bytes);
	if (bed->op)
		cr_assert_eq(bed->done, 1, "%s, byte %zu: completed %u times", name, bytes,
			     bed->done);
	if (bed->session.id) {
		cr_assert_eq(call_state(bed), TL_CALL_IDLE, "%s, byte %zu", name, bytes);
		cr_assert_eq(tl_session_release(bed->ctx, bed->session, 0), 0);
		bed->session.id = 0;
	}
	bed->op = 0;
	bed->done = 0;
	bed->absent = false;
}

static void finish(struct bed *bed)
{
	static const enum tl_count gauges[] = {TL_COUNT_CALLS, TL_COUNT_SESSIONS, TL_COUNT_REQUESTS,
					       TL_COUNT_OFF_HOOK};

	cr_assert_eq(tl_line_remove(bed->ctx, bed->line), 0);
	fetch(bed);
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		cr_assert_eq(tl_ctx_get_count(bed->ctx, gauges[i]), 0, "%s",
			     tl_count_name(gauges[i]));
	sim_modem_free(bed->modem);
	sim_exchange_free(bed->exchange);
	(void)tl_ctx_free(bed->ctx);
}

Test(pty, pulled_after_every_byte_of_opening_and_probing)
{
	struct bed bed;
	size_t bytes, fds;

	setup(&bed);
	bed.absent = true;
	add_line(&bed);
	fds = descriptors();
	for (bytes = 1;; bytes++) {
		bed.absent = false;
		limit(bytes);
		if (run_until(&bed, is_ready, 200))
			break;
		cr_assert(wire.cut, "byte %zu: never READY", bytes);
		pull_and_plug(&bed, "probing", bytes);
		bed.absent = true;
		cr_assert_eq(descriptors(), fds, "byte %zu", bytes);
	}
	cr_assert_gt(bytes, 300, "there are that many");
	finish(&bed);
}

static void dial(struct bed *bed)
{
	cr_assert_eq(tl_line_dial(bed->ctx, tl_ctx_get_client(bed->ctx), bed->line, "300", NULL,
				  &bed->session, &bed->op),
		     0);
}

static void connect_first(struct bed *bed)
{
	dial(bed);
	cr_assert(run_until(bed, is_connected, 30));
	bed->op = 0;
	bed->done = 0;
}

static void drop(struct bed *bed)
{
	cr_assert_eq(tl_session_drop(bed->ctx, bed->session, 0, &bed->op), 0);
}

static void ring_first(struct bed *bed)
{
	cr_assert_eq(sim_exchange_ring(bed->modem, HAL_SLICE("5550000")), 0);
	cr_assert(run_until(bed, is_offered, 30));
}

static void answer(struct bed *bed)
{
	cr_assert_eq(tl_session_answer(bed->ctx, bed->session, TL_MEDIA_DATA, &bed->op), 0);
}

static void reset(struct bed *bed)
{
	cr_assert_eq(tl_line_reset(bed->ctx, tl_ctx_get_client(bed->ctx), bed->line, TL_RESET_SOFT,
				   &bed->op),
		     0);
}

static void command(struct bed *bed)
{
	cr_assert_eq(tl_line_command(bed->ctx, tl_ctx_get_client(bed->ctx), bed->line, "AT+GMI", 0,
				     &bed->op),
		     0);
}

static const struct request {
	const char *name;
	void (*before)(struct bed *bed); /* with the plug in */
	void (*make)(struct bed *bed);
	condition_fn until; /* when it is over */
	size_t least;
} requests[] = {
	{"dial", NULL, dial, is_connected, 20},	      {"answer", ring_first, answer, is_done, 20},
	{"drop", connect_first, drop, is_ready, 100}, {"reset", NULL, reset, is_ready, 300},
	{"command", NULL, command, is_done, 20},
};

/* @return false when the request was over before the byte came */
static bool pull_at(struct bed *bed, const struct request *request, size_t bytes)
{
	bool over;

	cr_assert(run_until(bed, is_ready, 200), "%s, byte %zu: not READY", request->name, bytes);
	if (request->before)
		request->before(bed);
	limit(bytes);
	request->make(bed);
	over = run_until(bed, is_done, 200) && run_until(bed, request->until, 200) && !wire.cut;
	pull_and_plug(bed, request->name, bytes);
	return !over;
}

Test(pty, pulled_after_every_byte_with_each_request_in_flight)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		size_t bytes = 1, fds;
		struct bed bed;

		setup(&bed);
		add_line(&bed);
		cr_assert(run_until(&bed, is_ready, 30));
		fds = descriptors();
		while (pull_at(&bed, &requests[i], bytes))
			bytes++;
		cr_assert_gt(bytes, requests[i].least, "%s: only %zu bytes", requests[i].name,
			     bytes);
		cr_assert(run_until(&bed, is_ready, 200));
		cr_assert_eq(descriptors(), fds, "%s", requests[i].name);
		finish(&bed);
	}
}
