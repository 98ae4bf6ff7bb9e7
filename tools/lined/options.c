/* SPDX-License-Identifier: MIT */
#include "tools/lined/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lined/config.h"
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
	"  --config FILE        configuration (default " LINED_CONFIG_DEFAULT ",\n"
	"                       when it exists and neither --line nor --fd is given)\n"
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
	"Manual: lined(8), lined.conf(5), trunkline-varlink(7)\n";

static int complain(const char *option, const char *argument, const char *why)
{
	fprintf(stderr, "lined: %s %s: %s\n", option, argument, why);
	return -EINVAL;
}

/* NAME=DEVICE[,KEY=VALUE]...; the text is taken apart in place. */
static int add_line(struct lined_settings *settings, char *text)
{
	char why[LINED_WHY_MAX];
	struct lined_line *line;
	char *rest = strchr(text, '=');
	char *part;

	if (!rest)
		return complain("--line", text, "must be NAME=DEVICE, such as line1=/dev/ttyUSB0");
	*rest++ = '\0';
	if (lined_settings_add_line(settings, text, why, &line) < 0)
		return complain("--line", text, why);
	part = strsep(&rest, ",");
	if (lined_line_set(line, "device", part, why) < 0)
		return complain("--line", text, why);
	while ((part = strsep(&rest, ",")) != NULL) {
		char *value = strchr(part, '=');

		if (!value)
			return complain("--line", text, "after the device only KEY=VALUE may come");
		*value++ = '\0';
		if (lined_line_set(line, part, value, why) < 0)
			return complain("--line", text, why);
	}
	return 0;
}

static int read_fd(const char *text, int *ret_fd)
{
	uint32_t fd;

	if (number_parse(text, 0, 999999, &fd) < 0)
		return complain("--fd", text, "must be the number of a descriptor");
	*ret_fd = (int)fd;
	return 0;
}

static int set_socket(struct lined_settings *settings, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return complain("--socket", path, "out of memory");
	free(settings->socket);
	settings->socket = copy;
	return 0;
}

static int set_log_level(struct lined_settings *settings, const char *name)
{
	if (lined_log_level_from_name(name, &settings->log.level) < 0)
		return complain("--log-level", name, "must be " LINED_LOG_LEVELS);
	settings->has_log_level = true;
	return 0;
}

struct parsed {
	const char *config;
	const char *socket; /* wins over the one in the file */
	enum lined_action action;
};

static int take_option(int id, struct lined_settings *settings, struct parsed *parsed)
{
	switch (id) {
	case OPTION_LINE:
		return add_line(settings, optarg);
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
		return read_fd(optarg, &settings->fd);
	case OPTION_LOG_LEVEL:
		return set_log_level(settings, optarg);
	case OPTION_LOG_PERSONAL_INFO:
		settings->personal = true;
		return 0;
	case OPTION_TRACE:
		return set_log_level(settings, "trace");
	case OPTION_VERSION:
		printf("lined " TRUNKLINE_VERSION "\n");
		parsed->action = LINED_LEAVE;
		return 0;
	case OPTION_HELP:
		fputs(help, stdout);
		parsed->action = LINED_LEAVE;
		return 0;
	default:
		fputs("lined: try 'lined --help'\n", stderr);
		return -EINVAL;
	}
}

static int read_config(struct lined_settings *settings, const char *path)
{
	char why[LINED_WHY_MAX];
	int r;

	if (!path && (settings->n_lines > 0 || settings->fd >= 0))
		return 0;
	if (!path && access(LINED_CONFIG_DEFAULT, F_OK) < 0)
		return 0;
	r = lined_config_read(path ? path : LINED_CONFIG_DEFAULT, settings, why);
	if (r < 0)
		fprintf(stderr, "lined: %s\n", why);
	return r;
}

int lined_options_read(int argc, char **argv, struct lined_settings *settings,
		       enum lined_action *ret_action)
{
	struct parsed parsed = {.action = LINED_SERVE};
	int id;
	int r;

	while ((id = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		r = take_option(id, settings, &parsed);
		if (r < 0)
			return r;
		if (parsed.action == LINED_LEAVE)
			break;
	}
	if (parsed.action != LINED_LEAVE) {
		if (optind < argc)
			return complain("argument", argv[optind], "lined takes options only");
		r = read_config(settings, parsed.config);
		if (r == 0 && parsed.socket)
			r = set_socket(settings, parsed.socket);
		if (r < 0)
			return r;
	}
	*ret_action = parsed.action;
	return 0;
}
