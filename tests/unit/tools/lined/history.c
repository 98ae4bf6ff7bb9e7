/* SPDX-License-Identifier: MIT */
#include "tools/lined/history.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX 4096

struct place {
	char folder[40];
	char path[60], older[60];
	char read[4096]; /* "3 2 1 " */
	unsigned int left;
};

static void enter(struct place *place)
{
	*place = (struct place){.folder = "/tmp/lined-history-XXXXXX", .left = 1000};
	cr_assert_not_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/history", place->folder);
	snprintf(place->older, sizeof(place->older), "%s/history.1", place->folder);
}

static void leave(struct place *place)
{
	unlink(place->path);
	unlink(place->older);
	cr_assert_eq(rmdir(place->folder), 0);
}

static int add(struct place *place, int n, size_t size)
{
	struct json_object *record = json_object_new_object();
	char *filler = calloc(1, size + 1);
	int r;

	memset(filler, 'x', size);
	json_object_object_add(record, "n", json_object_new_int(n));
	json_object_object_add(record, "filler", json_object_new_string(filler));
	r = lined_history_add(place->path, MAX, record);
	json_object_put(record);
	free(filler);
	return r;
}

static bool note(void *user, struct json_object *record)
{
	struct place *place = user;
	size_t used = strlen(place->read);

	snprintf(place->read + used, sizeof(place->read) - used, "%d ",
		 json_object_get_int(json_object_object_get(record, "n")));
	return --place->left > 0;
}

static void assert_read(struct place *place, const char *expected)
{
	struct lined_history_reader reader;

	place->read[0] = '\0';
	cr_assert_eq(lined_history_open(place->path, &reader), 0);
	while (lined_history_read(&reader, note, place))
		continue;
	lined_history_close(&reader);
	cr_expect_str_eq(place->read, expected);
}

static void append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	cr_assert_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

Test(lined_history, is_read_from_the_newest_line_on)
{
	struct place place;
	struct stat st;

	enter(&place);
	assert_read(&place, "");
	cr_assert_eq(lined_history_check(place.path), 0);
	assert_read(&place, "");
	for (int i = 1; i <= 3; i++)
		cr_assert_eq(add(&place, i, 10), 0);
	assert_read(&place, "3 2 1 ");
	cr_assert_eq(stat(place.path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0640);
	place.left = 2;
	assert_read(&place, "3 2 ");
	leave(&place);
}

Test(lined_history, that_is_full_makes_room)
{
	struct place place;
	struct stat st;

	enter(&place);
	for (int i = 1; i <= 7; i++) {
		cr_assert_eq(add(&place, i, 1300), 0);
		cr_assert_eq(stat(place.path, &st), 0);
		cr_expect_leq(st.st_size, MAX);
	}
	/* Three fit; of the older files one is kept. */
	assert_read(&place, "7 6 5 4 ");
	/* One that is larger than the file is alone in it. */
	cr_assert_eq(add(&place, 8, 2 * MAX), 0);
	assert_read(&place, "8 7 ");
	cr_assert_eq(unlink(place.path), 0);
	assert_read(&place, "7 ");
	leave(&place);
}

Test(lined_history, goes_on_after_a_torn_line)
{
	static const struct {
		const char *name;
		const char *text;
	} rows[] = {
		{"half a line", "{\"n\": 7"},
		{"a record without its end", "{\"n\": 7}"},
		{"garbage", "\xff\xfe}{"},
		{"empty lines", "\n\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place place;

		enter(&place);
		cr_assert_eq(add(&place, 1, 1), 0);
		append(place.path, rows[i].text);
		assert_read(&place, "1 ");
		cr_assert_eq(add(&place, 2, 1), 0);
		assert_read(&place, i == 1 ? "2 7 1 " : "2 1 ");
		leave(&place);
	}
}

Test(lined_history, is_read_piece_by_piece)
{
	char expected[4096] = "";
	size_t used = 0;
	struct place place;
	char line[2000];

	enter(&place);
	for (int i = 1; i <= 200; i++) {
		snprintf(line, sizeof(line), "{\"n\":%d,\"filler\":\"%0*d\"}\n", i,
			 100 + 9 * i % 1500, 0);
		append(place.path, line);
	}
	for (int i = 200; i >= 1; i--)
		used += (size_t)snprintf(expected + used, sizeof(expected) - used, "%d ", i);
	assert_read(&place, expected);
	leave(&place);
}

Test(lined_history, overlooks_a_line_that_is_too_long)
{
	size_t n = 3 * LINED_HISTORY_LINE_MAX / 2;
	char *filler = calloc(1, n + 1);
	struct place place;

	enter(&place);
	memset(filler, 'x', n);
	append(place.path, "{\"n\":1}\n{\"n\":2,\"filler\":\"");
	append(place.path, filler);
	append(place.path, "\"}\n{\"n\":3}\n");
	assert_read(&place, "3 1 ");
	cr_expect_eq(add(&place, 4, n), -EMSGSIZE);
	free(filler);
	leave(&place);
}

Test(lined_history, that_cannot_grow_is_an_error_and_goes_on)
{
	struct rlimit limit = {.rlim_max = RLIM_INFINITY};
	struct place place;

	signal(SIGXFSZ, SIG_IGN);
	enter(&place);
	cr_assert_eq(add(&place, 1, 100), 0);
	limit.rlim_cur = 200;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(add(&place, 2, 100), -ENOSPC, "a part of it was written");
	cr_expect_eq(add(&place, 3, 100), -EFBIG);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(add(&place, 4, 100), 0);
	assert_read(&place, "4 1 ");
	leave(&place);
}

Test(lined_history, says_why_it_cannot_be_written)
{
	struct place place;

	enter(&place);
	cr_assert_eq(mkdir(place.path, 0700), 0);
	cr_expect_eq(lined_history_check(place.path), -EISDIR);
	cr_expect_eq(add(&place, 1, 1), -EISDIR);
	cr_assert_eq(rmdir(place.path), 0);
	cr_assert_eq(mkfifo(place.path, 0600), 0);
	cr_expect_eq(lined_history_check(place.path), -EINVAL, "it would block");
	cr_assert_eq(unlink(place.path), 0);
	/* The older file cannot be replaced. */
	cr_assert_eq(mkdir(place.older, 0700), 0);
	cr_assert_eq(add(&place, 1, MAX), 0);
	cr_expect_eq(add(&place, 2, 1), -EISDIR);
	cr_assert_eq(rmdir(place.older), 0);
	leave(&place);
	cr_expect_eq(lined_history_check(place.path), -ENOENT);
}
