/* SPDX-License-Identifier: MIT */
#include "tools/linectl/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/linectl/connect.h"

#define LOOK_MS 10 /* children that have nothing to clear end within a few of these */

static void find(struct child *child, const char *name, const char *dir)
{
	ssize_t n = readlink("/proc/self/exe", child->path, CHILD_PATH_MAX - 1);

	if (n > 0) {
		char *slash;

		child->path[n] = '\0';
		slash = strrchr(child->path, '/');
		snprintf(slash, CHILD_PATH_MAX - (size_t)(slash - child->path), "/%s", name);
		if (access(child->path, X_OK) == 0)
			return;
	}
	snprintf(child->path, CHILD_PATH_MAX, "%s/%s", dir, name);
	if (access(child->path, X_OK) < 0)
		snprintf(child->path, CHILD_PATH_MAX, "%s", name);
}

void child_init(struct child *child, const char *name, const char *env, const char *dir)
{
	const char *given = getenv(env);

	if (given && *given)
		snprintf(child->path, CHILD_PATH_MAX, "%s", given);
	else
		find(child, name, dir);
	child->argv[0] = child->path;
}

void child_add(struct child *child, const char *arg)
{
	size_t n = 0;

	while (child->argv[n])
		n++;
	assert(n + 1 < CHILD_ARGS_MAX);
	child->argv[n] = arg;
}

/* Returns only when it has failed. */
static int run(const struct child *child, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (child->death_signal && prctl(PR_SET_PDEATHSIG, child->death_signal) < 0)
		return errno;
	if (getppid() != parent)
		return ECANCELED;
	if (child->fd == child->as ? fcntl(child->as, F_SETFD, 0) < 0
				   : dup2(child->fd, child->as) < 0)
		return errno;
	if (child->also && fcntl(child->also, F_SETFD, 0) < 0)
		return errno;
	execvp(child->path, (char *const *)(const void *)child->argv);
	return errno;
}

int child_start(struct child *child)
{
	pid_t parent = getpid();
	int failed = 0;
	int fds[2];
	pid_t pid;

	/* A pipe that closes when the program runs, and says why when it does not. */
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		failed = run(child, parent);
		_exit(write(fds[1], &failed, sizeof(failed)) < 0);
	}
	if (pid < 0)
		failed = errno;
	close(fds[1]);
	if (pid > 0 && read(fds[0], &failed, sizeof(failed)) != 0)
		waitpid(pid, NULL, 0);
	else if (pid > 0)
		child->pid = pid;
	close(fds[0]);
	return -failed;
}

bool child_wait(struct child *child, struct app *app, int limit_ms)
{
	uint64_t end_ms = connect_now_ms() + (uint64_t)limit_ms;

	while (child->pid > 0 && waitpid(child->pid, NULL, WNOHANG) == 0) {
		if (connect_now_ms() >= end_ms || app->interrupts > 1)
			return false;
		connect_pause(app, LOOK_MS);
	}
	child->pid = 0;
	return true;
}
