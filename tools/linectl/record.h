/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_RECORD_H
#define LINECTL_RECORD_H

/** @file A call for people to read, live or over. @param info type Session of io.trunkline. */

#include <stddef.h>

#include "tools/linectl/output.h"

struct json_object;

/** What a function that shows a record looks like. */
typedef void (*record_printer)(const struct output *output, struct json_object *info);

/** Everything. */
void record_print(const struct output *output, struct json_object *info);
/** Who, how long, how it ended and what proves it. */
void record_print_short(const struct output *output, struct json_object *info);

/** "normal by user", "busy", "" while it has not ended. @return buf */
const char *record_end(struct json_object *info, char *buf, size_t size);
/** "33600 bit/s V.34", "" when unknown. @return buf */
const char *record_link(struct json_object *info, char *buf, size_t size);

#endif
