/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_UDEV_H
#define LINECTL_UDEV_H

/**
 * @file
 * Serial ports as sysfs and udev's database describe them. No port is opened. All paths are below
 * root, "" for the machine's own.
 */

#include <stdbool.h>

#define UDEV_PATH_MAX 512

/** Texts are "" when udev does not know, or says more than anything sensible. */
struct udev_port {
	char kernel[64];      /**< ttyUSB0 */
	char usb[256];	      /**< the USB device in sysfs, without root; "": it is none */
	char path[192];	      /**< ID_PATH: where it is plugged in, and the interface */
	char suffix[16];      /**< "-port1" of a USB adapter with several */
	char vendor[8];	      /**< 0baf */
	char product[8];      /**< 0303 */
	char serial[128];     /**< ID_SERIAL_SHORT; USB has 126 characters at most */
	char interface[8];    /**< 00 */
	char vendor_name[64]; /**< ID_VENDOR */
	char model_name[64];  /**< ID_MODEL */
	char claimed[4];      /**< ID_TRUNKLINE: "1" */
	char role[16];	      /**< ID_TRUNKLINE_ROLE: at, data, audio, gps, diag */
	char mm_device[4];    /**< ID_MM_DEVICE_IGNORE: "1" */
	char mm_port[4];      /**< ID_MM_PORT_IGNORE: "1" */
};

/**
 * Look a port up.
 *
 * @param device   its node, or a link to it
 * @param ret_port written on success
 * @return 0; -ENOTTY no serial port; -ENODATA a USB device that udev does not know, so there is no
 *         udevd; -ENAMETOOLONG; other -errno of the look-up, such as -ENOENT
 */
int udev_port_find(const char *root, const char *device, struct udev_port *ret_port);

/** Called for each serial port. @return go on? */
typedef bool (*udev_port_fn)(void *user, const struct udev_port *port);
/** Look at every serial port, until fn has had enough. @return 0; negative errno: no sysfs */
int udev_port_each(const char *root, udev_port_fn fn, void *user);

/** Does no other device that is plugged in call itself the same? @return 1, 0, or -errno */
int udev_port_is_unique(const char *root, const struct udev_port *port);

#endif
