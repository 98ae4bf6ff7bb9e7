/* SPDX-License-Identifier: MIT */
#include "drivers/at/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static struct at_params params_of(const char *text)
{
	struct at_params params;

	at_params_init(&params, hal_slice_str(text));
	return params;
}

Test(at_params, a_call_list_entry_is_taken_apart)
{
	struct hal_slice line = HAL_SLICE("+CLCC: 1,0,3, 0,,\"+1555,1\",145");
	struct hal_slice raw;
	struct at_params params;
	uint32_t value;
	char number[16];

	cr_assert(at_params_start(line, "+clcc:", &params));
	cr_assert_eq(at_params_u32(&params, &value), 0);
	cr_assert_eq(value, 1);
	cr_assert_eq(at_params_skip(&params), 0);
	cr_assert_eq(at_params_u32(&params, &value), 0);
	cr_assert_eq(value, 3);
	cr_assert_eq(at_params_raw(&params, &raw), 0);
	cr_assert(hal_slice_eq(raw, HAL_SLICE("0")));
	cr_assert_eq(at_params_u32(&params, &value), -ENODATA);
	cr_assert_eq(at_params_u32(&params, &value), -EINVAL);
	cr_assert_eq(at_params_string(&params, number, sizeof(number)), 0);
	cr_assert_str_eq(number, "+1555,1");
	cr_assert_eq(at_params_string(&params, number, sizeof(number)), -EINVAL);
	cr_assert_eq(at_params_u32(&params, &value), 0);
	cr_assert_eq(value, 145);
	cr_assert_not(at_params_more(&params));
	cr_assert_eq(at_params_u32(&params, &value), -ENOENT);
	cr_assert_eq(at_params_hex(&params, &value), -ENOENT);
	cr_assert_eq(at_params_raw(&params, &raw), -ENOENT);
	cr_assert_eq(at_params_string(&params, number, sizeof(number)), -ENOENT);
	cr_assert_eq(at_params_skip(&params), -ENOENT);
	cr_assert_eq(value, 145);
}

Test(at_params, another_prefix_does_not_match)
{
	struct at_params params = {0};

	cr_assert_not(at_params_start(HAL_SLICE("+CLC: 1"), "+CLCC:", &params));
	cr_assert_not(at_params_start(HAL_SLICE("+CL"), "+CLCC:", &params));
	cr_assert_not(at_params_more(&params));
}

Test(at_params, an_empty_list_has_one_empty_parameter)
{
	struct hal_slice raw;
	struct at_params params;

	cr_assert(at_params_start(HAL_SLICE("+SLCC:"), "+SLCC:", &params));
	cr_assert(at_params_more(&params));
	cr_assert_eq(at_params_raw(&params, &raw), -ENODATA);
	cr_assert_not(at_params_more(&params));

	at_params_init(&params, (struct hal_slice){NULL, 0});
	cr_assert_eq(at_params_skip(&params), 0);
	cr_assert_eq(at_params_skip(&params), -ENOENT);
}

