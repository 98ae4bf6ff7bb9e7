/* SPDX-License-Identifier: MIT */
#include "tools/lined/notify.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set(const char *name, const char *value)
{
	if (value)
		cr_assert_eq(setenv(name, value, 1), 0);
	else
		cr_assert_eq(unsetenv(name), 0);
}

Test(lined_notify, watchdog_is_fed_twice_as_often_as_needed)
{
	static const struct {
		const char *name;
		const char *usec;
		const char *pid;
		uint32_t ms;
	} cases[] = {
		{"nobody watches", NULL, NULL, 0},
		{"half a minute", "30000000", NULL, 15000},
		{"our own", "30000000", "self", 15000},
		{"somebody else's", "30000000", "1", 0},
		{"no pid", "30000000", "x", 0},
		{"less than a tick", "10", NULL, 1},
		{"never", "0", NULL, 0},
		{"no number", "soon", NULL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *pid = cases[i].pid;
		char self[20];

		snprintf(self, sizeof(self), "%ld", (long)getpid());
		set("WATCHDOG_USEC", cases[i].usec);
		set("WATCHDOG_PID", pid && strcmp(pid, "self") == 0 ? self : pid);
		cr_assert_eq(lined_notify_watchdog_ms(), cases[i].ms, "%s", cases[i].name);
	}
}

Test(lined_notify, errors_are_told_and_no_socket_is_none)
{
	char longer[200];

	set("NOTIFY_SOCKET", NULL);
	cr_assert_eq(lined_notify("READY=1"), 0);
	set("NOTIFY_SOCKET", "/nonexistent/notify");
	cr_assert_eq(lined_notify("READY=1"), -ENOENT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	set("NOTIFY_SOCKET", longer);
	cr_assert_eq(lined_notify("READY=1"), -ENAMETOOLONG);
}
