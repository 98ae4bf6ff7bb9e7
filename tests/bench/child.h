/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_CHILD_H
#define TESTS_BENCH_CHILD_H

/* A process of our own at the other end of a stream socket. It ends with us, if not before. */

#include <sys/types.h>

struct child {
	pid_t pid;
	int fd; /* our end, blocking */
};

/* What the process does with its end. When it returns the process ends. */
typedef void (*child_fn)(int socket, void *arg);

/* Whatever fails ends the program. */
void child_start(struct child *child, child_fn fn, void *arg);
/* Close the socket, end the process. */
void child_stop(struct child *child);

#endif
