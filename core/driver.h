/* SPDX-License-Identifier: MIT */
#ifndef CORE_DRIVER_H
#define CORE_DRIVER_H

/*
 * The contract between the core and the drivers. The core knows lines, calls and owners, and no
 * bytes; a driver knows one dialect, and no clients.
 *
 * Downcalls (struct core_driver_ops) never block. Those that start something answer 0 = started,
 * and exactly one of the named upcalls follows, from the loop, never inside the downcall; or a
 * negative errno = not started, and nothing follows. Upcalls may make downcalls at once. After
 * detach() a driver makes no upcall.
 */

#include <sys/types.h>
#include <trunkline/line.h>
#include <trunkline/types.h>

#include "hal/log.h"
#include "hal/loop.h"

struct core_line;
struct hal_stream_provider;

#define CORE_NAME_MAX	33 /* line names, with NUL */
#define CORE_TEXT_MAX	96 /* answers, causes, proofs, with NUL */
#define CORE_PATH_MAX	256
#define CORE_REASON_MAX 256
#define CORE_IDENT_MAX	64
#define CORE_ALIAS_MAX	128 /* all of a line's, with NUL */

/* How to reach and set up a line; belongs to the core, constant while the driver is attached. */
struct core_line_config {
	char name[CORE_NAME_MAX];
	char alias[CORE_ALIAS_MAX]; /* names separated by one blank each */
	char device[CORE_PATH_MAX];
	char driver[CORE_NAME_MAX];
	char number[TL_NUMBER_MAX + 1];
	char init[128];
	uint32_t baud;
	uint32_t dial_timeout_s;
	uint32_t max_duration_s; /* 0: none */
	uint32_t inactivity_s;	 /* 0: none */
	uint32_t ring_gap_s;
	uint32_t command_delay_ms;
	uint32_t net_timeout_s; /* 0: none */
	enum { CORE_FLOW_NONE, CORE_FLOW_RTSCTS, CORE_FLOW_XONXOFF } flow;
	bool pulse;
	bool minds_carrier; /* CLOCAL off in data state: the port hangs up when DCD falls */
	bool flash_holds;   /* the exchange holds the far end at a flash, and takes it back at the
			       next */
};

struct core_driver_host {
	struct hal_loop *loop;
	const struct hal_log *log;
	const struct hal_stream_provider *provider;
	const struct core_line_config *config;
	const char *device; /* path of the port; constant while the driver is attached */
	bool factory;	    /* begin with factory settings, the modem may be confused */
};

/* What probing found out. */
struct core_line_identity {
	char manufacturer[CORE_IDENT_MAX];
	char model[CORE_IDENT_MAX];
	char revision[CORE_IDENT_MAX];
	unsigned int media; /* bits 1 << enum tl_media */
	bool can_hold;	    /* voice calls, by ops->hold() */
	bool modem_lines;
	bool caller_id;
	unsigned int proofs; /* bits of enum tl_proof that a drop may come by */
};

struct core_dial {
	char number[TL_NUMBER_MAX + 1]; /* dial alphabet only, separators taken out */
	enum tl_media media;
	uint32_t timeout_s;
};

/* Raw cause of an end and what it means. */
struct core_cause {
	enum tl_origin origin;
	enum tl_disconnect disconnect;
	enum tl_cause_domain domain;
	char text[CORE_TEXT_MAX];
};

struct core_link {
	uint32_t rate; /* bit/s */
	char modulation[16];
	char error_control[16];
	char compression[16];
};

struct core_quality {
	unsigned int known; /* bits 1 << enum tl_quality */
	uint32_t values[TL_QUALITY_COUNT];
};

/* One rung of the ladder that brings a line on hook. */
struct core_drop_step {
	const char *name;   /* for the record: "dtr", "hook" … */
	uint32_t budget_ms; /* the driver must have reported by then, or the core goes on without it
			     */
	bool erases_causes; /* diagnose() first: this step wipes what the modem knows about the
			       call's end */
};

struct core_drop_outcome {
	enum tl_drop_result result;
	char answer[CORE_TEXT_MAX];
	char proof[CORE_TEXT_MAX]; /* required for TL_DROP_VERIFIED */
};

