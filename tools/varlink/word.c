/* SPDX-License-Identifier: MIT */
#include "tools/varlink/word.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 32 /* longest word that is compared */

/* Insertions, deletions and replacements that turn a into b (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

const char *word_nearest(const char *text, const char *const *words)
{
	const char *nearest = NULL;
	size_t least = 3; /* two slips of the finger */

	for (; *words; words++) {
		size_t d = distance(text, *words);

		if (d < least && d < strlen(*words)) {
			least = d;
			nearest = *words;
		}
	}
	return nearest;
}
