/* SPDX-License-Identifier: MIT */
#include "tools/linectl/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/linectl/field.h"

/* Stages of a call in the order in which they are reached; which ones depends on the direction. */
static const struct {
	const char *key;
	const char *out;
	const char *in;
} moments[] = {
	{"created", "began", "offered"},
	{"dialed", "dialled", "dialled"},
	{"alerting", "far end rings", "ringing"},
	{"connected", "connected", "connected"},
	{"disconnected", "ended", "ended"},
	{"idle", "on hook, verified", "on hook, verified"},
};

#define QUALITY_MAX 256
#define MOMENTS	    (sizeof(moments) / sizeof(moments[0]))

static bool is_incoming(struct json_object *info)
{
	return strcmp(field_text(info, "direction"), "in") == 0;
}

const char *record_end(struct json_object *info, char *buf, size_t size)
{
	const char *disconnect = field_text(info, "disconnect");
	const char *origin = field_text(info, "origin");

	if (strcmp(origin, "none") == 0)
		return "";
	snprintf(buf, size, "%s, by %s", disconnect, origin);
	return buf;
}

const char *record_link(struct json_object *info, char *buf, size_t size)
{
	const char *texts[] = {field_text(info, "modulation"), field_text(info, "error_control"),
			       field_text(info, "compression")};
	int64_t rate = field_int(info, "rate");
	size_t used = 0;

	buf[0] = '\0';
	if (rate > 0)
		used = (size_t)snprintf(buf, size, "%" PRId64 " bit/s", rate);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && used < size; i++)
		if (*texts[i])
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 texts[i]);
	return buf;
}

static void print_who(const struct output *output, struct json_object *info)
{
	const char *caller = field_text(info, "caller");
	const char *name = field_text(info, "caller_name");
	int64_t owners = field_int(info, "owners");
	int64_t monitors = field_int(info, "monitors");

	output_row(output, "session", "%s on %s, %s%s", field_text(info, "session"),
		   field_text(info, "line_name"), field_text(info, "privilege"),
		   field_bool(info, "kept") ? ", kept" : "");
	if (owners + monitors > 1)
		output_row(output, "shared", "owners %" PRId64 ", monitors %" PRId64, owners,
			   monitors);
	if (is_incoming(info))
		output_row(output, "call", "%" PRId64 ", %s, from %s%s%s", field_int(info, "call"),
			   field_text(info, "media"), *caller ? caller : "an unknown number",
			   *name ? ", " : "", name);
	else
		output_row(output, "call", "%" PRId64 ", %s, to %s", field_int(info, "call"),
			   field_text(info, "media"), field_text(info, "called"));
	if (field_int(info, "rings") > 0)
		output_row(output, "rings", "%" PRId64, field_int(info, "rings"));
	output_row(output, "state", "%s%s", field_text(info, "state"),
		   field_bool(info, "over") ? ", over" : "");
}

static void print_limits(const struct output *output, struct json_object *info)
{
	int64_t duration = field_int(info, "max_duration");
	int64_t inactivity = field_int(info, "inactivity");

	if (duration > 0)
		output_row(output, "limit", "%" PRId64 " s in all", duration);
	if (inactivity > 0)
		output_row(output, "limit", "%" PRId64 " s without a byte", inactivity);
}

/* What is gone cannot be proved to be on hook. */
static const char *moment_label(struct json_object *info, size_t i)
{
	if (strcmp(moments[i].key, "idle") == 0 &&
	    strcmp(field_text(info, "origin"), "device-gone") == 0)
		return "over with the device";
	return is_incoming(info) ? moments[i].in : moments[i].out;
}

/* Clock times are for people and may jump; the steps between them are measured by the boot-time
 * clock. */
static void print_when(const struct output *output, struct json_object *info)
{
	struct json_object *boot = field_get(info, "boot_us");
	struct json_object *wall = field_get(info, "wall_us");
	int64_t before = 0;

	for (size_t i = 0; i < MOMENTS; i++) {
		int64_t at = field_int(boot, moments[i].key);
		char time[40];
		char step[24] = "";

		if (at == 0)
			continue;
		if (before)
			output_duration((at - before) / 1000, step, sizeof(step));
		output_row(output, before ? "" : "when", "%-23s  %10s  %s",
			   output_time(field_int(wall, moments[i].key), true, time, sizeof(time)),
			   step, moment_label(info, i));
		before = at;
	}
	if (field_int(info, "duration_ms") > 0) {
		char time[24];

		output_row(output, "connected", "%s",
			   output_duration(field_int(info, "duration_ms"), time, sizeof(time)));
	}
}

/* What has gone wrong, as far as the modem tells; singular and plural. */
static const struct {
	const char *key;
	const char *one;
	const char *many;
} troubles[] = {
	{"carrier_losses", "carrier loss", "carrier losses"},
	{"renegotiations", "change of the rate", "changes of the rate"},
	{"retrains_asked", "retrain asked for", "retrains asked for"},
	{"retrains_granted", "retrain granted", "retrains granted"},
	{"errors_out", "frame sent again", "frames sent again"},
	{"errors_in", "frame damaged", "frames damaged"},
	{"lost_out", "byte out lost", "bytes out lost"},
	{"lost_in", "byte in lost", "bytes in lost"},
};

