/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/line.h>

#include "core/line.h"
#include "hal/hotplug.h"

#define PORTS_MAX 16 /* of one device: USB has no more interfaces in use */

struct port {
	char node[sizeof(((struct hal_device *)0)->node)];
	enum hal_device_role role;
	int interface;
	bool in_use;
};

struct tl_line_ports {
	const struct core_line *line; /* only while they are looked for */
	struct port ports[PORTS_MAX];
	size_t n;
};

/* In the order of the interfaces. */
static void insert(struct tl_line_ports *ports, const struct hal_device *device, bool in_use)
{
	size_t i = ports->n;

	if (ports->n == PORTS_MAX)
		return;
	for (; i > 0 && ports->ports[i - 1].interface > device->interface; i--)
		ports->ports[i] = ports->ports[i - 1];
	ports->ports[i] = (struct port){
		.role = device->role,
		.interface = device->interface,
		.in_use = in_use,
	};
	core_text_copy(ports->ports[i].node, sizeof(ports->ports[i].node), device->node);
	ports->n++;
}

static void consider(void *user, const struct hal_device *device)
{
	struct tl_line_ports *ports = user;
	const struct hal_device *own = &ports->line->device;

	if (hal_device_is_neighbour(device, own))
		insert(ports, device, strcmp(device->node, own->node) == 0);
}

int tl_line_get_ports(struct tl_ctx *ctx, tl_line id, struct tl_line_ports **ret_ports)
{
	struct tl_line_ports *ports;
	struct core_line *line;
	int r;

	r = core_line_find(ctx, id, &line);
	if (r < 0)
		return r;
	ports = calloc(1, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	ports->line = line;
	if (ctx->hotplug && line->device.usb_len)
		(void)hal_hotplug_list(ctx->hotplug, consider, ports);
	else if (line->device.node[0])
		insert(ports, &line->device, true);
	ports->line = NULL;
	*ret_ports = ports;
	return 0;
}

struct tl_line_ports *tl_line_ports_free(struct tl_line_ports *ports)
{
	free(ports);
	return NULL;
}

size_t tl_line_ports_count(const struct tl_line_ports *ports)
{
	return ports->n;
}

const char *tl_line_ports_path(const struct tl_line_ports *ports, size_t index)
{
	return index < ports->n ? ports->ports[index].node : "";
}

const char *tl_line_ports_role(const struct tl_line_ports *ports, size_t index)
{
	return index < ports->n ? hal_device_role_name(ports->ports[index].role) : "";
}

bool tl_line_ports_in_use(const struct tl_line_ports *ports, size_t index)
{
	return index < ports->n && ports->ports[index].in_use;
}
