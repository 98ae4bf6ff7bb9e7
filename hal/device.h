/* SPDX-License-Identifier: MIT */
#ifndef HAL_DEVICE_H
#define HAL_DEVICE_H

/*
 * A tty of this machine as the kernel, and udev where there is one, describe it: what it is called
 * now, and what stays the same when it is unplugged and plugged in again. Nothing here opens a tty.
 */

#include <stdbool.h>
#include <stdint.h>

#include "hal/slice.h"

/* What a port of a device with several of them is for. */
enum hal_device_role {
	HAL_DEVICE_ROLE_NONE, /* nobody has said */
	HAL_DEVICE_ROLE_AT,   /* commands */
	HAL_DEVICE_ROLE_DATA, /* commands and data calls */
	HAL_DEVICE_ROLE_AUDIO,
	HAL_DEVICE_ROLE_GPS,
	HAL_DEVICE_ROLE_DIAG,
};

/* Texts are "" where not known. */
struct hal_device {
	char node[64];	   /* /dev/ttyUSB0: changes from plug to plug */
	char syspath[256]; /* /sys/devices/…/tty/ttyUSB0: contains the name, changes as well */
	size_t usb_len;	   /* so much of syspath is the USB device's folder; 0: it is at none */
	/*
	 * Where it is plugged in, as in /dev/serial/by-path: bus, port, configuration and
	 * interface, port of an adapter with several. Only what can be unplugged has one.
	 */
	char place[128];
	char serial[64];
	char driver[32]; /* of the kernel */
	int interface;	 /* -1: none */
	uint16_t vendor, product;
	/* The udev properties ID_TRUNKLINE, ID_TRUNKLINE_ROLE, _PROFILE and _NAME; role and profile
	 * from hal/usb_table.h where udev does not tell. */
	bool marked; /* meant for us */
	enum hal_device_role role;
	char profile[33];
	char name[33];
};

typedef void (*hal_device_fn)(void *user, const struct hal_device *device);

/*
 * Read what sysfs knows of a tty, by its folder there or a link to that.
 * @return 0; -ENOENT there is no such tty (any more); -ENAMETOOLONG; other -errno of the look-up
 */
int hal_device_read(const char *syspath, struct hal_device *ret_device);

/* The same by its node, or a link to that. sysfs: where it is mounted, NULL: "/sys". */
int hal_device_find(const char *sysfs, const char *node, struct hal_device *ret_device);

/* Are both paths, or what they link to, the same file? */
bool hal_device_is_same(const char *a, const char *b);

/* Call fn for each tty that has hardware behind it. @return 0; -errno of the look-up */
int hal_device_list(const char *sysfs, hal_device_fn fn, void *user);

/* Are both ports of one USB device? */
bool hal_device_is_neighbour(const struct hal_device *a, const struct hal_device *b);

/* Does the kernel still have it? */
bool hal_device_exists(const struct hal_device *device);

/* Is its node there, and may it be opened by us? */
bool hal_device_is_usable(const struct hal_device *device);

/* "at" …, "" for HAL_DEVICE_ROLE_NONE */
const char *hal_device_role_name(enum hal_device_role role);
/* @return HAL_DEVICE_ROLE_NONE for a word that is none */
enum hal_device_role hal_device_role_parse(struct hal_slice text);

/* The ttys that there are, as above; tests bring a machine of their own. */
struct hal_machine {
	int (*list)(const struct hal_machine *machine, hal_device_fn fn, void *user);
	int (*find)(const struct hal_machine *machine, const char *node,
		    struct hal_device *ret_device);
	bool (*exists)(const struct hal_machine *machine, const struct hal_device *device);
	bool (*is_usable)(const struct hal_machine *machine, const struct hal_device *device);
};

const struct hal_machine *hal_machine_system(void);

#endif
