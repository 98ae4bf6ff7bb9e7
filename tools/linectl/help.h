/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_HELP_H
#define LINECTL_HELP_H

/**
 * @file
 * Help and usage errors, made from the tables of verbs and options.
 */

#include "tools/linectl/app.h"

struct command;

/** A wrong command line: the reason, and how it should look. @param command NULL: the verb itself
 * is at fault */
enum status help_usage(struct app *app, const struct command *command, const char *reason);
enum status help_no_verb(struct app *app, const char *name);

#endif
