/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_V250_V250_H
#define DRIVERS_V250_V250_H

/*
 * Inside of the V.250 driver: analogue data modems (V.250, Hayes) and their voice calls (';'
 * dialling, and V.253 class 8 where the modem has it). One file per activity; v250.c has the life
 * of a line and what comes unasked.
 *
 * A command's completion with -ECANCELED means that another activity has taken over: it is ignored
 * everywhere.
 */

#include "core/driver.h"
#include "drivers/at/link.h"
#include "drivers/at/queue.h"
#include "drivers/at/script.h"
#include "drivers/at/tail.h"
#include "hal/stream.h"

enum v250_phase {
	V250_OPENING,
	V250_PROBING,
	V250_READY,
	V250_DIALING,
	V250_ANSWERING,
	V250_ONLINE,	/* data state */
	V250_ASIDE,	/* command state, a data call goes on */
	V250_RETURNING, /* to data state */
	V250_DOUBTING,	/* is this command state? */
	V250_TALKING,	/* off hook in command state */
	V250_DROPPING,
	V250_ENDED, /* on hook again; the core may ask why, then has us recover */
	V250_RECOVERING,
	V250_COMMAND,
	V250_DOWN, /* reported; waiting to be detached */
};

enum v250_call_log { V250_LOG_UNKNOWN, V250_LOG_IN_PROGRESS, V250_LOG_CLEARED };

struct v250;

/* proof NULL: not on hook as far as we can tell, answer says what the modem said. */
typedef void (*v250_verified_fn)(struct v250 *v, const char *proof, const char *answer);

/* What each command touches comes first. */
struct v250 {
	struct core_line *line;
	struct at_queue *queue; /* NULL while the port is closed */
	enum v250_phase phase;
	uint32_t group;		   /* commands of the present activity */
	v250_verified_fn verified; /* NULL: no verification is under way */
	char *text;		   /* raw command: what has been answered */
	size_t text_len, text_size;
	struct hal_work work; /* an upcall that must not be made from inside a downcall */
	void (*work_fn)(struct v250 *v);
	struct hal_timer timer; /* the wait of the present activity */
	void (*timer_fn)(struct v250 *v);
	struct core_driver_host host;

	struct at_script script;
	struct core_line_identity identity;
	bool has_lines;	  /* the port has modem lines */
	bool has_class8;  /* V.253 */
	bool has_ud;	  /* AT#UD */
	bool in_progress; /* AT#UD told of a call at probing */

	/* probing */
	unsigned int probe_tries;
	uint64_t probe_bytes; /* had come in before */
	bool escaped;	      /* +++ has been tried */
	bool carrier;	      /* DCD was on before ATH */
	const char *found;    /* how the probe found a call that was left; NULL: it did not */

	/* the call */
	enum tl_media media;
	struct core_dial dial;
	struct at_link link;
	bool dcd_seen; /* high during this call: its fall is proof */

	/* its data */
	struct at_tail tail;
	uint64_t tail_us;		    /* when it became the whole line */
	bool lent;			    /* somebody else reads and writes it */
	bool doubting;			    /* the tail may be the modem's: it is being found out */
	bool answered;			    /* it is likely: ERROR was behind it */
	bool carrier_lost;		    /* the end of the data is awaited */
	bool minds_carrier;		    /* CLOCAL is off: the port hangs up when DCD falls */
	bool asked;			    /* escape or resume was asked for by the core */
	struct hal_stream_counters counted; /* when DCD was high */
	struct hal_timer break_timer;	    /* a break is being sent */

	/* verification and drop */
	bool on_hook;			     /* +VLS? said so */
	int (*escaped_to)(struct v250 *v);   /* what to do in command state */
	int (*const *steps)(struct v250 *v); /* of the ladder in use */
	int (*step)(struct v250 *v);	     /* that runs, NULL: none */
	char step_answer[CORE_TEXT_MAX];
	uint32_t call_group; /* of the command that set up the call */
	bool was_data;
	bool needs_sync;  /* the dialogue must be checked before the next call */
	bool needs_setup; /* the modem may have lost its settings */
	bool was_voice;	  /* class 8 is to be left */

