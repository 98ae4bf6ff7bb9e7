/* SPDX-License-Identifier: MIT */
#include "tests/bench/corpus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/at/lexer.h"
#include "drivers/at/params.h"
#include "drivers/at/result.h"
#include "tests/bench/bench.h"

#define MESSAGE_MAX 512

static uint32_t draw(uint64_t *state, uint32_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 33) % n;
}

static int put_pdu(char *buf, size_t size, uint64_t *state)
{
	int len = snprintf(buf, size, "\r\n+CMT: ,%u\r\n", 20 + draw(state, 100));

	for (uint32_t n = 40 + draw(state, 200); n > 0; n--)
		buf[len++] = "0123456789ABCDEF"[draw(state, 16)];
	return len + snprintf(buf + len, size - (size_t)len, "\r\n");
}

static int put_message(char *buf, size_t size, uint64_t *state)
{
	static const char *const results[] = {"OK",   "OK",	    "OK",
					      "OK",   "ERROR",	    "+CME ERROR: 30",
					      "BUSY", "NO CARRIER", "CONNECT 33600"};
	uint32_t a = draw(state, 10000000), b = draw(state, 4);

	switch (draw(state, 16)) {
	case 0:
	case 1:
	case 2:
		return snprintf(buf, size, "AT+CLCC\r");
	case 3:
	case 4:
	case 5:
	case 6:
		return snprintf(buf, size, "\r\n%s\r\n", results[draw(state, 9)]);
	case 7:
	case 8:
	case 9:
		return snprintf(buf, size, "\r\n+CLCC: 1,%u,%u,0,0,\"+1555%07u\",145\r\n", b & 1, b,
				a);
	case 10:
	case 11:
		return snprintf(buf, size, "\r\n+CREG: 1,\"%04X\",\"%08X\",7\r\n", a & 0xffff, a);
	case 12:
		return snprintf(buf, size, "\r\nRING\r\n");
	case 13:
		return snprintf(buf, size, "\r\n+CLIP: \"+4930%07u\",145,,,\"Smith, J\",0\r\n", a);
	case 14:
		return put_pdu(buf, size, state);
	default:
		return snprintf(buf, size, "\r\nnoise%c%u\r\n", 1 + (char)b, a);
	}
}

char *corpus_new(size_t size, size_t *ret_len)
{
	uint64_t state = UINT64_C(88172645463325252);
	char *text = malloc(size + 2 * MESSAGE_MAX);
	size_t len = 0;

	bench_check(text != NULL, "no memory");
	while (len < size)
		len += (size_t)put_message(text + len, MESSAGE_MAX, &state);
	memcpy(text + len, "\r\nOK\r\n", 6);
	*ret_len = len + 6;
	return text;
}

uint64_t corpus_split(const char *text, size_t len)
{
	const char *end = text + len, *stop;
	uint64_t lines = 0;

	while (text < end && (stop = memchr(text, '\n', (size_t)(end - text)))) {
		lines++;
		text = stop + 1;
	}
	return lines;
}

/* ---- by hand ---- */

static bool is(const char *line, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(line, text, len) == 0;
}

static bool begins(const char *line, size_t len, const char *text)
{
	return len >= strlen(text) && memcmp(line, text, strlen(text)) == 0;
}

static void split_by_hand(const char *text, size_t len, struct corpus_counts *counts)
{
	bool quoted = false;
	size_t start = 0;

	while (start < len && text[start] == ' ')
		start++;
	for (size_t i = start; i <= len; i++) {
		if (i < len && text[i] == '"')
			quoted = !quoted;
		if (i < len && (text[i] != ',' || quoted))
			continue;
		counts->params++;
		counts->param_bytes += i - start;
		start = i + 1;
	}
}

static void extended_by_hand(const char *line, size_t len, struct corpus_counts *counts)
{
	if (begins(line, len, "+CLCC:"))
		counts->calls++;
	else if (begins(line, len, "+CREG:"))
		counts->registrations++;
	else if (begins(line, len, "+CLIP:"))
		counts->callers++;
	else if (begins(line, len, "+CMT:"))
		counts->messages++;
	else if (begins(line, len, "+CME ERROR:"))
		counts->results++;
	else
		counts->others++;
	if (begins(line, len, "+CMT:"))
		split_by_hand(line + 5, len - 5, counts);
	else if (!begins(line, len, "+CME"))
		split_by_hand(line + 6, len - 6, counts);
}

static void line_by_hand(const char *line, size_t len, struct corpus_counts *counts)
{
	switch (line[0]) {
	case '+':
		extended_by_hand(line, len, counts);
		return;
	case 'O':
		*(is(line, len, "OK") ? &counts->results : &counts->others) += 1;
		return;
	case 'R':
		*(is(line, len, "RING") ? &counts->rings : &counts->others) += 1;
		return;
	case 'E':
		*(is(line, len, "ERROR") ? &counts->results : &counts->others) += 1;
		return;
	case 'B':
		*(is(line, len, "BUSY") ? &counts->results : &counts->others) += 1;
		return;
	case 'N':
		*(is(line, len, "NO CARRIER") ? &counts->results : &counts->others) += 1;
		return;
	case 'C':
		*(begins(line, len, "CONNECT") ? &counts->results : &counts->others) += 1;
		return;
	default:
		counts->others++;
		return;
	}
}

/* In the middle of a line of the cache: elsewhere it may be slower by a tenth, and where the linker
 * puts it is an accident. */
__attribute__((aligned(64), patchable_function_entry(32, 32))) void corpus_parse_by_hand(
	const char *text, size_t len, struct corpus_counts *counts)
{
	const char *end = text + len, *stop;

	while (text < end && (stop = memchr(text, '\r', (size_t)(end - text)))) {
		size_t n;

		while (*text == '\n' && text < stop)
			text++;
		n = (size_t)(stop - text);
		if (n > 0)
			line_by_hand(text, n, counts);
		text = stop + 1;
	}
}

/* ---- the library ---- */

static void take_report(struct hal_slice line, struct corpus_counts *counts)
{
	struct at_params params;
	struct hal_slice text;
	int r;

	if (at_params_start(line, "+CLCC:", &params))
		counts->calls++;
	else if (at_params_start(line, "+CREG:", &params))
		counts->registrations++;
	else if (at_params_start(line, "+CLIP:", &params))
		counts->callers++;
	else if (at_params_start(line, "+CMT:", &params))
		counts->messages++;
	else {
		counts->others++;
		return;
	}
	while ((r = at_params_raw(&params, &text)) != -ENOENT) {
		counts->params++;
		counts->param_bytes += r == 0 ? text.len : 0; /* else it is empty */
	}
}

static void take_line(struct hal_slice line, struct corpus_counts *counts)
{
	enum at_result result = at_result_parse(line);

	if (result == AT_RESULT_NONE && line.data[0] == '+')
		take_report(line, counts);
	else if (result == AT_RESULT_NONE)
		counts->others++;
	else if (result == AT_RESULT_RING)
		counts->rings++;
	else
		counts->results++;
}

void corpus_parse(const char *text, size_t len, size_t chunk, struct corpus_counts *counts)
{
	struct at_lexer lexer;
	struct at_token token;

	at_lexer_init(&lexer);
	while (len > 0) {
		struct hal_slice input = hal_slice(text, chunk < len ? chunk : len);

		text += input.len;
		len -= input.len;
		while (at_lexer_next(&lexer, &input, &token) != AT_TOKEN_NONE) {
			if (token.type == AT_TOKEN_LINE)
				take_line(token.text, counts);
			else
				counts->others++;
		}
	}
}
