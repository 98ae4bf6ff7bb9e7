/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/linectl/rule.h"

static const struct udev_port modem = {
	.kernel = "ttyUSB3",
	.usb = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2",
	.path = "pci-0000:00:14.0-usb-0:2:1.1",
	.suffix = "-port2",
	.vendor = "0403",
	.product = "6011",
	.serial = "FT1",
	.interface = "01",
	.vendor_name = "FTDI",
	.model_name = "Quad",
};

static const struct {
	const char *name;
	unsigned int flags;
	const char *claim;
	const char *link;
	const char *text; /* below the comment */
} ways[] = {
	{"the place, all ports", 0, "pci-0000:00:14.0-usb-0:2",
	 "pci-0000:00:14.0-usb-0:2:1.1-port2",
	 "SUBSYSTEM==\"tty|usb\", "
	 "ENV{ID_PATH}==\"pci-0000:00:14.0-usb-0:2|pci-0000:00:14.0-usb-0:2:*\", "
	 "ENV{ID_TRUNKLINE}=\"1\"\n"},
	{"the place, one port", RULE_ONE_PORT, "pci-0000:00:14.0-usb-0:2:1.1-port2",
	 "pci-0000:00:14.0-usb-0:2:1.1-port2",
	 "SUBSYSTEM==\"tty\", ENV{ID_PATH}==\"pci-0000:00:14.0-usb-0:2:1.1\", "
	 "ENV{.ID_PORT}==\"2\", ENV{ID_TRUNKLINE}=\"1\"\n"},
	{"the serial number, all ports", RULE_BY_SERIAL, "usb-0403-6011-FT1",
	 "usb-0403-6011-FT1-if01-port2",
	 "SUBSYSTEM==\"tty|usb\", ENV{ID_VENDOR_ID}==\"0403\", ENV{ID_MODEL_ID}==\"6011\", "
	 "ENV{ID_SERIAL_SHORT}==\"FT1\", ENV{ID_TRUNKLINE_NAME}=\"usb-0403-6011-FT1\", "
	 "ENV{ID_TRUNKLINE}=\"1\"\n"},
	{"the serial number, one port", RULE_BY_SERIAL | RULE_ONE_PORT,
	 "usb-0403-6011-FT1-if01-port2", "usb-0403-6011-FT1-if01-port2",
	 "SUBSYSTEM==\"tty\", ENV{ID_VENDOR_ID}==\"0403\", ENV{ID_MODEL_ID}==\"6011\", "
	 "ENV{ID_SERIAL_SHORT}==\"FT1\", ENV{ID_USB_INTERFACE_NUM}==\"01\", "
	 "ENV{.ID_PORT}==\"2\", ENV{ID_TRUNKLINE_NAME}=\"usb-0403-6011-FT1\", "
	 "ENV{ID_TRUNKLINE}=\"1\"\n"},
};

Test(rule, recognizes_the_device_as_asked)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct rule rule;
		char text[RULE_TEXT_MAX];

		cr_assert_eq(rule_make(&modem, ways[i].flags, &rule), 0, "%s", ways[i].name);
		snprintf(text, sizeof(text), "# Written by 'linectl claim' for FTDI Quad.\n%s",
			 ways[i].text);
		cr_expect_str_eq(rule.name, ways[i].claim, "%s", ways[i].name);
		cr_expect_str_eq(rule.link, ways[i].link, "%s", ways[i].name);
		cr_expect_str_eq(rule.text, text, "%s", ways[i].name);
	}
}

Test(rule, a_port_of_the_board_goes_by_its_kernel_name)
{
	struct udev_port port = {.kernel = "ttyS1"};
	struct rule rule;

	cr_assert_eq(rule_make(&port, RULE_ONE_PORT, &rule), 0);
	cr_expect_str_eq(rule.name, "ttyS1");
	cr_expect_str_eq(rule.link, "ttyS1");
	cr_expect_str_eq(rule.text, "# Written by 'linectl claim'.\n"
				    "SUBSYSTEM==\"tty\", KERNEL==\"ttyS1\", "
				    "ENV{ID_TRUNKLINE}=\"1\"\n");
	cr_expect_eq(rule_make(&port, RULE_BY_SERIAL, &rule), -ENOTUNIQ);
}

#define MEMBER(member) offsetof(struct udev_port, member)

static const struct {
	const char *name;
	size_t member;
	const char *text;
	unsigned int flags;
	int error;
} bad[] = {
	{"no path", MEMBER(path), "", 0, -EINVAL},
	{"no interface in the path", MEMBER(path), "pci-0000_00_14.0-usb-0_2", 0, -EINVAL},
	{"a path that begins with a colon", MEMBER(path), ":1.0", 0, -EINVAL},
	{"a quote in the path", MEMBER(path), "a\"b:1.0", RULE_ONE_PORT, -EINVAL},
	{"a pattern in the path", MEMBER(path), "a[b]:1.0", 0, -EINVAL},
	{"an adapter's port that is none", MEMBER(suffix), "-port*", RULE_ONE_PORT, -EINVAL},
	{"a suffix that leads elsewhere", MEMBER(suffix), "/../x", RULE_ONE_PORT, -EINVAL},
	{"no serial number", MEMBER(serial), "", RULE_BY_SERIAL, -ENOTUNIQ},
	{"a slash in the serial number", MEMBER(serial), "../x", RULE_BY_SERIAL, -EINVAL},
	{"a backslash in the serial number", MEMBER(serial), "a\\x20", RULE_BY_SERIAL, -EINVAL},
	{"a newline in the vendor", MEMBER(vendor), "04\n3", RULE_BY_SERIAL, -EINVAL},
	{"no product", MEMBER(product), "", RULE_BY_SERIAL, -EINVAL},
	{"no interface", MEMBER(interface), "", RULE_BY_SERIAL, -EINVAL},
};

Test(rule, refuses_what_cannot_stand_in_one)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rule rule = {.name = "untouched"};
		struct udev_port port = modem;
		int r;

		strcpy((char *)&port + bad[i].member, bad[i].text);
		r = rule_make(&port, bad[i].flags, &rule);
		cr_expect_eq(r, bad[i].error, "%s: %d", bad[i].name, r);
		cr_expect_str_eq(rule.name, "untouched", "%s", bad[i].name);
	}
}

Test(rule, the_longest_serial_number_of_usb_fits)
{
	struct udev_port port = modem;
	struct rule rule;

	memset(port.serial, 'x', 126);
	port.serial[126] = '\0';
	cr_assert_eq(rule_make(&port, RULE_BY_SERIAL | RULE_ONE_PORT, &rule), 0);
	cr_expect_not_null(strstr(rule.link, "x-if01-port2"));
}

Test(rule, a_place_too_long_for_a_name_is_refused)
{
	struct udev_port port = modem;
	struct rule rule;

	memset(port.path, 'x', sizeof(port.path) - 1);
	memcpy(port.path + sizeof(port.path) - 5, ":1.0", 5);
	memcpy(port.suffix, "-port2345678901", 16);
	cr_expect_eq(rule_make(&port, 0, &rule), -ENAMETOOLONG);
}
