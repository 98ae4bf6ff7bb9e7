/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_GET_H
#define LINECTL_GET_H

/**
 * @file
 * -g FIELD[,FIELD…]: bare values out of what --json prints. Which fields there are is in the
 * schema, so that one without a value can be told from one that does not exist.
 */

#include <stdio.h>

#include "tools/linectl/exit.h"

struct app;
struct json_object;

/** The text of linectl.schema.json, built in. */
extern const char linectl_schema[];

/** Are they fields of the verb's documents? @return OK; USAGE, and told which there are */
enum status get_check(const struct app *app, const char *fields);

/**
 * One value a line, "" for a field without a value. Of an array each element has its line.
 * @param fields have been checked
 */
void get_print(FILE *out, struct json_object *document, const char *fields);

#endif
