/* SPDX-License-Identifier: MIT */

/* One line that may be of AT#UD. */

#include <string.h>

#include "drivers/v250/v250.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_slice line = hal_slice((const char *)data, size);
	struct core_quality quality = {0};
	struct core_cause cause;

	v250_diag_quality(line, &quality);
	FUZZ_CHECK(quality.known < 1U << TL_QUALITY_COUNT);
	memset(&cause, 0xa5, sizeof(cause));
	if (!v250_diag_parse(line, &cause)) {
		for (size_t i = 0; i < sizeof(cause); i++)
			FUZZ_CHECK(((const unsigned char *)&cause)[i] == 0xa5);
		return 0;
	}
	FUZZ_CHECK(cause.domain == TL_CAUSE_V58);
	FUZZ_CHECK(tl_origin_name(cause.origin));
	FUZZ_CHECK(tl_disconnect_name(cause.disconnect));
	FUZZ_CHECK(memchr(cause.text, '\0', sizeof(cause.text)));
	return 0;
}
