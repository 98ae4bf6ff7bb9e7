/* SPDX-License-Identifier: MIT */
#include "tools/lined/openmetrics.h"

#include <inttypes.h>

static const char *suffix(const struct openmetrics *m)
{
	return m->family->type == OPENMETRICS_COUNTER ? "_total" : "";
}

void openmetrics_begin(struct openmetrics *m, const struct openmetrics_family *family)
{
	const char *type = family->type == OPENMETRICS_COUNTER ? "counter" : "gauge";
	const char *end;

	m->family = family;
	/* In the older format a family is called what its samples are called. */
	end = m->prometheus ? suffix(m) : "";
	fprintf(m->file, "# TYPE %s%s %s\n", family->name, end, type);
	if (family->unit && !m->prometheus)
		fprintf(m->file, "# UNIT %s %s\n", family->name, family->unit);
	fprintf(m->file, "# HELP %s%s %s\n", family->name, end, family->help);
}

static void put_value(FILE *file, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", file);
		else if (*value == '\\' || *value == '"')
			fprintf(file, "\\%c", *value);
		else
			fputc(*value, file);
	}
}

static void put_name(const struct openmetrics *m, const struct openmetrics_label *labels)
{
	const char *before = "{";

	fprintf(m->file, "%s%s", m->family->name, suffix(m));
	for (; labels && labels->name; labels++) {
		fprintf(m->file, "%s%s=\"", before, labels->name);
		put_value(m->file, labels->value);
		fputc('"', m->file);
		before = ",";
	}
	if (*before == ',')
		fputc('}', m->file);
}

void openmetrics_count(struct openmetrics *m, const struct openmetrics_label *labels,
		       uint64_t value)
{
	put_name(m, labels);
	fprintf(m->file, " %" PRIu64 "\n", value);
}

void openmetrics_seconds(struct openmetrics *m, const struct openmetrics_label *labels, uint64_t ms)
{
	put_name(m, labels);
	fprintf(m->file, " %" PRIu64 ".%03u\n", ms / 1000, (unsigned int)(ms % 1000));
}

void openmetrics_end(struct openmetrics *m)
{
	fputs("# EOF\n", m->file);
}
