/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/linectl/output.h"

struct fixture {
	struct output output;
	char *out;
	char *err;
	size_t out_size;
	size_t err_size;
};

static void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->output.out = open_memstream(&f->out, &f->out_size);
	f->output.err = open_memstream(&f->err, &f->err_size);
	f->output.legend = true;
	cr_assert(f->output.out && f->output.err);
}

static void fixture_flush(struct fixture *f)
{
	fflush(f->output.out);
	fflush(f->output.err);
}

static void fixture_fini(struct fixture *f)
{
	fclose(f->output.out);
	fclose(f->output.err);
	free(f->out);
	free(f->err);
}

static const struct {
	const char *name;
	const char *text;
	const char *clean;
} texts[] = {
	{"plain", "Modem 56k", "Modem 56k"},
	{"umlaut", "M\xc3\xbcller", "M\xc3\xbcller"},
	{"escape sequence", "a\033[2Jb", "a?[2Jb"},
	{"line end", "a\r\nb", "a??b"},
	{"delete",
	 "a\x7f"
	 "b",
	 "a?b"},
	{"C1 control",
	 "a\xc2\x9b"
	 "2J",
	 "a??2J"},
	{"cut character", "a\xc3", "a?"},
	{"stray continuation", "\x80x", "?x"},
	{"overlong", "\xc0\xafx", "??x"},
	{"four bytes", "\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e"},
	{"cut four bytes", "\xf0\x9f", "??"},
	{"empty", "", ""},
};

Test(output, nothing_from_a_modem_moves_the_cursor)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char buf[64];

		cr_expect_str_eq(output_clean(texts[i].text, buf, sizeof(buf)), texts[i].clean,
				 "%s: %s", texts[i].name, buf);
	}
}

Test(output, a_text_is_cut_between_characters)
{
	char buf[4];

	cr_expect_str_eq(output_clean("ab\xc3\xbc", buf, sizeof(buf)), "ab");
	cr_expect_str_eq(output_clean("abcdef", buf, sizeof(buf)), "abc");
}

Test(output, width_counts_characters)
{
	cr_expect_eq(output_width("M\xc3\xbcller"), 6);
	cr_expect_eq(output_width(""), 0);
}

static const char *upper(struct json_object *row, char *buf, size_t size)
{
	(void)row;
	snprintf(buf, size, "U");
	return buf;
}

static const struct output_column columns[] = {
	{"NAME", "name", NULL, NULL},
	{"N", "n", NULL, NULL},
	{"X", NULL, upper, NULL},
};

Test(output, tables_are_aligned_and_unpadded_at_the_end)
{
	struct json_object *rows = json_tokener_parse(
		"[{\"name\":\"M\xc3\xbcller\",\"n\":7},{\"name\":\"\",\"n\":0}]");
	struct fixture f;

	fixture_init(&f);
	output_table(&f.output, columns, 3, rows);
	fixture_flush(&f);
	cr_expect_str_eq(f.out, "NAME    N  X\nM\xc3\xbcller  7  U\n-       -  U\n");
	json_object_put(rows);
	fixture_fini(&f);
}

Test(output, tables_do_without_their_legend)
{
	struct json_object *rows = json_tokener_parse("[{\"name\":\"a\",\"n\":7}]");
	struct fixture f;

	fixture_init(&f);
	f.output.legend = false;
	output_table(&f.output, columns, 3, rows);
	fixture_flush(&f);
	cr_expect_str_eq(f.out, "a  7  U\n");
	json_object_put(rows);
	fixture_fini(&f);
}

Test(output, colour_is_only_used_when_wanted)
{
	struct json_object *rows = json_tokener_parse("[{\"name\":\"a\"}]");
	struct fixture f;

	fixture_init(&f);
	output_set_color(&f.output, OUTPUT_COLOR_AUTO);
	cr_expect_not(f.output.color_out, "a memory stream is no terminal");
	output_set_color(&f.output, OUTPUT_COLOR_NEVER);
	cr_expect_not(f.output.color_err);
	output_set_color(&f.output, OUTPUT_COLOR_ALWAYS);
	output_table(&f.output, columns, 1, rows);
	fixture_flush(&f);
	cr_expect_str_eq(f.out, "\033[2mNAME\033[0m\na\n");
	json_object_put(rows);
	fixture_fini(&f);
}

Test(output, errors_go_to_stderr_with_a_hint)
{
	struct output_error error = {.status = STATUS_BUSY,
				     .subject = "sim1",
				     .error = "Busy",
				     .reason = "a call is on the line",
				     .hint = "wait"};
	struct fixture f;

	fixture_init(&f);
	cr_expect_eq(output_error(&f.output, &error), STATUS_BUSY);
	fixture_flush(&f);
	cr_expect_str_eq(f.err, "linectl: sim1: a call is on the line\n  wait\n");
	cr_expect_str_eq(f.out, "");
	fixture_fini(&f);
}

Test(output, errors_are_documents_for_programs)
{
	struct output_error error = {
		.status = STATUS_BUSY, .error = "Busy", .reason = "a \"call\" is on"};
	struct fixture f;

	fixture_init(&f);
	f.output.json = true;
	cr_expect_eq(output_error(&f.output, &error), STATUS_BUSY);
	fixture_flush(&f);
	cr_expect_str_eq(f.out,
			 "{\"error\":\"Busy\",\"status\":6,\"reason\":\"a \\\"call\\\" is on\","
			 "\"v\":1}\n");
	cr_expect_str_eq(f.err, "");
	fixture_fini(&f);
}

Test(output, remarks_are_kept_back_when_quiet_or_for_programs)
{
	struct fixture f;

	fixture_init(&f);
	f.output.quiet = true;
	output_remark(&f.output, "x");
	f.output.quiet = false;
	f.output.json = true;
	output_remark(&f.output, "x");
	f.output.json = false;
	output_remark(&f.output, "%s", "y");
	fixture_flush(&f);
	cr_expect_str_eq(f.err, "y\n");
	fixture_fini(&f);
}

static const struct {
	int64_t ms;
	const char *text;
} durations[] = {
	{0, "0 ms"},
	{999, "999 ms"},
	{1000, "1.0 s"},
	{59999, "59.9 s"},
	{60000, "1 min 0 s"},
	{200500, "3 min 20 s"},
	{3600000, "1 h 0 min"},
	{86399999, "23 h 59 min"},
	{86400000, "1 d 0 h"},
};

Test(output, durations_are_for_people)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		char buf[32];

		cr_expect_str_eq(output_duration(durations[i].ms, buf, sizeof(buf)),
				 durations[i].text);
	}
}

Test(output, times_are_local)
{
	char buf[40];

	setenv("TZ", "UTC-2", 1);
	cr_expect_str_eq(output_time(3600123000, true, buf, sizeof(buf)),
			 "1970-01-01 03:00:00.123");
	cr_expect_str_eq(output_time(3600123000, false, buf, sizeof(buf)), "03:00:00.123");
}
