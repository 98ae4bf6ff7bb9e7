/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tools/linectl/command.h"
#include "tools/linectl/help.h"

static const char script_head[] =
	"# bash completion for linectl: source <(linectl completion)\n"
	"_linectl()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words='' i\n"
	"\tlocal -a args=()\n"
	"\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";

/* The words before the one that is being written have been sorted out: what can it be? */
static const char script_middle[] = "\t\t-*) ;;\n"
				    "\t\t*) args+=(\"${COMP_WORDS[i]}\") ;;\n"
				    "\t\tesac\n"
				    "\tdone\n"
				    "\tcase $prev in\n"
				    "\t--color) words='auto always never' ;;\n"
				    "\t--log-level) words='error warning info debug trace' ;;\n";

static const char script_lines[] =
	"linectl list --quiet --no-legend --color never 2>/dev/null | cut -d' ' -f1";
static const char script_sessions[] =
	"linectl sessions --quiet --no-legend --color never 2>/dev/null | cut -d' ' -f1";

static const char script_tail[] = "\t\tesac\n"
				  "\t\t;;\n"
				  "\tesac\n"
				  "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
				  "}\n"
				  "complete -o default -F _linectl linectl\n";

/* "--timeout|-t": of the options that take an argument, or of all, separated by something. */
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

static void print_verbs(FILE *out)
{
	for (const struct command *command = command_table(); command->name; command++)
		fprintf(out, "%s%s", command == command_table() ? "" : " ", command->name);
}

/* The verbs whose first argument is of this kind, as a pattern of a case; the number of words
 * before it is 1. */
static void print_kind(FILE *out, const char *kind, const char *words)
{
	const char *before = "\t\t";

	for (const struct command *command = command_table(); command->name; command++) {
		const char *first = command->synopsis + (command->synopsis[0] == '[');

		if (strncmp(first, kind, strlen(kind)) != 0)
			continue;
		fprintf(out, "%s%s:1", before, command->name);
		before = "|";
	}
	fprintf(out, ") words=\"$(%s)\" ;;\n", words);
}

enum status complete_script(struct app *app, const char **args)
{
	FILE *out = app->output.out;

	(void)args; /* it has none */
	if (app->output.json)
		return help_usage(app, app->command, "a script is no JSON");
	fputs(script_head, out);
	fputs("\t\t", out);
	print_options(out, "|", true);
	fputs(") ((i++)) ;;\n", out);
	fputs(script_middle, out);
	fputs("\t", out);
	print_options(out, "|", true);
	fputs(") return ;;\n\t*)\n\t\t[[ $cur == -* ]] && words='", out);
	print_options(out, " ", false);
	fputs("'\n\t\t[[ $cur != -* ]] && case ${args[0]}:${#args[@]} in\n\t\t:0) words='", out);
	print_verbs(out);
	fputs("' ;;\n", out);
	print_kind(out, "LINE", script_lines);
	print_kind(out, "SESSION", script_sessions);
	fputs("\t\thotplug:1) words='add remove' ;;\n\t\thelp:1) words='", out);
	print_verbs(out);
	fputs("' ;;\n", out);
	fputs(script_tail, out);
	return STATUS_OK;
}
