/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_QUEUE_H
#define DRIVERS_AT_QUEUE_H

/*
 * One command at a time on one stream, each with a time-out. Owns the stream's handler while in
 * use.
 *
 * - Slots are preallocated: submitting copies the text into a free slot, nothing is allocated per
 *   transaction.
 * - A command's completion runs exactly once, from the loop, never inside at_queue_submit() or
 *   at_queue_cancel_group(); also on cancel (-ECANCELED), time-out (-ETIMEDOUT) and loss (-ENODEV).
 * - After a time-out, and after a cancelled command whose answer is still to come, the queue
 *   resynchronises before the next command: it waits until the modem has been quiet for
 *   AT_RESYNC_QUIET_MS, then asks for the values of one to three S-registers that init has set,
 * another selection each time (V.250 §6.2.1-3: S3, S4, S5), and trusts only an answer of those
 * values. So a late answer is taken for another one's only from a modem that is 39 probes behind. A
 * modem that answers such queries without a value is asked a bare AT instead, and no other final
 * result may follow within AT_RESYNC_QUIET_MS. AT_RESYNC_TRIES failures: on_stuck.
 * - Call results (NO CARRIER, BUSY, NO ANSWER, NO DIALTONE, CONNECT) end only commands that have
 *   said they may consume them; else they are unsolicited lines.
 * - Echo of the command in progress is recognised and dropped.
 * - Data never looks like the escape to the modem: of three '+' with nothing behind them the last
 *   waits until something follows, or for AT_PLUS_PAUSE_MS, longer than the guard time.
 * - Data state: after a CONNECT consumed by a command with AT_CMD_DATA bytes go to on_data
 *   until at_queue_leave_data() or the escape has brought the modem back.
 */

#include <stdbool.h>
#include <stdint.h>

#include "drivers/at/lexer.h"
#include "drivers/at/result.h"
#include "hal/list.h"
#include "hal/log.h"
#include "hal/loop.h"
#include "hal/stream.h"

/* One command in progress, one behind it, and cancelled ones until the next turn. */
#define AT_QUEUE_SLOTS 4

#define AT_CMD_TEXT_MAX	   128 /* without the final CR; V.250 §5.2.1 asks DCEs for 40 at least */
#define AT_RESYNC_QUIET_MS 200
#define AT_RESYNC_PROBE_MS 1000
#define AT_RESYNC_TRIES	   3
#define AT_BITS_PER_CHAR   10		      /* start, eight, stop */
#define AT_PLUS_PAUSE_MS   1500		      /* S12 is a second */
#define AT_HOOK_GRACE_MS   AT_RESYNC_QUIET_MS /* for the OK behind NO CARRIER */

enum at_cmd_flags {
	AT_CMD_CALL = 1 << 0, /* may consume call results: D, A, O */
	AT_CMD_HOOK =
		1 << 1, /* H: NO CARRIER may come before or instead of OK; then it is the result */
	AT_CMD_DATA = 1 << 2,	   /* CONNECT leads to data state */
	AT_CMD_ABORTABLE = 1 << 3, /* V.250 §5.6.1: a character after 125 ms aborts it; done when
				      it is cancelled or times out */
	AT_CMD_SECRET = 1 << 4,	   /* carries a number or PIN: hidden in logs */
	AT_CMD_RAW = 1 << 5, /* send the text as it is, without CR; may have control characters */
};

struct at_queue;
struct at_cmd;

struct at_answer {
	int error;		/* 0: a final result came; else -ETIMEDOUT -ECANCELED -ENODEV */
	enum at_result result;	/* valid when error is 0 */
	struct hal_slice final; /* the line itself, valid during the call */
};

/* A line of information text, between command and final result. NULL: such lines are unsolicited.
 */
typedef void (*at_line_fn)(void *user, struct hal_slice line);
typedef void (*at_done_fn)(void *user, const struct at_answer *answer);

struct at_cmd_spec {
	const char *text; /* "AT+GMI"; copied */
	uint32_t timeout_ms;
	unsigned int flags; /* enum at_cmd_flags */
	const char
		*prefix; /* "+GMI:": only lines with it are this command's; NULL: any line that is
			    no result code and that on_unsolicited does not claim. Static string. */
	at_line_fn on_line;
	at_done_fn on_done; /* may be NULL */
	void *user;
	uint32_t group; /* 0: none */
};

/* Each may be NULL; the queue may be freed from any of them. */
struct at_queue_events {
	/* A line that belongs to no command. @return true when it was known (else it may be
	 * information text of the command in progress). Called first for every line that is neither
	 * a final result of the command in progress nor starts with its prefix. Also called for a
	 * CONNECT that comes after its command has been given up: the modem is online then. */
	bool (*on_unsolicited)(void *user, struct hal_slice line, enum at_result result);
	/* Bytes in data state. */
	void (*on_data)(void *user, struct hal_slice data);
	/* How many bytes of data may be read now; 0: none before at_queue_resume_data(), and the
	 * far end is held up where the stream can do that. NULL: any number. */
	size_t (*data_room)(void *user);
	/* at_queue_write_data(), which has taken less than it was given, takes bytes again. */
	void (*on_writable)(void *user);
	/* DCD, RI … changed (while watched). */
	void (*on_lines)(void *user);
	/* The stream is open and usable. */
	void (*on_open)(void *user);
	/* The device is gone; commands complete with -ENODEV afterwards. Last event. */
	void (*on_lost)(void *user);
	/* Resynchronisation failed; commands are refused with -ETIMEDOUT until at_queue_restart().
	 */
	void (*on_stuck)(void *user);
};

