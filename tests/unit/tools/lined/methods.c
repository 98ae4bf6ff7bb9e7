/* SPDX-License-Identifier: MIT */
/* The interface file is the contract: the method table and the library's error names must agree
 * with it. */
#include "tools/lined/methods.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/error.h>

#include "tools/lined/role.h"
#include "tools/varlink/interface.h"

/* The name after a keyword at the start of a line; the next search begins at *text. */
static char *next_name(const char **text, const char *keyword)
{
	while (*text && **text) {
		const char *line = *text;

		*text = strchr(line, '\n');
		if (*text)
			(*text)++;
		if (strncmp(line, keyword, strlen(keyword)) == 0) {
			line += strlen(keyword);
			return strndup(line, strcspn(line, " ("));
		}
	}
	return NULL;
}

/* The parameters of a method as the interface has them: "(line: ?string)". */
static char *method_params(const char *name)
{
	char start[64];
	const char *method;

	snprintf(start, sizeof(start), "\nmethod %s(", name);
	method = strstr(varlink_interface_trunkline, start);
	cr_assert_not_null(method, "%s", name);
	method += strlen(start);
	return strndup(method, strcspn(method, ")"));
}

static const struct varlink_method *find_method(const char *name)
{
	const struct varlink_method *method = lined_methods;

	while (method->name && strcmp(method->name, name) != 0)
		method++;
	return method->name ? method : NULL;
}

Test(lined_methods, every_method_of_the_interface_is_there)
{
	const char *text = varlink_interface_trunkline;
	size_t described = 0;
	size_t present = 0;
	char *name;

	while ((name = next_name(&text, "method ")) != NULL) {
		cr_expect_not_null(find_method(name), "%s", name);
		described++;
		free(name);
	}
	while (lined_methods[present].name)
		present++;
	cr_assert_eq(described, present);
	cr_assert_gt(described, 0);
}

Test(lined_methods, parameters_are_as_described)
{
	static const char *const types[] = {"string", "int", "bool"};

	for (const struct varlink_method *m = lined_methods; m->name; m++) {
		char expected[512] = "";
		size_t n = 0;
		char *described = method_params(m->name);

		for (const struct varlink_param *p = m->params; p->name; p++)
			n += (size_t)snprintf(expected + n, sizeof(expected) - n, "%s%s: %s%s",
					      n ? ", " : "", p->name, p->required ? "" : "?",
					      types[p->type]);
		cr_expect_str_eq(described, expected, "%s", m->name);
		free(described);
	}
}

Test(lined_methods, roles_are_as_described)
{
	for (const struct varlink_method *m = lined_methods; m->name; m++) {
		char line[100];

		snprintf(line, sizeof(line), "\n# Role: %s.\nmethod %s(",
			 lined_role_name((enum lined_role)m->role), m->name);
		cr_expect_not_null(strstr(varlink_interface_trunkline, line), "%s", m->name);
	}
}

Test(lined_methods, arguments_fit)
{
	for (const struct varlink_method *m = lined_methods; m->name; m++) {
		for (const struct varlink_param *p = m->params; p->name; p++)
			cr_expect_leq(p->offset + sizeof(void *), VARLINK_ARGS_SIZE, "%s.%s",
				      m->name, p->name);
	}
}

Test(lined_methods, every_error_of_the_interface_is_one_of_the_library)
{
	const char *text = varlink_interface_trunkline;
	size_t described = 0;
	char *name;

	while ((name = next_name(&text, "error ")) != NULL) {
		/* "Failed" stands for every other error, and so is no one error's name; what the
		 * policy refuses is the daemon's own. */
		if (strcmp(name, "Failed") != 0 && strcmp(name, "Refused") != 0)
			cr_expect_str_eq(tl_error_name(tl_error_from_name(name)), name);
		described++;
		free(name);
	}
	cr_assert_gt(described, 0);
}

Test(lined_methods, every_error_of_the_library_is_in_the_interface)
{
	for (int error = -1; error > -200; error--) {
		char line[64];

		snprintf(line, sizeof(line), "\nerror %s (reason: string", tl_error_name(error));
		cr_expect_not_null(strstr(varlink_interface_trunkline, line), "%s", line);
	}
}
