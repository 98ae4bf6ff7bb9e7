/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "tools/varlink/json.h"

static const struct {
	const char *name;
	const char *text;
	int result;
} messages[] = {
	{"empty object", "{}", 0},
	{"space around", " {\"a\": [1, {}]}\n", 0},
	{"colon in a string", "{\"a:b\": \"c:\\\":\"}", 0},
	{"same key in different objects", "{\"a\": {\"a\": 1}}", 0},
	{"utf-8", "{\"a\": \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x9e\"}", 0},
	{"deepest", "{\"a\":[[[[[[1]]]]]]}", 0},
	{"nothing", "", -EPROTO},
	{"space only", "  ", -EPROTO},
	{"unfinished", "{\"a\": 1", -EPROTO},
	{"trailing object", "{}{}", -EPROTO},
	{"trailing word", "{} x", -EPROTO},
	{"array", "[]", -EPROTO},
	{"number", "1", -EPROTO},
	{"null", "null", -EPROTO},
	{"single quotes", "{'a': 1}", -EPROTO},
	{"comment", "{/* */}", -EPROTO},
	{"trailing comma", "{\"a\": 1,}", -EPROTO},
	{"same key twice", "{\"a\": 1, \"a\": 2}", -EPROTO},
	{"same key twice inside", "{\"a\": [{\"b\": 1, \"b\": 1}]}", -EPROTO},
	{"same key twice, escaped", "{\"a\": 1, \"\\u0061\": 2}", -EPROTO},
	{"stray continuation byte", "{\"a\": \"\x80\"}", -EPROTO},
	{"truncated sequence", "{\"a\": \"\xc3\"}", -EPROTO},
	{"byte that never occurs", "{\"a\": \"\xff\"}", -EPROTO},
	{"too deep", "{\"a\":[[[[[[[1]]]]]]]}", -EPROTO},
};

Test(varlink_json, takes_exactly_one_unambiguous_object)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct json_object *object = NULL;

		cr_assert_eq(
			varlink_json_parse(messages[i].text, strlen(messages[i].text), &object),
			messages[i].result, "%s", messages[i].name);
		cr_assert_eq(object != NULL, messages[i].result == 0, "%s", messages[i].name);
		json_object_put(object);
	}
}

static const struct {
	const char *name;
	const char *bytes;
	const char *text;
} strings[] = {
	{"ascii", "NO CARRIER", "NO CARRIER"},
	{"utf-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x9e", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x9e"},
	{"latin-1", "caf\xe9!", "caf\xc3\xa9!"},
	{"truncated at the end", "a\xe2\x82", "a\xc3\xa2\xc2\x82"},
	{"overlong", "\xc0\xaf", "\xc3\x80\xc2\xaf"},
	{"overlong of three", "\xe0\x80\xaf", "\xc3\xa0\xc2\x80\xc2\xaf"},
	{"surrogate", "\xed\xa0\x80", "\xc3\xad\xc2\xa0\xc2\x80"},
	{"beyond the last plane", "\xf4\x90\x80\x80", "\xc3\xb4\xc2\x90\xc2\x80\xc2\x80"},
	{"overlong of four", "\xf0\x8f\xbf\xbf", "\xc3\xb0\xc2\x8f\xc2\xbf\xc2\xbf"},
	{"line noise", "\xff\xfe", "\xc3\xbf\xc3\xbe"},
};

Test(varlink_json, writes_device_bytes_as_valid_utf8)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct json_object *value = varlink_json_new_string(strings[i].bytes);

		cr_assert_not_null(value);
		cr_assert_str_eq(json_object_get_string(value), strings[i].text, "%s",
				 strings[i].name);
		json_object_put(value);
	}
}

Test(varlink_json, every_byte_can_be_written_and_read_back)
{
	for (int byte = 1; byte < 256; byte++) {
		struct json_object *object = NULL;
		struct json_object *back = NULL;
		struct varlink_build b;
		const char *text;
		size_t size;

		varlink_build_start(&b);
		varlink_put_string(&b, "a", (const char[]){'x', (char)byte, 'y', '\0'});
		cr_assert_eq(varlink_build_end(&b, &object), 0);
		text = varlink_json_text(object, &size);
		cr_assert_not_null(text);
		cr_assert_eq(varlink_json_parse(text, size, &back), 0, "byte %d", byte);
		cr_assert(json_object_equal(object, back), "byte %d", byte);
		json_object_put(object);
		json_object_put(back);
	}
}

Test(varlink_json, builder_leaves_out_what_is_unknown)
{
	struct json_object *object = NULL;
	struct varlink_build b;
	size_t size;

	varlink_build_start(&b);
	varlink_put_text(&b, "empty", "");
	varlink_put_text(&b, "null", NULL);
	varlink_put_count(&b, "zero", 0);
	varlink_put_int(&b, "int", INT64_MIN);
	varlink_put_bool(&b, "bool", false);
	varlink_put_string(&b, "path", "/dev/x");
	cr_assert_eq(varlink_build_end(&b, &object), 0);
	cr_assert_str_eq(varlink_json_text(object, &size),
			 "{\"int\":-9223372036854775808,\"bool\":false,\"path\":\"/dev/x\"}");
	json_object_put(object);
}

Test(varlink_json, builder_reports_a_missing_value_at_the_end)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_int(&b, "before", 1);
	varlink_put(&b, "missing", NULL);
	varlink_put_int(&b, "after", 2);
	cr_assert_eq(varlink_build_end(&b, &object), -ENOMEM);
	cr_assert_null(object);
}

Test(varlink_json, getters_mind_the_type)
{
	static const char text[] =
		"{\"s\":\"x\",\"nul\":\"a\\u0000b\",\"i\":7,\"b\":true,\"n\":null}";
	struct json_object *o = NULL;

	cr_assert_eq(varlink_json_parse(text, strlen(text), &o), 0);
	cr_assert_str_eq(varlink_json_get_string(o, "s"), "x");
	cr_assert_null(varlink_json_get_string(o, "nul"));
	cr_assert_null(varlink_json_get_string(o, "i"));
	cr_assert_null(varlink_json_get_string(o, "absent"));
	cr_assert_eq(varlink_json_get_int(o, "i", -1), 7);
	cr_assert_eq(varlink_json_get_int(o, "s", -1), -1);
	cr_assert(varlink_json_get_bool(o, "b"));
	cr_assert_not(varlink_json_get_bool(o, "i"));
	cr_assert_null(varlink_json_get(o, "n"));
	json_object_put(o);
}
