/* SPDX-License-Identifier: MIT */
#include "tools/lined/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/line.h>

#include "tools/lined/report.h"
#include "tools/varlink/word.h"

void lined_settings_init(struct lined_settings *settings)
{
	*settings = (struct lined_settings){
		.fd = -1,
		.second_fd = -1,
		.socket_group = (gid_t)-1,
		.socket_mode = 0660,
		.who = {[LINED_OBSERVE] = {.all = true}, [LINED_OPERATE] = {.all = true}},
		.user_connections = 128,
		.keep_sessions = 64,
		.keep_age = 7 * 24 * 3600,
		.metrics_interval = 60,
		.hotplug = TL_HOTPLUG_AUTO,
		.history_size = 4 << 20,
	};
	lined_log_init(&settings->log);
}

static void line_fini(struct lined_line *line)
{
	free(line->text);
	free(line->name);
	free(line->where);
	tl_line_params_free(line->params);
}

static void policy_fini(struct lined_policy *policy)
{
	free(policy->line);
	free(policy->where);
}

void lined_settings_fini(struct lined_settings *settings)
{
	for (size_t i = 0; i < settings->n_lines; i++)
		line_fini(&settings->lines[i]);
	for (size_t i = 0; i < settings->n_policies; i++)
		policy_fini(&settings->policies[i]);
	free(settings->lines);
	free(settings->policies);
	free(settings->socket);
	free(settings->metrics_file);
	free(settings->history);
}

const struct lined_line *lined_settings_find(const struct lined_settings *settings,
					     const char *name)
{
	for (size_t i = 0; i < settings->n_lines; i++) {
		if (strcmp(settings->lines[i].name, name) == 0)
			return &settings->lines[i];
	}
	return NULL;
}

static struct lined_policy *find_policy(const struct lined_settings *settings, const char *line)
{
	for (size_t i = 0; i < settings->n_policies; i++) {
		struct lined_policy *policy = &settings->policies[i];

		if (line && policy->line ? strcmp(policy->line, line) == 0 : policy->line == line)
			return policy;
	}
	return NULL;
}

int lined_settings_add_policy(struct lined_settings *settings, const char *line, const char *where,
			      struct lined_policy **ret_policy)
{
	struct lined_policy *grown;

	*ret_policy = find_policy(settings, line);
	if (*ret_policy)
		return 0;
	grown = realloc(settings->policies, (settings->n_policies + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	settings->policies = grown;
	grown += settings->n_policies;
	memset(grown, 0, sizeof(*grown));
	grown->line = line ? strdup(line) : NULL;
	grown->where = strdup(where);
	if ((line && !grown->line) || !grown->where) {
		policy_fini(grown);
		return -ENOMEM;
	}
	settings->n_policies++;
	*ret_policy = grown;
	return 0;
}

const struct lined_policy *lined_settings_policy(const struct lined_settings *settings,
						 const char *line, enum lined_rule rule)
{
	const struct lined_policy *policy = find_policy(settings, line);

	if (policy && policy->given & 1U << rule)
		return policy;
	policy = find_policy(settings, NULL);
	return policy && policy->given & 1U << rule ? policy : NULL;
}

/* The line's other names, as they were given, up to the end of the line. */
static const char *aliases_of(const struct lined_line *line)
{
	const char *at = line->text;

	while (*at && strncmp(at, "alias=", 6) != 0)
		at = strchr(at, '\n') + 1;
	return *at ? at + 6 : at;
}

static size_t next_word(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " \n");
}

static bool is_called(const struct lined_line *line, const char *name, size_t len)
{
	const char *at = aliases_of(line);
	size_t n;

	if (strlen(line->name) == len && memcmp(line->name, name, len) == 0)
		return true;
	while ((n = next_word(&at)) > 0) {
		if (n == len && memcmp(at, name, len) == 0)
			return true;
		at += n;
	}
	return false;
}

static bool is_shared(const struct lined_settings *settings, const char *name, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < settings->n_lines; i++)
		count += is_called(&settings->lines[i], name, len);
	return count > 1;
}

