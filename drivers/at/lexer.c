/* SPDX-License-Identifier: MIT */
#include "drivers/at/lexer.h"

#include <string.h>

#include "hal/word.h"

static bool is_end(char c)
{
	return c == '\r' || c == '\n';
}

/* Length of the run without control bytes at the front. */
static inline size_t text_run(const char *text, size_t len)
{
	size_t i = 0;

	for (; i + HAL_WORD_SIZE <= len; i += HAL_WORD_SIZE) {
		uint64_t word = hal_word_load(text + i);

		if (hal_word_may_be_below(word, ' ') && hal_word_below(word, ' ') != 0)
			return i + hal_word_first(hal_word_below(word, ' '));
	}
	while (i < len && (unsigned char)text[i] >= ' ')
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

/* Take a line's end, and the n bytes before it. */
static inline void end_line(struct at_lexer *lexer, struct hal_slice *input, size_t n)
{
	lexer->skip_lf = input->data[n] == '\r';
	drop(input, n + 1);
}

/* Take the rest of the current line. @return true when its end was there, and is taken as well */
static bool take_piece(struct at_lexer *lexer, struct hal_slice *input, struct hal_slice *ret_piece)
{
	const char *text = input->data;
	size_t n = text_run(text, input->len);

	while (n < input->len && !is_end(text[n])) {
		if (text[n] != '\t')
			lexer->junk = true;
		n++;
		n += text_run(text + n, input->len - n);
	}
	*ret_piece = hal_slice(text, n);
	if (n < input->len) {
		end_line(lexer, input, n);
		return true;
	}
	lexer->skip_lf = false;
	drop(input, n);
	return false;
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

/* What nearly every line is: text, from its first byte to its end in one chunk, behind the LF of
 * the line before and CR LF. */
static inline bool take_whole(struct at_lexer *lexer, struct hal_slice *input,
			      struct hal_slice *ret_text)
{
	struct hal_slice line = *input;
	size_t n;

	if (hal_slice_starts(line, HAL_SLICE("\n")))
		drop(&line, 1);
	if (hal_slice_starts(line, HAL_SLICE("\r\n")))
		drop(&line, 2);
	n = text_run(line.data, line.len);
	if (n == 0 || n == line.len || n > AT_LINE_MAX || !is_end(line.data[n]))
		return false;
	*ret_text = hal_slice(line.data, n);
	end_line(lexer, &line, n);
	*input = line;
	return true;
}

static void skip_ends(struct at_lexer *lexer, struct hal_slice *input)
{
	while (input->len > 0 && is_end(input->data[0])) {
		lexer->skip_lf = input->data[0] == '\r';
		drop(input, 1);
	}
}

/* Everything else, too. Kept apart, as whole lines need no stack. */
__attribute__((noinline)) static enum at_token_type take_any(struct at_lexer *lexer,
							     struct hal_slice *input,
							     struct at_token *ret_token)
{
	struct hal_slice piece;

	*ret_token = (struct at_token){.type = AT_TOKEN_NONE};
	if (lexer->len == 0)
		skip_ends(lexer, input);
	if (input->len == 0)
		return AT_TOKEN_NONE;
	if (lexer->expect_prompt && take_prompt(lexer, input))
		ret_token->type = AT_TOKEN_PROMPT;
	else if (take_piece(lexer, input, &piece))
		*ret_token = finish(lexer, piece);
	else
		keep(lexer, piece);
	return ret_token->type;
}

enum at_token_type at_lexer_next(struct at_lexer *lexer, struct hal_slice *input,
				 struct at_token *ret_token)
{
	if (lexer->len > 0 || lexer->expect_prompt || !take_whole(lexer, input, &ret_token->text))
		return take_any(lexer, input, ret_token);
	ret_token->type = AT_TOKEN_LINE;
	return AT_TOKEN_LINE;
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
