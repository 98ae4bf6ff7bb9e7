/* SPDX-License-Identifier: MIT */
#include "drivers/at/tail.h"

#include <string.h>

#define END	 "\r\nNO CARRIER\r\n"
#define ANSWERED END "\r\nERROR\r\n"

const struct at_tail_pattern at_tail_no_carrier = {
	.texts = {{END "\r\nRING\r\n", sizeof(END "\r\nRING\r\n") - 1}, {ANSWERED, AT_TAIL_MAX}},
	.whole = sizeof(END) - 1,
};

const struct at_tail_pattern at_tail_ok = {
	.texts = {{"\r\nOK\r\n", sizeof("\r\nOK\r\n") - 1}},
	.whole = sizeof("\r\nOK\r\n") - 1,
};

void at_tail_init(struct at_tail *tail, const struct at_tail_pattern *pattern)
{
	*tail = (struct at_tail){.pattern = pattern};
}

/* Length of the longest end of text that the pattern begins with. */
static size_t match_one(struct hal_slice pattern, struct hal_slice text)
{
	size_t skipped = text.len > pattern.len ? text.len - pattern.len : 0;

	for (size_t i = skipped; i < text.len; i++)
		if (memcmp(text.data + i, pattern.data, text.len - i) == 0)
			return text.len - i;
	return 0;
}

static size_t match(const struct at_tail_pattern *pattern, struct hal_slice text)
{
	size_t a = match_one(pattern->texts[0], text), b = match_one(pattern->texts[1], text);

	return a > b ? a : b;
}

struct at_tail_data at_tail_take(struct at_tail *tail, struct hal_slice chunk)
{
	size_t recent = chunk.len > AT_TAIL_MAX ? AT_TAIL_MAX : chunk.len;
	size_t total = tail->len + chunk.len, held, freed;
	char joined[2 * AT_TAIL_MAX];
	struct at_tail_data data;

	memcpy(joined, tail->held, tail->len);
	memcpy(joined + tail->len, chunk.data + chunk.len - recent, recent);
	held = match(tail->pattern, hal_slice(joined, tail->len + recent));
	freed = total - held;
	data.held = hal_slice(tail->freed, freed < tail->len ? freed : tail->len);
	data.chunk = hal_slice(chunk.data, freed - data.held.len);
	memcpy(tail->freed, tail->held, data.held.len);
	memcpy(tail->held, joined + tail->len + recent - held, held);
	tail->len = held;
	return data;
}

struct hal_slice at_tail_free(struct at_tail *tail)
{
	struct hal_slice held = hal_slice(tail->freed, tail->len);

	memcpy(tail->freed, tail->held, tail->len);
	tail->len = 0;
	return held;
}

bool at_tail_is_whole(const struct at_tail *tail)
{
	return tail->len >= tail->pattern->whole;
}

bool at_tail_is_answered(const struct at_tail *tail, struct hal_slice chunk)
{
	size_t recent = chunk.len > AT_TAIL_MAX ? AT_TAIL_MAX : chunk.len;
	char joined[2 * AT_TAIL_MAX];

	memcpy(joined, tail->held, tail->len);
	memcpy(joined + tail->len, chunk.data, recent);
	return memmem(joined, tail->len + recent, ANSWERED, AT_TAIL_MAX) ||
	       memmem(chunk.data, chunk.len, ANSWERED, AT_TAIL_MAX);
}
