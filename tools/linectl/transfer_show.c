/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include <json-c/json.h>

#include "tools/linectl/connect.h"
#include "tools/linectl/transfer.h"
#include "tools/varlink/json.h"

#define REDRAW_MS   100
#define DOCUMENT_MS 1000

/* "812 B", "12.3 kB", "10.0 MB" */
static const char *format_bytes(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "kMGTPE";
	size_t unit = 0;

	if (bytes < 1000) {
		snprintf(buf, size, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (; bytes >= 999950; unit++)
		bytes /= 1000;
	snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " %cB", (bytes + 50) / 1000,
		 (bytes + 50) / 100 % 10, units[unit]);
	return buf;
}

/* Bytes a second, 0: cannot be told yet. */
static uint64_t get_rate(const struct transfer *transfer, uint64_t now_ms)
{
	uint64_t ms = now_ms - transfer->started_ms;

	if (ms == 0 || transfer->bytes < transfer->first)
		return 0;
	return (transfer->bytes - transfer->first) * 1000 / ms;
}

static uint64_t get_rest_s(const struct transfer *transfer, uint64_t rate)
{
	if (rate == 0 || transfer->size < transfer->bytes)
		return 0;
	return (transfer->size - transfer->bytes + rate - 1) / rate;
}

static void show_line(const struct transfer *transfer, uint64_t rate)
{
	const struct output *output = &transfer->app->output;
	uint64_t rest_s = get_rest_s(transfer, rate);
	char name[OUTPUT_CELL_MAX];
	char passed[24];
	char size[24];
	char speed[24];
	char rest[32];

	fprintf(output->err, "\r\033[K\033[?7l%s: %s",
		output_clean(transfer->file, name, sizeof(name)),
		format_bytes(transfer->bytes, passed, sizeof(passed)));
	if (transfer->size > 0)
		fprintf(output->err, " of %s", format_bytes(transfer->size, size, sizeof(size)));
	if (rate > 0)
		fprintf(output->err, " · %s/s", format_bytes(rate, speed, sizeof(speed)));
	if (transfer->size > 0 && rate > 0)
		fprintf(output->err, " · %s left",
			output_duration((int64_t)rest_s * 1000, rest, sizeof(rest)));
	fputs("\033[?7h", output->err);
	fflush(output->err);
}

/* {"progress": …} or {"file": …}. */
static void show_document(const struct output *output, const char *key, struct varlink_build *inner)
{
	struct json_object *object = NULL;
	struct json_object *document = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put(&b, key, varlink_build_end(inner, &object) < 0 ? NULL : object);
	if (varlink_build_end(&b, &document) < 0)
		return;
	output_json(output, document);
	fflush(output->out);
	json_object_put(document);
}

static void show_progress_document(const struct transfer *transfer, uint64_t rate)
{
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "name", transfer->file);
	varlink_put_int(&b, "bytes", (int64_t)transfer->bytes);
	varlink_put_count(&b, "size", (int64_t)transfer->size);
	varlink_put_int(&b, "bytes_per_second", (int64_t)rate);
	if (transfer->size > 0 && rate > 0)
		varlink_put_int(&b, "seconds_left", (int64_t)get_rest_s(transfer, rate));
	show_document(&transfer->app->output, "progress", &b);
}

void transfer_show_progress(struct transfer *transfer)
{
	const struct output *output = &transfer->app->output;
	uint64_t now_ms = connect_now_ms();

	if (output->quiet || !(output->json || output->progress) ||
	    now_ms < transfer->shown_ms + (output->json ? DOCUMENT_MS : REDRAW_MS))
		return;
	transfer->shown_ms = now_ms;
	if (output->json)
		show_progress_document(transfer, get_rate(transfer, now_ms));
	else
		show_line(transfer, get_rate(transfer, now_ms));
}

static void show_file_document(const struct transfer *transfer, const char *name, const char *path,
			       const char *outcome, uint64_t ms)
{
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "name", name);
	varlink_put_text(&b, "path", path);
	varlink_put_string(&b, "outcome", outcome);
	varlink_put_int(&b, "bytes", (int64_t)transfer->bytes);
	varlink_put_int(&b, "duration_ms", (int64_t)ms);
	show_document(&transfer->app->output, "file", &b);
}

void transfer_show_file(struct transfer *transfer, const char *name, const char *path,
			const char *outcome)
{
	const struct output *output = &transfer->app->output;
	uint64_t now_ms = connect_now_ms();
	uint64_t ms = transfer->started_ms ? now_ms - transfer->started_ms : 0;
	char clean[INBOX_NAME_MAX];
	char bytes[24];
	char rate[24];
	char time[32];

	if (output->json) {
		show_file_document(transfer, name, path, outcome, ms);
		return;
	}
	output_clear_progress(output);
	if (path) {
		printf("%s\n", path);
		fflush(stdout);
	}
	output_remark(output, "%s: %s, %s in %s, %s/s", output_clean(name, clean, sizeof(clean)),
		      outcome, format_bytes(transfer->bytes, bytes, sizeof(bytes)),
		      output_duration((int64_t)ms, time, sizeof(time)),
		      format_bytes(get_rate(transfer, now_ms), rate, sizeof(rate)));
}
