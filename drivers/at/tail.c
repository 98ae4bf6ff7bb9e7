/* SPDX-License-Identifier: MIT */
#include "drivers/at/tail.h"

#include <string.h>

#define BEGIN	 '\r' /* of all patterns */
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
static size_t match(const struct at_tail_pattern *pattern, struct hal_slice text)
{
	const char *end = text.data + text.len, *at = text.data;

	while ((at = memchr(at, BEGIN, (size_t)(end - at)))) {
		struct hal_slice rest = hal_slice(at, (size_t)(end - at));

		if (hal_slice_starts(pattern->texts[0], rest) ||
		    hal_slice_starts(pattern->texts[1], rest))
			return rest.len;
		at++;
	}
	return 0;
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

/* Between two CR memchr(3) is ten times as fast as memmem(3), and most data has few of them. */
static bool holds_answered(struct hal_slice text)
{
	const struct hal_slice answered = HAL_SLICE(ANSWERED);
	const char *at;

	while (text.len >= AT_TAIL_MAX &&
	       (at = memchr(text.data, BEGIN, text.len - (AT_TAIL_MAX - 1)))) {
		text = hal_slice_skip(text, (size_t)(at - text.data));
		if (hal_slice_starts(text, answered))
			return true;
		text = hal_slice_skip(text, 1);
	}
	return false;
}

bool at_tail_is_answered(const struct at_tail *tail, struct hal_slice chunk)
{
	size_t recent = chunk.len > AT_TAIL_MAX ? AT_TAIL_MAX : chunk.len;
	char joined[2 * AT_TAIL_MAX];

	memcpy(joined, tail->held, tail->len);
	memcpy(joined + tail->len, chunk.data, recent);
	return holds_answered(hal_slice(joined, tail->len + recent)) || holds_answered(chunk);
}
