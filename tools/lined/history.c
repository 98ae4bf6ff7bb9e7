/* SPDX-License-Identifier: MIT */
#include "tools/lined/history.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/varlink/json.h"

/* Not blocking, should it be a FIFO. */
static int open_to_add(const char *path, struct stat *st)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0)
		r = -errno;
	else if (!S_ISREG(st->st_mode))
		r = -EINVAL;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int lined_history_check(const char *path)
{
	struct stat st;
	int fd = open_to_add(path, &st);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static bool is_torn(int fd, off_t size)
{
	char last;

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int rotate(const char *path)
{
	char *older;
	int r;

	if (asprintf(&older, "%s.1", path) < 0)
		return -ENOMEM;
	r = rename(path, older) < 0 ? -errno : 0;
	free(older);
	return r;
}

/* In one write(2), so that nobody reads half a line. */
static int write_line(int fd, const char *line, size_t n)
{
	ssize_t written;

	do
		written = write(fd, line, n);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	return (size_t)written == n ? 0 : -ENOSPC;
}

static int add_line(const char *path, off_t max, const char *line, size_t n)
{
	struct stat st;
	int fd;
	int r;

	fd = open_to_add(path, &st);
	if (fd >= 0 && st.st_size > 0 && st.st_size + (off_t)n > max) {
		close(fd);
		r = rotate(path);
		fd = r < 0 ? r : open_to_add(path, &st);
	}
	if (fd < 0)
		return fd;
	/* The line begins with a line end, for a torn one before it. */
	r = is_torn(fd, st.st_size) ? write_line(fd, line, n) : write_line(fd, line + 1, n - 1);
	close(fd);
	return r;
}

int lined_history_add(const char *path, off_t max, struct json_object *record)
{
	const char *text;
	char *line;
	size_t n;
	int r;

	text = varlink_json_text(record, &n);
	if (!text)
		return -ENOMEM;
	if (n + 1 > LINED_HISTORY_LINE_MAX)
		return -EMSGSIZE;
	r = asprintf(&line, "\n%s\n", text);
	if (r < 0)
		return -ENOMEM;
	r = add_line(path, max, line, (size_t)r);
	free(line);
	return r;
}

static int open_to_read(const char *path, int *ret_fd)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return *ret_fd < 0 && errno != ENOENT ? -errno : 0;
}

static void next_file(struct lined_history_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = reader->older;
	reader->older = -1;
	reader->end = reader->fd < 0 ? 0 : lseek(reader->fd, 0, SEEK_END);
}

int lined_history_open(const char *path, struct lined_history_reader *reader)
{
	char *older = NULL;
	int newest = -1;
	int r;

	*reader = (struct lined_history_reader){.fd = -1, .older = -1};
	reader->buffer = malloc(LINED_HISTORY_LINE_MAX);
	if (!reader->buffer || asprintf(&older, "%s.1", path) < 0)
		return -ENOMEM;
	r = open_to_read(path, &newest);
	reader->older = newest;
	next_file(reader);
	if (r == 0)
		r = open_to_read(older, &reader->older);
	free(older);
	/* There is only the older one: a new one has not been begun. */
	if (r == 0 && reader->fd < 0)
		next_file(reader);
	return r;
}

void lined_history_close(struct lined_history_reader *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	if (reader->older >= 0)
		close(reader->older);
	free(reader->buffer);
	*reader = (struct lined_history_reader){.fd = -1, .older = -1};
}

static bool take_line(const char *line, size_t n, bool (*take)(void *, struct json_object *),
		      void *user)
{
	struct json_object *record;
	bool more;

	/* A torn line. */
	if (varlink_json_parse(line, n, &record) < 0)
		return true;
	more = take(user, record);
	json_object_put(record);
	return more;
}

/* The lines that end in the buffer, from its end on. @return where the first one begins whose
 * beginning is there, too */
static size_t take_lines(const char *buffer, size_t n, bool first_is_whole,
			 bool (*take)(void *, struct json_object *), void *user, bool *ret_more)
{
	bool more = true;

	while (n > 0 && more) {
		const char *eol = memrchr(buffer, '\n', n - 1);
		size_t start = eol ? (size_t)(eol - buffer) + 1 : 0;

		if (start == 0 && !first_is_whole)
			break;
		more = take_line(buffer + start, n - 1 - start, take, user);
		n = start;
	}
	*ret_more = more;
	return n;
}

bool lined_history_read(struct lined_history_reader *reader,
			bool (*take)(void *user, struct json_object *record), void *user)
{
	off_t from =
		reader->end > LINED_HISTORY_LINE_MAX ? reader->end - LINED_HISTORY_LINE_MAX : 0;
	size_t n = (size_t)(reader->end - from);
	bool more = true;
	size_t rest;

	if (reader->fd < 0)
		return false;
	/* One that cannot be read, or was cut, has no more lines. */
	if (n == 0 || pread(reader->fd, reader->buffer, n, from) != (ssize_t)n) {
		next_file(reader);
		return reader->fd >= 0;
	}
	/* The last line may still be torn: it is given without its last character, and refused. */
	rest = take_lines(reader->buffer, n, from == 0, take, user, &more);
	/* A line that fills the buffer is none. */
	reader->end = rest < n ? from + (off_t)rest : from;
	return more;
}
