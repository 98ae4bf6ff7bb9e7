/* SPDX-License-Identifier: MIT */
#include "tools/linectl/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tools/linectl/field.h"
#include "tools/linectl/get.h"
#include "tools/varlink/json.h"

static bool is_terminal(FILE *file)
{
	const char *term = getenv("TERM");

	return isatty(fileno(file)) && term && strcmp(term, "dumb") != 0;
}

void output_set_color(struct output *output, enum output_color color)
{
	const char *no_color = getenv("NO_COLOR");
	bool always = color == OUTPUT_COLOR_ALWAYS;
	bool never = color == OUTPUT_COLOR_NEVER || (!always && no_color && *no_color);

	output->color_out = always || (!never && is_terminal(output->out));
	output->color_err = always || (!never && is_terminal(output->err));
	output->progress = is_terminal(output->err);
}

const char *output_begin(bool color, enum output_style style)
{
	static const char *const codes[] = {
		[OUTPUT_PLAIN] = "",	    [OUTPUT_DIM] = "\033[2m",  [OUTPUT_BOLD] = "\033[1m",
		[OUTPUT_GOOD] = "\033[32m", [OUTPUT_BAD] = "\033[31m",
	};

	return color ? codes[style] : "";
}

const char *output_end(bool color, enum output_style style)
{
	return color && style != OUTPUT_PLAIN ? "\033[0m" : "";
}

/* Bytes of the well-formed, printable UTF-8 character at text; 0: none. C1 controls are not
 * printable. */
static size_t character_length(const unsigned char *text)
{
	size_t n = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;

	if (n == 1)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (text[0] < 0xc2 || text[0] > 0xf4 || (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

char *output_clean(const char *text, char *buf, size_t size)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0;

	while (*in) {
		size_t n = character_length(in);

		if (used + (n ? n : 1) >= size)
			break;
		if (n == 0)
			buf[used] = '?';
		else
			memcpy(buf + used, in, n);
		used += n ? n : 1;
		in += n ? n : 1;
	}
	buf[used] = '\0';
	return buf;
}

size_t output_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static const char *table_text(const struct output_column *column, struct json_object *row,
			      char *buf, size_t size)
{
	int64_t number;

	if (!column->key)
		return column->text(row, buf, size);
	number = field_int(row, column->key);
	if (number == 0)
		return field_text(row, column->key);
	snprintf(buf, size, "%" PRId64, number);
	return buf;
}

static const char *table_cell(const struct output_column *column, struct json_object *row,
			      char *clean, size_t size)
{
	char buf[OUTPUT_CELL_MAX];
	const char *text = table_text(column, row, buf, sizeof(buf));

	return output_clean(*text ? text : "-", clean, size);
}

static size_t table_width(const struct output *output, const struct output_column *column,
			  struct json_object *rows)
{
	size_t width = output->legend ? output_width(column->title) : 0;

	for (size_t i = 0; i < field_count(rows); i++) {
		char clean[OUTPUT_CELL_MAX];
		size_t w =
			output_width(table_cell(column, field_at(rows, i), clean, sizeof(clean)));

		if (w > width)
			width = w;
	}
	return width;
}

/* The last column is not padded: no blanks at the end of a line. */
static void table_put(const struct output *output, const char *text, enum output_style style,
		      size_t width)
{
	bool color = output->color_out;
	int pad = width ? (int)(width - output_width(text)) + 2 : 0;

	fprintf(output->out, "%s%s%s%*s", output_begin(color, style), text,
		output_end(color, style), pad, "");
}

#define TABLE_COLUMNS_MAX 10

void output_table(const struct output *output, const struct output_column *columns, size_t n,
		  struct json_object *rows)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};

	for (size_t c = 0; c + 1 < n; c++)
		widths[c] = table_width(output, &columns[c], rows);
	for (size_t c = 0; c < n && output->legend; c++) {
		table_put(output, columns[c].title, OUTPUT_DIM, widths[c]);
		if (c + 1 == n)
			fputc('\n', output->out);
	}
	for (size_t i = 0; i < field_count(rows); i++) {
		struct json_object *row = field_at(rows, i);

		for (size_t c = 0; c < n; c++) {
			char clean[OUTPUT_CELL_MAX];

			table_cell(&columns[c], row, clean, sizeof(clean));
			table_put(output, clean,
				  columns[c].style ? columns[c].style(row) : OUTPUT_PLAIN,
				  widths[c]);
		}
		fputc('\n', output->out);
	}
}

