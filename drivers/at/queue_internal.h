/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_QUEUE_INTERNAL_H
#define DRIVERS_AT_QUEUE_INTERNAL_H

/*
 * Inside of the queue: queue.c has slots, completions and the stream, resync.c and data.c what
 * their names say. After each call of a user's function the queue may be closed (at_queue_free);
 * its memory stays until the end of the loop's turn.
 */

#include "drivers/at/queue.h"
#include "drivers/at/tail.h"

#define AT_ABORT_DELAY_MS  125 /* V.250 §5.6.1: sooner a character does not abort */
#define AT_EARLY_MS	   200 /* beyond the guard time, for modems whose own is shorter */
#define AT_DRAIN_READS	   16  /* more than a port and its driver hold */
#define AT_UNSENT_MS	   20  /* how often a port is asked whether it has sent everything */
#define AT_PROBE_REGISTERS 3   /* in one probe of a resynchronisation, at most */

enum at_phase {
	AT_PHASE_OPENING,
	AT_PHASE_IDLE,
	AT_PHASE_BUSY, /* current is being sent or answered */
	AT_PHASE_RESYNC,
	AT_PHASE_DATA,
	AT_PHASE_STUCK,
	AT_PHASE_LOST,
};

struct at_cmd {
	struct hal_list node; /* in free, waiting or done; none while current */
	char *text;	      /* with CR; a slot's */
	size_t len;	      /* without CR */
	uint32_t timeout_ms;
	unsigned int flags;
	struct hal_slice prefix;
	at_line_fn on_line;
	at_done_fn on_done;
	void *user;
	uint32_t group;
	int error; /* in done: what it completes with */
};

enum at_resync_step {
	AT_RESYNC_QUIET,  /* until the modem has been quiet */
	AT_RESYNC_PROBE,  /* for the value of the S-register */
	AT_RESYNC_PLAIN,  /* for OK to a bare AT: this modem has no S-registers to ask */
	AT_RESYNC_SETTLE, /* for no other final result after that OK */
};

struct at_resync {
	enum at_resync_step step;
	unsigned int flags;	 /* of the command whose answer is swallowed */
	unsigned int tries;	 /* failed so far */
	unsigned int unanswered; /* probes that got a final result but no value */
	unsigned int selection;	 /* of registers, asked for last; rotates over all resyncs */
	uint8_t asked[AT_PROBE_REGISTERS];
	unsigned int n_asked, n_values; /* registers; values that came in their order */
	bool wrong_value;		/* in the answer that is coming in */
	bool valueless;			/* a final result has come without a value */
	bool needs_plain;		/* S-register queries do not work here */
	char probe[2 + 3 * AT_PROBE_REGISTERS + 1];
	size_t probe_len;
	uint64_t quiet_end_us; /* not waiting for quiet beyond this */
};

enum at_escape_step {
	AT_ESCAPE_NONE,
	AT_ESCAPE_GUARD, /* our own silence before */
	AT_ESCAPE_WAIT,	 /* +++ is sent */
};

struct at_escape {
	enum at_escape_step step;
	uint32_t guard_ms;
	struct at_cmd cmd;    /* its completion; timeout_ms, on_done, user, group are in use */
	bool muted;	      /* cancelled after +++: has completed already */
	uint64_t end_us;      /* given up then */
	size_t unsent;	      /* what the port had when it was last asked */
	enum at_result early; /* the last line came sooner than the modem's can; or NONE */
	struct at_tail tail;  /* of the data, and perhaps the OK */
};

/* What each command touches comes first, so that it is in few lines of the cache. */
struct at_queue {
	struct hal_loop *loop;
	const struct hal_log *log;
	struct hal_stream *stream;
	void *user;
	struct at_cmd *current;
	enum at_phase phase;
	bool closed;
	bool reading; /* a chunk is being taken apart: nothing may be sent, as what follows in it
			 cannot be the answer */
	bool needs_resync; /* before the next command */
	bool hook_seen;	   /* NO CARRIER to a hang-up, OK may follow */
	bool abort_wanted; /* at_queue_abort() */
	bool data_blocked; /* on_writable is owed */
	bool paused;	   /* there was no room for data */
	bool plus_held;	   /* another plus waits */
	uint32_t delay_ms; /* between a final result and the next command */
	uint32_t last_group;
	struct hal_list waiting, done, free;
	size_t tx_len, tx_sent;
	uint64_t final_us; /* when the last final result came */
	uint64_t sent_us;  /* when the last byte of current was taken */
	uint64_t last_tx_us;
	struct hal_timer timer, abort_timer;
	struct at_escape escape;
	struct at_queue_counts counts;
	struct at_lexer lexer;
	struct at_cmd slots[AT_QUEUE_SLOTS];

	struct at_queue_events events;
	struct at_resync resync;
	struct hal_work work; /* completes done; in the end frees the queue */
	uint32_t baud;
	unsigned int pluses; /* at the end of what was sent in data state; four are many */
	struct hal_timer plus_timer;
	char object[64];
	char tx[AT_CMD_TEXT_MAX + 1];
	char texts[AT_QUEUE_SLOTS][AT_CMD_TEXT_MAX + 1];
};

/* queue.c */

/* Send; tx is empty. */
void at_queue_send(struct at_queue *queue, struct hal_slice text);
static inline bool at_queue_sending(const struct at_queue *queue)
{
	return queue->tx_sent < queue->tx_len;
}
/* Send the next command if there is one and its time has come. */
void at_queue_pump(struct at_queue *queue);
/* Have cmd, which is in no list, completed with error by the next turn. */
void at_queue_complete_later(struct at_queue *queue, struct at_cmd *cmd, int error);
void at_queue_complete_all(struct at_queue *queue, int error);
/* Give up current: it completes with error, its answer is the business of whoever calls. */
void at_queue_abandon(struct at_queue *queue, int error);
bool at_queue_unsolicited(struct at_queue *queue, struct hal_slice line, enum at_result result);
/* Ask for HAL_STREAM_WRITABLE or not, as tx and data_blocked say. */
void at_queue_update_want_write(struct at_queue *queue);
void at_queue_trace(struct at_queue *queue, char direction, struct hal_slice text, bool secret);

/* resync.c */

/* flags: of the command whose answer may still come, 0 for none */
void at_resync_start(struct at_queue *queue, unsigned int flags);
void at_resync_line(struct at_queue *queue, struct hal_slice line);
/* A chunk has come. */
void at_resync_heard(struct at_queue *queue);
void at_resync_timer(struct at_queue *queue);

/* data.c */

void at_data_enter(struct at_queue *queue);
void at_data_receive(struct at_queue *queue, struct hal_slice *input);
void at_escape_timer(struct at_queue *queue);
void at_plus_timer(struct hal_timer *timer);
/* Read no data for the moment. @return false: this stream cannot be stopped */
bool at_data_pause(struct at_queue *queue);
/* The escape completes with error, if one is running. */
void at_escape_end(struct at_queue *queue, int error);
void at_escape_cancel(struct at_queue *queue, uint32_t group);

#endif
