/* SPDX-License-Identifier: MIT */
#include "core/number.h"

#include <errno.h>

#include <criterion/criterion.h>

#define TEN "1234567890"
#define MAX TEN TEN TEN TEN TEN TEN "1234"

static const struct {
	const char *name;
	const char *number;
	const char *sent; /* NULL: refused */
	size_t position;
} rows[] = {
	{"digits", "0301234567", "0301234567", 0},
	{"international", "+49301234567", "+49301234567", 0},
	{"separators", "(030) 123-45.67/8", "03012345678", 0},
	{"plus behind separators", " (+49) 30", "+4930", 0},
	{"star and hash", "*31#123", "*31#123", 0},
	{"letters of the key pad", "1ABCDabcd", "1ABCDabcd", 0},
	{"modifiers", "0,W@!tTpP1w", "0,W@!tTpP1w", 0},
	{"star alone", "*", "*", 0},
	{"longest", MAX, MAX, 0},
	{"longest with separators", MAX "---", MAX, 0},

	{"empty", "", NULL, 0},
	{"separators only", "- -", NULL, 3},
	{"modifiers only", ",,W", NULL, 3},
	{"plus only", "+", NULL, 1},
	{"too long", MAX "5", NULL, 64},
	{"much too long", MAX MAX, NULL, 64},
	{"plus in the middle", "49+30", NULL, 2},
	{"two pluses", "++49", NULL, 1},
	{"carriage return", "123\rATH", NULL, 3},
	{"line feed", "123\nATH", NULL, 3},
	{"carriage return first", "\r123", NULL, 0},
	{"semicolon", "123;", NULL, 3},
	{"semicolon between", "123;H", NULL, 3},
	{"tab", "1\t2", NULL, 1},
	{"escape", "1\0332", NULL, 1},
	{"delete", "1\1772", NULL, 1},
	{"not ASCII", "1\3042", NULL, 1},
	{"letter E", "12E", NULL, 2},
	{"vanity number", "0800-FLOWERS", NULL, 5},
	{"flash of another dialect", "1&2", NULL, 1},
	{"greater than", "1>2", NULL, 1},
	{"S of stored numbers", "S1", NULL, 0},
	{"quotes", "\"123\"", NULL, 0},
	{"percent", "1%s", NULL, 1},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

Test(number, what_is_sent_is_what_may_be_dialled)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		char buf[TL_NUMBER_MAX + 1] = "untouched";
		size_t position = 99;
		int r = core_number_normalise(rows[i].number, buf, &position);

		if (rows[i].sent) {
			cr_assert_eq(r, 0, "%s", rows[i].name);
			cr_assert_str_eq(buf, rows[i].sent, "%s", rows[i].name);
			cr_assert_eq(position, 99, "%s", rows[i].name);
		} else {
			cr_assert_eq(r, -EINVAL, "%s", rows[i].name);
			cr_assert_eq(position, rows[i].position, "%s: %zu", rows[i].name, position);
		}
	}
}

Test(number, every_byte_but_those_of_the_dial_alphabet_is_refused)
{
	static const char allowed[] = "0123456789*#ABCDabcd,WwTtPp@! -.()/";

	for (int c = 1; c < 256; c++) {
		char number[] = {'1', (char)c, '\0'};
		bool listed = false;

		for (const char *a = allowed; *a; a++)
			listed = listed || *a == (char)c;
		cr_assert_eq(tl_number_check(number, NULL), listed ? 0 : -EINVAL, "byte %d", c);
	}
}

Test(number, check_says_where_it_is_wrong)
{
	size_t position = 99;

	cr_assert_eq(tl_number_check("12", &position), 0);
	cr_assert_eq(position, 99);
	cr_assert_eq(tl_number_check("12x", &position), -EINVAL);
	cr_assert_eq(position, 2);
	cr_assert_eq(tl_number_check(NULL, &position), -EINVAL);
	cr_assert_eq(position, 0);
}
