/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <criterion/criterion.h>

#include "drivers/at/tail.h"

#define END   "\r\nNO CARRIER\r\n"
#define ERROR "\r\nERROR\r\n"

/* The text in chunks of so many bytes; what is given as data, and what is held in the end.
 * @return is the line answered with an error in it? */
static bool feed(const char *text, size_t most, char *given, struct at_tail *tail)
{
	size_t len = strlen(text), n;
	bool answered = false;

	given[0] = '\0';
	at_tail_init(tail, &at_tail_no_carrier);
	for (size_t at = 0; at < len; at += n) {
		struct at_tail_data data;

		n = len - at < most ? len - at : most;
		if (at_tail_is_answered(tail, hal_slice(text + at, n)))
			answered = true;
		data = at_tail_take(tail, hal_slice(text + at, n));
		(void)strncat(given, data.held.data, data.held.len);
		(void)strncat(given, data.chunk.data, data.chunk.len);
	}
	return answered;
}

Test(at_tail, is_the_longest_end_that_may_be_the_modems)
{
	static const struct {
		const char *name, *text, *held;
	} rows[] = {
		{"data", "abc", ""},
		{"CR", "abc\r", "\r"},
		{"CR LF", "abc\r\n", "\r\n"},
		{"a beginning", "abc\r\nNO CAR", "\r\nNO CAR"},
		{"the line", "abc" END, END},
		{"the line alone", END, END},
		{"the line in the middle", "abc" END "x", ""},
		{"LF is missing", "abc\nNO CARRIER\r\n", "\r\n"},
		{"the other case", "\r\nno carrier\r\n", "\r\n"},
		{"twice", END END, END},
		{"a ring begins behind it", END "\r\nRI", END "\r\nRI"},
		{"a ring behind it", END "\r\nRING\r\n", END "\r\nRING\r\n"},
		{"two rings", END "\r\nRING\r\n\r\nRING\r\n", "\r\n"},
		{"a ring alone", "\r\nRING\r\n", "\r\n"},
		{"CR before it", "\r\r\n" END, END},
		{"a beginning before it", "\r\nNO CARR" END, END},
		{"half of it after a ring", END "\r\nRING\r\nNO", "\r\nNO"},
		{"an error begins behind it", END "\r\nERR", END "\r\nERR"},
		{"an error behind it", END ERROR, END ERROR},
		{"two errors", END ERROR ERROR, "\r\n"},
		{"an error and more in the middle", "abc" END ERROR "x", ""},
		{"an error alone", "abc" ERROR, "\r\n"},
		{"an error before it", ERROR END, END},
		{"something between", END "x" ERROR, "\r\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].text), held = strlen(rows[i].held);

		for (size_t most = 1; most <= len; most++) {
			struct at_tail tail;
			char given[128];

			cr_assert_eq(feed(rows[i].text, most, given, &tail),
				     strstr(rows[i].text, END ERROR) != NULL, "%s by %zu",
				     rows[i].name, most);
			cr_assert_eq(tail.len, held, "%s by %zu: %zu", rows[i].name, most,
				     tail.len);
			cr_assert_eq(memcmp(tail.held, rows[i].held, held), 0, "%s", rows[i].name);
			cr_assert_eq(strlen(given), len - held, "%s by %zu", rows[i].name, most);
			cr_assert_eq(strncmp(given, rows[i].text, len - held), 0);
			cr_assert_eq(at_tail_is_whole(&tail), held >= strlen(END), "%s",
				     rows[i].name);
		}
	}
}

Test(at_tail, gives_back_what_it_holds)
{
	struct at_tail tail;
	struct hal_slice held;
	char given[16];

	cr_assert_not(feed("abc\r\nNO", 2, given, &tail));
	held = at_tail_free(&tail);
	cr_assert(hal_slice_eq(held, HAL_SLICE("\r\nNO")));
	cr_assert_eq(at_tail_free(&tail).len, 0);
}
