/* SPDX-License-Identifier: MIT */
#include "tools/varlink/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Members in the text: outside strings, each has exactly one colon. The text is known to be strict
 * JSON. */
static size_t count_colons(const char *text, size_t size)
{
	bool in_string = false;
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && text[i] == '\'')
			return SIZE_MAX;
		else if (!in_string && text[i] == ':')
			n++;
	}
	return n;
}

/* Recursion is bounded by VARLINK_DEPTH_MAX. */
static size_t count_members(struct json_object *value)
{
	size_t n = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			n += 1 + count_members(member);
		}
	}
	return n;
}

int varlink_json_parse(const char *text, size_t size, struct json_object **ret_object)
{
	struct json_tokener *tokener;
	struct json_object *object;
	bool whole;

	if (size == 0 || size > INT_MAX)
		return -EPROTO;
	tokener = json_tokener_new_ex(VARLINK_DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);

	object = json_tokener_parse_ex(tokener, text, (int)size);
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) == size;
	json_tokener_free(tokener);

	/* json-c lets the last of two equal keys win: then the tree has fewer members than the
	 * text. */
	if (!whole || !json_object_is_type(object, json_type_object) ||
	    count_colons(text, size) != count_members(object)) {
		json_object_put(object);
		return -EPROTO;
	}
	*ret_object = object;
	return 0;
}

const char *varlink_json_text(struct json_object *object, size_t *ret_size)
{
	return json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, ret_size);
}

struct json_object *varlink_json_get(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return NULL;
	return value;
}

const char *varlink_json_get_string(struct json_object *object, const char *key)
{
	struct json_object *value = varlink_json_get(object, key);
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		return NULL;
	return text;
}

int64_t varlink_json_get_int(struct json_object *object, const char *key, int64_t fallback)
{
	struct json_object *value = varlink_json_get(object, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : fallback;
}

bool varlink_json_get_bool(struct json_object *object, const char *key)
{
	struct json_object *value = varlink_json_get(object, key);

	return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

/* Unicode 15, table 3-7. */
size_t varlink_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	}
	return n;
}

struct json_object *varlink_json_new_string(const char *text)
{
	struct json_object *value;
	size_t n = 0;
	char *out;

	out = malloc(2 * strlen(text) + 1);
	if (!out)
		return NULL;
	while (*text) {
		size_t length = varlink_utf8_length(text);

		if (length == 0) {
			unsigned char byte = (unsigned char)*text++;

			out[n++] = (char)(0xc0 | byte >> 6);
			out[n++] = (char)(0x80 | (byte & 0x3f));
			continue;
		}
		memcpy(out + n, text, length);
		n += length;
		text += length;
	}
	value = json_object_new_string_len(out, (int)n);
	free(out);
	return value;
}

int varlink_array_add(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

void varlink_build_start(struct varlink_build *build)
{
	build->object = json_object_new_object();
	build->error = build->object ? 0 : -ENOMEM;
}

int varlink_build_end(struct varlink_build *build, struct json_object **ret_object)
{
	struct json_object *object = build->object;

	build->object = NULL;
	if (build->error < 0) {
		json_object_put(object);
		return build->error;
	}
	*ret_object = object;
	return 0;
}

void varlink_put(struct varlink_build *build, const char *key, struct json_object *value)
{
	if (!value)
		build->error = -ENOMEM;
	if (build->error == 0 && json_object_object_add(build->object, key, value) == 0)
		return;
	build->error = -ENOMEM;
	json_object_put(value);
}

void varlink_put_string(struct varlink_build *build, const char *key, const char *text)
{
	varlink_put(build, key, varlink_json_new_string(text));
}

void varlink_put_text(struct varlink_build *build, const char *key, const char *text)
{
	if (text && *text)
		varlink_put_string(build, key, text);
}

void varlink_put_int(struct varlink_build *build, const char *key, int64_t value)
{
	varlink_put(build, key, json_object_new_int64(value));
}

void varlink_put_count(struct varlink_build *build, const char *key, int64_t value)
{
	if (value != 0)
		varlink_put_int(build, key, value);
}

void varlink_put_bool(struct varlink_build *build, const char *key, bool value)
{
	varlink_put(build, key, json_object_new_boolean(value));
}
