/* SPDX-License-Identifier: MIT */
#include "hal/hotplug.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A node that is not there yet is looked for after 5, 10, 20 … 320 ms, 320 ms …: 5 s in all. */
#define WAIT_MIN_MS 5
#define WAIT_MAX_MS 320
#define WAITS_MAX   20

static const char object[] = "hotplug";

/* What has happened to one device and is not told yet. */
struct change {
	struct hal_list node;
	struct hal_device device;
	bool removed, added; /* in this order */
	unsigned int waits;  /* for the node, so far */
};

struct hal_hotplug {
	struct hal_loop *loop;
	const struct hal_log *log;
	const struct hal_machine *machine;
	hal_hotplug_fn fn;
	void *user;
	struct hal_hotplug_source *source; /* NULL: told only */
	struct hal_list changes;	   /* oldest first */
	size_t n_changes;
	bool missed;
	struct hal_work work;
	struct hal_timer timer; /* while a node is waited for */
};

static bool same_device(const struct hal_device *a, const struct hal_device *b)
{
	if (a->syspath[0] && b->syspath[0])
		return strcmp(a->syspath, b->syspath) == 0;
	return strcmp(a->node, b->node) == 0;
}

static struct change *find_change(struct hal_hotplug *hotplug, const struct hal_device *device)
{
	struct hal_list *node;

	hal_list_for_each (node, &hotplug->changes) {
		struct change *change = HAL_CONTAINER_OF(node, struct change, node);

		if (same_device(&change->device, device))
			return change;
	}
	return NULL;
}

static struct change *new_change(struct hal_hotplug *hotplug)
{
	struct change *change = NULL;

	if (hotplug->n_changes < HAL_HOTPLUG_CHANGES_MAX)
		change = calloc(1, sizeof(*change));
	if (!change)
		return NULL;
	hal_list_append(&hotplug->changes, &change->node);
	hotplug->n_changes++;
	return change;
}

static void free_change(struct hal_hotplug *hotplug, struct change *change)
{
	hal_list_del(&change->node);
	hotplug->n_changes--;
	free(change);
}

static bool note(struct hal_hotplug *hotplug, enum hal_hotplug_event event,
		 const struct hal_device *device)
{
	struct change *change = find_change(hotplug, device);

	if (!change)
		change = new_change(hotplug);
	if (!change)
		return false;
	if (event == HAL_HOTPLUG_REMOVE) {
		change->removed = true;
		change->added = false;
	} else {
		change->added = true;
		change->waits = 0;
	}
	/* Who tells that it is gone may know less of it than those who told before. */
	if (device->syspath[0] || !change->device.syspath[0])
		change->device = *device;
	hal_work_queue(hotplug->loop, &hotplug->work);
	return true;
}

void hal_hotplug_report(struct hal_hotplug *hotplug, enum hal_hotplug_event event,
			const struct hal_device *device)
{
	hal_debug(hotplug->log, object, "%s: %s", device->node,
		  event == HAL_HOTPLUG_REMOVE ? "gone" : "there");
	if (!note(hotplug, event, device))
		hal_hotplug_report_missed(hotplug);
}

void hal_hotplug_report_missed(struct hal_hotplug *hotplug)
{
	hotplug->missed = true;
	hal_work_queue(hotplug->loop, &hotplug->work);
}

static void note_found(void *user, const struct hal_device *device)
{
	struct hal_hotplug *hotplug = user;

	/* Not reported as missed: that would never end. */
	if (!note(hotplug, HAL_HOTPLUG_ADD, device))
		hal_debug(hotplug->log, object, "%s: no room to tell of it", device->node);
}

void hal_hotplug_scan(struct hal_hotplug *hotplug)
{
	int r;

	r = hal_hotplug_list(hotplug, note_found, hotplug);
	if (r < 0)
		hal_warning(hotplug->log, object, "the devices cannot be listed: %s", strerror(-r));
}

static void deliver_missed(struct hal_hotplug *hotplug)
{
	if (!hotplug->missed)
		return;
	hotplug->missed = false;
	hal_info(hotplug->log, object, "events were missed: looking at what is there");
	hotplug->fn(hotplug->user, HAL_HOTPLUG_MISSED, NULL);
	hal_hotplug_scan(hotplug);
}

static void deliver_removals(struct hal_hotplug *hotplug)
{
	struct hal_list *node, *next;

	hal_list_for_each_safe (node, next, &hotplug->changes) {
		struct change *change = HAL_CONTAINER_OF(node, struct change, node);

		if (change->removed)
			hotplug->fn(hotplug->user, HAL_HOTPLUG_REMOVE, &change->device);
		change->removed = false;
		if (!change->added)
			free_change(hotplug, change);
	}
}

static bool has_settled(struct hal_hotplug *hotplug, struct change *change)
{
	if (hotplug->machine->is_usable(hotplug->machine, &change->device))
		return true;
	if (change->waits++ < WAITS_MAX)
		return false;
	/* Whoever opens it is told why that cannot be done. */
	hal_info(hotplug->log, object, "%s: cannot be opened yet", change->device.node);
	return true;
}

/* @return the shortest wait of those that go on, 0: none */
static uint32_t deliver_additions(struct hal_hotplug *hotplug)
{
	struct hal_list *node, *next;
	uint32_t wait_ms = 0;

	hal_list_for_each_safe (node, next, &hotplug->changes) {
		struct change *change = HAL_CONTAINER_OF(node, struct change, node);
		uint32_t ms;

		if (has_settled(hotplug, change)) {
			hotplug->fn(hotplug->user, HAL_HOTPLUG_ADD, &change->device);
			free_change(hotplug, change);
			continue;
		}
		ms = WAIT_MIN_MS << (change->waits - 1 < 6 ? change->waits - 1 : 6);
		if (wait_ms == 0 || ms < wait_ms)
			wait_ms = ms;
	}
	return wait_ms;
}

