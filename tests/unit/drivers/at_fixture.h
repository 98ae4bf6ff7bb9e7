/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_DRIVERS_AT_FIXTURE_H
#define TESTS_UNIT_DRIVERS_AT_FIXTURE_H

/*
 * A queue on one end of an in-memory stream, a modem that answers from a table on the other, and
 * virtual time. What the queue reports is written down as one text: "line:+GMI done:OK unsol:RING".
 */

#include "drivers/at/queue.h"
#include "hal/stream_mem.h"

#define MAX_SAID 64

/* Room for the values of some registers and OK. */
#define COMPOSED_MAX 48

struct fixture;

/* What the modem answers to a command. reply NULL: nothing. */
struct answer_row {
	const char *command;
	uint32_t delay_ms;
	const char *reply;
};

/* Something the modem says later. */
struct said {
	struct fixture *f;
	struct hal_timer timer;
	const char *text;
};

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_log log;
	struct hal_stream *modem;
	struct at_queue *queue;
	const struct answer_row *answers; /* ended by a row without command */
	bool echo;
	char heard[1024]; /* by the modem, "\r" written as "|" */
	size_t n_heard;
	char line[256]; /* being received by the modem */
	size_t line_len;
	struct answer_row composed[MAX_SAID];
	char composed_text[MAX_SAID][COMPOSED_MAX];
	struct said said[MAX_SAID];
	size_t n_said;
	char notes[4096];
	char wire_log[4096];
	bool known; /* what on_unsolicited answers */
	/* Called when something is noted; may do what a user may do in a callback. */
	void (*hook)(struct fixture *f, const char *what);
	struct hal_timer end; /* of a run */
};

/* Open stream, S-registers answered, nothing sent yet. */
void fixture_open(struct fixture *f, const struct answer_row *answers);
void fixture_open_with(struct fixture *f, const struct answer_row *answers,
		       const struct hal_stream_mem_limits *limits);
void fixture_close(struct fixture *f);

void run_ms(struct fixture *f, uint32_t ms);
uint64_t now_ms(const struct fixture *f);
void modem_says(struct fixture *f, const char *text);
void modem_says_in(struct fixture *f, uint32_t delay_ms, const char *text);
void note(struct fixture *f, const char *what, const char *text);
void forget_notes(struct fixture *f);

/* Completions and lines noted as "<name>-line:" and "<name>:"; flags as for the queue. */
struct command {
	struct fixture *f;
	const char *name;
	int n_done;
	int error;
	enum at_result result;
	uint32_t elapsed_ms;
	uint64_t done_ms;
};
int submit(struct command *c, const char *text, uint32_t timeout_ms, unsigned int flags,
	   uint32_t group);
void on_command_done(void *user, const struct at_answer *answer);

#define cr_assert_notes(f, expected)                                                       \
	cr_assert_str_eq((f)->notes, (expected), "%s\n  notes: %s\n  heard: %s", __func__, \
			 (f)->notes, (f)->heard)

#endif
