/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_EDIT_H
#define LINECTL_EDIT_H

/**
 * @file
 * Lines typed at a terminal, with editing, history and completion: by libedit, or not at all in a
 * build without it. The history is forgotten at the end: there may be PINs in it.
 */

#include <stddef.h>

struct edit;

/** Wait for the next byte that is typed. @return 1; 0 the end; negative errno: stop reading the
 * line */
typedef int (*edit_byte_fn)(void *user, char *ret);

/**
 * @param words    what can be completed, ended by NULL; static
 * @param ret_edit freed with edit_free()
 * @return 0; -ENOMEM; -ENOSYS built without libedit
 */
int edit_new(const char *prompt, const char *const *words, edit_byte_fn next, void *user,
	     struct edit **ret_edit);
/** @return NULL */
struct edit *edit_free(struct edit *edit);

/** Have a line typed, without its end. @return 1; 0 the end; negative errno of the byte_fn */
int edit_read(struct edit *edit, char *buf, size_t size);

/** While a byte is waited for: make room for something else on the terminal, and show the line
 * again. */
void edit_hide(struct edit *edit);
void edit_show(struct edit *edit);

#endif
