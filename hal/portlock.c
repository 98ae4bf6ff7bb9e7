/* SPDX-License-Identifier: MIT */
#include "hal/portlock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/slice.h"

/* Somebody else may take or leave the lock between two of our looks at it. */
#define MAX_ATTEMPTS 5

/* snprintf() for paths. @return 0; -ENAMETOOLONG */
__attribute__((format(printf, 3, 4))) static int make_path(char *buf, size_t size,
							   const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, size, format, args);
	va_end(args);
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

static int open_to_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* The start of a small file. @return bytes; -errno */
static ssize_t read_start(const char *path, char *buf, size_t size)
{
	ssize_t len;
	int fd;

	fd = open_to_read(path);
	if (fd < 0)
		return fd;
	len = read(fd, buf, size);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

/* Some write more behind the pid; the first line's first word counts. @return it; 0: none */
static pid_t parse_pid(const char *buf, size_t len)
{
	struct hal_slice text = hal_slice(buf, len), token;
	uint32_t pid = 0;

	(void)hal_slice_token(&text, '\n', &token);
	text = hal_slice_trim(token);
	(void)hal_slice_token(&text, ' ', &token);
	(void)hal_slice_u32(token, INT_MAX, &pid); /* 0 stays for junk */
	return (pid_t)pid;
}

/* @return the pid in a lock file, 0 when it names none (-errno: it cannot be read) */
static pid_t read_pid(const char *path)
{
	char buf[32];
	ssize_t len = read_start(path, buf, sizeof(buf));

	return len < 0 ? (pid_t)len : parse_pid(buf, (size_t)len);
}

/* A pid of ours is left over from a namesake. */
static bool is_living_stranger(pid_t pid)
{
	return pid > 0 && pid != getpid() && (kill(pid, 0) == 0 || errno != ESRCH);
}

/* "minicom (pid 4711)" */
static void describe(pid_t pid, char *buf, size_t size)
{
	char path[64], comm[32];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	len = read_start(path, comm, sizeof(comm));
	if (len > 1)
		(void)snprintf(buf, size, "%.*s (pid %ld)", (int)len - 1, comm, (long)pid);
	else
		(void)snprintf(buf, size, "pid %ld", (long)pid);
}

/* The lock file of a device, symlinks resolved, so that by-id and ttyUSB0 are one lock. */
static int make_lock_path(const char *dir, const char *device, char *buf, size_t size)
{
	char *resolved;
	const char *name;
	int r;

	resolved = realpath(device, NULL);
	if (!resolved)
		return -errno;
	if (strncmp(resolved, "/dev/", 5) == 0)
		name = resolved + 5;
	else
		name = strrchr(resolved, '/') + 1;
	for (char *c = resolved + (name - resolved); *c; c++)
		if (*c == '/')
			*c = '_';
	r = make_path(buf, size, "%s/LCK..%s", dir, name);
	free(resolved);
	return r;
}

static int create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
}

/* A complete lock file under another name: a lock never exists without its pid. */
static int write_temporary(const char *path, struct stat *ret_file)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%10ld\n", (long)getpid());
	int fd, r = 0;

	fd = create(path);
	/* The name has our pid: one that exists is left over from a namesake. */
	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = create(path);
	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)len) != len)
		r = -ENOSPC;
	else if (fstat(fd, ret_file) < 0)
		r = -errno;
	close(fd);
	if (r < 0)
		(void)unlink(path); /* best effort: it locks nothing */
	return r;
}

