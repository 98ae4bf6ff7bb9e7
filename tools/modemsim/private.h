/* SPDX-License-Identifier: MIT */
#ifndef SIM_PRIVATE_H
#define SIM_PRIVATE_H

/* What the files of the engine share. Programs and tests use exchange.h, modem.h and fault.h. */

#include "hal/list.h"
#include "hal/log.h"
#include "hal/loop.h"
#include "hal/ring.h"
#include "hal/slice.h"
#include "hal/stream.h"

#include "tools/modemsim/exchange.h"
#include "tools/modemsim/fault.h"
#include "tools/modemsim/modem.h"

#define SIM_LINE_MAX	256   /* command line without AT and S3; longer is ERROR */
#define SIM_BUFFER_MAX	4096  /* bytes kept for each direction */
#define SIM_ON_LINE_MAX 16384 /* bytes of each direction that are on their way */
#define SIM_PIECES_MAX	256   /* so many of which arrive each at a time of its own */
#define SIM_SREG_COUNT	13
#define SIM_FIELDS_MAX	4

/* ---- exchange.c: calls ---- */

enum sim_call_state {
	SIM_CALL_IDLE,
	SIM_CALL_SETUP,
	SIM_CALL_RINGING,
	SIM_CALL_HANDSHAKE,
	SIM_CALL_TALKING,
};

/* Embedded in the caller; a stranger's call (sim_exchange_ring) in the callee. */
struct sim_call {
	struct hal_timer timer; /* next step of the call, or of the ringing */
	struct sim_exchange *exchange;
	struct sim_modem *caller;	  /* NULL: a stranger */
	struct sim_modem *callee;	  /* NULL: nobody, or the service */
	const struct sim_number *service; /* the end that is no subscriber, or NULL */
	enum sim_call_state state;
	bool ring_on;
	bool carrier;
	bool held; /* by the end that flashed */
	char number[SIM_NUMBER_MAX];
	char from[SIM_NUMBER_MAX];
};

/* What a modem hears on its line. */
enum sim_line_event {
	SIM_LINE_RING_ON,
	SIM_LINE_RING_OFF,
	SIM_LINE_RING_STOPPED, /* the caller has given up */
	SIM_LINE_BUSY,
	SIM_LINE_REORDER,
	SIM_LINE_NO_DIALTONE,
	SIM_LINE_ANSWERED, /* the far end is off hook */
	SIM_LINE_CARRIER,  /* handshake done */
	SIM_LINE_CLEARED,  /* the far end is on hook */
	SIM_LINE_CUT,	   /* the far end is gone: loss of carrier without notice */
	SIM_LINE_USELESS,  /* error control has given up */
};

struct sim_exchange {
	struct hal_loop *loop;
	const struct hal_log *log;
	struct sim_timing timing;
	struct hal_list buckets[64]; /* subscribers by number */
	struct hal_list numbers;
	unsigned int calls;
};

int sim_exchange_subscribe(struct sim_exchange *exchange, struct sim_modem *modem);
/* The far end is rung, or the caller hears a tone, delay_ms + setup_ms from now. */
void sim_exchange_dial(struct sim_modem *caller, const char *number, uint32_t delay_ms);
/* Off hook while it rings. */
void sim_exchange_answer(struct sim_modem *callee);
/* On hook, or cut, at this end. Nothing happens without a call. */
void sim_exchange_hangup(struct sim_modem *modem, enum sim_line_event told_far_end);
/* A hook flash from this end: holds the far end, or takes it back, where the exchange does that. */
void sim_exchange_flash(struct sim_modem *modem);
/* Bytes that the far end can take now. */
size_t sim_exchange_space(struct sim_modem *modem);
void sim_exchange_send(struct sim_modem *modem, struct hal_slice data);
/* The other subscriber of the call, or NULL. */
struct sim_modem *sim_exchange_far_end(const struct sim_modem *modem);
/* Who hears what this modem sends: the far end, itself where it is echoed, or nobody (NULL). */
struct sim_modem *sim_exchange_receiver(struct sim_modem *modem);

