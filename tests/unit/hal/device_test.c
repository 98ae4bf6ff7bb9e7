/* SPDX-License-Identifier: MIT */
#include "hal/device.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

/* Folder by folder, what sysfs has: a UART, an adapter with two ports, a modem behind a hub. */
static const struct {
	const char *path, *subsystem;
} folders[] = {
	{"devices/platform/serial8250", "platform"},
	{"devices/platform/serial8250/tty/ttyS0", "tty"},
	{"devices/pci0000:00/0000:00:14.0", "pci"},
	{"devices/pci0000:00/0000:00:14.0/usb1", "usb"},
	{"devices/pci0000:00/0000:00:14.0/usb1/1-2", "usb"},
	{"devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0", "usb"},
	{"devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB0", "usb-serial"},
	{"devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0", "tty"},
	{"devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB1", "usb-serial"},
	{"devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB1/tty/ttyUSB1", "tty"},
	{"devices/platform/fd500000.pcie", "platform"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0", "pci"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0", "pci"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb3", "usb"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb3/3-1", "usb"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb3/3-1/3-1.4",
	 "usb"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb3/3-1/3-1.4/"
	 "3-1.4:1.2",
	 "usb"},
	{"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb3/3-1/3-1.4/"
	 "3-1.4:1.2/tty/ttyACM0",
	 "tty"},
	{"devices/virtual/tty/tty1", "tty"},
};

#define ADAPTER "devices/pci0000:00/0000:00:14.0/usb1/1-2/"
#define MODEM	"devices/platform/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb3/3-1/"

static void add_class(const char *root, const char *path, bool with_device)
{
	char link[256], target[256];

	(void)snprintf(link, sizeof(link), "class/tty/%s", strrchr(path, '/') + 1);
	(void)snprintf(target, sizeof(target), "../../%s", path);
	tree_link(root, link, target);
	if (!with_device)
		return;
	(void)snprintf(link, sizeof(link), "%s/device", path);
	tree_link(root, link, "../..");
}

static void make_sysfs(char *root)
{
	tree_new(root);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char link[256], target[64];

		tree_dir(root, folders[i].path);
		(void)snprintf(link, sizeof(link), "%s/subsystem", folders[i].path);
		(void)snprintf(target, sizeof(target), "/sys/bus/%s", folders[i].subsystem);
		tree_link(root, link, target);
		if (strcmp(folders[i].subsystem, "tty") == 0)
			add_class(root, folders[i].path, strstr(folders[i].path, "tty1") == NULL);
	}
	tree_file(root, "devices/pci0000:00/0000:00:14.0/usb1/idVendor", "1d6b\n");
	tree_file(root, ADAPTER "idVendor", "0403\n");
	tree_file(root, ADAPTER "idProduct", "6010\n");
	tree_file(root, ADAPTER "serial", "FT123\n");
	tree_file(root, ADAPTER "1-2:1.0/bInterfaceNumber", "00\n");
	tree_link(root, ADAPTER "1-2:1.0/driver", "/sys/bus/usb/drivers/ftdi_sio");
	tree_file(root, ADAPTER "1-2:1.0/ttyUSB0/port_number", "0\n");
	tree_file(root, ADAPTER "1-2:1.0/ttyUSB1/port_number", "1\n");
	tree_file(root, MODEM "idVendor", "05e3\n");
	tree_file(root, MODEM "3-1.4/idVendor", "0572\n");
	tree_file(root, MODEM "3-1.4/idProduct", "1329\n");
	tree_file(root, MODEM "3-1.4/serial",
		  "24\x1b"
		  "680\n");
	tree_file(root, MODEM "3-1.4/3-1.4:1.2/bInterfaceNumber", "0a\n");
}

