/* SPDX-License-Identifier: MIT */
#include "tools/lined/log_limit.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static const struct lined_log to_syslog = {.level = TL_LOG_INFO, .way = LINED_LOG_SYSLOG};

static struct {
	unsigned int n;
	char last[300];
} logged;

/* Instead of the C library's. */
void syslog(int priority, const char *format, ...)
{
	va_list args;

	cr_expect_eq(priority, LOG_DAEMON | LOG_WARNING);
	logged.n++;
	va_start(args, format);
	vsnprintf(logged.last, sizeof(logged.last), format, args);
	va_end(args);
}

static void flood(struct lined_log_limit *limit, unsigned int n, uint64_t now_ms)
{
	for (unsigned int i = 1; i <= n; i++)
		lined_log_limited(limit, &to_syslog, now_ms, "client %u errs", i);
}

Test(lined_log_limit, few_are_all_told)
{
	struct lined_log_limit limit = {0};

	flood(&limit, LINED_LOG_BURST, 1000);
	cr_expect_eq(logged.n, LINED_LOG_BURST);
	cr_expect_str_eq(logged.last, "client 10 errs");
	cr_expect_eq(lined_log_limit_deadline_ms(&limit), 0);
	lined_log_limit_settle(&limit, &to_syslog, 1000 + LINED_LOG_WINDOW_MS);
	cr_expect_eq(logged.n, LINED_LOG_BURST);
}

Test(lined_log_limit, many_are_counted_and_told_when_the_window_is_over)
{
	struct lined_log_limit limit = {0};
	uint64_t end_ms = 1000 + LINED_LOG_WINDOW_MS;

	flood(&limit, LINED_LOG_BURST + 7, 1000);
	cr_expect_eq(logged.n, LINED_LOG_BURST);
	cr_expect_eq(lined_log_limit_deadline_ms(&limit), end_ms);
	lined_log_limit_settle(&limit, &to_syslog, end_ms - 1);
	cr_expect_eq(logged.n, LINED_LOG_BURST);
	lined_log_limit_settle(&limit, &to_syslog, end_ms);
	cr_expect_eq(logged.n, LINED_LOG_BURST + 1);
	cr_expect_str_eq(logged.last, "client 17 errs (repeated 7 times, or alike)");
	cr_expect_eq(lined_log_limit_deadline_ms(&limit), 0);
	lined_log_limit_settle(&limit, &to_syslog, end_ms);
	cr_expect_eq(logged.n, LINED_LOG_BURST + 1);
}

Test(lined_log_limit, each_window_is_a_new_beginning)
{
	struct lined_log_limit limit = {0};

	flood(&limit, LINED_LOG_BURST + 1, 1000);
	flood(&limit, 1, 1000 + LINED_LOG_WINDOW_MS);
	cr_expect_eq(logged.n, LINED_LOG_BURST + 2);
	cr_expect_str_eq(logged.last, "client 1 errs");
}
