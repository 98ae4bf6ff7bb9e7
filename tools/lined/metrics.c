/* SPDX-License-Identifier: MIT */
#include "tools/lined/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trunkline/event.h>
#include <trunkline/session.h>

#include "tools/lined/daemon.h"
#include "tools/lined/settings.h"

void metrics_init(struct lined_metrics *metrics)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*metrics = (struct lined_metrics){.start_ms = (int64_t)now.tv_sec * 1000 +
						      now.tv_nsec / 1000000};
}

static void line_free(struct metrics_line *line)
{
	free(line->calls);
	free(line->steps);
	free(line);
}

void metrics_fini(struct lined_metrics *metrics)
{
	struct metrics_line *line;

	while ((line = metrics->lines) != NULL) {
		metrics->lines = line->next;
		line_free(line);
	}
	free(metrics->requests);
}

/* ---- lines ---- */

const struct metrics_line *metrics_find_line(const struct lined_metrics *metrics, const char *name)
{
	const struct metrics_line *line = metrics->lines;

	while (line && strcmp(line->name, name) != 0)
		line = line->next;
	return line;
}

static struct metrics_line *get_line(struct lined_metrics *metrics, const char *name)
{
	struct metrics_line *line = metrics->lines;

	while (line && strcmp(line->name, name) != 0)
		line = line->next;
	if (line)
		return line;
	line = calloc(1, sizeof(*line));
	if (!line)
		return NULL;
	snprintf(line->name, sizeof(line->name), "%s", name);
	line->next = metrics->lines;
	metrics->lines = line;
	return line;
}

void metrics_reloaded(struct lined *lined)
{
	struct metrics_line **link = &lined->metrics.lines;

	lined->metrics.write_at_ms = 0;
	lined->metrics.unwritable = false;
	while (*link) {
		struct metrics_line *line = *link;

		if (lined_settings_find(lined->settings, line->name)) {
			link = &line->next;
			continue;
		}
		*link = line->next;
		line_free(line);
	}
}

static void count_call(struct metrics_line *line, const struct tl_session_info *info)
{
	const struct metrics_calls call = {
		.direction = tl_session_info_direction(info),
		.origin = tl_session_info_origin(info),
		.disconnect = tl_session_info_disconnect(info),
		.n = 1,
	};
	struct metrics_calls *calls;

	for (size_t i = 0; i < line->n_calls; i++) {
		calls = &line->calls[i];
		if (calls->direction == call.direction && calls->origin == call.origin &&
		    calls->disconnect == call.disconnect) {
			calls->n++;
			return;
		}
	}
	calls = realloc(line->calls, (line->n_calls + 1) * sizeof(*calls));
	if (!calls)
		return;
	line->calls = calls;
	calls[line->n_calls++] = call;
}

static void count_step(struct metrics_line *line, const char *name, enum tl_drop_result result)
{
	struct metrics_steps *steps;

	for (size_t i = 0; i < line->n_steps; i++) {
		steps = &line->steps[i];
		if (steps->result == result && strcmp(steps->name, name) == 0) {
			steps->n++;
			return;
		}
	}
	steps = realloc(line->steps, (line->n_steps + 1) * sizeof(*steps));
	if (!steps)
		return;
	line->steps = steps;
	steps += line->n_steps++;
	*steps = (struct metrics_steps){.result = result, .n = 1};
	snprintf(steps->name, sizeof(steps->name), "%s", name);
}

static void count_data(struct metrics_line *line, const struct tl_session_info *info)
{
	line->bytes_in += tl_session_info_bytes_in(info);
	line->bytes_out += tl_session_info_bytes_out(info);
	line->bytes_unsent += tl_session_info_bytes_unsent(info);
	for (int i = TL_QUALITY_CARRIER_LOSSES; i < TL_QUALITY_COUNT; i++) {
		int64_t n = tl_session_info_quality(info, (enum tl_quality)i);

		line->quality[i] += n > 0 ? (uint64_t)n : 0;
	}
}

static void count_record(struct metrics_line *line, const struct tl_session_info *info)
{
	count_call(line, info);
	count_data(line, info);
	for (size_t i = 0; i < tl_session_info_drop_steps(info); i++)
		count_step(line, tl_session_info_drop_name(info, i),
			   tl_session_info_drop_result(info, i));
}

