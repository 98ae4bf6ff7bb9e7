/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_FIELD_H
#define LINECTL_FIELD_H

/**
 * @file
 * Members of JSON objects, absent ones included: what is missing, null or of another type is "", 0,
 * false or NULL. The object itself may be NULL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

struct json_object *field_get(struct json_object *object, const char *key);
const char *field_text(struct json_object *object, const char *key);
int64_t field_int(struct json_object *object, const char *key);
bool field_bool(struct json_object *object, const char *key);

/** Elements of an array; 0 for anything else. */
size_t field_count(struct json_object *array);
struct json_object *field_at(struct json_object *array, size_t index);

#endif
