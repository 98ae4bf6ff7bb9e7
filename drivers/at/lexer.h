/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_LEXER_H
#define DRIVERS_AT_LEXER_H

/*
 * Bytes from a modem in command state → lines and prompts. Pull style, so that the reader of one
 * token decides what the bytes after it mean (data follows CONNECT).
 *
 * - A line ends at CR or LF (V.250 §5.7.1 sends CR LF around every response; some cellular modems
 *   send CR alone); empty lines are not reported.
 * - An over-long line is discarded up to its end and reported once as AT_TOKEN_OVERLONG.
 * - A line with bytes below 0x20 other than TAB is AT_TOKEN_JUNK: to be logged, never matched.
 *   Bytes above 0x7e are text: names and SMS text are 8 bit.
 * - "> " at the start of a line is AT_TOKEN_PROMPT, only while prompts are expected (27.005 §3.5).
 *
 * Any chunking of the input gives the same tokens. Complete lines inside one chunk are returned
 * without copying.
 */

#include <stdbool.h>

#include "hal/slice.h"

/* Longest useful line: 27.007 §6.10 +CEER text is free, PDUs reach ~400. */
#define AT_LINE_MAX 1024

enum at_token_type {
	AT_TOKEN_NONE, /* input used up, no complete token */
	AT_TOKEN_LINE,
	AT_TOKEN_PROMPT,
	AT_TOKEN_JUNK,
	AT_TOKEN_OVERLONG, /* text: the first bytes, for the log */
};

struct at_token {
	enum at_token_type type;
	struct hal_slice
		text; /* without line end; valid until the next call and as long as input */
};

struct at_lexer {
	size_t len;	 /* of the partial line in buf */
	bool discarding; /* the rest of a line that is too long */
	bool junk;
	bool expect_prompt;
	bool skip_lf; /* the last byte taken was a CR: an LF now belongs to it */
	char buf[AT_LINE_MAX];
};

void at_lexer_init(struct at_lexer *lexer);
/* Forget a partial line. */
void at_lexer_reset(struct at_lexer *lexer);
void at_lexer_expect_prompt(struct at_lexer *lexer, bool on);

/*
 * Take one token off the front of *input.
 * @return its type; AT_TOKEN_NONE when *input is used up (and is empty now)
 */
enum at_token_type at_lexer_next(struct at_lexer *lexer, struct hal_slice *input,
				 struct at_token *ret_token);

/*
 * The stream leaves command state after the token just returned: give back the bytes of *input that
 * are data, without the LF that ends the CONNECT line, now or when it comes in the next chunk (call
 * it for each chunk; it only ever skips one LF).
 */
struct hal_slice at_lexer_data(struct at_lexer *lexer, struct hal_slice input);

#endif
