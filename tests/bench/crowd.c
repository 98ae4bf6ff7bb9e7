/* SPDX-License-Identifier: MIT */
/*
 * 64 data calls through one lined, each with as many bytes both ways as it takes. The first is
 * dropped by another client meanwhile, and yet another lists the lines again and again: what does
 * the slowest of the other 63 get, and are both clients served? What has to hold is counted in
 * bytes, not in time.
 */
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/emulator.h"
#include "tests/bench/raw.h"
#include "tools/varlink/json.h"

#define CALLS	   64
#define TIMEOUT_MS 60000
#define CHUNK	   4096 /* in one turn: we are fair, too */
/* Bytes that one call may get while a list is waited for, which are several hundred turns of lined.
 */
#define ANSWER_MAX  16000000
#define ANSWERS_MIN 3

enum direction { IN, OUT, DIRECTIONS }; /* from the modem, to the modem */

struct call {
	struct varlink_client *client;
	int modem, user; /* modem -1: dropped */
	size_t sent;	 /* to the modem */
	size_t received[DIRECTIONS];
	bool ending; /* nothing more is sent */
};

struct other {
	struct varlink_client *client;
	uint64_t asked_ns;
	size_t mark; /* what the first had received then */
	size_t answers;
};

struct crowd {
	struct emulator emulator;
	struct daemon daemon;
	struct call calls[CALLS];
	char dropped[32]; /* session of the call that will be dropped, the first */
	struct other list, drop;
};

static struct bench_figure shares[] = {
	{.name = "data.lined.share.in", .what = "slowest of 63 data calls, from the modem"},
	{.name = "data.lined.share.out", .what = "slowest of 63 data calls, to the modem"},
};
static struct bench_figure list = {
	.name = "data.lined.crowd.list",
	.what = "ListLines of 64 lines meanwhile",
	.unit = "ms",
};

/* ---- the calls ---- */

static void dial(struct crowd *crowd, size_t index)
{
	struct call *call = &crowd->calls[index];
	struct varlink_reply reply;
	char params[80];

	(void)snprintf(params, sizeof(params), "{\"line\":\"l%zu\",\"number\":\"300\",\"keep\":%s}",
		       index, index == 0 ? "true" : "false");
	*call = (struct call){.client = daemon_connect(&crowd->daemon)};
	reply = daemon_upgrade(call->client, "io.trunkline.Dial", params);
	/* Another connection drops what is the user's, not what is a connection's. */
	if (index == 0)
		(void)snprintf(crowd->dropped, sizeof(crowd->dropped), "%s",
			       varlink_json_get_string(reply.params, "session"));
	varlink_reply_clear(&reply);
	call->user = varlink_client_get_fd(call->client);
	call->modem = emulator_lend(&crowd->emulator, (uint32_t)index);
}

static void give_back(struct crowd *crowd, size_t index)
{
	struct call *call = &crowd->calls[index];

	if (call->modem < 0)
		return;
	close(call->modem);
	call->modem = -1;
	emulator_take_back(&crowd->emulator, (uint32_t)index);
}

/* What was dropped is read up to its end. */
static size_t read_rest(struct call *call, char *buf)
{
	ssize_t n = call->user >= 0 ? read(call->user, buf, CHUNK) : -1;

	if (n == 0)
		call->user = -1;
	return n > 0;
}

/* @return whether anything went */
static bool move(struct call *call)
{
	static const char out[CHUNK] = "no plus signs";
	static char in[CHUNK];
	size_t moved = 0, sent = 0, received[DIRECTIONS];

	if (call->modem < 0)
		return read_rest(call, in) > 0;
	if (!call->ending) {
		moved = raw_some(write(call->modem, out, CHUNK), "to the modem's end");
		sent = raw_some(write(call->user, out, CHUNK), "to lined");
	}
	call->sent += sent;
	received[IN] = raw_some(read(call->user, in, CHUNK), "from lined");
	received[OUT] = raw_some(read(call->modem, in, CHUNK), "from the modem's end");
	for (size_t d = 0; d < DIRECTIONS; d++)
		call->received[d] += received[d];
	return moved + sent + received[IN] + received[OUT] > 0;
}

/* ---- the other clients ---- */

static size_t most(const struct crowd *crowd, enum direction d)
{
	size_t n = 0;

	for (size_t i = 1; i < CALLS; i++)
		if (crowd->calls[i].received[d] > n)
			n = crowd->calls[i].received[d];
	return n;
}

static void ask(struct other *other, const char *method, const char *params)
{
	other->asked_ns = bench_now_ns();
	bench_check(varlink_client_call(other->client, method, json_tokener_parse(params), 0) == 0,
		    method);
}

/* @return whether a reply has come */
static bool is_answered(struct other *other)
{
	struct varlink_reply reply;

	bench_check(varlink_client_dispatch(other->client) == 0, "lined is gone");
	if (varlink_client_next(other->client, &reply) != 1)
		return false;
	daemon_check_dropped(&reply);
	varlink_reply_clear(&reply);
	other->answers++;
	return true;
}

