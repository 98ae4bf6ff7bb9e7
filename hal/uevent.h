/* SPDX-License-Identifier: MIT */
#ifndef HAL_UEVENT_H
#define HAL_UEVENT_H

/* The kernel's message about a device: "add@/devices/…", then KEY=value, all ended by NUL. */

#include "hal/slice.h"

enum hal_uevent_action {
	HAL_UEVENT_ADD,
	HAL_UEVENT_REMOVE,
	HAL_UEVENT_CHANGE, /* change, bind, online: it is there, and something about it is new */
	HAL_UEVENT_OTHER,
};

/* Points into the message. */
struct hal_uevent {
	enum hal_uevent_action action;
	struct hal_slice devpath;   /* below sysfs, begins with '/' and stays below */
	struct hal_slice subsystem; /* empty: none */
	struct hal_slice devname;   /* below /dev, stays below; empty: no node */
};

/* @return 0; -EINVAL this is no such message; *ret_event untouched then */
int hal_uevent_parse(struct hal_slice message, struct hal_uevent *ret_event);

#endif
