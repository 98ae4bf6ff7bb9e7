/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/doctor.h"
#include "tools/linectl/field.h"
#include "tools/varlink/json.h"

struct doctor {
	struct app *app;
	const char *root;
	pid_t daemon;
	uid_t uid;
	size_t looked_at;
	struct json_object *findings;
	bool failed; /* out of memory */
};

static void tell(struct doctor *d, const char *name, const char *about, const char *what,
		 const char *remedy)
{
	const struct output *output = &d->app->output;
	struct json_object *finding = NULL;
	char clean[DOCTOR_TEXT_MAX];
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "finding", name);
	varlink_put_text(&b, "about", about);
	varlink_put_string(&b, "what", what);
	varlink_put_string(&b, "remedy", remedy);
	if (varlink_build_end(&b, &finding) < 0 || varlink_array_add(d->findings, finding) < 0) {
		d->failed = true;
		return;
	}
	if (output->json)
		return;
	fprintf(output->out, "%s%s%s%s%s\n", output_begin(output->color_out, OUTPUT_BAD), about,
		output_end(output->color_out, OUTPUT_BAD), *about ? ": " : "",
		output_clean(what, clean, sizeof(clean)));
	fprintf(output->out, "    %s\n", output_clean(remedy, clean, sizeof(clean)));
}

/* The device without links, as processes and locks have it. */
static void resolve(struct doctor_case *c)
{
	char path[UDEV_PATH_MAX];
	char *real;
	char *root;

	snprintf(path, sizeof(path), "%s%s", c->root, c->device);
	real = *c->device ? realpath(path, NULL) : NULL;
	root = *c->root ? realpath(c->root, NULL) : NULL;
	if (real && (!*c->root || (root && strncmp(real, root, strlen(root)) == 0)))
		snprintf(c->node, sizeof(c->node), "%s", real + (root ? strlen(root) : 0));
	free(root);
	free(real);
}

static void probe(struct doctor *d, const struct doctor_case *c)
{
	const char *state = c->line ? field_text(c->line, "state") : "";
	char what[DOCTOR_TEXT_MAX];
	char remedy[DOCTOR_TEXT_MAX];
	uint32_t baud = 0;
	enum status status;

	if (strcmp(state, "ready") == 0 || strcmp(state, "in-use") == 0) {
		output_remark(&d->app->output, "%s: not probed, the line is %s", c->device, state);
		return;
	}
	status = c->holder.pid || c->locker_lives ? STATUS_BUSY
						  : doctor_probe(d->app, c->device, &baud);
	if (status != STATUS_OK) {
		snprintf(what, sizeof(what), "could not be probed: %s",
			 status == STATUS_BUSY ? "somebody uses it" : "it cannot be opened");
		tell(d, "not-probed", c->device, what, "end who uses it, and try again");
		return;
	}
	snprintf(what, sizeof(what), "a modem answers at %u", baud);
	snprintf(remedy, sizeof(remedy),
		 "baud = %u in lined.conf(5), or: linectl --device %.100s "
		 "--baud %u show",
		 baud, c->device, baud);
	if (baud)
		tell(d, "baud", c->device, what, remedy);
	else
		tell(d, "no-answer", c->device, "nothing answers at any usual speed",
		     "see to its power and its cable, and whether it is a modem at all");
}

static void examine(struct doctor *d, const char *device, struct json_object *line)
{
	struct doctor_case *c = calloc(1, sizeof(*c));
	const struct doctor_row *row = doctor_rows();
	char remedy[DOCTOR_TEXT_MAX];

	if (!c) {
		d->failed = true;
		return;
	}
	c->root = d->root;
	c->daemon = d->daemon;
	c->uid = d->uid;
	c->device = device;
	c->line = line;
	d->looked_at++;
	resolve(c);
	/* -ENODATA: there is no udevd; what is no serial port has no kernel's name. */
	if (*c->node && udev_port_find(d->root, device, &c->port) < 0)
		c->port = (struct udev_port){0};
	if (*c->node)
		doctor_look_at_users(c);
	for (; row->name; row++) {
		if (!row->check(c))
			continue;
		doctor_fill(c, row->remedy, remedy, sizeof(remedy));
		tell(d, row->name, *device ? device : field_text(line, "name"), c->what, remedy);
	}
	if (d->app->options.probe && *c->node)
		probe(d, c);
	free(c);
}

/* Of a line's device the port that it uses. */
static const char *device_of(struct json_object *line)
{
	struct json_object *ports = field_get(line, "ports");
	const char *device = field_text(line, "device");

	for (size_t i = 0; i < field_count(ports); i++)
		if (field_bool(field_at(ports, i), "in_use"))
			return field_text(field_at(ports, i), "path");
	return device[0] == '/' ? device : "";
}

/* @return OK; NOT_FOUND no such line, or as connect_try() */
static enum status examine_line(struct doctor *d, const char *name)
{
	struct varlink_reply reply = {0};
	struct json_object *line = NULL;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", name);
	if (varlink_build_end(&b, &line) < 0)
		return output_no_memory(&d->app->output);
	status = connect_try(d->app, "ListLines", line, &reply);
	if (status != STATUS_OK)
		return status;
	line = field_at(field_get(reply.params, "lines"), 0);
	if (!reply.error)
		examine(d, device_of(line), line);
	else
		status = exit_from_error(reply.error);
	varlink_reply_clear(&reply);
	return status;
}

