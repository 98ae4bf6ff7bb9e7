/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_DAEMON_H
#define TESTS_BENCH_DAEMON_H

/* lined, as it is built, with lines l0, l1 … and nobody else's configuration. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/varlink/client.h"

struct daemon {
	pid_t pid;
	uint64_t started_ns; /* right before fork(2) */
	double ready_ms;     /* from there to READY=1 */
	char folder[64];     /* of its own, with both sockets */
	char socket[80];
	char notify[80];
};

/* Where the programs are that were built: NAME beside our own folder. */
void daemon_program(const char *name, char *buf, size_t size);
/* Returns when it is ready to serve. Whatever fails ends the program. */
void daemon_start(struct daemon *daemon, const char (*paths)[32], size_t n);
void daemon_stop(struct daemon *daemon);

struct varlink_client *daemon_connect(const struct daemon *daemon);
/* Wait until all n lines are ready. */
void daemon_await_ready(const struct daemon *daemon, size_t n);
/* A call whose parameters are text, JSON, and its one reply; an error ends the program. */
struct varlink_reply daemon_call(struct varlink_client *client, const char *method,
				 const char *params);
/* What AT takes on the first line. */
double daemon_command_us(struct varlink_client *client);
/* One after which the connection carries bytes. */
struct varlink_reply daemon_upgrade(struct varlink_client *client, const char *method,
				    const char *params);
/*
 * The reply to a Drop that has been sent. That the line is not proved to be on hook is no reason to
 * fail: the modem is a process, too, and not run for ten seconds it is too late for all that lined
 * tries. The call becomes idle then when lined has tried the line again.
 */
void daemon_await_dropped(struct varlink_client *client);
/* Ends the program when it is another error. */
void daemon_check_dropped(const struct varlink_reply *reply);

#define DAEMON_SESSION_SIZE 64

/* A connection that gets all events. */
struct varlink_client *daemon_monitor(const struct daemon *daemon);
/* Wait until n events of that type have told that state. Others are lost. */
void daemon_await_events(struct varlink_client *events, const char *type, const char *state,
			 size_t n);
/* Begin a voice call. */
void daemon_dial(struct varlink_client *client, size_t line, char session[DAEMON_SESSION_SIZE]);
void daemon_release(struct varlink_client *client, const char *session);

#endif
