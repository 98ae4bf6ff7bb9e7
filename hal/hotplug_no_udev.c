/* SPDX-License-Identifier: MIT */
/* Built without libudev. */
#include <errno.h>

#include "hal/hotplug.h"

int hal_hotplug_source_udev(struct hal_hotplug *hotplug, struct hal_loop *loop,
			    struct hal_hotplug_source **ret_source)
{
	(void)hotplug;
	(void)loop;
	(void)ret_source;
	return -EOPNOTSUPP;
}
