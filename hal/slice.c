/* SPDX-License-Identifier: MIT */
#include "hal/slice.h"

#include <errno.h>
#include <string.h>

/* memcmp() must not be given NULL, not even for no bytes. */
static bool bytes_eq(const char *a, const char *b, size_t len)
{
	return len == 0 || memcmp(a, b, len) == 0;
}

static bool bytes_ieq(const char *a, const char *b, size_t len)
{
	if (bytes_eq(a, b, len))
		return true;
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && hal_to_upper(a[i]) != hal_to_upper(b[i]))
			return false;
	return true;
}

bool hal_slice_eq(struct hal_slice a, struct hal_slice b)
{
	return a.len == b.len && bytes_eq(a.data, b.data, a.len);
}

bool hal_slice_ieq(struct hal_slice a, struct hal_slice b)
{
	return a.len == b.len && bytes_ieq(a.data, b.data, a.len);
}

bool hal_slice_token(struct hal_slice *rest, char sep, struct hal_slice *ret_token)
{
	const char *end;
	size_t len;

	if (!rest->data)
		return false;
	end = memchr(rest->data, sep, rest->len);
	if (!end) {
		*ret_token = *rest;
		*rest = hal_slice(NULL, 0);
		return true;
	}
	len = (size_t)(end - rest->data);
	*ret_token = hal_slice(rest->data, len);
	*rest = hal_slice_skip(*rest, len + 1);
	return true;
}

struct hal_slice hal_slice_word(struct hal_slice *rest)
{
	struct hal_slice word = {NULL, 0};

	*rest = hal_slice_trim(*rest);
	(void)hal_slice_token(rest, ' ', &word); /* no token is an empty word */
	return word;
}

static unsigned int digit_value(char c)
{
	if (hal_is_digit(c))
		return (unsigned int)(c - '0');
	c = hal_to_upper(c);
	if (c >= 'A' && c <= 'Z')
		return (unsigned int)(c - 'A') + 10;
	return UINT32_MAX;
}

int hal_slice_u64(struct hal_slice s, unsigned int base, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool above = false;

	if (s.len == 0)
		return -EINVAL;
	/* To the end even when it is too large already: junk behind it makes it no number at all.
	 */
	for (size_t i = 0; i < s.len; i++) {
		unsigned int digit = digit_value(s.data[i]);

		if (digit >= base)
			return -EINVAL;
		above = above || digit > max || value > (max - digit) / base;
		if (!above)
			value = value * base + digit;
	}
	if (above)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

static int to_u32(struct hal_slice s, unsigned int base, uint32_t max, uint32_t *ret_value)
{
	uint64_t value = 0;
	int r;

	r = hal_slice_u64(s, base, max, &value);
	if (r < 0)
		return r;
	*ret_value = (uint32_t)value;
	return 0;
}

int hal_slice_u32(struct hal_slice s, uint32_t max, uint32_t *ret_value)
{
	return to_u32(s, 10, max, ret_value);
}

int hal_slice_hex32(struct hal_slice s, uint32_t *ret_value)
{
	return to_u32(s, 16, UINT32_MAX, ret_value);
}

size_t hal_slice_copy(struct hal_slice s, char *buf, size_t size)
{
	size_t len;

	if (size == 0)
		return s.len;
	len = s.len < size ? s.len : size - 1;
	if (len > 0)
		memcpy(buf, s.data, len);
	buf[len] = '\0';
	return s.len;
}

/* @return length of what c became in out */
static size_t escape_byte(char c, char out[4])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;

	if (byte >= 0x20 && byte < 0x7f) {
		out[0] = c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[byte >> 4];
	out[3] = hex[byte & 0xf];
	return 4;
}

char *hal_slice_escape(struct hal_slice s, char *buf, size_t size)
{
	size_t len = 0;
	size_t cut = 0; /* the last end of a byte that leaves room for the dots */

	if (size == 0)
		return buf;
	for (size_t i = 0; i < s.len; i++) {
		char out[4];
		size_t n = escape_byte(s.data[i], out);

		if (len + n >= size) {
			/* In a tiny buffer the dots are cut themselves. */
			(void)hal_slice_copy(HAL_SLICE("..."), buf + cut, size - cut);
			return buf;
		}
		memcpy(buf + len, out, n);
		len += n;
		if (len + sizeof("...") <= size)
			cut = len;
	}
	buf[len] = '\0';
	return buf;
}
