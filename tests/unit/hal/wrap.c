/* SPDX-License-Identifier: MIT */
#include "wrap.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Weak: present only in programs that wrap the function. */
#define REAL __attribute__((weak))

struct wrap wrap_bind, wrap_calloc, wrap_epoll_create1, wrap_epoll_ctl, wrap_epoll_wait, wrap_flock,
	wrap_fork, wrap_pipe2, wrap_recv, wrap_send, wrap_setsockopt, wrap_inotify_init1,
	wrap_malloc, wrap_posix_openpt, wrap_realloc, wrap_rename, wrap_socket, wrap_timerfd_create,
	wrap_timerfd_settime, wrap_write;

REAL int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
REAL void *__real_calloc(size_t n, size_t size);
REAL int __real_epoll_create1(int flags);
REAL int __real_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms);
REAL int __real_epoll_ctl(int fd, int op, int target, struct epoll_event *event);
REAL pid_t __real_fork(void);
REAL int __real_inotify_init1(int flags);
REAL void *__real_malloc(size_t size);
REAL int __real_pipe2(int fds[2], int flags);
REAL int __real_posix_openpt(int flags);
REAL void *__real_realloc(void *ptr, size_t size);
REAL ssize_t __real_recv(int fd, void *buf, size_t size, int flags);
REAL int __real_rename(const char *from, const char *to);
REAL ssize_t __real_send(int fd, const void *buf, size_t len, int flags);
REAL int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
REAL int __real_socket(int domain, int type, int protocol);
REAL ssize_t __real_write(int fd, const void *buf, size_t len);
REAL int __real_flock(int fd, int operation);
REAL int __real_timerfd_create(clockid_t clock, int flags);
REAL int __real_timerfd_settime(int fd, int flags, const struct itimerspec *when,
				struct itimerspec *ret_old);

void wrap_fail_nth(struct wrap *wrap, unsigned int nth, int error)
{
	wrap->fail_from = wrap->calls + nth;
	wrap->fail_to = wrap->fail_from;
	wrap->error = error;
}

void wrap_fail_next(struct wrap *wrap, int error)
{
	wrap_fail_nth(wrap, 1, error);
}

void wrap_fail_always(struct wrap *wrap, int error)
{
	wrap_fail_nth(wrap, 1, error);
	wrap->fail_to = UINT_MAX;
}

static bool fails(struct wrap *wrap)
{
	wrap->calls++;
	if (wrap->calls < wrap->fail_from || wrap->calls > wrap->fail_to)
		return false;
	errno = wrap->error;
	return true;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return fails(&wrap_bind) ? -1 : __real_bind(fd, address, len);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails(&wrap_calloc) ? NULL : __real_calloc(n, size);
}

int __wrap_epoll_create1(int flags)
{
	return fails(&wrap_epoll_create1) ? -1 : __real_epoll_create1(flags);
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	return fails(&wrap_epoll_wait) ? -1 : __real_epoll_wait(fd, events, max, timeout_ms);
}

int __wrap_flock(int fd, int operation)
{
	return fails(&wrap_flock) ? -1 : __real_flock(fd, operation);
}

int __wrap_timerfd_create(clockid_t clock, int flags)
{
	return fails(&wrap_timerfd_create) ? -1 : __real_timerfd_create(clock, flags);
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when,
			   struct itimerspec *ret_old)
{
	return fails(&wrap_timerfd_settime) ? -1 : __real_timerfd_settime(fd, flags, when, ret_old);
}

int __wrap_epoll_ctl(int fd, int op, int target, struct epoll_event *event)
{
	return fails(&wrap_epoll_ctl) ? -1 : __real_epoll_ctl(fd, op, target, event);
}

pid_t __wrap_fork(void)
{
	return fails(&wrap_fork) ? -1 : __real_fork();
}

int __wrap_inotify_init1(int flags)
{
	return fails(&wrap_inotify_init1) ? -1 : __real_inotify_init1(flags);
}

void *__wrap_malloc(size_t size)
{
	return fails(&wrap_malloc) ? NULL : __real_malloc(size);
}

int __wrap_pipe2(int fds[2], int flags)
{
	return fails(&wrap_pipe2) ? -1 : __real_pipe2(fds, flags);
}

int __wrap_posix_openpt(int flags)
{
	return fails(&wrap_posix_openpt) ? -1 : __real_posix_openpt(flags);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	return fails(&wrap_realloc) ? NULL : __real_realloc(ptr, size);
}

ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags)
{
	return fails(&wrap_recv) ? -1 : __real_recv(fd, buf, size, flags);
}

int __wrap_rename(const char *from, const char *to)
{
	return fails(&wrap_rename) ? -1 : __real_rename(from, to);
}

ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags)
{
	return fails(&wrap_send) ? -1 : __real_send(fd, buf, len, flags);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return fails(&wrap_setsockopt) ? -1 : __real_setsockopt(fd, level, name, value, len);
}

int __wrap_socket(int domain, int type, int protocol)
{
	return fails(&wrap_socket) ? -1 : __real_socket(domain, type, protocol);
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	return fails(&wrap_write) ? -1 : __real_write(fd, buf, len);
}
