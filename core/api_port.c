/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include <trunkline/port.h>

#include "hal/ports.h"

struct tl_port_list {
	struct hal_port *ports;
	size_t n;
};

int tl_port_list_new(struct tl_port_list **ret_list)
{
	struct tl_port_list *list = calloc(1, sizeof(*list));
	int r;

	if (!list)
		return -ENOMEM;
	r = hal_ports_list(&list->ports, &list->n);
	if (r < 0) {
		free(list);
		return r;
	}
	*ret_list = list;
	return 0;
}

struct tl_port_list *tl_port_list_free(struct tl_port_list *list)
{
	if (list)
		free(list->ports);
	free(list);
	return NULL;
}

size_t tl_port_list_count(const struct tl_port_list *list)
{
	return list->n;
}

const char *tl_port_list_path(const struct tl_port_list *list, size_t index)
{
	return list->ports[index].path;
}

const char *tl_port_list_description(const struct tl_port_list *list, size_t index)
{
	return list->ports[index].description;
}

const char *tl_port_list_transport(const struct tl_port_list *list, size_t index)
{
	switch (list->ports[index].transport) {
	case HAL_PORT_NATIVE:
		return "native";
	case HAL_PORT_USB:
		return "usb";
	case HAL_PORT_BLUETOOTH:
		return "bluetooth";
	}
	return "";
}

const char *tl_port_list_serial(const struct tl_port_list *list, size_t index)
{
	return list->ports[index].serial;
}

uint16_t tl_port_list_vendor(const struct tl_port_list *list, size_t index)
{
	return list->ports[index].vendor_id;
}

uint16_t tl_port_list_product(const struct tl_port_list *list, size_t index)
{
	return list->ports[index].product_id;
}