	/* AT#UD about this call */
	bool log_read;
	bool log_stale; /* it tells of the call before */
	enum v250_call_log log;
	void (*log_fn)(struct v250 *v, enum v250_call_log log);
	struct core_cause cause;
	bool cause_known;
	struct core_quality quality;

	char caller[TL_NUMBER_MAX + 1];
	char caller_name[CORE_IDENT_MAX];

	struct hal_timer dtr_timer; /* DTR is low until then */
	struct hal_timer ring_timer;
	uint64_t timeouts, resyncs; /* of queues that were closed */
	int open_error;
	struct hal_error why;
};

/* Time-outs. Analogue modems answer local commands at once; a second covers slow firmware. */
#define V250_LOCAL_MS	   2000
#define V250_FLASH_MS	   3000 /* half a second on hook, and slow firmware */
#define V250_HOOK_MS	   3000 /* V.250 §6.3.6: OK once circuit 109 is off; S10 is mostly 1.4 s */
#define V250_ABORT_MS	   3000 /* V.250 §5.6.1 */
#define V250_GUARD_MS	   1000 /* Hayes S12 = 50, in 1/50 s */
#define V250_ESCAPE_MS	   2000 /* OK after the second guard time */
#define V250_ATO_MS	   1500 /* no call: NO CARRIER at once; longer means that it is training */
#define V250_ATO_PROMPT_MS 1000 /* S7 cannot be shorter, so a later NO CARRIER proves nothing */
#define V250_GAP_MS	   50	/* within a line of the modem; USB adapters hold bytes for 16 ms */
#define V250_END_MS	   1000 /* silence behind NO CARRIER */
#define V250_DOUBT_MS	   1000 /* OK after the second guard time, from a modem that is online */
#define V250_RETURN_MS	   10000 /* O without retraining: at once, but for slow modems */
#define V250_DTR_LOW_MS	   500	 /* longer than S25 of all modems known (0.05 to 0.2 s) */
#define V250_DCD_MS	   2000	 /* S10 and the modem's own clear-down */
#define V250_REOPEN_MS	   1000	 /* port closed, DTR low by HUPCL */
#define V250_DIAL_SLACK_MS 5000	 /* beyond S7, which the modem watches itself */
#define V250_LINES_POLL_MS 200	 /* for ports that cannot tell; only during calls */

/* ---- v250.c ---- */

/* One command of the present group. @return as at_queue_submit() */
int v250_submit(struct v250 *v, const char *text, uint32_t timeout_ms, unsigned int flags,
		at_done_fn on_done);
/* As v250_submit(), with information text. */
int v250_query(struct v250 *v, const char *text, at_line_fn on_line, at_done_fn on_done);
/* Leave whatever is under way; its completions come with -ECANCELED. */
void v250_new_activity(struct v250 *v, enum v250_phase phase);
void v250_wait(struct v250 *v, uint32_t ms, void (*fn)(struct v250 *v));
/* Run fn from the loop. */
void v250_later(struct v250 *v, void (*fn)(struct v250 *v));
void v250_down(struct v250 *v, int error, const char *why);
/* Open the port and make a queue on it. @return 0 or error with v->why filled */
int v250_open(struct v250 *v);
struct hal_stream_config v250_stream_config(const struct core_line_config *config);
void v250_close(struct v250 *v);
bool v250_dcd(struct v250 *v);

/* ---- setup.c ---- */

void v250_probe(struct v250 *v);
void v250_probe_stuck(struct v250 *v);
int v250_recover(void *driver);
/* Go on recovering, if that is what is being done: its turn has come, or DTR is up again. */
void v250_recover_now(struct v250 *v);

/* ---- call.c ---- */

