/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_DAEMON_H
#define TOOLS_LINED_DAEMON_H

/** @file The daemon: one context, its lines, and those who are connected. */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <trunkline/types.h>

#include "tools/lined/event.h"
#include "tools/lined/guard.h"
#include "tools/lined/listener.h"
#include "tools/lined/log.h"
#include "tools/lined/log_limit.h"
#include "tools/lined/metrics.h"

struct lined_client;
struct lined_own_call;
struct lined_own_line;
struct lined_told;
struct lined_settings;
struct tl_ctx;

/** Connections at one time; kept clients of users come on top, below TL_CLIENTS_MAX. */
#define LINED_CONNECTIONS_MAX 512
/** Of those, for root and the daemon's own user only. */
#define LINED_CONNECTIONS_RESERVED 16

/** Time to end the calls after SIGTERM; systemd's TimeoutStopSec of 20 s is above it. */
#define LINED_STOP_MS 15000

/** Owns the sessions that a user keeps beyond a connection. */
struct lined_user {
	struct lined_user *next;
	char name[40]; /* "user alice" */
	uid_t uid;
	tl_client id;
};

struct lined {
	struct lined_log log;
	struct lined_log_limit misdeeds; /* of clients, told in the log */
	struct tl_ctx *ctx;
	struct lined_settings *settings; /* of main(); replaced by lined_reload() */
	struct lined_own_line *lines;
	struct lined_told *told;
	struct lined_own_call *calls; /* without a record so far */
	struct lined_guard guard;
	int history_error;  /* of the last record, 0 or negative */
	bool lines_changed; /* some are not as the settings say */
	struct event_loop loop;
	struct event_source ctx_source;
	struct event_source signal_source;
	struct event_source listen_source; /* fd -1: not listening */
	struct listener listener;
	struct lined_metrics metrics;
	bool accepting; /* false while we are out of descriptors */
	bool private;	/* the only clients came with us */
	uint32_t keep_sessions, keep_age;

	struct lined_client *clients;
	unsigned int n_clients;
	struct lined_user *users;
	bool users_changed; /* some may have nothing left */

	uint32_t watchdog_ms; /* 0: nobody watches */
	uint64_t watchdog_at_ms;

	bool stopping;
	bool stopped;
	uint64_t stop_deadline_ms;
	uint64_t *drops; /* operations still awaited before the end */
	size_t n_drops;
};

/**
 * Open the lines, and listen or serve the inherited socket.
 *
 * @param settings outlive the daemon, which replaces them when it is told to read them again
 * @param mask     signals that end the daemon, and SIGHUP; blocked by the caller
 * @return 0; negative errno, already told in the log
 */
int lined_start(struct lined *lined, struct lined_settings *settings, const sigset_t *mask);
/** Serve until told to end. @return 0; negative errno of epoll_wait(2) */
int lined_run(struct lined *lined);
/** Free everything; also after a lined_start() that failed. */
void lined_fini(struct lined *lined);

/** Begin to end: drop every call, then leave. A second time: leave at once. */
void lined_stop(struct lined *lined);

/**
 * The client of a user, made if need be.
 * @return 0; -ENOSPC; -ENOMEM
 */
int lined_get_user(struct lined *lined, uid_t uid, tl_client *ret_client);
/** @return the user's, or NULL when the client is no user's */
const struct lined_user *lined_find_user(const struct lined *lined, tl_client client);
/** Who holds a session, for people: "linectl[4711]", "user alice"; "" for nobody that is known. */
const char *lined_holder_name(const struct lined *lined, tl_client client);
/** Forget the users for whom nothing is kept any more, if that may have changed. */
void lined_forget_users(struct lined *lined);

/** All drops so far have ended: begin those that had to wait. @return there are some */
bool lined_stop_more(struct lined *lined);

/** The session is gone: end the calls that tell of it. */
void lined_session_gone(struct lined *lined, tl_session session);

#endif
