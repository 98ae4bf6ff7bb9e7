/* SPDX-License-Identifier: MIT */

/* KEY=VALUE NUL NUMBER: any value is taken or refused with a reason; no denied number passes by
 * being dialled otherwise. */

#include <string.h>

#include "fuzz.h"
#include "tools/lined/policy.h"
#include "tools/lined/settings.h"

/* A denied number is denied behind modifiers and separators, and after a pause. */
static void check_disguises(const struct lined_patterns *deny, const char *number)
{
	static const char *const disguises[] = {"T", "p", ",", "W", "-", "9,", "9!", "0@"};
	char text[300];

	if (strlen(number) > 200 || !lined_patterns_find(deny, number))
		return;
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", disguises[i], number);
		FUZZ_CHECK(lined_patterns_find_within(deny, text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lined_policy policy = {0};
	char why[LINED_WHY_MAX] = "";
	char *text = calloc(1, size + 2);
	const char *number;
	char *value;
	int r;

	FUZZ_CHECK(text);
	memcpy(text, data, size);
	number = text + strlen(text) + 1;
	value = strchr(text, '=');
	if (value)
		*value++ = '\0';
	r = lined_policy_set(&policy, text, value ? value : "", why);
	FUZZ_CHECK((r == 0) == (policy.given != 0));
	FUZZ_CHECK((r < 0) == (why[0] != '\0'));
	check_disguises(&policy.lists[LINED_RULE_DENY], number);
	for (unsigned int minute = 0; minute < 24 * 60; minute += 7)
		FUZZ_CHECK(lined_hours_find(&policy.quiet, minute) < (int)policy.quiet.n);
	free(text);
	return 0;
}
