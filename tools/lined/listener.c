/* SPDX-License-Identifier: MIT */
#include "tools/lined/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

int listener_default_path(char *path, size_t size)
{
	const char *service = getenv("RUNTIME_DIRECTORY");
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *slash;
	int n;

	if (service && service[0] == '/')
		n = snprintf(path, size, "%s/socket", service);
	else if (geteuid() == 0)
		n = snprintf(path, size, "/run/lined/socket");
	else if (runtime && runtime[0] == '/')
		n = snprintf(path, size, "%s/lined/socket", runtime);
	else
		return -ENOENT;
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;

	slash = strrchr(path, '/');
	*slash = '\0';
	if (mkdir(path, geteuid() == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
		return -errno;
	*slash = '/';
	return 0;
}

static void fill_address(const char *path, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, path, strlen(path));
}

/* @return 0 it is a socket on which nobody listens; -EADDRINUSE; -EEXIST */
static int check_stale(const char *path)
{
	struct sockaddr_un address;
	struct stat st;
	int fd;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	/* Non-blocking: a live daemon with a full backlog must not hold us up. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	fill_address(path, &address);
	r = connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	close(fd);
	return r == -ECONNREFUSED || r == -ENOENT ? 0 : -EADDRINUSE;
}

static int bind_path(int fd, const char *path)
{
	struct sockaddr_un address;
	mode_t mask;
	int r;

	fill_address(path, &address);
	mask = umask(0177); /* the owner's until all is set */
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	return r;
}

static int bind_or_replace(int fd, const char *path)
{
	int r;

	r = bind_path(fd, path);
	if (r != -EADDRINUSE)
		return r;
	r = check_stale(path);
	if (r < 0)
		return r;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	return bind_path(fd, path);
}

static int open_to(const char *path, gid_t group, mode_t mode)
{
	if (group != (gid_t)-1 && chown(path, (uid_t)-1, group) < 0)
		return -errno;
	return chmod(path, mode) < 0 ? -errno : 0;
}

int listener_open(const char *path, gid_t group, mode_t mode, struct listener *ret_listener)
{
	struct listener l = {.fd = -1};
	int r;

	if (strlen(path) >= sizeof(l.path))
		return -ENAMETOOLONG;
	memcpy(l.path, path, strlen(path));
	l.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l.fd < 0)
		return -errno;
	r = bind_or_replace(l.fd, l.path);
	if (r == 0) {
		r = open_to(l.path, group, mode);
		if (r < 0)
			unlink(l.path);
	}
	if (r == 0 && (stat(l.path, &l.made) < 0 || listen(l.fd, BACKLOG) < 0))
		r = -errno;
	if (r < 0) {
		close(l.fd);
		return r;
	}
	*ret_listener = l;
	return 0;
}

void listener_close(struct listener *listener)
{
	struct stat now;

	if (listener->fd < 0)
		return;
	close(listener->fd);
	listener->fd = -1;
	if (stat(listener->path, &now) == 0 && now.st_dev == listener->made.st_dev &&
	    now.st_ino == listener->made.st_ino)
		unlink(listener->path);
}
