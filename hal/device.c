/* SPDX-License-Identifier: MIT */
#include "hal/device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/sysfs.h"
#include "hal/usb_table.h"

/* Where sysfs is mounted, and a name of 255 bytes below its list of ttys. */
#define CLASS_PATH_MAX 512

/* Way up from a tty to the root of the device tree. */
struct climb {
	struct hal_device *device;
	char dir[sizeof(((struct hal_device *)0)->syspath)]; /* present folder */
	char subsystem[32];				     /* of the present folder */
	char below[32]; /* the one that has named itself last */
	char port[8];	/* of an adapter with several */
};

static void prepend(char *place, size_t size, const char *prefix, const char *name)
{
	char whole[2 * sizeof(((struct hal_device *)0)->place)];

	(void)snprintf(whole, sizeof(whole), "%.16s%.64s%s%s", prefix, name, place[0] ? "-" : "",
		       place);
	/* Cut is cut: it is compared, and cut the same way each time. */
	(void)hal_slice_copy(hal_slice_str(whole), place, size);
}

static void read_interface(int dir, struct hal_device *device)
{
	hal_sysfs_link(dir, "driver", device->driver, sizeof(device->driver));
	if (device->interface < 0)
		device->interface = hal_sysfs_number(dir, "bInterfaceNumber", 16);
}

static void read_usb_device(int dir, const char *path, struct hal_device *device)
{
	device->usb_len = strlen(path);
	device->vendor = hal_sysfs_number(dir, "idVendor", 16);
	device->product = hal_sysfs_number(dir, "idProduct", 16);
	hal_sysfs_text(dir, "serial", device->serial, sizeof(device->serial));
}

static void read_usb(int dir, const struct climb *climb)
{
	struct hal_device *device = climb->device;

	if (faccessat(dir, "bInterfaceNumber", F_OK, 0) == 0)
		read_interface(dir, device);
	/* The nearest: higher up are the hubs. */
	if (device->usb_len == 0 && faccessat(dir, "idVendor", F_OK, 0) == 0)
		read_usb_device(dir, climb->dir, device);
}

/* The part of the place that the present folder gives; one for each run of the same bus. */
static void name_place(struct climb *climb, const char *name)
{
	char *place = climb->device->place;
	size_t size = sizeof(climb->device->place);
	const char *dash = strchr(name, '-');

	if (strcmp(climb->subsystem, climb->below) == 0)
		return;
	if (strcmp(climb->subsystem, "usb") == 0 && dash)
		prepend(place, size, "usb-0:", dash + 1);
	else if (place[0] && strcmp(climb->subsystem, "pci") == 0)
		prepend(place, size, "pci-", name);
	else if (place[0] && strcmp(climb->subsystem, "platform") == 0)
		prepend(place, size, "platform-", name);
	else
		return;
	(void)hal_slice_copy(hal_slice_str(climb->subsystem), climb->below, sizeof(climb->below));
}

