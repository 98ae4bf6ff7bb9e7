/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "tools/linectl/command.h"

static const struct {
	const char *verb;
	size_t min;
	size_t max;
	bool line;
} shapes[] = {
	{"list", 0, 0, false},	   {"status", 0, 1, false},	{"release", 0, 1, false},
	{"show", 1, 1, true},	   {"dial", 2, 2, true},	{"answer", 1, 1, true},
	{"monitor", 0, 1, false},  {"call", 1, 2, false},	{"info", 1, 1, false},
	{"sessions", 0, 0, false}, {"at", 2, 2, true},		{"connect", 2, 2, true},
	{"receive", 1, 2, true},   {"send", 3, SIZE_MAX, true},
};

Test(command, arguments_follow_from_the_synopsis)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct command *command = command_find(shapes[i].verb);
		size_t min;
		size_t max;

		cr_assert_not_null(command, "%s", shapes[i].verb);
		command_count(command, &min, &max);
		cr_expect_eq(min, shapes[i].min, "%s: %zu", shapes[i].verb, min);
		cr_expect_eq(max, shapes[i].max, "%s: %zu", shapes[i].verb, max);
		cr_expect_eq(command_takes_line(command), shapes[i].line, "%s", shapes[i].verb);
	}
}

Test(command, unknown_verbs_are_not_found)
{
	cr_expect_null(command_find("frobnicate"));
	cr_expect_null(command_find(""));
	cr_expect_null(command_find("dia"));
}

Test(command, a_slip_of_the_finger_is_understood)
{
	cr_expect_str_eq(command_nearest("dail"), "dial");
	cr_expect_str_eq(command_nearest("handoff"), "hand-off");
	cr_expect_null(command_nearest("frobnicate"));
}

Test(command, options_name_only_verbs_that_exist)
{
	for (const struct option_row *row = options_table(); row->name; row++) {
		char verbs[256] = "";
		char *save = NULL;

		if (row->verbs)
			strncpy(verbs, row->verbs, sizeof(verbs) - 1);
		for (char *verb = strtok_r(verbs, " ", &save); verb;
		     verb = strtok_r(NULL, " ", &save))
			cr_expect_not_null(command_find(verb), "--%s: %s", row->name, verb);
	}
}
