/* SPDX-License-Identifier: MIT */
/* A libudev of the test's own: a queue of devices, and functions that fail when they are told to.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hal/hotplug.h"
#include "tree.h"
#include "wrap.h"

struct udev_device {
	const char *action, *syspath, *node;
	const char *mark, *role, *profile, *name;
};

struct udev_monitor {
	const char *name;
	int fd; /* readable while something is queued, as a socket is */
};

static struct udev_monitor monitors[] = {{"udev", -1}, {"kernel", -1}};

#define MONITORS (sizeof(monitors) / sizeof(monitors[0]))

static struct {
	const struct udev_monitor *speaker; /* whose the queue is */
	const struct udev_device *queue;
	size_t n_queue;
	int error; /* of the receive after the last device */
	bool no_udevd;
	bool no_udev, no_monitor;
	int filter_result, enable_result;
	size_t n_refs;
	const struct udev_device *database;
} fake;

static struct udev_device copies[64];

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	if (strcmp(path, "/run/udev/control") != 0)
		return __real_access(path, mode);
	errno = ENOENT;
	return fake.no_udevd ? -1 : 0;
}

struct udev *__wrap_udev_new(void);
struct udev *__wrap_udev_new(void)
{
	return fake.no_udev ? NULL : (struct udev *)&fake;
}

struct udev *__wrap_udev_unref(struct udev *udev);
struct udev *__wrap_udev_unref(struct udev *udev)
{
	(void)udev;
	return NULL;
}

struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name);
struct udev_monitor *__wrap_udev_monitor_new_from_netlink(struct udev *udev, const char *name)
{
	(void)udev;
	for (size_t i = 0; i < MONITORS && !fake.no_monitor; i++)
		if (strcmp(monitors[i].name, name) == 0)
			return &monitors[i];
	return NULL;
}

int __wrap_udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
							   const char *subsystem, const char *type);
int __wrap_udev_monitor_filter_add_match_subsystem_devtype(struct udev_monitor *monitor,
							   const char *subsystem, const char *type)
{
	(void)monitor;
	cr_assert_str_eq(subsystem, "tty");
	cr_assert_null(type);
	return fake.filter_result;
}

int __wrap_udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size);
int __wrap_udev_monitor_set_receive_buffer_size(struct udev_monitor *monitor, int size)
{
	(void)monitor;
	(void)size;
	return -EPERM;
}

int __wrap_udev_monitor_enable_receiving(struct udev_monitor *monitor);
int __wrap_udev_monitor_enable_receiving(struct udev_monitor *monitor)
{
	(void)monitor;
	return fake.enable_result;
}

int __wrap_udev_monitor_get_fd(struct udev_monitor *monitor);
int __wrap_udev_monitor_get_fd(struct udev_monitor *monitor)
{
	return monitor->fd;
}

struct udev_monitor *__wrap_udev_monitor_unref(struct udev_monitor *monitor);
struct udev_monitor *__wrap_udev_monitor_unref(struct udev_monitor *monitor)
{
	(void)monitor;
	return NULL;
}

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor)
{
	uint64_t value;

	if (fake.n_queue == 0 || monitor != fake.speaker) {
		if (read(monitor->fd, &value, sizeof(value)) < 0)
			errno = EAGAIN;
		errno = fake.error ? fake.error : EAGAIN;
		fake.error = 0;
		return NULL;
	}
	fake.n_queue--;
	fake.n_refs++;
	copies[fake.n_queue % 64] = *fake.queue++;
	return &copies[fake.n_queue % 64];
}

struct udev_device *__wrap_udev_device_unref(struct udev_device *device);
struct udev_device *__wrap_udev_device_unref(struct udev_device *device)
{
	fake.n_refs -= device != NULL;
	return NULL;
}

struct udev_device *__wrap_udev_device_new_from_syspath(struct udev *udev, const char *syspath);
struct udev_device *__wrap_udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
	(void)udev;
	if (!fake.database || strcmp(fake.database->syspath, syspath) != 0)
		return NULL;
	fake.n_refs++;
	copies[0] = *fake.database;
	return &copies[0];
}

const char *__wrap_udev_device_get_action(struct udev_device *device);
const char *__wrap_udev_device_get_action(struct udev_device *device)
{
	return device->action;
}

const char *__wrap_udev_device_get_syspath(struct udev_device *device);
const char *__wrap_udev_device_get_syspath(struct udev_device *device)
{
	return device->syspath;
}

const char *__wrap_udev_device_get_devnode(struct udev_device *device);
const char *__wrap_udev_device_get_devnode(struct udev_device *device)
{
	return device->node;
}

