/* SPDX-License-Identifier: MIT */
#include "tools/lined/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tools/lined/report.h"

#define ARGS_MAX 8
#define ARG_SIZE 80

static int read_args(const char *const *args, struct lined_settings *settings,
		     enum lined_action *ret_action)
{
	char copies[ARGS_MAX][ARG_SIZE] = {"lined"};
	char *argv[ARGS_MAX + 1] = {copies[0]};
	struct lined_report report = {0};
	int argc = 1;
	int r;

	for (; args[argc - 1]; argc++) {
		snprintf(copies[argc], ARG_SIZE, "%s", args[argc - 1]);
		argv[argc] = copies[argc];
	}
	lined_settings_init(settings);
	r = lined_options_read(argc, argv, settings, ret_action, &report);
	lined_report_fini(&report);
	return r;
}

Test(lined_options, lines_and_their_parameters)
{
	static const char *const args[] = {"--line",   "desk=/dev/ttyUSB0",
					   "--line",   "fax=/dev/ttyUSB1,baud=9600,flow=none",
					   "--socket", "/run/x",
					   NULL};
	enum lined_action action = LINED_LEAVE;
	struct lined_settings settings;

	cr_assert_eq(read_args(args, &settings, &action), 0);
	cr_assert_eq(action, LINED_SERVE);
	cr_assert_eq(settings.n_lines, 2);
	cr_assert_str_eq(settings.lines[1].name, "fax");
	cr_assert(settings.lines[1].has_device);
	cr_assert_str_eq(settings.socket, "/run/x");
	cr_assert_eq(settings.fd, -1);
	lined_settings_fini(&settings);
}

Test(lined_options, logging_and_private_service)
{
	static const char *const args[] = {"--fd", "17", "--trace", "--log-personal-info", NULL};
	enum lined_action action = LINED_LEAVE;
	struct lined_settings settings;

	cr_assert_eq(read_args(args, &settings, &action), 0);
	cr_assert_eq(settings.fd, 17);
	cr_assert_eq(settings.log.level, TL_LOG_TRACE);
	cr_assert(settings.personal);
	lined_settings_fini(&settings);
}

static const struct {
	const char *name;
	const char *args[4];
} mistakes[] = {
	{"unknown option", {"--frobnicate"}},
	{"argument", {"start"}},
	{"line without device", {"--line", "desk"}},
	{"line with a bad name", {"--line", "7 up=/dev/x"}},
	{"line with an unknown key", {"--line", "a=/dev/x,colour=red"}},
	{"line with a key without value", {"--line", "a=/dev/x,baud"}},
	{"line with a bad value", {"--line", "a=/dev/x,baud=fast"}},
	{"line with an empty device", {"--line", "a="}},
	{"no number", {"--fd", "x"}},
	{"nothing", {"--fd", ""}},
	{"large number", {"--fd", "99999999999"}},
	{"log level", {"--log-level", "loud"}},
	{"no such file", {"--config", "/nonexistent/lined.conf"}},
};

Test(lined_options, mistakes_are_refused)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		enum lined_action action = LINED_LEAVE;
		struct lined_settings settings;

		cr_expect_lt(read_args(mistakes[i].args, &settings, &action), 0, "%s",
			     mistakes[i].name);
		lined_settings_fini(&settings);
	}
}

Test(lined_options, version_and_help_leave_at_once)
{
	static const char *const options[] = {"--version", "--help"};

	for (size_t i = 0; i < 2; i++) {
		const char *const args[] = {options[i], "ignored", NULL};
		enum lined_action action = LINED_SERVE;
		struct lined_settings settings;

		cr_assert_eq(read_args(args, &settings, &action), 0);
		cr_assert_eq(action, LINED_LEAVE);
		lined_settings_fini(&settings);
	}
}
