/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/rule.h"
#include "tools/varlink/json.h"

/* Numbered after 60-serial.rules, which says what a port is, before 78-trunkline.rules. */
#define RULE_FILE "%s/etc/udev/rules.d/77-trunkline-%s.rules"
#define LINK_DIR  "/dev/line/"
#define FILE_MAX  512 /* root and name */

/* What a verb is about. */
struct claim {
	struct udev_port port;
	struct rule rule;
	char file[FILE_MAX];
	char trigger[sizeof("udevadm trigger --parent-match=") + UDEV_PATH_MAX];
	const char *next[3]; /* commands for the user, NULL-terminated */
};

struct errno_row {
	int error;
	enum status status;
	const char *name;
	const char *reason;
	const char *hint;
};

static const struct errno_row errno_rows[] = {
	{-ENOENT, STATUS_NOT_FOUND, "NotFound", "no such device",
	 "'linectl ports' lists the serial ports"},
	{-ENOTTY, STATUS_NOT_FOUND, "NotATty", "not a serial port",
	 "'linectl ports' lists the serial ports"},
	{-ENODATA, STATUS_OTHER, "Failed", "udev does not know it",
	 "is udevd running? Without it rules have no effect"},
	{-ENOTUNIQ, STATUS_OTHER, "NotSupported", "it has no serial number of its own",
	 "leave out --by-serial to claim it by its place"},
	{-EINVAL, STATUS_OTHER, "Failed", "what udev says of it cannot stand in a rule", NULL},
	{-ENOTDIR, STATUS_OTHER, "Failed", "there is no such folder", "is udev installed?"},
	{-EACCES, STATUS_PERMISSION, "PermissionDenied", "permission denied", "try it as root"},
};

static enum status tell(const struct app *app, const char *subject, int error)
{
	struct output_error told = {
		.status = STATUS_OTHER,
		.subject = subject,
		.error = "Failed",
		.reason = strerror(-error),
	};

	for (size_t i = 0; i < sizeof(errno_rows) / sizeof(errno_rows[0]); i++) {
		const struct errno_row *row = &errno_rows[i];

		if (row->error != error)
			continue;
		told.status = row->status;
		told.error = row->name;
		told.reason = row->reason;
		told.hint = row->hint;
	}
	return output_error(&app->output, &told);
}

static const char *root_of(const struct app *app)
{
	return app->options.root ? app->options.root : "";
}

static int file_of(const struct app *app, const char *name, char *buf)
{
	int n = snprintf(buf, FILE_MAX, RULE_FILE, root_of(app), name);

	return n < 0 || n >= FILE_MAX ? -ENAMETOOLONG : 0;
}

static bool has_content(const char *file_name, const char *text)
{
	char found[RULE_TEXT_MAX];
	FILE *file = fopen(file_name, "re");
	size_t n;

	if (!file)
		return false;
	n = fread(found, 1, sizeof(found), file);
	fclose(file);
	return n == strlen(text) && memcmp(found, text, n) == 0;
}

