/* SPDX-License-Identifier: MIT */
#include "hal/slice.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(literal)                         \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

Test(slice, compares)
{
	static const struct {
		const char *name;
		struct hal_slice a, b;
		bool eq, ieq, starts, istarts;
	} cases[] = {
		{"same", BYTES("ring"), BYTES("ring"), true, true, true, true},
		{"case", BYTES("rInG"), BYTES("RiNg"), false, true, false, true},
		{"prefix", BYTES("+CREG: 1"), BYTES("+CREG"), false, false, true, true},
		{"prefix, case", BYTES("+creg: 1"), BYTES("+CREG"), false, false, false, true},
		{"shorter", BYTES("+CR"), BYTES("+CREG"), false, false, false, false},
		{"both empty", BYTES(""), {NULL, 0}, true, true, true, true},
		{"empty prefix", BYTES("a"), {NULL, 0}, false, false, true, true},
		{"NUL bytes", BYTES("a\0b"), BYTES("a\0b"), true, true, true, true},
		{"differ behind NUL", BYTES("a\0b"), BYTES("a\0c"), false, false, false, false},
		{"only letters fold", BYTES("@["), BYTES("`{"), false, false, false, false},
		{"no locale", BYTES("\xe4"), BYTES("\xc4"), false, false, false, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hal_slice a = cases[i].a, b = cases[i].b;

		cr_assert_eq(hal_slice_eq(a, b), cases[i].eq, "%s", cases[i].name);
		cr_assert_eq(hal_slice_ieq(a, b), cases[i].ieq, "%s", cases[i].name);
		cr_assert_eq(hal_slice_starts(a, b), cases[i].starts, "%s", cases[i].name);
		cr_assert_eq(hal_slice_istarts(a, b), cases[i].istarts, "%s", cases[i].name);
	}
}

/* Prefixes of every length, and text that differs from them in one byte: by its case or not. */
Test(slice, a_prefix_in_any_case_is_compared_to_its_last_byte)
{
	static const char name[] = "+CmE eR0r:@`Z";
	static const char changes[] = {'\x20', '\x01', '\x40', '\xa0'};

	for (size_t len = 0; len < sizeof(name); len++) {
		struct hal_slice prefix = hal_slice(name, len);

		cr_assert(hal_slice_istarts(HAL_SLICE(name), prefix));
		cr_assert(len == 0 || !hal_slice_istarts(hal_slice(name, len - 1), prefix));
		for (size_t at = 0; at < len * sizeof(changes); at++) {
			char text[sizeof(name)];
			char *c = &text[at / sizeof(changes)];
			bool same;

			memcpy(text, name, sizeof(name));
			*c = (char)(*c ^ changes[at % sizeof(changes)]);
			same = hal_to_upper(*c) == hal_to_upper(name[at / sizeof(changes)]);
			cr_assert_eq(hal_slice_istarts(hal_slice(text, sizeof(text) - 1), prefix),
				     same, "%zu of %zu: %s", at, len, text);
		}
	}
}

Test(slice, a_missing_string_is_empty)
{
	cr_assert_eq(hal_slice_str(NULL).len, 0);
	cr_assert(hal_slice_eq(hal_slice_str("abc"), HAL_SLICE("abc")));
}

Test(slice, skips_and_trims)
{
	cr_assert(hal_slice_eq(hal_slice_skip(HAL_SLICE("abc"), 1), HAL_SLICE("bc")));
	cr_assert_eq(hal_slice_skip(HAL_SLICE("abc"), 3).len, 0);
	cr_assert_eq(hal_slice_skip(HAL_SLICE("abc"), SIZE_MAX).len, 0);
	cr_assert_eq(hal_slice_skip(hal_slice(NULL, 0), 5).len, 0);

	cr_assert(hal_slice_eq(hal_slice_trim(HAL_SLICE(" \ta b\t ")), HAL_SLICE("a b")));
	cr_assert(hal_slice_eq(hal_slice_trim(HAL_SLICE("\r\n")), HAL_SLICE("\r\n")));
	cr_assert_eq(hal_slice_trim(HAL_SLICE(" \t ")).len, 0);
	cr_assert_eq(hal_slice_trim(hal_slice(NULL, 0)).len, 0);
}

Test(slice, takes_words_between_blanks)
{
	struct hal_slice rest = HAL_SLICE("  one two   three ");

	cr_assert(hal_slice_eq(hal_slice_word(&rest), HAL_SLICE("one")));
	cr_assert(hal_slice_eq(hal_slice_word(&rest), HAL_SLICE("two")));
	cr_assert(hal_slice_eq(hal_slice_word(&rest), HAL_SLICE("three")));
	cr_assert_eq(hal_slice_word(&rest).len, 0);
	cr_assert_eq(hal_slice_word(&rest).len, 0);
}

Test(slice, splits_into_tokens)
{
	static const struct {
		const char *name;
		struct hal_slice text;
		size_t count;
		const char *tokens[4];
	} cases[] = {
		{"one", BYTES("a"), 1, {"a"}},
		{"three", BYTES("a,bc,d"), 3, {"a", "bc", "d"}},
		{"empty ones", BYTES(",a,,"), 4, {"", "a", "", ""}},
		{"empty text", BYTES(""), 1, {""}},
		{"nothing", {NULL, 0}, 0, {NULL}},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hal_slice rest = cases[i].text, token;

		for (size_t n = 0; n < cases[i].count; n++) {
			cr_assert(hal_slice_token(&rest, ',', &token), "%s", cases[i].name);
			cr_assert(hal_slice_eq(token, hal_slice_str(cases[i].tokens[n])),
				  "%s: token %zu", cases[i].name, n);
		}
		cr_assert_not(hal_slice_token(&rest, ',', &token), "%s", cases[i].name);
	}
}

Test(slice, reads_numbers)
{
	static const struct {
		const char *name;
		struct hal_slice text;
		unsigned int base;
		uint64_t max;
		int r;
		uint64_t value;
	} cases[] = {
		{"zero", BYTES("0"), 10, 0, 0, 0},
		{"decimal", BYTES("115200"), 10, UINT64_MAX, 0, 115200},
		{"leading zeros", BYTES("000000000000000000000000007"), 10, 7, 0, 7},
		{"the largest", BYTES("18446744073709551615"), 10, UINT64_MAX, 0, UINT64_MAX},
		{"one above the largest", BYTES("18446744073709551616"), 10, UINT64_MAX, -ERANGE,
		 0},
		{"far above", BYTES("99999999999999999999999"), 10, UINT64_MAX, -ERANGE, 0},
		{"at the limit", BYTES("255"), 10, 255, 0, 255},
		{"above the limit", BYTES("256"), 10, 255, -ERANGE, 0},
		{"digit above the limit", BYTES("9"), 10, 8, -ERANGE, 0},
		{"junk behind too large", BYTES("256x"), 10, 255, -EINVAL, 0},
		{"hex", BYTES("dEaDbeef"), 16, UINT64_MAX, 0, 0xdeadbeef},
		{"octal digit", BYTES("8"), 8, UINT64_MAX, -EINVAL, 0},
		{"binary", BYTES("101"), 2, UINT64_MAX, 0, 5},
		{"hex prefix", BYTES("0x10"), 16, UINT64_MAX, -EINVAL, 0},
		{"hex digit in decimal", BYTES("a"), 10, UINT64_MAX, -EINVAL, 0},
		{"empty", BYTES(""), 10, UINT64_MAX, -EINVAL, 0},
		{"nothing", {NULL, 0}, 10, UINT64_MAX, -EINVAL, 0},
		{"sign", BYTES("+1"), 10, UINT64_MAX, -EINVAL, 0},
		{"minus", BYTES("-1"), 10, UINT64_MAX, -EINVAL, 0},
		{"blank", BYTES(" 1"), 10, UINT64_MAX, -EINVAL, 0},
		{"NUL byte", BYTES("1\0"), 10, UINT64_MAX, -EINVAL, 0},
		{"high byte", BYTES("\xb2"), 10, UINT64_MAX, -EINVAL, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = 4711;
		int r = hal_slice_u64(cases[i].text, cases[i].base, cases[i].max, &value);

		cr_assert_eq(r, cases[i].r, "%s: %d", cases[i].name, r);
		cr_assert_eq(value, r < 0 ? 4711 : cases[i].value, "%s", cases[i].name);
	}
}

Test(slice, reads_numbers_of_32_bits)
{
	uint32_t value = 4711;

	cr_assert_eq(hal_slice_u32(HAL_SLICE("4294967296"), UINT32_MAX, &value), -ERANGE);
	cr_assert_eq(hal_slice_hex32(HAL_SLICE("100000000"), &value), -ERANGE);
	cr_assert_eq(hal_slice_u32(HAL_SLICE("x"), UINT32_MAX, &value), -EINVAL);
	cr_assert_eq(value, 4711);
	cr_assert_eq(hal_slice_u32(HAL_SLICE("4294967295"), UINT32_MAX, &value), 0);
	cr_assert_eq(value, UINT32_MAX);
	cr_assert_eq(hal_slice_hex32(HAL_SLICE("Ff"), &value), 0);
	cr_assert_eq(value, 255);
}

Test(slice, copies_what_fits)
{
	char buf[4] = "xyz";

	cr_assert_eq(hal_slice_copy(HAL_SLICE("abc"), buf, 0), 3);
	cr_assert_str_eq(buf, "xyz");
	cr_assert_eq(hal_slice_copy(HAL_SLICE("abc"), buf, sizeof(buf)), 3);
	cr_assert_str_eq(buf, "abc");
	cr_assert_eq(hal_slice_copy(HAL_SLICE("defgh"), buf, sizeof(buf)), 5);
	cr_assert_str_eq(buf, "def");
	cr_assert_eq(hal_slice_copy(hal_slice(NULL, 0), buf, sizeof(buf)), 0);
	cr_assert_str_eq(buf, "");
}

Test(slice, escapes_for_people)
{
	static const struct {
		const char *name;
		struct hal_slice text;
		size_t size;
		const char *escaped;
	} cases[] = {
		{"plain", BYTES("AT+CLCC"), 32, "AT+CLCC"},
		{"control", BYTES("a\r\n\x7f"), 32, "a\\x0d\\x0a\\x7f"},
		{"NUL and high", BYTES("\0\xff"), 32, "\\x00\\xff"},
		{"fits exactly", BYTES("abcdef"), 7, "abcdef"},
		{"one too long", BYTES("abcdefg"), 7, "abc..."},
		{"escape is not cut in two", BYTES("ab\rcd"), 8, "ab..."},
		{"only dots", BYTES("abcdefg"), 4, "..."},
		{"cut dots", BYTES("abcdefg"), 2, "."},
		{"room for NUL only", BYTES("abc"), 1, ""},
		{"empty", BYTES(""), 1, ""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char buf[32];

		memset(buf, '#', sizeof(buf));
		cr_assert_eq(hal_slice_escape(cases[i].text, buf, cases[i].size), buf);
		cr_assert_str_eq(buf, cases[i].escaped, "%s: '%s'", cases[i].name, buf);
	}
	cr_assert_null(hal_slice_escape(HAL_SLICE("abc"), NULL, 0));
}
