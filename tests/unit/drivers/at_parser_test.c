/* SPDX-License-Identifier: MIT */
/*
 * Lexer, results and parameters together on a long stream of what modems say: it makes no
 * difference how it is cut, and they find what a loop by hand does that sees all of it at once.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "drivers/at/lexer.h"
#include "drivers/at/params.h"
#include "drivers/at/result.h"
#include "tests/bench/corpus.h"

#define CORPUS_SIZE 200000
#define EVENTS_SIZE (4 * CORPUS_SIZE)

/* "1 4 RING\n", "1 2 OK\n" …: type of token, result, text, and below it the parameters */
struct events {
	char *text;
	size_t len;
};

static const size_t chunks[] = {1, 7, 64, 512, 4096};

#define N_CHUNKS (sizeof(chunks) / sizeof(chunks[0]))

static void add(struct events *events, char head, struct hal_slice text)
{
	cr_assert_lt(events->len + text.len + 2, EVENTS_SIZE);
	events->text[events->len++] = head;
	if (text.len > 0)
		memcpy(events->text + events->len, text.data, text.len);
	events->len += text.len;
	events->text[events->len++] = '\n';
}

static void add_token(struct events *events, const struct at_token *token)
{
	struct at_params params;
	struct hal_slice raw;

	add(events, (char)('0' + token->type), token->text);
	add(events, (char)('A' + at_result_parse(token->text)), HAL_SLICE(""));
	if (!at_params_start(token->text, "+C", &params))
		return;
	while (at_params_more(&params)) {
		if (at_params_raw(&params, &raw) < 0)
			raw = HAL_SLICE("");
		add(events, ' ', raw);
	}
}

static struct events read_in_chunks(const char *text, size_t len, size_t size)
{
	struct events events = {.text = malloc(EVENTS_SIZE)};
	struct at_lexer lexer;

	at_lexer_init(&lexer);
	for (size_t at = 0, n; at < len; at += n) {
		struct hal_slice input;
		struct at_token token;
		char *chunk;

		/* A heap copy, so that reading beside it or keeping it is seen. */
		n = size < len - at ? size : len - at;
		chunk = malloc(n);
		memcpy(chunk, text + at, n);
		input = hal_slice(chunk, n);
		while (at_lexer_next(&lexer, &input, &token) != AT_TOKEN_NONE)
			add_token(&events, &token);
		free(chunk);
	}
	return events;
}

Test(at_parser, chunks_of_any_size_give_the_same_events)
{
	size_t len;
	char *text = corpus_new(CORPUS_SIZE, &len);
	struct events whole = read_in_chunks(text, len, len);

	cr_assert_gt(whole.len, len / 2);
	for (size_t i = 0; i < N_CHUNKS; i++) {
		struct events cut = read_in_chunks(text, len, chunks[i]);

		cr_assert(cut.len == whole.len && memcmp(cut.text, whole.text, cut.len) == 0,
			  "chunks of %zu", chunks[i]);
		free(cut.text);
	}
	free(whole.text);
	free(text);
}

Test(at_parser, finds_what_a_loop_by_hand_does)
{
	struct corpus_counts by_hand = {0};
	size_t len;
	char *text = corpus_new(CORPUS_SIZE, &len);

	corpus_parse_by_hand(text, len, &by_hand);
	cr_assert_gt(by_hand.calls, 0);
	for (size_t i = 0; i < N_CHUNKS; i++) {
		struct corpus_counts counts = {0};

		corpus_parse(text, len, chunks[i], &counts);
		cr_assert_eq(memcmp(&counts, &by_hand, sizeof(counts)), 0, "chunks of %zu",
			     chunks[i]);
	}
	free(text);
}
