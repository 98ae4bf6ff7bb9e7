/* SPDX-License-Identifier: MIT */
/* Who uses a port: by /proc as far as it may be read, and by UUCP lock files (FHS 3.0 §5.9). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/linectl/doctor.h"
#include "tools/varlink/number.h"

#define PID_MAX 4194304 /* proc(5): PID_MAX_LIMIT */

/* The first line of a small file. */
static bool read_line(const char *path, char *buf, int size)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(buf, size, file);

	if (file)
		fclose(file);
	if (ok)
		buf[strcspn(buf, "\n")] = '\0';
	return ok;
}

static bool read_name(const char *root, pid_t pid, char *buf, size_t size)
{
	char path[UDEV_PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%ld/comm", root, (long)pid);
	return read_line(path, buf, (int)size);
}

typedef bool (*process_fn)(const char *root, pid_t pid, const void *what);

/* The first process of which fn says yes, but for two. */
static pid_t find_process(const char *root, pid_t but, process_fn fn, const void *what)
{
	char path[UDEV_PATH_MAX];
	struct dirent *entry;
	pid_t found = 0;
	uint32_t pid;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	while (dir && found == 0 && (entry = readdir(dir)))
		if (number_parse(entry->d_name, 1, PID_MAX, &pid) == 0 && (pid_t)pid != but &&
		    (*root || (pid_t)pid != getpid()) && fn(root, (pid_t)pid, what))
			found = (pid_t)pid;
	if (dir)
		closedir(dir);
	return found;
}

static bool is_named(const char *root, pid_t pid, const void *what)
{
	char name[32];

	return read_name(root, pid, name, sizeof(name)) && strcmp(name, what) == 0;
}

bool doctor_is_running(const char *root, const char *name)
{
	return find_process(root, 0, is_named, name) != 0;
}

static bool has_open(const char *root, pid_t pid, const void *what)
{
	char target[UDEV_PATH_MAX];
	char path[UDEV_PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc/%ld/fd", root, (long)pid);
	dir = opendir(path); /* NULL: gone, or not ours to look at */
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = strcmp(target, what) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool exists(const char *root, pid_t pid)
{
	char path[UDEV_PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%ld", root, (long)pid);
	return access(path, F_OK) == 0;
}

static void look_at_lock(struct doctor_case *c, const char *dir)
{
	char name[UDEV_PATH_MAX];
	char text[32];
	char *word;
	uint32_t pid;

	snprintf(name, sizeof(name), "%s", c->node + strlen("/dev/"));
	for (char *slash; (slash = strchr(name, '/'));)
		*slash = '_';
	if (snprintf(c->lock, sizeof(c->lock), "%s%s/LCK..%s", c->root, dir, name) >=
		    (int)sizeof(c->lock) ||
	    !read_line(c->lock, text, sizeof(text)))
		return;
	word = text + strspn(text, " ");
	word[strcspn(word, " ")] = '\0';
	c->locker.pid = number_parse(word, 1, PID_MAX, &pid) == 0 ? (pid_t)pid : -1;
	c->locker_lives = c->locker.pid > 0 && exists(c->root, c->locker.pid);
	if (c->locker_lives &&
	    !read_name(c->root, c->locker.pid, c->locker.name, sizeof(c->locker.name)))
		snprintf(c->locker.name, sizeof(c->locker.name), "a program");
}

void doctor_look_at_users(struct doctor_case *c)
{
	static const char *const dirs[] = {"/run/lock", "/var/lock"};

	c->holder.pid = find_process(c->root, c->daemon, has_open, c->node);
	if (c->holder.pid &&
	    !read_name(c->root, c->holder.pid, c->holder.name, sizeof(c->holder.name)))
		snprintf(c->holder.name, sizeof(c->holder.name), "a program");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && c->locker.pid == 0; i++)
		if (strncmp(c->node, "/dev/", strlen("/dev/")) == 0)
			look_at_lock(c, dirs[i]);
}
