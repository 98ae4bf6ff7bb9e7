/* SPDX-License-Identifier: MIT */
#include "tools/linectl/inbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	struct inbox inbox;
	char told[256];
};

static void put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	cr_assert_geq(fd, 0, "%s", name);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char *get(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return fd < 0 ? "(none)" : buf;
}

static void expect(const struct fixture *f, const char *name, const char *text)
{
	char buf[64];
	const char *there = get(f->inbox.dir, name, buf, sizeof(buf));

	cr_expect_str_eq(there, text, "%s: %s", name, there);
}

static void set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/inbox-XXXXXX");
	cr_assert_not_null(mkdtemp(f->dir));
	cr_assert_eq(inbox_open(&f->inbox, f->dir, false), 0);
}

static void tell(void *user, const char *name, bool complete, int error)
{
	struct fixture *f = user;
	size_t used = strlen(f->told);

	snprintf(f->told + used, sizeof(f->told) - used, "%s:%s:%d ", name,
		 complete ? "complete" : "partial", error);
}

/* Other descriptors of the directory are closed with it. */
static void clean_up(struct fixture *f)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	cr_assert_eq(system(command), 0);
}

Test(inbox, files_get_names_that_hide_and_replace_nothing)
{
	static const struct {
		const char *name;
		const char *moved;
	} rows[] = {
		{"plain", "plain"},
		{"plain", "plain.1"},
		{"plain", "plain.2"},
		{".bashrc", "_bashrc"},
		{"..x", "_.x"},
		{"a\033[2Jb\n", "a_[2Jb_"},
		{"-rf", "-rf"},
		{"\xc2\x9b"
		 "2J\xc2\xa0",
		 "__2J\xc2\xa0"},
	};
	char moved[INBOX_NAME_MAX];
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(f.inbox.folder, rows[i].name, rows[i].moved);
		cr_expect_eq(inbox_take(&f.inbox, rows[i].name, 0, moved), 0);
		cr_expect_str_eq(moved, rows[i].moved);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(&f, rows[i].moved, rows[i].moved);
	cr_expect_eq(inbox_take(&f.inbox, "none", 0, moved), -ENOENT);
	cr_expect_eq(inbox_take(&f.inbox, "../plain", 0, moved), -ENOENT);
	cr_expect_eq(inbox_close(&f.inbox, true, tell, &f), 0);
	clean_up(&f);
}

Test(inbox, so_many_files_have_one_name)
{
	char moved[INBOX_NAME_MAX];
	struct fixture f;

	set_up(&f);
	for (int i = 0; i <= INBOX_SAME_MAX; i++) {
		put(f.inbox.folder, "x", "x");
		cr_assert_eq(inbox_take(&f.inbox, "x", 0, moved), 0);
	}
	cr_expect_str_eq(moved, "x.999");
	put(f.inbox.folder, "x", "x");
	cr_expect_eq(inbox_take(&f.inbox, "x", 0, moved), -EEXIST);
	cr_expect_lt(inbox_close(&f.inbox, true, tell, &f), 0, "the folder has been removed");
	cr_expect_str_eq(f.told, "x:complete:-17 ");
	clean_up(&f);
}

Test(inbox, the_longest_name_has_room_for_what_marks_it)
{
	char name[INBOX_NAME_MAX];
	char moved[INBOX_NAME_MAX];
	struct fixture f;

	set_up(&f);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		put(f.inbox.folder, name, "x");
		cr_expect_eq(inbox_take(&f.inbox, name, 0, moved), 0);
	}
	put(f.inbox.folder, name, "x");
	cr_expect_eq(inbox_close(&f.inbox, false, tell, &f), 0);
	cr_expect_not_null(strstr(f.told, "nnn.part:partial:0"), "%s", f.told);
	clean_up(&f);
}

