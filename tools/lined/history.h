/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_HISTORY_H
#define TOOLS_LINED_HISTORY_H

/**
 * @file
 * The history: a file with a line for each call that is over, JSON, the oldest first. When it is
 * full it becomes the file .1, in the place of an older one, and a new one is begun.
 *
 * A line is written at once; a torn one (the machine lost its power, the disk was full) is ended
 * before the next, and overlooked by readers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct json_object;

/** Longer lines are none: a record has about 1 KiB, and 12 steps of a drop at most. */
#define LINED_HISTORY_LINE_MAX (64 * 1024)

/**
 * Add a line, and make room for it if need be. No fsync(2): it may take seconds, and the daemon
 * waits for nobody.
 *
 * @param path made if need be, mode 0640
 * @param max  bytes that the file may have
 * @return 0; -ENOMEM; -EMSGSIZE longer than a line may be; -EINVAL path is no regular file;
 * negative errno of open(2), rename(2), write(2): -ENOSPC
 */
int lined_history_add(const char *path, off_t max, struct json_object *record);

/** Can lines be added? Makes the file. @return as lined_history_add() */
int lined_history_check(const char *path);

/** Reads from the newest line to the oldest; what is added in the meantime is not read. */
struct lined_history_reader {
	int fd; /**< -1: at the end */
	off_t end;
	int older; /**< the file .1, to be read next; -1: none */
	char *buffer;
};

/**
 * @param reader given back with lined_history_close(), also after a failure
 * @return 0, also when there is no file yet; -ENOMEM; negative errno of open(2)
 */
int lined_history_open(const char *path, struct lined_history_reader *reader);
void lined_history_close(struct lined_history_reader *reader);

/**
 * Read a bounded piece of the file.
 *
 * @param take is given each record in it, borrowed; returns false to be given no more
 * @return true when there may be more
 */
bool lined_history_read(struct lined_history_reader *reader,
			bool (*take)(void *user, struct json_object *record), void *user);

#endif
