/* SPDX-License-Identifier: MIT */
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/linectl/doctor.h"
#include "tools/linectl/field.h"

#define GROUPS_MAX 64 /* that a user's are looked for in */

__attribute__((format(printf, 2, 3))) static bool found(struct doctor_case *c, const char *format,
							...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->what, sizeof(c->what), format, args);
	va_end(args);
	return true;
}

static bool is_usb(const struct doctor_case *c)
{
	return c->port.usb[0] != '\0';
}

static bool is_claimed(const struct doctor_case *c)
{
	return strcmp(c->port.claimed, "1") == 0;
}

static const char *line_text(const struct doctor_case *c, const char *key)
{
	return c->line ? field_text(c->line, key) : "";
}

static bool is_missing(struct doctor_case *c)
{
	return *c->device && !*c->node && found(c, "there is no such device");
}

static bool is_no_port(struct doctor_case *c)
{
	struct stat st;
	char path[UDEV_PATH_MAX * 2];

	snprintf(path, sizeof(path), "%s%s", c->root, c->node);
	return *c->node && !*c->root && stat(path, &st) == 0 && !S_ISCHR(st.st_mode) &&
	       found(c, "that is no serial port");
}

static bool is_ignored_by_mm(const struct doctor_case *c)
{
	return strcmp(c->port.mm_device, "1") == 0 || strcmp(c->port.mm_port, "1") == 0;
}

static bool holds(const struct doctor_case *c, const char *name)
{
	return c->holder.pid && strcmp(c->holder.name, name) == 0;
}

static bool mm_holds(struct doctor_case *c)
{
	return holds(c, "ModemManager") &&
	       found(c, "ModemManager (pid %ld) has it open", (long)c->holder.pid);
}

static bool mm_may_take(struct doctor_case *c)
{
	return !holds(c, "ModemManager") && is_usb(c) && !is_ignored_by_mm(c) &&
	       doctor_is_running(c->root, "ModemManager") &&
	       found(c, "ModemManager is running and has not been told to leave it alone");
}

static bool brltty_may_take(struct doctor_case *c)
{
	return is_usb(c) && !is_claimed(c) && doctor_is_running(c->root, "brltty") &&
	       found(c, "brltty is running, and may take it for a Braille display");
}

static bool has_getty(struct doctor_case *c)
{
	char path[UDEV_PATH_MAX];
	struct stat st;

	if (holds(c, "agetty") || holds(c, "getty"))
		return found(c, "%s (pid %ld) waits for somebody to log in there", c->holder.name,
			     (long)c->holder.pid);
	snprintf(path, sizeof(path),
		 "%s/etc/systemd/system/getty.target.wants/serial-getty@%s.service", c->root,
		 c->port.kernel);
	return c->port.kernel[0] && lstat(path, &st) == 0 &&
	       found(c, "systemd has people log in there");
}

/* "ttyS0 tty0": what console= of the kernel's command line has come to. */
static bool is_console(struct doctor_case *c)
{
	size_t length = strlen(c->port.kernel);
	char path[UDEV_PATH_MAX];
	char text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/sys/class/tty/console/active", c->root);
	file = length ? fopen(path, "re") : NULL;
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	for (char *at = text; *at; at += strcspn(at, " \n"), at += strspn(at, " \n"))
		if (strcspn(at, " \n") == length && strncmp(at, c->port.kernel, length) == 0)
			return found(c, "the kernel writes its messages there");
	return false;
}

static bool is_held(struct doctor_case *c)
{
	if (!c->holder.pid || holds(c, "ModemManager") || holds(c, "agetty") || holds(c, "getty"))
		return false;
	snprintf(c->fact, sizeof(c->fact), "%ld", (long)c->holder.pid);
	return found(c, "%s (pid %ld) has it open", c->holder.name, (long)c->holder.pid);
}

static bool is_locked(struct doctor_case *c)
{
	if (!c->locker_lives || c->locker.pid == c->daemon || c->locker.pid == c->holder.pid)
		return false;
	snprintf(c->fact, sizeof(c->fact), "%ld", (long)c->locker.pid);
	return found(c, "%s (pid %ld) has locked it, in %s", c->locker.name, (long)c->locker.pid,
		     c->lock);
}

static bool is_stale(struct doctor_case *c)
{
	if (c->locker.pid == 0 || c->locker_lives)
		return false;
	snprintf(c->fact, sizeof(c->fact), "%.200s", c->lock);
	return found(c, "a lock is left over from a program that is gone: %.200s", c->lock);
}

static bool is_member(gid_t gid, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);
	gid_t gids[GROUPS_MAX];
	int n = GROUPS_MAX;
	bool member = false;

	/* Our own are those that we have now; a new one counts from the next login. */
	if (uid == geteuid())
		n = getgroups(GROUPS_MAX, gids);
	else if (!user || getgrouplist(user->pw_name, user->pw_gid, gids, &n) < 0)
		n = 0;
	for (int i = 0; i < n; i++)
		member |= gids[i] == gid;
	return member || (uid == geteuid() && gid == getegid());
}

