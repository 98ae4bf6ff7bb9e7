/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_PRIVATE_H
#define LINECTL_PRIVATE_H

/**
 * @file
 * A daemon of our own, for one serial port or for an emulated modem. It is a child that serves us
 * over a socketpair, as any daemon would, and ends with the connection: nothing is left behind,
 * whatever becomes of us.
 */

#include "tools/linectl/app.h"

/** Start it, connect, and wait until its lines have been probed. @return OK, or the status; told */
enum status private_start(struct app *app);
/** The second connection of a verb with COMMAND_TWICE, the caller's from now on. */
struct varlink_client *private_take_second(struct app *app);

/** After the connection has been closed: wait for the children's end. Fine when nothing was
 * started. */
void private_stop(struct app *app);

/** End it and start another one, with its two connections: the end of one has ended it. */
enum status private_restart(struct app *app);

/** The line that is meant when none is given; NULL: there is no private daemon */
const char *private_default_line(const struct options *options);

/** How the first line was when its modem had been probed: OK, or what it failed by. Tells nothing.
 */
enum status private_line_status(const struct app *app);

/** For verbs that need a working line: is it one? A daemon that is not ours is left to tell itself.
 * @return OK, or the status; told with the line's reason */
enum status private_check_line(struct app *app, const char *line);

#endif