/* ---- channel.c: what a modem sends, on its way ---- */

struct sim_piece {
	uint64_t arrives_us;
	size_t len;
};

struct sim_channel {
	struct hal_timer timer; /* the next piece leaves or arrives */
	bool on;		/* false: there is neither speed nor length */
	bool stalled;		/* the transmitter waits for room at the far end */
	bool broken;		/* a frame has been sent in vain too often */
	uint32_t speed;		/* bit/s, 0: any */
	uint64_t latency_us;
	uint64_t free_us;     /* the transmitter is busy until then */
	uint64_t rest;	      /* of the last division, so that no bit is forgotten */
	size_t on_line;	      /* so many bytes of ring are in pieces, the others wait */
	unsigned int repeats; /* of the frame that is being sent */
	size_t repeated;      /* its length */
	size_t first, count;
	struct sim_piece pieces[SIM_PIECES_MAX];
	struct hal_ring ring;
	char buf[SIM_BUFFER_MAX + SIM_ON_LINE_MAX];
};

void sim_channel_init(struct sim_channel *channel);
/* Be what both ends have been told, from now on. */
void sim_channel_tune(struct sim_modem *modem);
/* Send nothing for a while. */
void sim_channel_silence(struct sim_modem *modem, uint32_t ms);
/* Bytes that may be sent now. */
size_t sim_channel_space(const struct sim_channel *channel);
/* data.len <= sim_channel_space() */
void sim_channel_send(struct sim_modem *modem, struct hal_slice data);
/* Go on: it is time, or there is room at the far end. */
void sim_channel_pump(struct sim_modem *modem);
/* The call ends: what has left the modem arrives, the rest is lost. */
void sim_channel_close(struct sim_modem *modem);

/* ---- modem.c ---- */

enum sim_result {
	SIM_OK = 0,
	SIM_CONNECT = 1,
	SIM_RING = 2,
	SIM_NO_CARRIER = 3,
	SIM_ERROR = 4,
	SIM_NO_DIALTONE = 6,
	SIM_BUSY = 7,
	SIM_NO_ANSWER = 8,
};

/* Basic parameters: one letter, one number. */
enum sim_basic { SIM_E, SIM_Q, SIM_V, SIM_X, SIM_L, SIM_M, SIM_C, SIM_D, SIM_BASIC_COUNT };

/* Extended parameters with numeric fields. */
enum sim_extended {
	SIM_EXT_FCLASS,
	SIM_EXT_IPR,
	SIM_EXT_ICF,
	SIM_EXT_IFC,
	SIM_EXT_ILRR,
	SIM_EXT_MR,
	SIM_EXT_ES,
	SIM_EXT_ER,
	SIM_EXT_DS,
	SIM_EXT_DR,
	SIM_EXT_VCID,
	SIM_EXT_COUNT,
};

struct sim_settings {
	uint8_t basic[SIM_BASIC_COUNT];
	uint8_t sreg[SIM_SREG_COUNT];
	uint32_t extended[SIM_EXT_COUNT][SIM_FIELDS_MAX];
};

/* Unimodem's call set-up results and V.58's termination causes, as #UD keys 1 and 60 give them. */
enum sim_setup {
	SIM_SETUP_NONE = 0x0,
	SIM_SETUP_NO_DIALTONE = 0x1,
	SIM_SETUP_REORDER = 0x2,
	SIM_SETUP_BUSY = 0x3,
	SIM_SETUP_NO_SIGNAL = 0x4,
	SIM_SETUP_DATA_ANSWER = 0x7,
	SIM_SETUP_DATA_CALLING = 0x8,
};

