/* SPDX-License-Identifier: MIT */

/* Any configuration file is taken or refused with a reason that names a line; lines taken have a
 * device. */

#include <string.h>

#include "fuzz.h"
#include "tools/lined/config.h"
#include "tools/lined/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lined_settings settings;
	char why[LINED_WHY_MAX] = "";
	char *text;
	int r;

	if (size > LINED_CONFIG_MAX)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';

	lined_settings_init(&settings);
	r = lined_config_parse("f", text, size, &settings, why);
	FUZZ_CHECK((r == 0) == (why[0] == '\0'));
	FUZZ_CHECK(r == 0 || strncmp(why, "f:", 2) == 0);
	for (size_t i = 0; i < settings.n_lines && r == 0; i++)
		FUZZ_CHECK(settings.lines[i].has_device);
	lined_settings_fini(&settings);
	free(text);
	return 0;
}
