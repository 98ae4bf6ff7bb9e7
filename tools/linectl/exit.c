/* SPDX-License-Identifier: MIT */
#include "tools/linectl/exit.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tools/linectl/field.h"

struct error_row {
	const char *name;
	enum status status;
	const char *hint; /* LINE, once at most, stands for the line that it is about */
};

static const struct error_row error_rows[] = {
	{"InvalidArgument", STATUS_USAGE, NULL},
	{"WrongHandle", STATUS_NOT_FOUND, "'linectl sessions' lists the sessions"},
	{"StaleHandle", STATUS_NOT_FOUND, "'linectl sessions' lists the sessions"},
	{"DeviceGone", STATUS_GONE, "plug it in again, then look with 'linectl list'"},
	{"CallOver", STATUS_OTHER, NULL},
	{"NotOwner", STATUS_BUSY, NULL},
	{"Busy", STATUS_BUSY, "'linectl list' shows the calls, 'linectl hangup SESSION' ends one"},
	{"Already", STATUS_OTHER, NULL},
	{"NotSupported", STATUS_MODEM, "'linectl show LINE' tells what the modem can do"},
	{"Timeout", STATUS_TIMEOUT, NULL},
	{"DeviceError", STATUS_MODEM, NULL},
	{"Cancelled", STATUS_OTHER, NULL},
	{"Limit", STATUS_OTHER, "release ended sessions: 'linectl sessions' lists them"},
	{"NoMemory", STATUS_OTHER, NULL},
	{"NotFound", STATUS_NOT_FOUND, "'linectl list' shows the lines"},
	{"Exists", STATUS_OTHER, NULL},
	{"NoPermission", STATUS_PERMISSION,
	 "observe, operate and admin in lined.conf(5) give roles; serial ports are for a group, "
	 "mostly "
	 "dialout"},
	{"Refused", STATUS_PERMISSION, "lined.conf(5), [policy], tells what the rules are"},
	{"NotATty", STATUS_NOT_FOUND, "'linectl ports' lists the serial ports"},
	{"NotOnHook", STATUS_NOT_ON_HOOK, "'linectl reset LINE' tries to bring it back"},
	{"Faulty", STATUS_MODEM, "'linectl doctor LINE' tells what failed and what may help"},
	{"Failed", STATUS_OTHER, NULL},
	{"InterfaceNotFound", STATUS_USAGE, NULL},
	{"MethodNotFound", STATUS_USAGE, NULL},
	{"MethodNotImplemented", STATUS_USAGE, NULL},
	{"InvalidParameter", STATUS_USAGE, NULL},
	{"ExpectedMore", STATUS_USAGE, "say --more"},
	{"PermissionDenied", STATUS_PERMISSION, NULL},
};

/* Errors come as "io.trunkline.Busy" on the wire and as "Busy" in a line's information. */
static const struct error_row *error_find(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++)
		if (strcmp(error_rows[i].name, last) == 0)
			return &error_rows[i];
	return NULL;
}

enum status exit_from_error(const char *name)
{
	const struct error_row *row = error_find(name);

	return row ? row->status : STATUS_OTHER;
}

const char *exit_hint(const char *name, const char *line, char *buf, size_t size)
{
	const struct error_row *row = error_find(name);
	const char *place = row && row->hint ? strstr(row->hint, "LINE") : NULL;

	/* Something else than a line was not found. */
	if (!row || (!line && strcmp(row->name, "NotFound") == 0))
		return NULL;
	if (!place || !line)
		return row->hint;
	snprintf(buf, size, "%.*s%s%s", (int)(place - row->hint), row->hint, line, place + 4);
	return buf;
}

enum status exit_from_line_error(const char *name)
{
	/* No drop of the user's has failed. */
	if (strcmp(name, "NotOnHook") == 0)
		return STATUS_MODEM;
	return exit_from_error(name);
}

enum status exit_from_record(struct json_object *info)
{
	const char *origin = field_text(info, "origin");

	if (field_bool(info, "over") && strcmp(field_text(info, "state"), "unknown") == 0)
		return STATUS_NOT_ON_HOOK;
	if (strcmp(origin, "device-gone") == 0)
		return STATUS_GONE;
	if (strcmp(origin, "error") == 0)
		return STATUS_MODEM;
	if (field_int(field_get(info, "boot_us"), "connected") != 0)
		return STATUS_OK;
	return strcmp(origin, "timeout") == 0 ? STATUS_TIMEOUT : STATUS_CALL_FAILED;
}
