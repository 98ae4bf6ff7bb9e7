/* SPDX-License-Identifier: MIT */
#include "core/identity.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/line.h"
#include "hal/hotplug.h"
#include "hal/netaddr.h"

static bool by_place(const struct core_line *line, struct hal_slice *ret_place)
{
	const struct hal_slice prefix = HAL_SLICE("id-path:");
	struct hal_slice device = hal_slice_str(line->config.device);

	*ret_place = hal_slice_skip(device, prefix.len);
	return hal_slice_starts(device, prefix);
}

static bool by_serial(const struct core_line *line, struct hal_slice *ret_serial)
{
	const struct hal_slice prefix = HAL_SLICE("serial:");
	struct hal_slice device = hal_slice_str(line->config.device);

	*ret_serial = hal_slice_skip(device, prefix.len);
	return hal_slice_starts(device, prefix);
}

/* The place itself, an interface of the device there, or a port of the interface. */
static bool is_at(const struct hal_device *device, struct hal_slice place)
{
	struct hal_slice rest = hal_slice_str(device->place);

	if (place.len == 0 || !hal_slice_starts(rest, place))
		return false;
	rest = hal_slice_skip(rest, place.len);
	if (rest.len == 0 || hal_slice_starts(rest, HAL_SLICE("-port")))
		return true;
	/* A bus is no place: there is another colon in what follows it. */
	return rest.data[0] == ':' && !memchr(rest.data + 1, ':', rest.len - 1);
}

/* Chosen by words, or by the place that was learnt; not by a path. */
static bool selects(const struct core_line *line, const struct hal_device *device)
{
	struct hal_slice text;

	if (by_place(line, &text))
		return is_at(device, text);
	if (by_serial(line, &text))
		return hal_slice_eq(hal_slice_str(device->serial), text);
	return line->learnt && strcmp(line->device.place, device->place) == 0;
}

static bool is_wanted_by_another(const struct core_line *line, const struct hal_device *device)
{
	struct hal_list *node;

	hal_list_for_each (node, &line->ctx->line_list) {
		struct core_line *other = HAL_CONTAINER_OF(node, struct core_line, node);

		if (other != line && selects(other, device))
			return true;
	}
	return false;
}

static bool is_by_words(const struct core_line *line)
{
	struct hal_slice text;

	return line->learnt || by_place(line, &text) || by_serial(line, &text);
}

static bool same_port(const struct hal_device *a, const struct hal_device *b)
{
	if (a->syspath[0] && b->syspath[0])
		return strcmp(a->syspath, b->syspath) == 0;
	return strcmp(a->node, b->node) == 0;
}

bool core_identity_is_network(const struct core_line *line)
{
	return hal_netaddr_is_url(line->config.device);
}

bool core_identity_fits(const struct core_line *line, const struct hal_device *device)
{
	struct hal_device found;

	if (core_identity_is_network(line))
		return false;
	if (is_by_words(line))
		return selects(line, device);
	if (is_wanted_by_another(line, device))
		return false;
	if (strcmp(line->config.device, device->node) == 0)
		return true;
	return hal_hotplug_find(line->ctx->hotplug, line->config.device, &found) == 0 &&
	       same_port(&found, device);
}

bool core_identity_is(const struct core_line *line, const struct hal_device *device)
{
	/* Who tells by hand names what is in the configuration, or the node. */
	return same_port(&line->device, device) ||
	       (!device->syspath[0] && strcmp(line->config.device, device->node) == 0);
}

bool core_identity_is_exact(const struct core_line *line, const struct hal_device *device)
{
	struct hal_slice place;

	if (line->learnt || !is_by_words(line))
		return true;
	return by_place(line, &place) && hal_slice_eq(place, hal_slice_str(device->place));
}

/* 0 is best; UINT_MAX: not for calls. */
static unsigned int rank(const struct core_line *line, const struct hal_device *device)
{
	if (core_identity_is_exact(line, device))
		return 0;
	switch (device->role) {
	case HAL_DEVICE_ROLE_AT:
		return 0;
	case HAL_DEVICE_ROLE_DATA:
		return 1;
	case HAL_DEVICE_ROLE_NONE:
		return 2;
	case HAL_DEVICE_ROLE_AUDIO:
	case HAL_DEVICE_ROLE_GPS:
	case HAL_DEVICE_ROLE_DIAG:
		break;
	}
	return UINT_MAX;
}

struct choice {
	const struct core_line *line;
	struct hal_device best;
	unsigned int rank; /* UINT_MAX: none yet */
};

static void consider(void *user, const struct hal_device *device)
{
	struct choice *choice = user;
	unsigned int r;
	int order;

	if (!selects(choice->line, device))
		return;
	r = rank(choice->line, device);
	order = r < choice->rank ? -1 : r > choice->rank;
	/* Lower interfaces first; of two devices with one serial number always the same. */
	if (order == 0)
		order = device->interface - choice->best.interface;
	if (order == 0)
		order = strcmp(device->place, choice->best.place);
	if (r == UINT_MAX || order >= 0)
		return;
	choice->rank = r;
	choice->best = *device;
}

static int choose(struct core_line *line, char *why)
{
	struct choice choice = {.line = line, .rank = UINT_MAX};

	if (line->ctx->hotplug)
		(void)hal_hotplug_list(line->ctx->hotplug, consider, &choice);
	if (choice.rank < UINT_MAX) {
		line->device = choice.best;
		line->path = line->device.node;
		return 0;
	}
	if (line->learnt)
		(void)snprintf(why, CORE_REASON_MAX, "nothing is plugged in at %s",
			       line->device.place);
	else
		(void)snprintf(why, CORE_REASON_MAX, "there is no device %.200s",
			       line->config.device);
	return -ENOENT;
}

static int resolve_path(struct core_line *line, char *why)
{
	const char *path = line->config.device;
	struct hal_device device = {.interface = -1};

	/* No tty that the kernel lists: a pty, or nothing yet. */
	if (!line->ctx->hotplug || hal_hotplug_find(line->ctx->hotplug, path, &device) < 0)
		core_text_copy(device.node, sizeof(device.node), path);
	if (is_wanted_by_another(line, &device)) {
		(void)snprintf(why, CORE_REASON_MAX, "%.200s is another line's device at present",
			       path);
		return -ENOENT;
	}
	line->device = device;
	line->path = path;
	line->learnt = device.place[0] && strcmp(device.node, path) == 0;
	return 0;
}

int core_identity_resolve(struct core_line *line, char *why)
{
	if (core_identity_is_network(line)) {
		line->path = line->config.device;
		return 0;
	}
	return is_by_words(line) ? choose(line, why) : resolve_path(line, why);
}

void core_identity_forget(struct core_line *line)
{
	line->learnt = false;
}
