/* SPDX-License-Identifier: MIT */
#include "tools/lined/reload.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <trunkline/ctx.h>

#include "tools/lined/calls.h"
#include "tools/lined/daemon.h"
#include "tools/lined/lines.h"
#include "tools/lined/options.h"
#include "tools/lined/report.h"
#include "tools/lined/settings.h"
#include "tools/lined/trace.h"
#include "tools/varlink/json.h"

struct changes {
	struct json_object *lists[LINED_CHANGED + 1]; /* of names; [LINED_SAME]: keys for later */
	int error;
};

static void note(struct changes *changes, enum lined_change change, const char *name)
{
	int r;

	r = varlink_array_add(changes->lists[change], varlink_json_new_string(name));
	changes->error = changes->error < 0 ? changes->error : r;
}

static bool differ(const char *a, const char *b)
{
	return a != b && (!a || !b || strcmp(a, b) != 0);
}

/* What only a new start can change stays, and is told each time. */
static void keep_daemon(struct lined_settings *old, struct lined_settings *new,
			struct changes *changes)
{
	char *socket = new->socket;

	if (differ(old->socket, new->socket))
		note(changes, LINED_SAME, "socket");
	if (old->hotplug != new->hotplug)
		note(changes, LINED_SAME, "hotplug");
	if (old->claim_marked != new->claim_marked)
		note(changes, LINED_SAME, "claim");
	if (old->socket_group != new->socket_group)
		note(changes, LINED_SAME, "socket-group");
	if (old->socket_mode != new->socket_mode)
		note(changes, LINED_SAME, "socket-mode");
	new->socket = old->socket;
	old->socket = socket;
	new->socket_group = old->socket_group;
	new->socket_mode = old->socket_mode;
	new->hotplug = old->hotplug;
	new->claim_marked = old->claim_marked;
}

static void compare_lines(const struct lined *lined, struct changes *changes)
{
	const struct lined_settings *settings = lined->settings;

	for (const struct lined_own_line *own = lined->lines; own; own = own->next) {
		enum lined_change change = lined_lines_compare(lined, own);

		if (change != LINED_SAME && !own->leaving)
			note(changes, change, own->name);
	}
	for (size_t i = 0; i < settings->n_lines; i++) {
		if (!lined_lines_find(lined, settings->lines[i].name))
			note(changes, LINED_ADDED, settings->lines[i].name);
	}
}

static void log_list(const struct lined *lined, const char *what, struct json_object *names)
{
	for (size_t i = 0; i < json_object_array_length(names); i++)
		lined_log(&lined->log, TL_LOG_INFO, "configuration: %s: %s", what,
			  json_object_get_string(json_object_array_get_idx(names, i)));
}

static int start(struct changes *changes)
{
	*changes = (struct changes){.error = 0};
	for (int i = LINED_SAME; i <= LINED_CHANGED; i++) {
		changes->lists[i] = json_object_new_array();
		if (!changes->lists[i])
			changes->error = -ENOMEM;
	}
	return changes->error;
}

static int finish(const struct lined *lined, struct changes *changes,
		  struct json_object **ret_changes)
{
	static const char *const names[] = {
		[LINED_SAME] = "restart",
		[LINED_ADDED] = "added",
		[LINED_REMOVED] = "removed",
		[LINED_CHANGED] = "changed",
	};
	struct varlink_build b;

	varlink_build_start(&b);
	for (int i = LINED_SAME; i <= LINED_CHANGED; i++) {
		if (changes->error == 0)
			log_list(lined, i == LINED_SAME ? "needs a restart" : names[i],
				 changes->lists[i]);
		varlink_put(&b, names[i], changes->lists[i]);
	}
	if (changes->error == 0)
		return varlink_build_end(&b, ret_changes);
	if (varlink_build_end(&b, ret_changes) == 0)
		json_object_put(*ret_changes);
	*ret_changes = NULL;
	return changes->error;
}

/* The settings that need no line. */
static void apply(struct lined *lined)
{
	const struct lined_settings *settings = lined->settings;

	lined->log = settings->log;
	lined->keep_sessions = settings->keep_sessions;
	lined->keep_age = settings->keep_age;
	metrics_reloaded(lined);
	trace_update(lined);
	lined_calls_check(lined);
	for (const struct lined_user *u = lined->users; u; u = u->next)
		/* Cannot fail: the limits were checked when they were read. */
		(void)tl_client_set_keep(lined->ctx, u->id, lined->keep_sessions, lined->keep_age);
}

static int refuse(const struct lined *lined, const struct lined_report *report, int error)
{
	for (unsigned int i = 0; i < report->n_kept; i++)
		lined_log(&lined->log, TL_LOG_ERROR, "%s", report->mistakes[i]);
	lined_log(&lined->log, TL_LOG_ERROR, "the configuration stays as it was");
	return error;
}

int lined_reload(struct lined *lined, struct lined_report *report, struct json_object **ret_changes)
{
	enum lined_action action = LINED_SERVE;
	struct json_object *unwanted = NULL;
	struct changes changes;
	struct lined_settings next;
	int r;

	if (lined->stopping)
		return -ECANCELED;
	lined_settings_init(&next);
	r = lined_options_read(lined->settings->argc, lined->settings->argv, &next, &action,
			       report);
	if (r < 0) {
		lined_settings_fini(&next);
		return refuse(lined, report, r);
	}
	r = start(&changes);
	if (r < 0) {
		lined_settings_fini(&next);
		return finish(lined, &changes, &unwanted);
	}
	keep_daemon(lined->settings, &next, &changes);
	lined_settings_fini(lined->settings);
	*lined->settings = next;
	compare_lines(lined, &changes);
	lined_log(&lined->log, TL_LOG_INFO, "configuration: read again");
	apply(lined);
	lined_lines_change(lined);
	r = finish(lined, &changes, ret_changes ? ret_changes : &unwanted);
	json_object_put(unwanted);
	return r;
}
