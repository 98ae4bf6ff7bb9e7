/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <criterion/criterion.h>

#include "drivers/v250/v250.h"
#include "tests/unit/core/fake_driver.h"

static const struct {
	const char *line;
	const char *number, *name; /* NULL: no caller ID */
} rows[] = {
	{"NMBR = 5551234", "5551234", ""},
	{"NMBR=5551234", "5551234", ""},
	{"nmbr =  5551234 ", "5551234", ""},
	{"NAME = SMITH JOHN", "5551234", "SMITH JOHN"},
	{"DATE = 1122", "5551234", "SMITH JOHN"},
	{"TIME = 1842", "5551234", "SMITH JOHN"},
	{"MESG = 060150", "5551234", "SMITH JOHN"},
	{"NMBR = P", "", "withheld"},
	{"NMBR = private", "", "withheld"},
	{"NAME = P", "", "withheld"},
	{"NMBR = O", "", "out of area"},
	{"NAME = o", "", "out of area"},
	{"NMBR =", "", "out of area"},
	{"NAME = a=b", "", "a=b"},
	{"NAME = \033[2J", "", "\\x1b[2J"},
	{"NMBR", NULL, NULL},
	{"", NULL, NULL},
	{"=", NULL, NULL},
	{"XNMBR = 1", NULL, NULL},
	{"NMBRX = 1", NULL, NULL},
	{"RING", NULL, NULL},
	{"+VCID = 1", NULL, NULL},
};

Test(v250_caller, lines_between_two_rings_tell_who_calls)
{
	struct v250 v = {0};
	struct fake f;

	fake_init(&f);
	(void)fake_ready(&f);
	v.line = f.line;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(v250_caller_line(&v, hal_slice_str(rows[i].line)),
			     rows[i].number != NULL, "%s", rows[i].line);
		if (!rows[i].number)
			continue;
		cr_assert_str_eq(f.line->caller, rows[i].number, "%s", rows[i].line);
		cr_assert_str_eq(f.line->caller_name, rows[i].name, "%s", rows[i].line);
	}
	v250_caller_reset(&v);
	cr_assert(v250_caller_line(&v, HAL_SLICE("NMBR = 1")));
	cr_assert_str_eq(f.line->caller_name, "", "of the last caller");
	fake_fini(&f);
}

Test(v250_caller, long_texts_are_cut)
{
	char line[7 + 200] = "NAME = ";
	struct v250 v = {0};
	struct fake f;

	fake_init(&f);
	(void)fake_ready(&f);
	v.line = f.line;
	for (size_t i = 7; i < sizeof(line); i++)
		line[i] = 'x';
	cr_assert(v250_caller_line(&v, hal_slice(line, sizeof(line))));
	line[1] = 'M';
	line[0] = 'N';
	line[2] = 'B';
	line[3] = 'R';
	cr_assert(v250_caller_line(&v, hal_slice(line, sizeof(line))));
	cr_assert_lt(strlen(f.line->caller), sizeof(f.line->caller));
	cr_assert_lt(strlen(f.line->caller_name), sizeof(f.line->caller_name));
	fake_fini(&f);
}
