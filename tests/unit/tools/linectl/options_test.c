/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tools/linectl/options.h"

#define WORDS_MAX 12

/* Words as a shell would hand them over; they are rearranged in place. */
struct line {
	char *argv[WORDS_MAX];
	int argc;
	char text[256];
	char why[OPTIONS_WHY_MAX];
	struct options options;
};

static int parse(struct line *line, const char *text)
{
	char *save = NULL;

	memset(line, 0, sizeof(*line));
	strncpy(line->text, text, sizeof(line->text) - 1);
	for (char *word = strtok_r(line->text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		line->argv[line->argc++] = word;
	return options_parse(line->argc, line->argv, &line->options, line->why);
}

static void assert_args(const struct line *line, const char *first, const char *second)
{
	cr_assert_eq(line->options.args_n, 2);
	cr_expect_str_eq(line->options.args[0], first);
	cr_expect_str_eq(line->options.args[1], second);
	cr_expect_null(line->options.args[2]);
}

Test(options, stand_anywhere)
{
	static const char *const lines[] = {
		"linectl --json --timeout 5 info s1.1",
		"linectl info --json s1.1 --timeout 5",
		"linectl info s1.1 -j -t 5",
		"linectl info -jt5 s1.1",
		"linectl info --timeout=5 s1.1 --json",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct line line;

		cr_assert_eq(parse(&line, lines[i]), 0, "%s", lines[i]);
		cr_expect(line.options.json, "%s", lines[i]);
		cr_expect_eq(line.options.timeout, 5, "%s", lines[i]);
		assert_args(&line, "info", "s1.1");
	}
}

Test(options, end_at_two_dashes)
{
	struct line line;

	cr_assert_eq(parse(&line, "linectl dial -- --sim"), 0);
	cr_expect_not(line.options.sim);
	assert_args(&line, "dial", "--sim");
}

Test(options, know_their_arguments)
{
	struct line line;

	cr_assert_eq(parse(&line, "linectl --device /dev/ttyX --baud 9600 --color never list"), 0);
	cr_expect_str_eq(line.options.device, "/dev/ttyX");
	cr_expect_eq(line.options.baud, 9600);
	cr_expect_eq(line.options.color, OUTPUT_COLOR_NEVER);
	cr_assert_eq(parse(&line, "linectl"), 0);
	cr_expect_eq(line.options.args_n, 0);
	cr_expect_null(line.options.args[0]);
}

static const struct {
	const char *name;
	const char *line;
	const char *why; /* part of it */
} wrong[] = {
	{"unknown option", "linectl list --frob", "--frob"},
	{"slip of the finger", "linectl answer a --wiat", "did you mean --wait?"},
	{"slip before an argument", "linectl list --timeuot=5", "did you mean --timeout?"},
	{"unknown letter", "linectl list -x", "-x"},
	{"missing argument", "linectl list --timeout", "--timeout needs"},
	{"missing argument of a letter", "linectl list -t", "-t needs"},
	{"argument where none belongs", "linectl list --sim=1", "--sim=1"},
	{"zero seconds", "linectl list --timeout 0", "1 to"},
	{"no number", "linectl list --timeout 5x", "5x"},
	{"negative", "linectl list --timeout -5", "-5"},
	{"too slow", "linectl list --device /dev/x --baud 49", "50 to 4000000"},
	{"beyond a week", "linectl list --timeout 604801", "604800"},
	{"beyond all numbers", "linectl list --timeout 99999999999999999999999", "604800"},
	{"no colour", "linectl list --color red", "red"},
	{"no level", "linectl list --log-level loud", "error, warning"},
	{"empty path", "linectl list --socket=", "empty"},
	{"two daemons", "linectl --sim --device /dev/x list", "exclude"},
	{"private daemon with a socket", "linectl --sim --socket /x list", "exclude"},
	{"device with a socket", "linectl --device /x --socket /x list", "exclude"},
	{"waiting and not", "linectl dial --wait --no-wait", "exclude"},
	{"baud of nothing", "linectl list --baud 300", "--device"},
};

Test(options, mistakes_are_named)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct line line;

		cr_expect_eq(parse(&line, wrong[i].line), -EINVAL, "%s", wrong[i].name);
		cr_expect_not_null(strstr(line.why, wrong[i].why), "%s: %s", wrong[i].name,
				   line.why);
	}
}

Test(options, json_counts_for_a_mistake_before_it)
{
	struct line line;

	cr_expect_eq(parse(&line, "linectl --frob list --json"), -EINVAL);
	cr_expect(line.options.json);
	cr_expect_eq(parse(&line, "linectl --frob list -- --json"), -EINVAL);
	cr_expect_not(line.options.json);
}

Test(options, that_a_verb_does_not_know_are_found)
{
	struct line line;

	cr_assert_eq(parse(&line, "linectl list --keep"), 0);
	cr_expect_str_eq(options_find_foreign(&line.options, "list"), "keep");
	cr_expect_null(options_find_foreign(&line.options, "dial"));
	cr_assert_eq(parse(&line, "linectl list --json --sim"), 0);
	cr_expect_null(options_find_foreign(&line.options, "list"));
	/* "all" is not part of "call". */
	cr_assert_eq(parse(&line, "linectl call --more"), 0);
	cr_expect_str_eq(options_find_foreign(&line.options, "cal"), "more");
}
