/* SPDX-License-Identifier: MIT */
#include "tools/lined/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lined_report_add(struct lined_report *report, const char *format, ...)
{
	char *mistake = NULL;
	va_list args;
	int r;

	report->n++;
	if (report->n_kept == LINED_MISTAKES_MAX)
		return;
	va_start(args, format);
	r = report->n_kept < LINED_MISTAKES_MAX - 1 ? vasprintf(&mistake, format, args)
						    : asprintf(&mistake, "there are more mistakes");
	va_end(args);
	if (r >= 0)
		report->mistakes[report->n_kept++] = mistake;
}

void lined_report_fini(struct lined_report *report)
{
	for (unsigned int i = 0; i < report->n_kept; i++)
		free(report->mistakes[i]);
}

char *lined_report_text(const struct lined_report *report)
{
	size_t size = 1;
	char *text;
	char *end;

	for (unsigned int i = 0; i < report->n_kept; i++)
		size += strlen(report->mistakes[i]) + 1;
	text = calloc(1, size);
	end = text;
	for (unsigned int i = 0; text && i < report->n_kept; i++) {
		if (i > 0)
			*end++ = '\n';
		end = stpcpy(end, report->mistakes[i]);
	}
	return text;
}
