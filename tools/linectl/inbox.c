/* SPDX-License-Identifier: MIT */
#include "tools/linectl/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BASE_MAX 240 /* of 255, so that ".part.999" has room */

int inbox_check(const char *directory)
{
	struct stat st;

	if (stat(directory, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return access(directory, W_OK | X_OK) < 0 ? -errno : 0;
}

int inbox_open(struct inbox *inbox, const char *directory, bool overwrite)
{
	int n = snprintf(inbox->path, sizeof(inbox->path), "%s/.linectl-XXXXXX", directory);
	int r;

	if (n >= (int)sizeof(inbox->path))
		return -ENAMETOOLONG;
	inbox->overwrite = overwrite;
	inbox->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (inbox->dir < 0)
		return -errno;
	if (!mkdtemp(inbox->path)) {
		r = -errno;
		close(inbox->dir);
		return r;
	}
	inbox->folder = open(inbox->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (inbox->folder >= 0)
		return 0;
	r = -errno;
	rmdir(inbox->path);
	close(inbox->dir);
	return r;
}

/* Call see for each name in it, until it fails. */
static int each_name(int folder, int (*see)(void *user, const char *name), void *user)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = see(user, entry->d_name);
	closedir(dir);
	return r;
}

static bool is_file(int folder, const char *name, struct stat *ret_stat)
{
	return fstatat(folder, name, ret_stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(ret_stat->st_mode);
}

static int offer(void *user, const char *name)
{
	struct inbox *inbox = user;
	size_t length = strlen(name);
	size_t tail = strlen(INBOX_PARTIAL);
	char base[INBOX_NAME_MAX];
	struct stat st;

	/* None that begins with a dot was received: see clean_name(). */
	if (*name == '.' || length <= tail || strcmp(name + length - tail, INBOX_PARTIAL) != 0 ||
	    !is_file(inbox->dir, name, &st))
		return 0;
	snprintf(base, sizeof(base), "%.*s", (int)(length - tail), name);
	return linkat(inbox->dir, name, inbox->folder, base, 0) < 0 ? -errno : 0;
}

int inbox_resume(struct inbox *inbox)
{
	return each_name(inbox->dir, offer, inbox);
}

bool inbox_has_partial(const struct inbox *inbox, const char *name)
{
	char partial[INBOX_NAME_MAX + sizeof(INBOX_PARTIAL)];
	struct stat st;

	snprintf(partial, sizeof(partial), "%s" INBOX_PARTIAL, name);
	return is_file(inbox->dir, partial, &st);
}

/* One without blocks is none that fills: FUSE file systems tell what they like. */
bool inbox_is_full(const struct inbox *inbox)
{
	struct statvfs fs;

	return fstatvfs(inbox->dir, &fs) == 0 && fs.f_blocks > 0 && fs.f_bavail == 0;
}

/* One of C1 in UTF-8: terminals obey these, too. */
static bool is_c1(const char *c)
{
	return (unsigned char)c[0] == 0xc2 && (unsigned char)c[1] >= 0x80 &&
	       (unsigned char)c[1] < 0xa0;
}

static void clean_name(const char *name, char *buf)
{
	snprintf(buf, BASE_MAX + 1, "%s", name);
	if (*buf == '.')
		*buf = '_';
	for (char *c = buf; *c; c++) {
		if (is_c1(c)) {
			c[0] = '_';
			c[1] = '_';
		}
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '_';
	}
}

/* Where renameat2() knows no flags, a link does not replace either. */
static int move_new(const struct inbox *inbox, const char *from, const char *to)
{
	if (renameat2(inbox->folder, from, inbox->dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(inbox->folder, from, inbox->dir, to, 0) < 0)
		return -errno;
	return unlinkat(inbox->folder, from, 0) < 0 ? -errno : 0;
}

static int move(const struct inbox *inbox, const char *from, const char *tail, char *ret_name)
{
	char base[BASE_MAX + 1];
	char name[INBOX_NAME_MAX];
	int r = -EEXIST;

	clean_name(from, base);
	snprintf(name, sizeof(name), "%s%s", base, tail);
	if (inbox->overwrite && !*tail)
		r = renameat(inbox->folder, from, inbox->dir, name) < 0 ? -errno : 0;
	else
		r = move_new(inbox, from, name);
	for (int i = 1; r == -EEXIST && i <= INBOX_SAME_MAX; i++) {
		snprintf(name, sizeof(name), "%s%s.%d", base, tail, i);
		r = move_new(inbox, from, name);
	}
	if (r == 0)
		memcpy(ret_name, name, sizeof(name));
	return r;
}

static int set_mode(const struct inbox *inbox, const char *name, const struct stat *st,
		    uint64_t size)
{
	mode_t mask = umask(0);
	int fd = openat(inbox->folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	umask(mask);
	/* One that is for reading only came so: nobody else has it open, and it may stay so. */
	if (fd < 0)
		return fchmodat(inbox->folder, name, st->st_mode & 0666 & ~mask, 0) < 0 ? -errno
											: 0;
	if (fchmod(fd, st->st_mode & 0666 & ~mask) < 0)
		r = -errno;
	/* rz writes a file that has become shorter over the one that it was to resume. */
	if (r == 0 && st->st_nlink > 1 && size > 0 && (uint64_t)st->st_size > size &&
	    ftruncate(fd, (off_t)size) < 0)
		r = -errno;
	close(fd);
	return r;
}

/* Of a file that was resumed the other name is left. */
static void forget_partial(const struct inbox *inbox, const char *from, const struct stat *st)
{
	char name[INBOX_NAME_MAX + sizeof(INBOX_PARTIAL)];
	struct stat other;

	snprintf(name, sizeof(name), "%s" INBOX_PARTIAL, from);
	if (is_file(inbox->dir, name, &other) && other.st_ino == st->st_ino &&
	    other.st_dev == st->st_dev)
		unlinkat(inbox->dir, name, 0);
}

int inbox_take(struct inbox *inbox, const char *name, uint64_t size, char *ret_name)
{
	struct stat st;
	int r;

	if (strchr(name, '/') || !is_file(inbox->folder, name, &st))
		return -ENOENT;
	r = set_mode(inbox, name, &st, size);
	if (r == 0)
		r = move(inbox, name, "", ret_name);
	if (r == 0)
		forget_partial(inbox, name, &st);
	return r;
}

struct closing {
	struct inbox *inbox;
	bool complete;
	void (*tell)(void *user, const char *name, bool complete, int error);
	void *user;
};

static int finish(void *user, const char *name)
{
	struct closing *closing = user;
	struct inbox *inbox = closing->inbox;
	char moved[INBOX_NAME_MAX];
	struct stat st;
	int r;

	if (!is_file(inbox->folder, name, &st))
		return 0;
	/* One that could have been resumed: the other name has all that came. */
	if (st.st_nlink > 1) {
		unlinkat(inbox->folder, name, 0);
		return 0;
	}
	if (closing->complete)
		r = inbox_take(inbox, name, 0, moved);
	else
		r = move(inbox, name, INBOX_PARTIAL, moved);
	closing->tell(closing->user, r < 0 ? name : moved, closing->complete, r);
	return 0;
}

int inbox_close(struct inbox *inbox, bool complete,
		void (*tell)(void *user, const char *name, bool complete, int error), void *user)
{
	struct closing closing = {inbox, complete, tell, user};
	int r = each_name(inbox->folder, finish, &closing);

	if (rmdir(inbox->path) < 0 && r == 0)
		r = -errno;
	close(inbox->folder);
	close(inbox->dir);
	return r;
}
