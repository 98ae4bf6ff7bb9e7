/* SPDX-License-Identifier: MIT */
#ifndef MODEMSIM_FIXTURE_H
#define MODEMSIM_FIXTURE_H

/* Emulated modems over memory pairs, in virtual time, with the test as their DTE. */

#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "tools/modemsim/exchange.h"
#include "tools/modemsim/fault.h"
#include "tools/modemsim/modem.h"

#define PORT_MAX 3

/* A modem and the program in front of it. */
struct port {
	struct hal_stream *dte;
	struct sim_modem *modem;
	bool deaf; /* reads nothing: what the modem sends piles up */
	char heard[32768];
	size_t heard_len;
	unsigned int reads;
};

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_log log;
	struct sim_exchange *exchange;
	struct port port[PORT_MAX]; /* numbers 101, 102, 103 */
};

/* Three modems, DTR on, echo off. */
void fixture_init(struct fixture *f);
void fixture_fini(struct fixture *f);
void run_ms(struct fixture *f, uint64_t ms);
uint64_t now_ms(const struct fixture *f);

void say_bytes(struct port *port, const char *data, size_t len);
void say(struct port *port, const char *text);
void forget(struct port *port);
/* Say it, wait ms, and expect exactly these bytes since. */
void expect_after(struct fixture *f, struct port *port, const char *text, uint64_t ms,
		  const char *answer);
#define expect(f, port, text, answer) expect_after((f), (port), (text), 10, (answer))
void expect_heard(struct port *port, const char *bytes);
bool has_heard(const struct port *port, const char *text);
unsigned int lines_of(struct port *port);

/* 101 calls 102; both are in data mode afterwards and nothing has been heard. */
void connect_ports(struct fixture *f);
/* Guard, +++, guard. */
void escape(struct fixture *f, struct port *port);
void set_fault(struct port *port, const char *text);

#endif