static int write_text(int fd, const char *text)
{
	size_t size = strlen(text);
	ssize_t n = write(fd, text, size);

	if (n < 0)
		return -errno;
	if ((size_t)n < size)
		return -ENOSPC;
	return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* All of it or nothing: udevd may read at any moment, but only files that end in .rules. */
static int write_file(const char *name, const char *text)
{
	char new[FILE_MAX + sizeof(".XXXXXX")];
	int fd;
	int r;

	if (has_content(name, text))
		return 0;
	snprintf(new, sizeof(new), "%s.XXXXXX", name);
	fd = mkostemp(new, O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOTDIR : -errno;
	r = write_text(fd, text);
	close(fd);
	if (r == 0 && rename(new, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(new); /* the first error is the one to tell */
	return r;
}

/* The commands that make udevd obey, also for a device that is plugged in. */
static void set_next(struct claim *claim, bool present)
{
	const struct udev_port *port = &claim->port;

	if (port->usb[0])
		snprintf(claim->trigger, sizeof(claim->trigger),
			 "udevadm trigger --parent-match=%s", port->usb);
	else
		snprintf(claim->trigger, sizeof(claim->trigger),
			 "udevadm trigger --name-match=/dev/%s", port->kernel);
	claim->next[0] = "udevadm control --reload";
	claim->next[1] = present ? claim->trigger : NULL;
}

static void put_next(struct varlink_build *b, const struct claim *claim)
{
	struct json_object *array = json_object_new_array();

	for (const char *const *next = claim->next; array && *next && b->error == 0; next++)
		b->error = varlink_array_add(array, json_object_new_string(*next));
	varlink_put(b, "next", array);
}

static enum status print_json(const struct app *app, struct varlink_build *b)
{
	struct json_object *object;

	if (varlink_build_end(b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

static void print_next(const struct output *output, const struct claim *claim)
{
	for (const char *const *next = claim->next; *next; next++)
		output_remark(output, "next: %s", *next);
}

static enum status print_claim_json(const struct app *app, const struct claim *claim)
{
	char link[sizeof(LINK_DIR) + RULE_NAME_MAX];
	struct varlink_build b;

	snprintf(link, sizeof(link), LINK_DIR "%s", claim->rule.link);
	varlink_build_start(&b);
	varlink_put_string(&b, "claim", claim->rule.name);
	varlink_put_string(&b, "link", link);
	varlink_put_string(&b, "rule", claim->rule.text);
	varlink_put_string(&b, "file", claim->file);
	varlink_put_bool(&b, "written", app->options.write);
	put_next(&b, claim);
	return print_json(app, &b);
}

static enum status print_claim(const struct app *app, const struct claim *claim)
{
	const struct output *output = &app->output;

	if (output->json)
		return print_claim_json(app, claim);
	if (app->options.write) {
		fprintf(output->out, "%s\n", claim->file);
		print_next(output, claim);
	} else {
		fputs(claim->rule.text, output->out);
		output_remark(output, "--write puts this into %s", claim->file);
	}
	output_remark(output, "the port will be " LINK_DIR "%s", claim->rule.link);
	return STATUS_OK;
}

static int make_rule(const struct app *app, struct claim *claim)
{
	unsigned int flags = 0;
	int r;

	flags |= app->options.by_serial ? RULE_BY_SERIAL : 0;
	flags |= app->options.one_port ? RULE_ONE_PORT : 0;
	r = rule_make(&claim->port, flags, &claim->rule);
	if (r < 0 || !app->options.by_serial)
		return r;
	r = udev_port_is_unique(root_of(app), &claim->port);
	return r == 0 ? -ENOTUNIQ : r;
}

static enum status claim_device(const struct app *app, const char *device, struct claim *claim)
{
	int r;

	r = udev_port_find(root_of(app), device, &claim->port);
	if (r >= 0)
		r = make_rule(app, claim);
	if (r >= 0)
		r = file_of(app, claim->rule.name, claim->file);
	if (r < 0)
		return tell(app, device, r);
	if (app->options.write)
		r = write_file(claim->file, claim->rule.text);
	if (r < 0)
		return tell(app, claim->file, r);
	set_next(claim, true);
	return print_claim(app, claim);
}

enum status claim_run(struct app *app, const char **args)
{
	struct claim *claim = calloc(1, sizeof(*claim));
	enum status status;

	if (!claim)
		return output_no_memory(&app->output);
	status = claim_device(app, args[0], claim);
	free(claim);
	return status;
}

/* Take a claim away, if it is there, and note its file. */
static int drop_name(const struct app *app, const char *name, struct json_object *files)
{
	char file[FILE_MAX];
	int r;

	r = file_of(app, name, file);
	if (r < 0)
		return r;
	if (unlink(file) < 0)
		return errno == ENOENT ? 0 : -errno;
	return varlink_array_add(files, json_object_new_string(file));
}

/* However the device was claimed. */
static int drop_device(const struct app *app, const char *device, struct claim *claim,
		       struct json_object *files)
{
	static const unsigned int ways[] = {0, RULE_ONE_PORT, RULE_BY_SERIAL,
					    RULE_BY_SERIAL | RULE_ONE_PORT};
	int r;

	r = udev_port_find(root_of(app), device, &claim->port);
	for (size_t i = 0; r == 0 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (rule_make(&claim->port, ways[i], &claim->rule) == 0)
			r = drop_name(app, claim->rule.name, files);
	return r;
}

static enum status tell_not_claimed(const struct app *app, const char *subject)
{
	struct output_error error = {
		.status = STATUS_NOT_FOUND,
		.subject = subject,
		.error = "NotFound",
		.reason = "not claimed",
		.hint = "the claims are /etc/udev/rules.d/77-trunkline-*.rules",
	};

	return output_error(&app->output, &error);
}

static enum status print_dropped(const struct app *app, const struct claim *claim,
				 struct json_object *files)
{
	const struct output *output = &app->output;
	struct varlink_build b;

	if (output->json) {
		varlink_build_start(&b);
		varlink_put(&b, "removed", json_object_get(files));
		put_next(&b, claim);
		return print_json(app, &b);
	}
	for (size_t i = 0; i < json_object_array_length(files); i++)
		fprintf(output->out, "%s\n",
			json_object_get_string(json_object_array_get_idx(files, i)));
	print_next(output, claim);
	return STATUS_OK;
}

static enum status drop(const struct app *app, const char *what, struct claim *claim,
			struct json_object *files)
{
	bool is_device = strchr(what, '/');
	int r;

	r = is_device ? drop_device(app, what, claim, files) : drop_name(app, what, files);
	if (r < 0)
		return tell(app, what, r);
	if (json_object_array_length(files) == 0)
		return tell_not_claimed(app, what);
	set_next(claim, is_device);
	return print_dropped(app, claim, files);
}

enum status claim_drop(struct app *app, const char **args)
{
	struct json_object *files = json_object_new_array();
	struct claim *claim = calloc(1, sizeof(*claim));
	enum status status =
		files && claim ? drop(app, args[0], claim, files) : output_no_memory(&app->output);

	json_object_put(files);
	free(claim);
	return status;
}
