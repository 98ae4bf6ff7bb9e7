/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CORE_FAKE_DRIVER_H
#define TESTS_UNIT_CORE_FAKE_DRIVER_H

/*
 * A context in virtual time whose driver, "fake", does what the test says and writes down what the
 * core asked of it; "bare" is the same without the ops that may be left out. Opening, recovering
 * and the steps of a drop are reported from the loop as scripted here; everything else the test
 * reports itself, by upcalls on fake.line.
 */

#include <trunkline/trunkline.h>

#include "core/call.h"
#include "core/ctx.h"
#include "core/driver.h"
#include "core/line.h"
#include "core/session.h"
#include "hal/clock.h"
#include "hal/stream.h"

#define FAKE_STEPS  4
#define FAKE_EVENTS 256
#define FAKE_FD	    7777 /* what lend() gives; nobody uses it */

struct fake_step {
	int error;   /* of ops->drop() */
	bool silent; /* nothing is reported */
	enum tl_drop_result result;
};

struct fake {
	struct hal_clock_virtual clock;
	struct hal_stream_provider provider; /* never asked: how the driver finds its fake */
	struct tl_ctx *ctx;
	struct core_line *line; /* attached last */

	/* script */
	int attach_error; /* attach() fails */
	int open_error;	  /* core_line_down() instead of core_line_up() */
	int probe_error;  /* the port is not open */
	bool silent;	  /* neither opening nor recovering is reported */
	int dial_error, answer_error, recover_error, command_error, diagnose_error, hold_error;
	struct fake_step steps[FAKE_STEPS];
	size_t n_steps;	    /* 0: one that is verified */
	bool erasing;	    /* the second step erases causes */
	unsigned int media; /* bits 1 << enum tl_media; 0: data only */
	bool can_hold;
	uint64_t timeouts;
	char port[64]; /* what read() finds, NUL-terminated */
	bool full;     /* write() takes nothing */
	size_t unsent; /* of what was written */
	int mode_error;
	int lend_error;

	/* what was asked, "attach dial drop0 drop1 recover "; and what came */
	char calls[512];
	struct tl_event *events[FAKE_EVENTS];
	size_t n_events;
};

void fake_init(struct fake *f);
/* Removes all lines; asserts that every gauge is back to zero. */
void fake_fini(struct fake *f);
/* Nothing was asked so far. */
void fake_forget(struct fake *f);
void fake_run_ms(struct fake *f, uint64_t ms);

struct tl_line_params *fake_params(const char *name);
tl_line fake_add(struct fake *f, const char *name);
/* A line "a" that is READY. */
tl_line fake_ready(struct fake *f);
/* Dial "123" for the client as far as accepted, or connected, on a line that is READY. */
tl_session fake_dial(struct fake *f, tl_client client, tl_line line, uint64_t *ret_op);
/* The same for a voice call, on a line that can hold one. */
tl_session fake_talk(struct fake *f, tl_client client, tl_line line);
tl_session fake_connect(struct fake *f, tl_client client, tl_line line);
/* So many bytes of data have come in and gone out, as a driver tells. */
void fake_bytes(struct fake *f, size_t in, size_t out);
tl_client fake_client(struct fake *f, const char *name);
/* Release, asserting that it may. */
void fake_release(struct fake *f, tl_session session);

/* Take all events that wait. */
void fake_fetch(struct fake *f);
void fake_clear(struct fake *f);
size_t fake_count(const struct fake *f, enum tl_event_type type);
/* The last one of a type, NULL: none came. */
const struct tl_event *fake_last(const struct fake *f, enum tl_event_type type);
/* How many completions of op have come; its result when there is one. */
size_t fake_completions(struct fake *f, uint64_t op, int *ret_result);
/* Asserts that op has completed once, now. */
void fake_assert_done(struct fake *f, uint64_t op, int result);

enum tl_line_state fake_line_state(struct fake *f, tl_line line);
struct tl_session_info *fake_info(struct fake *f, tl_session session);
enum tl_call_state fake_call_state(struct fake *f, tl_session session);

#endif
