/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_LEND_H
#define LINECTL_LEND_H

/** @file The user's command on the line's own tty. */

#include "tools/linectl/relay.h"

struct json_object;

/**
 * Before a call is placed: has the line a tty that could be lent?
 * @return OK, or the status; told
 */
enum status lend_check(struct app *app, const char *line);

/**
 * Have the port of a connected call lent, and run the command on it. When that ends the port is
 * given back, which ends the call.
 *
 * @param stream     the connection that the lending lasts as long as
 * @param info       type Session of io.trunkline
 * @param ret_status of the command, as a shell tells it, or of what has failed and been told
 * @return REFUSED: it was not lent
 */
enum relay_end lend_run(struct app *app, struct varlink_client *stream, struct json_object *info,
			int *ret_status);

#endif
