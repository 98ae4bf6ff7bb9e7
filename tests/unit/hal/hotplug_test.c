/* SPDX-License-Identifier: MIT */
#include "hal/hotplug.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrap.h"

/* A machine of which the test says what it has, and a receiver that remembers what it was told. */
struct fixture {
	struct hal_machine machine;
	struct hal_clock_virtual clock;
	struct hal_log log;
	struct hal_loop *loop;
	struct hal_hotplug *hotplug;
	struct hal_device devices[2];
	size_t n_devices;
	bool usable;
	unsigned int looked; /* whether it is usable */
	int list_error;
	struct {
		enum hal_hotplug_event event;
		struct hal_device device;
	} told[16];
	size_t n_told;
	char log_text[1024];
};

static int fake_list(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	const struct fixture *f = HAL_CONTAINER_OF(machine, struct fixture, machine);

	for (size_t i = 0; i < f->n_devices; i++)
		fn(user, &f->devices[i]);
	return f->list_error;
}

static int fake_find(const struct hal_machine *machine, const char *node,
		     struct hal_device *ret_device)
{
	const struct fixture *f = HAL_CONTAINER_OF(machine, struct fixture, machine);

	for (size_t i = 0; i < f->n_devices; i++) {
		if (strcmp(f->devices[i].node, node) == 0) {
			*ret_device = f->devices[i];
			return 0;
		}
	}
	return -ENOENT;
}

static bool fake_exists(const struct hal_machine *machine, const struct hal_device *device)
{
	struct hal_device found;

	return fake_find(machine, device->node, &found) == 0;
}

static bool fake_is_usable(const struct hal_machine *machine, const struct hal_device *device)
{
	struct fixture *f = HAL_CONTAINER_OF(machine, struct fixture, machine);

	(void)device;
	f->looked++;
	return f->usable;
}

static void on_event(void *user, enum hal_hotplug_event event, const struct hal_device *device)
{
	struct fixture *f = user;

	cr_assert_lt(f->n_told, sizeof(f->told) / sizeof(f->told[0]));
	f->told[f->n_told].event = event;
	cr_assert_eq(device == NULL, event == HAL_HOTPLUG_MISSED);
	if (device)
		f->told[f->n_told].device = *device;
	f->n_told++;
}

static void on_log(void *user, enum hal_log_level level, const char *line)
{
	struct fixture *f = user;
	size_t len = strlen(f->log_text);

	(void)level;
	(void)snprintf(f->log_text + len, sizeof(f->log_text) - len, "%s\n", line);
}

static struct hal_device device(const char *node, const char *syspath, const char *place)
{
	struct hal_device made = {.interface = -1};

	strcpy(made.node, node);
	strcpy(made.syspath, syspath);
	strcpy(made.place, place);
	return made;
}

static struct fixture *fixture_new(void)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->machine = (struct hal_machine){fake_list, fake_find, fake_exists, fake_is_usable};
	f->log = (struct hal_log){.fn = on_log, .user = f, .level = HAL_LOG_INFO};
	f->usable = true;
	hal_clock_virtual_init(&f->clock, 1000, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	cr_assert_eq(hal_hotplug_new(f->loop, &f->log, &f->machine, on_event, f, &f->hotplug), 0);
	return f;
}

static void fixture_free(struct fixture *f)
{
	hal_hotplug_free(f->hotplug);
	hal_loop_free(f->loop);
	free(f);
}

static void run_ms(struct fixture *f, uint64_t ms)
{
	(void)hal_loop_run_virtual(f->loop, &f->clock, f->clock.now_us + ms * 1000, NULL, NULL);
}

static void assert_told(const struct fixture *f, size_t index, enum hal_hotplug_event event,
			const char *node)
{
	cr_assert_lt(index, f->n_told);
	cr_assert_eq(f->told[index].event, event, "event %zu", index);
	cr_assert_str_eq(f->told[index].device.node, node, "event %zu", index);
}

static void report(struct fixture *f, enum hal_hotplug_event event, const char *node,
		   const char *syspath)
{
	struct hal_device from = device(node, syspath, "");

	hal_hotplug_report(f->hotplug, event, &from);
}

