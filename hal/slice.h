/* SPDX-License-Identifier: MIT */
#ifndef HAL_SLICE_H
#define HAL_SLICE_H

/*
 * Bounded pieces of bytes, not NUL-terminated: what every parser here works on.
 * A slice never owns its bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hal_slice {
	const char *data;
	size_t len;
};

#define HAL_SLICE(literal) ((struct hal_slice){(literal), sizeof(literal) - 1})

static inline struct hal_slice hal_slice(const char *data, size_t len)
{
	return (struct hal_slice){data, len};
}

/* NULL gives the empty slice. */
static inline struct hal_slice hal_slice_str(const char *str)
{
	return hal_slice(str, str ? strlen(str) : 0);
}

bool hal_slice_eq(struct hal_slice a, struct hal_slice b);
/* ASCII only, independent of the locale. */
bool hal_slice_ieq(struct hal_slice a, struct hal_slice b);

static inline bool hal_slice_starts(struct hal_slice s, struct hal_slice prefix)
{
	/* memcmp() must not be given NULL, not even for no bytes. */
	return prefix.len == 0 ||
	       (s.len >= prefix.len && memcmp(s.data, prefix.data, prefix.len) == 0);
}

/* In which bits four bytes differ. */
static inline uint32_t hal_four_diff(const char *a, const char *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x ^ y;
}

/* Nearly always asked with a prefix that is known when compiling, and answered by its first and
 * last four bytes. */
static inline bool hal_slice_istarts(struct hal_slice s, struct hal_slice prefix)
{
	const uint32_t letter_case = UINT32_C(0x20202020);
	uint32_t diff;

	if (s.len < prefix.len)
		return false;
	if (prefix.len >= 4) {
		size_t last = prefix.len - 4;

		diff = hal_four_diff(s.data, prefix.data) |
		       hal_four_diff(s.data + last, prefix.data + last);
		if (diff & ~letter_case)
			return false;
		if (diff == 0 && prefix.len <= 8)
			return true;
	}
	return hal_slice_ieq(hal_slice(s.data, prefix.len), prefix);
}

/* Drop n bytes at the front; the empty slice if there are fewer. */
static inline struct hal_slice hal_slice_skip(struct hal_slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return hal_slice(n ? s.data + n : s.data, s.len - n);
}
/* Without blanks and tabs at both ends. */
static inline struct hal_slice hal_slice_trim(struct hal_slice s)
{
	while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
		s = hal_slice(s.data + 1, s.len - 1);
	while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/*
 * Take what stands before the next sep off the front of *rest (and the separator with it). The last
 * token leaves *rest with data == NULL.
 * @return false when *rest had no token left (data == NULL)
 */
bool hal_slice_token(struct hal_slice *rest, char sep, struct hal_slice *ret_token);

/* Take the next word off the front, between blanks. @return empty when there is none */
struct hal_slice hal_slice_word(struct hal_slice *rest);

/*
 * Whole slice as an unsigned number, digits only, no sign, no blanks.
 * @return 0; -EINVAL not a number; -ERANGE above max. *ret_value untouched on failure.
 */
int hal_slice_u64(struct hal_slice s, unsigned int base, uint64_t max, uint64_t *ret_value);
int hal_slice_u32(struct hal_slice s, uint32_t max, uint32_t *ret_value);
int hal_slice_hex32(struct hal_slice s, uint32_t *ret_value);

/*
 * Copy into a NUL-terminated buffer, cut to what fits.
 * @return length of the whole slice (>= size means that it was cut)
 */
size_t hal_slice_copy(struct hal_slice s, char *buf, size_t size);

/*
 * Copy for people to read: unprintable bytes become \xNN, cut with "..." when too long.
 * The result is always NUL-terminated ASCII. @return buf
 */
char *hal_slice_escape(struct hal_slice s, char *buf, size_t size);

static inline bool hal_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char hal_to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

#endif
