/* SPDX-License-Identifier: MIT */
/* Every family of metrics, one function each. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trunkline/ctx.h>
#include <trunkline/line.h>
#include <trunkline/session.h>
#include <unistd.h>

#include "tools/lined/daemon.h"
#include "tools/lined/metrics.h"
#include "tools/lined/openmetrics.h"

#define GAUGE(n, h)                          \
	(&(const struct openmetrics_family){ \
		.name = "trunkline_" n, .type = OPENMETRICS_GAUGE, .help = (h)})
#define COUNTER(n, h)                        \
	(&(const struct openmetrics_family){ \
		.name = "trunkline_" n, .type = OPENMETRICS_COUNTER, .help = (h)})

/* One label, or more; the list is ended. */
#define LABELS(...) ((const struct openmetrics_label[]){__VA_ARGS__, {NULL, NULL}})

/* What the lines are while the text is written. */
struct shown_line {
	struct tl_line_info *info;
	const struct metrics_line *counted; /* NULL: nothing yet */
};

struct shown {
	const struct lined *lined;
	struct openmetrics out;
	struct shown_line *lines;
	size_t n_lines;
};

static uint64_t boot_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- lines ---- */

static void put_states(struct shown *s)
{
	openmetrics_begin(&s->out, GAUGE("line_state", "1 for the state that the line is in"));
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct tl_line_info *info = s->lines[i].info;

		for (int state = 0; state < TL_LINE_STATE_COUNT; state++)
			openmetrics_count(
				&s->out,
				LABELS({"line", tl_line_info_name(info)},
				       {"state", tl_line_state_name((enum tl_line_state)state)}),
				tl_line_info_state(info) == (enum tl_line_state)state);
	}
}

static void put_calls(struct shown *s)
{
	openmetrics_begin(&s->out, COUNTER("calls", "Calls that are over, and how they ended"));
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct metrics_line *line = s->lines[i].counted;

		for (size_t j = 0; line && j < line->n_calls; j++)
			openmetrics_count(
				&s->out,
				LABELS({"line", line->name},
				       {"direction", tl_direction_name(line->calls[j].direction)},
				       {"disconnect",
					tl_disconnect_name(line->calls[j].disconnect)},
				       {"origin", tl_origin_name(line->calls[j].origin)}),
				line->calls[j].n);
	}
}

static void put_steps(struct shown *s)
{
	openmetrics_begin(&s->out, COUNTER("drop_steps", "Steps of drops, and what came of them; "
							 "verified: it proved the line on hook"));
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct metrics_line *line = s->lines[i].counted;

		for (size_t j = 0; line && j < line->n_steps; j++)
			openmetrics_count(
				&s->out,
				LABELS({"line", line->name}, {"step", line->steps[j].name},
				       {"result", tl_drop_result_name(line->steps[j].result)}),
				line->steps[j].n);
	}
}

static void put_bytes(struct shown *s)
{
	static const struct openmetrics_family family = {
		.name = "trunkline_call_bytes",
		.type = OPENMETRICS_COUNTER,
		.unit = "bytes",
		.help = "Bytes of data calls that are over; unsent: of those out, never left the "
			"port",
	};

	openmetrics_begin(&s->out, &family);
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct metrics_line *line = s->lines[i].counted;

		if (!line)
			continue;
		openmetrics_count(&s->out, LABELS({"line", line->name}, {"kind", "in"}),
				  line->bytes_in);
		openmetrics_count(&s->out, LABELS({"line", line->name}, {"kind", "out"}),
				  line->bytes_out);
		openmetrics_count(&s->out, LABELS({"line", line->name}, {"kind", "unsent"}),
				  line->bytes_unsent);
	}
}

static void put_troubles(struct shown *s)
{
	openmetrics_begin(&s->out,
			  COUNTER("link_troubles",
				  "What modems tell of data calls that are over: retrains, "
				  "frames with errors, bytes lost"));
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct metrics_line *line = s->lines[i].counted;

		for (int k = TL_QUALITY_CARRIER_LOSSES; line && k < TL_QUALITY_COUNT; k++)
			openmetrics_count(&s->out,
					  LABELS({"line", line->name},
						 {"kind", tl_quality_name((enum tl_quality)k)}),
					  line->quality[k]);
	}
}

static uint64_t off_hook_ms(const struct metrics_line *line, uint64_t now_us)
{
	if (!line)
		return 0;
	if (line->off_hook_since_us == 0)
		return line->off_hook_us / 1000;
	return (line->off_hook_us + now_us - line->off_hook_since_us) / 1000;
}

