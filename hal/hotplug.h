/* SPDX-License-Identifier: MIT */
#ifndef HAL_HOTPLUG_H
#define HAL_HOTPLUG_H

/*
 * Tells when ttys come and go. Three feeds say so: libudev, the kernel itself (machines without
 * udevd), and somebody who knows (hal_hotplug_tell()); the last is always there.
 *
 * Everything may come twice, or late, or not at all: a receiver must not mind. What has happened to
 * one device since the last turn of the loop is told at once, at most one going and one coming; all
 * goings come first, since a node may have a new owner. A device that comes is held back until its
 * node is there and may be opened, for about five seconds at most.
 *
 * Events are delivered from the loop, never from inside a call.
 */

#include "hal/device.h"
#include "hal/log.h"
#include "hal/loop.h"

/* More devices than this between two turns of the loop count as missed. */
#define HAL_HOTPLUG_CHANGES_MAX 1024

struct hal_hotplug;

enum hal_hotplug_event {
	HAL_HOTPLUG_ADD,    /* the device is there: new, or changed, or found */
	HAL_HOTPLUG_REMOVE, /* it is gone; a device told of by hand has its node and no more */
	HAL_HOTPLUG_MISSED, /* some events are lost; an ADD for each device that is there follows */
};

enum hal_hotplug_feed {
	HAL_HOTPLUG_TOLD, /* by hal_hotplug_tell() only */
	HAL_HOTPLUG_AUTO, /* udev where it works, else the kernel */
	HAL_HOTPLUG_UDEV, /* properties of our rules, and nodes with their permissions set */
	HAL_HOTPLUG_KERNEL,
};

/* device: NULL with HAL_HOTPLUG_MISSED; for the duration of the call */
typedef void (*hal_hotplug_fn)(void *user, enum hal_hotplug_event event,
			       const struct hal_device *device);

/* A way to learn about devices; made by a backend, which reports from then on. */
struct hal_hotplug_source {
	enum hal_hotplug_feed feed;
	/* Add what the feed knows beyond sysfs. NULL: nothing */
	void (*describe)(struct hal_hotplug_source *source, struct hal_device *device);
	void (*free)(struct hal_hotplug_source *source);
};

/* log and machine must outlive the monitor. @return 0; -ENOMEM */
int hal_hotplug_new(struct hal_loop *loop, const struct hal_log *log,
		    const struct hal_machine *machine, hal_hotplug_fn fn, void *user,
		    struct hal_hotplug **ret_hotplug);

/* NULL is allowed; not from inside its own callback. */
void hal_hotplug_free(struct hal_hotplug *hotplug);

/*
 * Listen to a feed, instead of the one before. A feed that cannot work here is not an error: the
 * next best is taken, and the log says so.
 * @return the feed that is used from now on
 */
enum hal_hotplug_feed hal_hotplug_start(struct hal_hotplug *hotplug, enum hal_hotplug_feed feed);

/* The feed in use. */
enum hal_hotplug_feed hal_hotplug_get_feed(const struct hal_hotplug *hotplug);

/*
 * Somebody says that a device has come (or changed), or gone.
 * @param node    from the root; may be a link to one
 * @param syspath its folder in sysfs; NULL: look for it
 * @return 0; -EINVAL; nothing is said about whether it is true
 */
int hal_hotplug_tell(struct hal_hotplug *hotplug, enum hal_hotplug_event event, const char *node,
		     const char *syspath);

/* Have an ADD told for each device that is there now. */
void hal_hotplug_scan(struct hal_hotplug *hotplug);

/* Call fn for each device that is there, from inside. @return 0; -errno of the look-up */
int hal_hotplug_list(struct hal_hotplug *hotplug, hal_device_fn fn, void *user);

/* The device of a node, or of a link to one. @return 0; -ENOENT; other -errno */
int hal_hotplug_find(struct hal_hotplug *hotplug, const char *node, struct hal_device *ret_device);

/* Does the machine still have it? */
bool hal_hotplug_exists(const struct hal_hotplug *hotplug, const struct hal_device *device);

/* ---- for the sources ---- */

/* A device has come or gone; device is copied. Memory that is short counts as missed events. */
void hal_hotplug_report(struct hal_hotplug *hotplug, enum hal_hotplug_event event,
			const struct hal_device *device);
/* Events have been missed: the receiver is told, and what is there is looked for. */
void hal_hotplug_report_missed(struct hal_hotplug *hotplug);

/* @return 0; -errno: the feed cannot work here, and why goes to people */
int hal_hotplug_source_kernel(struct hal_hotplug *hotplug, struct hal_loop *loop, const char *sysfs,
			      struct hal_hotplug_source **ret_source);
/* @return as above; -EOPNOTSUPP built without libudev; -EHOSTDOWN no udevd, it would stay silent */
int hal_hotplug_source_udev(struct hal_hotplug *hotplug, struct hal_loop *loop,
			    struct hal_hotplug_source **ret_source);

#endif
