/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_SESSION_H
#define LINECTL_SESSION_H

/** @file What the verbs about sessions share. */

#include <stdbool.h>

#include "tools/linectl/exit.h"

struct app;
struct json_object;

/**
 * Call a method that has nothing to tell but that it was done.
 * @param subject what is spoken of
 * @param params  taken over
 * @param done    a word or two for people
 */
enum status session_show_done(struct app *app, const char *subject, const char *method,
			      struct json_object *params, const char *done);

/** Parameters of methods. @return the caller's; NULL when out of memory */
struct json_object *session_params(const char *session);
struct json_object *session_params_flag(const char *session, const char *flag, bool value);

#endif
