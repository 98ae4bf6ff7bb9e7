/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "hal/usb_table.h"

static const struct {
	const char *name;
	uint16_t vendor, product;
	uint8_t interface;
	const char *role; /* NULL: not in the table */
	const char *profile;
} rows[] = {
	{"the first row", 0x0572, 0x1321, 0, "at", "v250"},
	{"one port, whatever its interface is", 0x0803, 0x3095, 1, "at", "v250"},
	{"one port of many: diagnosis", 0x2c7c, 0x0125, 0, "diag", NULL},
	{"one port of many: position", 0x2c7c, 0x0125, 1, "gps", NULL},
	{"one port of many: commands", 0x2c7c, 0x0125, 2, "at", NULL},
	{"one port of many: data", 0x2c7c, 0x0125, 3, "data", NULL},
	{"one port of many: sound", 0x1e0e, 0x9001, 4, "audio", NULL},
	{"an interface with a letter", 0x1546, 0x1102, 0x0a, "diag", NULL},
	{"the last row", 0x2c7c, 0x0800, 3, "data", NULL},
	{"an interface that the model does not have", 0x2c7c, 0x0125, 9, NULL, NULL},
	{"another product", 0x0803, 0x3096, 0, NULL, NULL},
	{"before the first vendor", 0, 0, 0, NULL, NULL},
	{"after the last vendor", 0xffff, 0xffff, 0xff, NULL, NULL},
};

Test(usb_table, finds_ports_by_product_and_interface)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct hal_usb_port *port =
			hal_usb_port_find(rows[i].vendor, rows[i].product, rows[i].interface);

		if (!rows[i].role) {
			cr_expect_null(port, "%s", rows[i].name);
			continue;
		}
		cr_assert_not_null(port, "%s", rows[i].name);
		cr_expect_str_eq(port->role, rows[i].role, "%s", rows[i].name);
		cr_expect_eq(port->profile == NULL, rows[i].profile == NULL, "%s", rows[i].name);
		if (port->profile && rows[i].profile)
			cr_expect_str_eq(port->profile, rows[i].profile, "%s", rows[i].name);
	}
}

Test(usb_table, names_the_model)
{
	cr_expect_str_eq(hal_usb_port_find(0x0baf, 0x0303, 0)->name, "USRobotics USR5637");
}