const char *__wrap_udev_device_get_property_value(struct udev_device *device, const char *key);
const char *__wrap_udev_device_get_property_value(struct udev_device *device, const char *key)
{
	if (strcmp(key, "ID_TRUNKLINE") == 0)
		return device->mark;
	if (strcmp(key, "ID_TRUNKLINE_ROLE") == 0)
		return device->role;
	if (strcmp(key, "ID_TRUNKLINE_NAME") == 0)
		return device->name;
	return strcmp(key, "ID_TRUNKLINE_PROFILE") == 0 ? device->profile : NULL;
}

struct fixture {
	struct hal_log log;
	struct hal_loop *loop;
	struct hal_hotplug *hotplug;
	struct hal_hotplug_source *source;
	char sysfs[sizeof(TREE_TEMPLATE)];
	char syspath[64];
	size_t n_added, n_removed, n_missed;
	struct hal_device last;
};

static void on_event(void *user, enum hal_hotplug_event event, const struct hal_device *device)
{
	struct fixture *f = user;

	f->n_added += event == HAL_HOTPLUG_ADD;
	f->n_removed += event == HAL_HOTPLUG_REMOVE;
	f->n_missed += event == HAL_HOTPLUG_MISSED;
	if (device)
		f->last = *device;
}

static bool always(const struct hal_machine *machine, const struct hal_device *device)
{
	(void)machine;
	(void)device;
	return true;
}

static int nothing(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	(void)machine;
	(void)fn;
	(void)user;
	return 0;
}

static const struct hal_machine machine = {.list = nothing, .exists = always, .is_usable = always};

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.sysfs = TREE_TEMPLATE};
	tree_new(f->sysfs);
	tree_dir(f->sysfs, "ttyUSB0");
	(void)snprintf(f->syspath, sizeof(f->syspath), "%s/ttyUSB0", f->sysfs);
	for (size_t i = 0; i < MONITORS; i++) {
		monitors[i].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		cr_assert_geq(monitors[i].fd, 0);
	}
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	cr_assert_eq(hal_hotplug_new(f->loop, &f->log, &machine, on_event, f, &f->hotplug), 0);
}

static void fixture_fini(struct fixture *f)
{
	if (f->source)
		f->source->free(f->source);
	hal_hotplug_free(f->hotplug);
	hal_loop_free(f->loop);
	for (size_t i = 0; i < MONITORS; i++)
		close(monitors[i].fd);
	cr_assert_eq(fake.n_refs, 0);
	tree_remove(f->sysfs);
}

static void fixture_listen(struct fixture *f)
{
	fixture_init(f);
	cr_assert_eq(hal_hotplug_source_udev(f->hotplug, f->loop, &f->source), 0);
	cr_assert_eq(f->source->feed, HAL_HOTPLUG_UDEV);
}

static void say_as(struct fixture *f, const struct udev_monitor *speaker,
		   const struct udev_device *devices, size_t n)
{
	struct pollfd p = {.fd = hal_loop_get_fd(f->loop), .events = POLLIN};
	const uint64_t one = 1;

	fake.speaker = speaker;
	fake.queue = devices;
	fake.n_queue = n;
	cr_assert_eq(write(speaker->fd, &one, sizeof(one)), sizeof(one));
	while (poll(&p, 1, 0) > 0)
		cr_assert_geq(hal_loop_dispatch(f->loop), 0);
	cr_assert_eq(fake.n_queue, 0);
}

static void say(struct fixture *f, const struct udev_device *devices, size_t n)
{
	say_as(f, &monitors[0], devices, n);
}

Test(hotplug_udev, hears_what_comes_and_what_the_rules_say_of_it)
{
	struct fixture f;
	struct udev_device device = {
		.action = "add",
		.node = "/dev/ttyUSB0",
		.mark = "1",
		.role = "data",
		.profile = "acme",
		.name = "office",
	};

	fixture_listen(&f);
	device.syspath = f.syspath;
	say(&f, &device, 1);
	cr_assert_eq(f.n_added, 1);
	cr_assert_str_eq(f.last.node, "/dev/ttyUSB0");
	cr_assert_str_eq(f.last.syspath, f.syspath);
	cr_assert(f.last.marked);
	cr_assert_eq(f.last.role, HAL_DEVICE_ROLE_DATA);
	cr_assert_str_eq(f.last.profile, "acme");
	cr_assert_str_eq(f.last.name, "office");
	fixture_fini(&f);
}

Test(hotplug_udev, hears_what_goes)
{
	struct fixture f;
	struct udev_device device = {
		.action = "remove", .syspath = "/sys/gone", .node = "/dev/ttyUSB3"};

	fixture_listen(&f);
	say(&f, &device, 1);
	cr_assert_eq(f.n_removed, 1);
	cr_assert_str_eq(f.last.node, "/dev/ttyUSB3");
	cr_assert_str_eq(f.last.syspath, "/sys/gone");
	fixture_fini(&f);
}