enum sim_cause {
	SIM_CAUSE_NO_CALL = 0x1,
	SIM_CAUSE_IN_PROGRESS = 0x2,
	SIM_CAUSE_DTR = 0x20,
	SIM_CAUSE_S7 = 0x2c,
	SIM_CAUSE_INCOMING = 0x2d,
	SIM_CAUSE_NO_DIALTONE = 0x2f,
	SIM_CAUSE_REORDER = 0x31,
	SIM_CAUSE_BUSY = 0x33,
	SIM_CAUSE_CARRIER_LOST = 0x3c,
	SIM_CAUSE_CLEARDOWN = 0x41,
	SIM_CAUSE_ABORT = 0x50,
	SIM_CAUSE_ATH = 0x51,
	SIM_CAUSE_ATZ = 0x52,
	SIM_CAUSE_N400 = 0x5d,
};

struct sim_diagnostics {
	enum sim_setup setup;
	enum sim_cause cause;
	uint32_t rate;
	bool lapm;
	bool v42bis;
};

struct sim_fault_slot {
	struct sim_fault fault;
	bool set;
	bool on;
};

enum sim_line_phase { SIM_LINE_WAIT_A, SIM_LINE_WAIT_T, SIM_LINE_BODY };

struct sim_modem {
	struct hal_list node; /* in its bucket */
	struct sim_exchange *exchange;
	struct hal_loop *loop;
	const struct hal_log *log;
	struct hal_stream *stream; /* NULL: detached */
	struct sim_modem_options options;
	char number[SIM_NUMBER_MAX];
	char name[SIM_NAME_MAX];

	struct sim_settings settings;
	struct sim_fault_slot faults[SIM_FAULT_COUNT];
	struct sim_modem_stats stats;
	struct sim_diagnostics diagnostics;
	struct sim_link link;
	struct sim_noise_state noise;

	enum sim_modem_state state;
	bool off_hook;
	bool dtr;
	bool thinking;	  /* a slow command waits for think_timer */
	bool read_paused; /* the stream was told to hold its bytes */
	bool was_paused;  /* until the next byte of data: it says nothing that none came before */
	bool write_wanted;
	unsigned int outputs; /* DCD and RI as last given out */

	struct sim_call own_call;
	struct sim_call *call; /* own_call, or the caller's; NULL: none */

	struct hal_timer setup_timer;  /* S7, or no dial tone */
	struct hal_timer line_timer;   /* S10, or the next busy tone in voice */
	struct hal_timer escape_timer; /* S12 after the third escape character */
	struct hal_timer think_timer;
	struct hal_timer output_timer; /* split and merged output */
	struct hal_work resume_work;   /* the far end has room again */
	struct sim_channel channel;

	enum sim_line_phase phase;
	bool line_overflow;
	size_t line_len;
	char line[SIM_LINE_MAX];

	unsigned int escapes; /* escape characters seen in a row */
	uint64_t last_data_us;
	uint64_t command_us; /* when the abortable command began */
	enum sim_line_event line_end;

	struct hal_ring input;	 /* from the DTE, not yet looked at */
	struct hal_ring output;	 /* answers for the DTE */
	struct hal_ring line_rx; /* data for the DTE */
	char input_buf[SIM_BUFFER_MAX];
	char output_buf[SIM_BUFFER_MAX * 2]; /* takes what line_rx holds when the call ends */
	char line_rx_buf[SIM_BUFFER_MAX];
};

/* Look at waiting input, as far as the state allows. */
void sim_modem_process_input(struct sim_modem *modem);
/* The same after a pause, which may be over now. */
void sim_modem_resume(struct sim_modem *modem);
/* The channel has room: do so soon, if anything waits for that. */
void sim_modem_unblock(struct sim_modem *modem);
/* Set DCD and RI as state and &C want them. */
void sim_modem_update_outputs(struct sim_modem *modem);
static inline bool sim_modem_is_voice(const struct sim_modem *modem)
{
	return modem->settings.extended[SIM_EXT_FCLASS][0] == 8;
}

/* ---- command.c, basic.c, extended.c, sreg.c ---- */

enum {
	SIM_COMMAND_DONE = 0,
	SIM_COMMAND_TAKEN = 1, /* answered, or to be answered later: nothing more on this line */
};