Test(device, says_what_it_is_and_where_it_is_plugged_in)
{
	static const struct {
		const char *name, *place, *usb, *serial, *driver;
		int interface;
		uint16_t vendor, product;
	} rows[] = {
		{"ttyS0", "", "", "", "", -1, 0, 0},
		{"ttyUSB0", "pci-0000:00:14.0-usb-0:2:1.0-port0", "usb1/1-2", "FT123", "ftdi_sio",
		 0, 0x0403, 0x6010},
		{"ttyUSB1", "pci-0000:00:14.0-usb-0:2:1.0-port1", "usb1/1-2", "FT123", "ftdi_sio",
		 0, 0x0403, 0x6010},
		{"ttyACM0", "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.4:1.2",
		 "usb3/3-1/3-1.4", "24\\x1b680", "", 10, 0x0572, 0x1329},
	};
	char root[] = TREE_TEMPLATE;

	make_sysfs(root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hal_device device;
		char node[64];

		(void)snprintf(node, sizeof(node), "/dev/%s", rows[i].name);
		cr_assert_eq(hal_device_find(root, node, &device), 0, "%s", node);
		cr_assert_str_eq(device.node, node);
		cr_assert_str_eq(device.place, rows[i].place);
		cr_assert_str_eq(device.serial, rows[i].serial);
		cr_assert_str_eq(device.driver, rows[i].driver);
		cr_assert_eq(device.interface, rows[i].interface);
		cr_assert_eq(device.vendor, rows[i].vendor);
		cr_assert_eq(device.product, rows[i].product);
		cr_assert_eq(device.role,
			     rows[i].vendor == 0x0572 ? HAL_DEVICE_ROLE_AT : HAL_DEVICE_ROLE_NONE);
		cr_assert_not(device.marked);
		cr_assert(hal_device_exists(&device));
		device.syspath[device.usb_len] = '\0';
		cr_assert(device.usb_len >= strlen(rows[i].usb));
		cr_assert_str_eq(device.syspath + device.usb_len - strlen(rows[i].usb),
				 rows[i].usb);
	}
	tree_remove(root);
}

static void count(void *user, const struct hal_device *device)
{
	size_t *n = user;

	cr_assert_str_neq(device->node, "/dev/tty1");
	(*n)++;
}

Test(device, list_has_what_hardware_is_behind)
{
	char root[] = TREE_TEMPLATE;
	size_t n = 0;

	make_sysfs(root);
	cr_assert_eq(hal_device_list(root, count, &n), 0);
	cr_assert_eq(n, 4);
	tree_link(root, "class/tty/ttyUSB9", "../../devices/nowhere");
	cr_assert_eq(hal_device_list(root, count, &n), 0);
	cr_assert_eq(n, 8, "one that has just gone is left out");
	tree_remove(root);
	cr_assert_eq(hal_device_list(root, count, &n), -ENOENT);
}

