/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_TOOLS_VARLINK_FIXTURE_H
#define TESTS_UNIT_TOOLS_VARLINK_FIXTURE_H

#include <stddef.h>

#include "tools/varlink/server.h"

/** A server with an interface of its own, and the raw other end of its socket. */
struct fixture {
	struct varlink_server *server;
	int server_fd; /* the server's */
	int peer;
	int calls; /* of Later and Stream, begun */
};

/**
 * Methods: Echo(text) replies at once; Later() and Stream() when the test says so, Stream only with
 * "more"; Fail(error) returns it. Echo and Fail can be upgraded.
 */
void fixture_init(struct fixture *f);
void fixture_fini(struct fixture *f);

/** Send bytes to the server, which must take them all. */
void fixture_send(struct fixture *f, const char *bytes, size_t size);
/** One message and its NUL, then dispatch. */
int fixture_call(struct fixture *f, const char *message);
/** What the server has sent so far: messages with '\n' for NUL. Owned by the caller. */
char *fixture_receive(struct fixture *f);
/** An object {"text": text}. */
struct json_object *fixture_text(const char *text);

#endif
