/* SPDX-License-Identifier: MIT */
#ifndef HAL_WORD_H
#define HAL_WORD_H

/*
 * Eight bytes at a step, for scanners: the first byte in memory is the lowest one of the word.
 * Marks are the high bits of bytes; the lowest mark is exact, borrows can make false ones above it.
 */

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HAL_WORD_SIZE	     sizeof(uint64_t)
#define HAL_WORD_EACH(value) (UINT64_C(0x0101010101010101) * (value))

static inline uint64_t hal_word_load(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

/* Mark bytes below limit, which is at most 0x80. */
static inline uint64_t hal_word_below(uint64_t word, unsigned char limit)
{
	return (word - HAL_WORD_EACH(limit)) & ~word & HAL_WORD_EACH(0x80);
}

/* For loops that hardly ever find some: false only when there are none, and costs less. */
static inline bool hal_word_may_be_below(uint64_t word, unsigned char limit)
{
	return ((word - HAL_WORD_EACH(limit)) & HAL_WORD_EACH(0x80)) != 0;
}

/* Mark bytes that are c. */
static inline uint64_t hal_word_find(uint64_t word, char c)
{
	return hal_word_below(word ^ HAL_WORD_EACH((unsigned char)c), 1);
}

/* As hal_word_may_be_below(). */
static inline bool hal_word_may_find(uint64_t word, char c)
{
	return hal_word_may_be_below(word ^ HAL_WORD_EACH((unsigned char)c), 1);
}

/* Where the lowest mark is; marks is not 0. */
static inline size_t hal_word_first(uint64_t marks)
{
	return (size_t)(unsigned int)__builtin_ctzll(marks) / 8;
}

#endif
