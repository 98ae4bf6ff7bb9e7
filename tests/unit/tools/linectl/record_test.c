/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tools/linectl/record.h"

static const char outgoing[] =
	"{\"session\":\"s1.1\",\"line_name\":\"sim1\",\"call\":7,\"privilege\":\"owner\",\"kept\":"
	"true,"
	"\"owners\":1,\"monitors\":0,\"direction\":\"out\",\"media\":\"data\",\"state\":\"idle\","
	"\"over\":true,\"called\":\"102\",\"boot_us\":{\"created\":1000000,\"dialed\":1200000,"
	"\"connected\":3700000,\"disconnected\":9000000,\"idle\":9120000},"
	"\"wall_us\":{\"created\":3600000000,\"dialed\":3600200000,\"connected\":3602700000,"
	"\"disconnected\":3608000000,\"idle\":3608120000},\"duration_ms\":5300,\"rate\":33600,"
	"\"modulation\":\"V.34\",\"error_control\":\"LAPM\",\"bytes_in\":12,\"bytes_out\":34,"
	"\"origin\":\"user\",\"disconnect\":\"normal\",\"cause_domain\":\"v250\","
	"\"cause\":\"NO CARRIER\",\"drop\":[{\"name\":\"dtr\",\"result\":\"verified\",\"ms\":120,"
	"\"proof\":\"DCD low\"}]}";

static const char incoming[] =
	"{\"session\":\"s2.1\",\"line_name\":\"sim2\",\"call\":8,\"privilege\":\"monitor\","
	"\"direction\":\"in\",\"media\":\"data\",\"state\":\"offering\",\"over\":false,"
	"\"caller\":\"101\",\"caller_name\":\"Eve\\u001b[2J\",\"origin\":\"none\","
	"\"disconnect\":\"none\",\"drop\":[]}";

static char *print(const char *record, record_printer printer)
{
	struct json_object *info = json_tokener_parse(record);
	char *text = NULL;
	size_t size;
	struct output output = {.out = open_memstream(&text, &size), .legend = true};

	cr_assert_not_null(info);
	cr_assert_not_null(output.out);
	setenv("TZ", "UTC", 1);
	printer(&output, info);
	fclose(output.out);
	json_object_put(info);
	return text;
}

Test(record, tells_everything)
{
	char *text = print(outgoing, record_print);

	cr_expect_str_eq(text, "session   s1.1 on sim1, owner, kept\n"
			       "call      7, data, to 102\n"
			       "state     idle, over\n"
			       "when      1970-01-01 01:00:00.000              began\n"
			       "          1970-01-01 01:00:00.200      200 ms  dialled\n"
			       "          1970-01-01 01:00:02.700       2.5 s  connected\n"
			       "          1970-01-01 01:00:08.000       5.3 s  ended\n"
			       "          1970-01-01 01:00:08.120      120 ms  on hook, verified\n"
			       "connected 5.3 s\n"
			       "link      33600 bit/s, V.34, LAPM\n"
			       "bytes     12 in, 34 out\n"
			       "end       normal, by user\n"
			       "cause     NO CARRIER (v250)\n"
			       "\n"
			       "DROP STEP  RESULT    TIME    ANSWER  PROOF\n"
			       "dtr        verified  120 ms  -       DCD low\n");
	free(text);
}

Test(record, is_short_after_a_call_in_the_foreground)
{
	char *text = print(outgoing, record_print_short);

	cr_expect_str_eq(text, "call      to 102 on sim1\n"
			       "connected 5.3 s\n"
			       "link      33600 bit/s, V.34, LAPM\n"
			       "bytes     12 in, 34 out\n"
			       "end       normal, by user\n"
			       "cause     NO CARRIER (v250)\n"
			       "on hook   proved by DCD low after 120 ms (step dtr)\n");
	free(text);
}

Test(record, tells_what_the_modem_found_wrong)
{
	static const struct {
		const char *json;
		const char *text;
	} rows[] = {
		{"{\"rate\":33600,\"quality\":{\"rate_out\":33600,\"rate_in\":33600,\"errors_in\":"
		 "0,"
		 "\"lost_out\":0}}",
		 ""},
		{"{\"bytes_in\":1,\"bytes_out\":20,\"bytes_unsent\":7}",
		 "bytes     1 in, 20 out, 7 of them never sent\n"},
		{"{\"rate\":33600,\"quality\":{\"rate_out\":28800,\"rate_in\":31200,"
		 "\"carrier_losses\":1,\"renegotiations\":2,\"retrains_asked\":1,"
		 "\"retrains_granted\":3,\"errors_out\":4,\"errors_in\":1,\"lost_out\":5,"
		 "\"lost_in\":1}}",
		 "quality   28800 bit/s out and 31200 in at the end, 1 carrier loss, 2 changes of "
		 "the "
		 "rate, 1 retrain asked for, 3 retrains granted, 4 frames sent again, 1 frame "
		 "damaged, 5 bytes out lost, 1 byte in lost\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = print(rows[i].json, record_print);

		if (rows[i].text[0])
			cr_expect_not_null(strstr(text, rows[i].text), "%s", text);
		else
			cr_expect_null(strstr(text, "quality"), "%s", text);
		free(text);
	}
}

Test(record, of_a_live_call_has_no_end_and_no_tricks)
{
	char *text = print(incoming, record_print);

	cr_expect_str_eq(text, "session   s2.1 on sim2, monitor\n"
			       "call      8, data, from 101, Eve?[2J\n"
			       "state     offering\n");
	free(text);
}

Test(record, of_nothing_is_printed_without_harm)
{
	char *text = print("{}", record_print);

	cr_expect_not_null(strstr(text, "session"));
	free(text);
}
