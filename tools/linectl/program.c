/* SPDX-License-Identifier: MIT */
#include "tools/linectl/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/linectl/connect.h"
#include "tools/linectl/ending.h"
#include "tools/linectl/field.h"

#define REST_MS	    5000  /* what has come is read, and its end is seen */
#define PATIENCE_MS 10000 /* pppd says goodbye, and runs scripts */

static int open_pty(int *ret_theirs)
{
	char name[64];
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int r = fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 ? -errno : 0;

	if (r == 0)
		r = -ptsname_r(fd, name, sizeof(name));
	if (r == 0) {
		*ret_theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
		r = *ret_theirs < 0 ? -errno : 0;
	}
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

/* @return our end, or negative errno */
static int open_ends(bool pty, int *ret_theirs)
{
	int fds[2];

	if (pty)
		return open_pty(ret_theirs);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	*ret_theirs = fds[1];
	return fds[0];
}

static void export(const char *name, const char *value)
{
	if (*value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void export_call(struct json_object *info)
{
	char rate[24] = "";

	if (field_int(info, "rate") > 0)
		snprintf(rate, sizeof(rate), "%lld", (long long)field_int(info, "rate"));
	export("TRUNKLINE_RATE", rate);
	export("TRUNKLINE_LINE", field_text(info, "line_name"));
	export("TRUNKLINE_SESSION", field_text(info, "session"));
	export("TRUNKLINE_DIRECTION", field_text(info, "direction"));
	export("TRUNKLINE_CALLED", field_text(info, "called"));
	export("TRUNKLINE_CALLER", field_text(info, "caller"));
	export("TRUNKLINE_CALLER_NAME", field_text(info, "caller_name"));
}

/* Returns only when it has failed. */
static void run(const struct program_order *order, int fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	for (const char *const *word = order->environment; word && *word; word++)
		putenv((char *)(uintptr_t)*word);
	if (order->pty && (setsid() < 0 || ioctl(fd, TIOCSCTTY, 0) < 0))
		return;
	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return;
	if (order->err >= 0 && dup2(order->err, STDERR_FILENO) < 0)
		return;
	if (order->directory && chdir(order->directory) < 0)
		return;
	execvp(order->argv[0], (char *const *)(const void *)order->argv);
}

/* Returns in the parent only. */
static pid_t start(const struct program_order *order, int fd, bool dies_with_us,
		   struct json_object *info)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	export_call(info);
	if (!dies_with_us || prctl(PR_SET_PDEATHSIG, SIGHUP) == 0)
		run(order, fd);
	fprintf(stderr, "linectl: %s: %s\n", order->argv[0], strerror(errno));
	_exit(ENDING_NOT_RUN);
}

/* The end of what has been started can be waited for. @return 0; negative errno, and it is killed
 */
static int watch(struct program *program)
{
	int r;

	if (program->pid < 0)
		return -errno;
	program->end = (int)syscall(SYS_pidfd_open, program->pid, 0);
	if (program->end >= 0)
		return 0;
	r = -errno;
	kill(program->pid, SIGKILL);
	waitpid(program->pid, NULL, 0);
	return r;
}

int program_start(struct program *program, const struct program_order *order,
		  struct json_object *info)
{
	int theirs = -1;
	int ours = open_ends(order->pty, &theirs);
	int r;

	if (ours < 0)
		return ours;
	if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0) {
		r = -errno;
	} else {
		program->fd = ours;
		program->pid = start(order, theirs, false, info);
		r = watch(program);
	}
	close(theirs);
	if (r < 0)
		close(ours);
	return r;
}

int program_start_on(struct program *program, const char **argv, int tty, struct json_object *info)
{
	const struct program_order order = {.argv = argv, .err = -1};

	program->fd = -1;
	program->pid = start(&order, tty, true, info);
	return watch(program);
}

int program_tell(const struct app *app, const char *name, int error)
{
	return output_error(&app->output, &(struct output_error){
						  .status = (enum status)ENDING_NOT_RUN,
						  .subject = name,
						  .error = "Failed",
						  .reason = strerror(-error),
					  });
}

/* What it still says is for nobody. @return has it ended? */
static bool await_end(struct program *program, uint32_t ms)
{
	uint64_t end_ms = connect_now_ms() + ms;
	uint64_t now_ms;

	while ((now_ms = connect_now_ms()) < end_ms) {
		struct pollfd fds[] = {
			{.fd = program->end, .events = POLLIN},
			{.fd = program->fd, .events = POLLIN},
		};
		char waste[1024];

		if (poll(fds, 2, (int)(end_ms - now_ms)) < 0)
			continue;
		if (fds[0].revents)
			return true;
		if (fds[1].revents && read(program->fd, waste, sizeof(waste)) <= 0) {
			close(program->fd);
			program->fd = -1;
		}
	}
	return false;
}

int program_finish(struct program *program)
{
	int status = 0;

	/* A terminal hangs up when it is closed, a socket would forget what has not been read. */
	if (program->fd >= 0 && shutdown(program->fd, SHUT_WR) < 0) {
		close(program->fd);
		program->fd = -1;
	} else if (program->fd < 0) {
		kill(program->pid, SIGHUP);
	}
	if (!await_end(program, REST_MS))
		kill(program->pid, SIGHUP);
	if (!await_end(program, PATIENCE_MS))
		kill(program->pid, SIGKILL);
	waitpid(program->pid, &status, 0);
	close(program->end);
	if (program->fd >= 0)
		close(program->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