static enum status examine_lines(struct doctor *d)
{
	struct varlink_reply reply = {0};
	struct json_object *lines;
	enum status status;

	status = connect_try(d->app, "ListLines", json_object_new_object(), &reply);
	if (status != STATUS_OK)
		return status;
	lines = field_get(reply.params, "lines");
	if (reply.error)
		tell(d, "role", "", field_text(reply.params, "reason"),
		     "observe = user:NAME under [lined] of lined.conf(5), then: linectl reload");
	for (size_t i = 0; i < field_count(lines); i++)
		(void)examine_line(d,
				   field_text(field_at(lines, i), "name")); /* it may have gone */
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

static bool examine_port(void *user, const struct udev_port *port)
{
	struct doctor *d = user;
	char device[sizeof(port->kernel) + 8];

	snprintf(device, sizeof(device), "/dev/%s", port->kernel);
	/* A board has more UARTs than sockets: they are looked at when they are asked for. */
	if (port->usb[0])
		examine(d, device, NULL);
	return !d->failed;
}

/* An interface of the class of modems (USB CDC, 02/02) that no driver has taken. */
static bool lacks_driver(const char *root, const char *name)
{
	static const char *const files[] = {"bInterfaceClass", "bInterfaceSubClass"};
	char path[UDEV_PATH_MAX];
	char text[8];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *file;
		bool right;

		snprintf(path, sizeof(path), "%s/sys/bus/usb/devices/%s/%s", root, name, files[i]);
		file = fopen(path, "re");
		right = file && fgets(text, sizeof(text), file) && strncmp(text, "02", 2) == 0;
		if (file)
			fclose(file);
		if (!right)
			return false;
	}
	snprintf(path, sizeof(path), "%s/sys/bus/usb/devices/%s/driver", root, name);
	return access(path, F_OK) < 0;
}

static void examine_drivers(struct doctor *d)
{
	char path[UDEV_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/bus/usb/devices", d->root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (lacks_driver(d->root, entry->d_name))
			tell(d, "no-driver", entry->d_name,
			     "a USB modem is plugged in, and the kernel has no driver for it",
			     "sudo modprobe -a cdc_acm option usbserial");
	if (dir)
		closedir(dir);
}

/* Who listens. */
static void meet_daemon(struct doctor *d)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(varlink_client_get_fd(d->app->client), SOL_SOCKET, SO_PEERCRED, &peer,
		       &size) < 0)
		return;
	d->daemon = peer.pid;
	d->uid = peer.uid;
}

static void examine_daemon(struct doctor *d)
{
	const char *path = "";
	int r = connect_socket(d->app, &d->app->client, &path);

	if (r == 0)
		meet_daemon(d);
	else if (r == -EACCES || r == -EPERM)
		tell(d, "socket-permission", path, "you may not talk to the daemon",
		     "sudo usermod -aG GROUP YOU, GROUP as 'ls -l' tells of it; then log in again");
	else
		tell(d, "no-daemon", path, "the daemon is not running",
		     "sudo systemctl start lined, or: lined --line NAME=DEVICE");
}

static enum status find_nothing(struct doctor *d, const char *what)
{
	return output_error(
		&d->app->output,
		&(struct output_error){
			.status = STATUS_NOT_FOUND,
			.subject = what,
			.error = "NotFound",
			.reason = "neither a line of a daemon nor the path of a device",
			.hint = "'linectl list' shows the lines, 'linectl ports' the devices",
		});
}

static enum status examine_all(struct doctor *d, const char *what)
{
	enum status status = STATUS_OK;

	if (!what && d->app->client)
		status = examine_lines(d);
	if (!what && d->looked_at == 0)
		(void)udev_port_each(d->root, examine_port, d); /* none without sysfs */
	if (!what)
		examine_drivers(d);
	if (!what)
		return status;
	status = d->app->client ? examine_line(d, what) : STATUS_NOT_FOUND;
	if (status != STATUS_OK && what[0] == '/')
		examine(d, what, NULL);
	else if (status != STATUS_OK)
		return find_nothing(d, what);
	return STATUS_OK;
}

static enum status conclude(struct doctor *d)
{
	size_t n = json_object_array_length(d->findings);
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_int(&b, "looked_at", (int64_t)d->looked_at);
	varlink_put(&b, "findings", json_object_get(d->findings));
	if (varlink_build_end(&b, &object) < 0 || d->failed) {
		json_object_put(object);
		return output_no_memory(&d->app->output);
	}
	if (d->app->output.json)
		output_json(&d->app->output, object);
	else if (n == 0)
		output_remark(&d->app->output, "nothing is wrong, as far as can be seen");
	json_object_put(object);
	return n == 0 ? STATUS_OK : STATUS_OTHER;
}

enum status doctor_run(struct app *app, const char **args)
{
	const char *root = app->options.root;
	struct doctor d = {.app = app, .root = root ? root : "", .uid = geteuid()};
	enum status status;

	d.findings = json_object_new_array();
	if (!d.findings)
		return output_no_memory(&app->output);
	if (connect_catch_signals(app) < 0) {
		json_object_put(d.findings);
		return output_no_memory(&app->output);
	}
	if (!root)
		examine_daemon(&d);
	status = examine_all(&d, args[0] ? args[0] : app->options.device);
	if (status == STATUS_OK)
		status = conclude(&d);
	connect_close(app);
	json_object_put(d.findings);
	return status;
}