enum hook { ON_HOOK, OFF_HOOK, AS_BEFORE };

static enum hook hook_of(enum tl_call_state state)
{
	switch (state) {
	case TL_CALL_IDLE:
	case TL_CALL_OFFERING:
	case TL_CALL_ACCEPTED:
		return ON_HOOK;
	case TL_CALL_DISCONNECTED: /* an offer, too, when the caller has given up */
		return AS_BEFORE;
	case TL_CALL_DIALTONE:
	case TL_CALL_DIALING:
	case TL_CALL_PROCEEDING:
	case TL_CALL_RINGBACK:
	case TL_CALL_BUSY:
	case TL_CALL_SPECIALINFO:
	case TL_CALL_CONNECTED:
	case TL_CALL_ONHOLD:
	case TL_CALL_CONFERENCED:
	case TL_CALL_ONHOLDPENDCONF:
	case TL_CALL_ONHOLDPENDTRANSFER:
	case TL_CALL_UNKNOWN:
		return OFF_HOOK;
	}
	return AS_BEFORE;
}

static void count_hook(struct metrics_line *line, enum hook hook, uint64_t now_us)
{
	if (hook == OFF_HOOK && line->off_hook_since_us == 0)
		line->off_hook_since_us = now_us;
	if (hook != ON_HOOK || line->off_hook_since_us == 0)
		return;
	line->off_hook_us += now_us - line->off_hook_since_us;
	line->off_hook_since_us = 0;
}

void metrics_event(struct lined_metrics *metrics, const struct tl_event *event)
{
	enum tl_event_type type = tl_event_get_type(event);
	struct metrics_line *line;

	if (type != TL_EVENT_CALL_STATE && type != TL_EVENT_CALL_RECORD)
		return;
	line = get_line(metrics, tl_event_get_line_name(event));
	if (!line)
		return;
	if (type == TL_EVENT_CALL_RECORD) {
		count_record(line, tl_event_get_record(event));
		/* States may be lost, records never are. */
		count_hook(line, ON_HOOK, tl_event_get_boot_us(event));
	} else {
		count_hook(line, hook_of(tl_event_get_call_state(event)),
			   tl_event_get_boot_us(event));
	}
}

/* ---- sessions ---- */

const char *metrics_age_name(enum metrics_age age)
{
	static const char *const names[METRICS_AGE_COUNT] = {
		[METRICS_AGE_MINUTE] = "under-1m",
		[METRICS_AGE_HOUR] = "under-1h",
		[METRICS_AGE_DAY] = "under-1d",
		[METRICS_AGE_OLDER] = "older",
	};

	return names[age];
}

enum metrics_age metrics_age_of(uint64_t seconds)
{
	if (seconds < 60)
		return METRICS_AGE_MINUTE;
	if (seconds < 3600)
		return METRICS_AGE_HOUR;
	return seconds < 86400 ? METRICS_AGE_DAY : METRICS_AGE_OLDER;
}

/* ---- requests and connections ---- */

void metrics_request(struct lined_metrics *metrics, const char *method, const char *result)
{
	struct metrics_requests *requests;

	for (size_t i = 0; i < metrics->n_requests; i++) {
		requests = &metrics->requests[i];
		if (strcmp(requests->method, method) == 0 &&
		    strcmp(requests->result, result) == 0) {
			requests->n++;
			return;
		}
	}
	requests = realloc(metrics->requests, (metrics->n_requests + 1) * sizeof(*requests));
	if (!requests)
		return;
	metrics->requests = requests;
	requests[metrics->n_requests++] =
		(struct metrics_requests){.method = method, .result = result, .n = 1};
}

void metrics_cut_off(struct lined_metrics *metrics, int error)
{
	enum metrics_cut cut = error == -EPROTO	    ? METRICS_CUT_PROTOCOL
			       : error == -EMSGSIZE ? METRICS_CUT_TOO_LONG
			       : error == -ENOBUFS  ? METRICS_CUT_NOT_READING
						    : METRICS_CUT_OTHER;

	metrics->cut_off[cut]++;
}