Test(hotplug, nothing_is_told_from_inside_the_call_that_says_it)
{
	struct fixture *f = fixture_new();

	report(f, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", "/sys/a");
	cr_assert_eq(f->n_told, 0);
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 1);
	assert_told(f, 0, HAL_HOTPLUG_ADD, "/dev/ttyUSB0");
	fixture_free(f);
}

Test(hotplug, what_happens_to_one_device_in_one_turn_is_told_once)
{
	static const struct {
		const char *name, *events, *told; /* a: add, r: remove */
	} rows[] = {
		{"plugged in", "a", "a"},
		{"told twice", "aa", "a"},
		{"gone", "r", "r"},
		{"gone twice", "rr", "r"},
		{"came and went", "ar", "r"},
		{"went and came", "ra", "ra"},
		{"a loose contact", "arara", "ra"},
		{"until it was out", "rararar", "r"},
	};
	struct fixture *f = fixture_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->n_told = 0;
		for (const char *c = rows[i].events; *c; c++)
			report(f, *c == 'a' ? HAL_HOTPLUG_ADD : HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0",
			       "/sys/a");
		run_ms(f, 0);
		cr_assert_eq(f->n_told, strlen(rows[i].told), "%s", rows[i].name);
		for (size_t k = 0; k < f->n_told; k++)
			assert_told(f, k,
				    rows[i].told[k] == 'a' ? HAL_HOTPLUG_ADD : HAL_HOTPLUG_REMOVE,
				    "/dev/ttyUSB0");
	}
	fixture_free(f);
}

