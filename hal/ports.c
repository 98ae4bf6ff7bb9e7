/* SPDX-License-Identifier: MIT */
#include "hal/ports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LIBSERIALPORT
#include <libserialport.h>
#endif

#include "hal/slice.h"
#include "hal/sysfs.h"

struct list {
	struct hal_port *ports;
	size_t count;
};

static struct hal_port *add_port(struct list *list, const char *name)
{
	struct hal_port *ports, *port;

	ports = realloc(list->ports, (list->count + 1) * sizeof(*ports));
	if (!ports)
		return NULL;
	list->ports = ports;
	port = &ports[list->count++];
	memset(port, 0, sizeof(*port));
	(void)hal_slice_copy(hal_slice_str(name), port->name, sizeof(port->name));
	(void)snprintf(port->path, sizeof(port->path), "/dev/%s", port->name);
	return port;
}

/* ttyUSB2 before ttyUSB10 */
static int compare(const void *a, const void *b)
{
	return strverscmp(((const struct hal_port *)a)->name, ((const struct hal_port *)b)->name);
}

static void finish(struct list *list, struct hal_port **ret_ports, size_t *ret_count)
{
	if (list->count > 0)
		qsort(list->ports, list->count, sizeof(*list->ports), compare);
	*ret_ports = list->ports;
	*ret_count = list->count;
}

static void read_usb(int device, struct hal_port *port)
{
	port->transport = HAL_PORT_USB;
	port->vendor_id = hal_sysfs_number(device, "idVendor", 16);
	port->product_id = hal_sysfs_number(device, "idProduct", 16);
	port->bus = hal_sysfs_number(device, "busnum", 10);
	port->address = hal_sysfs_number(device, "devnum", 10);
	hal_sysfs_text(device, "serial", port->serial, sizeof(port->serial));
	hal_sysfs_text(device, "product", port->description, sizeof(port->description));
}

/* The USB device is the interface's parent: above ttyACM's device once, above ttyUSB's twice. */
static void find_usb(int tty, struct hal_port *port)
{
	static const char *const parents[] = {"device/..", "device/../.."};

	/* The nearest: higher up are the hubs. */
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		int device = openat(tty, parents[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (device < 0)
			return;
		if (faccessat(device, "idVendor", R_OK, 0) == 0)
			read_usb(device, port);
		close(device);
		if (port->transport == HAL_PORT_USB)
			return;
	}
}

/* The 8250 driver lists every port it could have; one of type 0 has no chip behind it. */
static bool is_phantom(int tty)
{
	char type[16];

	hal_sysfs_text(tty, "type", type, sizeof(type));
	return strcmp(type, "0") == 0;
}

static int add_tty(struct list *list, int tty, const char *name)
{
	struct hal_port *port;

	port = add_port(list, name);
	if (!port)
		return -ENOMEM;
	if (strncmp(name, "rfcomm", 6) == 0)
		port->transport = HAL_PORT_BLUETOOTH;
	find_usb(tty, port);
	if (port->description[0] == '\0')
		(void)hal_slice_copy(hal_slice_str(name), port->description,
				     sizeof(port->description));
	return 0;
}

static int look_at(struct list *list, int class, const char *name)
{
	int tty, r = 0;

	tty = openat(class, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tty < 0)
		return 0; /* unplugged this moment */
	if (faccessat(tty, "device", F_OK, 0) == 0 && !is_phantom(tty))
		r = add_tty(list, tty, name);
	close(tty);
	return r;
}

int hal_ports_list_sysfs(const char *sysfs, struct hal_port **ret_ports, size_t *ret_count)
{
	struct list list = {0};
	struct dirent *entry;
	char path[256];
	DIR *dir;
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s/class/tty", sysfs ? sysfs : "/sys");
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			r = look_at(&list, dirfd(dir), entry->d_name);
	closedir(dir);
	if (r < 0) {
		free(list.ports);
		return r;
	}
	finish(&list, ret_ports, ret_count);
	return 0;
}

#ifdef HAVE_LIBSERIALPORT
static void copy_text(const char *text, char *buf, size_t size)
{
	(void)hal_slice_escape(hal_slice_str(text), buf, size);
}

/* What libserialport has not seen behind the port, sysfs may tell all the same. */
static void look_closer(struct hal_port *port)
{
	char path[64];
	int tty;

	(void)snprintf(path, sizeof(path), "/sys/class/tty/%s", port->name);
	tty = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tty < 0)
		return;
	find_usb(tty, port);
	close(tty);
}

static void copy_usb(struct sp_port *from, struct hal_port *port)
{
	int vendor = 0, product = 0, bus = 0, address = 0;

	port->transport = HAL_PORT_USB;
	/* What it does not know stays 0. */
	(void)sp_get_port_usb_vid_pid(from, &vendor, &product);
	(void)sp_get_port_usb_bus_address(from, &bus, &address);
	port->vendor_id = (uint16_t)vendor;
	port->product_id = (uint16_t)product;
	port->bus = (uint16_t)bus;
	port->address = (uint16_t)address;
	copy_text(sp_get_port_usb_serial(from), port->serial, sizeof(port->serial));
}

static int add_serialport(struct list *list, struct sp_port *from)
{
	const char *path = sp_get_port_name(from);
	struct hal_port *port;

	port = add_port(list, strncmp(path, "/dev/", 5) == 0 ? path + 5 : path);
	if (!port)
		return -ENOMEM;
	copy_text(sp_get_port_description(from), port->description, sizeof(port->description));
	if (sp_get_port_transport(from) == SP_TRANSPORT_BLUETOOTH)
		port->transport = HAL_PORT_BLUETOOTH;
	else if (sp_get_port_transport(from) == SP_TRANSPORT_USB)
		copy_usb(from, port);
	if (port->vendor_id == 0)
		look_closer(port);
	return 0;
}

int hal_ports_list(struct hal_port **ret_ports, size_t *ret_count)
{
	struct list list = {0};
	struct sp_port **found;
	int r = 0;

	if (sp_list_ports(&found) != SP_OK)
		return hal_ports_list_sysfs(NULL, ret_ports, ret_count);
	for (size_t i = 0; r == 0 && found[i]; i++)
		r = add_serialport(&list, found[i]);
	sp_free_port_list(found);
	if (r < 0) {
		free(list.ports);
		return r;
	}
	finish(&list, ret_ports, ret_count);
	return 0;
}
#else
int hal_ports_list(struct hal_port **ret_ports, size_t *ret_count)
{
	return hal_ports_list_sysfs(NULL, ret_ports, ret_count);
}
#endif
