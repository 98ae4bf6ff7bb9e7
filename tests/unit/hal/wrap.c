/* SPDX-License-Identifier: MIT */
#include "wrap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

/* Weak: present only in programs that wrap the function. */
#define REAL __attribute__((weak))

struct wrap wrap_calloc, wrap_epoll_create1, wrap_epoll_wait, wrap_flock, wrap_timerfd_create,
	wrap_timerfd_settime;

REAL void *__real_calloc(size_t n, size_t size);
REAL int __real_epoll_create1(int flags);
REAL int __real_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms);
REAL int __real_flock(int fd, int operation);
REAL int __real_timerfd_create(clockid_t clock, int flags);
REAL int __real_timerfd_settime(int fd, int flags, const struct itimerspec *when,
				struct itimerspec *ret_old);

void wrap_fail_next(struct wrap *wrap, int error)
{
	wrap->fail_at = wrap->calls + 1;
	wrap->error = error;
}

static bool fails(struct wrap *wrap)
{
	wrap->calls++;
	if (wrap->calls != wrap->fail_at)
		return false;
	errno = wrap->error;
	return true;
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
