/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/modemsim/site.h"

enum {
	OPT_DIR = 256,
	OPT_TTY,
	OPT_RFC2217,
	OPT_SCENARIO,
	OPT_TRACE,
	OPT_LOG_LEVEL,
	OPT_CONTROL,
	OPT_VERSION
};

static const struct option long_options[] = {
	{"modem", required_argument, NULL, 'm'},
	{"tty", required_argument, NULL, OPT_TTY},
	{"rfc2217", required_argument, NULL, OPT_RFC2217},
	{"scenario", required_argument, NULL, OPT_SCENARIO},
	{"dir", required_argument, NULL, OPT_DIR},
	{"control", no_argument, NULL, OPT_CONTROL},
	{"trace", no_argument, NULL, OPT_TRACE},
	{"log-level", required_argument, NULL, OPT_LOG_LEVEL},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"Usage: modemsim --modem NAME=NUMBER[,KEY=VALUE]... [OPTION]...\n"
	"Emulate modems, joined by a telephone exchange, on ptys that any program can open.\n"
	"\n"
	"A first call, from one shell to another:\n"
	"  modemsim --dir /tmp/sim --modem a=101 --modem b=102,answer=1\n"
	"  linectl --device /tmp/sim/a dial 102\n"
	"\n"
	"What to emulate:\n"
	"  -m, --modem NAME=NUMBER[,KEY=VALUE]...  a modem; keys: answer, ato, baud,\n"
	"                       caller-id, caller-name, connect, diagnostics, dtr, fault, flash,\n"
	"                       latency, line, manufacturer, model, noise, rate, revision,\n"
	"                       rfc2217, seed, serial, speed, tty, vcon, voice, withhold\n"
	"      --tty PATH       put the modem named last on this tty instead of a pty\n"
	"      --rfc2217 PORT   put it on a TCP port of this machine (0: any) with modem lines,\n"
	"                       as a terminal server does\n"
	"      --scenario FILE  read modems, numbers and times from an INI file\n"
	"\n"
	"Where and how:\n"
	"      --dir DIR        make the links DIR/NAME (default: $XDG_RUNTIME_DIR/modemsim,\n"
	"                       or /tmp/modemsim-UID)\n"
	"      --control        take commands from standard input; 'help' lists them\n"
	"\n"
	"What to tell:\n"
	"      --trace          show the dialogue with each modem on standard error\n"
	"      --log-level LEVEL  error, warning (default), info, debug or trace\n"
	"  -h, --help           show this\n"
	"      --version        show the version\n"
	"\n"
	"modemsim(1) tells more: keys, faults, scenario files, the control language.\n";

static enum sim_options_result usage(const char *what, const char *text)
{
	fprintf(stderr, "modemsim: %s%s%s\n", what, what[0] ? " " : "", text);
	return SIM_OPTIONS_USAGE;
}

static enum sim_options_result set_log_level(struct sim_options *options, const char *name)
{
	static const char *const names[] = {
		[HAL_LOG_ERROR] = "error", [HAL_LOG_WARNING] = "warning", [HAL_LOG_INFO] = "info",
		[HAL_LOG_DEBUG] = "debug", [HAL_LOG_TRACE] = "trace",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) == 0) {
			options->log_level = (enum hal_log_level)i;
			return SIM_OPTIONS_RUN;
		}
	}
	return usage("--log-level:", "write error, warning, info, debug or trace");
}

static enum sim_options_result set_dir(struct sim_options *options, const char *dir)
{
	size_t len = hal_slice_copy(hal_slice_str(dir), options->dir, sizeof(options->dir));

	if (len == 0 || len >= sizeof(options->dir))
		return usage("--dir:", "write the path of a directory, 255 characters at most");
	return SIM_OPTIONS_RUN;
}

/* Where the modem named last is. */
static enum sim_options_result set_place(struct sim_options *options, const char *key,
					 const char *value)
{
	struct sim_config *config = &options->config;
	struct hal_error err;

	if (config->modem_count == 0)
		return usage("", "no modem yet; write --modem a=101 before --tty and --rfc2217");
	if (sim_config_set_modem(&config->modems[config->modem_count - 1], hal_slice_str(key),
				 hal_slice_str(value), &err) < 0)
		return usage("", err.text);
	return SIM_OPTIONS_RUN;
}

static enum sim_options_result set_option(struct sim_options *options, int option)
{
	struct hal_error err;

	switch (option) {
	case 'm':
		if (sim_config_add_modem(&options->config, hal_slice_str(optarg), &err) < 0)
			return usage("--modem:", err.text);
		return SIM_OPTIONS_RUN;
	case OPT_TTY:
		return set_place(options, "tty", optarg);
	case OPT_RFC2217:
		return set_place(options, "rfc2217", optarg);
	case OPT_SCENARIO:
		if (sim_scenario_read(&options->config, optarg, &err) < 0)
			return usage("", err.text);
		return SIM_OPTIONS_RUN;
	case OPT_DIR:
		return set_dir(options, optarg);
	case OPT_CONTROL:
		options->control = true;
		return SIM_OPTIONS_RUN;
	case OPT_TRACE:
		options->log_level = HAL_LOG_TRACE;
		return SIM_OPTIONS_RUN;
	case OPT_LOG_LEVEL:
		return set_log_level(options, optarg);
	case 'h':
		(void)fputs(help, stdout);
		return SIM_OPTIONS_DONE;
	case OPT_VERSION:
		printf("modemsim %s\n", TRUNKLINE_VERSION);
		return SIM_OPTIONS_DONE;
	default: /* getopt has told what is wrong */
		return usage("", "'modemsim --help' shows the options");
	}
}

enum sim_options_result sim_options_parse(int argc, char **argv, struct sim_options *options)
{
	struct hal_error err;
	int option;

	memset(options, 0, sizeof(*options));
	options->log_level = HAL_LOG_WARNING;
	sim_config_init(&options->config);
	while ((option = getopt_long(argc, argv, "m:h", long_options, NULL)) != -1) {
		enum sim_options_result result = set_option(options, option);

		if (result != SIM_OPTIONS_RUN)
			return result;
	}
	if (optind < argc)
		return usage(argv[optind], "is no option; write --modem NAME=NUMBER");
	if (sim_config_check(&options->config, &err) < 0)
		return usage("", err.text);
	if (!options->dir[0] && sim_site_default_dir(options->dir, sizeof(options->dir)) < 0)
		return usage("--dir:", "XDG_RUNTIME_DIR is too long; write --dir DIR");
	return SIM_OPTIONS_RUN;
}
