/* SPDX-License-Identifier: MIT */

/* Any configuration file is taken or refused with reasons that name their lines; lines taken have a
 * device. */

#include <string.h>

#include "fuzz.h"
#include "tools/lined/config.h"
#include "tools/lined/report.h"
#include "tools/lined/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lined_settings settings;
	struct lined_report report = {0};
	char *text;
	int r;

	if (size > LINED_CONFIG_MAX)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';

	lined_settings_init(&settings);
	r = lined_config_parse("f", text, size, &settings, &report);
	FUZZ_CHECK((r == 0) == (report.n == 0));
	for (unsigned int i = 0; i < report.n_kept && i + 1 < LINED_MISTAKES_MAX; i++)
		FUZZ_CHECK(strncmp(report.mistakes[i], "f:", 2) == 0);
	for (size_t i = 0; i < settings.n_lines && r == 0; i++)
		FUZZ_CHECK(settings.lines[i].has_device);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
	free(text);
	return 0;
}
