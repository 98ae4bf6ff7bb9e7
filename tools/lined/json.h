/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_JSON_H
#define TOOLS_LINED_JSON_H

/** @file The types of the interface, built from what the library tells. */

#include <trunkline/types.h>

struct json_object;
struct lined;
struct lined_call_owners;
struct tl_event;
struct tl_line_info;
struct tl_session_info;
struct varlink_build;

/** Objects are the caller's. @return 0; -ENOMEM; of tl_line_get_info() and tl_session_get_info() */
int json_line(const struct lined *lined, tl_line line, struct json_object **ret_object);
/** Add the ports of the line's device. @return 0; as tl_line_get_ports() */
int json_line_ports(const struct lined *lined, tl_line line, struct json_object *target);
int json_session(const struct lined *lined, tl_session session, struct json_object **ret_object);
/** Type Record. @return 0; -ENOMEM */
int json_record(const struct tl_session_info *info, const struct lined_call_owners *owners,
		struct json_object **ret_object);

/** @return NULL when out of memory */
struct json_object *json_event(const struct tl_event *event);
/** Serial ports. @return 0; -ENOMEM; -EOPNOTSUPP built without libserialport; -EIO it failed */
int json_ports(const struct lined *lined, struct json_object **ret_array);

void json_put_id(struct varlink_build *build, const char *key, uint64_t id);
/** A value that has failed to be made (NULL) fails the builder: for the last member of a reply. */
struct json_object *json_wrap(const char *key, struct json_object *value);

#endif
