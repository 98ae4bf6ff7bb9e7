/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>

#include "hal/netaddr.h"

#define TEN	"abcdefghij"
#define NAME120 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *url;
	const char *host; /* NULL: none */
	uint16_t port;
	const char *text;
} rows[] = {
	{"rfc2217://localhost:4000", "localhost", 4000, "localhost:4000"},
	{"rfc2217://192.0.2.1:1", "192.0.2.1", 1, "192.0.2.1:1"},
	{"rfc2217://ts-1.example_net.org:65535", "ts-1.example_net.org", 65535,
	 "ts-1.example_net.org:65535"},
	{"rfc2217://[::1]:4000", "::1", 4000, "[::1]:4000"},
	{"rfc2217://[fe80::1%eth0]:23", "fe80::1%eth0", 23, "[fe80::1%eth0]:23"},
	{"rfc2217://" NAME120 "abcdefg:23", NAME120 "abcdefg", 23, NAME120 "abcdefg:23"},
	{"rfc2217://" NAME120 "abcdefgh:23", NULL, 0, NULL},
	{"rfc2217://", NULL, 0, NULL},
	{"rfc2217://host", NULL, 0, NULL},
	{"rfc2217://host:", NULL, 0, NULL},
	{"rfc2217://:23", NULL, 0, NULL},
	{"rfc2217://host:0", NULL, 0, NULL},
	{"rfc2217://host:65536", NULL, 0, NULL},
	{"rfc2217://host:23/", NULL, 0, NULL},
	{"rfc2217://host:+23", NULL, 0, NULL},
	{"rfc2217://host:2:3", NULL, 0, NULL},
	{"rfc2217://user@host:23", NULL, 0, NULL},
	{"rfc2217://ho st:23", NULL, 0, NULL},
	{"rfc2217://::1:23", NULL, 0, NULL},
	{"rfc2217://[::1]", NULL, 0, NULL},
	{"rfc2217://[::1]23", NULL, 0, NULL},
	{"rfc2217://[::1:23", NULL, 0, NULL},
	{"rfc2217://[]:23", NULL, 0, NULL},
	{"rfc2217://[::1 ]:23", NULL, 0, NULL},
	{"rfc2217:/host:23", NULL, 0, NULL},
	{"RFC2217://host:23", NULL, 0, NULL},
	{"telnet://host:23", NULL, 0, NULL},
	{"/dev/ttyUSB0", NULL, 0, NULL},
	{"", NULL, 0, NULL},
};

Test(netaddr, urls_are_taken_apart_and_others_refused)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hal_netaddr address = {.port = 7};
		int r = hal_netaddr_parse(rows[i].url, &address);

		cr_assert_eq(r, rows[i].host ? 0 : -EINVAL, "%s", rows[i].url);
		cr_assert_eq(address.port, rows[i].host ? rows[i].port : 7, "%s", rows[i].url);
		if (!rows[i].host)
			continue;
		cr_assert_str_eq(address.host, rows[i].host);
		cr_assert_str_eq(address.text, rows[i].text);
	}
}

Test(netaddr, what_is_meant_as_a_url_is_no_path_even_when_it_is_wrong)
{
	cr_assert(hal_netaddr_is_url("rfc2217://"));
	cr_assert(hal_netaddr_is_url("rfc2217://host"));
	cr_assert_not(hal_netaddr_is_url("rfc2217:"));
	cr_assert_not(hal_netaddr_is_url("/dev/rfc2217://"));
}
