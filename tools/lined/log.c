/* SPDX-License-Identifier: MIT */
#include "tools/lined/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_TEXT 512

/* Whoever redirects our stderr does not take the variable away. */
static bool is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[48];

	snprintf(ours, sizeof(ours), "%llu:%llu", (unsigned long long)st->st_dev,
		 (unsigned long long)st->st_ino);
	return stream && strcmp(stream, ours) == 0;
}

enum lined_log_way lined_log_choose(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return LINED_LOG_SYSLOG;
	if (is_journal(&st))
		return LINED_LOG_JOURNAL;
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) /* /dev/null */
		return LINED_LOG_SYSLOG;
	return S_ISREG(st.st_mode) || isatty(fd) ? LINED_LOG_TIMED : LINED_LOG_PLAIN;
}

void lined_log_init(struct lined_log *log)
{
	*log = (struct lined_log){.level = TL_LOG_INFO, .way = lined_log_choose(STDERR_FILENO)};
}

static int syslog_priority(enum tl_log_level level)
{
	switch (level) {
	case TL_LOG_ERROR:
		return LOG_ERR;
	case TL_LOG_WARNING:
		return LOG_WARNING;
	case TL_LOG_INFO:
		return LOG_INFO;
	case TL_LOG_DEBUG:
	case TL_LOG_TRACE:
		return LOG_DEBUG;
	}
	return LOG_DEBUG;
}

static void write_timed(const char *line)
{
	char text[32] = "";
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ld lined: %s\n", text, now.tv_nsec / 1000000, line);
}

static bool is_control(unsigned char before, unsigned char c)
{
	/* The C1 controls of ISO 6429 are two bytes of UTF-8. */
	return c < ' ' || c == 0x7f || (before == 0xc2 && c >= 0x80 && c < 0xa0);
}

/* Modems, callers and peers have their say in it: no second line, no sequence for a terminal. */
static void clean(const char *text, char *buf, size_t size)
{
	unsigned char before = 0;
	size_t i;

	for (i = 0; text[i] && i + 1 < size; i++) {
		unsigned char c = (unsigned char)text[i];

		buf[i] = is_control(before, c) ? '?' : text[i];
		if (buf[i] == '?' && before == 0xc2)
			buf[i - 1] = '?';
		before = c;
	}
	buf[i] = '\0';
}

void lined_log_line(void *user, enum tl_log_level level, const char *text)
{
	const struct lined_log *log = user;
	char line[LINE_MAX_TEXT];

	if (level > log->level)
		return;
	clean(text, line, sizeof(line));
	switch (log->way) {
	case LINED_LOG_PLAIN:
		fprintf(stderr, "lined: %s\n", line);
		break;
	case LINED_LOG_TIMED:
		write_timed(line);
		break;
	case LINED_LOG_JOURNAL:
		fprintf(stderr, "<%d>%s\n", syslog_priority(level), line);
		break;
	case LINED_LOG_SYSLOG:
		syslog(LOG_DAEMON | syslog_priority(level), "%s", line);
		break;
	}
}

void lined_log(const struct lined_log *log, enum tl_log_level level, const char *format, ...)
{
	char line[LINE_MAX_TEXT];
	struct lined_log copy = *log;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	lined_log_line(&copy, level, line);
}

int lined_log_level_from_name(const char *name, enum tl_log_level *ret_level)
{
	static const char *const names[] = {"error", "warning", "info", "debug", "trace"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_level = (enum tl_log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}
