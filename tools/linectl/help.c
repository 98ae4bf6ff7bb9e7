/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include <trunkline/trunkline.h>

#include "tools/linectl/command.h"
#include "tools/linectl/help.h"
#include "tools/varlink/json.h"

static void print_option(FILE *out, const struct option_row *row, bool with_verbs)
{
	char letter[8] = "    ";
	char name[40];

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(name, sizeof(name), "--%s%s%s", row->name, row->arg ? " " : "",
		 row->arg ? row->arg : "");
	fprintf(out, "  %s%-22s ", letter, name);
	if (with_verbs)
		fprintf(out, "%s: ", row->verbs);
	fprintf(out, "%s\n", row->help);
}

/* The options that every verb knows, or those that only some do. */
static void print_options(FILE *out, bool of_some)
{
	for (const struct option_row *row = options_table(); row->name; row++)
		if ((row->verbs != NULL) == of_some)
			print_option(out, row, of_some);
}

static void print_overview(FILE *out)
{
	fprintf(out, "usage: linectl [OPTION...] VERB [ARGUMENT...]\n\n"
		     "Telephone calls over modem lines.\n\nverbs:\n");
	for (const struct command *c = command_table(); c->name; c++) {
		char left[40];

		snprintf(left, sizeof(left), "%s %s", c->name, c->synopsis);
		fprintf(out, "  %-25s  %s\n", left, c->help);
	}
	fprintf(out, "\noptions, anywhere on the line:\n");
	print_options(out, false);
	fprintf(out, "\noptions of some verbs:\n");
	print_options(out, true);
	fprintf(out, "\nLINE is a name, an index, an identity or the path of a device; with "
		     "--device and "
		     "--sim it may\nbe left out. 'linectl help VERB' and linectl(1) tell more.\n");
}

/* Paragraphs are broken between words. */
static void print_paragraph(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column > 0 && column + 1 + length > 79) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s", column > 0 ? " " : "", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_verb_options(FILE *out, const char *verb)
{
	const char *head = "\noptions:\n";

	for (const struct option_row *row = options_table(); row->name; row++) {
		if (!row->verbs || !options_row_fits(row, verb))
			continue;
		fputs(head, out);
		head = "";
		print_option(out, row, false);
	}
}

static void print_verb(FILE *out, const struct command *command)
{
	fprintf(out, "usage: linectl [OPTION...] %s %s\n\n%s: %s\n", command->name,
		command->synopsis, command->name, command->help);
	if (command->detail) {
		fputc('\n', out);
		print_paragraph(out, command->detail);
	}
	if (*command->privilege)
		fprintf(out, "\nprivilege: %s\n", command->privilege);
	print_verb_options(out, command->name);
}

static void add_verb_options(struct varlink_build *b, const char *verb)
{
	struct json_object *names = json_object_new_array();

	for (const struct option_row *row = options_table(); row->name; row++)
		if (names && row->verbs && options_row_fits(row, verb) && b->error == 0)
			b->error = varlink_array_add(names, json_object_new_string(row->name));
	varlink_put(b, "options", names);
}

static struct json_object *verb_to_json(const struct command *command)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "verb", command->name);
	varlink_put_text(&b, "arguments", command->synopsis);
	varlink_put_string(&b, "help", command->help);
	varlink_put_text(&b, "detail", command->detail);
	varlink_put_text(&b, "privilege", command->privilege);
	add_verb_options(&b, command->name);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

static void add_words(struct varlink_build *b, const char *key, const char *words)
{
	struct json_object *array = json_object_new_array();

	while (array && *words && b->error == 0) {
		size_t length = strcspn(words, " ");

		b->error = varlink_array_add(array, json_object_new_string_len(words, (int)length));
		words += length + (words[length] == ' ');
	}
	varlink_put(b, key, array);
}

static struct json_object *option_to_json(const struct option_row *row)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "option", row->name);
	varlink_put_text(&b, "letter", row->letter ? (char[]){row->letter, '\0'} : "");
	varlink_put_text(&b, "argument", row->arg);
	varlink_put_string(&b, "help", row->help);
	if (row->verbs)
		add_words(&b, "verbs", row->verbs);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

/* Of all verbs, or those that one knows. */
static void add_options(struct varlink_build *b, const struct command *only)
{
	struct json_object *options = json_object_new_array();

	for (const struct option_row *row = options_table(); row->name; row++)
		if (options && b->error == 0 && (!only || options_row_fits(row, only->name)))
			b->error = varlink_array_add(options, option_to_json(row));
	varlink_put(b, "options", options);
}

/* The same table for programs; all verbs unless one is given. */
static enum status print_json(struct app *app, const struct command *only)
{
	struct json_object *verbs = json_object_new_array();
	struct json_object *object;
	struct varlink_build b;

	varlink_build_start(&b);
	for (const struct command *c = command_table(); c->name && verbs && b.error == 0; c++)
		if (!only || c == only)
			b.error = varlink_array_add(verbs, verb_to_json(c));
	varlink_put(&b, "verbs", verbs);
	add_options(&b, only);
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

enum status help_usage(struct app *app, const struct command *command, const char *reason)
{
	char usage[160];

	snprintf(usage, sizeof(usage), "usage: linectl [OPTION...] %s %s",
		 command ? command->name : "VERB", command ? command->synopsis : "[ARGUMENT...]");
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_USAGE,
						  .subject = command ? command->name : NULL,
						  .error = "Usage",
						  .reason = reason,
						  .hint = usage,
					  });
}

enum status help_run(struct app *app, const char **args)
{
	const struct command *command = args[0] ? command_find(args[0]) : NULL;

	if (args[0] && !command)
		return help_no_verb(app, args[0]);
	if (app->output.json)
		return print_json(app, command);
	if (command)
		print_verb(app->output.out, command);
	else
		print_overview(app->output.out);
	return STATUS_OK;
}

enum status help_no_verb(struct app *app, const char *name)
{
	const char *nearest = command_nearest(name);
	char reason[64];

	snprintf(reason, sizeof(reason), "no such verb%s%s%s", nearest ? ": did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_USAGE,
						  .subject = name,
						  .error = "Usage",
						  .reason = reason,
						  .hint = "'linectl help' lists the verbs",
					  });
}

enum status help_version(struct app *app, const char **args)
{
	struct json_object *object;
	struct varlink_build b;

	(void)args; /* it has none */
	if (!app->output.json) {
		fprintf(app->output.out, "linectl %s\n", tl_version());
		return STATUS_OK;
	}
	varlink_build_start(&b);
	varlink_put_string(&b, "version", tl_version());
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}