static bool is_closed(struct doctor_case *c)
{
	char path[UDEV_PATH_MAX * 2];
	const struct passwd *user = getpwuid(c->uid);
	const struct group *group;
	struct stat st;
	mode_t bits;

	snprintf(path, sizeof(path), "%s%s", c->root, c->node);
	if (!*c->node || c->uid == 0 || stat(path, &st) < 0)
		return false;
	bits = st.st_uid == c->uid	      ? st.st_mode >> 6
	       : is_member(st.st_gid, c->uid) ? st.st_mode >> 3
					      : st.st_mode;
	if ((bits & 06) == 06)
		return false;
	group = getgrgid(st.st_gid);
	snprintf(c->fact, sizeof(c->fact), "%s %s", group ? group->gr_name : "dialout",
		 user ? user->pw_name : "USER");
	return found(c, "%s may not open it, which takes the group %s",
		     user ? user->pw_name : "its user", group ? group->gr_name : "dialout");
}

/* Names that another modem may have after the next start. */
static bool is_unclaimed(struct doctor_case *c)
{
	return is_usb(c) && !is_claimed(c) &&
	       (strncmp(c->device, "/dev/ttyUSB", 11) == 0 ||
		strncmp(c->device, "/dev/ttyACM", 11) == 0) &&
	       found(c, "the name changes with what else is plugged in, for it is not claimed");
}

static bool note_sibling(void *user, const struct udev_port *port)
{
	struct doctor_case *c = user;
	bool right = strcmp(port->usb, c->port.usb) == 0 && strcmp(port->role, "at") == 0;

	if (right)
		snprintf(c->fact, sizeof(c->fact), "/dev/%s", port->kernel);
	return !right;
}

static bool is_wrong_port(struct doctor_case *c)
{
	const char *role = c->port.role;

	if (!*role || strcmp(role, "at") == 0 || strcmp(role, "data") == 0)
		return false;
	snprintf(c->fact, sizeof(c->fact), "the port with the role at");
	(void)udev_port_each(c->root, note_sibling, c); /* it may have none */
	return found(c, "that is the modem's port for %s, and takes no commands", role);
}

static bool is_silent(struct doctor_case *c)
{
	return strcmp(line_text(c, "error"), "Timeout") == 0 &&
	       found(c, "the modem does not answer");
}

/* Other reasons than those that a look at the port shows. While a line is tried again there is only
 * what was wrong at first. */
static bool is_faulty(struct doctor_case *c)
{
	static const char *const seen[] = {"Timeout", "Busy", "DeviceGone", "NotFound",
					   "NoPermission"};
	const char *error = line_text(c, "error");
	const char *why = *error ? line_text(c, "why") : line_text(c, "fault");

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		if (strcmp(error, seen[i]) == 0)
			return false;
	return *why && found(c, "the line cannot be used: %.200s", why);
}

static const struct doctor_row rows[] = {
	{"missing", is_missing, "plug it in; 'linectl ports' lists what is there"},
	{"no-port", is_no_port, "linectl ports"},
	{"modemmanager-holds", mm_holds,
	 "sudo linectl claim --write {device}; then plug it in again, or: "
	 "sudo systemctl restart ModemManager"},
	{"modemmanager", mm_may_take, "sudo linectl claim --write {device}; then plug it in again"},
	{"brltty", brltty_may_take, "sudo linectl claim --write {device}; then plug it in again"},
	{"getty", has_getty, "sudo systemctl disable --now serial-getty@{kernel}.service"},
	{"console", is_console, "take console={kernel} out of the kernel's command line"},
	{"held", is_held, "let that program end, or: sudo kill {fact}"},
	{"locked", is_locked, "let that program end, or: sudo kill {fact}"},
	{"stale-lock", is_stale, "sudo rm {fact}"},
	{"permission", is_closed,
	 "sudo usermod -aG {fact}; then log in, or start the daemon, again"},
	{"unclaimed", is_unclaimed, "sudo linectl claim --write {device}"},
	{"wrong-port", is_wrong_port, "use {fact}: device = in lined.conf(5), or --device"},
	{"silent", is_silent,
	 "see to its power and its cable; for another speed: linectl doctor --probe {line}"},
	{"faulty", is_faulty, "linectl reset --hard {line}"},
	{0},
};

const struct doctor_row *doctor_rows(void)
{
	return rows;
}

char *doctor_fill(const struct doctor_case *c, const char *remedy, char *buf, size_t size)
{
	const struct {
		const char *place;
		const char *text;
	} places[] = {
		{"{device}", c->device},
		{"{kernel}", c->port.kernel},
		{"{line}", line_text(c, "name")},
		{"{fact}", c->fact},
	};
	size_t used = 0;

	buf[0] = '\0';
	while (*remedy && used + 1 < size) {
		const char *text = NULL;
		size_t skip = 1;

		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			size_t length = strlen(places[i].place);

			if (strncmp(remedy, places[i].place, length) == 0) {
				text = places[i].text;
				skip = length;
			}
		}
		used += (size_t)snprintf(buf + used, size - used, "%.*s", text ? 4096 : 1,
					 text ? text : remedy);
		remedy += skip;
	}
	return buf;
}
