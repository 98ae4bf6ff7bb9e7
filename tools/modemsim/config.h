/* SPDX-License-Identifier: MIT */
#ifndef SIM_CONFIG_H
#define SIM_CONFIG_H

/*
 * What the program modemsim is asked to emulate, read from the command line (--modem) and from
 * scenario files. One table of keys serves both, and the control command "set".
 */

#include "hal/stream.h"

#include "tools/modemsim/exchange.h"
#include "tools/modemsim/fault.h"
#include "tools/modemsim/modem.h"

#define SIM_MODEMS_MAX	 128
#define SIM_SERVICES_MAX 64
#define SIM_FAULTS_MAX	 8
#define SIM_PATH_MAX	 256

struct sim_modem_config {
	char number[SIM_NUMBER_MAX];
	char tty[SIM_PATH_MAX];		  /* "": a pty of its own */
	bool on_tcp;			  /* instead: a port of RFC 2217 */
	uint16_t tcp_port;		  /* 0: any */
	struct sim_modem_options options; /* options.name is the modem's name */
	struct sim_fault faults[SIM_FAULTS_MAX];
	size_t fault_count;
};

struct sim_config {
	struct sim_timing timing;
	struct sim_modem_config modems[SIM_MODEMS_MAX];
	size_t modem_count;
	struct sim_number numbers[SIM_SERVICES_MAX];
	size_t number_count;
	/* Instead of hal_stream_pty_open(), and like it. NULL: that one */
	int (*open_pty)(void *user, struct hal_loop *loop, struct hal_stream **ret_stream,
			char *path, size_t size);
	void *open_pty_user;
};

void sim_config_init(struct sim_config *config);

/*
 * All of these fill err on failure: what was wrong and what would be right.
 * @return 0; -EINVAL; -ENOSPC too many of a kind
 */

/* "NAME=NUMBER[,key=value]…" @return also -EEXIST there is one of that name */
int sim_config_add_modem(struct sim_config *config, struct hal_slice text, struct hal_error *err);
/* The modem of that name, a new one when there is none yet. */
int sim_config_get_modem(struct sim_config *config, struct hal_slice name, struct hal_error *err,
			 struct sim_modem_config **ret_modem);
int sim_config_get_number(struct sim_config *config, struct hal_slice pattern,
			  struct hal_error *err, struct sim_number **ret_number);
int sim_config_set_modem(struct sim_modem_config *modem, struct hal_slice key,
			 struct hal_slice value, struct hal_error *err);
int sim_config_set_number(struct sim_number *number, struct hal_slice key, struct hal_slice value,
			  struct hal_error *err);
int sim_config_set_timing(struct sim_timing *timing, struct hal_slice key, struct hal_slice value,
			  struct hal_error *err);
/* Is everything there that is needed? */
int sim_config_check(const struct sim_config *config, struct hal_error *err);

/* ---- scenario.c ---- */

/* Add what the INI file says. @return 0; -EINVAL, err begins with "file:line:"; other -errno */
int sim_scenario_read(struct sim_config *config, const char *path, struct hal_error *err);

#endif
