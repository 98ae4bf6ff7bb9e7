/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_HOTPLUG_H
#define TRUNKLINE_HOTPLUG_H

/**
 * @file
 * Devices that are unplugged and plugged in again. A line whose device goes is GONE at once and its
 * calls are over; when the device comes back the line opens it, whatever its node is called then.
 *
 * Without this a loss is noticed on the port itself, and a line that is GONE looks for its path
 * after 1, 2, 4 … 60 seconds. See the parameter "device" of tl_line_params_set() for what a line's
 * device is.
 */

#include <stdbool.h>

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tl_ctx;

/** Who tells of devices. */
enum tl_hotplug_feed {
	TL_HOTPLUG_OFF,	   /**< nobody but tl_hotplug_tell() */
	TL_HOTPLUG_AUTO,   /**< udev where there is one, else the kernel */
	TL_HOTPLUG_UDEV,   /**< udevd, which also says what ports are for and which are marked */
	TL_HOTPLUG_KERNEL, /**< the kernel itself; nodes and their permissions are awaited */
};
#define TL_HOTPLUG_COUNT 4
/** "off" "auto" "udev" "kernel"; NULL out of range */
TL_API const char *tl_hotplug_feed_name(enum tl_hotplug_feed feed);

/**
 * Listen, from now on; best before lines are added. Again: changes the feed. A feed that cannot
 * work here is replaced by the next best, which the log tells.
 *
 * @param claim_marked also make a line of each device that carries the udev property ID_TRUNKLINE=1
 * and is no line's yet, those that are there already included. Its name is the property
 * ID_TRUNKLINE_NAME or the place, the other parameters have their defaults. Such a line stays when
 * its device goes. Needs udev.
 * @return 0; -EINVAL no such feed; -ENOMEM
 */
TL_API int tl_hotplug_start(struct tl_ctx *ctx, enum tl_hotplug_feed feed, bool claim_marked);

/** The feed that is in use: never AUTO; OFF also before tl_hotplug_start(). */
TL_API enum tl_hotplug_feed tl_hotplug_get_feed(const struct tl_ctx *ctx);

enum tl_hotplug_action { TL_HOTPLUG_ADD, TL_HOTPLUG_REMOVE };

/**
 * Tell of a device, where the system's own hotplug scripts know of it. What is told may be known
 * already, or come twice. Takes effect when the context is next dispatched.
 *
 * @param device absolute path of the node, or of a link to it
 * @param sysfs  the device's folder there; NULL: it is looked for
 * @return 0; -EINVAL no such action, not absolute, longer than 63 bytes; -ENOMEM
 */
TL_API int tl_hotplug_tell(struct tl_ctx *ctx, enum tl_hotplug_action action, const char *device,
			   const char *sysfs);

#ifdef __cplusplus
}
#endif

#endif
