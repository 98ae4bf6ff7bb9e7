/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_SESSION_H
#define LINECTL_SESSION_H

/** @file Parameters of the methods that take a session. */

#include <stdbool.h>

struct json_object;

/** @return the caller's; NULL when out of memory */
struct json_object *session_params(const char *session);
struct json_object *session_params_flag(const char *session, const char *flag, bool value);

#endif
