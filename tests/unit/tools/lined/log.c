/* SPDX-License-Identifier: MIT */
#include "tools/lined/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static struct {
	int priority;
	char text[80];
} logged;

/* Instead of the C library's. */
void syslog(int priority, const char *format, ...)
{
	va_list args;

	logged.priority = priority;
	va_start(args, format);
	vsnprintf(logged.text, sizeof(logged.text), format, args);
	va_end(args);
}

Test(lined_log, goes_where_it_is_read)
{
	char path[] = "/tmp/lined-log-XXXXXX";
	char stream[64];
	struct stat st;
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int file = mkstemp(path);
	int ends[2];

	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(unsetenv("JOURNAL_STREAM"), 0);
	cr_expect_eq(lined_log_choose(terminal), LINED_LOG_TIMED);
	cr_expect_eq(lined_log_choose(file), LINED_LOG_TIMED);
	cr_expect_eq(lined_log_choose(ends[1]), LINED_LOG_PLAIN);
	cr_expect_eq(lined_log_choose(nothing), LINED_LOG_SYSLOG);
	cr_expect_eq(lined_log_choose(-1), LINED_LOG_SYSLOG);

	cr_assert_eq(fstat(ends[1], &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	cr_assert_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	cr_expect_eq(lined_log_choose(ends[1]), LINED_LOG_JOURNAL);
	cr_expect_eq(lined_log_choose(file), LINED_LOG_TIMED, "redirected");
	close(terminal);
	close(nothing);
	close(file);
	close(ends[0]);
	close(ends[1]);
}

Test(lined_log, syslog_is_told_the_priority)
{
	static const struct {
		enum tl_log_level level;
		int priority;
	} cases[] = {
		{TL_LOG_ERROR, LOG_ERR},   {TL_LOG_WARNING, LOG_WARNING}, {TL_LOG_INFO, LOG_INFO},
		{TL_LOG_DEBUG, LOG_DEBUG}, {TL_LOG_TRACE, LOG_DEBUG},
	};
	struct lined_log log = {.level = TL_LOG_TRACE, .way = LINED_LOG_SYSLOG};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lined_log(&log, cases[i].level, "%s: %d", "line", (int)i);
		cr_expect_eq(logged.priority, LOG_DAEMON | cases[i].priority);
		cr_expect_eq(logged.text[6], (char)('0' + i));
	}
	log.level = TL_LOG_INFO;
	lined_log(&log, TL_LOG_DEBUG, "unwanted");
	cr_expect_str_neq(logged.text, "unwanted");
}

/* One line on stderr, as it is written. */
static void write_line(enum lined_log_way way, char *text, int size)
{
	struct lined_log log = {.level = TL_LOG_INFO, .way = way};
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	cr_assert_not_null(file);
	cr_assert_eq(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	lined_log(&log, TL_LOG_WARNING, "line1: gone");
	cr_assert_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	rewind(file);
	cr_assert_not_null(fgets(text, size, file));
	fclose(file);
}

Test(lined_log, stderr_has_what_its_reader_needs)
{
	char text[80];

	write_line(LINED_LOG_PLAIN, text, sizeof(text));
	cr_expect_str_eq(text, "lined: line1: gone\n");
	write_line(LINED_LOG_JOURNAL, text, sizeof(text));
	cr_expect_str_eq(text, "<4>line1: gone\n");
	write_line(LINED_LOG_TIMED, text, sizeof(text));
	cr_expect_eq(strlen(text), strlen("2026-01-31 23:59:59.999 lined: line1: gone\n"));
	cr_expect_str_eq(text + 23, " lined: line1: gone\n");
	for (int i = 0; i < 23; i++)
		cr_expect_eq(text[i] >= '0' && text[i] <= '9', "0000-00-00 00:00:00.000"[i] == '0');
}

Test(lined_log, has_no_control_characters_of_others)
{
	static const struct {
		const char *name;
		const char *text;
		const char *expected;
	} rows[] = {
		{"a second line", "a\nb\rc", "a?b?c"},
		{"an escape sequence", "\x1b[2J", "?[2J"},
		{"DEL and tab", "\x7f\t", "??"},
		{"C1 in UTF-8",
		 "\xc2\x9b"
		 "2J",
		 "??2J"},
		{"other UTF-8", "caf\xc3\xa9 \xc2\xa0", "caf\xc3\xa9 \xc2\xa0"},
		{"half a character", "a\xc2", "a\xc2"},
	};
	const struct lined_log log = {.level = TL_LOG_INFO, .way = LINED_LOG_SYSLOG};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lined_log(&log, TL_LOG_INFO, "%s", rows[i].text);
		cr_expect_str_eq(logged.text, rows[i].expected, "%s", rows[i].name);
	}
}
