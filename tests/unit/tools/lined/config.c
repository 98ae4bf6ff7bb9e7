/* SPDX-License-Identifier: MIT */
#include "tools/lined/config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lined/settings.h"

#define S50  "##################################################"
#define S200 S50 S50 S50 S50

static int parse(const char *text, size_t size, struct lined_settings *settings, char *why)
{
	lined_settings_init(settings);
	return lined_config_parse("f", text, size, settings, why);
}

Test(lined_config, takes_lines_in_their_order)
{
	static const char text[] = "# gateway\n"
				   "\n"
				   "[lined]\n"
				   "socket = /run/x/socket\r\n"
				   "log-level = debug\n"
				   "hotplug = kernel\n"
				   "claim = marked\n"
				   "[line desk]\n"
				   "device = /dev/ttyUSB0  ; the white one\n"
				   "number=+15551234\n"
				   "; nothing\n"
				   "[line fax]\n"
				   "device = /dev/ttyUSB1\n"
				   "baud = 0";
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";

	cr_assert_eq(parse(text, sizeof(text) - 1, &settings, why), 0, "%s", why);
	cr_assert_str_eq(settings.socket, "/run/x/socket");
	cr_assert_eq(settings.log.level, TL_LOG_DEBUG);
	cr_assert_eq(settings.hotplug, TL_HOTPLUG_KERNEL);
	cr_assert(settings.claim_marked);
	cr_assert_eq(settings.n_lines, 2);
	cr_assert_str_eq(settings.lines[0].name, "desk");
	cr_assert_str_eq(settings.lines[1].name, "fax");
	lined_settings_fini(&settings);
}

Test(lined_config, an_empty_file_is_fine)
{
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";

	cr_assert_eq(parse("", 0, &settings, why), 0, "%s", why);
	cr_assert_eq(settings.n_lines, 0);
	cr_assert_eq(settings.hotplug, TL_HOTPLUG_AUTO);
	cr_assert_not(settings.claim_marked);
	lined_settings_fini(&settings);
}

Test(lined_config, the_command_line_wins_over_the_log_level)
{
	static const char text[] = "[lined]\nlog-level = trace\n";
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";

	lined_settings_init(&settings);
	settings.has_log_level = true;
	settings.log.level = TL_LOG_ERROR;
	cr_assert_eq(lined_config_parse("f", text, sizeof(text) - 1, &settings, why), 0);
	cr_assert_eq(settings.log.level, TL_LOG_ERROR);
	lined_settings_fini(&settings);
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *name;
	const char *text;
	size_t size;
	const char *why;
} mistakes[] = {
	{"words", TEXT("hello\n"), "f:1: neither [section] nor key = value nor # comment"},
	{"unclosed section", TEXT("[lined\nsocket=/x\n"), "f:1: the ] is missing"},
	{"no section", TEXT("\nsocket = /x\n"),
	 "f:2: 'socket' stands in no section: begin with [lined] or [line NAME]"},
	{"unknown section", TEXT("[modem]\na = b\n"),
	 "f:1: [modem]: there are only [lined] and [line NAME]"},
	{"empty section", TEXT("[lined]\n\n[line a]\ndevice = /dev/x\n"),
	 "f:1: nothing is said about it: the section is empty"},
	{"empty section at the end", TEXT("\n[line a]\n"),
	 "f:2: nothing is said about it: the section is empty"},
	{"no device", TEXT("[line a]\nbaud = 9600\n"),
	 "f:1: line 'a' has no device: say device = /dev/ttyUSB0"},
	{"line twice", TEXT("[line a]\ndevice=/dev/x\n[line a]\ndevice=/dev/y\n"),
	 "f:3: there is already a line 'a'"},
	{"key twice", TEXT("[line a]\ndevice=/dev/x\ndevice=/dev/y\n"),
	 "f:3: 'device' is given twice in [line a]"},
	{"almost a key", TEXT("[line a]\ndevcie = /dev/x\n"),
	 "f:2: a line has no 'devcie': did you mean 'device'?"},
	{"no key at all", TEXT("[line a]\ncolour = red\n"), "f:2: a line has no 'colour'"},
	{"name as a key", TEXT("[line a]\nname = b\n"),
	 "f:2: the name of a line stands in its [line NAME]"},
	{"almost a key of the daemon", TEXT("[lined]\nsokcet = /x\n"),
	 "f:2: [lined] has no 'sokcet': did you mean 'socket'?"},
	{"unknown key of the daemon", TEXT("[lined]\nthreads = 4\n"),
	 "f:2: [lined] has no 'threads': lined.conf(5) has the list"},
	{"keep-sessions of 0", TEXT("[lined]\nkeep-sessions = 0\n"),
	 "f:2: keep-sessions = 0: must be a number from 1 to 256"},
	{"keep-sessions of 257", TEXT("[lined]\nkeep-sessions = 257\n"),
	 "f:2: keep-sessions = 257: must be a number from 1 to 256"},
	{"keep-age of 9", TEXT("[lined]\nkeep-age = 9\n"),
	 "f:2: keep-age = 9: must be 0, for ever, or at least 10"},
	{"keep-age of -1", TEXT("[lined]\nkeep-age = -1\n"),
	 "f:2: keep-age = -1: must be a number from 0 to 315360000"},
	{"keep-age of 7d", TEXT("[lined]\nkeep-age = 7d\n"),
	 "f:2: keep-age = 7d: must be a number from 0 to 315360000"},
	{"relative socket", TEXT("[lined]\nsocket = x\n"),
	 "f:2: socket = x: must be a path from the root"},
	{"hotplug", TEXT("[lined]\nhotplug = netlink\n"),
	 "f:2: hotplug = netlink: must be auto, udev, kernel or off"},
	{"claim", TEXT("[lined]\nclaim = all\n"), "f:2: claim = all: must be configured or marked"},
	{"log level", TEXT("[lined]\nlog-level = loud\n"),
	 "f:2: log-level = loud: must be error, warning, info, debug or trace"},
	{"NUL", TEXT("[lined]\nsocket = /x\0y\n"), "f:2: a NUL byte: this is no text file"},
	{"bad UTF-8", TEXT("[line a]\ninit = AT\xff\n"), "f:2: byte 10 is not UTF-8"},
	{"UTF-8 cut by the line", TEXT("# \xc3\n\xa9\n"), "f:1: byte 3 is not UTF-8"},
	{"UTF-8 cut by the end", TEXT("# \xe2\x82"), "f:1: byte 3 is not UTF-8"},
	{"long line", TEXT("# fine\n" S200 "\n"), "f:2: longer than 180 bytes"},
	{"continued value", TEXT("[line a]\ndevice = /dev/x\n  y\n"),
	 "f:3: begins with white space"},
};

