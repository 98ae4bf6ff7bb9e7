/* SPDX-License-Identifier: MIT */
#include "tools/varlink/params.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "tools/varlink/json.h"

static const struct varlink_param *find_param(const struct varlink_param *table, const char *name)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

static int read_value(struct json_object *params, const struct varlink_param *param, void *args)
{
	struct json_object *value = varlink_json_get(params, param->name);
	char *target = (char *)args + param->offset;
	const char *text;
	int64_t number;

	switch (param->type) {
	case VARLINK_STRING:
		text = varlink_json_get_string(params, param->name);
		if (!text)
			return -EINVAL;
		memcpy(target, &text, sizeof(text));
		return 0;
	case VARLINK_UINT:
		number = varlink_json_get_int(params, param->name, -1);
		if (number < 0 || number > UINT32_MAX)
			return -EINVAL;
		memcpy(target, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
		return 0;
	case VARLINK_BOOL:
		if (!json_object_is_type(value, json_type_boolean))
			return -EINVAL;
		memcpy(target, &(bool){json_object_get_boolean(value)}, sizeof(bool));
		return 0;
	}
	return -EINVAL;
}

int varlink_params_read(struct json_object *params, const struct varlink_param *table, void *args,
			const char **ret_bad)
{
	if (params) {
		json_object_object_foreach(params, key, value)
		{
			(void)value;
			if (find_param(table, key))
				continue;
			*ret_bad = key;
			return -EINVAL;
		}
	}
	for (const struct varlink_param *param = table; param->name; param++) {
		bool present = params && varlink_json_get(params, param->name);

		if (present ? read_value(params, param, args) == 0 : !param->required)
			continue;
		*ret_bad = param->name;
		return -EINVAL;
	}
	return 0;
}
