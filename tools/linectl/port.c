/* SPDX-License-Identifier: MIT */
/* The serial ports: this machine's, whether a daemon runs or not. */
#include <stdio.h>

#include <json-c/json.h>

#include <trunkline/port.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/varlink/json.h"

static const char *port_identity(struct json_object *port, char *buf, size_t size)
{
	const char *vendor = field_text(port, "vendor");

	snprintf(buf, size, "%s%s%s", vendor, *vendor ? ":" : "", field_text(port, "product"));
	return buf;
}

static const struct output_column port_columns[] = {
	{"PORT", "path", NULL, NULL},	      {"LINE", "line", NULL, NULL},
	{"USB", NULL, port_identity, NULL},   {"SERIAL", "serial", NULL, NULL},
	{"ABOUT", "description", NULL, NULL},
};

static void put_usb_id(struct varlink_build *b, const char *key, uint16_t id)
{
	char text[8];

	snprintf(text, sizeof(text), "%04x", id);
	varlink_put_string(b, key, text);
}

/* As the daemon tells it, but for the line. */
static struct json_object *port_to_json(const struct tl_port_list *list, size_t i)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "path", tl_port_list_path(list, i));
	varlink_put_text(&b, "description", tl_port_list_description(list, i));
	varlink_put_string(&b, "transport", tl_port_list_transport(list, i));
	if (tl_port_list_vendor(list, i)) {
		put_usb_id(&b, "vendor", tl_port_list_vendor(list, i));
		put_usb_id(&b, "product", tl_port_list_product(list, i));
	}
	varlink_put_text(&b, "serial", tl_port_list_serial(list, i));
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

static struct json_object *list_to_json(const struct tl_port_list *list)
{
	struct json_object *ports = json_object_new_array();
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	for (size_t i = 0; i < tl_port_list_count(list) && ports && b.error == 0; i++)
		b.error = varlink_array_add(ports, port_to_json(list, i));
	varlink_put(&b, "ports", ports);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

static enum status show(const struct app *app, struct json_object *object)
{
	struct json_object *ports = field_get(object, "ports");

	if (app->output.json)
		output_json(&app->output, object);
	else if (field_count(ports) > 0)
		output_table(&app->output, port_columns,
			     sizeof(port_columns) / sizeof(port_columns[0]), ports);
	else
		output_remark(&app->output, "no serial ports");
	return STATUS_OK;
}

static enum status show_own(const struct app *app)
{
	struct tl_port_list *list = NULL;
	struct json_object *object;

	if (tl_port_list_new(&list) < 0)
		return output_error(&app->output, &(struct output_error){
							  .status = STATUS_OTHER,
							  .error = "Failed",
							  .reason = "the ports cannot be listed",
							  .hint = "is /sys mounted?",
						  });
	object = list_to_json(list);
	tl_port_list_free(list);
	if (!object)
		return output_no_memory(&app->output);
	show(app, object);
	json_object_put(object);
	return STATUS_OK;
}

/* A daemon that lets us ask tells the names of its lines, too. */
static enum status show_with_lines(struct app *app)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_try(app, "ListPorts", json_object_new_object(), &reply);
	if (status == STATUS_OK)
		status = reply.error ? show_own(app) : show(app, reply.params);
	varlink_reply_clear(&reply);
	return status;
}

enum status port_list(struct app *app, const char **args)
{
	enum status status = connect_open_running(app);

	(void)args; /* it has none */
	if (status == STATUS_OK)
		status = show_with_lines(app);
	else if (status == STATUS_NO_DAEMON && !app->options.socket)
		status = show_own(app);
	connect_close(app);
	return status;
}
