/* SPDX-License-Identifier: MIT */
#include "hal/log.h"

#include <criterion/criterion.h>
#include <string.h>

struct sink {
	int lines;
	enum hal_log_level level;
	char text[2 * HAL_LOG_LINE_MAX];
};

static void keep_line(void *user, enum hal_log_level level, const char *line)
{
	struct sink *sink = user;

	sink->lines++;
	sink->level = level;
	(void)hal_slice_copy(hal_slice_str(line), sink->text, sizeof(sink->text));
}

static struct hal_log log_to(struct sink *sink)
{
	memset(sink, 0, sizeof(*sink));
	return (struct hal_log){.fn = keep_line, .user = sink, .level = HAL_LOG_INFO};
}

Test(log, a_line_starts_with_its_object)
{
	static const struct {
		const char *name, *object, *line;
	} cases[] = {
		{"object", "line3/call2", "line3/call2: 5000 ms"},
		{"no object", NULL, "5000 ms"},
		{"empty object", "", "5000 ms"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sink sink;
		struct hal_log log = log_to(&sink);

		hal_log(&log, HAL_LOG_WARNING, cases[i].object, "%d ms", 5000);
		cr_assert_str_eq(sink.text, cases[i].line, "%s: '%s'", cases[i].name, sink.text);
		cr_assert_eq(sink.level, HAL_LOG_WARNING);
	}
}

Test(log, lines_above_the_level_are_dropped)
{
	struct sink sink;
	struct hal_log log = log_to(&sink);

	hal_debug(&log, "line1", "unheard");
	hal_log(&log, HAL_LOG_TRACE, "line1", "unheard");
	cr_assert_eq(sink.lines, 0);

	hal_error(&log, "line1", "heard");
	hal_warning(&log, "line1", "heard");
	hal_info(&log, "line1", "heard");
	cr_assert_eq(sink.lines, 3);

	log.level = HAL_LOG_DEBUG;
	hal_debug(&log, "line1", "heard");
	cr_assert_eq(sink.lines, 4);
}

Test(log, without_a_sink_it_is_silent)
{
	struct hal_log log = {.level = HAL_LOG_TRACE};

	hal_error(&log, "line1", "unheard");
	cr_assert_not(hal_log_wants(&log, HAL_LOG_ERROR));
}

Test(log, long_lines_and_objects_are_cut)
{
	char many[2 * HAL_LOG_LINE_MAX];
	struct sink sink;
	struct hal_log log = log_to(&sink);

	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';

	hal_info(&log, "line1", "%s", many);
	cr_assert_eq(strlen(sink.text), HAL_LOG_LINE_MAX - 1);

	hal_info(&log, many, "what happened");
	cr_assert_lt(strlen(sink.text), HAL_LOG_LINE_MAX);
	cr_assert_not_null(strstr(sink.text, ": what happened"));
}

Test(log, private_text_is_hidden_unless_asked_for)
{
	struct sink sink;
	struct hal_log log = log_to(&sink);
	char buf[32];

	cr_assert_str_eq(hal_log_private(&log, "+15551234", buf, sizeof(buf)), "<9 hidden>");
	cr_assert_str_eq(hal_log_private(&log, NULL, buf, sizeof(buf)), "<0 hidden>");
	cr_assert_str_eq(hal_log_private(&log, "+15551234", buf, 5), "<9 h");

	log.personal = true;
	cr_assert_str_eq(hal_log_private(&log, "+15551234", buf, sizeof(buf)), "+15551234");
	cr_assert_str_eq(hal_log_private(&log, NULL, buf, sizeof(buf)), "");
}