Test(at_params, numbers)
{
	static const struct {
		const char *name, *text;
		bool hex;
		int r;
		uint32_t value;
	} rows[] = {
		{"zero", "0", false, 0, 0},
		{"largest", "4294967295", false, 0, UINT32_MAX},
		{"too large", "4294967296", false, -ERANGE, 0},
		{"much too large", "99999999999999999999999", false, -ERANGE, 0},
		{"negative", "-1", false, -EINVAL, 0},
		{"text behind", "12a", false, -EINVAL, 0},
		{"blank inside", "1 2", false, -EINVAL, 0},
		{"blanks around", "  7 ", false, 0, 7},
		{"quoted", "\"7\"", false, -EINVAL, 0},
		{"empty", "", false, -ENODATA, 0},
		{"only blanks", "  ", false, -ENODATA, 0},
		{"hex", "00C3", true, 0, 0xc3},
		{"hex lower case", "dEad", true, 0, 0xdead},
		{"hex quoted", "\"1A2B\"", true, 0, 0x1a2b},
		{"hex too large", "123456789", true, -ERANGE, 0},
		{"hex of nothing", "\"\"", true, -EINVAL, 0},
		{"hex with sign", "+1", true, -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct at_params params = params_of(rows[i].text);
		uint32_t value = 4711;
		int r;

		r = rows[i].hex ? at_params_hex(&params, &value) : at_params_u32(&params, &value);
		cr_assert_eq(r, rows[i].r, "%s: %d", rows[i].name, r);
		cr_assert_eq(value, r == 0 ? rows[i].value : 4711, "%s", rows[i].name);
		cr_assert_eq(at_params_more(&params), r != 0 && r != -ENODATA, "%s", rows[i].name);
	}
}

Test(at_params, strings)
{
	static const struct {
		const char *name, *text;
		int r;
		const char *value;
	} rows[] = {
		{"plain", "\"abc\"", 0, "abc"},
		{"empty string", "\"\"", 0, ""},
		{"comma inside", "\"a,b\"", 0, "a,b"},
		{"parenthesis inside", "\"a(b\",1", 0, "a(b"},
		{"escaped quote", "\"a\\22b\"", 0, "a\"b"},
		{"escaped CR", "\"\\0D\"", 0, "\r"},
		{"lone backslash", "\"C:\\x\"", 0, "C:\\x"},
		{"backslash last", "\"a\\\"", 0, "a\\"},
		{"escaped NUL", "\"\\00\"", -EINVAL, NULL},
		{"not quoted", "abc", -EINVAL, NULL},
		{"not closed", "\"abc", -EINVAL, NULL},
		{"one quote", "\"", -EINVAL, NULL},
		{"text behind", "\"abc\"d", -EINVAL, NULL},
		{"two strings", "\"a\"\"b\"", -EINVAL, NULL},
		{"as long as fits", "\"1234567\"", 0, "1234567"},
		{"one too long", "\"12345678\"", -ENOSPC, NULL},
		{"nothing", "", -ENODATA, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct at_params params = params_of(rows[i].text);
		const char *before = params.rest.data;
		char buf[8] = "";
		int r;

		r = at_params_string(&params, buf, sizeof(buf));
		cr_assert_eq(r, rows[i].r, "%s: %d", rows[i].name, r);
		if (r == 0)
			cr_assert_str_eq(buf, rows[i].value, "%s", rows[i].name);
		else if (r != -ENODATA)
			cr_assert_eq(params.rest.data, before, "%s: moved", rows[i].name);
	}
}

Test(at_params, a_string_needs_room_for_its_end)
{
	struct at_params params = params_of("\"\"");

	cr_assert_eq(at_params_string(&params, NULL, 0), -ENOSPC);
}

Test(at_params, raw_parameters)
{
	static const struct {
		const char *name, *text;
		const char *values[4];
	} rows[] = {
		{"lists", "(0,1),(2-3)", {"(0,1)", "(2-3)"}},
		{"nested list", "((1,2),3),4", {"((1,2),3)", "4"}},
		{"quotes stay", "\"a,b\", c ", {"\"a,b\"", "c"}},
		{"list never closed", "(1,2", {"(1,2"}},
		{"closed too often", "1),2", {"1)", "2"}},
		{"quote never closed", "1,\"2,3", {"1", "\"2,3"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct at_params params = params_of(rows[i].text);
		struct hal_slice raw;

		for (const char *const *value = rows[i].values; *value; value++) {
			cr_assert_eq(at_params_raw(&params, &raw), 0, "%s", rows[i].name);
			cr_assert(hal_slice_eq(raw, hal_slice_str(*value)), "%s", rows[i].name);
		}
		cr_assert_not(at_params_more(&params), "%s", rows[i].name);
	}
}

/* What a parameter is, byte by byte. @return its length */
static size_t span_by_bytes(const char *text, size_t len)
{
	bool quoted = false;
	size_t depth = 0, i;

	for (i = 0; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (text[i] == ',' && depth == 0)
			break;
		else if (text[i] == '(')
			depth++;
		else if (text[i] == ')' && depth > 0)
			depth--;
	}
	return i;
}

static void assert_same_as_by_bytes(const char *text, size_t len)
{
	struct at_params params;
	struct hal_slice raw;
	size_t used = 0;

	at_params_init(&params, hal_slice(text, len));
	while (used <= len) {
		size_t n = span_by_bytes(text + used, len - used);
		struct hal_slice wanted = hal_slice_trim(hal_slice(text + used, n));
		int r = at_params_raw(&params, &raw);

		cr_assert_eq(r, wanted.len > 0 ? 0 : -ENODATA, "%.*s at %zu", (int)len, text, used);
		cr_assert(r < 0 || (raw.data == wanted.data && raw.len == wanted.len),
			  "%.*s at %zu: %.*s", (int)len, text, used, (int)raw.len, raw.data);
		used += n + 1;
	}
	cr_assert_eq(at_params_raw(&params, &raw), -ENOENT, "%.*s", (int)len, text);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Texts of the bytes that matter, on the heap, so that reading beside them is seen. */
Test(at_params, any_text_is_taken_apart_as_byte_by_byte)
{
	static const char alphabet[] = "\"\",,,() \t+0aZ\\\xe9";
	uint64_t state = 88172645463325252;

	for (int round = 0; round < 20000; round++) {
		size_t len = next_random(&state) % 48;
		char *text = malloc(len + 1);

		for (size_t i = 0; i < len; i++) {
			uint64_t draw = next_random(&state);

			/* Long words between them, too. */
			text[i] = draw % 3 > 0 && round % 2
					  ? 'x'
					  : alphabet[(draw >> 8) % (sizeof(alphabet) - 1)];
		}
		text = realloc(text, len > 0 ? len : 1);
		assert_same_as_by_bytes(text, len);
		free(text);
	}
}

Test(at_params, a_trailing_comma_is_an_empty_parameter)
{
	struct at_params params = params_of("1,");
	uint32_t value;

	cr_assert_eq(at_params_u32(&params, &value), 0);
	cr_assert(at_params_more(&params));
	cr_assert_eq(at_params_u32(&params, &value), -ENODATA);
	cr_assert_not(at_params_more(&params));
}

Test(at_params, value_lists)
{
	static const struct {
		const char *name, *list;
		uint32_t value;
		bool has;
	} rows[] = {
		{"member", "(0,1,8-10)", 1, true},
		{"range starts", "(0,1,8-10)", 8, true},
		{"in the range", "(0,1,8-10)", 9, true},
		{"range ends", "(0,1,8-10)", 10, true},
		{"behind the range", "(0,1,8-10)", 11, false},
		{"in a gap", "(0,1,8-10)", 2, false},
		{"without parentheses", "0,1,8-10", 9, true},
		{"blanks", " ( 0 , 3 - 5 ) ", 4, true},
		{"class 1.0 is no number", "(0,1.0,8)", 1, false},
		{"words", "(1x,2x,3)", 1, false},
		{"words beside", "(1x,2x,3)", 3, true},
		{"empty", "()", 0, false},
		{"nothing", "", 0, false},
		{"open range", "(3-)", 3, false},
		{"backward range", "(5-3)", 4, false},
		{"three parts", "(1-2-3)", 2, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(at_params_list_has(hal_slice_str(rows[i].list), rows[i].value),
			     rows[i].has, "%s", rows[i].name);
}