Test(lined_config, names_the_first_mistake_and_what_would_be_right)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct lined_settings settings;
		char why[LINED_WHY_MAX] = "";

		cr_expect_eq(parse(mistakes[i].text, mistakes[i].size, &settings, why), -EINVAL,
			     "%s", mistakes[i].name);
		cr_expect_str_eq(why, mistakes[i].why, "%s: %s", mistakes[i].name, why);
		lined_settings_fini(&settings);
	}
}

Test(lined_config, values_are_checked_by_the_library)
{
	static const char text[] = "[line a]\ndevice = /dev/x\nbaud = fast\n";
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";

	cr_assert_eq(parse(text, sizeof(text) - 1, &settings, why), -EINVAL);
	cr_assert_eq(strncmp(why, "f:3: baud = fast: ", 18), 0, "%s", why);
	cr_assert_gt(strlen(why), 18);
	lined_settings_fini(&settings);
}

Test(lined_config, at_most_32_keys_in_a_section)
{
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";
	char text[2048] = "[line a]\n";
	size_t n = strlen(text);

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "k%d = 1\n", i);
	cr_assert_eq(parse(text, n, &settings, why), -EINVAL);
	lined_settings_fini(&settings);
}

Test(lined_config, reads_a_file_and_says_when_it_cannot)
{
	char path[] = "/tmp/lined-config-XXXXXX";
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "[lined]\nsocket = /x\n", 20), 20);
	lined_settings_init(&settings);
	cr_assert_eq(lined_config_read(path, &settings, why), 0, "%s", why);
	cr_assert_str_eq(settings.socket, "/x");
	cr_assert_eq(ftruncate(fd, LINED_CONFIG_MAX + 1), 0);
	cr_assert_eq(lined_config_read(path, &settings, why), -EFBIG);
	close(fd);
	unlink(path);
	cr_assert_eq(lined_config_read(path, &settings, why), -ENOENT);
	cr_assert_not_null(strstr(why, path));
	cr_assert_eq(lined_config_read("/", &settings, why), -EISDIR);
	lined_settings_fini(&settings);
}

static const struct {
	const char *text;
	const char *nearest;
} words[] = {
	{"device", "device"}, {"devise", "device"}, {"dev", NULL}, {"buad", "baud"},
	{"", NULL},	      {"xx", NULL},	    {S200, NULL},  {"dial_timeout", "dial-timeout"},
};

Test(lined_config, nearest_word_forgives_two_slips)
{
	static const char *const list[] = {"device", "baud", "dial-timeout", NULL};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *nearest = lined_nearest(words[i].text, list);

		if (words[i].nearest)
			cr_expect_str_eq(nearest, words[i].nearest, "%s", words[i].text);
		else
			cr_expect_null(nearest, "%s: %s", words[i].text, nearest);
	}
}