/* Replace the stale lock, unless somebody has been faster. @return 0; -EAGAIN look again; -errno */
static int replace_stale(const char *temporary, const char *path)
{
	struct stat opened, named;
	int fd, r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	/* Whoever holds this lock on the stale file may replace it, once. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &opened) < 0 || lstat(path, &named) < 0 ||
	    opened.st_ino != named.st_ino || is_living_stranger(read_pid(path)))
		r = -EAGAIN;
	else
		r = rename(temporary, path) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* @return 0 ours; -EBUSY, *ret_pid holds it (0: unknown); -EAGAIN look again; other -errno */
static int try_lock(const char *temporary, const char *path, pid_t *ret_pid)
{
	pid_t pid;

	if (link(temporary, path) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	pid = read_pid(path);
	if (pid == -ENOENT)
		return -EAGAIN;
	if (pid < 0 || is_living_stranger(pid)) {
		*ret_pid = pid > 0 ? pid : 0;
		return -EBUSY;
	}
	return replace_stale(temporary, path);
}

static int lock(const char *temporary, const char *path, struct hal_error *err)
{
	char holder[64] = "another program";
	pid_t pid = 0;
	int r = -EAGAIN;

	for (int i = 0; i < MAX_ATTEMPTS && r == -EAGAIN; i++)
		r = try_lock(temporary, path, &pid);
	(void)unlink(temporary); /* renamed or of no more use */
	if (r == -EAGAIN)
		r = -EBUSY;
	if (r == -EBUSY) {
		if (pid > 0)
			describe(pid, holder, sizeof(holder));
		(void)snprintf(err->text, sizeof(err->text), "used by %s", holder);
	}
	return r;
}

/* The directory is no place for us: not there, read-only, or with others' files we may not touch.
 */
static bool is_closed_to_us(int r)
{
	return r == -EACCES || r == -EPERM || r == -EROFS || r == -ENOENT || r == -ENOTDIR;
}

int hal_portlock_acquire(const char *dir, const char *device, struct hal_error *err,
			 struct hal_portlock *ret_lock)
{
	struct hal_portlock result;
	char temporary[sizeof(result.path) + 16];
	struct stat file = {0};
	int r;

	r = make_lock_path(dir ? dir : HAL_PORTLOCK_DIR, device, result.path, sizeof(result.path));
	if (r == 0)
		r = make_path(temporary, sizeof(temporary), "%s.%ld", result.path, (long)getpid());
	if (r < 0) {
		(void)snprintf(err->text, sizeof(err->text), "%s", strerror(-r));
		return r;
	}
	r = write_temporary(temporary, &file);
	if (r == 0)
		r = lock(temporary, result.path, err);
	result.dev = file.st_dev;
	result.ino = file.st_ino;
	if (is_closed_to_us(r)) {
		result.path[0] = '\0';
		r = 0;
	}
	if (r < 0) {
		if (r != -EBUSY)
			(void)snprintf(err->text, sizeof(err->text), "%s: %s", result.path,
				       strerror(-r));
		return r;
	}
	*ret_lock = result;
	return 0;
}

static bool is_ours(const struct hal_portlock *lock)
{
	struct stat file;
	char buf[32];
	ssize_t len = -1;
	int fd;

	fd = open_to_read(lock->path);
	if (fd < 0)
		return false;
	if (fstat(fd, &file) == 0 && file.st_dev == lock->dev && file.st_ino == lock->ino)
		len = read(fd, buf, sizeof(buf));
	close(fd);
	return len >= 0 && parse_pid(buf, (size_t)len) == getpid();
}

void hal_portlock_release(struct hal_portlock *lock)
{
	if (lock->path[0] != '\0' && is_ours(lock))
		(void)unlink(lock->path); /* nothing to be done about a failure */
	lock->path[0] = '\0';
}

static bool has_open(const char *pid, const char *device)
{
	char path[64], target[PATH_MAX / 8];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (make_path(path, sizeof(path), "/proc/%s/fd", pid) < 0)
		return false;
	dir = opendir(path);
	if (!dir)
		return false; /* gone, or not ours to look at */
	while (!found && (entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));

		found = len > 0 &&
			hal_slice_eq(hal_slice(target, (size_t)len), hal_slice_str(device));
	}
	closedir(dir);
	return found;
}

static pid_t find_holder(const char *device)
{
	struct dirent *entry;
	pid_t holder = 0;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return 0;
	while (holder == 0 && (entry = readdir(dir)) != NULL) {
		uint32_t pid;

		if (hal_slice_u32(hal_slice_str(entry->d_name), INT_MAX, &pid) == 0 &&
		    (pid_t)pid != getpid() && has_open(entry->d_name, device))
			holder = (pid_t)pid;
	}
	closedir(dir);
	return holder;
}

bool hal_portlock_find_user(const char *device, char *buf, size_t size)
{
	char *resolved;
	pid_t pid;

	resolved = realpath(device, NULL);
	if (!resolved)
		return false;
	pid = find_holder(resolved);
	free(resolved);
	if (pid == 0)
		return false;
	describe(pid, buf, size);
	return true;
}
