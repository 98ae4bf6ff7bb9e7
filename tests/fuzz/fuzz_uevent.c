/* SPDX-License-Identifier: MIT */

/* One message that may be of the kernel, or of anybody who pretends to be. */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "hal/uevent.h"

static void check_inside(struct hal_slice part, const uint8_t *data, size_t size)
{
	const char *begin = (const char *)data;

	if (part.len == 0)
		return;
	FUZZ_CHECK(part.data >= begin && part.data + part.len <= begin + size);
	FUZZ_CHECK(!memchr(part.data, '\0', part.len));
}

static void check_path(struct hal_slice path)
{
	struct hal_slice name;

	while (hal_slice_token(&path, '/', &name)) {
		FUZZ_CHECK(!hal_slice_eq(name, HAL_SLICE("..")));
		for (size_t i = 0; i < name.len; i++)
			FUZZ_CHECK((unsigned char)name.data[i] >= ' ');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_uevent event;
	int r;

	r = hal_uevent_parse(hal_slice((const char *)data, size), &event);
	FUZZ_CHECK(r == 0 || r == -EINVAL);
	if (r < 0)
		return 0;
	FUZZ_CHECK(event.action <= HAL_UEVENT_OTHER);
	check_inside(event.devpath, data, size);
	check_inside(event.subsystem, data, size);
	check_inside(event.devname, data, size);
	FUZZ_CHECK(hal_slice_starts(event.devpath, HAL_SLICE("/")));
	check_path(event.devpath);
	check_path(event.devname);
	return 0;
}
