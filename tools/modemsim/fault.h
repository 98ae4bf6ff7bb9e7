/* SPDX-License-Identifier: MIT */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

/*
 * The ways in which an emulated modem misbehaves. Faults combine; each is on from now, after a
 * number of command lines, or only for command lines that begin with a prefix.
 */

#include <stdbool.h>
#include <stdint.h>

#include "hal/slice.h"

enum sim_fault_kind {
	SIM_FAULT_SILENT,	   /* reads and does nothing, not even echo */
	SIM_FAULT_ECHO_ONLY,	   /* echoes and does nothing else */
	SIM_FAULT_SLOW,		   /* every command is executed ms late */
	SIM_FAULT_ERROR,	   /* every command is answered ERROR, none is executed */
	SIM_FAULT_JUNK,		   /* noise before each answer: NUL, bit 7, an over-long line */
	SIM_FAULT_STUCK,	   /* in data mode: no escape, DTR ignored */
	SIM_FAULT_KEEPS_CALL,	   /* ATH is answered OK and the call stays */
	SIM_FAULT_DEAF_DTR,	   /* DTR is ignored */
	SIM_FAULT_RING,		   /* RING between command and answer */
	SIM_FAULT_SPLIT,	   /* output comes byte by byte, ms apart */
	SIM_FAULT_MERGE,	   /* output is held back ms, then comes in one piece */
	SIM_FAULT_LOST_ANSWER,	   /* the next answer is lost, once */
	SIM_FAULT_NO_CARRIER_LOST, /* NO CARRIER is never said */
	SIM_FAULT_COUNT,
};

#define SIM_FAULT_PREFIX_MAX 16

struct sim_fault {
	enum sim_fault_kind kind;
	uint32_t ms;			   /* 0: the fault's own default */
	uint32_t after;			   /* on after so many command lines */
	char prefix[SIM_FAULT_PREFIX_MAX]; /* on for command lines "AT<prefix>…" only; "": all */
};

struct sim_modem;

/* "silent", "slow", … */
const char *sim_fault_name(enum sim_fault_kind kind);

/*
 * Read "KIND [MS] [on PREFIX | after N]", for instance "slow 500 on +VLS".
 * @return 0; -EINVAL, *ret_why says what would be right
 */
int sim_fault_parse(struct hal_slice text, struct sim_fault *ret_fault, const char **ret_why);

/* @return 0; -EINVAL no such fault */
int sim_fault_find(struct hal_slice name, enum sim_fault_kind *ret_kind);

#endif
