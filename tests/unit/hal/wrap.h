/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_HAL_WRAP_H
#define TESTS_UNIT_HAL_WRAP_H

/*
 * System calls and allocations of the code under test, counted and made to fail. A test program
 * asks the linker for those it wants, hal_test(NAME calloc epoll_wait); the others are never
 * called. Criterion runs each test in a process of its own, so every test starts from zero.
 */

struct wrap {
	unsigned int calls;
	unsigned int fail_from, fail_to; /* calls that fail, counted from 1; 0: none */
	int error;			 /* errno of these failures */
};

extern struct wrap wrap_bind;
extern struct wrap wrap_calloc;
extern struct wrap wrap_epoll_create1;
extern struct wrap wrap_epoll_ctl;
extern struct wrap wrap_epoll_wait;
extern struct wrap wrap_flock;
extern struct wrap wrap_fork;
extern struct wrap wrap_inotify_init1;
extern struct wrap wrap_malloc;
extern struct wrap wrap_pipe2;
extern struct wrap wrap_posix_openpt;
extern struct wrap wrap_realloc;
extern struct wrap wrap_recv;
extern struct wrap wrap_rename;
extern struct wrap wrap_send;
extern struct wrap wrap_setsockopt;
extern struct wrap wrap_socket;
extern struct wrap wrap_timerfd_create;
extern struct wrap wrap_timerfd_settime;
extern struct wrap wrap_write;

/* Let the nth call from now fail, 1 is the next. */
void wrap_fail_nth(struct wrap *wrap, unsigned int nth, int error);
void wrap_fail_next(struct wrap *wrap, int error);
void wrap_fail_always(struct wrap *wrap, int error);

#endif
