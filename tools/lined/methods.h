/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_METHODS_H
#define TOOLS_LINED_METHODS_H

/**
 * @file
 * The methods of io.trunkline. Each is a struct varlink_method.call: user is the struct
 * lined_client, args the struct of its name; 0 means that it has replied or that client->call waits
 * for what it will reply to.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tools/varlink/server.h"

struct lined_client;

struct args_line {
	const char *line;
};

struct args_dial {
	const char *line;
	const char *number;
	const char *media;
	uint32_t timeout;
	uint32_t max_duration;
	uint32_t inactivity;
	bool keep;
};

struct args_answer {
	const char *line;
	const char *media;
	uint32_t wait;
	uint32_t rings;
	bool keep;
};

struct args_session {
	const char *session;
	bool flag; /* user, drop */
};

struct args_attach {
	const char *session;
	bool hang_up;
	bool detach;
};

struct args_break {
	const char *session;
	uint32_t ms;
};

struct args_join {
	const char *line;
	bool owner;
	bool keep;
};

struct args_hand_off {
	const char *session;
	const char *to;
};

struct args_privilege {
	const char *session;
	const char *privilege;
};

struct args_limit {
	const char *session;
	const char *limit;
	uint32_t seconds;
};

struct args_reset {
	const char *line;
	bool hard;
};

struct args_list {
	bool all;
};

struct args_command {
	const char *line;
	const char *command;
	uint32_t timeout;
};

struct args_history {
	const char *line;
	const char *outcome;
	uint32_t since;
	uint32_t until;
	uint32_t limit;
};

struct args_hotplug {
	const char *action;
	const char *device;
	const char *sysfs;
};

/* methods_call.c: those that come by a session */
int method_dial(void *user, const void *args);
int method_answer(void *user, const void *args);
int method_reject(void *user, const void *args);

/* methods_session.c: those that have one */
int method_drop(void *user, const void *args);
/** Beside the stream that tells the end of the call. */
int method_drop_beside(void *user, const void *args);
int method_release(void *user, const void *args);
int method_hangup(void *user, const void *args);
int method_list_sessions(void *user, const void *args);
int method_get_session(void *user, const void *args);

#define LINED_BREAK_MS 250 /**< a break of no given length: long enough at 50 bit/s */

/* methods_stream.c: the bytes of a call */
int method_attach(void *user, const void *args);
int method_lend(void *user, const void *args);
int method_break(void *user, const void *args);

/* methods_holder.c: who holds a call, and how long */
int method_join(void *user, const void *args);
int method_hand_off(void *user, const void *args);
int method_set_privilege(void *user, const void *args);
int method_set_limit(void *user, const void *args);
int method_hold(void *user, const void *args);
int method_unhold(void *user, const void *args);

/* methods_line.c: those about lines and the daemon */
int method_list_lines(void *user, const void *args);
int method_monitor(void *user, const void *args);
int method_command(void *user, const void *args);
int method_reset(void *user, const void *args);
int method_get_counters(void *user, const void *args);
int method_get_metrics(void *user, const void *args);
int method_list_ports(void *user, const void *args);
int method_hotplug(void *user, const void *args);
int method_reload(void *user, const void *args);

/* trace.c */
int method_trace(void *user, const void *args);

/* methods_history.c: a listing is sent piece by piece, as the client reads */
int method_list_history(void *user, const void *args);
struct lined_listing;
/** The next piece, and the end. */
void listing_go_on(struct lined_client *client);
void listing_free(struct lined_listing *listing);

extern const struct varlink_method lined_methods[];
extern const struct varlink_service lined_service;

#endif
