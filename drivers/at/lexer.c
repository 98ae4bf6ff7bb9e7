/* SPDX-License-Identifier: MIT */
#include "drivers/at/lexer.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

static bool is_end(char c)
{
	return c == '\r' || c == '\n';
}

/*
 * Length of the run without control bytes at the front. Eight bytes at a step: the lowest mark is
 * exact, borrows can only make false ones above it.
 */
static inline size_t text_run(const char *text, size_t len)
{
	size_t i = 0;

	for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t word, marks;

		memcpy(&word, text + i, sizeof(word));
		word = le64toh(word);
		marks = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
		if (marks != 0)
			return i + (size_t)__builtin_ctzll(marks) / 8;
	}
	while (i < len && (unsigned char)text[i] >= 0x20)
		i++;
	return i;
}

void at_lexer_init(struct at_lexer *lexer)
{
	lexer->expect_prompt = false;
	lexer->skip_lf = false;
	at_lexer_reset(lexer);
}

void at_lexer_reset(struct at_lexer *lexer)
{
	lexer->len = 0;
	lexer->discarding = false;
	lexer->junk = false;
}

void at_lexer_expect_prompt(struct at_lexer *lexer, bool on)
{
	lexer->expect_prompt = on;
}

static void drop(struct hal_slice *input, size_t n)
{
	input->data += n;
	input->len -= n;
}

/* Take the rest of the current line. @return true when its end was there, and is taken as well */
static bool take_piece(struct at_lexer *lexer, struct hal_slice *input, struct hal_slice *ret_piece)
{
	const char *text = input->data;
	size_t n = text_run(text, input->len);
	bool ended = false;

	while (n < input->len) {
		ended = is_end(text[n]);
		if (ended)
			break;
		if (text[n] != '\t')
			lexer->junk = true;
		n++;
		n += text_run(text + n, input->len - n);
	}
	*ret_piece = hal_slice(text, n);
	lexer->skip_lf = ended && text[n] == '\r';
	drop(input, ended ? n + 1 : n);
	return ended;
}

static void keep(struct at_lexer *lexer, struct hal_slice piece)
{
	size_t space = AT_LINE_MAX - lexer->len;

	if (piece.len > space) {
		lexer->discarding = true;
		piece.len = space;
	}
	memcpy(lexer->buf + lexer->len, piece.data, piece.len);
	lexer->len += piece.len;
}

static bool take_prompt(struct at_lexer *lexer, struct hal_slice *input)
{
	if (lexer->len == 0 && hal_slice_starts(*input, HAL_SLICE("> ")))
		drop(input, 2);
	else if (lexer->len == 1 && lexer->buf[0] == '>' && input->data[0] == ' ')
		drop(input, 1);
	else
		return false;
	at_lexer_reset(lexer);
	lexer->skip_lf = false;
	return true;
}

/* The line that ends with piece, all of it or the part after what has been kept. */
static struct at_token finish(struct at_lexer *lexer, struct hal_slice piece)
{
	struct at_token token = {.type = AT_TOKEN_LINE, .text = piece};

	if (lexer->len > 0 || piece.len > AT_LINE_MAX) {
		keep(lexer, piece);
		token.text = hal_slice(lexer->buf, lexer->len);
	}
	if (lexer->junk)
		token.type = AT_TOKEN_JUNK;
	if (lexer->discarding)
		token.type = AT_TOKEN_OVERLONG;
	at_lexer_reset(lexer);
	return token;
}

enum at_token_type at_lexer_next(struct at_lexer *lexer, struct hal_slice *input,
				 struct at_token *ret_token)
{
	struct hal_slice piece;

	while (input->len > 0) {
		if (lexer->len == 0 && is_end(input->data[0])) {
			lexer->skip_lf = input->data[0] == '\r';
			drop(input, 1);
			continue;
		}
		if (lexer->expect_prompt && take_prompt(lexer, input)) {
			*ret_token = (struct at_token){.type = AT_TOKEN_PROMPT};
			return AT_TOKEN_PROMPT;
		}
		if (!take_piece(lexer, input, &piece)) {
			keep(lexer, piece);
			break;
		}
		*ret_token = finish(lexer, piece);
		return ret_token->type;
	}
	*ret_token = (struct at_token){.type = AT_TOKEN_NONE};
	return AT_TOKEN_NONE;
}

struct hal_slice at_lexer_data(struct at_lexer *lexer, struct hal_slice input)
{
	if (input.len == 0)
		return input;
	if (lexer->skip_lf && input.data[0] == '\n')
		drop(&input, 1);
	lexer->skip_lf = false;
	return input;
}
