/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_INBOX_H
#define LINECTL_INBOX_H

/**
 * @file
 * Where received files go. What receives them runs in a fresh folder inside the directory, since rz
 * follows links, overwrites files that XMODEM names, and crashes over those that YMODEM finds
 * there. From it they are moved to where they belong, under names that hide nothing and replace
 * nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOX_NAME_MAX 256
#define INBOX_PATH_MAX 1024
#define INBOX_PARTIAL  ".part"
#define INBOX_SAME_MAX 999 /* so many files of one name: NAME, NAME.1 … */

struct inbox {
	int dir;    /**< the directory */
	int folder; /**< inside it */
	bool overwrite;
	char path[INBOX_PATH_MAX]; /**< of the folder */
};

/** Could files be received there? @return 0; negative errno */
int inbox_check(const char *directory);

/** @return 0; negative errno of mkdtemp(3) and open(2); -ENAMETOOLONG */
int inbox_open(struct inbox *inbox, const char *directory, bool overwrite);

/**
 * Show what receives the partial files of the directory, under their own names: "NAME.part" as
 * "NAME". They stay what they are until they are complete.
 * @return 0; negative errno of linkat(2), -EPERM where there are no hard links
 */
int inbox_resume(struct inbox *inbox);

/** Is there something that inbox_resume() would show as this name? */
bool inbox_has_partial(const struct inbox *inbox, const char *name);

/** Has its file system no space left? */
bool inbox_is_full(const struct inbox *inbox);

/**
 * A file is complete: move it. Its mode gets what the umask takes away, and can be executed by
 * nobody.
 *
 * @param size     of it, what is behind is cut off when it was resumed; 0: unknown
 * @param ret_name INBOX_NAME_MAX bytes, what it is called now: control characters (C1, too) and a
 * dot at the beginning have become '_'
 * @return 0; -ENOENT there is none; -EEXIST so many have this name; negative errno
 */
int inbox_take(struct inbox *inbox, const char *name, uint64_t size, char *ret_name);

/**
 * Move what is left and remove the folder.
 *
 * @param complete what is left is; else it becomes "NAME.part"
 * @param tell     for each of them; error: negative errno, it is left where it was
 * @return 0; negative errno, the folder is still there
 */
int inbox_close(struct inbox *inbox, bool complete,
		void (*tell)(void *user, const char *name, bool complete, int error), void *user);

#endif