int v250_dial(void *driver, const struct core_dial *dial);
int v250_answer(void *driver, enum tl_media media);
int v250_hold(void *driver, bool hold);
/* The modem has answered a call unasked (S0, a switch on its case) and is online. */
void v250_answered_itself(struct v250 *v, struct hal_slice connect);
/* The remote end has gone, as shown by proof, or as its text says (proof NULL). at_us: when
 * it said so; 0: now. */
void v250_remote_end(struct v250 *v, uint64_t at_us, const char *text, const char *proof);
/* The port has hung up because the remote end has. The driver is detached from inside this call. */
void v250_carrier_hang_up(struct v250 *v);
/* The same of a voice call, as a result code says. */
void v250_talk_end(struct v250 *v, enum at_result result);
/* What a result code means for a call. */
void v250_cause_of(enum at_result result, bool connected, struct core_cause *ret_cause);

/* ---- data.c ---- */

/* The call is online. */
void v250_data_start(struct v250 *v);
/* The call is being dropped, or lost: hand over what there is. */
void v250_data_stop(struct v250 *v);
/* The settings of the port that commands need. */
void v250_data_leave(struct v250 *v);
/* The port has hung up; was it because the carrier fell, unless the device is gone? */
bool v250_data_hung_up(const struct v250 *v);
void v250_data_receive(struct v250 *v, struct hal_slice data);
/* DCD may have changed, or a break have come. */
void v250_data_lines(struct v250 *v);
void v250_data_break_timer(struct hal_timer *timer);
ssize_t v250_read(void *driver, void *buf, size_t size);
ssize_t v250_write(void *driver, const void *buf, size_t len);
void v250_data_taken(void *driver);
size_t v250_unsent(void *driver, bool forget);
int v250_send_break(void *driver, uint32_t ms);
int v250_lend(void *driver, int *ret_fd);
/* The call ends: the port is ours again, with our settings. Nothing happens when it is not lent. */
void v250_take_back(struct v250 *v);

/* ---- mode.c ---- */

int v250_escape(void *driver);
int v250_resume(void *driver);
/* NO CARRIER is the last that has come: is it the modem's? */
void v250_doubt(struct v250 *v);

/* ---- verify.c ---- */

void v250_verify(struct v250 *v, v250_verified_fn fn);
/* DCD may have changed. */
void v250_verify_lines(struct v250 *v);

/* ---- drop.c ---- */

const struct core_drop_step *v250_ladder(void *driver, size_t *ret_n);
int v250_drop(void *driver, size_t index);
void v250_drop_lines(struct v250 *v);
void v250_drop_result(struct v250 *v, enum at_result result);
void v250_drop_opened(struct v250 *v);
/* The dial or answer command that the step aborts has completed. */
void v250_drop_aborted(struct v250 *v, const struct at_answer *answer);

/* ---- diagnose.c ---- */

int v250_diagnose(void *driver);
/* One "DIAG <2A4D3263 key=value …>" line of AT#UD. @return true when it gave a cause */
bool v250_diag_parse(struct hal_slice line, struct core_cause *ret_cause);
/* What the line says of how the last call went, added to what is known. */
void v250_diag_quality(struct hal_slice line, struct core_quality *quality);
/* What the line says about the last call. */
enum v250_call_log v250_diag_log(struct hal_slice line);
/* Ask; fn runs once, unless another activity begins. v->cause has the cause then. @return as
 * v250_submit() */
int v250_read_log(struct v250 *v, void (*fn)(struct v250 *v, enum v250_call_log log));

/* ---- raw.c ---- */

int v250_command(void *driver, const char *text, uint32_t timeout_ms);
/* May a user send this? @return 0; -EPERM it touches calls or our dialogue; -EINVAL */
int v250_command_check(struct hal_slice body);

/* ---- caller.c ---- */

/* A line of formatted caller ID (+VCID=1). @return true when it was one */
bool v250_caller_line(struct v250 *v, struct hal_slice line);
void v250_caller_reset(struct v250 *v);

#endif
