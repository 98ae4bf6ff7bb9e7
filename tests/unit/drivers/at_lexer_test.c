/* SPDX-License-Identifier: MIT */
#include "drivers/at/lexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define TRANSCRIPT_MAX 8192

/* What a lexer made of the bytes fed so far: "L3:RNG" for a line, "P0:" for a prompt … */
struct transcript {
	struct at_lexer lexer;
	char text[TRANSCRIPT_MAX];
	size_t len;
};

static void transcript_init(struct transcript *t, bool prompts)
{
	at_lexer_init(&t->lexer);
	at_lexer_expect_prompt(&t->lexer, prompts);
	t->len = 0;
}

static void record(struct transcript *t, const struct at_token *token)
{
	t->len += (size_t)snprintf(t->text + t->len, TRANSCRIPT_MAX - t->len,
				   "%c%zu:", "-LPJO"[token->type], token -> text.len);
	cr_assert_lt(t->len + token->text.len, TRANSCRIPT_MAX);
	if (token->text.len > 0)
		memcpy(t->text + t->len, token->text.data, token->text.len);
	t->len += token->text.len;
}

/* The chunk is a heap copy, so that reading beside it or keeping it is seen by the sanitizer. */
static void feed(struct transcript *t, const char *bytes, size_t len)
{
	char *chunk = malloc(len ? len : 1);
	struct hal_slice input = hal_slice(chunk, len);
	struct at_token token;

	memcpy(chunk, bytes, len);
	while (at_lexer_next(&t->lexer, &input, &token) != AT_TOKEN_NONE)
		record(t, &token);
	cr_assert_eq(input.len, 0);
	free(chunk);
}

static void assert_same(const struct transcript *a, const struct transcript *b, const char *name,
			size_t split)
{
	cr_assert(a->len == b->len && memcmp(a->text, b->text, a->len) == 0,
		  "%s split at %zu:\n%.*s\n%.*s", name, split, (int)a->len, a->text, (int)b->len,
		  b->text);
}

#define A16  "AAAAAAAAAAAAAAAA"
#define A256 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16

static const struct {
	const char *name;
	bool prompts;
	struct hal_slice bytes;
	const char *tokens; /* NULL: only compared between the ways to split */
} rows[] = {
	{"one answer", false, HAL_SLICE("\r\nOK\r\n"), "L2:OK"},
	{"echo and answer", false, HAL_SLICE("ATE0\r\r\nOK\r\n"), "L4:ATE0L2:OK"},
	{"CR only", false, HAL_SLICE("RING\rOK\r"), "L4:RINGL2:OK"},
	{"LF only", false, HAL_SLICE("RING\nOK\n"), "L4:RINGL2:OK"},
	{"LF CR", false, HAL_SLICE("RING\n\rOK\n\r"), "L4:RINGL2:OK"},
	{"empty lines", false, HAL_SLICE("\r\n\r\r\n\n\n\r"), ""},
	{"line without an end", false, HAL_SLICE("OK\r\nRIN"), "L2:OK"},
	{"blanks count", false, HAL_SLICE(" OK \r \r"), "L4: OK L1: "},
	{"TAB is text", false, HAL_SLICE("a\tb\tc\r\tabcdefghijkl\r"),
	 "L5:a\tb\tcL13:\tabcdefghijkl"},
	{"8 bit is text", false, HAL_SLICE("NAME=Andr\xe9\xff\x80 xyz\r"),
	 "L16:NAME=Andr\xe9\xff\x80 xyz"},
	{"DEL is text", false, HAL_SLICE("abcdefgh\x7f\r"), "L9:abcdefgh\x7f"},
	{"ESC is junk", false, HAL_SLICE("\x1b[2J\rOK\r"), "J4:\x1b[2JL2:OK"},
	{"prompt", true, HAL_SLICE("\r\n> "), "P0:"},
	{"prompt and text behind", true, HAL_SLICE("\r\n> +CMGS: 1\r\n"), "P0:L8:+CMGS: 1"},
	{"two prompts", true, HAL_SLICE("> > OK\r"), "P0:P0:L2:OK"},
	{"prompt inside a line", true, HAL_SLICE("a> b\r>\r>x\r"), "L4:a> bL1:>L2:>x"},
	{"prompt not expected", false, HAL_SLICE("\r\n> \r\n"), "L2:> "},
	{"prompt behind junk", true, HAL_SLICE("\x01> \r> "), "J3:\x01> P0:"},
	{"runs of each length", false,
	 HAL_SLICE("1\r12\r123\r1234\r12345\r123456\r1234567\r12345678\r123456789\r1234567890\r"),
	 "L1:1L2:12L3:123L4:1234L5:12345L6:123456L7:1234567L8:12345678L9:123456789"
	 "L10:1234567890"},
	{"NUL", false, HAL_SLICE("\0\r\nOK\0\r\nO\0K\r\nOK\r\n"), NULL},
	{"noise", false, HAL_SLICE("\xff\xfe\x00\x11\x13~~{\x7f\r\r\n\x80\x81\r\nRING\r\n"), NULL},
	{"as long as fits", false, HAL_SLICE(A256 A256 A256 A256 "\rOK\r"), NULL},
	{"one too long", false, HAL_SLICE(A256 A256 A256 A256 "B\rOK\r"), NULL},
	{"result in a tail", false, HAL_SLICE(A256 A256 A256 A256 "NO CARRIER\rOK\r"), NULL},
	{"prompt in a tail", true, HAL_SLICE(A256 A256 A256 A256 "> \r> "), NULL},
	{"over-long junk", false, HAL_SLICE(A256 A256 A256 A256 "\0\0\rOK\r"), NULL},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

Test(at_lexer, tokens)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		struct transcript t;

		if (!rows[i].tokens)
			continue;
		transcript_init(&t, rows[i].prompts);
		feed(&t, rows[i].bytes.data, rows[i].bytes.len);
		cr_assert(t.len == strlen(rows[i].tokens) &&
				  memcmp(t.text, rows[i].tokens, t.len) == 0,
			  "%s: %.*s", rows[i].name, (int)t.len, t.text);
	}
}