Test(hotplug, a_node_changes_hands_in_one_turn)
{
	struct fixture *f = fixture_new();

	report(f, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", "/sys/new");
	report(f, HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0", "/sys/old");
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 2);
	cr_assert_eq(f->told[0].event, HAL_HOTPLUG_REMOVE, "who goes, goes first");
	cr_assert_str_eq(f->told[0].device.syspath, "/sys/old");
	cr_assert_str_eq(f->told[1].device.syspath, "/sys/new");
	fixture_free(f);
}

Test(hotplug, a_storm_of_a_thousand_events_is_two)
{
	struct fixture *f = fixture_new();

	for (int i = 0; i < 500; i++) {
		report(f, HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0", "/sys/a");
		report(f, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", "/sys/a");
	}
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 2);
	fixture_free(f);
}

Test(hotplug, the_node_and_its_permission_are_awaited)
{
	struct fixture *f = fixture_new();

	f->usable = false;
	report(f, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", "/sys/a");
	run_ms(f, 1000);
	cr_assert_eq(f->n_told, 0);
	f->usable = true;
	run_ms(f, 320);
	assert_told(f, 0, HAL_HOTPLUG_ADD, "/dev/ttyUSB0");
	cr_assert_eq(hal_loop_next_deadline_us(f->loop), UINT64_MAX, "nothing is left to do");
	fixture_free(f);
}

Test(hotplug, a_node_that_never_comes_is_told_in_the_end)
{
	struct fixture *f = fixture_new();

	f->usable = false;
	report(f, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", "/sys/a");
	run_ms(f, 4500);
	cr_assert_eq(f->n_told, 0);
	run_ms(f, 1500);
	assert_told(f, 0, HAL_HOTPLUG_ADD, "/dev/ttyUSB0");
	cr_assert_lt(f->looked, 32);
	cr_assert(strstr(f->log_text, "cannot be opened yet"), "%s", f->log_text);
	cr_assert_eq(hal_loop_next_deadline_us(f->loop), UINT64_MAX);
	fixture_free(f);
}

Test(hotplug, a_device_that_goes_while_its_node_is_awaited_does_not_come)
{
	struct fixture *f = fixture_new();

	f->usable = false;
	report(f, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", "/sys/a");
	run_ms(f, 100);
	report(f, HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0", "/sys/a");
	run_ms(f, 10000);
	cr_assert_eq(f->n_told, 1);
	assert_told(f, 0, HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0");
	fixture_free(f);
}

Test(hotplug, missed_events_are_made_up_for_by_what_is_there)
{
	struct fixture *f = fixture_new();

	f->devices[0] = device("/dev/ttyUSB0", "/sys/a", "");
	f->devices[1] = device("/dev/ttyUSB1", "/sys/b", "");
	f->n_devices = 2;
	hal_hotplug_report_missed(f->hotplug);
	hal_hotplug_report_missed(f->hotplug);
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 3);
	cr_assert_eq(f->told[0].event, HAL_HOTPLUG_MISSED);
	assert_told(f, 1, HAL_HOTPLUG_ADD, "/dev/ttyUSB0");
	assert_told(f, 2, HAL_HOTPLUG_ADD, "/dev/ttyUSB1");
	fixture_free(f);
}

Test(hotplug, devices_that_cannot_be_listed_are_logged)
{
	struct fixture *f = fixture_new();

	f->list_error = -EACCES;
	hal_hotplug_scan(f->hotplug);
	cr_assert(strstr(f->log_text, "cannot be listed"), "%s", f->log_text);
	fixture_free(f);
}

Test(hotplug, more_devices_than_are_remembered_count_as_missed)
{
	struct fixture *f = fixture_new();

	f->usable = false; /* keeps them */
	for (int i = 0; i <= HAL_HOTPLUG_CHANGES_MAX; i++) {
		char node[32];

		(void)snprintf(node, sizeof(node), "/dev/ttyUSB%d", i);
		report(f, HAL_HOTPLUG_ADD, node, "");
	}
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 1);
	cr_assert_eq(f->told[0].event, HAL_HOTPLUG_MISSED);
	fixture_free(f);
}

Test(hotplug, memory_that_is_short_counts_as_missed)
{
	struct fixture *f = fixture_new();

	f->devices[0] = device("/dev/ttyUSB0", "/sys/a", "");
	f->n_devices = 1;
	wrap_fail_next(&wrap_calloc, ENOMEM);
	report(f, HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0", "/sys/a");
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 2);
	cr_assert_eq(f->told[0].event, HAL_HOTPLUG_MISSED);
	assert_told(f, 1, HAL_HOTPLUG_ADD, "/dev/ttyUSB0");
	wrap_fail_next(&wrap_calloc, ENOMEM);
	hal_hotplug_scan(f->hotplug);
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 2, "no endless search");
	fixture_free(f);
}

Test(hotplug, a_monitor_without_memory_is_refused)
{
	struct hal_hotplug *hotplug = NULL;
	struct fixture *f = fixture_new();

	wrap_fail_next(&wrap_calloc, ENOMEM);
	cr_assert_eq(hal_hotplug_new(f->loop, &f->log, &f->machine, on_event, f, &hotplug),
		     -ENOMEM);
	cr_assert_null(hotplug);
	hal_hotplug_free(NULL);
	fixture_free(f);
}

Test(hotplug, somebody_who_knows_may_tell)
{
	struct fixture *f = fixture_new();

	f->devices[0] = device("/dev/ttyUSB0", "/sys/a", "usb-0:1");
	f->n_devices = 1;
	cr_assert_eq(hal_hotplug_tell(f->hotplug, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", NULL), 0);
	cr_assert_eq(hal_hotplug_tell(f->hotplug, HAL_HOTPLUG_ADD, "/dev/ttyX", "/nowhere"), 0);
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 2);
	assert_told(f, 0, HAL_HOTPLUG_ADD, "/dev/ttyUSB0");
	cr_assert_str_eq(f->told[0].device.place, "usb-0:1");
	assert_told(f, 1, HAL_HOTPLUG_ADD, "/dev/ttyX");
	cr_assert_str_eq(f->told[1].device.syspath, "");
	fixture_free(f);
}

Test(hotplug, who_tells_of_a_removal_need_not_know_more_than_the_node)
{
	struct fixture *f = fixture_new();
	struct hal_device from = device("/dev/ttyUSB0", "/sys/a", "usb-0:1");

	hal_hotplug_report(f->hotplug, HAL_HOTPLUG_ADD, &from);
	cr_assert_eq(hal_hotplug_tell(f->hotplug, HAL_HOTPLUG_REMOVE, "/dev/ttyUSB0", NULL), 0);
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 1);
	cr_assert_str_eq(f->told[0].device.place, "usb-0:1", "what was known is not forgotten");
	fixture_free(f);
}

Test(hotplug, nonsense_is_refused)
{
	static const struct {
		const char *node;
		enum hal_hotplug_event event;
	} rows[] = {
		{"ttyUSB0", HAL_HOTPLUG_ADD},
		{"", HAL_HOTPLUG_REMOVE},
		{"/dev/ttyUSB0", HAL_HOTPLUG_MISSED},
		{"/dev/0123456789012345678901234567890123456789012345678901234567890123",
		 HAL_HOTPLUG_ADD},
	};
	struct fixture *f = fixture_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(hal_hotplug_tell(f->hotplug, rows[i].event, rows[i].node, NULL),
			     -EINVAL);
	run_ms(f, 0);
	cr_assert_eq(f->n_told, 0);
	fixture_free(f);
}

Test(hotplug, a_feed_that_cannot_work_is_replaced_and_the_log_says_so)
{
	struct fixture *f = fixture_new();
	enum hal_hotplug_feed feed;

	cr_assert_eq(hal_hotplug_start(f->hotplug, HAL_HOTPLUG_TOLD), HAL_HOTPLUG_TOLD);
	cr_assert_str_empty(f->log_text);
	/* Two allocations, of either feed. */
	wrap_fail_always(&wrap_calloc, ENOMEM);
	feed = hal_hotplug_start(f->hotplug, HAL_HOTPLUG_AUTO);
	cr_assert_eq(feed, HAL_HOTPLUG_TOLD);
	cr_assert(strstr(f->log_text, "no feed by the kernel"), "%s", f->log_text);
	cr_assert_eq(hal_hotplug_start(f->hotplug, HAL_HOTPLUG_UDEV), HAL_HOTPLUG_TOLD);
	fixture_free(f);
}

/* A feed that knows more than sysfs does. */
static void mark(struct hal_hotplug_source *source, struct hal_device *from)
{
	(void)source;
	from->marked = true;
}

static void forget(struct hal_hotplug_source *source)
{
	source->describe = NULL;
}

int __wrap_hal_hotplug_source_kernel(struct hal_hotplug *hotplug, struct hal_loop *loop,
				     const char *sysfs, struct hal_hotplug_source **ret_source);
int __real_hal_hotplug_source_kernel(struct hal_hotplug *hotplug, struct hal_loop *loop,
				     const char *sysfs, struct hal_hotplug_source **ret_source);
static struct hal_hotplug_source knowing = {.feed = HAL_HOTPLUG_KERNEL, .free = forget};

int __wrap_hal_hotplug_source_kernel(struct hal_hotplug *hotplug, struct hal_loop *loop,
				     const char *sysfs, struct hal_hotplug_source **ret_source)
{
	if (!knowing.describe)
		return __real_hal_hotplug_source_kernel(hotplug, loop, sysfs, ret_source);
	*ret_source = &knowing;
	return 0;
}

static void note_marked(void *user, const struct hal_device *found)
{
	bool *marked = user;

	*marked = found->marked;
}

Test(hotplug, what_a_feed_knows_is_added_wherever_devices_come_from)
{
	struct fixture *f = fixture_new();
	struct hal_device found;
	bool marked = false;

	knowing.describe = mark;
	f->devices[0] = device("/dev/ttyUSB0", "/sys/a", "");
	f->n_devices = 1;
	cr_assert_eq(hal_hotplug_start(f->hotplug, HAL_HOTPLUG_KERNEL), HAL_HOTPLUG_KERNEL);
	cr_assert_eq(hal_hotplug_list(f->hotplug, note_marked, &marked), 0);
	cr_assert(marked);
	cr_assert_eq(hal_hotplug_find(f->hotplug, "/dev/ttyUSB0", &found), 0);
	cr_assert(found.marked);
	cr_assert_eq(hal_hotplug_find(f->hotplug, "/dev/ttyUSB1", &found), -ENOENT);
	cr_assert(hal_hotplug_exists(f->hotplug, &found));
	cr_assert_eq(hal_hotplug_tell(f->hotplug, HAL_HOTPLUG_ADD, "/dev/ttyUSB0", NULL), 0);
	run_ms(f, 0);
	cr_assert(f->told[0].device.marked);
	cr_assert_eq(hal_hotplug_start(f->hotplug, HAL_HOTPLUG_TOLD), HAL_HOTPLUG_TOLD);
	cr_assert_null(knowing.describe, "the feed before is freed");
	fixture_free(f);
}
