/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <string.h>

#include "tools/linectl/ending.h"
#include "tools/linectl/field.h"

#define PPPD_STATUSES 20 /* 0 to 19: pppd(8), EXIT STATUS */

static const struct {
	const char *command;
	int status;
	const char *text;
} endings[] = {
	{"pppd", 0, "pppd: 0: the peer has ended it"},
	{"/usr/sbin/pppd", 16, "pppd: 16: the modem hung up"},
	{"pppd", PPPD_STATUSES, "pppd: 20"},
	{"pppd", 127, "pppd: 127: it cannot be run"},
	{"./pppd-like", 16, "pppd-like: 16"},
	{"cat", 0, "cat: 0"},
	{"cat", 1, "cat: 1"},
	{"cat", 128, "cat: 128"},
	{"cat", 129, "cat: 129: killed by signal 1 (Hangup)"},
	{"pppd", 137, "pppd: 137: killed by signal 9 (Killed)"},
	{"cat", 193, "cat: 193"},
	{"cat", 255, "cat: 255"},
};

Test(ending, a_status_is_told_in_words)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		char buf[96];

		cr_expect_str_eq(
			ending_text(endings[i].command, endings[i].status, buf, sizeof(buf)),
			endings[i].text, "%s", buf);
	}
}

Test(ending, every_status_of_pppd_has_a_meaning_of_its_own)
{
	char a[64];
	char b[64];

	for (int i = 0; i < PPPD_STATUSES; i++) {
		cr_expect(*ending_meaning("pppd", i, a, sizeof(a)), "%d", i);
		for (int j = 0; j < i; j++)
			cr_expect_str_neq(ending_meaning("pppd", i, a, sizeof(a)),
					  ending_meaning("pppd", j, b, sizeof(b)), "%d %d", i, j);
	}
}

Test(ending, a_text_that_does_not_fit_is_cut)
{
	char buf[8];

	cr_expect_str_eq(ending_text("pppd", 16, buf, sizeof(buf)), "pppd: 1");
}

Test(ending, for_programs)
{
	struct json_object *known = ending_document("/usr/sbin/pppd", 19);
	struct json_object *plain = ending_document("cat", 3);

	cr_expect_str_eq(field_text(known, "name"), "pppd");
	cr_expect_eq(field_int(known, "status"), 19);
	cr_expect_str_eq(field_text(known, "meaning"),
			 "the peer did not accept our authentication");
	cr_expect_eq(field_int(plain, "status"), 3);
	cr_expect_null(field_get(plain, "meaning"));
	json_object_put(known);
	json_object_put(plain);
}