static void go_on_listing(struct crowd *crowd)
{
	struct other *other = &crowd->list;

	if (other->asked_ns > 0) {
		bench_check(most(crowd, IN) < other->mark + ANSWER_MAX, "the list is not answered");
		if (!is_answered(other))
			return;
		bench_add(&list, (double)(bench_now_ns() - other->asked_ns) / 1e6, 0);
	}
	other->mark = most(crowd, IN);
	ask(other, "io.trunkline.ListLines", "{}");
}

/* The modem gets its line back when nothing but commands can come. */
static void go_on_dropping(struct crowd *crowd)
{
	struct call *call = &crowd->calls[0];
	char params[64];

	if (crowd->drop.asked_ns > 0 && crowd->drop.answers == 0)
		(void)is_answered(&crowd->drop);
	if (crowd->drop.asked_ns > 0 || !call->ending || call->received[OUT] < call->sent)
		return;
	give_back(crowd, 0);
	(void)snprintf(params, sizeof(params), "{\"session\":\"%s\"}", crowd->dropped);
	ask(&crowd->drop, "io.trunkline.Drop", params);
}

/* ---- all at once ---- */

static void await(const struct crowd *crowd)
{
	struct pollfd fds[2 * CALLS + 2];

	for (size_t i = 0; i < CALLS; i++) {
		const struct call *call = &crowd->calls[i];
		short events = call->modem < 0 || call->ending ? POLLIN : POLLIN | POLLOUT;

		fds[2 * i] = (struct pollfd){.fd = call->modem, .events = events};
		fds[2 * i + 1] = (struct pollfd){.fd = call->user, .events = events};
	}
	fds[2 * CALLS] = (struct pollfd){.fd = varlink_client_get_fd(crowd->list.client),
					 .events = varlink_client_events(crowd->list.client)};
	fds[2 * CALLS + 1] = (struct pollfd){.fd = varlink_client_get_fd(crowd->drop.client),
					     .events = varlink_client_events(crowd->drop.client)};
	bench_check(poll(fds, 2 * CALLS + 2, TIMEOUT_MS) > 0, "nothing goes on");
}

/* Of the first call, too, if that is where to begin. */
static double total(const struct crowd *crowd, enum direction d, size_t begin)
{
	double bytes = 0;

	for (size_t i = begin; i < CALLS; i++)
		bytes += (double)crowd->calls[i].received[d];
	return bytes;
}

/* When the first has got so many bytes: what has the slowest? */
static void note_share(const struct crowd *crowd, enum direction d, size_t bytes)
{
	size_t least = SIZE_MAX;

	for (size_t i = 1; i < CALLS; i++)
		if (crowd->calls[i].received[d] < least)
			least = crowd->calls[i].received[d];
	bench_check(least >= bytes / 4, "a call has got less than a quarter of what another has");
	bench_add(&shares[d], (double)least * (CALLS - 1) / total(crowd, d, 1), 0);
}

static void carry(struct crowd *crowd, size_t bytes)
{
	bool noted[DIRECTIONS] = {false};

	while (!noted[IN] || !noted[OUT] || crowd->list.answers < ANSWERS_MIN ||
	       crowd->drop.answers == 0) {
		bool moved = false;

		for (size_t i = 0; i < CALLS; i++)
			moved |= move(&crowd->calls[i]);
		go_on_listing(crowd);
		crowd->calls[0].ending = most(crowd, IN) >= bytes / 2;
		go_on_dropping(crowd);
		for (size_t d = 0; d < DIRECTIONS; d++) {
			if (noted[d] || most(crowd, d) < bytes)
				continue;
			noted[d] = true;
			note_share(crowd, d, bytes);
		}
		if (!moved)
			await(crowd);
	}
}

static void run(size_t bytes)
{
	static struct crowd crowd;

	crowd = (struct crowd){0};
	emulator_start(&crowd.emulator, CALLS);
	daemon_start(&crowd.daemon, crowd.emulator.paths, CALLS);
	daemon_await_ready(&crowd.daemon, CALLS);
	crowd.list.client = daemon_connect(&crowd.daemon);
	crowd.drop.client = daemon_connect(&crowd.daemon);
	for (size_t i = 0; i < CALLS; i++)
		dial(&crowd, i);
	carry(&crowd, bytes);
	for (size_t i = 0; i < CALLS; i++) {
		give_back(&crowd, i);
		(void)varlink_client_free(crowd.calls[i].client);
	}
	(void)varlink_client_free(crowd.list.client);
	(void)varlink_client_free(crowd.drop.client);
	daemon_stop(&crowd.daemon);
	emulator_stop(&crowd.emulator);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);

	bench_raise_limits();
	for (size_t i = 0; i < (options.brief ? 1 : 2); i++)
		run(options.brief ? 500000 : 1000000);
	for (size_t d = 0; d < DIRECTIONS; d++) {
		shares[d].unit = "of the mean";
		shares[d].aim = BENCH_VALUE_MIN;
		shares[d].wanted = 0.5;
		bench_print(&shares[d]);
	}
	bench_print(&list);
	return EXIT_SUCCESS;
}
