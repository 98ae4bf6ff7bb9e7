/* SPDX-License-Identifier: MIT */

/* What sz and rz tell, with names that the far end chooses. The first byte says how it is cut: cut
 * or whole it must mean the same. */

#include <string.h>

#include "fuzz.h"
#include "tools/linectl/news.h"

static void count(void *user, const struct news *news)
{
	uint64_t *sum = user;
	size_t length = strlen(news->name);

	FUZZ_CHECK(news->type <= NEWS_TROUBLE && length < NEWS_LINE_MAX);
	FUZZ_CHECK(!strpbrk(news->name, "\r\n"));
	FUZZ_CHECK(news->type != NEWS_FILE || length > 0);
	*sum = *sum * 31 + (uint64_t)news->type * 7 + news->bytes * 5 + news->size * 3 + length + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 0;
	uint64_t cut = 0;
	struct news_reader one = {.tell = count, .user = &whole};
	struct news_reader many = {.tell = count, .user = &cut};
	size_t step;

	if (size < 2)
		return 0;
	step = 1 + data[0] % 64;
	news_read(&one, (const char *)data + 1, size - 1);
	for (size_t at = 1; at < size; at += step)
		news_read(&many, (const char *)data + at, size - at < step ? size - at : step);
	FUZZ_CHECK(whole == cut);
	return 0;
}
