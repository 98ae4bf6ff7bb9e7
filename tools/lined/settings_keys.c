/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/ctx.h>

#include "tools/lined/daemon.h"
#include "tools/lined/settings.h"
#include "tools/varlink/number.h"
#include "tools/varlink/word.h"

#define HISTORY_SIZE_MIN 4096
#define HISTORY_SIZE_MAX (1 << 30)
#define KEEP_AGE_MAX	 (10 * 365 * 24 * 3600) /* seconds */

/* @return 0; -EINVAL, why says what would be right; -ENOMEM */
typedef int (*setter)(struct lined_settings *settings, const char *value, char *why);

static int refuse(char *why, const char *what)
{
	snprintf(why, LINED_WHY_MAX, "must be %s", what);
	return -EINVAL;
}

static int set_number(const char *value, const uint32_t range[2], char *why, uint32_t *ret_number)
{
	char what[64];

	if (number_parse(value, range[0], range[1], ret_number) == 0)
		return 0;
	snprintf(what, sizeof(what), "a number from %u to %u", range[0], range[1]);
	return refuse(why, what);
}

static int set_path(const char *value, char *why, char **path)
{
	char *copy;

	if (value[0] != '/')
		return refuse(why, "a path from the root");
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*path);
	*path = copy;
	return 0;
}

static int set_socket(struct lined_settings *settings, const char *value, char *why)
{
	return set_path(value, why, &settings->socket);
}

static int set_metrics_file(struct lined_settings *settings, const char *value, char *why)
{
	return set_path(value, why, &settings->metrics_file);
}

static int set_metrics_interval(struct lined_settings *settings, const char *value, char *why)
{
	static const uint32_t range[] = {1, 86400};

	return set_number(value, range, why, &settings->metrics_interval);
}

static int set_log_level(struct lined_settings *settings, const char *value, char *why)
{
	enum tl_log_level level;

	if (lined_log_level_from_name(value, &level) < 0)
		return refuse(why, LINED_LOG_LEVELS);
	if (!settings->has_log_level)
		settings->log.level = level;
	return 0;
}

static int set_user_connections(struct lined_settings *settings, const char *value, char *why)
{
	static const uint32_t range[] = {1, LINED_CONNECTIONS_MAX};

	return set_number(value, range, why, &settings->user_connections);
}

static int set_keep_sessions(struct lined_settings *settings, const char *value, char *why)
{
	static const uint32_t range[] = {1, TL_SESSIONS_PER_CLIENT_MAX};

	return set_number(value, range, why, &settings->keep_sessions);
}

static int set_keep_age(struct lined_settings *settings, const char *value, char *why)
{
	static const uint32_t range[] = {0, KEEP_AGE_MAX};
	uint32_t age;
	int r;

	r = set_number(value, range, why, &age);
	if (r < 0)
		return r;
	if (age > 0 && age < TL_KEEP_AGE_MIN_S) {
		snprintf(why, LINED_WHY_MAX, "must be 0, for ever, or at least %d",
			 TL_KEEP_AGE_MIN_S);
		return -EINVAL;
	}
	settings->keep_age = age;
	return 0;
}

static int set_history(struct lined_settings *settings, const char *value, char *why)
{
	if (strcmp(value, "off") != 0)
		return set_path(value, why, &settings->history);
	free(settings->history);
	settings->history = NULL;
	return 0;
}

static int set_history_size(struct lined_settings *settings, const char *value, char *why)
{
	static const uint32_t range[] = {HISTORY_SIZE_MIN, HISTORY_SIZE_MAX};

	return set_number(value, range, why, &settings->history_size);
}

static int set_hotplug(struct lined_settings *settings, const char *value, char *why)
{
	for (enum tl_hotplug_feed feed = 0; feed < TL_HOTPLUG_COUNT; feed++) {
		if (strcmp(value, tl_hotplug_feed_name(feed)) == 0) {
			settings->hotplug = feed;
			return 0;
		}
	}
	return refuse(why, "auto, udev, kernel or off");
}

static int set_claim(struct lined_settings *settings, const char *value, char *why)
{
	bool marked = strcmp(value, "marked") == 0;

	if (!marked && strcmp(value, "configured") != 0)
		return refuse(why, "configured or marked");
	settings->claim_marked = marked;
	return 0;
}

static int set_observe(struct lined_settings *settings, const char *value, char *why)
{
	return lined_who_parse(value, &settings->who[LINED_OBSERVE], why);
}

static int set_operate(struct lined_settings *settings, const char *value, char *why)
{
	return lined_who_parse(value, &settings->who[LINED_OPERATE], why);
}

static int set_admin(struct lined_settings *settings, const char *value, char *why)
{
	return lined_who_parse(value, &settings->who[LINED_ADMIN], why);
}

static int set_socket_group(struct lined_settings *settings, const char *value, char *why)
{
	if (lined_group_parse(value, &settings->socket_group) == 0)
		return 0;
	return refuse(why, "a group of this machine");
}

static int set_socket_mode(struct lined_settings *settings, const char *value, char *why)
{
	mode_t mode = 0;

	if (strlen(value) == 4 && value[0] == '0' && strspn(value, "01234567") == 4)
		mode = (mode_t)((value[1] - '0') << 6 | (value[2] - '0') << 3 | (value[3] - '0'));
	if ((mode & 0600) != 0600)
		return refuse(why, "an octal number such as 0660, with 06 for the owner");
	settings->socket_mode = mode;
	return 0;
}

static const struct {
	const char *name;
	setter set;
} keys[] = {
	{"socket", set_socket},
	{"socket-group", set_socket_group},
	{"socket-mode", set_socket_mode},
	{"observe", set_observe},
	{"operate", set_operate},
	{"admin", set_admin},
	{"log-level", set_log_level},
	{"user-connections", set_user_connections},
	{"keep-sessions", set_keep_sessions},
	{"keep-age", set_keep_age},
	{"metrics-file", set_metrics_file},
	{"metrics-interval", set_metrics_interval},
	{"history", set_history},
	{"history-size", set_history_size},
	{"hotplug", set_hotplug},
	{"claim", set_claim},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int refuse_key(const char *key, char *why)
{
	const char *words[KEYS + 1] = {NULL};
	const char *nearest;

	for (size_t i = 0; i < KEYS; i++)
		words[i] = keys[i].name;
	nearest = word_nearest(key, words);
	if (nearest)
		snprintf(why, LINED_WHY_MAX, "[lined] has no '%s': did you mean '%s'?", key,
			 nearest);
	else
		snprintf(why, LINED_WHY_MAX, "[lined] has no '%s': lined.conf(5) has the list",
			 key);
	return -ENOENT;
}

int lined_settings_set(struct lined_settings *settings, const char *key, const char *value,
		       char *why)
{
	char reason[LINED_WHY_MAX] = "out of memory";

	for (size_t i = 0; i < KEYS; i++) {
		int r;

		if (strcmp(key, keys[i].name) != 0)
			continue;
		r = keys[i].set(settings, value, reason);
		if (r < 0)
			snprintf(why, LINED_WHY_MAX, "%s = %.200s: %.200s", key, value, reason);
		return r;
	}
	return refuse_key(key, why);
}