Test(inbox, links_and_modes_of_the_sender_come_to_nothing)
{
	char moved[INBOX_NAME_MAX];
	struct fixture f;
	struct stat st;

	set_up(&f);
	cr_assert_eq(symlinkat("outside", f.inbox.dir, "x"), 0);
	put(f.inbox.folder, "x", "mine");
	cr_assert_eq(fchmodat(f.inbox.folder, "x", 06777, 0), 0);
	umask(027);
	cr_expect_eq(inbox_take(&f.inbox, "x", 0, moved), 0);
	cr_expect_str_eq(moved, "x.1");
	cr_expect_eq(fstatat(f.inbox.dir, "x.1", &st, 0), 0);
	cr_expect_eq(st.st_mode & 07777, 0640, "%o", st.st_mode);
	cr_expect_eq(umask(022), 027, "umask is what it was");
	expect(&f, "outside", "(none)");
	cr_expect_eq(inbox_close(&f.inbox, true, tell, &f), 0);
	clean_up(&f);
}

Test(inbox, overwriting_is_asked_for)
{
	char moved[INBOX_NAME_MAX];
	struct fixture f;

	set_up(&f);
	f.inbox.overwrite = true;
	put(f.inbox.dir, "x", "old");
	put(f.inbox.folder, "x", "new");
	cr_expect_eq(inbox_take(&f.inbox, "x", 0, moved), 0);
	expect(&f, "x", "new");
	cr_expect_eq(inbox_close(&f.inbox, true, tell, &f), 0);
	clean_up(&f);
}

Test(inbox, what_is_left_is_complete_or_marked)
{
	struct fixture f;

	set_up(&f);
	put(f.inbox.folder, "x", "half");
	put(f.inbox.dir, "x.part", "somebody else's");
	cr_expect_eq(inbox_close(&f.inbox, false, tell, &f), 0);
	cr_expect_str_eq(f.told, "x.part.1:partial:0 ");
	cr_assert_eq(inbox_open(&f.inbox, f.dir, false), 0);
	expect(&f, "x.part", "somebody else's");
	expect(&f, "x.part.1", "half");
	put(f.inbox.folder, "x", "whole");
	cr_expect_eq(inbox_close(&f.inbox, true, tell, &f), 0);
	cr_expect_str_eq(f.told, "x.part.1:partial:0 x:complete:0 ");
	clean_up(&f);
}

Test(inbox, partial_files_are_resumed_under_their_own_names)
{
	char moved[INBOX_NAME_MAX];
	struct fixture f;
	char buf[64];

	set_up(&f);
	put(f.inbox.dir, "x.part", "a longer one");
	put(f.inbox.dir, "y.part", "other");
	put(f.inbox.dir, ".part", "nobody's");
	put(f.inbox.dir, "..part", "nobody's");
	put(f.inbox.dir, "...part", "nobody's");
	cr_assert_eq(inbox_resume(&f.inbox), 0);
	cr_expect_str_eq(get(f.inbox.folder, "x", buf, sizeof(buf)), "a longer one");
	/* What is behind the end of a file that has become shorter is cut off. */
	cr_expect_eq(inbox_take(&f.inbox, "x", 8, moved), 0);
	cr_expect_str_eq(moved, "x");
	expect(&f, "x", "a longer");
	expect(&f, "x.part", "(none)");
	cr_expect_eq(inbox_close(&f.inbox, true, tell, &f), 0);
	cr_expect_str_eq(f.told, "", "%s", f.told);
	cr_assert_eq(inbox_open(&f.inbox, f.dir, false), 0);
	expect(&f, "y.part", "other");
	expect(&f, ".part", "nobody's");
	cr_expect_eq(inbox_close(&f.inbox, false, tell, &f), 0);
	clean_up(&f);
}

Test(inbox, errors)
{
	struct inbox inbox;
	char longest[2 * INBOX_PATH_MAX];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	cr_expect_eq(inbox_check("/nonexistent"), -ENOENT);
	cr_expect_eq(inbox_check("/dev/null"), -ENOTDIR);
	cr_expect_eq(inbox_check("/tmp"), 0);
	cr_expect_eq(inbox_open(&inbox, "/nonexistent", false), -ENOENT);
	cr_expect_eq(inbox_open(&inbox, longest, false), -ENAMETOOLONG);
}