Test(hotplug_udev, the_kernel_is_believed_when_a_device_goes_and_only_then)
{
	struct fixture f;
	struct udev_device devices[] = {
		{.action = "add", .node = "/dev/ttyUSB0"},
		{.action = "remove", .syspath = "/sys/gone", .node = "/dev/ttyUSB3"},
		{.action = "change", .node = "/dev/ttyUSB0"},
	};

	fixture_listen(&f);
	devices[0].syspath = f.syspath;
	devices[2].syspath = f.syspath;
	say_as(&f, &monitors[1], devices, 3);
	cr_assert_eq(f.n_added, 0, "the rules have not been asked yet");
	cr_assert_eq(f.n_removed, 1);
	cr_assert_str_eq(f.last.node, "/dev/ttyUSB3");
	fixture_fini(&f);
}

Test(hotplug_udev, whatever_else_happens_to_a_device_it_is_there)
{
	static const char *const actions[] = {"change", "bind", "online", "move"};
	struct fixture f;

	fixture_listen(&f);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		struct udev_device device = {.action = actions[i], .syspath = f.syspath};

		say(&f, &device, 1);
		cr_assert_eq(f.n_added, i + 1, "%s", actions[i]);
		cr_assert_not(f.last.marked);
	}
	fixture_fini(&f);
}

Test(hotplug_udev, devices_without_what_a_tty_has_do_not_matter)
{
	static const struct udev_device devices[] = {
		{.syspath = "/sys/x", .node = "/dev/x"},
		{.action = "add"},
		{.action = "add", .syspath = "/sys/gone-already", .node = "/dev/x"},
		{.action = "remove", .syspath = "/sys/x"},
	};
	struct fixture f;

	fixture_listen(&f);
	say(&f, devices, sizeof(devices) / sizeof(devices[0]));
	cr_assert_eq(f.n_added + f.n_removed, 0);
	fixture_fini(&f);
}

Test(hotplug_udev, a_burst_is_taken_in_turns)
{
	struct udev_device devices[200];
	struct fixture f;

	fixture_listen(&f);
	for (size_t i = 0; i < 200; i++)
		devices[i] = (struct udev_device){.action = "add", .syspath = f.syspath};
	say(&f, devices, 200);
	cr_assert_geq(f.n_added, 1);
	cr_assert_leq(f.n_added, 4);
	fixture_fini(&f);
}

Test(hotplug_udev, a_buffer_that_runs_over_is_noticed)
{
	struct fixture f;

	fixture_listen(&f);
	fake.error = ENOBUFS;
	say(&f, NULL, 0);
	cr_assert_eq(f.n_missed, 1);
	fake.error = EINTR;
	say(&f, NULL, 0);
	cr_assert_eq(f.n_missed, 1);
	fixture_fini(&f);
}

Test(hotplug_udev, its_database_is_asked_about_devices_that_are_found)
{
	struct udev_device device = {.mark = "1", .role = "gps"};
	struct hal_device found = {.interface = -1};
	struct fixture f;

	fixture_listen(&f);
	strcpy(found.syspath, f.syspath);
	f.source->describe(f.source, &found);
	cr_assert_not(found.marked);
	device.syspath = f.syspath;
	fake.database = &device;
	f.source->describe(f.source, &found);
	cr_assert(found.marked);
	cr_assert_eq(found.role, HAL_DEVICE_ROLE_GPS);
	fixture_fini(&f);
}

Test(hotplug_udev, is_refused_where_it_would_stay_silent)
{
	struct fixture f;

	fixture_init(&f);
	fake.no_udevd = true;
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -EHOSTDOWN);
	cr_assert_null(f.source);
	fixture_fini(&f);
}

Test(hotplug_udev, a_feed_that_cannot_be_made_is_refused)
{
	struct fixture f;

	fixture_init(&f);
	wrap_fail_next(&wrap_calloc, ENOMEM);
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -ENOMEM);
	fake.no_udev = true;
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -ENOMEM);
	fake.no_udev = false;
	fake.no_monitor = true;
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -ENOMEM);
	fake.no_monitor = false;
	fake.filter_result = -EINVAL;
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -EINVAL);
	fake.filter_result = 0;
	fake.enable_result = -EPERM;
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -EPERM);
	fake.enable_result = 0;
	wrap_fail_next(&wrap_epoll_ctl, ENOSPC);
	cr_assert_eq(hal_hotplug_source_udev(f.hotplug, f.loop, &f.source), -ENOSPC);
	cr_assert_null(f.source);
	fixture_fini(&f);
}

Test(hotplug_udev, is_what_the_monitor_takes_when_it_works)
{
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(hal_hotplug_start(f.hotplug, HAL_HOTPLUG_AUTO), HAL_HOTPLUG_UDEV);
	fake.no_udevd = true;
	cr_assert_neq(hal_hotplug_start(f.hotplug, HAL_HOTPLUG_UDEV), HAL_HOTPLUG_UDEV);
	fixture_fini(&f);
}