static void put_off_hook(struct shown *s)
{
	static const struct openmetrics_family family = {
		.name = "trunkline_off_hook_seconds",
		.type = OPENMETRICS_COUNTER,
		.unit = "seconds",
		.help = "Time in calls, from dialling or from being answered until proved on hook",
	};
	uint64_t now_us = boot_us();

	openmetrics_begin(&s->out, &family);
	for (size_t i = 0; i < s->n_lines; i++)
		openmetrics_seconds(&s->out, LABELS({"line", tl_line_info_name(s->lines[i].info)}),
				    off_hook_ms(s->lines[i].counted, now_us));
}

/* ---- sessions ---- */

/* Count the session if its call is over. */
static void count_age(const struct lined *lined, tl_session session, uint64_t now_us,
		      uint64_t counts[METRICS_AGE_COUNT])
{
	struct tl_session_info *info = NULL;
	uint64_t age_us;

	if (tl_session_get_info(lined->ctx, session, &info) < 0)
		return;
	age_us = now_us - tl_session_info_state_since_us(info);
	if (tl_session_info_is_over(info))
		counts[metrics_age_of(age_us / 1000000)]++;
	tl_session_info_free(info);
}

static int put_sessions(struct shown *s)
{
	uint64_t counts[METRICS_AGE_COUNT] = {0};
	uint64_t now_us = boot_us();
	tl_session *sessions = NULL;
	size_t n = 0;
	int r;

	r = tl_session_list(s->lined->ctx, (tl_client){0}, &sessions, &n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		count_age(s->lined, sessions[i], now_us, counts);
	free(sessions);
	openmetrics_begin(&s->out, GAUGE("unreleased_sessions", "Sessions of calls that are over, "
								"by the time since then"));
	for (int age = 0; age < METRICS_AGE_COUNT; age++)
		openmetrics_count(&s->out, LABELS({"age", metrics_age_name((enum metrics_age)age)}),
				  counts[age]);
	return 0;
}

/* ---- the daemon ---- */

static void put_requests(struct shown *s)
{
	const struct lined_metrics *metrics = &s->lined->metrics;

	openmetrics_begin(&s->out,
			  COUNTER("requests", "Calls of methods that are over; result: Ok, "
					      "Closed by the client, or the error"));
	for (size_t i = 0; i < metrics->n_requests; i++)
		openmetrics_count(&s->out,
				  LABELS({"method", metrics->requests[i].method},
					 {"result", metrics->requests[i].result}),
				  metrics->requests[i].n);
}

static void put_connections(struct shown *s)
{
	static const char *const reasons[METRICS_CUT_COUNT] = {
		[METRICS_CUT_PROTOCOL] = "protocol",
		[METRICS_CUT_TOO_LONG] = "too-long",
		[METRICS_CUT_NOT_READING] = "not-reading",
		[METRICS_CUT_OTHER] = "other",
	};
	const struct lined_metrics *metrics = &s->lined->metrics;

	openmetrics_begin(&s->out, GAUGE("open_connections", "Clients that are connected"));
	openmetrics_count(&s->out, NULL, s->lined->n_clients);
	openmetrics_begin(&s->out, COUNTER("connections", "Clients that have connected"));
	openmetrics_count(&s->out, NULL, metrics->connections);
	openmetrics_begin(&s->out, COUNTER("connections_refused", "Clients that were refused for "
								  "want of room"));
	openmetrics_count(&s->out, NULL, metrics->refused);
	openmetrics_begin(&s->out, COUNTER("connections_cut_off", "Clients that were cut off for "
								  "what they did"));
	for (size_t i = 0; i < METRICS_CUT_COUNT; i++)
		openmetrics_count(&s->out, LABELS({"reason", reasons[i]}), metrics->cut_off[i]);
}

static void put_policy(struct shown *s)
{
	const struct lined_guard_counts *counts = &s->lined->guard.counts;

	openmetrics_begin(&s->out, COUNTER("dials_refused", "Numbers that the policy refused"));
	for (enum lined_rule rule = 0; rule < LINED_RULE_COUNT; rule++) {
		if (rule != LINED_RULE_EMERGENCY)
			openmetrics_count(&s->out, LABELS({"rule", lined_rule_name(rule)}),
					  counts->refused[rule]);
	}
	openmetrics_begin(&s->out, COUNTER("policy_drops", "Calls that the policy ended"));
	openmetrics_count(&s->out, NULL, counts->dropped);
}

static void put_counts(struct shown *s)
{
	static const struct {
		enum tl_count count;
		struct openmetrics_family family;
	} rows[] = {
		{TL_COUNT_SESSIONS,
		 {"trunkline_sessions", OPENMETRICS_GAUGE, NULL, "Sessions not yet released"}},
		{TL_COUNT_OFF_HOOK,
		 {"trunkline_off_hook_lines", OPENMETRICS_GAUGE, NULL,
		  "Lines that are not known to be on hook"}},
		{TL_COUNT_DROPS_FAILED_TOTAL,
		 {"trunkline_drops_failed", OPENMETRICS_COUNTER, NULL,
		  "Drops after which nothing proved the line on hook"}},
		{TL_COUNT_CLIENTS_LOST_TOTAL,
		 {"trunkline_clients_lost", OPENMETRICS_COUNTER, NULL,
		  "Clients that went while they owned a live call"}},
		{TL_COUNT_EVENTS_LOST_TOTAL,
		 {"trunkline_events_lost", OPENMETRICS_COUNTER, NULL,
		  "Events that were not told because too many waited"}},
		{TL_COUNT_TIMEOUTS_TOTAL,
		 {"trunkline_command_timeouts", OPENMETRICS_COUNTER, NULL,
		  "Commands that a modem did not answer in time"}},
		{TL_COUNT_RESYNCS_TOTAL,
		 {"trunkline_resyncs", OPENMETRICS_COUNTER, NULL,
		  "Times that the dialogue with a modem had to be brought into step again"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		openmetrics_begin(&s->out, &rows[i].family);
		openmetrics_count(&s->out, NULL, tl_ctx_get_count(s->lined->ctx, rows[i].count));
	}
}

/* ---- the process; prefixed, since node-exporter has process_* of its own ---- */

/* @return 0: not known */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char text[128] = "";
	const char *digit;
	uint64_t pages = 0;

	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	/* The second number of the line. */
	digit = strchr(text, ' ');
	while (digit && *++digit >= '0' && *digit <= '9')
		pages = pages * 10 + (uint64_t)(*digit - '0');
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* @return 0: not known */
static uint64_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint64_t n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n - 1; /* the folder itself was one */
}

static void put_process(struct shown *s)
{
	static const struct openmetrics_family start = {
		.name = "trunkline_process_start_time_seconds",
		.type = OPENMETRICS_GAUGE,
		.unit = "seconds",
		.help = "When the daemon was started, since 1970",
	};
	static const struct openmetrics_family memory = {
		.name = "trunkline_process_resident_memory_bytes",
		.type = OPENMETRICS_GAUGE,
		.unit = "bytes",
		.help = "Memory of the daemon that is in RAM",
	};

	openmetrics_begin(&s->out, GAUGE("build_info", "The version that runs"));
	openmetrics_count(&s->out, LABELS({"version", TRUNKLINE_VERSION}), 1);
	openmetrics_begin(&s->out, &start);
	openmetrics_seconds(&s->out, NULL, (uint64_t)s->lined->metrics.start_ms);
	openmetrics_begin(&s->out, &memory);
	openmetrics_count(&s->out, NULL, resident_bytes());
	openmetrics_begin(&s->out, GAUGE("process_open_fds", "Descriptors that are open"));
	openmetrics_count(&s->out, NULL, open_fds());
}

/* ---- all of it ---- */

static int put_all(struct shown *s)
{
	int r;

	put_process(s);
	put_states(s);
	put_calls(s);
	put_steps(s);
	put_bytes(s);
	put_troubles(s);
	put_off_hook(s);
	r = put_sessions(s);
	if (r < 0)
		return r;
	put_counts(s);
	put_requests(s);
	put_connections(s);
	put_policy(s);
	openmetrics_end(&s->out);
	return ferror(s->out.file) ? -ENOMEM : 0;
}

static void forget_lines(struct shown *s)
{
	for (size_t i = 0; i < s->n_lines; i++)
		tl_line_info_free(s->lines[i].info);
	free(s->lines);
}

static int look_at_lines(struct shown *s)
{
	tl_line *lines = NULL;
	size_t n = 0;
	int r;

	r = tl_line_list(s->lined->ctx, &lines, &n);
	if (r < 0)
		return r;
	s->lines = calloc(n ? n : 1, sizeof(*s->lines));
	if (!s->lines)
		r = -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		struct shown_line *line = &s->lines[i];

		r = tl_line_get_info(s->lined->ctx, lines[i], &line->info);
		if (r < 0)
			break;
		line->counted =
			metrics_find_line(&s->lined->metrics, tl_line_info_name(line->info));
		s->n_lines++;
	}
	free(lines);
	return r;
}

int metrics_text(const struct lined *lined, bool prometheus, char **ret_text)
{
	struct shown s = {.lined = lined, .out = {.prometheus = prometheus}};
	char *text = NULL;
	size_t size = 0;
	int r;

	r = look_at_lines(&s);
	if (r < 0)
		goto out;
	s.out.file = open_memstream(&text, &size);
	if (!s.out.file) {
		r = -ENOMEM;
		goto out;
	}
	r = put_all(&s);
	if (fclose(s.out.file) != 0)
		r = -ENOMEM;
	if (r == 0)
		*ret_text = text;
	else
		free(text);
out:
	forget_lines(&s);
	return r;
}
