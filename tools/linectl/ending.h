/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_ENDING_H
#define LINECTL_ENDING_H

/** @file How the user's command has ended, in words. */

#include <stddef.h>

struct json_object;

#define ENDING_NOT_RUN 127 /* as a shell tells that a program cannot be run */

/**
 * What an exit status says. Those of pppd are known, of other programs only what a shell makes of
 * them.
 *
 * @param command as it was called, with or without a folder
 * @param buf     may be what is returned
 * @return a text; "" when the number says it all
 */
const char *ending_meaning(const char *command, int status, char *buf, size_t size);

/** "pppd: 16: the modem hung up", "cat: 1". @return buf */
const char *ending_text(const char *command, int status, char *buf, size_t size);

/** The same for programs: command, status and meaning, if there is one. @return NULL: no memory */
struct json_object *ending_document(const char *command, int status);

#endif
