/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/get.h"
#include "tools/linectl/help.h"
#include "tools/linectl/private.h"

static void set_up_output(struct app *app)
{
	app->output = (struct output){
		.out = stdout,
		.err = stderr,
		.json = app->options.json || app->options.get,
		.get = app->options.get,
		.quiet = app->options.quiet,
		.legend = !app->options.no_legend,
	};
	output_set_color(&app->output, app->options.color);
}

static enum status run(struct app *app, const char **args)
{
	enum status status;

	if (app->options.get && get_check(app, app->options.get) != STATUS_OK)
		return STATUS_USAGE;
	if (app->command->flags & COMMAND_LOCAL)
		return app->command->run(app, args);
	status = connect_open(app);
	if (status == STATUS_OK)
		status = private_check_line(app, args[0]);
	if (status == STATUS_OK)
		status = app->command->run(app, args);
	connect_close(app);
	return status;
}

/* What follows "--". */
static const char **args_after(const struct options *options)
{
	return options->args + options->before_n;
}

/* Of verbs that may have more arguments the first one tells. */
static bool lacks_line(const struct command *command, const char *line, const char **args,
		       size_t given, bool session)
{
	size_t min;
	size_t max;

	command_count(command, &min, &max);
	if (!command_takes_line(command) || session)
		return false;
	return max == min ? given + 1 == min
			  : given + 1 >= min && (given == 0 || strcmp(args[0], line) != 0);
}

/* args[0] is the verb. A private daemon has a line that goes without saying: it takes the verb's
 * place. */
static enum status run_verb(struct app *app, const char **args, size_t given)
{
	const char *line = private_default_line(&app->options);
	char why[OPTIONS_WHY_MAX];
	const char *foreign;
	size_t min;
	size_t max;

	app->command = command_find(args[0]);
	if (!app->command)
		return help_no_verb(app, args[0]);
	foreign = options_find_foreign(&app->options, args[0]);
	if (foreign) {
		snprintf(why, sizeof(why), "knows no --%s", foreign);
		return help_usage(app, app->command, why);
	}
	command_count(app->command, &min, &max);
	if (app->command->flags & COMMAND_SESSION && app->options.session)
		min = min > 2 ? min - 2 : 0;
	if (app->command->flags & COMMAND_RUNS && app->options.before_n > 0) {
		given = app->options.before_n - 1;
		app->options.command =
			*args_after(&app->options) ? args_after(&app->options) : NULL;
	}
	if (line && lacks_line(app->command, line, args + 1, given, app->options.session)) {
		args[0] = line;
		return run(app, args);
	}
	if (given < min || given > max)
		return help_usage(app, app->command,
				  given < min ? "an argument is missing" : "too many arguments");
	return run(app, args + 1);
}

static enum status run_line(struct app *app)
{
	const struct options *options = &app->options;
	const char *none[] = {NULL};

	if (options->version)
		return help_version(app, none);
	/* "linectl dial --help" is "linectl help dial". */
	if (options->help)
		return help_run(app, options->args);
	if (options->args_n == 0)
		return help_usage(app, NULL, "a verb is missing; 'linectl help' lists them");
	return run_verb(app, options->args, options->args_n - 1);
}

int main(int argc, char **argv)
{
	struct app app = {.signals = -1};
	char why[OPTIONS_WHY_MAX];
	enum status status;
	int r;

	r = options_parse(argc, argv, &app.options, why);
	app.reply_limit_s = app.options.timeout ? app.options.timeout : APP_REPLY_LIMIT_S;
	set_up_output(&app);
	status = r < 0 ? help_usage(&app, NULL, why) : run_line(&app);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "linectl: stdout: %s\n", strerror(errno));
		return STATUS_OTHER;
	}
	return (int)status;
}
