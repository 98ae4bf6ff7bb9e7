/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SCENARIO_RIG_H
#define TESTS_SCENARIO_RIG_H

/*
 * The whole stack and an emulated exchange in one process, in virtual time: lines "a", "b" … with
 * the numbers 101, 102 … on modems of modemsim, joined by in-memory streams.
 */

#include <trunkline/trunkline.h>

#include "core/ctx.h"
#include "hal/clock.h"
#include "hal/hotplug.h"
#include "tools/modemsim/exchange.h"
#include "tools/modemsim/modem.h"

#define RIG_MODEMS 8
#define RIG_EVENTS 512

struct rig_modem {
	struct sim_modem *sim;
	struct hal_stream *stream; /* the modem's end */
	bool absent;		   /* opening it fails */
	bool without_lines;	   /* like a pty */
	struct hal_device device;  /* node: "a", "b" …, what the line is configured with */
	bool locked;		   /* it is there, and may not be opened yet */
	bool byte_by_byte;	   /* what is opened from now on moves a byte at a time */
	tl_line line;
};

struct rig {
	struct hal_clock_virtual clock;
	struct hal_stream_provider provider;
	struct hal_machine machine; /* has the devices of the modems that are not absent */
	struct hal_log log;
	struct tl_ctx *ctx;
	struct sim_exchange *exchange;
	struct rig_modem modems[RIG_MODEMS];
	struct tl_event *events[RIG_EVENTS]; /* all that came, oldest first */
	size_t n_events;
	size_t n_dropped; /* beyond RIG_EVENTS */
};

struct rig_options {
	size_t modems;	    /* 0: 2 */
	bool without_lines; /* streams like ptys: no DTR, no DCD */
	bool voice;	    /* modems have class 8 */
	bool says_vcon;	    /* and tell when a voice call is answered */
	bool flash_holds;   /* at the exchange; lines say so themselves */
	bool no_diagnostics;
	bool online_error;
};

/* Lines are READY when this returns. */
void rig_init(struct rig *rig, const struct rig_options *options);
/* Without lines: for tests of what happens before READY. */
void rig_init_bare(struct rig *rig, const struct rig_options *options);
/* Asserts that everything goes back to zero. */
void rig_fini(struct rig *rig);
/* Add the line of modem index with extra parameters ("init=AT+FOO,baud=9600" or NULL). */
tl_line rig_add_line(struct rig *rig, size_t index, const char *key, const char *value);

/* Add the line "x" of whatever device that is. */
tl_line rig_add_device(struct rig *rig, const char *device);

/* Let so much time pass. */
void rig_run_ms(struct rig *rig, uint64_t ms);
/* Run until so many milliseconds have passed or the condition holds. @return it holds */
bool rig_until_call(struct rig *rig, tl_session session, enum tl_call_state state, uint64_t ms);
bool rig_until_line(struct rig *rig, tl_line line, enum tl_line_state state, uint64_t ms);
bool rig_until_over(struct rig *rig, tl_session session, uint64_t ms);
bool rig_until_on_hook(struct rig *rig, size_t index, uint64_t ms);
bool rig_until(struct rig *rig, bool (*holds)(void *user), void *user, uint64_t ms);
/* @return the completion, asserting that it comes within ms */
int rig_op(struct rig *rig, uint64_t op, uint64_t ms);

enum tl_call_state rig_state(struct rig *rig, tl_session session);
enum tl_line_state rig_line_state(struct rig *rig, tl_line line);
/* The session that was made for a client on an incoming call, asserting that there is one. */
tl_session rig_new_session(const struct rig *rig, tl_client client);
size_t rig_count(const struct rig *rig, enum tl_event_type type);
/* How often a line was in a state. */
size_t rig_count_states(const struct rig *rig, tl_line line, enum tl_line_state state);
const struct tl_event *rig_completion(const struct rig *rig, uint64_t op);

/* Dial from modem index; asserts that it is accepted. */
tl_session rig_dial(struct rig *rig, size_t index, const char *number);
/* Dial 300, a modem of the exchange that answers, from modem 0; asserts CONNECTED. */
tl_session rig_connect(struct rig *rig);
/* What the rig knows for certain: modem index is off hook. */
bool rig_is_off_hook(const struct rig *rig, size_t index);
/* A session's info; freed by the caller. */
struct tl_session_info *rig_info(struct rig *rig, tl_session session);
void rig_fault(struct rig *rig, size_t index, enum sim_fault_kind kind);
/* Hang up on the line; the device is still there. */
void rig_hang_up(struct rig *rig, size_t index);
void rig_unplug(struct rig *rig, size_t index);
void rig_plug(struct rig *rig, size_t index);
/* Start the hotplug monitor; its feed is rig_tell(). */
void rig_watch(struct rig *rig);
void rig_tell(struct rig *rig, size_t index, enum hal_hotplug_event event);

#endif
