/* SPDX-License-Identifier: MIT */
#include "tools/lined/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <trunkline/event.h>
#include <trunkline/session.h>

#include "tools/lined/calls.h"
#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/history.h"
#include "tools/lined/settings.h"
#include "tools/lined/usage.h"
#include "tools/varlink/json.h"

#define DAY_S	 (24 * 3600)
#define RETRY_MS 1000

/* Made when there is none. NULL when out of memory. */
static struct lined_usage *find_usage(struct lined *lined, const char *line)
{
	struct lined_usage *usage = lined->guard.usage;

	while (usage && strcmp(usage->line, line) != 0)
		usage = usage->next;
	if (usage)
		return usage;
	usage = calloc(1, sizeof(*usage));
	if (!usage)
		return NULL;
	snprintf(usage->line, sizeof(usage->line), "%s", line);
	usage->next = lined->guard.usage;
	lined->guard.usage = usage;
	return usage;
}

/* ---- before a call ---- */

struct question {
	struct lined *lined;
	const char *line;
	const char *number;
	int64_t now_s;
	uint32_t budget_s;
	char rule[LINED_RULE_TEXT_MAX]; /* that refuses */
};

/* The section that has the key for the line; NULL: none. */
static const struct lined_policy *get(const struct question *q, enum lined_rule rule)
{
	return lined_settings_policy(q->lined->settings, q->line, rule);
}

static bool is_emergency(const struct question *q)
{
	const struct lined_policy *policy = get(q, LINED_RULE_EMERGENCY);

	return lined_patterns_find(policy ? &policy->lists[LINED_RULE_EMERGENCY]
					  : &lined_emergency_default,
				   q->number);
}

static bool refuses(struct question *q, enum lined_rule rule, const char *detail)
{
	snprintf(q->rule, sizeof(q->rule), "%s%s%s", lined_rule_name(rule), *detail ? " " : "",
		 detail);
	return true;
}

static bool refuses_number(struct question *q, enum lined_rule rule, uint32_t number)
{
	snprintf(q->rule, sizeof(q->rule), "%s %" PRIu32, lined_rule_name(rule), number);
	return true;
}

static bool quiet_refuses(struct question *q, const struct lined_policy *policy)
{
	time_t now = (time_t)q->now_s;
	unsigned int from, to;
	char span[16];
	struct tm tm;
	int i;

	if (!localtime_r(&now, &tm))
		return false;
	i = lined_hours_find(&policy->quiet, (unsigned int)(60 * tm.tm_hour + tm.tm_min));
	if (i < 0)
		return false;
	from = policy->quiet.spans[i].from;
	to = policy->quiet.spans[i].to;
	snprintf(span, sizeof(span), "%02u:%02u-%02u:%02u", from / 60 % 100, from % 60,
		 to / 60 % 100, to % 60);
	return refuses(q, LINED_RULE_QUIET_HOURS, span);
}

/* Without memory to count in, what has a limit is refused. */
static bool calls_refuse(struct question *q, const struct lined_policy *policy)
{
	struct lined_usage *usage = find_usage(q->lined, q->line);
	uint32_t most = policy->calls_per_hour;

	if (most == 0 || (usage && lined_usage_calls(usage, q->now_s) < most))
		return false;
	return refuses_number(q, LINED_RULE_CALLS_PER_HOUR, most);
}

static bool minutes_refuse(struct question *q, const struct lined_policy *policy)
{
	struct lined_usage *usage = find_usage(q->lined, q->line);
	uint64_t most_s = UINT64_C(60) * policy->minutes_per_day;
	uint64_t used_s = usage ? lined_usage_seconds(usage, q->now_s) : most_s;

	if (most_s == 0)
		return false;
	if (used_s >= most_s)
		return refuses_number(q, LINED_RULE_MINUTES_PER_DAY, policy->minutes_per_day);
	q->budget_s = (uint32_t)(most_s - used_s);
	return false;
}

static bool rule_refuses(struct question *q, enum lined_rule rule)
{
	const struct lined_policy *policy = get(q, rule);
	const char *pattern;

	if (!policy)
		return false;
	switch (rule) {
	case LINED_RULE_ALLOW:
		return !lined_patterns_allow(&policy->lists[rule], q->number) &&
		       refuses(q, rule, "");
	case LINED_RULE_DENY:
		pattern = lined_patterns_find_within(&policy->lists[rule], q->number);
		return pattern && refuses(q, rule, pattern);
	case LINED_RULE_QUIET_HOURS:
		return quiet_refuses(q, policy);
	case LINED_RULE_CALLS_PER_HOUR:
		return calls_refuse(q, policy);
	case LINED_RULE_MINUTES_PER_DAY:
		return minutes_refuse(q, policy);
	case LINED_RULE_EMERGENCY:
		return false;
	}
	return false;
}

int lined_guard_check(struct lined_client *client, const char *line, const char *number,
		      uint32_t *ret_budget_s)
{
	/* The one that says most comes first: both deny and allow may refuse. */
	static const enum lined_rule order[] = {
		LINED_RULE_DENY,	   LINED_RULE_ALLOW,	       LINED_RULE_QUIET_HOURS,
		LINED_RULE_CALLS_PER_HOUR, LINED_RULE_MINUTES_PER_DAY,
	};
	struct lined *lined = client->lined;
	struct question q = {.lined = lined, .line = line, .number = number, .now_s = time(NULL)};

	*ret_budget_s = 0;
	if (is_emergency(&q))
		return 0;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (!rule_refuses(&q, order[i]))
			continue;
		lined->guard.counts.refused[order[i]]++;
		lined_log(&lined->log, TL_LOG_WARNING, "%s: %s may not dial %s: %s", line,
			  client->name, lined->settings->personal ? number : "the number", q.rule);
		snprintf(client->rule, sizeof(client->rule), "%s", q.rule);
		return client_refuse(client, -EACCES, "the policy of line %s refuses it: %s", line,
				     q.rule);
	}
	*ret_budget_s = q.budget_s;
	return 0;
}

