/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <trunkline/line.h>
#include <trunkline/port.h>

#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/varlink/json.h"

static void put_usb_id(struct varlink_build *b, const char *key, uint16_t id)
{
	char text[8];

	snprintf(text, sizeof(text), "%04x", id);
	varlink_put_string(b, key, text);
}

static void put_line(struct varlink_build *b, const struct lined *lined, const char *path)
{
	struct tl_line_info *info = NULL;
	tl_line line;

	if (tl_line_find(lined->ctx, path, &line) < 0)
		return;
	b->error = tl_line_get_info(lined->ctx, line, &info);
	if (b->error == 0)
		varlink_put_string(b, "line", tl_line_info_name(info));
	tl_line_info_free(info);
}

static struct json_object *json_port(const struct lined *lined, const struct tl_port_list *ports,
				     size_t i)
{
	const char *path = tl_port_list_path(ports, i);
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "path", path);
	varlink_put_text(&b, "description", tl_port_list_description(ports, i));
	varlink_put_string(&b, "transport", tl_port_list_transport(ports, i));
	if (tl_port_list_vendor(ports, i)) {
		put_usb_id(&b, "vendor", tl_port_list_vendor(ports, i));
		put_usb_id(&b, "product", tl_port_list_product(ports, i));
	}
	varlink_put_text(&b, "serial", tl_port_list_serial(ports, i));
	if (b.error == 0)
		put_line(&b, lined, path);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

int json_ports(const struct lined *lined, struct json_object **ret_array)
{
	struct tl_port_list *ports;
	struct json_object *array;
	int r;

	r = tl_port_list_new(&ports);
	/* -EIO and its like speak of lines elsewhere. */
	if (r < 0)
		return r == -ENOMEM ? r : -ENOSYS;
	array = json_object_new_array();
	if (!array)
		r = -ENOMEM;
	for (size_t i = 0; i < tl_port_list_count(ports) && r == 0; i++)
		r = varlink_array_add(array, json_port(lined, ports, i));
	tl_port_list_free(ports);
	if (r < 0)
		json_object_put(array);
	else
		*ret_array = array;
	return r;
}
