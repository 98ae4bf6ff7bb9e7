/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_CORPUS_H
#define TESTS_BENCH_CORPUS_H

/* What modems say, the same on every machine: echo, results, calls, registrations, rings, callers'
 * numbers, messages and junk, mixed by a generator with a fixed seed. */

#include <stddef.h>
#include <stdint.h>

/* At least size bytes, ending with a line. Freed by the caller; ends the program without memory. */
char *corpus_new(size_t size, size_t *ret_len);

/* What parsers find in it. All of them must find the same. */
struct corpus_counts {
	uint64_t results, rings, calls, registrations, callers, messages;
	uint64_t others; /* echo, PDUs, lines with control characters */
	uint64_t params, param_bytes;
};

/* The limits: lines split by memchr() and nothing else; what one would write by hand for just these
 * lines, without any check. Both want the whole at once. */
uint64_t corpus_split(const char *text, size_t len);
void corpus_parse_by_hand(const char *text, size_t len, struct corpus_counts *counts);
/* The library's parts: lexer, results, parameters. */
void corpus_parse(const char *text, size_t len, size_t chunk, struct corpus_counts *counts);

#endif
