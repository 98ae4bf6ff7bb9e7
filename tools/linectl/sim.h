/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_SIM_H
#define LINECTL_SIM_H

/**
 * @file An emulated modem to try things on, and a second one that it can call: a modemsim of our
 * own. The second one answers by itself and is no line of the daemon's, which would not let a call
 * be answered that nobody owns.
 */

#include "tools/linectl/app.h"
#include "tools/linectl/child.h"

#define SIM_PORT_MAX 128

struct sim_line {
	char port[SIM_PORT_MAX]; /**< where the modem is found */
};

#define SIM_LINE   "sim1"
#define SIM_NUMBER "101"

/**
 * Start the modems and wait until their ports are there.
 * @param modemsim to be ended by the caller when it runs, also on failure
 * @param ret_line written on success
 * @return OK, or the status; told
 */
enum status sim_start(struct app *app, struct child *modemsim, struct sim_line *ret_line);

#endif
