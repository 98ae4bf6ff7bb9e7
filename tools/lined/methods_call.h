/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_METHODS_CALL_H
#define TOOLS_LINED_METHODS_CALL_H

/** @file What placing and answering a call have in common. */

#include <stdbool.h>
#include <stdint.h>
#include <trunkline/types.h>

struct json_object;
struct lined_client;
struct tl_event;

/** A line for a new call. @return 0; as client_find_line(); -ENODEV it is being taken away */
int call_find_free_line(struct lined_client *client, const char *text, tl_line *ret_line);
/** @param text NULL: data. @return 0; -EINVAL with a reason */
int call_read_media(struct lined_client *client, const char *text, enum tl_media *ret_media);

/**
 * A call is on its way: answer at once and follow it, or answer when it is placed or, with
 * "upgrade", connected.
 * @param op of what was asked of it; 0: it needs nothing more
 */
void call_begin(struct lined_client *client, tl_session session, uint64_t op);

/** The client will never hear of the session again: end what is left of the call. */
void call_give_up(struct lined_client *client, tl_session session);

/** @return parameters that tell the session alone; NULL: out of memory */
struct json_object *call_session_reply(tl_session session);
/** Answer the record, after the event that has changed it. event: NULL, none is told. */
void call_reply_record(struct lined_client *client, const struct tl_event *event, bool continues);

#endif