static void look(struct climb *climb, const char *name)
{
	int dir = open(climb->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return; /* unplugged this moment */
	hal_sysfs_link(dir, "subsystem", climb->subsystem, sizeof(climb->subsystem));
	if (strcmp(climb->subsystem, "usb-serial") == 0)
		hal_sysfs_text(dir, "port_number", climb->port, sizeof(climb->port));
	if (strcmp(climb->subsystem, "usb") == 0)
		read_usb(dir, climb);
	close(dir);
	name_place(climb, name);
}

static void climb_up(struct hal_device *device)
{
	struct climb climb = {.device = device};
	size_t len = strlen(device->syspath);
	char *slash;

	(void)hal_slice_copy(hal_slice_str(device->syspath), climb.dir, sizeof(climb.dir));
	while ((slash = memrchr(climb.dir, '/', len)) != NULL && slash > climb.dir) {
		*slash = '\0';
		len = (size_t)(slash - climb.dir);
		slash = strrchr(climb.dir, '/');
		look(&climb, slash ? slash + 1 : climb.dir);
	}
	len = strlen(device->place);
	if (len > 0 && climb.port[0])
		(void)snprintf(device->place + len, sizeof(device->place) - len, "-port%s",
			       climb.port);
}

/* The kernel writes names with a '/' in them with a '!'. */
static int name_node(struct hal_device *device)
{
	int n = snprintf(device->node, sizeof(device->node), "/dev/%s",
			 strrchr(device->syspath, '/') + 1);

	if (n >= (int)sizeof(device->node))
		return -ENAMETOOLONG;
	for (char *c = device->node; (c = strchr(c, '!')) != NULL;)
		*c = '/';
	return 0;
}

/* What is known of this model; udev, where it is, may know better. */
static void know_port(struct hal_device *device)
{
	const struct hal_usb_port *port;

	if (device->usb_len == 0 || device->interface < 0 || device->interface > UINT8_MAX)
		return;
	port = hal_usb_port_find(device->vendor, device->product, (uint8_t)device->interface);
	if (!port)
		return;
	device->role = hal_device_role_parse(hal_slice_str(port->role));
	if (port->profile)
		(void)hal_slice_copy(hal_slice_str(port->profile), device->profile,
				     sizeof(device->profile));
}

int hal_device_read(const char *syspath, struct hal_device *ret_device)
{
	struct hal_device device = {.interface = -1};
	char *real = realpath(syspath, NULL);
	size_t len;
	int r;

	if (!real)
		return -errno;
	len = hal_slice_copy(hal_slice_str(real), device.syspath, sizeof(device.syspath));
	free(real);
	if (len >= sizeof(device.syspath))
		return -ENAMETOOLONG;
	r = name_node(&device);
	if (r < 0)
		return r;
	climb_up(&device);
	know_port(&device);
	*ret_device = device;
	return 0;
}

static const char *mounted(const char *sysfs)
{
	return sysfs ? sysfs : "/sys";
}

bool hal_device_is_same(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

int hal_device_find(const char *sysfs, const char *node, struct hal_device *ret_device)
{
	char *real = realpath(node, NULL);
	char path[CLASS_PATH_MAX];
	const char *base;
	int n = 0;

	/* Without its node it may still be found by the name. */
	base = strrchr(real ? real : node, '/');
	if (base && base[1])
		n = snprintf(path, sizeof(path), "%s/class/tty%s", mounted(sysfs), base);
	free(real);
	if (n == 0)
		return -ENOENT;
	if (n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return hal_device_read(path, ret_device);
}

int hal_device_list(const char *sysfs, hal_device_fn fn, void *user)
{
	struct hal_device device;
	struct dirent *entry;
	char path[CLASS_PATH_MAX];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/class/tty", mounted(sysfs));
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/device", entry->d_name);
		if (entry->d_name[0] == '.' || faccessat(dirfd(dir), path, F_OK, 0) < 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/class/tty/%s", mounted(sysfs),
			       entry->d_name);
		/* One that cannot be read has just gone. */
		if (hal_device_read(path, &device) == 0)
			fn(user, &device);
	}
	closedir(dir);
	return 0;
}

bool hal_device_is_neighbour(const struct hal_device *a, const struct hal_device *b)
{
	return a->usb_len > 0 && a->usb_len == b->usb_len &&
	       memcmp(a->syspath, b->syspath, a->usb_len) == 0;
}

bool hal_device_exists(const struct hal_device *device)
{
	return access(device->syspath[0] ? device->syspath : device->node, F_OK) == 0;
}

bool hal_device_is_usable(const struct hal_device *device)
{
	return faccessat(AT_FDCWD, device->node, R_OK | W_OK, AT_EACCESS) == 0;
}

static const char *const role_names[] = {
	[HAL_DEVICE_ROLE_AT] = "at",	   [HAL_DEVICE_ROLE_DATA] = "data",
	[HAL_DEVICE_ROLE_AUDIO] = "audio", [HAL_DEVICE_ROLE_GPS] = "gps",
	[HAL_DEVICE_ROLE_DIAG] = "diag",   [HAL_DEVICE_ROLE_NONE] = "",
};

#define N_ROLES (sizeof(role_names) / sizeof(role_names[0]))

const char *hal_device_role_name(enum hal_device_role role)
{
	return role_names[role];
}

enum hal_device_role hal_device_role_parse(struct hal_slice text)
{
	for (size_t i = HAL_DEVICE_ROLE_AT; i < N_ROLES; i++)
		if (hal_slice_eq(text, hal_slice_str(role_names[i])))
			return (enum hal_device_role)i;
	return HAL_DEVICE_ROLE_NONE;
}

static int system_list(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	(void)machine;
	return hal_device_list(NULL, fn, user);
}

static int system_find(const struct hal_machine *machine, const char *node,
		       struct hal_device *ret_device)
{
	(void)machine;
	return hal_device_find(NULL, node, ret_device);
}

static bool system_exists(const struct hal_machine *machine, const struct hal_device *device)
{
	(void)machine;
	return hal_device_exists(device);
}

static bool system_is_usable(const struct hal_machine *machine, const struct hal_device *device)
{
	(void)machine;
	return hal_device_is_usable(device);
}

const struct hal_machine *hal_machine_system(void)
{
	static const struct hal_machine machine = {
		.list = system_list,
		.find = system_find,
		.exists = system_exists,
		.is_usable = system_is_usable,
	};

	return &machine;
}
