/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_CLIENT_H
#define TOOLS_LINED_CLIENT_H

/** @file One connection. It is a client of the context: when it closes, what it owned ends. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <trunkline/types.h>

#include "tools/lined/event.h"
#include "tools/lined/guard.h"
#include "tools/lined/role.h"

struct json_object;
struct lined;
struct lined_client;
struct lined_listing;
struct lined_stream;
struct tl_event;
struct varlink_server;

/** The call of a method that has not yet been answered to the end. */
struct lined_call {
	/** Told of events that concern the call; replies when it is time. NULL: nothing is awaited.
	 */
	void (*event)(struct lined_client *client, const struct tl_event *event);
	uint64_t op;	    /* operation awaited; 0: none */
	tl_session session; /* session told of */
	tl_line line;
	enum tl_media media;
	bool keep;
	bool line_is_open;	/* to be closed at the end */
	bool watching;		/* to be ended at the end */
	bool tracing;		/* is told of the wire, see trace.h */
	char traced[40];	/* of the line of this name only; "": of all */
	uint32_t rings;		/* an offer is answered at this one at the latest */
	uint64_t wait_until_ms; /* for an offer, event_now_ms(); 0: not at all */
	uint64_t deadline_ms;	/* 0: none; else late() is called then */
	void (*late)(struct lined_client *client);
	struct lined_listing *listing; /* of ListHistory; NULL: none */
};

struct lined_client {
	struct lined_client *next;
	struct lined *lined;
	struct varlink_server *server;
	struct event_source source;
	uint32_t events; /* waited for */
	tl_client id;
	uid_t uid;
	struct lined_peer peer;
	char name[40];		     /* "linectl[4711]" */
	bool dirty;		     /* to be dispatched in this turn of the loop */
	bool gone;		     /* to be freed at its end */
	struct lined_stream *stream; /* of a call; NULL: none */
	const char *method;	     /* that is being served; NULL: none */
	struct lined_call call;
	char rule[LINED_RULE_TEXT_MAX]; /* of the policy, for the next error; "": none */
	char reason[256];		/* of the next error; "": the general one */
	int64_t position;		/* in the number, for the next error; -1: none */
};

/**
 * @param fd taken over on success
 * @return 0; -ENOSPC as many are connected as may be, told in the log; -ENOMEM; negative errno of
 * getsockopt(2) and epoll_ctl(2)
 */
int client_new(struct lined *lined, int fd, struct lined_client **ret_client);
/** What a connection that is refused is told, as the answer to whatever it will ask first. */
void client_turn_away(int fd, int error);
/** The client must have been gone since the last turn of the loop. */
void client_free(struct lined_client *client);

/** Serve, send, and notice when the peer is gone. */
void client_dispatch(struct lined_client *client);
/** Hand an event to the call that waits for it. */
void client_event(struct lined_client *client, const struct tl_event *event);

/** Is a call being served, beside which others may come? */
bool client_is_streaming(const struct lined_client *client);
/** Is the call a listing whose next piece the client is ready to take? */
bool client_wants_more(const struct lined_client *client);

/** Answer the call, or its next part. params: taken over, NULL is out of memory. */
void client_reply(struct lined_client *client, struct json_object *params, bool continues);
/** Answer an error. reason: NULL for client->reason or else the general text. */
void client_fail(struct lined_client *client, int error, const char *reason);
/** Note the reason for the error that a method is about to return. @return error */
int client_refuse(struct lined_client *client, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** What the client may do, as the configuration says now. */
enum lined_role client_role(const struct lined_client *client);
bool client_is_admin(const struct lined_client *client);

/**
 * A line that may be used now.
 * @return 0; -ENOENT; -ECANCELED the daemon is stopping
 */
int client_find_line(struct lined_client *client, const char *text, tl_line *ret_line);
/**
 * A session that this client may use: its own, or kept by its user.
 * @return 0; -EINVAL; -ESTALE; -EBADF; -EPERM; -ENOMEM
 */
int client_find_session(struct lined_client *client, const char *text, tl_session *ret_session);
/** One whose call it may use, end and look at: also those of its user's other connections. As
 * above. */
int client_find_call(struct lined_client *client, const char *text, tl_session *ret_session);

#endif
