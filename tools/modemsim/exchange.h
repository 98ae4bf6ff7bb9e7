/* SPDX-License-Identifier: MIT */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

/*
 * The emulated telephone exchange: subscribers (modem.h) call each other by number, and some
 * numbers are answered by the exchange itself. It lives on one hal_loop and takes its time from the
 * loop's clock, so with a virtual clock a minute of ringing costs microseconds. Nothing is
 * allocated per call; every call is embedded in the modem that placed it.
 */

#include "hal/log.h"
#include "hal/loop.h"

#define SIM_NUMBER_MAX 32 /* digits of a subscriber or a pattern, with the terminating NUL */

struct sim_exchange;
struct sim_modem;

/* How long things take. Shorter than in life, and in life's order. */
struct sim_timing {
	uint32_t setup_ms;     /* last digit dialled → ringing, busy or reorder tone */
	uint32_t digit_ms;     /* dialling one digit by tone; by pulse ten times that */
	uint32_t dialtone_ms;  /* given up waiting for dial tone */
	uint32_t ring_on_ms;   /* ringing voltage on */
	uint32_t ring_off_ms;  /* pause between two bursts */
	uint32_t handshake_ms; /* off hook at both ends → CONNECT */
	uint32_t retrain_ms;   /* no data meanwhile */
};

#define SIM_TIMING_DEFAULT                        \
	((struct sim_timing){.setup_ms = 100,     \
			     .digit_ms = 10,      \
			     .dialtone_ms = 500,  \
			     .ring_on_ms = 2000,  \
			     .ring_off_ms = 4000, \
			     .handshake_ms = 200, \
			     .retrain_ms = 1000})

/* What the exchange itself does with a number. */
enum sim_service {
	SIM_SERVICE_BUSY,
	SIM_SERVICE_SILENT,	 /* rings for ever */
	SIM_SERVICE_NO_DIALTONE, /* the caller hears nothing at all */
	SIM_SERVICE_REORDER,	 /* congestion: what an unknown number gives, too */
	SIM_SERVICE_ANSWER,	 /* a modem that answers and listens */
	SIM_SERVICE_ECHO,	 /* a modem that answers and sends back what it hears */
};

struct sim_number {
	char pattern[SIM_NUMBER_MAX]; /* dial plan: x is any digit, a final . any rest */
	enum sim_service service;
	uint32_t answer_ms; /* ANSWER, ECHO: rings so long first */
	uint32_t hangup_ms; /* ANSWER, ECHO: hangs up so long after the connect; 0: never */
};

/* log must outlive the exchange. @return 0; -ENOMEM */
int sim_exchange_new(struct hal_loop *loop, const struct hal_log *log,
		     struct sim_exchange **ret_exchange);

/* All modems must have been freed. NULL is allowed. */
void sim_exchange_free(struct sim_exchange *exchange);

/* For calls and rings that begin from now on. */
void sim_exchange_set_timing(struct sim_exchange *exchange, const struct sim_timing *timing);
const struct sim_timing *sim_exchange_timing(const struct sim_exchange *exchange);

/*
 * Add a number that the exchange serves itself. Subscribers go first, then patterns in the order
 * they were added. @return 0; -EINVAL not a pattern; -ENOMEM
 */
int sim_exchange_add_number(struct sim_exchange *exchange, const struct sim_number *number);

/* @return the subscriber with exactly this number, or NULL */
struct sim_modem *sim_exchange_find(const struct sim_exchange *exchange, struct hal_slice number);

/* Calls that exist now, from the last digit to the moment that one end is on hook again. */
unsigned int sim_exchange_calls(const struct sim_exchange *exchange);

/*
 * Ring a subscriber as if a stranger with the number from had called; the stranger is a modem that
 * listens, and never tires: sim_exchange_clear() ends it.
 * @return 0; -EBUSY the line is in use; -ENOTCONN the line is not plugged in
 */
int sim_exchange_ring(struct sim_modem *modem, struct hal_slice from);

/*
 * End the call of this modem from the exchange's side, as a far end that hangs up does.
 * @return 0; -EALREADY there is none
 */
int sim_exchange_clear(struct sim_modem *modem);

#endif