void output_clear_progress(const struct output *output)
{
	if (output->progress)
		fprintf(output->err, "\r\033[K");
}

#define ROW_MAX 512

void output_row(const struct output *output, const char *label, const char *format, ...)
{
	bool color = output->color_out;
	char clean[ROW_MAX];
	char text[ROW_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (*text)
		fprintf(output->out, "%s%-10s%s%s\n", output_begin(color, OUTPUT_DIM), label,
			output_end(color, OUTPUT_DIM), output_clean(text, clean, sizeof(clean)));
}

void output_remark(const struct output *output, const char *format, ...)
{
	char clean[ROW_MAX];
	char text[ROW_MAX];
	va_list args;

	if (output->quiet || output->json)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_clear_progress(output);
	fprintf(output->err, "%s\n", output_clean(text, clean, sizeof(clean)));
}

void output_raw(const struct output *output, struct json_object *object)
{
	size_t size;
	const char *text = varlink_json_text(object, &size);

	fprintf(output->out, "%s\n", text ? text : "null");
	fflush(output->out);
}

void output_json(const struct output *output, struct json_object *object)
{
	struct json_object *version = json_object_new_int(1);

	if (!version || json_object_object_add(object, "v", version) < 0)
		json_object_put(version);
	if (output->get)
		get_print(output->out, object, output->get);
	else
		output_raw(output, object);
}

static void error_print_json(const struct output *output, const struct output_error *error)
{
	struct json_object *object;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "error", error->error);
	varlink_put_int(&b, "status", error->status);
	varlink_put_text(&b, "subject", error->subject);
	varlink_put_string(&b, "reason", error->reason);
	varlink_put_text(&b, "hint", error->hint);
	if (varlink_build_end(&b, &object) < 0) {
		fprintf(output->out, "{\"v\":1,\"error\":\"NoMemory\",\"status\":1}\n");
		return;
	}
	output_json(output, object);
	json_object_put(object);
}

enum status output_error(const struct output *output, const struct output_error *error)
{
	bool color = output->color_err;
	char subject[OUTPUT_CELL_MAX];
	char reason[512];

	if (output->json && !output->get) {
		error_print_json(output, error);
		return error->status;
	}
	output_clear_progress(output);
	output_clean(error->subject ? error->subject : "", subject, sizeof(subject));
	/* The daemon may have begun with it already. */
	if (strncmp(error->reason, subject, strlen(subject)) == 0 &&
	    error->reason[strlen(subject)] == ':')
		subject[0] = '\0';
	fprintf(output->err, "%slinectl:%s %s%s%s\n", output_begin(color, OUTPUT_BAD),
		output_end(color, OUTPUT_BAD), subject, *subject ? ": " : "",
		output_clean(error->reason, reason, sizeof(reason)));
	if (error->hint)
		fprintf(output->err, "%s  %s%s\n", output_begin(color, OUTPUT_DIM), error->hint,
			output_end(color, OUTPUT_DIM));
	return error->status;
}

enum status output_no_memory(const struct output *output)
{
	return output_error(output, &(struct output_error){
					    .status = STATUS_OTHER,
					    .error = "NoMemory",
					    .reason = "out of memory",
				    });
}

char *output_duration(int64_t ms, char *buf, size_t size)
{
	if (ms < 1000)
		snprintf(buf, size, "%" PRId64 " ms", ms);
	else if (ms < 60000)
		snprintf(buf, size, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms / 100 % 10);
	else if (ms >= 86400000)
		snprintf(buf, size, "%" PRId64 " d %" PRId64 " h", ms / 86400000,
			 ms / 3600000 % 24);
	else if (ms >= 3600000)
		snprintf(buf, size, "%" PRId64 " h %" PRId64 " min", ms / 3600000, ms / 60000 % 60);
	else
		snprintf(buf, size, "%" PRId64 " min %" PRId64 " s", ms / 60000, ms / 1000 % 60);
	return buf;
}

char *output_age(int64_t boot_us, char *buf, size_t size)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_BOOTTIME, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - boot_us / 1000;
	return output_duration(ms > 0 ? ms : 0, buf, size);
}

char *output_time(int64_t wall_us, bool date, char *buf, size_t size)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;
	size_t n;

	if (!localtime_r(&seconds, &tm))
		return output_clean("?", buf, size);
	n = strftime(buf, size, date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03d", (int)(wall_us / 1000 % 1000));
	return buf;
}