enum core_call_event {
	CORE_CALL_EVENT_ACCEPT,		   /* an owner claims an offer */
	CORE_CALL_EVENT_DIALTONE,	   /* exchange ready */
	CORE_CALL_EVENT_DIAL,		   /* digits go out */
	CORE_CALL_EVENT_PROCEED,	   /* digits are out */
	CORE_CALL_EVENT_RINGBACK,	   /* far end alerted */
	CORE_CALL_EVENT_BUSY,		   /* busy tone */
	CORE_CALL_EVENT_SPECIALINFO,	   /* special information tone */
	CORE_CALL_EVENT_CONNECT,	   /* answered, trained */
	CORE_CALL_EVENT_HOLD,		   /* held */
	CORE_CALL_EVENT_UNHOLD,		   /* taken back */
	CORE_CALL_EVENT_HOLD_FOR_CONF,	   /* held to add a member */
	CORE_CALL_EVENT_HOLD_FOR_TRANSFER, /* held to be transferred */
	CORE_CALL_EVENT_JOIN,		   /* becomes a conference member */
	CORE_CALL_EVENT_END,		   /* ended, not by an owner's drop */
	CORE_CALL_EVENT_CLEARED,	   /* verified to be on hook */
	CORE_CALL_EVENT_LOSE_TRACK,	   /* modem cannot be made to tell */
};
#define CORE_CALL_EVENT_COUNT 16

struct core_driver_ops {
	const char *name;
	const char *summary;
	/*
	 * Make the driver's state for a line and start to open, probe and set up the modem.
	 * core_line_up() or core_line_down() or core_line_lost() follows. host is copied; what it
	 * points to outlives the driver.
	 * @return 0; -ENOMEM; errors of opening are reported by core_line_down(), not here
	 */
	int (*attach)(struct core_line *line, const struct core_driver_host *host,
		      void **ret_driver);
	/*
	 * Do again what follows the opening, on the open port: no call is on the line. The same
	 * upcalls as after attach() follow, core_line_opened() among them. @return 0; -ENODEV the
	 * port is not open: attach anew
	 */
	int (*probe)(void *driver);
	/* Close the port, free everything. May be called in every state, also from an upcall. */
	void (*detach)(void *driver);
	/*
	 * Place a call; the line is READY. core_call_dialed() follows, then core_call_event()s and
	 * at last core_call_ended(), unless the ladder runs before.
	 * @return 0; -EOPNOTSUPP media; -ENOSPC; -ENODEV
	 */
	int (*dial)(void *driver, const struct core_dial *dial);
	/* Answer the offer. core_call_event(CONNECT) or core_call_ended() follows. @return as dial
	 */
	int (*answer)(void *driver, enum tl_media media);
	/* The ladder for the call as it stands; static, at least one step. NULL: never. */
	const struct core_drop_step *(*ladder)(void *driver, size_t *ret_n);
	/*
	 * Take step number index of the ladder last asked for. core_drop_step_done() follows. The
	 * driver stops everything else it does for the call, a step still running included, and
	 * makes no core_call_event() nor core_call_ended() any more.
	 */
	int (*drop)(void *driver, size_t index);
	/*
	 * Put the far end of the voice call on hold, or take it back. core_call_hold_done()
	 * follows, unless the call ends or the ladder runs before. NULL: identity.can_hold is never
	 * true.
	 * @return as dial
	 */
	int (*hold)(void *driver, bool hold);
	/*
	 * Ask the modem why the last call ended. core_call_diagnosed() follows. NULL: it never
	 * knows.
	 * @return 0; -EOPNOTSUPP this modem does not know
	 */
	int (*diagnose)(void *driver);
	/* The call is over and verified: make the line ready for the next one. core_line_up()
	 * (identity NULL) or core_line_down() follows. */
	int (*recover)(void *driver);
	/* A raw command. core_line_command_done() follows, unless answer() or recover() comes
	 * first: it is withdrawn then. @return 0; -EPERM touches calls; -EINVAL; -ENOSPC; -ENOMEM
	 */
	int (*command)(void *driver, const char *text, uint32_t timeout_ms);
	/*
	 * Data calls that are connected. read NULL: the driver has no data; each of the others may
	 * be NULL as well.
	 *
	 * Bytes straight from the port, asked for only while the core holds none. @return > 0;
	 * -EAGAIN nothing, or not now, or size is small: what there is comes by core_call_data()
	 */
	ssize_t (*read)(void *driver, void *buf, size_t size);
	/* @return > 0 taken; -EAGAIN not now: core_call_writable() follows; -ENODEV */
	ssize_t (*write)(void *driver, const void *buf, size_t len);
	/* core_call_room() was 0, and is more now. */
	void (*data_taken)(void *driver);
	/* Bytes written that have not left the port. forget: they will not. NULL: never any */
	size_t (*unsent)(void *driver, bool forget);
	/* @return 0; -EOPNOTSUPP; -EBUSY one is being sent; -EAGAIN not online; -ENODEV */
	int (*send_break)(void *driver, uint32_t ms);
	/*
	 * A descriptor of the port, for a client that reads and writes it by itself until the call
	 * ends; core_call_data() and write() rest. The driver is detached then, and attached anew.
	 * @return 0; -EAGAIN not online, or not now; -EOPNOTSUPP such a port has none; -ENODEV
	 */
	int (*lend)(void *driver, int *ret_fd);
	/*
	 * To command state and back, with the call kept. core_call_mode_done() follows, unless the
	 * call ends before. @return 0; -EBUSY not online (not in command state); -ENODEV
	 */
	int (*escape)(void *driver);
	int (*resume)(void *driver);
	/* What the dialogue has cost so far. */
	void (*count)(void *driver, uint64_t *ret_timeouts, uint64_t *ret_resyncs);
};

