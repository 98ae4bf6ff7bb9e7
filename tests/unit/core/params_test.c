/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "core/dial_params.h"
#include "core/line.h"

#define TEN    "abcdefghij"
#define NAME32 TEN TEN TEN "ab"
#define FOUR   NAME32 " "
#define LONG   TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *key;
	const char *value;
	const char *says; /* in the sentence; NULL: accepted */
} rows[] = {
	{"name", "a", NULL},
	{"name", "line-1_x.y", NULL},
	{"name", NAME32, NULL},
	{"name", "", "up to 32"},
	{"name", NAME32 "c", "up to 32"},
	{"name", "1a", "no digit first"},
	{"name", "a b", "'a b'"},
	{"name", "a/b", "'a/b'"},
	{"name", "a\n", "no name"},
	{"clocal", "off", "'off' is neither yes nor no"},
	{"clocal", "", "neither yes nor no"},
	{"clocal", "no", NULL},
	{"clocal", "yes", NULL},
	{"device", "/dev/ttyUSB0", NULL},
	{"device", "", "/dev/ttyUSB0"},
	{"device", "id-path:pci-0000:00:14.0-usb-0:2:1.0", NULL},
	{"device", "serial:SN1", NULL},
	{"device", "rfc2217://ts1.example.org:4001", NULL},
	{"device", "rfc2217://[2001:db8::1]:4001", NULL},
	{"device", "rfc2217://ts1", "rfc2217://HOST:PORT"},
	{"device", "rfc2217://ts1:0", "'rfc2217://ts1:0'"},
	{"device", "id-path:", "nothing stands after"},
	{"device", "serial:", "nothing stands after"},
	{"device", LONG LONG, "at most 255 characters"},
	{"device", "/dev/\033x", "not printable"},
	{"driver", "v250", NULL},
	{"driver", "v999", "'v999'"},
	{"driver", "", "first choice is v250"},
	{"baud", "0", NULL},
	{"baud", "50", NULL},
	{"baud", "115200", NULL},
	{"baud", "4000000", NULL},
	{"baud", "49", "from 50 to 4000000"},
	{"baud", "4000001", "'4000001'"},
	{"baud", "fast", "'fast'"},
	{"baud", "-9600", "'-9600'"},
	{"baud", "", "from 50"},
	{"baud", "99999999999999999999", "from 50"},
	{"net-timeout", "0", NULL},
	{"net-timeout", "4", NULL},
	{"net-timeout", "3600", NULL},
	{"net-timeout", "3", "from 4 to 3600"},
	{"net-timeout", "3601", "'3601'"},
	{"flow", "none", NULL},
	{"flow", "rtscts", NULL},
	{"flow", "xonxoff", NULL},
	{"flow", "RTSCTS", "none, rtscts or xonxoff"},
	{"flow", "", "none, rtscts or xonxoff"},
	{"number", "", NULL},
	{"number", "+49 30 1234", NULL},
	{"number", LONG, "at most 64"},
	{"init", "", NULL},
	{"init", "AT+FOO=1", NULL},
	{"init", "at&f", NULL},
	{"init", "foo", "begins with AT"},
	{"init", "A", "begins with AT"},
	{"init", "aT", "begins with AT"},
	{"init", "AT" LONG, "at most 127"},
	{"init", "ATX\rATH", "not printable"},
	{"dial-timeout", "1", NULL},
	{"dial-timeout", "255", NULL},
	{"dial-timeout", "0", "from 1 to 255"},
	{"dial-timeout", "256", "'256'"},
	{"max-duration", "0", NULL},
	{"max-duration", "2592000", NULL},
	{"max-duration", "2592001", "from 0 to 2592000"},
	{"inactivity", "0", NULL},
	{"inactivity", "2592001", "'2592001'"},
	{"ring-gap", "2", NULL},
	{"ring-gap", "30", NULL},
	{"ring-gap", "1", "from 2 to 30"},
	{"ring-gap", "31", "from 2 to 30"},
	{"ring-gap", "10s", "'10s'"},
	{"command-delay", "0", NULL},
	{"command-delay", "1000", NULL},
	{"command-delay", "1001", "from 0 to 1000"},
	{"tone", "tone", NULL},
	{"tone", "pulse", NULL},
	{"tone", "p", "tone or pulse"},
	{"alias", "", NULL},
	{"alias", "office desk.2", NULL},
	{"alias", "  office   desk ", NULL},
	{"alias", "office 2nd", "'2nd' is no name"},
	{"alias", LONG, "no name"},
	{"alias", FOUR FOUR FOUR FOUR, "too many"},
	{"flash", "none", NULL},
	{"flash", "hold", NULL},
	{"flash", "h", "none or hold"},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

Test(params, values_are_taken_or_the_sentence_says_what_would_be_right)
{
	struct tl_line_params *params = tl_line_params_new();

	for (size_t i = 0; i < N_ROWS; i++) {
		const char *why = NULL;
		int r = tl_line_params_set(params, rows[i].key, rows[i].value, &why);

		cr_assert_eq(r, rows[i].says ? -EINVAL : 0, "%s = '%s'", rows[i].key,
			     rows[i].value);
		if (!rows[i].says) {
			cr_assert_null(why);
			continue;
		}
		cr_assert(strstr(why, rows[i].says), "%s = '%s': %s", rows[i].key, rows[i].value,
			  why);
		/* Also without anybody to hear it. */
		cr_assert_eq(tl_line_params_set(params, rows[i].key, rows[i].value, NULL), -EINVAL);
	}
	(void)tl_line_params_free(params);
}

Test(params, a_sentence_is_never_cut_before_its_advice)
{
	struct tl_line_params *params = tl_line_params_new();
	const char *const *keys = tl_line_params_keys();
	const char *why;

	for (size_t i = 0; keys[i]; i++) {
		cr_assert_eq(tl_line_params_set(params, keys[i], LONG LONG, &why), -EINVAL, "%s",
			     keys[i]);
		cr_assert_lt(strlen(why), CORE_REASON_MAX - 1, "%s", keys[i]);
	}
	(void)tl_line_params_free(params);
}

Test(params, every_key_is_in_the_list_and_others_are_unknown)
{
	struct tl_line_params *params = tl_line_params_new();
	const char *const *keys = tl_line_params_keys();
	const char *why;

	for (size_t i = 0; keys[i]; i++) {
		bool covered = false;

		cr_assert_neq(tl_line_params_set(params, keys[i], "\n", NULL), -ENOENT, "%s",
			      keys[i]);
		for (size_t row = 0; row < N_ROWS; row++)
			covered = covered || strcmp(rows[row].key, keys[i]) == 0;
		cr_assert(covered, "%s has no row here", keys[i]);
	}
	cr_assert_eq(tl_line_params_set(params, "colour", "red", &why), -ENOENT);
	cr_assert_str_eq(why, "there is no key 'colour'");
	cr_assert_eq(tl_line_params_set(params, "", "", NULL), -ENOENT);
	(void)tl_line_params_free(params);
}

Test(params, defaults_are_those_of_the_header)
{
	struct tl_line_params *params = tl_line_params_new();
	const struct core_line_config *config = &params->config;

	cr_assert_eq(config->baud, 115200);
	cr_assert_eq(config->flow, CORE_FLOW_RTSCTS);
	cr_assert_eq(config->dial_timeout_s, 60);
	cr_assert_eq(config->ring_gap_s, 10);
	cr_assert_eq(config->command_delay_ms, 0);
	cr_assert_eq(config->net_timeout_s, 30);
	cr_assert_not(config->pulse);
	cr_assert_not(config->minds_carrier);
	cr_assert_str_eq(config->number, "");
	cr_assert_str_eq(config->init, "");
	(void)tl_line_params_free(params);
}

Test(params, values_reach_the_configuration)
{
	static const char *const values[][2] = {
		{"name", "a"},	     {"device", "/dev/x"},   {"driver", "v250"},
		{"baud", "9600"},    {"flow", "xonxoff"},    {"number", "123"},
		{"init", "ATX"},     {"ring-gap", "7"},	     {"dial-timeout", "9"},
		{"tone", "pulse"},   {"command-delay", "5"}, {"max-duration", "60"},
		{"inactivity", "6"}, {"flash", "hold"},	     {"net-timeout", "8"},
		{"clocal", "no"}};
	struct tl_line_params *params = tl_line_params_new();
	const struct core_line_config *config = &params->config;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		cr_assert_eq(tl_line_params_set(params, values[i][0], values[i][1], NULL), 0);
	cr_assert_str_eq(config->name, "a");
	cr_assert_str_eq(config->device, "/dev/x");
	cr_assert_str_eq(config->driver, "v250");
	cr_assert_eq(config->baud, 9600);
	cr_assert_eq(config->flow, CORE_FLOW_XONXOFF);
	cr_assert_str_eq(config->number, "123");
	cr_assert_str_eq(config->init, "ATX");
	cr_assert_eq(config->ring_gap_s, 7);
	cr_assert_eq(config->dial_timeout_s, 9);
	cr_assert(config->pulse);
	cr_assert_eq(config->command_delay_ms, 5);
	cr_assert_eq(config->max_duration_s, 60);
	cr_assert_eq(config->inactivity_s, 6);
	cr_assert_eq(config->net_timeout_s, 8);
	cr_assert(config->flash_holds);
	cr_assert(config->minds_carrier);
	cr_assert_eq(tl_line_params_set(params, "tone", "tone", NULL), 0);
	cr_assert_not(config->pulse);
	cr_assert_null(tl_line_params_free(params));
	cr_assert_null(tl_line_params_free(NULL));
}

/* In whatever order they come. */
Test(params, a_terminal_servers_port_cannot_mind_the_carrier)
{
	static const char *const orders[][2][2] = {
		{{"device", "rfc2217://host:1"}, {"clocal", "no"}},
		{{"clocal", "no"}, {"device", "rfc2217://host:1"}},
	};
	const char *why = "";

	for (size_t i = 0; i < 2; i++) {
		struct tl_line_params *params = tl_line_params_new();

		cr_assert_eq(tl_line_params_set(params, orders[i][0][0], orders[i][0][1], NULL), 0);
		cr_assert_eq(tl_line_params_set(params, orders[i][1][0], orders[i][1][1], &why),
			     -EINVAL);
		cr_assert(strstr(why, "leave clocal at yes"), "%s", why);
		cr_assert_eq(tl_line_params_set(params, "clocal", "yes", NULL), 0);
		cr_assert_eq(tl_line_params_set(params, "device", "rfc2217://host:1", NULL), 0);
		(void)tl_line_params_free(params);
	}
}

Test(params, of_a_call_are_data_without_limits_unless_set)
{
	struct tl_dial_params *params = tl_dial_params_new();

	cr_assert_eq(params->media, TL_MEDIA_DATA);
	cr_assert_eq(params->timeout_s, 0);
	cr_assert_eq(params->max_duration_s, 0);
	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	tl_dial_params_set_timeout(params, 30);
	tl_dial_params_set_max_duration(params, 3600);
	tl_dial_params_set_inactivity(params, 60);
	cr_assert_eq(params->media, TL_MEDIA_VOICE);
	cr_assert_eq(params->timeout_s, 30);
	cr_assert_eq(params->max_duration_s, 3600);
	cr_assert_eq(params->inactivity_s, 60);
	cr_assert_null(tl_dial_params_free(params));
	cr_assert_null(tl_dial_params_free(NULL));
}