/* One byte from the DTE in command state. */
void sim_command_byte(struct sim_modem *modem, char byte);
/* Execute the line that think_timer held back. */
void sim_command_resume(struct sim_modem *modem);
/* Take one command off the front. @return DONE, TAKEN, or -EINVAL: ERROR */
int sim_basic_run(struct sim_modem *modem, struct hal_slice *rest);
int sim_extended_run(struct sim_modem *modem, struct hal_slice *rest);
int sim_sreg_run(struct sim_modem *modem, struct hal_slice *rest);
/* Digits at the front; none is 0. @return 0; -EINVAL */
int sim_take_number(struct hal_slice *rest, uint32_t max, uint32_t *ret_value);
/* Factory settings; without a call the diagnostics are cleared, too. */
void sim_basic_reset(struct sim_modem *modem);
void sim_settings_reset(struct sim_settings *settings);
void sim_extended_reset(struct sim_settings *settings);
void sim_sreg_reset(struct sim_settings *settings);

/* ---- dial.c: D A H O, and what the line does meanwhile ---- */

int sim_dial_run(struct sim_modem *modem, struct hal_slice dial_string);
int sim_dial_answer(struct sim_modem *modem);
int sim_dial_online(struct sim_modem *modem);
/* Off hook without dialling, answering what rings (H1, +VLS=1). */
void sim_dial_off_hook(struct sim_modem *modem);
/* On hook at once, without a word to the DTE. Does not touch what rings. */
void sim_dial_hang_up(struct sim_modem *modem, enum sim_cause cause,
		      enum sim_line_event told_far_end);
/* A character came while ATD or ATA was going on. */
void sim_dial_abort(struct sim_modem *modem);
void sim_dial_dtr_dropped(struct sim_modem *modem);
void sim_dial_line_event(struct sim_modem *modem, enum sim_line_event event);
/* How fast the line of the call in progress is may have changed. */
void sim_dial_tune(struct sim_modem *modem);
void sim_dial_setup_timeout(struct hal_timer *timer);
void sim_dial_line_timeout(struct hal_timer *timer);

/* ---- data.c ---- */

/* Send on what can be sent of data; watch for the escape sequence. @return bytes taken */
size_t sim_data_from_dte(struct sim_modem *modem, struct hal_slice data);
void sim_data_escape_timeout(struct hal_timer *timer);
/* Bytes of the DTE's that are at the far end, or never will be. */
void sim_data_sent(struct sim_modem *modem, size_t n);
void sim_data_lost(struct sim_modem *modem, size_t n);
/* Bytes that came over the line and never get to the DTE. */
void sim_data_unheard(struct sim_modem *modem, size_t n);
/* Bytes from the line; len <= room in line_rx. */
void sim_data_from_line(struct sim_modem *modem, struct hal_slice data);
/* Write out answers, then (online) data, as far as the stream takes them. */
void sim_data_flush(struct sim_modem *modem);
void sim_data_output_timeout(struct hal_timer *timer);
/* The call is over: what has arrived goes out ahead of the result. */
void sim_data_finish(struct sim_modem *modem);

/* ---- report.c ---- */

void sim_report_echo(struct sim_modem *modem, char byte);
void sim_report_result(struct sim_modem *modem, enum sim_result result);
/* CONNECT with its intermediate reports. */
void sim_report_connect(struct sim_modem *modem, bool with_reports);
/* One line of information text. */
void sim_report_info(struct sim_modem *modem, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* One V.253 event code, <DLE>code. */
void sim_report_tone(struct sim_modem *modem, char code);
void sim_report_caller(struct sim_modem *modem);
void sim_report_diagnostics(struct sim_modem *modem);

/* ---- fault.c ---- */

/* A command line is about to be executed: which faults apply to it? */
void sim_fault_on_command(struct sim_modem *modem, struct hal_slice body);
static inline bool sim_fault_is_on(const struct sim_modem *modem, enum sim_fault_kind kind)
{
	return modem->faults[kind].on;
}
uint32_t sim_fault_ms(const struct sim_modem *modem, enum sim_fault_kind kind);
/* The noise of SIM_FAULT_JUNK. */
struct hal_slice sim_fault_junk(void);

#endif
