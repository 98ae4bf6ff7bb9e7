/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/line.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/history.h"
#include "tools/lined/json.h"
#include "tools/lined/methods.h"
#include "tools/lined/settings.h"
#include "tools/varlink/json.h"
#include "tools/varlink/server.h"
#include "tools/varlink/word.h"

#define OUTCOME_ANSWERED "answered"
#define OUTCOME_FAILED	 "failed"

/** What is asked for, and how far it has been read. */
struct lined_listing {
	struct lined_history_reader reader;
	char line[64]; /* name; "": all */
	char outcome[32];
	int64_t since_us, until_us;
	uint32_t left; /* records still wanted */
};

void listing_free(struct lined_listing *listing)
{
	if (listing)
		lined_history_close(&listing->reader);
	free(listing);
}

static bool is_owner(struct json_object *record, uid_t uid)
{
	struct json_object *uids = varlink_json_get(record, "uids");

	if (!json_object_is_type(uids, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(uids); i++) {
		if (json_object_get_int64(json_object_array_get_idx(uids, i)) == (int64_t)uid)
			return true;
	}
	return false;
}

static bool has_outcome(struct json_object *record, const char *outcome)
{
	struct json_object *wall = varlink_json_get(record, "wall_us");
	bool answered = varlink_json_get_int(wall, "connected", 0) > 0;
	const char *disconnect = varlink_json_get_string(record, "disconnect");

	if (!*outcome)
		return true;
	if (strcmp(outcome, OUTCOME_ANSWERED) == 0)
		return answered;
	if (strcmp(outcome, OUTCOME_FAILED) == 0)
		return !answered;
	return disconnect && strcmp(disconnect, outcome) == 0;
}

static bool is_wanted(const struct lined_listing *listing, struct json_object *record)
{
	const char *line = varlink_json_get_string(record, "line_name");
	int64_t at_us = varlink_json_get_int(varlink_json_get(record, "wall_us"), "created", -1);

	if (*listing->line && (!line || strcmp(line, listing->line) != 0))
		return false;
	return at_us >= listing->since_us && at_us <= listing->until_us &&
	       has_outcome(record, listing->outcome);
}

static bool take_record(void *user, struct json_object *record)
{
	struct lined_client *client = user;
	struct lined_listing *listing = client->call.listing;

	if (!is_wanted(listing, record) ||
	    (!client_is_admin(client) && !is_owner(record, client->uid)))
		return true;
	client_reply(client, json_wrap("record", json_object_get(record)), true);
	return --listing->left > 0;
}

void listing_go_on(struct lined_client *client)
{
	/* The client's queue is empty, and has room for what one piece can hold. */
	if (!lined_history_read(&client->call.listing->reader, take_record, client))
		client_reply(client, json_object_new_object(), false);
}

static int check_outcome(struct lined_client *client, const char *outcome)
{
	const char *words[TL_DISCONNECT_COUNT + 3] = {OUTCOME_ANSWERED, OUTCOME_FAILED};
	const char *nearest;

	for (int i = 0; i < TL_DISCONNECT_COUNT; i++)
		words[i + 2] = tl_disconnect_name((enum tl_disconnect)i);
	for (size_t i = 0; words[i]; i++) {
		if (strcmp(words[i], outcome) == 0)
			return 0;
	}
	nearest = word_nearest(outcome, words);
	return client_refuse(client, -EINVAL, "no call ends as '%.30s'%s%s%s", outcome,
			     nearest ? ": did you mean '" : ": say answered, failed, busy …",
			     nearest ? nearest : "", nearest ? "'?" : "");
}

/* A line that is no longer there has a history all the same. */
static void find_name(const struct lined *lined, const char *text, char *name, size_t size)
{
	struct tl_line_info *info = NULL;
	tl_line line;

	if (tl_line_find(lined->ctx, text, &line) == 0 &&
	    tl_line_get_info(lined->ctx, line, &info) == 0)
		text = tl_line_info_name(info);
	strncat(name, text, size - 1);
	tl_line_info_free(info);
}

static int64_t to_us(uint32_t seconds)
{
	return (int64_t)seconds * 1000000;
}

int method_list_history(void *user, const void *args)
{
	const struct args_history *a = args;
	struct lined_client *client = user;
	struct lined *lined = client->lined;
	struct lined_listing *listing;
	int r;

	if (!lined->settings->history)
		return client_refuse(client, -ENODATA,
				     "no history is kept: see history in lined.conf(5)");
	r = a->outcome ? check_outcome(client, a->outcome) : 0;
	if (r < 0)
		return r;
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return -ENOMEM;
	r = lined_history_open(lined->settings->history, &listing->reader);
	if (r < 0) {
		listing_free(listing);
		return client_refuse(client, -ENODATA, "%s: %s", lined->settings->history,
				     strerror(-r));
	}
	if (a->line)
		find_name(lined, a->line, listing->line, sizeof(listing->line));
	if (a->outcome)
		strncat(listing->outcome, a->outcome, sizeof(listing->outcome) - 1);
	listing->since_us = to_us(a->since);
	listing->until_us = a->until > 0 ? to_us(a->until) : INT64_MAX;
	listing->left = a->limit > 0 ? a->limit : UINT32_MAX;
	client->call.listing = listing;
	client->dirty = true;
	return 0;
}
