/* SPDX-License-Identifier: MIT */
#include "hal/ports.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBSERIALPORT
#include <libserialport.h>
#endif

#include "tree.h"
#include "wrap.h"

static void make_usb(const char *root)
{
	tree_dir(root, "usb/1-1/1-1:1.0/ttyUSB10/tty/ttyUSB10");
	tree_dir(root, "usb/1-1/1-1:1.1/tty/ttyACM0");
	tree_file(root, "usb/idVendor", "1d6b\n"); /* the hub's */
	tree_file(root, "usb/1-1/idVendor", "0403\n");
	tree_file(root, "usb/1-1/idProduct", "6001\n");
	tree_file(root, "usb/1-1/busnum", "1\n");
	tree_file(root, "usb/1-1/devnum", "17\n");
	tree_file(root, "usb/1-1/product", "Modem \x1b[2J\n");
	tree_file(root, "usb/1-1/serial", "SN0000\n");
	tree_link(root, "usb/1-1/1-1:1.0/ttyUSB10/tty/ttyUSB10/device", "../../../ttyUSB10");
	tree_link(root, "usb/1-1/1-1:1.1/tty/ttyACM0/device", "../../../1-1:1.1");
	tree_link(root, "class/tty/ttyUSB10", "../../usb/1-1/1-1:1.0/ttyUSB10/tty/ttyUSB10");
	tree_link(root, "class/tty/ttyACM0", "../../usb/1-1/1-1:1.1/tty/ttyACM0");
}

static void make_uart(const char *root, const char *name, const char *type)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/tty/%s/device", name);
	tree_dir(root, path);
	(void)snprintf(path, sizeof(path), "class/tty/%s/type", name);
	tree_file(root, path, type);
}

Test(ports, sysfs_tells_real_ports_from_the_rest)
{
	char root[] = "/tmp/ports-XXXXXX";
	struct hal_port *ports = NULL;
	size_t count = 0;

	cr_assert_not_null(mkdtemp(root));
	tree_dir(root, "class/tty/tty1"); /* a virtual console has no device */
	make_uart(root, "ttyS0", "4\n");
	make_uart(root, "ttyS1", "0\n");
	make_uart(root, "rfcomm0", "");
	tree_dir(root, "class/tty/ttyUSB2/device");
	make_usb(root);

	cr_assert_eq(hal_ports_list_sysfs(root, &ports, &count), 0);
	cr_assert_eq(count, 5);
	cr_assert_str_eq(ports[0].name, "rfcomm0");
	cr_assert_eq(ports[0].transport, HAL_PORT_BLUETOOTH);
	cr_assert_str_eq(ports[1].path, "/dev/ttyACM0");
	cr_assert_str_eq(ports[2].name, "ttyS0");
	cr_assert_eq(ports[2].transport, HAL_PORT_NATIVE);
	cr_assert_str_eq(ports[2].description, "ttyS0");
	cr_assert_str_eq(ports[2].serial, "");
	cr_assert_str_eq(ports[3].name, "ttyUSB2");
	cr_assert_str_eq(ports[4].name, "ttyUSB10", "by number");
	for (size_t i = 1; i < count; i += 3) {
		cr_assert_eq(ports[i].transport, HAL_PORT_USB);
		cr_assert_eq(ports[i].vendor_id, 0x0403);
		cr_assert_eq(ports[i].product_id, 0x6001);
		cr_assert_eq(ports[i].bus, 1);
		cr_assert_eq(ports[i].address, 17);
		cr_assert_str_eq(ports[i].serial, "SN0000");
		cr_assert_str_eq(ports[i].description, "Modem \\x1b[2J");
	}
	free(ports);
	tree_remove(root);
}

Test(ports, no_port_at_all_is_no_error)
{
	char root[] = "/tmp/ports-XXXXXX";
	struct hal_port *ports = (struct hal_port *)root;
	size_t count = 7;

	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(hal_ports_list_sysfs(root, &ports, &count), -ENOENT);
	cr_assert_eq(count, 7);
	tree_dir(root, "class/tty");
	cr_assert_eq(hal_ports_list_sysfs(root, &ports, &count), 0);
	cr_assert_eq(count, 0);
	cr_assert_null(ports);
	tree_remove(root);
}

