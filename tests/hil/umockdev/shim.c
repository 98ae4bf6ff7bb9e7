/* SPDX-License-Identifier: MIT */
/*
 * What umockdev 0.17's preload does not know, for programs that run under it: faccessat() and
 * realpath() of a node, ioctls on a duplicate of its descriptor, and that udevd runs, in whose
 * stead it sends its messages. By system calls where a sanitizer uses the function itself, before
 * it is ready.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int faccessat(int dir, const char *path, int mode, int flags)
{
	const char *root = getenv("UMOCKDEV_DIR");
	char moved[PATH_MAX];

	(void)flags;
	/* A node may be opened when its ioctls are served. */
	if (root && strncmp(path, "/dev/tty", 8) == 0) {
		(void)snprintf(moved, sizeof(moved), "%s/served-%s", root, path + 5);
		path = moved;
	} else if (root && strncmp(path, "/sys/", 5) == 0) {
		(void)snprintf(moved, sizeof(moved), "%s%s", root, path);
		path = moved;
	}
	return (int)syscall(SYS_faccessat, dir, path, mode);
}

int access(const char *path, int mode)
{
	if (strcmp(path, "/run/udev/control") == 0)
		return 0;
	return faccessat(AT_FDCWD, path, mode, 0);
}

typedef char *(*realpath_fn)(const char *path, char *buf);

/* A node is a link to a pty outside of the testbed, where umockdev's own reads beyond the text. */
char *realpath(const char *path, char *buf)
{
	realpath_fn next = (realpath_fn)dlsym(RTLD_NEXT, "realpath");

	if (strncmp(path, "/dev/", 5) != 0)
		return next(path, buf);
	if (access(path, F_OK) < 0)
		return NULL;
	return buf ? strcpy(buf, path) : strdup(path);
}

/* Whose node leads to the pty? @return false: nobody's */
static bool find_node(const char *pty, char *node, size_t size)
{
	const char *root = getenv("UMOCKDEV_DIR");
	char path[PATH_MAX], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/dev", root ? root : "");
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		found = strcmp(target, pty) == 0;
		(void)snprintf(node, size, "/dev/%s", entry->d_name);
	}
	if (dir)
		(void)closedir(dir);
	return found;
}

/* Opened once more, so that umockdev knows the descriptor. @return -1: not a node */
static int open_again(int fd)
{
	char link[64], pty[64], node[sizeof("/dev/") + NAME_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, pty, sizeof(pty) - 1);
	pty[len > 0 ? len : 0] = '\0';
	if (!find_node(pty, node, sizeof(node)))
		return -1;
	return open(node, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int fcntl(int fd, int command, ...)
{
	va_list args;
	long value;
	int again;

	va_start(args, command);
	value = va_arg(args, long);
	va_end(args);
	again = command == F_DUPFD_CLOEXEC ? open_again(fd) : -1;
	return again >= 0 ? again : (int)syscall(SYS_fcntl, fd, command, value);
}
