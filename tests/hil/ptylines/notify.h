/* SPDX-License-Identifier: MIT */
#ifndef PTYLINES_NOTIFY_H
#define PTYLINES_NOTIFY_H

/*
 * Answers what programs that run under withlines ask the kernel about modem lines: for our ptys in
 * the place of the kernel, for all else by letting the kernel answer. They wait meanwhile.
 */

#include "hal/list.h"
#include "hal/loop.h"

struct notify {
	struct hal_loop *loop;
	struct hal_list *ptys;	/* of struct line_pty */
	struct hal_watch watch; /* of the socket that withlines comes to */
	struct hal_list guests; /* programs, with those that they have started */
};

/* @return 0; -errno: the socket cannot be made */
int notify_start(struct notify *notify, struct hal_loop *loop, struct hal_list *ptys,
		 const char *path);
/* Also of one that has not been started, if it is all zero. The socket's name remains. */
void notify_stop(struct notify *notify);

#endif
