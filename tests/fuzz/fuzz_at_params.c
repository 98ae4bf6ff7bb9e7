/* SPDX-License-Identifier: MIT */

/*
 * The first byte seeds which step is tried next. A failed step must leave the iterator alone, each
 * other one must move it on, and the end must come.
 */

#include <errno.h>
#include <string.h>

#include "drivers/at/params.h"
#include "fuzz.h"

static int take(struct at_params *params, unsigned int how)
{
	struct hal_slice raw;
	char buf[16];
	uint32_t value;
	int r;

	switch (how % 5) {
	case 0:
		return at_params_u32(params, &value);
	case 1:
		return at_params_hex(params, &value);
	case 2:
		memset(buf, 'x', sizeof(buf));
		r = at_params_string(params, buf, sizeof(buf));
		FUZZ_CHECK(r < 0 || memchr(buf, '\0', sizeof(buf)));
		return r;
	case 3:
		r = at_params_raw(params, &raw);
		if (r == 0)
			(void)at_params_list_has(raw, how);
		return r;
	default:
		return at_params_skip(params);
	}
}

static void step(struct at_params *params, unsigned int how)
{
	const struct at_params before = *params;
	int r = take(params, how);

	if (r == 0 || r == -ENODATA) {
		FUZZ_CHECK(!at_params_more(params) || params->rest.len < before.rest.len);
		return;
	}
	FUZZ_CHECK(r == -EINVAL || r == -ERANGE || r == -ENOSPC);
	FUZZ_CHECK(params->rest.data == before.rest.data && params->rest.len == before.rest.len);
	FUZZ_CHECK(at_params_skip(params) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_slice text;
	struct at_params params;
	unsigned int how;

	if (size == 0)
		return 0;
	how = data[0];
	text = hal_slice((const char *)data + 1, size - 1);

	(void)at_params_list_has(text, how);
	if (!at_params_start(text, "+CLCC:", &params))
		at_params_init(&params, text);
	for (size_t i = 0; at_params_more(&params); i++) {
		FUZZ_CHECK(i < size);
		step(&params, how);
		how = how * 1103515245 + 12345;
	}
	FUZZ_CHECK(at_params_skip(&params) == -ENOENT);
	return 0;
}
