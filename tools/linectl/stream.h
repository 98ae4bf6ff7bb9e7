/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_STREAM_H
#define LINECTL_STREAM_H

/** @file The stream of a call. */

#include "tools/linectl/relay.h"

struct json_object;

#define STREAM_REST_MS 60000 /* what a program has left behind may take a slow line so long */

/**
 * Upgrade a connection.
 *
 * @param method without interface; @param params taken over, NULL: out of memory
 * @param flags  enum varlink_client_flags, besides the upgrade
 * @return OK, or the status; the error has been told
 */
enum status stream_upgrade(struct app *app, struct varlink_client *stream, const char *session,
			   const char *method, struct json_object *params, unsigned int flags);

/**
 * Have a connection become the stream.
 * @param end what is to happen behind the last byte of the input: "hang_up", "detach"; NULL:
 * nothing
 * @return OK, or the status; the error has been told
 */
enum status stream_attach(struct app *app, struct varlink_client *stream, const char *session,
			  const char *end);

/**
 * Carry the bytes of a connected call: between it and the command of the user, or stdin and stdout.
 *
 * @param info       type Session of io.trunkline
 * @param ret_status of the command, as a shell tells it; untouched without one
 */
enum relay_end stream_carry(struct app *app, struct varlink_client *stream,
			    struct json_object *info, int *ret_status);

#endif
