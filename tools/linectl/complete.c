/* SPDX-License-Identifier: MIT */
/*
 * Completion for shells, made from the tables of verbs and options. What can stand where is the
 * same for all: "dial:1" is the first argument of dial, ":0" the verb itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/help.h"
#include "tools/varlink/json.h"

/* Words of synopses: what they can be, or what prints that. */
static const struct kind {
	const char *word;
	const char *values;
	const char *command;
} kinds[] = {
	{"LINE", NULL, "linectl list -t 2 -g lines.name 2>/dev/null"},
	{"SESSION", NULL, "linectl sessions -t 2 -g sessions.session 2>/dev/null"},
	{"DEVICE", NULL, "linectl ports -t 2 -g ports.path 2>/dev/null"},
	{"VERB", NULL, "linectl help -g verbs.verb"},
	{"ACTION", "add remove", NULL},
	{"LIMIT", "duration inactivity", NULL},
	{"SHELL", "bash zsh fish", NULL},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What follows an option: words, or names of files, or nothing that is known. */
static const char *option_values(const struct option_row *row)
{
	if (row->kind == OPTION_COLOR)
		return "auto always never";
	return row->kind == OPTION_LEVEL ? "error warning info debug trace" : NULL;
}

static bool option_wants_file(const struct option_row *row)
{
	return row->arg && (strcmp(row->arg, "PATH") == 0 || strcmp(row->arg, "DIR") == 0);
}

/* Is the word one of "LINE|DEVICE]", which ends at a blank? */
static bool is_among(const char *words, const char *word)
{
	for (;;) {
		size_t length = strcspn(words, "|] ");

		if (length == strlen(word) && strncmp(words, word, length) == 0)
			return true;
		if (words[length] != '|')
			return false;
		words += length + 1;
	}
}

/* Each place where a synopsis has the word. */
static void print_places(FILE *out, const char *word, const char *between)
{
	const char *before = "";

	for (const struct command *command = command_table(); command->name; command++) {
		const char *at = command->synopsis;

		for (unsigned int place = 1; *at; place++) {
			if (is_among(at + (*at == '['), word)) {
				fprintf(out, "%s%s:%u", before, command->name, place);
				before = between;
			}
			at += strcspn(at, " ");
			at += *at == ' ';
		}
	}
}

/* "--timeout|-t": of the options that take an argument, or of all. */
static void print_options(FILE *out, const char *between, bool with_argument)
{
	const char *before = "";

	for (const struct option_row *row = options_table(); row->name; row++) {
		if (with_argument && !row->arg)
			continue;
		fprintf(out, "%s--%s", before, row->name);
		before = between;
		if (row->letter)
			fprintf(out, "%s-%c", between, row->letter);
	}
}

/* Text for single quotes, where quote stands for one of its own; special characters get a
 * backslash. */
static void print_quoted(FILE *out, const char *text, const char *quote, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'') {
			fputs(quote, out);
			continue;
		}
		if (strchr(special, *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* ---- bash ---- */

static void print_bash_options(FILE *out)
{
	for (const struct option_row *row = options_table(); row->name; row++) {
		if (!option_values(row))
			continue;
		fprintf(out, "\t--%s", row->name);
		if (row->letter)
			fprintf(out, "|-%c", row->letter);
		fprintf(out, ") words='%s' ;;\n", option_values(row));
	}
}

static void print_bash_places(FILE *out)
{
	for (size_t i = 0; i < KINDS; i++) {
		fputs("\t\t", out);
		print_places(out, kinds[i].word, "|");
		if (kinds[i].values)
			fprintf(out, ") words='%s' ;;\n", kinds[i].values);
		else
			fprintf(out, ") words=$(%s) ;;\n", kinds[i].command);
	}
}

/* Names come from outside: compgen -W would have the shell expand them, and what is offered stands
 * on the command line as it is. Where nothing is offered, bash completes names of files. */
static void print_bash(FILE *out)
{
	fputs("# bash completion for linectl: source <(linectl completion bash)\n"
	      "_linectl()\n"
	      "{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words='' "
	      "i\n"
	      "\tlocal -a args=()\n"
	      "\n"
	      "\tCOMPREPLY=()\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t",
	      out);
	print_options(out, "|", true);
	fputs(") ((i++)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) args+=(\"${COMP_WORDS[i]}\") ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $prev in\n",
	      out);
	print_bash_options(out);
	fputs("\t", out);
	print_options(out, "|", true);
	fputs(") return ;;\n\t*)\n\t\t[[ $cur == -* ]] && words='", out);
	print_options(out, " ", false);
	fputs("'\n\t\t[[ $cur != -* ]] && case ${args[0]}:${#args[@]} in\n\t\t:0) words='", out);
	for (const struct command *command = command_table(); command->name; command++)
		fprintf(out, "%s ", command->name);
	fputs("' ;;\n", out);
	print_bash_places(out);
	fputs("\t\tesac\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "\tread -r -d '' -a args <<<\"$words\"\n"
	      "\tfor i in \"${args[@]}\"; do\n"
	      "\t\t[[ $i == \"$cur\"* ]] && COMPREPLY+=(\"$(printf %q \"$i\")\")\n"
	      "\tdone\n"
	      "}\n"
	      "complete -o default -F _linectl linectl\n",
	      out);
}

/* ---- zsh ---- */

static void print_zsh_option(FILE *out, const struct option_row *row)
{
	if (row->letter)
		fprintf(out, "\t\t'(-%c --%s)'{-%c,--%s}'[", row->letter, row->name, row->letter,
			row->name);
	else
		fprintf(out, "\t\t'--%s[", row->name);
	print_quoted(out, row->help, "'\\''", "[]:");
	fputc(']', out);
	if (row->arg)
		fprintf(out, ":%s:", row->arg);
	if (option_values(row))
		fprintf(out, "(%s)", option_values(row));
	else if (option_wants_file(row))
		fputs("_files", out);
	else if (row->arg)
		fputc(' ', out);
	fputs("' \\\n", out);
}

static void print_zsh(FILE *out)
{
	fputs("#compdef linectl\n"
	      "# zsh completion for linectl: linectl completion zsh >_linectl in a folder of "
	      "$fpath\n"
	      "_linectl()\n"
	      "{\n"
	      "\tlocal curcontext=$curcontext state line ret=1\n"
	      "\tlocal -A opt_args\n"
	      "\tlocal -a args verbs there\n"
	      "\tlocal -i i\n"
	      "\n"
	      "\t_arguments -C \\\n",
	      out);
	for (const struct option_row *row = options_table(); row->name; row++)
		print_zsh_option(out, row);
	fputs("\t\t'*: :->arguments' && ret=0\n"
	      "\t[[ $state == arguments ]] || return ret\n"
	      "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	      "\t\tcase $words[i] in\n"
	      "\t\t",
	      out);
	print_options(out, "|", true);
	fputs(") ((++i)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) args+=($words[i]) ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $args[1]:$#args in\n"
	      "\t:0)\n"
	      "\t\tverbs=(\n",
	      out);
	for (const struct command *command = command_table(); command->name; command++) {
		fprintf(out, "\t\t\t'%s:", command->name);
		print_quoted(out, command->help, "'\\''", "");
		fputs("'\n", out);
	}
	fputs("\t\t)\n\t\t_describe verb verbs && ret=0\n\t\t;;\n", out);
	for (size_t i = 0; i < KINDS; i++) {
		fputc('\t', out);
		print_places(out, kinds[i].word, "|");
		if (kinds[i].values)
			fprintf(out, ") there=(%s) ;;\n", kinds[i].values);
		else
			fprintf(out, ") there=(${(f)\"$(%s)\"}) ;;\n", kinds[i].command);
	}
	fputs("\t*) _files && ret=0 ;;\n"
	      "\tesac\n"
	      "\t(($#there)) && compadd -a there && ret=0\n"
	      "\treturn ret\n"
	      "}\n"
	      "if [[ $funcstack[1] == _linectl ]]; then\n"
	      "\t_linectl \"$@\"\n"
	      "else\n"
	      "\tcompdef _linectl linectl\n"
	      "fi\n",
	      out);
}

/* ---- fish ---- */

static void print_fish_option(FILE *out, const struct option_row *row)
{
	fputs("complete -c linectl", out);
	if (row->verbs)
		fprintf(out, " -n '__linectl_verb %s'", row->verbs);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	fprintf(out, " -l %s", row->name);
	if (option_values(row))
		fprintf(out, " -x -a '%s'", option_values(row));
	else if (option_wants_file(row))
		fputs(" -r -F", out);
	else if (row->arg)
		fputs(" -x", out);
	fputs(" -d '", out);
	print_quoted(out, row->help, "\\'", "\\");
	fputs("'\n", out);
}

static void print_fish(FILE *out)
{
	fputs("# fish completion for linectl: linectl completion fish | source\n"
	      "function __linectl_arguments\n"
	      "\tset -l skip 0\n"
	      "\tfor word in (commandline -opc)[2..-1]\n"
	      "\t\tif test $skip = 1\n"
	      "\t\t\tset skip 0\n"
	      "\t\t\tcontinue\n"
	      "\t\tend\n"
	      "\t\tswitch $word\n"
	      "\t\t\tcase ",
	      out);
	print_options(out, " ", true);
	fputs("\n"
	      "\t\t\t\tset skip 1\n"
	      "\t\t\tcase '-*'\n"
	      "\t\t\tcase '*'\n"
	      "\t\t\t\techo -- $word\n"
	      "\t\tend\n"
	      "\tend\n"
	      "end\n"
	      "function __linectl_place\n"
	      "\tset -l args (__linectl_arguments)\n"
	      "\tcontains -- \"$args[1]:\"(count $args) $argv\n"
	      "end\n"
	      "function __linectl_verb\n"
	      "\tset -l args (__linectl_arguments)\n"
	      "\tcontains -- \"$args[1]\" $argv\n"
	      "end\n"
	      "complete -c linectl -f\n",
	      out);
	for (const struct option_row *row = options_table(); row->name; row++)
		print_fish_option(out, row);
	for (const struct command *command = command_table(); command->name; command++) {
		fprintf(out, "complete -c linectl -n '__linectl_place :0' -a %s -d '",
			command->name);
		print_quoted(out, command->help, "\\'", "\\");
		fputs("'\n", out);
	}
	for (size_t i = 0; i < KINDS; i++) {
		fputs("complete -c linectl -n '__linectl_place ", out);
		print_places(out, kinds[i].word, " ");
		if (kinds[i].values)
			fprintf(out, "' -a '%s'\n", kinds[i].values);
		else
			fprintf(out, "' -a '(%s)'\n", kinds[i].command);
	}
}

/* ---- the verb ---- */

static const struct shell {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {
	{"bash", print_bash},
	{"zsh", print_zsh},
	{"fish", print_fish},
};

static enum status print_json(const struct app *app, const struct shell *shell)
{
	struct json_object *object = NULL;
	struct varlink_build b;
	char *script = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&script, &size);

	if (!out)
		return output_no_memory(&app->output);
	shell->print(out);
	varlink_build_start(&b);
	varlink_put_string(&b, "shell", shell->name);
	if (fclose(out) == 0)
		varlink_put_string(&b, "script", script);
	else
		b.error = -ENOMEM;
	free(script);
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

enum status complete_script(struct app *app, const char **args)
{
	const char *wanted = args[0] ? args[0] : shells[0].name;

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, wanted) != 0)
			continue;
		if (app->output.json)
			return print_json(app, &shells[i]);
		shells[i].print(app->output.out);
		return STATUS_OK;
	}
	return help_usage(app, app->command, "SHELL is bash, zsh or fish");
}
