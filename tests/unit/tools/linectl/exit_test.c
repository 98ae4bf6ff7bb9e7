/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <string.h>

#include <trunkline/trunkline.h>

#include "tools/linectl/exit.h"

static const struct {
	const char *name;
	enum status status;
} errors[] = {
	{"io.trunkline.InvalidArgument", STATUS_USAGE},
	{"io.trunkline.WrongHandle", STATUS_NOT_FOUND},
	{"io.trunkline.StaleHandle", STATUS_NOT_FOUND},
	{"io.trunkline.DeviceGone", STATUS_GONE},
	{"io.trunkline.CallOver", STATUS_OTHER},
	{"io.trunkline.NotOwner", STATUS_BUSY},
	{"io.trunkline.Busy", STATUS_BUSY},
	{"io.trunkline.Already", STATUS_OTHER},
	{"io.trunkline.NotSupported", STATUS_MODEM},
	{"io.trunkline.Timeout", STATUS_TIMEOUT},
	{"io.trunkline.DeviceError", STATUS_MODEM},
	{"io.trunkline.Cancelled", STATUS_OTHER},
	{"io.trunkline.Limit", STATUS_OTHER},
	{"io.trunkline.NoMemory", STATUS_OTHER},
	{"io.trunkline.NotFound", STATUS_NOT_FOUND},
	{"io.trunkline.Exists", STATUS_OTHER},
	{"io.trunkline.NoPermission", STATUS_PERMISSION},
	{"io.trunkline.NotATty", STATUS_NOT_FOUND},
	{"io.trunkline.NotOnHook", STATUS_NOT_ON_HOOK},
	{"io.trunkline.Faulty", STATUS_MODEM},
	{"io.trunkline.Failed", STATUS_OTHER},
	{"org.varlink.service.MethodNotFound", STATUS_USAGE},
	{"org.varlink.service.PermissionDenied", STATUS_PERMISSION},
	{"Busy", STATUS_BUSY},
	{"com.example.Strange", STATUS_OTHER},
	{"", STATUS_OTHER},
};

Test(exit, every_error_has_its_documented_status)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		cr_expect_eq(exit_from_error(errors[i].name), errors[i].status, "%s: %d",
			     errors[i].name, (int)exit_from_error(errors[i].name));
}

Test(exit, a_hint_is_given_only_where_there_is_one)
{
	char hint[EXIT_HINT_MAX];

	cr_expect_not_null(exit_hint("io.trunkline.Busy", NULL, hint, sizeof(hint)));
	cr_expect_null(exit_hint("io.trunkline.Cancelled", "a", hint, sizeof(hint)));
	cr_expect_null(exit_hint("com.example.Strange", "a", hint, sizeof(hint)));
}

Test(exit, a_hint_is_about_the_line_that_was_named)
{
	char hint[EXIT_HINT_MAX];

	cr_expect_not_null(strstr(exit_hint("NotOnHook", "desk", hint, sizeof(hint)),
				  "'linectl reset desk' tries"));
	cr_expect_not_null(strstr(exit_hint("NotOnHook", NULL, hint, sizeof(hint)), "reset LINE"));
	cr_expect_not_null(exit_hint("NotFound", "desk", hint, sizeof(hint)));
	cr_expect_null(exit_hint("NotFound", NULL, hint, sizeof(hint)), "it was no line");
}

Test(exit, a_line_that_cannot_be_used_tells_why)
{
	cr_expect_eq(exit_from_line_error("Timeout"), STATUS_TIMEOUT);
	cr_expect_eq(exit_from_line_error("NotOnHook"), STATUS_MODEM);
	cr_expect_eq(exit_from_line_error("DeviceError"), STATUS_MODEM);
	cr_expect_eq(exit_from_line_error("NoPermission"), STATUS_PERMISSION);
	cr_expect_eq(exit_from_line_error("NotFound"), STATUS_NOT_FOUND);
	cr_expect_eq(exit_from_line_error("DeviceGone"), STATUS_GONE);
}

static const struct {
	const char *name;
	const char *record;
	enum status status;
} records[] = {
	{"hung up by the user",
	 "{\"over\":true,\"state\":\"idle\",\"origin\":\"user\","
	 "\"boot_us\":{\"connected\":5}}",
	 STATUS_OK},
	{"hung up by the far end",
	 "{\"over\":true,\"state\":\"idle\",\"origin\":\"remote\","
	 "\"boot_us\":{\"connected\":5}}",
	 STATUS_OK},
	{"busy",
	 "{\"over\":true,\"state\":\"idle\",\"origin\":\"network\","
	 "\"disconnect\":\"busy\",\"boot_us\":{\"created\":1}}",
	 STATUS_CALL_FAILED},
	{"given up before it was connected",
	 "{\"over\":true,\"state\":\"idle\",\"origin\":\"user\"}", STATUS_CALL_FAILED},
	{"not connected in time", "{\"over\":true,\"state\":\"idle\",\"origin\":\"timeout\"}",
	 STATUS_TIMEOUT},
	{"longest duration",
	 "{\"over\":true,\"state\":\"idle\",\"origin\":\"timeout\","
	 "\"boot_us\":{\"connected\":5}}",
	 STATUS_OK},
	{"unplugged",
	 "{\"over\":true,\"state\":\"idle\",\"origin\":\"device-gone\","
	 "\"boot_us\":{\"connected\":5}}",
	 STATUS_GONE},
	{"modem failed", "{\"over\":true,\"state\":\"idle\",\"origin\":\"error\"}", STATUS_MODEM},
	{"drop not verified",
	 "{\"over\":true,\"state\":\"unknown\",\"origin\":\"user\","
	 "\"boot_us\":{\"connected\":5}}",
	 STATUS_NOT_ON_HOOK},
	{"nothing known", "{}", STATUS_CALL_FAILED},
};

Test(exit, the_status_of_a_call_follows_from_its_record)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct json_object *info = json_tokener_parse(records[i].record);

		cr_assert_not_null(info, "%s", records[i].name);
		cr_expect_eq(exit_from_record(info), records[i].status, "%s: %d", records[i].name,
			     (int)exit_from_record(info));
		json_object_put(info);
	}
}

Test(exit, a_missing_record_is_a_failed_call)
{
	cr_expect_eq(exit_from_record(NULL), STATUS_CALL_FAILED);
}
