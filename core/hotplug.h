/* SPDX-License-Identifier: MIT */
#ifndef CORE_HOTPLUG_H
#define CORE_HOTPLUG_H

/* Lines whose devices come and go, and what a hang-up of a port means. */

#include <stdbool.h>

#include "hal/hotplug.h"

struct core_line;
struct tl_ctx;

/*
 * A port that has hung up is gone at once for sysfs, or within a few milliseconds, if its device
 * is; it is looked at so often, and so long, before it counts as still there.
 */
#define CORE_HOTPLUG_LOOK_MS  2
#define CORE_HOTPLUG_DOUBT_MS 500
/* Between the first port of a device and the one with the best role. */
#define CORE_HOTPLUG_SETTLE_MS 500

/* hal_hotplug_fn; user is the context. */
void core_hotplug_event(void *user, enum hal_hotplug_event event, const struct hal_device *device);

/*
 * The port has hung up. When its device seems to be still there the port is closed, and what it was
 * is found out: core_line_gone(), or the line is opened again.
 * @return true when that is under way; false: the device is gone
 */
bool core_hotplug_doubts(struct core_line *line);

void core_hotplug_init_line(struct core_line *line);
/* Doubts do not matter any more. */
void core_hotplug_stop_line(struct core_line *line);

#endif
