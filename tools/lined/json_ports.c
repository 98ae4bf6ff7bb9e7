/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <trunkline/line.h>

#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/varlink/json.h"

#ifdef HAVE_LIBSERIALPORT
#include <libserialport.h>

static void put_usb_id(struct varlink_build *b, struct sp_port *port)
{
	char text[8];
	int vid;
	int pid;

	if (sp_get_port_usb_vid_pid(port, &vid, &pid) != SP_OK)
		return;
	snprintf(text, sizeof(text), "%04x", (unsigned int)vid & 0xffff);
	varlink_put_string(b, "vendor", text);
	snprintf(text, sizeof(text), "%04x", (unsigned int)pid & 0xffff);
	varlink_put_string(b, "product", text);
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

static struct json_object *json_port(const struct lined *lined, struct sp_port *port)
{
	const char *path = sp_get_port_name(port);
	struct json_object *object = NULL;
	enum sp_transport transport = sp_get_port_transport(port);
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "path", path);
	varlink_put_text(&b, "description", sp_get_port_description(port));
	varlink_put_string(&b, "transport",
			   transport == SP_TRANSPORT_USB	 ? "usb"
			   : transport == SP_TRANSPORT_BLUETOOTH ? "bluetooth"
								 : "native");
	put_usb_id(&b, port);
	varlink_put_text(&b, "serial", sp_get_port_usb_serial(port));
	if (b.error == 0)
		put_line(&b, lined, path);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

int json_ports(const struct lined *lined, struct json_object **ret_array)
{
	struct sp_port **ports = NULL;
	struct json_object *array;
	int r = 0;

	if (sp_list_ports(&ports) != SP_OK)
		return -EIO;
	array = json_object_new_array();
	if (!array)
		r = -ENOMEM;
	for (size_t i = 0; ports[i] && r == 0; i++)
		r = varlink_array_add(array, json_port(lined, ports[i]));
	sp_free_port_list(ports);
	if (r < 0)
		json_object_put(array);
	else
		*ret_array = array;
	return r;
}
#else
int json_ports(const struct lined *lined, struct json_object **ret_array)
{
	(void)lined;
	(void)ret_array;
	return -EOPNOTSUPP;
}
#endif
