/* SPDX-License-Identifier: MIT */
#include "tests/bench/child.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

void child_start(struct child *child, child_fn fn, void *arg)
{
	int ends[2];

	bench_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	(void)fflush(stdout);
	child->pid = fork();
	bench_check(child->pid >= 0, "fork");
	if (child->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		fn(ends[1], arg);
		_exit(0);
	}
	close(ends[1]);
	child->fd = ends[0];
}

void child_stop(struct child *child)
{
	close(child->fd);
	bench_check(kill(child->pid, SIGKILL) == 0 && waitpid(child->pid, NULL, 0) == child->pid,
		    "waitpid");
}
