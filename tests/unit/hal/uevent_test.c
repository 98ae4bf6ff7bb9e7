/* SPDX-License-Identifier: MIT */
#include "hal/uevent.h"

#include <criterion/criterion.h>
#include <errno.h>

/* With the NUL that ends the literal: a message has one at its end. */
#define MESSAGE(literal)                   \
	{                                  \
		(literal), sizeof(literal) \
	}

Test(uevent, says_what_has_happened_to_what)
{
	static const struct {
		const char *name;
		struct hal_slice message;
		enum hal_uevent_action action;
		const char *devpath, *subsystem, *devname;
	} rows[] = {
		{"plugged in",
		 MESSAGE("add@/devices/x/tty/ttyUSB0\0ACTION=add\0DEVPATH=/devices/x/tty/ttyUSB0\0"
			 "SUBSYSTEM=tty\0MAJOR=188\0MINOR=0\0DEVNAME=ttyUSB0\0SEQNUM=4711"),
		 HAL_UEVENT_ADD, "/devices/x/tty/ttyUSB0", "tty", "ttyUSB0"},
		{"pulled out", MESSAGE("remove@/a\0SUBSYSTEM=tty\0DEVNAME=ttyACM0"),
		 HAL_UEVENT_REMOVE, "/a", "tty", "ttyACM0"},
		{"a driver is bound", MESSAGE("bind@/a\0SUBSYSTEM=usb"), HAL_UEVENT_CHANGE, "/a",
		 "usb", ""},
		{"changed", MESSAGE("change@/a"), HAL_UEVENT_CHANGE, "/a", "", ""},
		{"renamed", MESSAGE("move@/a"), HAL_UEVENT_CHANGE, "/a", "", ""},
		{"back again", MESSAGE("online@/a"), HAL_UEVENT_CHANGE, "/a", "", ""},
		{"a driver is unbound", MESSAGE("unbind@/a"), HAL_UEVENT_OTHER, "/a", "", ""},
		{"of a later kernel", MESSAGE("explode@/a"), HAL_UEVENT_OTHER, "/a", "", ""},
		{"lines that are none", MESSAGE("add@/a\0\0=\0X\0SUBSYSTEM\0SUBSYSTEM=a=b"),
		 HAL_UEVENT_ADD, "/a", "a=b", ""},
		{"a node in a folder", MESSAGE("add@/a..b\0DEVNAME=bus/usb/001/002"),
		 HAL_UEVENT_ADD, "/a..b", "", "bus/usb/001/002"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hal_uevent event;

		cr_assert_eq(hal_uevent_parse(rows[i].message, &event), 0, "%s", rows[i].name);
		cr_assert_eq(event.action, rows[i].action, "%s", rows[i].name);
		cr_assert(hal_slice_eq(event.devpath, hal_slice_str(rows[i].devpath)), "%s",
			  rows[i].name);
		cr_assert(hal_slice_eq(event.subsystem, hal_slice_str(rows[i].subsystem)), "%s",
			  rows[i].name);
		cr_assert(hal_slice_eq(event.devname, hal_slice_str(rows[i].devname)), "%s",
			  rows[i].name);
	}
}

Test(uevent, what_the_kernel_would_not_say_is_refused)
{
	static const struct {
		const char *name;
		struct hal_slice message;
	} rows[] = {
		{"nothing", {NULL, 0}},
		{"empty", MESSAGE("")},
		{"udevd's own", MESSAGE("libudev\0\xfe\xed\xca\xfe")},
		{"no action", MESSAGE("@/devices/a")},
		{"no path", MESSAGE("add@")},
		{"no separator", MESSAGE("add/devices/a")},
		{"no root", MESSAGE("add@devices/a")},
		{"a way out of sysfs", MESSAGE("add@/devices/../../etc")},
		{"a way out at the end", MESSAGE("add@/devices/..")},
		{"a way out of /dev", MESSAGE("add@/a\0DEVNAME=../etc/passwd")},
		{"control characters", MESSAGE("add@/a\x1b[2J")},
		{"control characters in the node", MESSAGE("add@/a\0DEVNAME=tty\n")},
		{"cut", {"add@/a\0DEVNAME=ttyUSB1", 22}},
	};
	struct hal_uevent event = {.action = HAL_UEVENT_REMOVE};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(hal_uevent_parse(rows[i].message, &event), -EINVAL, "%s",
			     rows[i].name);
	cr_assert_eq(event.action, HAL_UEVENT_REMOVE, "untouched");
	cr_assert_null(event.devpath.data, "untouched");
}
