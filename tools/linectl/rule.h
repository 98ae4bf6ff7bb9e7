/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_RULE_H
#define LINECTL_RULE_H

/**
 * @file
 * The udev rule that claims a device: how it is recognized, and what its port will be called.
 */

#include "tools/linectl/udev.h"

#define RULE_NAME_MAX 200 /* characters: more is put around it, and a file's name may have 255 */
#define RULE_TEXT_MAX 768

enum rule_flags {
	RULE_BY_SERIAL = 1 << 0, /**< wherever it is; else: whatever is in its place */
	RULE_ONE_PORT = 1 << 1,	 /**< else: all of the USB device */
};

struct rule {
	char name[RULE_NAME_MAX + 1]; /**< of the claim; safe in a file's name */
	char link[RULE_NAME_MAX + 1]; /**< what the port will be called, below /dev/line */
	char text[RULE_TEXT_MAX];     /**< whole lines, comments included */
};

/**
 * @param flags    enum rule_flags; a port that is no USB device is claimed by its kernel name and
 *                 has nothing else to go by
 * @param ret_rule written on success
 * @return 0; -ENOTUNIQ no serial number to recognize it by; -EINVAL udev says what cannot stand in
 *         a rule; -ENAMETOOLONG
 */
int rule_make(const struct udev_port *port, unsigned int flags, struct rule *ret_rule);

#endif