Test(at_lexer, a_line_with_NUL_is_junk)
{
	static const char bytes[] = "OK\0\rO\0K\r\0OK\r";
	struct hal_slice input = hal_slice(bytes, sizeof(bytes) - 1);
	struct at_lexer lexer;
	struct at_token token;

	at_lexer_init(&lexer);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_JUNK);
		cr_assert_eq(token.text.len, 3);
	}
	cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_NONE);
}

Test(at_lexer, an_over_long_line_is_reported_once_by_its_first_bytes)
{
	static const struct {
		const char *name;
		size_t len;
		enum at_token_type type;
		size_t text_len;
	} lines[] = {
		{"longest", AT_LINE_MAX, AT_TOKEN_LINE, AT_LINE_MAX},
		{"too long by one", AT_LINE_MAX + 1, AT_TOKEN_OVERLONG, AT_LINE_MAX},
		{"twice too long", 2 * AT_LINE_MAX + 1, AT_TOKEN_OVERLONG, AT_LINE_MAX},
	};
	char bytes[2 * AT_LINE_MAX + 8];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct hal_slice input = hal_slice(bytes, lines[i].len + 5);
		struct at_lexer lexer;
		struct at_token token;

		memset(bytes, 'x', sizeof(bytes));
		memcpy(bytes + lines[i].len, "\r\nOK\r", 5);
		at_lexer_init(&lexer);
		cr_assert_eq(at_lexer_next(&lexer, &input, &token), lines[i].type);
		cr_assert_eq(token.text.len, lines[i].text_len, "%s", lines[i].name);
		cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_LINE);
		cr_assert(hal_slice_eq(token.text, HAL_SLICE("OK")), "%s", lines[i].name);
	}
}

Test(at_lexer, every_split_in_two_gives_the_same_tokens)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		struct hal_slice bytes = rows[i].bytes;
		struct transcript whole, split;

		transcript_init(&whole, rows[i].prompts);
		feed(&whole, bytes.data, bytes.len);
		for (size_t at = 0; at <= bytes.len; at++) {
			transcript_init(&split, rows[i].prompts);
			feed(&split, bytes.data, at);
			feed(&split, bytes.data + at, bytes.len - at);
			assert_same(&whole, &split, rows[i].name, at);
		}
	}
}

