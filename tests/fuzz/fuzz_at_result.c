/* SPDX-License-Identifier: MIT */

/* One line: as a result, as a report about the link, and as it may be logged. */

#include <string.h>

#include "drivers/at/redact.h"
#include "drivers/at/result.h"
#include "fuzz.h"

static void check_link(const struct at_link *link)
{
	FUZZ_CHECK(memchr(link->modulation, '\0', sizeof(link->modulation)));
	FUZZ_CHECK(memchr(link->error_control, '\0', sizeof(link->error_control)));
	FUZZ_CHECK(memchr(link->compression, '\0', sizeof(link->compression)));
}

static void check_text(const char *buf, size_t size)
{
	FUZZ_CHECK(size == 0 || memchr(buf, '\0', size));
	for (; size > 0 && *buf; buf++)
		FUZZ_CHECK(*buf >= 0x20 && *buf < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_slice line = hal_slice((const char *)data, size);
	enum at_result result = at_result_parse(line);
	struct at_link link = {0};
	uint32_t code;
	size_t room = size % 97;
	char *buf;

	FUZZ_CHECK(at_result_name(result));
	FUZZ_CHECK(!(at_result_is_plain_final(result) && at_result_is_call_final(result)));
	(void)at_result_error_code(line, &code);
	at_link_add_report(&link, line);
	at_link_add_connect(&link, line);
	check_link(&link);

	buf = malloc(room > 0 ? room : 1);
	FUZZ_CHECK(buf);
	check_text(at_redact_line(line, buf, room), room);
	check_text(at_redact_command(line, buf, room), room);
	free(buf);
	return 0;
}
