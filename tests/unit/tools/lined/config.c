/* SPDX-License-Identifier: MIT */
#include "tools/lined/config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lined/report.h"
#include "tools/lined/settings.h"
#include "tools/varlink/word.h"

#define S50  "##################################################"
#define S200 S50 S50 S50 S50

static int parse(const char *text, size_t size, struct lined_settings *settings,
		 struct lined_report *report)
{
	lined_settings_init(settings);
	return lined_config_parse("f", text, size, settings, report);
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
	struct lined_report report = {0};

	cr_assert_eq(parse(text, sizeof(text) - 1, &settings, &report), 0, "%s",
		     report.mistakes[0]);
	cr_assert_str_eq(settings.socket, "/run/x/socket");
	cr_assert_eq(settings.log.level, TL_LOG_DEBUG);
	cr_assert_eq(settings.hotplug, TL_HOTPLUG_KERNEL);
	cr_assert(settings.claim_marked);
	cr_assert_eq(settings.n_lines, 2);
	cr_assert_str_eq(settings.lines[0].name, "desk");
	cr_assert_str_eq(settings.lines[1].name, "fax");
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

Test(lined_config, an_empty_file_is_fine)
{
	struct lined_settings settings;
	struct lined_report report = {0};

	cr_assert_eq(parse("", 0, &settings, &report), 0, "%s", report.mistakes[0]);
	cr_assert_eq(settings.n_lines, 0);
	cr_assert_eq(settings.hotplug, TL_HOTPLUG_AUTO);
	cr_assert_not(settings.claim_marked);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

Test(lined_config, the_command_line_wins_over_the_log_level)
{
	static const char text[] = "[lined]\nlog-level = trace\n";
	struct lined_settings settings;
	struct lined_report report = {0};

	lined_settings_init(&settings);
	settings.has_log_level = true;
	settings.log.level = TL_LOG_ERROR;
	cr_assert_eq(lined_config_parse("f", text, sizeof(text) - 1, &settings, &report), 0);
	cr_assert_eq(settings.log.level, TL_LOG_ERROR);
	lined_report_fini(&report);
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
	 "f:1: [modem]: there are only [lined], [line NAME], [policy] and [policy NAME]"},
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
	{"role", TEXT("[lined]\noperate = alice\n"),
	 "f:2: operate = alice: must be all, or user:NAME and group:NAME"},
	{"group", TEXT("[lined]\nadmin = group:no-such-group\n"),
	 "f:2: admin = group:no-such-group: this machine has no group 'no-such-group'"},
	{"almost a role", TEXT("[lined]\nobserver = all\n"),
	 "f:2: [lined] has no 'observer': did you mean 'observe'?"},
	{"socket group", TEXT("[lined]\nsocket-group = no-such-group\n"),
	 "f:2: socket-group = no-such-group: must be a group of this machine"},
	{"short socket mode", TEXT("[lined]\nsocket-mode = 660\n"),
	 "f:2: socket-mode = 660: must be an octal number such as 0660, with 06 for the owner"},
	{"socket mode without the owner", TEXT("[lined]\nsocket-mode = 0060\n"),
	 "f:2: socket-mode = 0060: must be an octal number such as 0660, with 06 for the owner"},
	{"log level", TEXT("[lined]\nlog-level = loud\n"),
	 "f:2: log-level = loud: must be error, warning, info, debug or trace"},
	{"NUL", TEXT("[lined]\nsocket = /x\0y\n"), "f:2: a NUL byte: this is no text file"},
	{"bad UTF-8", TEXT("[line a]\ninit = AT\xff\n"), "f:2: byte 10 is not UTF-8"},
	{"UTF-8 cut by the line", TEXT("# \xc3\n"), "f:1: byte 3 is not UTF-8"},
	{"UTF-8 cut by the end", TEXT("# \xe2\x82"), "f:1: byte 3 is not UTF-8"},
	{"long line", TEXT("# fine\n" S200 "\n"), "f:2: longer than 180 bytes"},
	{"continued value", TEXT("[line a]\ndevice = /dev/x\n  y\n"),
	 "f:3: begins with white space"},
};

Test(lined_config, names_a_mistake_and_what_would_be_right)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct lined_settings settings;
		struct lined_report report = {0};

