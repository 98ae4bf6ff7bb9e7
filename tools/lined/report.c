/* SPDX-License-Identifier: MIT */
#include "tools/lined/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lined_report_add(struct lined_report *report, const char *format, ...)
{
	unsigned int i = report->n++;
	char *mistake;
	va_list args;

	if (i >= LINED_MISTAKES_MAX)
		return;
	mistake = report->mistakes[i];
	if (i == LINED_MISTAKES_MAX - 1) {
		snprintf(mistake, LINED_MISTAKE_MAX_SIZE, "there are more mistakes");
		return;
	}
	va_start(args, format);
	vsnprintf(mistake, LINED_MISTAKE_MAX_SIZE, format, args);
	va_end(args);
}

unsigned int lined_report_kept(const struct lined_report *report)
{
	return report->n < LINED_MISTAKES_MAX ? report->n : LINED_MISTAKES_MAX;
}

char *lined_report_text(const struct lined_report *report)
{
	char *text = calloc(LINED_MISTAKES_MAX, LINED_MISTAKE_MAX_SIZE);
	char *end = text;

	for (unsigned int i = 0; text && i < lined_report_kept(report); i++) {
		if (i > 0)
			*end++ = '\n';
		end = stpcpy(end, report->mistakes[i]);
	}
	return text;
}
