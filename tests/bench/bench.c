/* SPDX-License-Identifier: MIT */
#include "tests/bench/bench.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* low and high: all but a twentieth of the runs at either end */
struct spread {
	double min, low, median, high, max;
};

struct bench_options bench_options(int argc, char **argv)
{
	struct bench_options options = {0};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--brief") != 0) {
			(void)fprintf(stderr, "Usage: %s [--brief]\n", argv[0]);
			exit(2);
		}
		options.brief = true;
	}
	return options;
}

void bench_check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench: %s (%s)\n", what, strerror(errno));
	exit(1);
}

void bench_add(struct bench_figure *figure, double ours, double theirs)
{
	if (figure->runs == BENCH_RUNS_MAX)
		return;
	figure->ours[figure->runs] = ours;
	figure->theirs[figure->runs++] = theirs;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(const double *values, size_t n, double quantile)
{
	double *sorted = malloc((n ? n : 1) * sizeof(*sorted));
	double value = 0;

	bench_check(sorted != NULL, "no memory");
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	if (n > 0)
		value = sorted[(size_t)(quantile * (double)(n - 1) + 0.5)];
	free(sorted);
	return value;
}

static struct spread spread(const double *values, size_t n)
{
	return (struct spread){.min = bench_quantile(values, n, 0),
			       .low = bench_quantile(values, n, 0.05),
			       .median = bench_quantile(values, n, 0.5),
			       .high = bench_quantile(values, n, 0.95),
			       .max = bench_quantile(values, n, 1)};
}

/* Of the runs that have one. @return whether there are any */
static bool ratios(const struct bench_figure *figure, struct spread *ret_ratio)
{
	double *ratio = malloc((figure->runs + 1) * sizeof(*ratio));
	size_t n = 0;

	bench_check(ratio != NULL, "no memory");
	for (size_t i = 0; i < figure->runs; i++)
		if (figure->theirs[i] > 0)
			ratio[n++] = figure->ours[i] / figure->theirs[i];
	*ret_ratio = spread(ratio, n);
	free(ratio);
	return n > 0 && figure->beside && !figure->no_ratio;
}

/* ratio: NULL where there is none */
static bool is_met(const struct bench_figure *figure, const struct spread *ours,
		   const struct spread *ratio)
{
	switch (figure->aim) {
	case BENCH_NO_AIM:
		return true;
	case BENCH_RATIO_MIN:
		return ratio && ratio->median >= figure->wanted;
	case BENCH_RATIO_MAX:
		return ratio && ratio->median <= figure->wanted;
	case BENCH_VALUE_MIN:
		return ours->median >= figure->wanted;
	case BENCH_VALUE_MAX:
		return ours->median <= figure->wanted;
	case BENCH_EACH_MAX:
		return ours->max <= figure->wanted;
	}
	return false;
}

static bool is_of_ratio(enum bench_aim aim)
{
	return aim == BENCH_RATIO_MIN || aim == BENCH_RATIO_MAX;
}

static bool is_least(enum bench_aim aim)
{
	return aim == BENCH_RATIO_MIN || aim == BENCH_VALUE_MIN;
}

static void describe_aim(const struct bench_figure *figure, char *buf, size_t size)
{
	bool ratio = is_of_ratio(figure->aim);

	(void)snprintf(buf, size, "%s %.6g%s%s", is_least(figure->aim) ? "at least" : "at most",
		       figure->wanted, ratio ? " of it" : " ", ratio ? "" : figure->unit);
}

static void read_word(const char *path, const char *key, char *buf, size_t size)
{
	char line[256];
	FILE *file = fopen(path, "re");

	buf[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		const char *text = line + strlen(key);

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		text += strspn(text, " \t:");
		(void)snprintf(buf, size, "%.*s", (int)strcspn(text, "\"\\\n"), text);
		break;
	}
	if (file)
		(void)fclose(file);
}

static void print_machine(void)
{
	char cpu[96], load[32];
	struct utsname names;

	bench_check(uname(&names) == 0, "uname");
	read_word("/proc/cpuinfo", "model name", cpu, sizeof(cpu));
	read_word("/proc/loadavg", "", load, sizeof(load));
	load[strcspn(load, " ")] = '\0';
	printf("\"machine\":{\"cpu\":\"%s\",\"cpus\":%ld,\"kernel\":\"%s\",\"load\":\"%s\"}", cpu,
	       sysconf(_SC_NPROCESSORS_ONLN), names.release, load);
}

static void print_spread(const char *name, const struct spread *s)
{
	printf("\"%s\":{\"min\":%.6g,\"low\":%.6g,\"median\":%.6g,\"high\":%.6g,\"max\":%.6g},",
	       name, s->min, s->low, s->median, s->high, s->max);
}

/* What the figure's rounds are put together from (table.py). */
static void print_samples(const char *name, const double *values, size_t n)
{
	printf("\"%s\":[", name);
	for (size_t i = 0; i < n; i++)
		printf("%s%.6g", i > 0 ? "," : "", values[i]);
	printf("],");
}

static void print_aim(const struct bench_figure *figure, const char *text, bool met)
{
	if (figure->aim == BENCH_NO_AIM)
		return;
	printf("\"aim\":{\"text\":\"%s\",\"of\":\"%s\",\"which\":\"%s\",\"%s\":%.6g},\"met\":%s,",
	       text, is_of_ratio(figure->aim) ? "ratio" : "ours",
	       figure->aim == BENCH_EACH_MAX ? "max" : "median",
	       is_least(figure->aim) ? "least" : "most", figure->wanted, met ? "true" : "false");
}

static void print_json(const struct bench_figure *figure, const char *aim, bool met)
{
	struct spread ours = spread(figure->ours, figure->runs);
	struct spread theirs = spread(figure->theirs, figure->runs);
	struct spread ratio;

	printf("{\"figure\":\"%s\",\"what\":\"%s\",\"unit\":\"%s\",", figure->name, figure->what,
	       figure->unit);
	print_spread("ours", &ours);
	if (figure->beside) {
		printf("\"beside\":\"%s\",", figure->beside);
		print_spread("theirs", &theirs);
	}
	if (ratios(figure, &ratio))
		print_spread("ratio", &ratio);
	if (figure->no_ratio)
		printf("\"no_ratio\":true,");
	printf("\"runs\":%zu,", figure->runs);
	print_aim(figure, aim, met);
	print_samples("samples", figure->ours, figure->runs);
	if (figure->beside)
		print_samples("samples_beside", figure->theirs, figure->runs);
	print_machine();
	printf("}\n");
	(void)fflush(stdout);
}

void bench_print(const struct bench_figure *figure)
{
	struct spread ours = spread(figure->ours, figure->runs);
	struct spread theirs = spread(figure->theirs, figure->runs);
	struct spread ratio;
	bool has_ratio = ratios(figure, &ratio);
	bool met = is_met(figure, &ours, has_ratio ? &ratio : NULL);
	char aim[64];

	describe_aim(figure, aim, sizeof(aim));
	printf("%s: %s: %.6g %s (%.6g to %.6g, %zu runs)", figure->name, figure->what, ours.median,
	       figure->unit, ours.min, ours.max, figure->runs);
	if (figure->beside)
		printf("; %s %.6g", figure->beside, theirs.median);
	if (has_ratio)
		printf("; ratio %.4f (%.4f to %.4f)", ratio.median, ratio.min, ratio.max);
	if (figure->aim != BENCH_NO_AIM)
		printf("; aim %s: %s", aim, met ? "met" : "MISSED");
	printf("\n");
	print_json(figure, aim, met);
}

void bench_skip(const char *name, const char *what, const char *why)
{
	printf("%s: %s: skipped: %s\n", name, what, why);
	printf("{\"figure\":\"%s\",\"what\":\"%s\",\"skipped\":\"%s\"}\n", name, what, why);
	(void)fflush(stdout);
}

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	bench_check(clock_gettime(id, &now) == 0, "clock_gettime");
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double bench_since_us(uint64_t start_ns)
{
	return (double)(bench_now_ns() - start_ns) / 1e3;
}

uint64_t bench_cpu_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

size_t bench_heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

void bench_raise_limits(void)
{
	struct rlimit limit;

	bench_check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	bench_check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}
