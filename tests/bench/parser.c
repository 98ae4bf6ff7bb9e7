/* SPDX-License-Identifier: MIT */
/* The parser on 10 MB of what modems say, whole and in chunks, in turn with a loop by hand. */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/corpus.h"

/* A stream is measured piece by piece, a tenth of a millisecond each: what else the machine does
 * either hits both of a pair, or few pairs of thousands. */
#define PIECES 100

struct rig {
	const char *text;
	size_t len;
	struct corpus_counts counts; /* what is to be found */
};

static double rate(const struct rig *rig, uint64_t start)
{
	return (double)rig->len * 1e3 / (double)(bench_now_ns() - start); /* MB/s */
}

static double by_hand(const struct rig *rig)
{
	struct corpus_counts counts = {0};
	uint64_t start = bench_now_ns();
	double result;

	corpus_parse_by_hand(rig->text, rig->len, &counts);
	result = rate(rig, start);
	bench_check(memcmp(&counts, &rig->counts, sizeof(counts)) == 0, "other counts by hand");
	return result;
}

static double split(const struct rig *rig)
{
	uint64_t start = bench_now_ns();

	bench_check(corpus_split(rig->text, rig->len) > 0, "no lines");
	return rate(rig, start);
}

static double ours(const struct rig *rig, size_t chunk)
{
	struct corpus_counts counts = {0};
	uint64_t start = bench_now_ns();
	double result;

	corpus_parse(rig->text, rig->len, chunk, &counts);
	result = rate(rig, start);
	bench_check(memcmp(&counts, &rig->counts, sizeof(counts)) == 0, "other counts in chunks");
	return result;
}

/* Read once before, so that memory is not the cost of who is measured first. */
static const struct rig *fetch(const struct rig rigs[static PIECES], size_t run)
{
	const struct rig *rig = &rigs[run % PIECES];

	(void)split(rig);
	return rig;
}

static void measure_whole(const struct rig rigs[static PIECES], size_t runs)
{
	static struct bench_figure hand = {
		.name = "parser.whole",
		.what = "parser",
		.unit = "MB/s",
		.beside = "line + switch + token loop by hand",
		.aim = BENCH_RATIO_MIN,
		.wanted = 0.9,
	};
	static struct bench_figure memchr_only = {
		.name = "parser.split",
		.what = "parser",
		.unit = "MB/s",
		.beside = "memchr line split",
	};

	for (size_t i = 0; i < runs; i++) {
		const struct rig *rig = fetch(rigs, i);

		bench_add(&hand, ours(rig, rig->len), by_hand(rig));
		bench_add(&memchr_only, ours(rig, rig->len), split(rig));
	}
	bench_print(&hand);
	bench_print(&memchr_only);
}

static void measure_chunks(const struct rig rigs[static PIECES], size_t runs)
{
	static struct bench_figure figures[] = {
		{.name = "parser.chunks.1", .what = "parser, chunks of 1"},
		{.name = "parser.chunks.64", .what = "parser, chunks of 64"},
		{.name = "parser.chunks.512", .what = "parser, chunks of 512"},
	};
	static const size_t sizes[] = {1, 64, 512};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		figures[i].unit = "MB/s";
		figures[i].beside = "whole";
		figures[i].aim = sizes[i] == 1 ? BENCH_NO_AIM : BENCH_RATIO_MIN;
		figures[i].wanted = 0.5;
		for (size_t run = 0; run < runs; run++) {
			const struct rig *rig = fetch(rigs, run);

			bench_add(&figures[i], ours(rig, sizes[i]), ours(rig, rig->len));
		}
		bench_print(&figures[i]);
	}
}

/* Into pieces of about the same size, which end with lines. */
static void cut(const char *text, size_t len, struct rig rigs[static PIECES])
{
	const char *end = text + len;

	for (size_t i = 0; i < PIECES; i++) {
		const char *target = text + (size_t)(end - text) / (PIECES - i) - 1;
		const char *stop = memchr(target, '\n', (size_t)(end - target));

		bench_check(stop != NULL, "no line");
		rigs[i].text = text;
		rigs[i].len = (size_t)(stop + 1 - text);
		corpus_parse_by_hand(text, rigs[i].len, &rigs[i].counts);
		text = stop + 1;
	}
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t runs = options.brief ? PIECES : 25 * PIECES;
	struct rig rigs[PIECES] = {0};
	size_t len;
	char *text = corpus_new(options.brief ? 200000 : 10000000, &len);

	cut(text, len, rigs);
	measure_whole(rigs, runs);
	measure_chunks(rigs, runs);
	free(text);
	return EXIT_SUCCESS;
}