static const char *quality_text(struct json_object *info, char *buf, size_t size)
{
	struct json_object *quality = field_get(info, "quality");
	int64_t rate = field_int(info, "rate");
	int64_t rates[] = {field_int(quality, "rate_out"), field_int(quality, "rate_in")};
	size_t used = 0;

	buf[0] = '\0';
	if (rates[0] > 0 && rates[1] > 0 && (rates[0] != rate || rates[1] != rate))
		used = (size_t)snprintf(buf, size,
					"%" PRId64 " bit/s out and %" PRId64 " in at the end",
					rates[0], rates[1]);
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]) && used < size; i++) {
		int64_t n = field_int(quality, troubles[i].key);

		if (n > 0)
			used += (size_t)snprintf(buf + used, size - used, "%s%" PRId64 " %s",
						 used ? ", " : "", n,
						 n == 1 ? troubles[i].one : troubles[i].many);
	}
	return buf;
}

static void print_link(const struct output *output, struct json_object *info)
{
	int64_t in = field_int(info, "bytes_in");
	int64_t out = field_int(info, "bytes_out");
	int64_t unsent = field_int(info, "bytes_unsent");
	char text[QUALITY_MAX];

	output_row(output, "link", "%s", record_link(info, text, sizeof(text)));
	if (unsent > 0)
		output_row(output, "bytes",
			   "%" PRId64 " in, %" PRId64 " out, %" PRId64 " of them never sent", in,
			   out, unsent);
	else if (in > 0 || out > 0)
		output_row(output, "bytes", "%" PRId64 " in, %" PRId64 " out", in, out);
	output_row(output, "quality", "%s", quality_text(info, text, sizeof(text)));
}

static void print_end(const struct output *output, struct json_object *info)
{
	const char *cause = field_text(info, "cause");
	char end[OUTPUT_CELL_MAX];

	output_row(output, "end", "%s", record_end(info, end, sizeof(end)));
	if (*cause)
		output_row(output, "cause", "%s (%s)", cause, field_text(info, "cause_domain"));
	output_row(output, "note", "%s", field_text(info, "note"));
}

static bool is_unproved(struct json_object *info)
{
	return field_bool(info, "over") && strcmp(field_text(info, "state"), "unknown") == 0;
}

static enum output_style step_style(struct json_object *step)
{
	const char *result = field_text(step, "result");

	if (strcmp(result, "verified") == 0)
		return OUTPUT_GOOD;
	return strcmp(result, "skipped") == 0 ? OUTPUT_DIM : OUTPUT_BAD;
}

static const char *step_time(struct json_object *step, char *buf, size_t size)
{
	return output_duration(field_int(step, "ms"), buf, size);
}

static const struct output_column step_columns[] = {
	{"DROP STEP", "name", NULL, NULL}, {"RESULT", "result", NULL, step_style},
	{"TIME", NULL, step_time, NULL},   {"ANSWER", "answer", NULL, NULL},
	{"PROOF", "proof", NULL, NULL},
};

static void print_steps(const struct output *output, struct json_object *drop)
{
	if (field_count(drop) == 0)
		return;
	fputc('\n', output->out);
	output_table(output, step_columns, sizeof(step_columns) / sizeof(step_columns[0]), drop);
}

void record_print(const struct output *output, struct json_object *info)
{
	struct json_object *drop = field_get(info, "drop");

	print_who(output, info);
	print_when(output, info);
	print_limits(output, info);
	print_link(output, info);
	print_end(output, info);
	if (is_unproved(info))
		output_row(output, "on hook", "NOT proved: the line is faulty");
	print_steps(output, drop);
}

void record_print_short(const struct output *output, struct json_object *info)
{
	struct json_object *drop = field_get(info, "drop");
	bool in = is_incoming(info);
	const char *number = field_text(info, in ? "caller" : "called");
	int64_t ms = field_int(info, "duration_ms");
	char duration[24];

	output_row(output, "call", "%s %s on %s", in ? "from" : "to",
		   *number ? number : "an unknown number", field_text(info, "line_name"));
	if (ms > 0)
		output_row(output, "connected", "%s",
			   output_duration(ms, duration, sizeof(duration)));
	print_link(output, info);
	print_end(output, info);
	if (is_unproved(info)) {
		output_row(output, "on hook", "NOT proved: the line is faulty");
		print_steps(output, drop);
		return;
	}
	for (size_t i = 0; i < field_count(drop); i++) {
		struct json_object *step = field_at(drop, i);
		const char *proof = field_text(step, "proof");

		if (*proof)
			output_row(
				output, "on hook", "proved by %s after %s (step %s)", proof,
				output_duration(field_int(step, "ms"), duration, sizeof(duration)),
				field_text(step, "name"));
	}
}
