/* SPDX-License-Identifier: MIT */
#ifndef SIM_MODEM_H
#define SIM_MODEM_H

/*
 * One emulated modem: a V.250 DCE with Hayes' S registers and escape sequence, V.253's hook control
 * and Unimodem's diagnostics. Its DTE is at the far end of a hal_stream; its line is a number at an
 * exchange. Options and faults may change at any moment, in the middle of a call too.
 *
 * Where the stream has modem lines the DTE's DTR is our DSR input (a null-modem cable, RFC 2217, or
 * the slave of a pty being open), and &D applies. DCD and RI go out through options.set_inputs.
 */

#include "hal/stream.h"

#include "tools/modemsim/exchange.h"
#include "tools/modemsim/fault.h"
#include "tools/modemsim/noise.h"

#define SIM_NAME_MAX 32

struct sim_modem_options {
	char name[SIM_NAME_MAX]; /* in log lines; "" : the number */
	char manufacturer[32];	 /* +GMI */
	char model[32];		 /* +GMM, I */
	char revision[32];	 /* +GMR, I3 */
	char serial[32];	 /* +GSN */
	char caller_name[32];	 /* what callees with +VCID=1 are shown */
	uint32_t rate;		 /* fastest the line goes, bit/s, as it is told */
	uint32_t speed;		 /* the same, as it is; told instead of rate. 0: no limit */
	uint32_t latency_ms;	 /* to the exchange */
	struct sim_noise noise;	 /* on what arrives */
	uint32_t seed;		 /* of its chance */
	uint32_t baud;		 /* the speed of its port, if it has but one; 0: whichever */
	uint32_t answer_rings;	 /* the switch on the case, whatever S0 and DTR say; 0: off */
	bool voice;		 /* +FCLASS=8 exists */
	bool says_vcon;		 /* when the far end of a voice call answers (Rockwell) */
	bool withhold_number;	 /* callees are shown NMBR = P */
	bool ignore_dtr;	 /* as if the DTR wire were cut */
	bool flash_holds;	 /* the exchange holds the far end at a flash */
	bool unplugged_line;	 /* nothing in the telephone socket: no dial tone, no ringing */
	bool online_error;   /* ATO without a call: ERROR instead of NO CARRIER (V.250 6.3.7 allows
				both) */
	bool no_diagnostics; /* no #UD */
	bool no_caller_id;   /* no +VCID */
	bool connect_flags;  /* CONNECT tells error control and compression */
	/* Drives DCD and RI at the DTE: hal_stream_mem_set_inputs for memory pairs,
	 * sim_rfc2217_set_inputs for RFC 2217, NULL for ptys. */
	void (*set_inputs)(struct hal_stream *stream, unsigned int lines, bool on);
};

#define SIM_MODEM_OPTIONS_DEFAULT                                    \
	((struct sim_modem_options){.manufacturer = "Trunkline",     \
				    .model = "Emulated V.250 modem", \
				    .revision = "1",                 \
				    .serial = "0",                   \
				    .rate = 33600})

enum sim_modem_state {
	SIM_MODEM_COMMAND,
	SIM_MODEM_DIALING,   /* ATD not yet answered */
	SIM_MODEM_ANSWERING, /* ATA or autoanswer, no carrier yet */
	SIM_MODEM_ONLINE,    /* data */
	SIM_MODEM_ESCAPED,   /* call up, commands accepted */
};

struct sim_modem_stats {
	uint64_t commands; /* lines */
	uint64_t rings;
	uint64_t dialled;
	uint64_t answered;
	uint64_t connects;
	uint64_t bytes_tx; /* DTE → line */
	uint64_t bytes_rx; /* line → DTE */
	uint64_t lost;	   /* bytes that no buffer could take, or that a call's end overtook */
};

/* How the line was in the present call, or the last one: what #UD tells, and more. */
struct sim_link {
	uint64_t tx, rx;	       /* bytes that got there; that came, lost ones included */
	uint64_t lost_tx, lost_rx;     /* bytes that modems had to drop */
	uint64_t frames_tx, frames_rx; /* with error control: all that were sent; the good ones */
	uint64_t errors_tx, errors_rx; /* frames that were sent in vain; that came damaged */
	uint64_t flipped, dropped;     /* without: bad bytes for the DTE; bytes that never came */
	uint64_t retrains_asked, retrains_granted;
	uint64_t renegotiations; /* of the rate */
};

/*
 * Connect a modem to the exchange. options may be NULL. The stream (NULL: none yet) belongs to the
 * modem on success.
 * @return 0; -EINVAL not a number; -EEXIST number in use; -ENOMEM
 */
int sim_modem_new(struct sim_exchange *exchange, const char *number, struct hal_stream *stream,
		  const struct sim_modem_options *options, struct sim_modem **ret_modem);

/* Cuts the line and closes the stream. NULL is allowed. */
void sim_modem_free(struct sim_modem *modem);

/* Give a modem without stream a new one. @return 0; -EBUSY it has one */
int sim_modem_attach(struct sim_modem *modem, struct hal_stream *stream);

/* The device goes: the call is cut, the stream closed, all settings are factory settings again. */
void sim_modem_detach(struct sim_modem *modem);

/* Change options now. Unplugging the line cuts the call. */
void sim_modem_set_options(struct sim_modem *modem, const struct sim_modem_options *options);
const struct sim_modem_options *sim_modem_options(const struct sim_modem *modem);

void sim_modem_set_fault(struct sim_modem *modem, const struct sim_fault *fault);
void sim_modem_clear_fault(struct sim_modem *modem, enum sim_fault_kind kind);
void sim_modem_clear_faults(struct sim_modem *modem);

const char *sim_modem_number(const struct sim_modem *modem);
enum sim_modem_state sim_modem_state(const struct sim_modem *modem);
const char *sim_modem_state_name(const struct sim_modem *modem);
bool sim_modem_has_stream(const struct sim_modem *modem);
bool sim_modem_is_off_hook(const struct sim_modem *modem);
/* Has the exchange put the far end of its call on hold? */
bool sim_modem_is_holding(const struct sim_modem *modem);
bool sim_modem_is_ringing(const struct sim_modem *modem);
/* Carrier with the far end: what DCD says. */
bool sim_modem_is_connected(const struct sim_modem *modem);
const struct sim_modem_stats *sim_modem_stats(const struct sim_modem *modem);
const struct sim_link *sim_modem_link(const struct sim_modem *modem);

/* It asks the far end for a retrain: no data for a while. @return 0; -ENOTCONN no carrier */
int sim_modem_retrain(struct sim_modem *modem);

#endif
