/* SPDX-License-Identifier: MIT */
#include "tools/linectl/field.h"

#include <json-c/json.h>

struct json_object *field_get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	json_object_object_get_ex(object, key, &value);
	return value;
}

const char *field_text(struct json_object *object, const char *key)
{
	struct json_object *value = field_get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

int64_t field_int(struct json_object *object, const char *key)
{
	struct json_object *value = field_get(object, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
}

bool field_bool(struct json_object *object, const char *key)
{
	struct json_object *value = field_get(object, key);

	return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}

size_t field_count(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *field_at(struct json_object *array, size_t index)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_get_idx(array, index)
							   : NULL;
}
