/* SPDX-License-Identifier: MIT */
/* udevd's messages about devices: nodes have their permissions and links, rules have run. */
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/hotplug.h"

/* libudev listens to nobody where this is missing, and says nothing about it. */
#define UDEVD_SOCKET "/run/udev/control"
#define BUFFER_SIZE  (1024 * 1024)
/* Messages in one turn; others have theirs. */
#define BATCH_MAX   64
#define LINK_FOLDER "/dev/line/"

/* Who tells: udevd, when its rules are done, and before it the kernel. */
struct group {
	struct feed *feed;
	const char *name;
	struct hal_watch watch;
	struct udev_monitor *monitor;
};

#define UDEVD  0
#define KERNEL 1 /* only heard when a device goes: that needs no rules, and soonest is best */
#define GROUPS 2

struct feed {
	struct hal_hotplug_source source;
	struct hal_hotplug *hotplug;
	struct hal_loop *loop;
	struct udev *udev;
	struct group groups[GROUPS];
};

static struct hal_slice property(struct udev_device *from, const char *name)
{
	return hal_slice_str(udev_device_get_property_value(from, name));
}

static void read_properties(struct udev_device *from, struct hal_device *device)
{
	struct hal_slice role = property(from, "ID_TRUNKLINE_ROLE");
	struct hal_slice profile = property(from, "ID_TRUNKLINE_PROFILE");

	if (role.len > 0)
		device->role = hal_device_role_parse(role);
	if (profile.len > 0)
		(void)hal_slice_copy(profile, device->profile, sizeof(device->profile));
	device->marked = hal_slice_eq(property(from, "ID_TRUNKLINE"), HAL_SLICE("1"));
	(void)hal_slice_copy(property(from, "ID_TRUNKLINE_NAME"), device->name,
			     sizeof(device->name));
}

static void describe(struct hal_hotplug_source *source, struct hal_device *device)
{
	struct feed *feed = HAL_CONTAINER_OF(source, struct feed, source);
	struct udev_device *from = udev_device_new_from_syspath(feed->udev, device->syspath);

	if (from)
		read_properties(from, device);
	udev_device_unref(from);
}

static bool copy_text(const char *text, char *buf, size_t size)
{
	return hal_slice_copy(hal_slice_str(text), buf, size) < size && buf[0];
}

static void take(const struct group *group, struct udev_device *from)
{
	struct feed *feed = group->feed;
	struct hal_device device = {.interface = -1};
	const char *action = udev_device_get_action(from);

	if (!action ||
	    !copy_text(udev_device_get_syspath(from), device.syspath, sizeof(device.syspath)))
		return;
	if (strcmp(action, "remove") == 0) {
		if (copy_text(udev_device_get_devnode(from), device.node, sizeof(device.node)))
			hal_hotplug_report(feed->hotplug, HAL_HOTPLUG_REMOVE, &device);
		return;
	}
	/* One that cannot be read has gone already, and its removal is on the way. Whatever else
	 * happens to a device, it is there. */
	if (group == &feed->groups[KERNEL] || hal_device_read(device.syspath, &device) < 0)
		return;
	read_properties(from, &device);
	hal_hotplug_report(feed->hotplug, HAL_HOTPLUG_ADD, &device);
}

static void on_watch(struct hal_watch *watch, unsigned int events)
{
	struct group *group = HAL_CONTAINER_OF(watch, struct group, watch);
	struct udev_device *from = NULL;

	(void)events;
	for (int i = 0; i < BATCH_MAX; i++) {
		errno = 0;
		from = udev_monitor_receive_device(group->monitor);
		if (!from)
			break;
		take(group, from);
		udev_device_unref(from);
	}
	if (!from && errno == ENOBUFS)
		hal_hotplug_report_missed(group->feed->hotplug);
}

static void feed_free(struct hal_hotplug_source *source)
{
	struct feed *feed = HAL_CONTAINER_OF(source, struct feed, source);

	for (int i = 0; i < GROUPS; i++) {
		hal_watch_stop(feed->loop, &feed->groups[i].watch);
		udev_monitor_unref(feed->groups[i].monitor);
	}
	udev_unref(feed->udev);
	free(feed);
}

static int listen_to(struct feed *feed, struct group *group)
{
	int r;

	errno = 0;
	group->monitor = udev_monitor_new_from_netlink(feed->udev, group->name);
	if (!group->monitor)
		return errno ? -errno : -ENOMEM;
	r = udev_monitor_filter_add_match_subsystem_devtype(group->monitor, "tty", NULL);
	if (r < 0)
		return r;
	/* Beyond the system's limit only for the privileged; a smaller one does as well. */
	(void)udev_monitor_set_receive_buffer_size(group->monitor, BUFFER_SIZE);
	r = udev_monitor_enable_receiving(group->monitor);
	if (r < 0)
		return r;
	return hal_watch_start(feed->loop, &group->watch, udev_monitor_get_fd(group->monitor),
			       HAL_IO_READ);
}

static int listen_to_all(struct feed *feed)
{
	int r = 0;

	feed->udev = udev_new();
	if (!feed->udev)
		return -ENOMEM;
	for (int i = 0; i < GROUPS && r == 0; i++)
		r = listen_to(feed, &feed->groups[i]);
	return r;
}

int hal_hotplug_source_udev(struct hal_hotplug *hotplug, struct hal_loop *loop,
			    struct hal_hotplug_source **ret_source)
{
	static const char *const names[GROUPS] = {[UDEVD] = "udev", [KERNEL] = "kernel"};
	struct feed *feed;
	int r;

	if (access(UDEVD_SOCKET, F_OK) < 0)
		return -EHOSTDOWN;
	feed = calloc(1, sizeof(*feed));
	if (!feed)
		return -ENOMEM;
	feed->source.feed = HAL_HOTPLUG_UDEV;
	feed->source.describe = describe;
	feed->source.free = feed_free;
	feed->hotplug = hotplug;
	feed->loop = loop;
	for (int i = 0; i < GROUPS; i++) {
		feed->groups[i].feed = feed;
		feed->groups[i].name = names[i];
		hal_watch_init(&feed->groups[i].watch, on_watch);
	}
	r = listen_to_all(feed);
	if (r < 0) {
		feed_free(&feed->source);
		return r;
	}
	*ret_source = &feed->source;
	return 0;
}