struct core_driver_set {
	/* NULL-terminated; the first is the default */
	const struct core_driver_ops *const *drivers;
	/* of the drivers, NULL-terminated */
	const char *const *names;
};

/* The drivers that were built in, and the system's streams. Generated by CMake in drivers/. */
const struct core_driver_set *core_driver_set_builtin(void);
const struct hal_stream_provider *core_provider_builtin(void);

/* ---- upcalls: the line ---- */

/* The port is open, probing begins. */
void core_line_opened(struct core_line *line);
/* Modem is on hook (proved), set up and waiting. identity: NULL when nothing new was learnt. */
void core_line_up(struct core_line *line, const struct core_line_identity *identity);
/* The line cannot be used: FAULTY. error and why go to people. */
void core_line_down(struct core_line *line, int error, const char *why);
/* The port has hung up or failed. The driver is detached from inside this call; whether the device
 * is gone is found out. */
void core_line_lost(struct core_line *line);
/* The same with a reason that is known, for people. */
void core_line_lost_for(struct core_line *line, const char *why);
/* The same of a port that hangs up by itself when the call has ended: that is what it was, with
 * this cause, unless the device proves to be gone. */
void core_line_hung_up(struct core_line *line, const struct core_cause *cause);
/* One RING. */
void core_line_ring(struct core_line *line);
/* The modem has answered by itself; CONNECT follows as for any call. Without memory for a call the
 * driver is detached from inside this one: opening the port anew hangs up. */
void core_line_answered(struct core_line *line);
/* No more RING: the caller has given up. */
void core_line_ring_end(struct core_line *line);
/* Caller's number and name, "" where not told; before or after the first ring. */
void core_line_caller(struct core_line *line, const char *number, const char *name);
/* error: as for requests; text: information lines and result, '\n' between them. */
void core_line_command_done(struct core_line *line, int error, struct hal_slice text);

/* ---- upcalls: the call on the line; ignored (and logged) when there is none ---- */

/* The modem took the number (0) or refused it. */
void core_call_dialed(struct core_line *line, int error);
void core_call_event(struct core_line *line, enum core_call_event event);
/* What ops->hold() was to do is done: 0, or the error with which nothing has changed. */
void core_call_hold_done(struct core_line *line, int error);
void core_call_set_link(struct core_line *line, const struct core_link *link);
/* How many bytes of data the core takes now. 0: leave them at the port, ops->data_taken() follows.
 */
size_t core_call_room(struct core_line *line);
/* Data from the far end, at most core_call_room() bytes. What came before the end of the call may
 * be more, and comes before core_call_ended(), core_line_lost() or, in detach(), at last. */
void core_call_data(struct core_line *line, const char *data, size_t len);
/* ops->write() takes bytes again. */
void core_call_writable(struct core_line *line);
/* A break signal from the far end. */
void core_call_break(struct core_line *line);
/* ops->escape() or ops->resume() has worked (0), or not. */
void core_call_mode_done(struct core_line *line, int error);
/* Something to remember about this call. */
void core_call_note(struct core_line *line, const char *note);
/* Before core_call_ended(): the modem said so at this moment of the loop's clock, which had to be
 * borne out first. */
void core_call_ended_at(struct core_line *line, uint64_t at_us);
/*
 * The call is over, and not because of a drop. proof: what shows that the line is on hook ("NO
 * CARRIER"); NULL when nothing does yet: the core runs the ladder then.
 */
void core_call_ended(struct core_line *line, const struct core_cause *cause, const char *proof);
void core_drop_step_done(struct core_line *line, const struct core_drop_outcome *outcome);
/* What the diagnosis says of how the call went; before core_call_diagnosed(). */
void core_call_set_quality(struct core_line *line, const struct core_quality *quality);
/* cause NULL: nothing known. Its origin NONE or disconnect NONE mean: leave as it is. */
void core_call_diagnosed(struct core_line *line, const struct core_cause *cause);

#endif
