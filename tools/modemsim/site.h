/* SPDX-License-Identifier: MIT */
#ifndef SIM_SITE_H
#define SIM_SITE_H

/* The configured modems as programs find them: a pty each, with a link DIR/NAME, or a given tty, or
 * a TCP port. */

#include "tools/modemsim/config.h"

struct sim_listener;

struct sim_site_port {
	struct sim_modem *modem;
	char tty[SIM_PATH_MAX]; /* given; "": a pty of its own */
	bool on_tcp;
	uint16_t tcp_port; /* once plugged in it is always the same */
	struct sim_listener *listener;
	char path[SIM_PATH_MAX]; /* what a program opens; "" while unplugged */
	char link[SIM_PATH_MAX]; /* "": none */
};

struct sim_site {
	struct hal_loop *loop;
	struct sim_exchange *exchange;
	struct sim_site_port *ports;
	size_t count;
	int (*open_pty)(void *user, struct hal_loop *loop, struct hal_stream **ret_stream,
			char *path, size_t size);
	void *open_pty_user;
};

/*
 * The default directory for links: $XDG_RUNTIME_DIR/modemsim, or /tmp/modemsim-UID.
 * @return 0; -ENAMETOOLONG
 */
int sim_site_default_dir(char *buf, size_t size);

/*
 * Build exchange and modems, and plug all of them in. dir is made (mode 0700) when it is missing.
 * @return 0; -errno, err filled
 */
int sim_site_new(struct hal_loop *loop, const struct hal_log *log, const struct sim_config *config,
		 const char *dir, struct hal_error *err, struct sim_site **ret_site);

/* Removes the links. NULL is allowed. */
void sim_site_free(struct sim_site *site);

struct sim_site_port *sim_site_find(const struct sim_site *site, struct hal_slice name);

/* The device comes. @return 0; -EALREADY; -errno, err filled */
int sim_site_plug(struct sim_site *site, struct sim_site_port *port, struct hal_error *err);
/* The device goes, with its link. @return 0; -EALREADY */
int sim_site_unplug(struct sim_site_port *port);

#endif