static void deliver(struct hal_hotplug *hotplug)
{
	uint32_t wait_ms;

	hal_timer_cancel(hotplug->loop, &hotplug->timer);
	deliver_missed(hotplug);
	deliver_removals(hotplug);
	wait_ms = deliver_additions(hotplug);
	if (wait_ms > 0)
		hal_timer_arm_ms(hotplug->loop, &hotplug->timer, wait_ms);
}

static void on_work(struct hal_work *work)
{
	deliver(HAL_CONTAINER_OF(work, struct hal_hotplug, work));
}

static void on_timer(struct hal_timer *timer)
{
	deliver(HAL_CONTAINER_OF(timer, struct hal_hotplug, timer));
}

int hal_hotplug_new(struct hal_loop *loop, const struct hal_log *log,
		    const struct hal_machine *machine, hal_hotplug_fn fn, void *user,
		    struct hal_hotplug **ret_hotplug)
{
	struct hal_hotplug *hotplug = calloc(1, sizeof(*hotplug));

	if (!hotplug)
		return -ENOMEM;
	hotplug->loop = loop;
	hotplug->log = log;
	hotplug->machine = machine;
	hotplug->fn = fn;
	hotplug->user = user;
	hal_list_init(&hotplug->changes);
	hal_work_init(&hotplug->work, on_work);
	hal_timer_init(&hotplug->timer, on_timer);
	*ret_hotplug = hotplug;
	return 0;
}

static void stop(struct hal_hotplug *hotplug)
{
	if (hotplug->source)
		hotplug->source->free(hotplug->source);
	hotplug->source = NULL;
}

void hal_hotplug_free(struct hal_hotplug *hotplug)
{
	if (!hotplug)
		return;
	stop(hotplug);
	hal_work_cancel(&hotplug->work);
	hal_timer_cancel(hotplug->loop, &hotplug->timer);
	while (!hal_list_empty(&hotplug->changes))
		free_change(hotplug, HAL_CONTAINER_OF(hotplug->changes.next, struct change, node));
	free(hotplug);
}

static bool try_udev(struct hal_hotplug *hotplug)
{
	int r;

	r = hal_hotplug_source_udev(hotplug, hotplug->loop, &hotplug->source);
	if (r == -EHOSTDOWN)
		hal_info(hotplug->log, object,
			 "no udevd here (/run/udev/control is missing): its feed would be silent");
	else if (r < 0)
		hal_info(hotplug->log, object, "no feed by udev: %s", strerror(-r));
	return r == 0;
}

static bool try_kernel(struct hal_hotplug *hotplug)
{
	int r;

	r = hal_hotplug_source_kernel(hotplug, hotplug->loop, NULL, &hotplug->source);
	if (r < 0)
		hal_warning(hotplug->log, object, "no feed by the kernel: %s", strerror(-r));
	return r == 0;
}

enum hal_hotplug_feed hal_hotplug_start(struct hal_hotplug *hotplug, enum hal_hotplug_feed feed)
{
	bool started = false;

	stop(hotplug);
	if (feed == HAL_HOTPLUG_AUTO || feed == HAL_HOTPLUG_UDEV)
		started = try_udev(hotplug);
	if (!started && feed != HAL_HOTPLUG_TOLD)
		(void)try_kernel(hotplug);
	return hal_hotplug_get_feed(hotplug);
}

enum hal_hotplug_feed hal_hotplug_get_feed(const struct hal_hotplug *hotplug)
{
	return hotplug->source ? hotplug->source->feed : HAL_HOTPLUG_TOLD;
}

static void describe(struct hal_hotplug *hotplug, struct hal_device *device)
{
	if (hotplug->source && hotplug->source->describe)
		hotplug->source->describe(hotplug->source, device);
}

int hal_hotplug_tell(struct hal_hotplug *hotplug, enum hal_hotplug_event event, const char *node,
		     const char *syspath)
{
	struct hal_device device = {.interface = -1};
	int r;

	if (node[0] != '/' || strlen(node) >= sizeof(device.node) || event == HAL_HOTPLUG_MISSED)
		return -EINVAL;
	/* Of what has gone nothing can be read. */
	r = syspath ? hal_device_read(syspath, &device) : hal_hotplug_find(hotplug, node, &device);
	if (r < 0)
		(void)hal_slice_copy(hal_slice_str(node), device.node, sizeof(device.node));
	else
		describe(hotplug, &device);
	hal_hotplug_report(hotplug, event, &device);
	return 0;
}

struct visit {
	struct hal_hotplug *hotplug;
	hal_device_fn fn;
	void *user;
};

static void visit(void *user, const struct hal_device *found)
{
	struct hal_device device = *found;
	struct visit *to = user;

	describe(to->hotplug, &device);
	to->fn(to->user, &device);
}

int hal_hotplug_list(struct hal_hotplug *hotplug, hal_device_fn fn, void *user)
{
	struct visit to = {.hotplug = hotplug, .fn = fn, .user = user};

	return hotplug->machine->list(hotplug->machine, visit, &to);
}

int hal_hotplug_find(struct hal_hotplug *hotplug, const char *node, struct hal_device *ret_device)
{
	int r;

	r = hotplug->machine->find(hotplug->machine, node, ret_device);
	if (r == 0)
		describe(hotplug, ret_device);
	return r;
}

bool hal_hotplug_exists(const struct hal_hotplug *hotplug, const struct hal_device *device)
{
	return hotplug->machine->exists(hotplug->machine, device);
}
