/* SPDX-License-Identifier: MIT */
#include "tools/lined/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/lined/config.h"
#include "tools/lined/report.h"
#include "tools/varlink/number.h"

enum option_id {
	OPTION_LINE = 256,
	OPTION_CONFIG,
	OPTION_CHECK_CONFIG,
	OPTION_SOCKET,
	OPTION_FD,
	OPTION_LOG_LEVEL,
	OPTION_LOG_PERSONAL_INFO,
	OPTION_TRACE,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option options[] = {
	{"line", required_argument, NULL, OPTION_LINE},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"fd", required_argument, NULL, OPTION_FD},
	{"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
	{"log-personal-info", no_argument, NULL, OPTION_LOG_PERSONAL_INFO},
	{"trace", no_argument, NULL, OPTION_TRACE},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static const char help[] =
	"Usage: lined [OPTION]...\n"
	"Own modem lines and let programs place telephone calls on them.\n"
	"\n"
	"  --line NAME=DEVICE[,KEY=VALUE]...\n"
	"                       a line; keys as in lined.conf(5); may be repeated\n"
	"  --config PATH        configuration: a file, or a folder with lined.conf and\n"
	"                       conf.d/*.conf (default " LINED_CONFIG_DEFAULT ", over\n"
	"                       " LINED_CONFIG_VENDOR "; none with --line or --fd)\n"
	"  --check-config       say whether the configuration is right, and exit\n"
	"  --socket PATH        where to listen (default /run/lined/socket;\n"
	"                       $XDG_RUNTIME_DIR/lined/socket for users)\n"
	"  --fd N               serve only the connected socket N, and exit when it closes\n"
	"  --log-level LEVEL    " LINED_LOG_LEVELS "\n"
	"  --log-personal-info  do not hide numbers and names in the log\n"
	"  --trace              log the bytes on the wire (--log-level trace)\n"
	"  --version            print the version\n"
	"  --help               print this\n"
	"\n"
	"Signals: TERM and INT end every call, then the daemon; a second one ends it at once.\n"
	"HUP reads the configuration again.\n"
	"Manual: lined(8), lined.conf(5), trunkline-varlink(7)\n";

struct parsed {
	const char *config;
	const char *socket; /* wins over the one in the file */
	enum lined_action action;
	struct lined_report *report;
};

static int complain(struct parsed *parsed, const char *option, const char *argument,
		    const char *why)
{
	lined_report_add(parsed->report, "%s %.80s: %s", option, argument, why);
	return -EINVAL;
}

/* NAME=DEVICE[,KEY=VALUE]...; the text is taken apart in place. */
static int read_line(struct lined_settings *settings, char *text, char *why)
{
	struct lined_line *line;
	char *rest = strchr(text, '=');
	char *part;
	int r;

	snprintf(why, LINED_WHY_MAX, "must be NAME=DEVICE, such as line1=/dev/ttyUSB0");
	if (!rest)
		return -EINVAL;
	*rest++ = '\0';
	r = lined_settings_add_line(settings, text, "--line", why, &line);
	if (r < 0)
		return r;
	part = strsep(&rest, ",");
	r = lined_line_set(line, "device", part, why);
	while (r == 0 && (part = strsep(&rest, ",")) != NULL) {
		char *value = strchr(part, '=');

		snprintf(why, LINED_WHY_MAX, "after the device only KEY=VALUE may come");
		if (!value)
			return -EINVAL;
		*value++ = '\0';
		r = lined_line_set(line, part, value, why);
	}
	return r;
}

static int add_line(struct lined_settings *settings, struct parsed *parsed, const char *text)
{
	char why[LINED_WHY_MAX] = "out of memory";
	char *copy = strdup(text); /* the command line is read again by every reload */
	int r;

	r = copy ? read_line(settings, copy, why) : -ENOMEM;
	free(copy);
	return r < 0 ? complain(parsed, "--line", text, why) : 0;
}

static int read_fd(struct parsed *parsed, const char *text, int *ret_fd)
{
	uint32_t fd;

	if (number_parse(text, 0, 999999, &fd) < 0)
		return complain(parsed, "--fd", text, "must be the number of a descriptor");
	*ret_fd = (int)fd;
	return 0;
}

static int set_socket(struct lined_settings *settings, struct parsed *parsed)
{
	char *copy = strdup(parsed->socket);

	if (!copy)
		return complain(parsed, "--socket", parsed->socket, "out of memory");
	free(settings->socket);
	settings->socket = copy;
	return 0;
}

static int set_log_level(struct lined_settings *settings, struct parsed *parsed, const char *name)
{
	if (lined_log_level_from_name(name, &settings->log.level) < 0)
		return complain(parsed, "--log-level", name, "must be " LINED_LOG_LEVELS);
	settings->has_log_level = true;
	return 0;
}

static int take_option(int id, struct lined_settings *settings, struct parsed *parsed)
{
	switch (id) {
	case OPTION_LINE:
		return add_line(settings, parsed, optarg);
	case OPTION_CONFIG:
		parsed->config = optarg;
		return 0;
	case OPTION_CHECK_CONFIG:
		parsed->action = LINED_CHECK;
		return 0;
	case OPTION_SOCKET:
		parsed->socket = optarg;
		return 0;
	case OPTION_FD:
		return read_fd(parsed, optarg,
			       settings->fd < 0 ? &settings->fd : &settings->second_fd);
	case OPTION_LOG_LEVEL:
		return set_log_level(settings, parsed, optarg);
	case OPTION_LOG_PERSONAL_INFO:
		settings->personal = true;
		return 0;
	case OPTION_TRACE:
		return set_log_level(settings, parsed, "trace");
	case OPTION_VERSION:
		printf("lined " TRUNKLINE_VERSION "\n");
		parsed->action = LINED_LEAVE;
		return 0;
	case OPTION_HELP:
		fputs(help, stdout);
		parsed->action = LINED_LEAVE;
		return 0;
	default:
		lined_report_add(parsed->report, "try 'lined --help'");
		return -EINVAL;
	}
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int read_config(struct lined_settings *settings, const struct parsed *parsed)
{
	const char *path = parsed->config;
	int error;
	int r;

	if (path)
		return is_folder(path) ? lined_config_read_folder(path, settings, parsed->report)
				       : lined_config_read(path, settings, parsed->report);
	if (settings->n_lines > 0 || settings->fd >= 0)
		return 0;
	r = lined_config_read_folder(LINED_CONFIG_VENDOR, settings, parsed->report);
	error = lined_config_read_folder(LINED_CONFIG_DEFAULT, settings, parsed->report);
	return r < 0 ? r : error;
}

/* systemd may name several, separated by colons. */
static int default_history(struct lined_settings *settings, struct parsed *parsed)
{
	const char *folder = getenv("STATE_DIRECTORY");

	if (!folder || settings->fd >= 0)
		return 0;
	if (asprintf(&settings->history, "%.*s/history", (int)strcspn(folder, ":"), folder) >= 0)
		return 0;
	settings->history = NULL;
	return complain(parsed, "STATE_DIRECTORY", folder, "out of memory");
}

/* Also when there are other mistakes, for all are told at once. */
static int check(const struct lined_settings *settings, struct parsed *parsed, int error)
{
	int r = lined_settings_check(settings, parsed->report);

	return error < 0 ? error : r;
}

int lined_options_read(int argc, char **argv, struct lined_settings *settings,
		       enum lined_action *ret_action, struct lined_report *report)
{
	struct parsed parsed = {.action = LINED_SERVE, .report = report};
	int id;
	int r;

	settings->argc = argc;
	settings->argv = argv;
	optind = 0; /* from the beginning, also the next time */
	while ((id = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		r = take_option(id, settings, &parsed);
		if (r < 0)
			return r;
		if (parsed.action == LINED_LEAVE)
			break;
	}
	if (parsed.action != LINED_LEAVE) {
		if (optind < argc)
			return complain(&parsed, "argument", argv[optind],
					"lined takes options only");
		r = default_history(settings, &parsed);
		if (r == 0)
			r = check(settings, &parsed, read_config(settings, &parsed));
		if (r == 0 && parsed.socket)
			r = set_socket(settings, &parsed);
		if (r < 0)
			return r;
	}
	*ret_action = parsed.action;
	return 0;
}
