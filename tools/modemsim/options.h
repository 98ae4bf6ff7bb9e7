/* SPDX-License-Identifier: MIT */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

/* The command line of the program modemsim. */

#include "hal/log.h"

#include "tools/modemsim/config.h"

enum sim_options_result {
	SIM_OPTIONS_RUN,
	SIM_OPTIONS_DONE,  /* --help, --version: printed, exit 0 */
	SIM_OPTIONS_USAGE, /* told on stderr, exit 2 */
};

struct sim_options {
	char dir[SIM_PATH_MAX];
	bool control;
	enum hal_log_level log_level;
	struct sim_config config;
};

enum sim_options_result sim_options_parse(int argc, char **argv, struct sim_options *options);

#endif
