/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_LINE_H
#define LINECTL_LINE_H

/** @file What the verbs about lines share. A line is of type Line of io.trunkline. */

#include <stddef.h>

#include "tools/linectl/output.h"

struct app;
struct json_object;

/** Parameters of ListLines. @param line NULL: all. @return the caller's; NULL: out of memory */
struct json_object *line_params(const char *line);

/** How its state looks, and is called. @return buf, or a text that lives as long as the line */
enum output_style line_style(struct json_object *line);
const char *line_state(struct json_object *line, char *buf, size_t size);

/** Rows of what is told of a line. */
void line_print_fault(const struct output *output, struct json_object *line);
void line_print_media(const struct output *output, struct json_object *media);

/** There are no lines: how to get some. */
void line_tell_none(const struct output *output);

/** Of the lines that were shown: the port of --device that is of no use is an error. */
enum status line_status(const struct app *app, struct json_object *lines);

#endif
