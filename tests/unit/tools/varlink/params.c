/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "tools/varlink/json.h"
#include "tools/varlink/params.h"

struct args {
	const char *line;
	uint32_t timeout;
	bool keep;
};

static const struct varlink_param table[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args, line)},
	{"timeout", VARLINK_UINT, false, offsetof(struct args, timeout)},
	{"keep", VARLINK_BOOL, false, offsetof(struct args, keep)},
	{0},
};

static int read_text(const char *text, struct args *args, struct json_object **ret_params,
		     const char **ret_bad)
{
	cr_assert_eq(varlink_json_parse(text, strlen(text), ret_params), 0, "%s", text);
	return varlink_params_read(*ret_params, table, args, ret_bad);
}

Test(varlink_params, fill_the_struct)
{
	struct json_object *params;
	struct args args = {0};
	const char *bad = NULL;

	cr_assert_eq(read_text("{\"line\":\"a\",\"timeout\":4294967295,\"keep\":true}", &args,
			       &params, &bad),
		     0);
	cr_assert_str_eq(args.line, "a");
	cr_assert_eq(args.timeout, UINT32_MAX);
	cr_assert(args.keep);
	json_object_put(params);
}

Test(varlink_params, null_is_absent)
{
	struct json_object *params;
	struct args args = {0};
	const char *bad = NULL;

	cr_assert_eq(read_text("{\"line\":\"a\",\"timeout\":null}", &args, &params, &bad), 0);
	cr_assert_eq(args.timeout, 0);
	json_object_put(params);
}

static const struct {
	const char *name;
	const char *text;
	const char *bad;
} refused[] = {
	{"required one missing", "{}", "line"},
	{"required one null", "{\"line\":null}", "line"},
	{"string is a number", "{\"line\":1}", "line"},
	{"string holds a NUL", "{\"line\":\"a\\u0000b\"}", "line"},
	{"number is a string", "{\"line\":\"a\",\"timeout\":\"5\"}", "timeout"},
	{"number is a fraction", "{\"line\":\"a\",\"timeout\":1.5}", "timeout"},
	{"number is negative", "{\"line\":\"a\",\"timeout\":-1}", "timeout"},
	{"number is too large", "{\"line\":\"a\",\"timeout\":4294967296}", "timeout"},
	{"bool is a number", "{\"line\":\"a\",\"keep\":1}", "keep"},
	{"unknown", "{\"line\":\"a\",\"kepe\":true}", "kepe"},
};

Test(varlink_params, name_what_is_wrong)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct json_object *params;
		struct args args = {0};
		const char *bad = NULL;

		cr_assert_eq(read_text(refused[i].text, &args, &params, &bad), -EINVAL, "%s",
			     refused[i].name);
		cr_assert_str_eq(bad, refused[i].bad, "%s", refused[i].name);
		json_object_put(params);
	}
}

Test(varlink_params, may_be_missing_altogether)
{
	static const struct varlink_param none[] = {{0}};
	const char *bad = NULL;

	cr_assert_eq(varlink_params_read(NULL, none, NULL, &bad), 0);
}
