/* SPDX-License-Identifier: MIT */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

/*
 * The control language: one command a line, one answer a command: "ok" or "error: …", what is asked
 * for before it. modemsim(1) describes it.
 */

#include <stdio.h>

#include "tools/modemsim/site.h"

#define SIM_CONTROL_LINE_MAX 256

enum sim_control_result { SIM_CONTROL_GO_ON, SIM_CONTROL_QUIT };

/* Execute one line and write the answer. An empty line and a comment (#) have none. */
enum sim_control_result sim_control_run(struct sim_site *site, struct hal_slice line, FILE *out);

#endif
