/* SPDX-License-Identifier: MIT */
#include "tools/lined/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/line.h>

#define WORD_MAX 32 /* longest word that is compared */

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
	tl_line_params_free(line->params);
}

void lined_settings_fini(struct lined_settings *settings)
{
	for (size_t i = 0; i < settings->n_lines; i++)
		line_fini(&settings->lines[i]);
	for (size_t i = 0; i < settings->n_policies; i++)
		free(settings->policies[i].line);
	free(settings->lines);
	free(settings->policies);
	free(settings->socket);
	free(settings->metrics_file);
	free(settings->history);
}

/* Insertions, deletions and replacements that turn a into b (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const char *lined_nearest(const char *text, const char *const *words)
{
	const char *nearest = NULL;
	size_t least = 3; /* two slips of the finger */

	for (; *words; words++) {
		size_t d = distance(text, *words);

		if (d < least && d < strlen(*words)) {
			least = d;
			nearest = *words;
		}
	}
	return nearest;
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

int lined_settings_add_policy(struct lined_settings *settings, const char *line,
			      struct lined_policy **ret_policy)
{
	struct lined_policy *grown;
	char *copy = NULL;

	*ret_policy = find_policy(settings, line);
	if (*ret_policy)
		return 0;
	grown = realloc(settings->policies, (settings->n_policies + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	settings->policies = grown;
	if (line) {
		copy = strdup(line);
		if (!copy)
			return -ENOMEM;
	}
	grown += settings->n_policies++;
	memset(grown, 0, sizeof(*grown));
	grown->line = copy;
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

const char *lined_settings_stray_policy(const struct lined_settings *settings)
{
	for (size_t i = 0; i < settings->n_policies; i++) {
		const char *line = settings->policies[i].line;

		/* Devices that are marked become lines when they are plugged in. */
		if (line && !settings->claim_marked && !lined_settings_find(settings, line))
			return line;
	}
	return NULL;
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

const struct lined_line *lined_settings_clash(const struct lined_settings *settings, char *name,
					      size_t size)
{
	for (size_t i = 0; i < settings->n_lines; i++) {
		const char *at = aliases_of(&settings->lines[i]);
		size_t n;

		for (; (n = next_word(&at)) > 0; at += n)
			if (is_shared(settings, at, n)) {
				snprintf(name, size, "%.*s", (int)n, at);
				return &settings->lines[i];
			}
	}
	return NULL;
}

int lined_settings_add_line(struct lined_settings *settings, const char *name, char *why,
			    struct lined_line **ret_line)
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
	if (!line.name || !line.params || !line.text)
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
		nearest = lined_nearest(key, tl_line_params_keys());
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
