/* SPDX-License-Identifier: MIT */

/*
 * The end of the data: the first byte chooses the sizes of the chunks, and however they are cut the
 * same is given as data and the same is held. Nothing is lost, doubled or put into another order.
 */

#include <string.h>

#include "drivers/at/tail.h"
#include "fuzz.h"

#define MAX 4096

struct outcome {
	char given[MAX];
	size_t len;
	bool answered;
	struct at_tail tail;
};

static void keep(struct outcome *o, struct hal_slice data)
{
	memcpy(o->given + o->len, data.data, data.len);
	o->len += data.len;
}

static void run(struct outcome *o, const char *text, size_t len, uint32_t cut)
{
	at_tail_init(&o->tail, &at_tail_no_carrier);
	o->len = 0;
	o->answered = false;
	for (size_t at = 0, n; at < len; at += n) {
		struct at_tail_data data;

		cut = cut * 1103515245 + 12345;
		n = 1 + (cut >> 16) % (cut & 1 ? 3 : 64);
		if (n > len - at)
			n = len - at;
		if (at_tail_is_answered(&o->tail, hal_slice(text + at, n)))
			o->answered = true;
		data = at_tail_take(&o->tail, hal_slice(text + at, n));
		keep(o, data.held);
		keep(o, data.chunk);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hal_slice *texts = at_tail_no_carrier.texts;
	const char *text = (const char *)data + 1;
	struct outcome a, b;

	if (size < 2 || size > MAX)
		return 0;
	run(&a, text, size - 1, data[0]);
	run(&b, text, size - 1, data[0] * 7919u + 1);
	FUZZ_CHECK(a.len == b.len && a.len + a.tail.len == size - 1);
	FUZZ_CHECK(a.tail.len == b.tail.len);
	FUZZ_CHECK(memcmp(a.given, b.given, a.len) == 0);
	FUZZ_CHECK(memcmp(a.given, text, a.len) == 0);
	FUZZ_CHECK(memcmp(a.tail.held, text + a.len, a.tail.len) == 0);
	FUZZ_CHECK(memcmp(a.tail.held, texts[0].data, a.tail.len) == 0 ||
		   memcmp(a.tail.held, texts[1].data, a.tail.len) == 0);
	FUZZ_CHECK(a.answered == b.answered);
	FUZZ_CHECK(a.answered == !!memmem(text, size - 1, texts[1].data, texts[1].len));
	FUZZ_CHECK(at_tail_free(&a.tail).len == b.tail.len && a.tail.len == 0);
	return 0;
}
