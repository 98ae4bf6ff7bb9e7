/* SPDX-License-Identifier: MIT */
#include "hal/word.h"

#include <criterion/criterion.h>

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Where the first byte below limit is, or the first one that is c; HAL_WORD_SIZE: nowhere. */

static size_t below_by_bytes(const char *bytes, unsigned char limit)
{
	size_t i = 0;

	while (i < HAL_WORD_SIZE && (unsigned char)bytes[i] >= limit)
		i++;
	return i;
}

static size_t find_by_bytes(const char *bytes, char c)
{
	size_t i = 0;

	while (i < HAL_WORD_SIZE && bytes[i] != c)
		i++;
	return i;
}

static size_t first(uint64_t marks)
{
	return marks == 0 ? HAL_WORD_SIZE : hal_word_first(marks);
}

static void check(const char bytes[static HAL_WORD_SIZE])
{
	static const unsigned char limits[] = {1, ' ', 0x80};
	static const char chars[] = {'\0', ' ', '"', ',', '\x7f', '\x80', '\xff'};
	uint64_t word = hal_word_load(bytes);

	for (size_t i = 0; i < sizeof(limits); i++) {
		size_t found = first(hal_word_below(word, limits[i]));

		cr_assert_eq(found, below_by_bytes(bytes, limits[i]), "%016lx", word);
		cr_assert(found == HAL_WORD_SIZE || hal_word_may_be_below(word, limits[i]),
			  "%016lx", word);
	}
	for (size_t i = 0; i < sizeof(chars); i++) {
		size_t found = first(hal_word_find(word, chars[i]));

		cr_assert_eq(found, find_by_bytes(bytes, chars[i]), "%016lx", word);
		cr_assert(found == HAL_WORD_SIZE || hal_word_may_find(word, chars[i]), "%016lx",
			  word);
	}
}

Test(word, each_byte_at_each_place_is_found)
{
	for (size_t place = 0; place < HAL_WORD_SIZE; place++) {
		for (int byte = 0; byte <= 0xff; byte++) {
			char bytes[HAL_WORD_SIZE] = "AAAAAAA";

			bytes[HAL_WORD_SIZE - 1] = 'A';
			bytes[place] = (char)byte;
			check(bytes);
		}
	}
}

/* Neighbours of what is looked for are what borrows take for it. */
Test(word, false_marks_are_above_true_ones)
{
	static const char alphabet[] = "\x00\x01\x1f !\"#+,-\x7f\x80\xff";
	uint64_t state = 88172645463325252;

	for (int round = 0; round < 100000; round++) {
		char bytes[HAL_WORD_SIZE];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = alphabet[next_random(&state) % (sizeof(alphabet) - 1)];
		check(bytes);
	}
}

Test(word, without_any_below_and_bytes_beyond_there_is_nothing_to_look_at)
{
	cr_assert_not(hal_word_may_be_below(hal_word_load("+CLCC: 1"), ' '));
	cr_assert(hal_word_may_be_below(hal_word_load("+CLCC:\r1"), ' '));
	cr_assert_not(hal_word_may_find(hal_word_load("+1555123"), '"'));
}