Test(device, the_port_of_a_known_modem_has_a_role)
{
	static const struct {
		const char *interface;
		enum hal_device_role role;
	} rows[] = {
		{"00\n", HAL_DEVICE_ROLE_DIAG}, {"01\n", HAL_DEVICE_ROLE_GPS},
		{"02\n", HAL_DEVICE_ROLE_AT},	{"03\n", HAL_DEVICE_ROLE_DATA},
		{"7f\n", HAL_DEVICE_ROLE_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char root[] = TREE_TEMPLATE;
		struct hal_device device;

		make_sysfs(root);
		/* A Quectel EC25. */
		tree_file(root, MODEM "3-1.4/idVendor", "2c7c\n");
		tree_file(root, MODEM "3-1.4/idProduct", "0125\n");
		tree_file(root, MODEM "3-1.4/3-1.4:1.2/bInterfaceNumber", rows[i].interface);
		cr_assert_eq(hal_device_find(root, "/dev/ttyACM0", &device), 0);
		cr_assert_eq(device.role, rows[i].role, "interface %s", rows[i].interface);
		cr_assert_str_eq(device.profile, "", "no driver knows it");
		tree_remove(root);
	}
}

Test(device, a_link_to_the_node_will_do)
{
	struct hal_device device;
	char root[] = TREE_TEMPLATE, path[256];

	make_sysfs(root);
	tree_file(root, "dev/ttyUSB1", "");
	tree_link(root, "dev/serial/by-id/x", "../../ttyUSB1");
	(void)snprintf(path, sizeof(path), "%s/dev/serial/by-id/x", root);
	cr_assert_eq(hal_device_find(root, path, &device), 0);
	cr_assert_str_eq(device.node, "/dev/ttyUSB1");
	tree_remove(root);
}

Test(device, what_is_not_there_is_not_found)
{
	char root[] = TREE_TEMPLATE, path[600];
	struct hal_device device = {.interface = 7};

	make_sysfs(root);
	cr_assert_eq(hal_device_find(root, "/dev/ttyUSB5", &device), -ENOENT);
	cr_assert_eq(hal_device_find(root, "/dev/cua/ttyUSB5", &device), -ENOENT);
	cr_assert_eq(hal_device_find(root, "ttyUSB5", &device), -ENOENT);
	cr_assert_eq(hal_device_find(root, "/no-dev/", &device), -ENOENT);
	cr_assert_eq(hal_device_read("/nowhere", &device), -ENOENT);
	memset(path, 'x', sizeof(path));
	memcpy(path, "/dev/", 5);
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(hal_device_find(root, path, &device), -ENAMETOOLONG);
	cr_assert_eq(device.interface, 7, "untouched");
	tree_remove(root);
}

Test(device, a_path_that_is_too_long_is_refused)
{
	struct hal_device device = {.interface = 7};
	char root[] = TREE_TEMPLATE, path[600];
	size_t len;

	tree_new(root);
	len = (size_t)snprintf(path, sizeof(path), "%s/", root);
	memset(path + len, 'd', 200);
	path[len + 200] = '/';
	memset(path + len + 201, 't', 100);
	path[len + 301] = '\0';
	tree_dir(root, path + len);
	cr_assert_eq(hal_device_read(path, &device), -ENAMETOOLONG);
	path[len + 270] = '\0';
	memset(path + len, 'e', 100);
	path[len + 100] = '/';
	path[len + 200] = '\0';
	tree_dir(root, path + len);
	cr_assert_eq(hal_device_read(path, &device), -ENAMETOOLONG, "the name of its node");
	cr_assert_eq(device.interface, 7, "untouched");
	tree_remove(root);
}

Test(device, names_with_a_slash_are_written_with_a_mark_in_sysfs)
{
	char root[] = TREE_TEMPLATE, path[256];
	struct hal_device device;

	tree_new(root);
	tree_dir(root, "tty/cciss!c0!d0");
	(void)snprintf(path, sizeof(path), "%s/tty/cciss!c0!d0", root);
	cr_assert_eq(hal_device_read(path, &device), 0);
	cr_assert_str_eq(device.node, "/dev/cciss/c0/d0");
	tree_remove(root);
}

Test(device, without_a_folder_in_sysfs_its_node_shows_that_it_exists)
{
	struct hal_device device = {.node = "/dev/null"};

	cr_assert(hal_device_exists(&device));
	cr_assert(hal_device_is_usable(&device));
	strcpy(device.node, "/dev/no-such-tty");
	cr_assert_not(hal_device_exists(&device));
	cr_assert_not(hal_device_is_usable(&device));
}

Test(device, a_node_without_permission_is_not_usable)
{
	char root[] = TREE_TEMPLATE;
	struct hal_device device;

	if (geteuid() == 0 && seteuid(65534) < 0)
		cr_skip_test("the super-user may open anything, and cannot become somebody else");
	tree_new(root);
	tree_file(root, "node", "");
	(void)snprintf(device.node, sizeof(device.node), "%s/node", root);
	cr_assert(hal_device_is_usable(&device));
	cr_assert_eq(chmod(device.node, 0400), 0);
	cr_assert_not(hal_device_is_usable(&device));
	tree_remove(root);
	/* The sanitizer looks for leaks as whoever started it. */
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

Test(device, roles_are_known_by_name)
{
	static const struct {
		const char *name;
		enum hal_device_role role;
	} rows[] = {
		{"at", HAL_DEVICE_ROLE_AT},	{"data", HAL_DEVICE_ROLE_DATA},
		{"gps", HAL_DEVICE_ROLE_GPS},	{"audio", HAL_DEVICE_ROLE_AUDIO},
		{"diag", HAL_DEVICE_ROLE_DIAG}, {"", HAL_DEVICE_ROLE_NONE},
		{"AT", HAL_DEVICE_ROLE_NONE},	{"ata", HAL_DEVICE_ROLE_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(hal_device_role_parse(hal_slice_str(rows[i].name)), rows[i].role,
			     "'%s'", rows[i].name);
}

static void ignore(void *user, const struct hal_device *device)
{
	(void)user;
	(void)device;
}

Test(device, this_machine_can_be_looked_at)
{
	const struct hal_machine *machine = hal_machine_system();
	struct hal_device device = {.node = "/dev/null"};

	(void)machine->list(machine, ignore, NULL);
	cr_assert_lt(machine->find(machine, "/dev/no-such-tty", &device), 0);
	cr_assert(machine->exists(machine, &device));
	cr_assert(machine->is_usable(machine, &device));
}