/* For records, metrics and diagnosis. */
struct at_queue_counts {
	uint64_t sent, timeouts, resyncs, junk, overlong, bytes_in;
};

/* Takes over stream on success (closed by at_queue_free). object, which names the line in logs, and
 * events are copied; loop and log must outlive the queue. @return 0; -ENOMEM */
int at_queue_new(struct hal_loop *loop, const struct hal_log *log, const char *object,
		 struct hal_stream *stream, const struct at_queue_events *events, void *user,
		 struct at_queue **ret_queue);

/* Closes the stream; no callback any more, pending commands vanish. Safe from inside a callback. */
void at_queue_free(struct at_queue *queue);

/* Wait so long between a final result and the next command: V.250 §5.5 allows DCEs to need 100 ms;
 * hardly any does. 0 unless set. */
void at_queue_set_delay(struct at_queue *queue, uint32_t delay_ms);

/* How fast bytes leave the port, bit/s: the 125 ms before an abort count from the last one's end.
 * 0, as it is unless set: at once. */
void at_queue_set_baud(struct at_queue *queue, uint32_t baud);

struct hal_stream *at_queue_stream(struct at_queue *queue);
const struct at_queue_counts *at_queue_get_counts(const struct at_queue *queue);

/* A new group id, never 0, unique within the queue. */
uint32_t at_queue_group(struct at_queue *queue);

/*
 * A final result that comes while no command is in progress goes to on_unsolicited.
 * @return 0 accepted: on_done will run once; -EINVAL text too long or with control characters;
 *         -ENOSPC all slots used; -ENODEV lost; -ETIMEDOUT stuck; -EBUSY in data state
 */
int at_queue_submit(struct at_queue *queue, const struct at_cmd_spec *spec);

/* Every command of the group completes with -ECANCELED. One already sent is abandoned: its late
 * answer is swallowed (and, when abortable, it is aborted with a single CR, not before 125 ms after
 * it was sent). */
void at_queue_cancel_group(struct at_queue *queue, uint32_t group);

/*
 * Abort the command in progress of this group the V.250 §5.6.1 way: send CR once 125 ms have passed
 * since it was sent; it completes with whatever the modem answers, or its time-out, cut to
 * timeout_ms.
 * @return 0; -ENOENT no such command in progress
 */
int at_queue_abort(struct at_queue *queue, uint32_t group, uint32_t timeout_ms);

/* How long ago the last command was sent, for its completion to ask. */
uint32_t at_queue_elapsed_ms(const struct at_queue *queue);

bool at_queue_in_data(const struct at_queue *queue);
/* Bytes to the far end. @return bytes taken; -EAGAIN full, or an escape wants silence: on_writable
 * follows; -ENODEV; -ENOTCONN not in data state */
ssize_t at_queue_write_data(struct at_queue *queue, const char *data, size_t len);
/*
 * Bytes from the far end, straight from the stream. @return > 0; -EAGAIN nothing there, or its turn
 * is on_data's; -ENODEV
 */
ssize_t at_queue_read_data(struct at_queue *queue, char *buf, size_t size);
/* on_data with what has arrived, whatever data_room says; not from inside on_data. */
void at_queue_drain_data(struct at_queue *queue);
/*
 * Lend the port to somebody who reads and writes it instead of us, until at_queue_take_back().
 * @return 0; -EAGAIN an escape or the end of one of our own writes is in the way; -ENOTCONN not in
 * data state; as hal_stream_lend()
 */
int at_queue_lend(struct at_queue *queue, int *ret_fd);
void at_queue_take_back(struct at_queue *queue);
/* There is room again. */
void at_queue_resume_data(struct at_queue *queue);
/* Bytes of data that have not left the port. forget: they will not */
size_t at_queue_unsent(struct at_queue *queue, bool forget);
/* The modem is (believed to be) back in command state; what comes now is lines. resync: do not
 * trust it, resynchronise first (also when not in data state). A running escape completes with
 * -ECANCELED. */
void at_queue_leave_data(struct at_queue *queue, bool resync);
/* The modem has gone into data state by itself (S0 auto-answer). A command in progress completes
 * with -ECANCELED; commands that wait go on waiting. */
void at_queue_enter_data(struct at_queue *queue);

/*
 * Hayes escape: idle for guard_ms from when the port has sent all it had, "+++", idle for guard_ms,
 * wait for OK until timeout_ms later; given up before when the port sends nothing for timeout_ms.
 * Completes with result OK (now in command state), NO CARRIER (call is over) or -ETIMEDOUT (still
 * data state). Bytes that arrive before OK are data, and so is an OK that comes before
 * guard_ms has passed, unless it is the last that has come until AT_EARLY_MS after that: the modem
 * is silent for its own guard time, the far end need not be.
 * Cancelled after "+++" was sent, the queue still leaves data state when OK comes.
 * @return 0; -EBUSY one is running; -ENOTCONN not in data state; -ENODEV
 */
int at_queue_escape(struct at_queue *queue, uint32_t guard_ms, uint32_t timeout_ms,
		    at_done_fn on_done, void *user, uint32_t group);

/* Leave the stuck state: resynchronise and go on. */
void at_queue_restart(struct at_queue *queue);

#endif
