/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_EMULATOR_H
#define TESTS_BENCH_EMULATOR_H

/*
 * A process with the modems of many lines, each on a pty: as fast as a modem can be, so that what
 * is measured is the other end. It answers at once, from a table, what the V.250 driver asks of a
 * modem with voice (V.253), and is on hook whenever it is asked. A data call connects at once; its
 * bytes are for whom the line is lent to. Commands are echoed after ATE1 only.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EMULATOR_LINES_MAX 2048
#define EMULATOR_ALL	   UINT32_MAX

struct emulator {
	pid_t pid;
	int control;
	size_t n;
	char paths[EMULATOR_LINES_MAX][32]; /* of the ptys, for the other end */
};

/* What begins so is answered so. */
struct emulator_rule {
	const char *command, *answer;
};

/* The first that fits; the last one fits all, with the command "". */
const char *emulator_look_up(const struct emulator_rule *rules, const char *command);
/* What such a modem answers to a command, its CR included. */
const char *emulator_answer(const char *command);

/* Everything that fails here ends the program. */
void emulator_start(struct emulator *emulator, size_t lines);
void emulator_stop(struct emulator *emulator);

/* Answers come so much later, from now on; not while one is awaited. */
void emulator_set_delay(struct emulator *emulator, uint32_t delay_us);

/*
 * A line of its own accord, or the end of the device, of one line or of all.
 * Returns before it happens. @return CLOCK_MONOTONIC in ns, read right before the first byte, or
 * the first close(2)
 */
uint64_t emulator_say_no_carrier(struct emulator *emulator, uint32_t line);
uint64_t emulator_unplug(struct emulator *emulator, uint32_t line);

/* The modem's end of a line, whose bytes are the caller's until it is given back. @return its
 * descriptor, non-blocking, to be closed by the caller */
int emulator_lend(struct emulator *emulator, uint32_t line);
void emulator_take_back(struct emulator *emulator, uint32_t line);

#endif
