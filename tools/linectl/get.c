/* SPDX-License-Identifier: MIT */
#include "tools/linectl/get.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/field.h"
#include "tools/varlink/number.h"

#define WORD_MAX  64 /* longer than any field's name */
#define FIELD_MAX 256

/* The next word, up to a character that ends it; rest is moved behind that. False: none is left, or
 * it is longer than any name. */
static bool next_word(const char **rest, char end, char *buf, size_t size)
{
	size_t length = strcspn(*rest, (char[]){end, '\0'});

	if (!**rest || length >= size)
		return false;
	memcpy(buf, *rest, length);
	buf[length] = '\0';
	*rest += length + ((*rest)[length] == end);
	return true;
}

static bool is_index(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0';
}

/* ---- what there is ---- */

/* Follow "#/a/b". */
static struct json_object *find_definition(struct json_object *schema, const char *pointer)
{
	const char *rest = pointer + strspn(pointer, "#/");
	char name[WORD_MAX];

	while (schema && next_word(&rest, '/', name, sizeof(name)))
		schema = field_get(schema, name);
	return schema;
}

/* The definition that a node stands for: its own, another one's, or that of its elements. */
static struct json_object *resolve(struct json_object *schema, struct json_object *node)
{
	for (;;) {
		struct json_object *all = field_get(node, "allOf");

		if (field_get(node, "$ref"))
			node = find_definition(schema, field_text(node, "$ref"));
		else if (all)
			node = field_at(all, 0);
		else if (field_get(node, "items"))
			node = field_get(node, "items");
		else
			return node;
	}
}

/* A member of an object; one that has any name is like all others. An object that says nothing of
 * its members has them all. */
static struct json_object *find_member(struct json_object *object, const char *name)
{
	struct json_object *properties = field_get(object, "properties");
	struct json_object *others = field_get(object, "additionalProperties");

	if (properties)
		return field_get(properties, name);
	if (others)
		return others;
	return strcmp(field_text(object, "type"), "object") == 0 ? object : NULL;
}

static void tell_names(struct json_object *object, char *buf, size_t size)
{
	struct json_object *properties = field_get(object, "properties");
	size_t used = 0;

	snprintf(buf, size, "it has no fields");
	if (!properties)
		return;
	json_object_object_foreach(properties, name, value)
	{
		(void)value;
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 used ? ", " : "there are: ", name);
	}
}

static enum status refuse(const struct app *app, const char *field, struct json_object *object)
{
	char hint[768];

	tell_names(object, hint, sizeof(hint));
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_USAGE,
						  .subject = field,
						  .error = "Usage",
						  .reason = "no such field",
						  .hint = hint,
					  });
}

static enum status check_field(const struct app *app, struct json_object *schema,
			       struct json_object *document, const char *field)
{
	struct json_object *node = resolve(schema, document);
	const char *rest = field;
	char name[WORD_MAX];

	while (*rest) {
		struct json_object *member;

		if (!next_word(&rest, '.', name, sizeof(name)))
			return refuse(app, field, node);
		if (is_index(name))
			continue;
		member = resolve(schema, find_member(node, name));
		if (!member)
			return refuse(app, field, node);
		node = member;
	}
	return STATUS_OK;
}

enum status get_check(const struct app *app, const char *fields)
{
	struct json_object *schema = json_tokener_parse(linectl_schema);
	char pointer[WORD_MAX];
	struct json_object *document;
	enum status status = STATUS_OK;
	char field[FIELD_MAX];

	if (!schema)
		return output_no_memory(&app->output);
	snprintf(pointer, sizeof(pointer), "#/$defs/verbs/$defs/%s", app->command->name);
	document = find_definition(schema, pointer);
	while (status == STATUS_OK && *fields)
		status = next_word(&fields, ',', field, sizeof(field)) && *field
				 ? check_field(app, schema, document, field)
				 : refuse(app, fields, resolve(schema, document));
	json_object_put(schema);
	return status;
}

/* ---- what they are ---- */

static void print_value(FILE *out, struct json_object *value)
{
	const char *text = json_object_get_string(value);
	size_t size = text ? strlen(text) + 1 : 1;
	char *clean;

	if (!text || !json_object_is_type(value, json_type_string)) {
		fprintf(out, "%s\n", text ? text : "");
		return;
	}
	/* A line stays a line, whatever a modem or a caller has said. */
	clean = malloc(size);
	fprintf(out, "%s\n", clean ? output_clean(text, clean, size) : "");
	free(clean);
}

static void print_field(FILE *out, struct json_object *value, const char *rest)
{
	char name[WORD_MAX];

	if (json_object_is_type(value, json_type_array)) {
		const char *behind = rest;
		uint32_t index;

		if (next_word(&behind, '.', name, sizeof(name)) &&
		    number_parse(name, 0, UINT32_MAX, &index) == 0) {
			print_field(out, field_at(value, index), behind);
			return;
		}
		for (size_t i = 0; i < field_count(value); i++)
			print_field(out, field_at(value, i), rest);
		return;
	}
	if (next_word(&rest, '.', name, sizeof(name)))
		print_field(out, field_get(value, name), rest);
	else
		print_value(out, value);
}

void get_print(FILE *out, struct json_object *document, const char *fields)
{
	char field[FIELD_MAX];

	while (next_word(&fields, ',', field, sizeof(field)))
		print_field(out, document, field);
	fflush(out);
}
