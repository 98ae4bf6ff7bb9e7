/* SPDX-License-Identifier: MIT */
#include "tools/lined/openmetrics.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define LABELS(...) ((const struct openmetrics_label[]){__VA_ARGS__, {NULL, NULL}})

struct writer {
	struct openmetrics out;
	char *text;
	size_t size;
};

static void begin(struct writer *w, bool prometheus)
{
	*w = (struct writer){.out = {.prometheus = prometheus}};
	w->out.file = open_memstream(&w->text, &w->size);
	cr_assert_not_null(w->out.file);
}

static void expect(struct writer *w, const char *text)
{
	cr_assert_eq(fclose(w->out.file), 0);
	cr_assert_str_eq(w->text, text);
	free(w->text);
}

static const struct openmetrics_family seconds = {
	.name = "t_up_seconds",
	.type = OPENMETRICS_COUNTER,
	.unit = "seconds",
	.help = "Time",
};

static const struct openmetrics_family gauge = {
	.name = "t_lines",
	.type = OPENMETRICS_GAUGE,
	.help = "Lines",
};

static void write_both(struct writer *w)
{
	openmetrics_begin(&w->out, &seconds);
	openmetrics_seconds(&w->out, LABELS({"line", "a"}), 12034);
	openmetrics_seconds(&w->out, NULL, 5);
	openmetrics_begin(&w->out, &gauge);
	openmetrics_count(&w->out, NULL, UINT64_MAX);
	openmetrics_count(&w->out, LABELS({"a", "1"}, {"b", "2"}), 0);
	openmetrics_end(&w->out);
}

Test(openmetrics, names_the_family_of_a_counter_without_its_suffix_and_the_unit)
{
	struct writer w;

	begin(&w, false);
	write_both(&w);
	expect(&w, "# TYPE t_up_seconds counter\n"
		   "# UNIT t_up_seconds seconds\n"
		   "# HELP t_up_seconds Time\n"
		   "t_up_seconds_total{line=\"a\"} 12.034\n"
		   "t_up_seconds_total 0.005\n"
		   "# TYPE t_lines gauge\n"
		   "# HELP t_lines Lines\n"
		   "t_lines 18446744073709551615\n"
		   "t_lines{a=\"1\",b=\"2\"} 0\n"
		   "# EOF\n");
}

Test(openmetrics, names_it_as_its_samples_in_the_older_format)
{
	struct writer w;

	begin(&w, true);
	write_both(&w);
	expect(&w, "# TYPE t_up_seconds_total counter\n"
		   "# HELP t_up_seconds_total Time\n"
		   "t_up_seconds_total{line=\"a\"} 12.034\n"
		   "t_up_seconds_total 0.005\n"
		   "# TYPE t_lines gauge\n"
		   "# HELP t_lines Lines\n"
		   "t_lines 18446744073709551615\n"
		   "t_lines{a=\"1\",b=\"2\"} 0\n"
		   "# EOF\n");
}

Test(openmetrics, values_of_labels_are_escaped)
{
	static const struct {
		const char *name;
		const char *value;
		const char *text;
	} rows[] = {
		{"nothing to escape", "desk-1.x_y", "desk-1.x_y"},
		{"empty", "", ""},
		{"quote", "a\"b", "a\\\"b"},
		{"backslash", "a\\b", "a\\\\b"},
		{"line end", "a\nb", "a\\nb"},
		{"what looks escaped", "\\n\\\"", "\\\\n\\\\\\\""},
		{"braces and commas", "{a=\"b\",}", "{a=\\\"b\\\",}"},
		{"UTF-8", "Büro", "Büro"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[128];
		struct writer w;

		begin(&w, false);
		w.out.family = &gauge;
		openmetrics_count(&w.out, LABELS({"line", rows[i].value}), 1);
		snprintf(expected, sizeof(expected), "t_lines{line=\"%s\"} 1\n", rows[i].text);
		expect(&w, expected);
	}
}