		cr_expect_eq(parse(mistakes[i].text, mistakes[i].size, &settings, &report), -EINVAL,
			     "%s", mistakes[i].name);
		cr_expect_eq(report.n, 1, "%s: %s", mistakes[i].name, report.mistakes[1]);
		cr_expect_str_eq(report.mistakes[0], mistakes[i].why, "%s: %s", mistakes[i].name,
				 report.mistakes[0]);
		lined_report_fini(&report);
		lined_settings_fini(&settings);
	}
}

Test(lined_config, names_all_mistakes_of_a_file_at_once)
{
	static const char text[] = "hello\n"
				   "[lined\n"
				   "threads = 4\n"
				   "[lined]\n"
				   "sokcet = /x\n"
				   "keep-age = 9\n"
				   "world ;=\n"
				   "[modem]\n"
				   "colour = red\n"
				   "[line a]\n"
				   "device = /dev/x\n"
				   "device = /dev/y\n"
				   "baud = 9600\n"
				   "[line b]\n"
				   "device =\n"
				   "[line a]\n"
				   "devcie = /dev/z\n";
	static const char *const expected[] = {
		"f:1: neither",	     "f:2: the ]",	 "f:5: [lined]",
		"f:6: keep-age",     "f:7: neither",	 "f:8: [modem]",
		"f:12: 'device' is", "f:15: device = :", "f:16: there is",
	};
	struct lined_settings settings;
	struct lined_report report = {0};

	cr_assert_eq(parse(text, sizeof(text) - 1, &settings, &report), -EINVAL);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		cr_expect_eq(strncmp(report.mistakes[i], expected[i], strlen(expected[i])), 0,
			     "%s, not %s", report.mistakes[i], expected[i]);
	cr_expect_eq(report.n, sizeof(expected) / sizeof(expected[0]));
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

Test(lined_config, says_that_there_are_more_mistakes_than_it_tells)
{
	struct lined_settings settings;
	struct lined_report report = {0};
	char text[200] = "[lined]\n";
	char *all;

	for (size_t i = 8; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "x\n", 2);
	cr_assert_eq(parse(text, strlen(text), &settings, &report), -EINVAL);
	cr_assert_gt(report.n, LINED_MISTAKES_MAX);
	cr_assert_eq(report.n_kept, LINED_MISTAKES_MAX);
	all = lined_report_text(&report);
	cr_assert_not_null(all);
	cr_assert_eq(strncmp(all, "f:2: neither", 12), 0);
	cr_assert_str_eq(strrchr(all, '\n'), "\nthere are more mistakes");
	free(all);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

Test(lined_config, lines_are_equal_that_are_given_alike)
{
	static const struct {
		const char *name;
		const char *text;
		bool equal;
	} cases[] = {
		{"the same", "[line a]\nbaud = 9600\ndevice = /dev/x\n", true},
		{"another value", "[line a]\ndevice = /dev/x\nbaud = 300\n", false},
		{"a key more", "[line a]\ndevice = /dev/x\nbaud = 9600\nflow = none\n", false},
		{"a key less", "[line a]\ndevice = /dev/x\n", false},
		{"another name", "[line b]\ndevice = /dev/x\nbaud = 9600\n", false},
	};
	static const char text[] = "[line a]\ndevice = /dev/x\nbaud = 9600\n";
	struct lined_report report = {0};
	struct lined_settings first;

	cr_assert_eq(parse(text, sizeof(text) - 1, &first, &report), 0);
	cr_assert_null(lined_settings_find(&first, "b"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lined_settings second;

		cr_assert_eq(parse(cases[i].text, strlen(cases[i].text), &second, &report), 0);
		cr_expect_eq(strcmp(lined_settings_find(&first, "a")->text, second.lines[0].text) ==
				     0,
			     cases[i].equal, "%s", cases[i].name);
		lined_settings_fini(&second);
	}
	lined_settings_fini(&first);
}

Test(lined_config, values_are_checked_by_the_library)
{
	static const char text[] = "[line a]\ndevice = /dev/x\nbaud = fast\n";
	struct lined_settings settings;
	struct lined_report report = {0};

	cr_assert_eq(parse(text, sizeof(text) - 1, &settings, &report), -EINVAL);
	cr_assert_eq(strncmp(report.mistakes[0], "f:3: baud = fast: ", 18), 0, "%s",
		     report.mistakes[0]);
	cr_assert_gt(strlen(report.mistakes[0]), 18);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

Test(lined_config, at_most_32_keys_in_a_section)
{
	struct lined_settings settings;
	struct lined_report report = {0};
	char text[2048] = "[line a]\n";
	size_t n = strlen(text);

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "k%d = 1\n", i);
	cr_assert_eq(parse(text, n, &settings, &report), -EINVAL);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

Test(lined_config, reads_a_file_and_says_when_it_cannot)
{
	char path[] = "/tmp/lined-config-XXXXXX";
	struct lined_settings settings;
	struct lined_report report = {0};
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "[lined]\nsocket = /x\n", 20), 20);
	lined_settings_init(&settings);
	cr_assert_eq(lined_config_read(path, &settings, &report), 0, "%s", report.mistakes[0]);
	cr_assert_str_eq(settings.socket, "/x");
	cr_assert_eq(ftruncate(fd, LINED_CONFIG_MAX + 1), 0);
	cr_assert_eq(lined_config_read(path, &settings, &report), -EFBIG);
	close(fd);
	unlink(path);
	cr_assert_eq(lined_config_read(path, &settings, &report), -ENOENT);
	cr_assert_not_null(strstr(report.mistakes[0], path));
	cr_assert_eq(lined_config_read("/", &settings, &report), -EISDIR);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}

/* FOLDER/lined.conf and FOLDER/conf.d/NAME */
static void put(const char *folder, const char *name, const char *text)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

static void clean(const char *folder)
{
	static const char *const names[] = {"lined.conf",
					    "conf.d/9.conf",
					    "conf.d/10.conf",
					    "conf.d/x.conf~",
					    "conf.d/.a.conf",
					    "conf.d",
					    ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[100];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
}

Test(lined_config, reads_a_folder_in_the_order_of_the_names)
{
	char folder[] = "/tmp/lined-config-XXXXXX";
	struct lined_settings settings;
	struct lined_report report = {0};
	char parts[100];

	cr_assert_not_null(mkdtemp(folder));
	lined_settings_init(&settings);
	cr_assert_eq(lined_config_read_folder(folder, &settings, &report), 0);
	snprintf(parts, sizeof(parts), "%s/conf.d", folder);
	cr_assert_eq(mkdir(parts, 0700), 0);
	put(folder, "lined.conf", "[lined]\nkeep-age = 10\nsocket = /a\n");
	put(folder, "conf.d/10.conf", "[lined]\nkeep-age = 20\n[line b]\ndevice = /dev/b\n");
	put(folder, "conf.d/9.conf", "[lined]\nkeep-age = 30\n[line a]\ndevice = /dev/a\n");
	put(folder, "conf.d/x.conf~", "mistake\n");
	put(folder, "conf.d/.a.conf", "mistake\n");
	cr_expect_eq(lined_config_read_folder(folder, &settings, &report), 0, "%s",
		     report.mistakes[0]);
	cr_expect_str_eq(settings.socket, "/a");
	cr_expect_eq(settings.keep_age, 30);
	cr_assert_eq(settings.n_lines, 2);
	cr_expect_str_eq(settings.lines[0].name, "b");
	lined_report_fini(&report);
	lined_settings_fini(&settings);

	lined_settings_init(&settings);
	put(folder, "conf.d/9.conf", "[line b]\ndevice = /dev/c\n");
	put(folder, "lined.conf", "[lined]\nkeep-age = 1\n");
	cr_expect_eq(lined_config_read_folder(folder, &settings, &report), -EINVAL);
	cr_expect_eq(report.n, 2);
	cr_expect_not_null(strstr(report.mistakes[0], "/lined.conf:2: keep-age = 1: "));
	cr_expect_not_null(strstr(report.mistakes[1], "/conf.d/9.conf:1: there is already a line"));
	lined_report_fini(&report);
	lined_settings_fini(&settings);
	clean(folder);
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
		const char *nearest = word_nearest(words[i].text, list);

		if (words[i].nearest)
			cr_expect_str_eq(nearest, words[i].nearest, "%s", words[i].text);
		else
			cr_expect_null(nearest, "%s: %s", words[i].text, nearest);
	}
}
