/* SPDX-License-Identifier: MIT */
#include "tools/lined/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/error.h>
#include <trunkline/line.h>
#include <trunkline/session.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/settings.h"

enum lined_change lined_lines_compare(const struct lined *lined, const struct lined_own_line *own)
{
	const struct lined_line *wanted = lined_settings_find(lined->settings, own->name);

	if (!wanted)
		return LINED_REMOVED;
	return strcmp(wanted->text, own->text) == 0 ? LINED_SAME : LINED_CHANGED;
}

const struct lined_own_line *lined_lines_find(const struct lined *lined, const char *name)
{
	const struct lined_own_line *own = lined->lines;

	while (own && strcmp(own->name, name) != 0)
		own = own->next;
	return own;
}

bool lined_lines_is_leaving(const struct lined *lined, tl_line line)
{
	const struct lined_own_line *own = lined->lines;

	while (own && own->id.id != line.id)
		own = own->next;
	return own && own->leaving;
}

static void own_free(struct lined_own_line *own)
{
	free(own->name);
	free(own->text);
	free(own);
}

void lined_lines_fini(struct lined *lined)
{
	struct lined_own_line *own;

	while ((own = lined->lines) != NULL) {
		lined->lines = own->next;
		own_free(own);
	}
}

/*
 * Is there a call on the line, or waiting for it, that somebody holds?
 * ret_dropped: drop it, and tell whether that was accepted; NULL: only look
 */
static bool has_calls(const struct lined *lined, tl_line line, bool *ret_dropped)
{
	tl_session *sessions = NULL;
	bool any = false;
	size_t n = 0;

	if (tl_session_list(lined->ctx, (tl_client){0}, &sessions, &n) < 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct tl_session_info *info = NULL;

		if (tl_session_get_info(lined->ctx, sessions[i], &info) < 0)
			continue;
		if (tl_session_info_line(info).id == line.id && !tl_session_info_is_over(info)) {
			any = true;
			/* Refused: a monitor's, and the owner is in this list too; or an owner's
			 * with as many requests as one may have. */
			if (ret_dropped && tl_session_drop(lined->ctx, sessions[i], 0, NULL) == 0)
				*ret_dropped = true;
		}
		tl_session_info_free(info);
	}
	free(sessions);
	return any;
}

/* A call that rings and that nobody holds is nobody's loss. */
static bool is_busy(const struct lined *lined, tl_line line)
{
	struct tl_line_info *info = NULL;
	bool busy;

	if (has_calls(lined, line, NULL))
		return true;
	if (tl_line_get_info(lined->ctx, line, &info) < 0)
		return false;
	busy = tl_line_info_state(info) == TL_LINE_IN_USE && tl_line_info_rings(info) == 0;
	tl_line_info_free(info);
	return busy;
}

/* Calls of methods that would wait for the line for ever. */
static void fail_waiting(struct lined *lined, tl_line line)
{
	for (struct lined_client *c = lined->clients; c; c = c->next) {
		if (c->call.event && c->call.line.id == line.id && c->call.op == 0 &&
		    c->call.session.id == 0)
			client_fail(c, -ENODEV, "the configuration of the line has changed");
	}
}

static void take_away(struct lined *lined, const struct lined_own_line *own)
{
	if (own->id.id == 0)
		return;
	fail_waiting(lined, own->id);
	/* Stale: somebody else has taken it away. */
	(void)tl_line_remove(lined->ctx, own->id);
}

static int add(struct lined *lined, const struct lined_line *wanted)
{
	struct lined_own_line **link = &lined->lines;
	struct lined_own_line *own;
	int r = -ENOMEM;

	own = calloc(1, sizeof(*own));
	if (!own)
		goto fail;
	own->name = strdup(wanted->name);
	own->text = strdup(wanted->text);
	if (!own->name || !own->text) {
		own_free(own);
		goto fail;
	}
	while (*link)
		link = &(*link)->next;
	*link = own;
	r = tl_line_add(lined->ctx, wanted->params, &own->id);
	if (r == 0)
		return 0;
fail:
	lined_log(&lined->log, TL_LOG_ERROR, "line %s: %s", wanted->name, tl_error_text(r));
	return r;
}

/* So that they are tried again. */
static void forget_failed(struct lined *lined)
{
	struct lined_own_line **link = &lined->lines;

	while (*link) {
		struct lined_own_line *own = *link;

		if (own->id.id != 0) {
			link = &own->next;
			continue;
		}
		*link = own->next;
		own_free(own);
	}
}

void lined_lines_change(struct lined *lined)
{
	lined->lines_changed = true;
	forget_failed(lined);
	for (struct lined_own_line *own = lined->lines; own; own = own->next) {
		bool left = own->leaving;

		own->leaving = lined_lines_compare(lined, own) == LINED_REMOVED;
		if (!own->leaving || left)
			continue;
		own->dropped = false;
		fail_waiting(lined, own->id);
		if (has_calls(lined, own->id, NULL))
			lined_log(&lined->log, TL_LOG_INFO,
				  "%s: no longer configured: ending its call", own->name);
	}
}

int lined_lines_settle(struct lined *lined)
{
	struct lined_own_line **link = &lined->lines;
	int r = 0;

	if (!lined->lines_changed || lined->stopping)
		return 0;
	lined->lines_changed = false;
	while (*link) {
		struct lined_own_line *own = *link;
		bool same = lined_lines_compare(lined, own) == LINED_SAME;

		if (own->leaving && !own->dropped)
			(void)has_calls(lined, own->id, &own->dropped);
		if (same || (own->id.id != 0 && is_busy(lined, own->id))) {
			lined->lines_changed |= !same;
			link = &own->next;
			continue;
		}
		take_away(lined, own);
		*link = own->next;
		own_free(own);
	}
	for (size_t i = 0; i < lined->settings->n_lines; i++) {
		const struct lined_line *wanted = &lined->settings->lines[i];
		int error = 0;

		if (!lined_lines_find(lined, wanted->name))
			error = add(lined, wanted);
		r = r < 0 ? r : error;
	}
	return r;
}
