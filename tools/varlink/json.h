/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_JSON_H
#define TOOLS_VARLINK_JSON_H

/**
 * @file
 * What json-c leaves to its users: refusing what is ambiguous, and writing only what is valid.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/** Nesting of a message, its own object and the values in the innermost one included. */
#define VARLINK_DEPTH_MAX 8

/**
 * Read one object. Refused are: anything but exactly one object, bad UTF-8, a key that comes twice,
 * nesting deeper than VARLINK_DEPTH_MAX.
 *
 * @param text       need not be terminated
 * @param ret_object written on success; the caller's reference
 * @return 0; -EPROTO; -ENOMEM
 */
int varlink_json_parse(const char *text, size_t size, struct json_object **ret_object);

/**
 * The text of an object on one line. Belongs to the object, and stays until it is changed or
 * written again.
 * @return NULL when out of memory
 */
const char *varlink_json_text(struct json_object *object, size_t *ret_size);

/** @return the member as text, NULL when it is absent, null, no string or holds a NUL */
const char *varlink_json_get_string(struct json_object *object, const char *key);
/** @return the member, or the fallback when it is absent or no integer */
int64_t varlink_json_get_int(struct json_object *object, const char *key, int64_t fallback);
/** @return the member; false when it is absent or no boolean */
bool varlink_json_get_bool(struct json_object *object, const char *key);
/** @return the member, borrowed; NULL when it is absent or null */
struct json_object *varlink_json_get(struct json_object *object, const char *key);

/**
 * An object in the making. The first failure sticks and turns the rest into nothing, so that a
 * builder can be a plain list of members:
 *
 *     varlink_build_start(&b);
 *     varlink_put_string(&b, "name", name);
 *     varlink_put_int(&b, "rings", 3);
 *     return varlink_build_end(&b, ret_object);
 */
struct varlink_build {
	struct json_object *object;
	int error;
};

void varlink_build_start(struct varlink_build *build);
/**
 * @param ret_object written on success; the caller's reference
 * @return 0; -ENOMEM
 */
int varlink_build_end(struct varlink_build *build, struct json_object **ret_object);

/** A value, taken over whatever happens; NULL is a failure. */
void varlink_put(struct varlink_build *build, const char *key, struct json_object *value);
/** Bytes that are not UTF-8 (a modem's on a noisy line) are written as the Latin-1 characters they
 * may be. */
void varlink_put_string(struct varlink_build *build, const char *key, const char *text);
/** The same, but NULL and "" are left out: unknown is absent. */
void varlink_put_text(struct varlink_build *build, const char *key, const char *text);
void varlink_put_int(struct varlink_build *build, const char *key, int64_t value);
/** The same, but 0 is left out. */
void varlink_put_count(struct varlink_build *build, const char *key, int64_t value);
void varlink_put_bool(struct varlink_build *build, const char *key, bool value);

/**
 * @return length of the UTF-8 sequence at the start of a terminated text, 1 for its NUL; 0 when
 * there is none
 */
size_t varlink_utf8_length(const char *text);

/** @return a string object with valid UTF-8; NULL when out of memory */
struct json_object *varlink_json_new_string(const char *text);

/** Append to an array, taking the value over whatever happens. @return 0; -ENOMEM, also for NULL */
int varlink_array_add(struct json_object *array, struct json_object *value);

#endif