/* Devices that are marked become lines when they are plugged in. */
static void check_policies(const struct lined_settings *settings, struct lined_report *report)
{
	for (size_t i = 0; i < settings->n_policies && !settings->claim_marked; i++) {
		const struct lined_policy *policy = &settings->policies[i];

		if (policy->line && !lined_settings_find(settings, policy->line))
			lined_report_add(report, "%s: [policy %.40s]: there is no line '%.40s'",
					 policy->where, policy->line, policy->line);
	}
}

static void check_aliases(const struct lined_settings *settings, const struct lined_line *line,
			  struct lined_report *report)
{
	const char *at = aliases_of(line);
	size_t n;

	for (; (n = next_word(&at)) > 0; at += n)
		if (is_shared(settings, at, n))
			lined_report_add(report,
					 "%s: [line %.40s]: alias %.*s: another line "
					 "is called so, too",
					 line->where, line->name, (int)n, at);
}

int lined_settings_check(const struct lined_settings *settings, struct lined_report *report)
{
	unsigned int before = report->n;

	for (size_t i = 0; i < settings->n_lines; i++)
		check_aliases(settings, &settings->lines[i], report);
	check_policies(settings, report);
	return report->n > before ? -EINVAL : 0;
}

int lined_settings_add_line(struct lined_settings *settings, const char *name, const char *where,
			    char *why, struct lined_line **ret_line)
{
	struct lined_line line = {0};
	struct lined_line *grown;
	int r = -ENOMEM;

	if (lined_settings_find(settings, name)) {
		snprintf(why, LINED_WHY_MAX, "there is already a line '%s'", name);
		return -EEXIST;
	}
	snprintf(why, LINED_WHY_MAX, "out of memory");
	grown = realloc(settings->lines, (settings->n_lines + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	settings->lines = grown;
	line.name = strdup(name);
	line.params = tl_line_params_new();
	line.text = strdup("");
	line.where = strdup(where);
	if (!line.name || !line.params || !line.text || !line.where)
		goto fail;
	r = lined_line_set(&line, "name", name, why);
	if (r < 0)
		goto fail;
	grown[settings->n_lines] = line;
	*ret_line = &grown[settings->n_lines++];
	return 0;
fail:
	line_fini(&line);
	return r;
}

/* Put the value into the text where its key belongs, instead of an earlier one. */
static int note_value(struct lined_line *line, const char *key, const char *value)
{
	size_t n = strlen(key);
	char *text = NULL;
	char *rest;
	char *at;

	for (at = line->text; *at; at = rest + 1) {
		rest = strchr(at, '\n');
		if (strncmp(at, key, n) >= 0)
			break;
	}
	rest = strncmp(at, key, n) == 0 && at[n] == '=' ? strchr(at, '\n') + 1 : at;
	if (asprintf(&text, "%.*s%s=%s\n%s", (int)(at - line->text), line->text, key, value, rest) <
	    0)
		return -ENOMEM;
	free(line->text);
	line->text = text;
	if (strcmp(key, "device") == 0)
		line->has_device = true;
	return 0;
}

int lined_line_set(struct lined_line *line, const char *key, const char *value, char *why)
{
	const char *reason = NULL;
	const char *nearest;
	int r;

	r = tl_line_params_set(line->params, key, value, &reason);
	if (r == -ENOENT) {
		nearest = word_nearest(key, tl_line_params_keys());
		snprintf(why, LINED_WHY_MAX, "a line has no '%s'%s%s%s", key,
			 nearest ? ": did you mean '" : "", nearest ? nearest : "",
			 nearest ? "'?" : "");
	} else if (r < 0) {
		snprintf(why, LINED_WHY_MAX, "%s = %s: %s", key, value,
			 reason ? reason : "out of memory");
	} else {
		r = note_value(line, key, value);
		if (r < 0)
			snprintf(why, LINED_WHY_MAX, "out of memory");
	}
	return r;
}
