/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_CONNECT_H
#define LINECTL_CONNECT_H

/**
 * @file
 * The connection to the daemon, and waiting on it. What fails is told to the user here, in one
 * place.
 */

#include <stdint.h>

#include "tools/linectl/app.h"
#include "tools/varlink/client.h"

struct json_object;

/** Milliseconds of a clock that only goes forward. */
uint64_t connect_now_ms(void);
/** The moment when so many seconds will have passed; 0 seconds: never comes. */
uint64_t connect_deadline(uint32_t seconds);

/**
 * Connect to the daemon, or start a private one and wait until its lines have been probed.
 * From here on signals are caught. @return OK, or the status; the error has been told
 */
enum status connect_open(struct app *app);

/**
 * Connect to a daemon that runs: none is started, and unless --socket names it nothing is told when
 * there is none. @return OK; NO_DAEMON; PERMISSION; OTHER
 */
enum status connect_open_running(struct app *app);

/**
 * Connect to the daemon, and tell the user nothing.
 * @param ret_path written always: the socket that was tried
 * @return 0; as varlink_client_open()
 */
int connect_socket(const struct app *app, struct varlink_client **ret_client,
		   const char **ret_path);

/**
 * Another connection to the same daemon, for verbs with COMMAND_TWICE, once.
 * @param ret_client freed with varlink_client_free()
 * @return OK, or the status; the error has been told
 */
enum status connect_second(struct app *app, struct varlink_client **ret_client);

/** Have signals waited for from here on: what connect_open() does first. @return 0; negative errno
 */
int connect_catch_signals(struct app *app);

/** Hang up the connection; a private daemon drops its calls and is waited for. */
void connect_close(struct app *app);

/**
 * Ask and wait for the one reply.
 *
 * @param subject   for the error: the line, session or thing that the call is about; NULL: none
 * @param method    without interface
 * @param params    taken over whatever happens; NULL: out of memory
 * @param ret_reply freed by the caller with varlink_reply_clear(); written on success
 * @return OK, or the status; the error has been told
 */
enum status connect_call(struct app *app, const char *subject, const char *method,
			 struct json_object *params, struct varlink_reply *ret_reply);

/** As connect_call(), but errors are replies too, and nothing is told about them. */
enum status connect_try(struct app *app, const char *method, struct json_object *params,
			struct varlink_reply *ret_reply);

/** Send a call. @param method with interface; @param flags enum varlink_client_flags; params as
 * above */
enum status connect_send(struct app *app, const char *method, struct json_object *params,
			 unsigned int flags);

/**
 * Wait for a reply.
 * @param deadline_ms by connect_now_ms()
 * @return OK; TIMEOUT, nothing has been told; others have been told
 */
enum status connect_next(struct app *app, uint64_t deadline_ms, struct varlink_reply *ret_reply);

/**
 * As connect_next(), but of signals nothing is told either: INTERRUPTED, more have come than
 * app->patience says.
 */
enum status connect_wait(struct app *app, uint64_t deadline_ms, struct varlink_reply *ret_reply);

/** Let time pass, or a signal come, whatever is first. */
void connect_pause(struct app *app, int ms);

/** Tell the error of a reply. @return its status */
enum status connect_tell(const struct app *app, const char *subject,
			 const struct varlink_reply *reply);

/** Tell that the connection is lost. @param r of varlink_client_next() and its like */
enum status connect_tell_lost(const struct app *app, int r);

/** Tell that no reply has come in time. */
enum status connect_tell_timeout(const struct app *app);

#endif
