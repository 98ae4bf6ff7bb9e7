/* SPDX-License-Identifier: MIT */
/* The terminal's own line editing has to do. */
#include "tools/linectl/edit.h"

#include <errno.h>

int edit_new(const char *prompt, const char *const *words, edit_byte_fn next, void *user,
	     struct edit **ret_edit)
{
	(void)prompt;
	(void)words;
	(void)next;
	(void)user;
	(void)ret_edit;
	return -ENOSYS;
}

struct edit *edit_free(struct edit *edit)
{
	(void)edit;
	return NULL;
}

int edit_read(struct edit *edit, char *buf, size_t size)
{
	(void)edit;
	(void)buf;
	(void)size;
	return -ENOSYS;
}

void edit_hide(struct edit *edit)
{
	(void)edit;
}

void edit_show(struct edit *edit)
{
	(void)edit;
}
