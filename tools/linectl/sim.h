/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_SIM_H
#define LINECTL_SIM_H

/** @file Two emulated modems, joined by an emulated exchange: a modemsim of our own. */

#include "tools/linectl/app.h"
#include "tools/linectl/child.h"

#define SIM_LINES    2
#define SIM_PORT_MAX 128

struct sim_line {
	const char *name;
	const char *number;
	char port[SIM_PORT_MAX]; /**< where the modem is found */
};

/** The line that calls; the other one answers by itself. */
#define SIM_LINE_FIRST "sim1"

/**
 * Start the modems and wait until their ports are there.
 * @param modemsim to be ended by the caller when it runs, also on failure
 * @param ret_lines written on success
 * @return OK, or the status; told
 */
enum status sim_start(struct app *app, struct child *modemsim,
		      struct sim_line ret_lines[SIM_LINES]);

#endif