Test(at_lexer, single_bytes_give_the_same_tokens)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		struct hal_slice bytes = rows[i].bytes;
		struct transcript whole, split;

		transcript_init(&whole, rows[i].prompts);
		transcript_init(&split, rows[i].prompts);
		feed(&whole, bytes.data, bytes.len);
		for (size_t at = 0; at < bytes.len; at++)
			feed(&split, bytes.data + at, 1);
		assert_same(&whole, &split, rows[i].name, 1);
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Random streams out of the bytes that matter, cut at random. */
Test(at_lexer, random_chunks_give_the_same_tokens)
{
	static const char alphabet[] = "\r\n> OKab\t\x7f\xe9\x00";
	uint64_t state = 88172645463325252;

	for (int round = 0; round < 2000; round++) {
		struct transcript whole, split;
		char bytes[64];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = alphabet[next_random(&state) % (sizeof(alphabet) - 1)];
		transcript_init(&whole, round % 2);
		transcript_init(&split, round % 2);
		feed(&whole, bytes, sizeof(bytes));
		for (size_t at = 0, n; at < sizeof(bytes); at += n) {
			n = 1 + next_random(&state) % 9;
			n = n < sizeof(bytes) - at ? n : sizeof(bytes) - at;
			feed(&split, bytes + at, n);
		}
		assert_same(&whole, &split, "random", (size_t)round);
	}
}

Test(at_lexer, complete_lines_are_not_copied)
{
	static const char bytes[] = "\r\n+CSQ: 20,99\r\n\r\nOK\r\n";
	struct hal_slice input = hal_slice(bytes, sizeof(bytes) - 1);
	struct at_lexer lexer;
	struct at_token token;

	at_lexer_init(&lexer);
	at_lexer_next(&lexer, &input, &token);
	cr_assert_eq(token.text.data, bytes + 2);
	at_lexer_next(&lexer, &input, &token);
	cr_assert_eq(token.text.data, bytes + 17);
}

Test(at_lexer, a_prompt_counts_only_while_expected)
{
	struct hal_slice input = HAL_SLICE("> x\r> ");
	struct at_lexer lexer;
	struct at_token token;

	at_lexer_init(&lexer);
	cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_LINE);
	at_lexer_expect_prompt(&lexer, true);
	cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_PROMPT);
}

Test(at_lexer, reset_forgets_a_partial_line)
{
	static const char *const partials[] = {"abc", "\x01", A256 A256 A256 A256 A256};

	for (size_t i = 0; i < 3; i++) {
		struct hal_slice input = hal_slice_str(partials[i]);
		struct at_lexer lexer;
		struct at_token token;

		at_lexer_init(&lexer);
		cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_NONE);
		at_lexer_reset(&lexer);
		input = HAL_SLICE("OK\r");
		cr_assert_eq(at_lexer_next(&lexer, &input, &token), AT_TOKEN_LINE);
		cr_assert(hal_slice_eq(token.text, HAL_SLICE("OK")));
	}
}

/* Data behind CONNECT starts behind its CR or CR LF, wherever the chunks end. */
Test(at_lexer, data_follows_the_connect_line)
{
	static const struct {
		const char *name, *bytes, *data;
	} tables[] = {
		{"CR LF", "\r\nCONNECT\r\n~\x7e}data", "~\x7e}data"},
		{"CR only", "CONNECT\rdata", "data"},
		{"LF only", "CONNECT\ndata", "data"},
		{"data starts with LF", "CONNECT\r\n\ndata\r\n", "\ndata\r\n"},
		{"data starts with LF behind LF", "CONNECT\n\ndata", "\ndata"},
		{"data starts with CR", "CONNECT\r\n\r\ndata", "\r\ndata"},
		{"no data yet", "CONNECT\r\n", ""},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct hal_slice all = hal_slice_str(tables[i].bytes);

		for (size_t at = 0; at <= all.len; at++) {
			struct hal_slice pieces[] = {{all.data, at}, {all.data + at, all.len - at}};
			struct at_lexer lexer;
			struct at_token token;
			bool online = false;
			char data[64];
			size_t len = 0;

			at_lexer_init(&lexer);
			for (size_t p = 0; p < 2; p++) {
				struct hal_slice piece = pieces[p];

				if (!online)
					online = at_lexer_next(&lexer, &piece, &token) ==
						 AT_TOKEN_LINE;
				if (!online)
					continue;
				piece = at_lexer_data(&lexer, piece);
				memcpy(data + len, piece.data, piece.len);
				len += piece.len;
			}
			cr_assert(len == strlen(tables[i].data) &&
					  memcmp(data, tables[i].data, len) == 0,
				  "%s split at %zu: %.*s", tables[i].name, at, (int)len, data);
		}
	}
}
