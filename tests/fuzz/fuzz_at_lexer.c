/* SPDX-License-Identifier: MIT */

/*
 * The first byte says how long the chunks are and whether prompts are expected; the rest, cut into
 * chunks of lengths that it gives itself, must give the same tokens as in one piece.
 */

#include <stdbool.h>
#include <string.h>

#include "drivers/at/lexer.h"
#include "fuzz.h"

struct transcript {
	uint8_t *bytes;
	size_t len;
};

static void add(struct transcript *t, const void *bytes, size_t len)
{
	t->bytes = realloc(t->bytes, t->len + len + 1);
	FUZZ_CHECK(t->bytes);
	if (len > 0)
		memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void feed(struct at_lexer *lexer, struct transcript *t, const uint8_t *data, size_t len)
{
	/* The chunk is freed at once: what the lexer keeps must be a copy. */
	char *chunk = malloc(len > 0 ? len : 1);
	struct hal_slice input = hal_slice(chunk, len);
	struct at_token token;

	FUZZ_CHECK(chunk);
	memcpy(chunk, data, len);
	while (at_lexer_next(lexer, &input, &token) != AT_TOKEN_NONE) {
		FUZZ_CHECK(token.text.len <= AT_LINE_MAX);
		FUZZ_CHECK((token.text.len == 0) == (token.type == AT_TOKEN_PROMPT));
		add(t, &token.type, sizeof(token.type));
		add(t, &token.text.len, sizeof(token.text.len));
		add(t, token.text.data, token.text.len);
	}
	FUZZ_CHECK(input.len == 0);
	free(chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transcript whole = {0}, cut = {0};
	struct at_lexer lexer;
	uint8_t mode;

	if (size == 0)
		return 0;
	mode = data[0];
	data++;
	size--;

	at_lexer_init(&lexer);
	at_lexer_expect_prompt(&lexer, mode & 1);
	feed(&lexer, &whole, data, size);

	at_lexer_init(&lexer);
	at_lexer_expect_prompt(&lexer, mode & 1);
	for (size_t at = 0, n; at < size; at += n) {
		n = 1 + (size_t)(data[at] ^ mode) % (1 + (mode >> 1));
		n = n < size - at ? n : size - at;
		feed(&lexer, &cut, data + at, n);
	}

	FUZZ_CHECK(whole.len == cut.len);
	FUZZ_CHECK(whole.len == 0 || memcmp(whole.bytes, cut.bytes, whole.len) == 0);
	free(whole.bytes);
	free(cut.bytes);
	return 0;
}
