/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_APP_H
#define LINECTL_APP_H

/**
 * @file
 * What every verb works with.
 */

#include "tools/linectl/options.h"
#include "tools/linectl/output.h"

struct command;
struct private;
struct transfer;
struct varlink_client;

/** Longer than the daemon needs for anything between a call and its reply: a reset, or a drop whose
 * every step times out. */
#define APP_REPLY_LIMIT_S 120

struct app {
	struct options options;
	struct output output;
	const struct command *command;
	struct varlink_client *client; /**< NULL for verbs that need no daemon */
	struct private *private;       /**< the daemon is our child; NULL: it is not */
	struct transfer *transfer;     /**< the bytes of the call are files; NULL: they are not */
	int signals;		 /**< signalfd of SIGINT, SIGTERM and SIGHUP; -1: not caught */
	unsigned int interrupts; /**< the first of these, and each SIGINT after it */
	unsigned int patience;	 /**< so many do not end a wait */
	uint32_t reply_limit_s;	 /**< seconds to wait for a reply, 0: for ever */
};

#endif
