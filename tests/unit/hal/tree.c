/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 512

void tree_new(char *root)
{
	cr_assert_not_null(mkdtemp(root));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void tree_remove(const char *root)
{
	cr_assert_eq(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void make_parents(char *full, size_t from)
{
	for (char *c = full + from; (c = strchr(c, '/')) != NULL; c++) {
		*c = '\0';
		(void)mkdir(full, 0700);
		*c = '/';
	}
}

static void locate(const char *root, const char *path, char *full)
{
	cr_assert_lt(snprintf(full, PATH_SIZE, "%s/%s", root, path), PATH_SIZE);
	make_parents(full, strlen(root) + 1);
}

void tree_dir(const char *root, const char *path)
{
	char full[PATH_SIZE];

	locate(root, path, full);
	(void)mkdir(full, 0700);
}

void tree_file(const char *root, const char *path, const char *text)
{
	char full[PATH_SIZE];
	FILE *file;

	locate(root, path, full);
	file = fopen(full, "w");
	cr_assert_not_null(file, "%s", full);
	fputs(text, file);
	fclose(file);
}

void tree_link(const char *root, const char *path, const char *target)
{
	char full[PATH_SIZE];

	locate(root, path, full);
	cr_assert_eq(symlink(target, full), 0, "%s", full);
}
