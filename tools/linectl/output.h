/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_OUTPUT_H
#define LINECTL_OUTPUT_H

/**
 * @file
 * How things look: data on stdout, everything else on stderr. With json set nothing but JSON
 * documents is written, one per line. Texts may come from modems and callers: what could move a
 * terminal's cursor is replaced before it is shown to a person.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/linectl/exit.h"

struct json_object;

enum output_color { OUTPUT_COLOR_AUTO, OUTPUT_COLOR_ALWAYS, OUTPUT_COLOR_NEVER };

struct output {
	FILE *out;
	FILE *err;
	bool json;
	const char *get; /**< of documents only these fields, see get.h; errors are for people */
	bool quiet;
	bool legend;
	bool color_out;
	bool color_err;
	bool progress; /**< stderr is a terminal: progress may rewrite its line */
};

enum output_style {
	OUTPUT_PLAIN,
	OUTPUT_DIM,
	OUTPUT_BOLD,
	OUTPUT_GOOD,
	OUTPUT_BAD,
};

/** Decide about colour from the choice, NO_COLOR, TERM and the files; about progress from the last
 * two. */
void output_set_color(struct output *output, enum output_color color);

/** Escape sequences to begin and end a style on out, "" without colour. */
const char *output_begin(bool color, enum output_style style);
const char *output_end(bool color, enum output_style style);

/** Copy text, replacing control characters and broken UTF-8 by '?'; cut to size. @return buf */
char *output_clean(const char *text, char *buf, size_t size);
/** Columns that clean text takes on a terminal, one for each character. */
size_t output_width(const char *text);

#define OUTPUT_CELL_MAX 96

/** One column of a table: a text or number of the row, or what a function makes of it. "" and 0 are
 * shown as "-". */
struct output_column {
	const char *title;
	const char *key; /**< member of the row; NULL: text is called */
	/** @return buf, or a text that lives as long as the row */
	const char *(*text)(struct json_object *row, char *buf, size_t size);
	enum output_style (*style)(struct json_object *row); /**< NULL: plain */
};

/** A legend and a line for each element of an array; columns as wide as needed, the last one
 * unpadded. */
void output_table(const struct output *output, const struct output_column *columns, size_t n,
		  struct json_object *rows);

/** "label     text" of a list of facts; nothing for an empty text. The label may be "" to continue.
 */
void output_row(const struct output *output, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Something for a person to know, on stderr; not with quiet or json. */
void output_remark(const struct output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** A document on a line of its own, "v": 1 added: the version of what linectl prints. */
void output_json(const struct output *output, struct json_object *object);
/** The same as it is. */
void output_raw(const struct output *output, struct json_object *object);

/** Make room where a line of progress may stand. */
void output_clear_progress(const struct output *output);

/** Something went wrong. */
struct output_error {
	enum status status;
	const char *subject; /**< line, number or thing it is about; NULL: none */
	const char *error;   /**< name for programs: "NotFound", "Usage" */
	const char *reason;  /**< a sentence */
	const char *hint;    /**< what would be right; NULL: nothing to say */
};

/** Tell it: JSON on stdout, or "linectl: subject: reason" and the hint on stderr. @return the
 * status */
enum status output_error(const struct output *output, const struct output_error *error);

/** Out of memory: tell it. */
enum status output_no_memory(const struct output *output);

/** "850 ms", "12.3 s", "3 min 20 s", "2 h 5 min", "3 d 4 h" */
char *output_duration(int64_t ms, char *buf, size_t size);
/** The same, since a moment of CLOCK_BOOTTIME in microseconds. */
char *output_age(int64_t boot_us, char *buf, size_t size);
/** Local time of microseconds since 1970: "18:40:03.120", with the date in front when wanted. */
char *output_time(int64_t wall_us, bool date, char *buf, size_t size);

#endif