Test(ports, no_memory_is_an_error)
{
	char root[] = "/tmp/ports-XXXXXX";
	struct hal_port *ports = NULL;
	size_t count = 7;

	cr_assert_not_null(mkdtemp(root));
	make_uart(root, "ttyS0", "4\n");
	make_uart(root, "ttyS1", "4\n");
	wrap_fail_nth(&wrap_realloc, 2, ENOMEM);
	cr_assert_eq(hal_ports_list_sysfs(root, &ports, &count), -ENOMEM);
	cr_assert_null(ports);
	cr_assert_eq(count, 7);
	tree_remove(root);
}

#ifdef HAVE_LIBSERIALPORT
/* Two ports of libserialport's that this machine does not have. */
struct sp_port {
	const char *name, *description;
	enum sp_transport transport;
};

static struct sp_port fake_ports[] = {
	{"/dev/ttyUSB3", "Modem \n", SP_TRANSPORT_USB},
	{"/dev/rfcomm0", NULL, SP_TRANSPORT_BLUETOOTH},
};
static struct sp_port *fake_list[] = {&fake_ports[0], &fake_ports[1], NULL};
static bool fake_fails;

enum sp_return __wrap_sp_list_ports(struct sp_port ***ret_list)
{
	*ret_list = fake_list;
	return fake_fails ? SP_ERR_SUPP : SP_OK;
}

void __wrap_sp_free_port_list(struct sp_port **list)
{
	(void)list;
}

char *__wrap_sp_get_port_name(const struct sp_port *port)
{
	return (char *)port->name;
}

char *__wrap_sp_get_port_description(const struct sp_port *port)
{
	return (char *)port->description;
}

enum sp_transport __wrap_sp_get_port_transport(const struct sp_port *port)
{
	return port->transport;
}

enum sp_return __wrap_sp_get_port_usb_vid_pid(const struct sp_port *port, int *vid, int *pid)
{
	(void)port;
	*vid = 0x0403;
	*pid = 0x6001;
	return SP_OK;
}

enum sp_return __wrap_sp_get_port_usb_bus_address(const struct sp_port *port, int *bus,
						  int *address)
{
	(void)port;
	*bus = 1;
	*address = 17;
	return SP_OK;
}

char *__wrap_sp_get_port_usb_serial(const struct sp_port *port)
{
	(void)port;
	return NULL;
}

Test(ports, what_libserialport_knows_is_passed_on)
{
	struct hal_port *ports = NULL;
	size_t count = 0;

	cr_assert_eq(hal_ports_list(&ports, &count), 0);
	cr_assert_eq(count, 2);
	cr_assert_str_eq(ports[0].path, "/dev/rfcomm0");
	cr_assert_eq(ports[0].transport, HAL_PORT_BLUETOOTH);
	cr_assert_str_eq(ports[1].name, "ttyUSB3");
	cr_assert_str_eq(ports[1].description, "Modem \\x0a");
	cr_assert_eq(ports[1].transport, HAL_PORT_USB);
	cr_assert_eq(ports[1].vendor_id, 0x0403);
	cr_assert_eq(ports[1].product_id, 0x6001);
	cr_assert_eq(ports[1].bus, 1);
	cr_assert_eq(ports[1].address, 17);
	cr_assert_str_eq(ports[1].serial, "");
	free(ports);

	ports = NULL;
	wrap_fail_nth(&wrap_realloc, 2, ENOMEM);
	cr_assert_eq(hal_ports_list(&ports, &count), -ENOMEM);
	cr_assert_null(ports);
}
#endif

Test(ports, this_machine_can_be_listed)
{
	struct hal_port *ports = NULL;
	size_t count = 0;

#ifdef HAVE_LIBSERIALPORT
	fake_fails = true; /* then sysfs is asked */
#endif
	cr_assert_eq(hal_ports_list(&ports, &count), 0);
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(strncmp(ports[i].path, "/dev/", 5), 0);
		cr_assert_str_neq(ports[i].name, "");
	}
	free(ports);
}