/* ---- counting ---- */

void lined_guard_dialled(struct lined *lined, const char *line)
{
	struct lined_usage *usage = find_usage(lined, line);

	if (usage)
		lined_usage_dialled(usage, time(NULL));
}

static int64_t moment_us(struct json_object *record, const char *clock, const char *moment)
{
	return varlink_json_get_int(varlink_json_get(record, clock), moment, 0);
}

/* Voice: the modem cannot tell when the far end answers. */
static uint64_t seconds_of(struct json_object *record)
{
	const char *media = varlink_json_get_string(record, "media");
	bool voice = media && strcmp(media, "voice") == 0;
	int64_t from_us = moment_us(record, "boot_us", "connected");
	int64_t to_us = moment_us(record, "boot_us", "disconnected");

	if (from_us == 0 && voice)
		from_us = moment_us(record, "boot_us", "dialed");
	if (to_us == 0)
		to_us = moment_us(record, "boot_us", "idle");
	return from_us > 0 && to_us > from_us ? (uint64_t)(to_us - from_us + 999999) / 1000000 : 0;
}

/* @return the usage that an outgoing call counts for, or NULL */
static struct lined_usage *usage_of(struct lined *lined, struct json_object *record)
{
	const char *direction = varlink_json_get_string(record, "direction");
	const char *line = varlink_json_get_string(record, "line_name");

	if (!line || strlen(line) >= sizeof(lined->guard.usage->line) || !direction ||
	    strcmp(direction, "out") != 0)
		return NULL;
	return find_usage(lined, line);
}

void lined_guard_record(struct lined *lined, struct json_object *record)
{
	struct lined_usage *usage = usage_of(lined, record);

	if (usage)
		lined_usage_lasted(usage, moment_us(record, "wall_us", "created") / 1000000,
				   seconds_of(record));
}

static bool load(void *user, struct json_object *record)
{
	int64_t created_s = moment_us(record, "wall_us", "created") / 1000000;
	int64_t now_s = time(NULL);
	struct lined *lined = user;
	struct lined_usage *usage;

	/* One that was recorded by a clock that was wrong. */
	if (created_s > now_s)
		return true;
	usage = usage_of(lined, record);
	if (usage) {
		lined_usage_dialled(usage, created_s);
		lined_guard_record(lined, record);
	}
	/* In the order of their ends; a day has 25 hours at most. */
	return created_s > now_s - 2 * DAY_S;
}

void lined_guard_load(struct lined *lined)
{
	const char *path = lined->settings->history;
	struct lined_history_reader reader;
	int r;

	if (!path)
		return;
	r = lined_history_open(path, &reader);
	while (r == 0 && lined_history_read(&reader, load, lined))
		continue;
	lined_history_close(&reader);
	if (r < 0)
		lined_log(&lined->log, TL_LOG_WARNING, "history %s: %s: limits begin anew", path,
			  strerror(-r));
}

void lined_guard_fini(struct lined *lined)
{
	struct lined_usage *usage;

	while ((usage = lined->guard.usage) != NULL) {
		lined->guard.usage = usage->next;
		free(usage);
	}
}

/* ---- calls that have minutes ---- */

void lined_guard_state(struct lined_own_call *call, const struct tl_event *event)
{
	enum tl_call_state state = tl_event_get_call_state(event);
	bool costs = state == TL_CALL_CONNECTED || (call->voice && state == TL_CALL_PROCEEDING);

	if (costs && call->budget_s > 0 && call->due_ms == 0)
		call->due_ms = event_now_ms() + UINT64_C(1000) * call->budget_s;
}

uint64_t lined_guard_due_ms(const struct lined *lined)
{
	uint64_t due_ms = UINT64_MAX;

	for (const struct lined_own_call *c = lined->calls; c; c = c->next) {
		if (c->due_ms > 0 && c->due_ms < due_ms)
			due_ms = c->due_ms;
	}
	return due_ms;
}

/* By an owner's session; when nobody owns it, it is being dropped already. */
static bool drop(struct lined *lined, const struct lined_own_call *call)
{
	static const char why[] = "policy: the minutes-per-day of the line are used up";
	tl_session *sessions = NULL;
	bool dropped = false;
	size_t n = 0;

	if (tl_session_list(lined->ctx, (tl_client){0}, &sessions, &n) < 0)
		return false;
	for (size_t i = 0; i < n && !dropped; i++) {
		struct tl_session_info *info = NULL;

		if (tl_session_get_info(lined->ctx, sessions[i], &info) < 0)
			continue;
		dropped = tl_session_info_call(info) == call->call &&
			  tl_session_set_note(lined->ctx, sessions[i], why) == 0 &&
			  tl_session_drop(lined->ctx, sessions[i], 0, NULL) == 0;
		if (dropped)
			lined_log(&lined->log, TL_LOG_WARNING, "%s/call%" PRIu64 ": %s: dropping",
				  tl_session_info_line_name(info), call->call, why);
		tl_session_info_free(info);
	}
	free(sessions);
	lined->guard.counts.dropped += dropped;
	return dropped;
}

void lined_guard_drop_due(struct lined *lined)
{
	uint64_t now_ms = event_now_ms();

	for (struct lined_own_call *c = lined->calls; c; c = c->next) {
		if (c->due_ms == 0 || c->due_ms > now_ms)
			continue;
		/* It was given once. What stands in the way of the drop may pass. */
		c->budget_s = 0;
		c->due_ms = drop(lined, c) ? 0 : now_ms + RETRY_MS;
	}
}
