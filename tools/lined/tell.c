/* SPDX-License-Identifier: MIT */
#include "tools/lined/tell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/event.h>
#include <trunkline/line.h>

#include "tools/lined/daemon.h"

static void log_call(const struct lined *lined, const struct tl_event *event)
{
	enum tl_call_state state = tl_event_get_call_state(event);
	unsigned long long call = tl_event_get_call(event);
	const char *line = tl_event_get_line_name(event);

	if (state == TL_CALL_IDLE)
		lined_log(&lined->log, TL_LOG_INFO, "%s/call%llu: over: %s, by %s", line, call,
			  tl_disconnect_name(tl_event_get_disconnect(event)),
			  tl_origin_name(tl_event_get_origin(event)));
	else
		lined_log(&lined->log, TL_LOG_INFO, "%s/call%llu: %s", line, call,
			  tl_call_state_name(state));
}

/* What was said of the line last; made when there is none. NULL when out of memory. */
static struct lined_told *find_told(struct lined *lined, tl_line line)
{
	struct lined_told *told = lined->told;

	while (told && told->line.id != line.id)
		told = told->next;
	if (told)
		return told;
	told = calloc(1, sizeof(*told));
	if (!told)
		return NULL;
	told->line = line;
	told->next = lined->told;
	lined->told = told;
	return told;
}

/* Lines that have been taken away. */
static void forget_lines(struct lined *lined)
{
	struct lined_told **link = &lined->told;

	while (*link) {
		struct lined_told *told = *link;
		struct tl_line_info *info = NULL;

		if (tl_line_get_info(lined->ctx, told->line, &info) != -ESTALE) {
			tl_line_info_free(info);
			link = &told->next;
			continue;
		}
		*link = told->next;
		free(told);
	}
}

void tell_fini(struct lined *lined)
{
	struct lined_told *told;

	while ((told = lined->told) != NULL) {
		lined->told = told->next;
		free(told);
	}
}

/* A line that cannot be used is tried again and again: only news are told. */
static void log_line(struct lined *lined, const struct tl_event *event)
{
	enum tl_line_state state = tl_event_get_line_state(event);
	bool bad = state == TL_LINE_FAULTY || state == TL_LINE_GONE;
	bool passing = state == TL_LINE_OPENING || state == TL_LINE_PROBING;
	const char *why = tl_event_get_text(event);
	struct lined_told *told = find_told(lined, tl_event_get_line(event));
	char text[sizeof(told->text)];

	snprintf(text, sizeof(text), "%s%s%s", tl_line_state_name(state), *why ? ": " : "", why);
	if (told && !passing) {
		passing = strcmp(told->text, text) == 0;
		memcpy(told->text, text, sizeof(text));
	}
	lined_log(&lined->log,
		  passing ? TL_LOG_DEBUG
		  : bad	  ? TL_LOG_WARNING
			  : TL_LOG_INFO,
		  "%s: %s", tl_event_get_line_name(event), text);
	if (state == TL_LINE_GONE)
		forget_lines(lined);
}

static void log_expiry(const struct lined *lined, const struct tl_event *event)
{
	unsigned long long call = tl_event_get_call(event);
	unsigned long long seconds = tl_event_get_count(event);
	const char *line = tl_event_get_line_name(event);

	if (seconds > 0)
		lined_log(&lined->log, TL_LOG_INFO,
			  "%s/call%llu: its kept session will be released in %llu s", line, call,
			  seconds);
	else
		lined_log(&lined->log, TL_LOG_WARNING,
			  "%s/call%llu: nobody has released its session: it has expired", line,
			  call);
}

void tell_event(struct lined *lined, const struct tl_event *event)
{
	if (tl_event_get_type(event) == TL_EVENT_CALL_STATE)
		log_call(lined, event);
	else if (tl_event_get_type(event) == TL_EVENT_LINE_STATE)
		log_line(lined, event);
	else if (tl_event_get_type(event) == TL_EVENT_SESSION_EXPIRING)
		log_expiry(lined, event);
}
