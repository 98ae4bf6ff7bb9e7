/* SPDX-License-Identifier: MIT */
#include "tools/linectl/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAR_END "sim2"

#define START_LIMIT_MS 5000 /* two ptys and two links */

static enum status tell(const struct app *app, const char *what, int r)
{
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_OTHER,
						  .subject = what,
						  .error = "Failed",
						  .reason = strerror(-r),
					  });
}

/* Wait for the first word that modemsim says: the ports are there, or it has ended, telling why. */
static int wait_ready(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char text[64];
	int r;

	do
		r = poll(&poll_fd, 1, START_LIMIT_MS);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return -ETIMEDOUT;
	return read(fd, text, sizeof(text)) > 0 ? 0 : -EIO;
}

static int start(struct child *modemsim, const char *dir)
{
	int fds[2];
	int r;

	child_init(modemsim, "modemsim", "TRUNKLINE_MODEMSIM", TRUNKLINE_BINDIR);
	child_add(modemsim, "--dir");
	child_add(modemsim, dir);
	child_add(modemsim, "--modem");
	child_add(modemsim, SIM_LINE "=" SIM_NUMBER);
	child_add(modemsim, "--modem");
	child_add(modemsim, FAR_END "=102,answer=1");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	modemsim->fd = fds[1];
	modemsim->as = STDOUT_FILENO;
	modemsim->death_signal = SIGTERM;
	r = child_start(modemsim);
	close(fds[1]);
	if (r == 0)
		r = wait_ready(fds[0]);
	close(fds[0]);
	return r;
}

/* Links are only needed to learn where they lead: gone at once, they cannot be left behind. */
static int take_link(const char *dir, const char *name, char *port, size_t size)
{
	char link[SIM_PORT_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "%s/%s", dir, name);
	n = readlink(link, port, size - 1);
	if (n < 0)
		return -errno;
	port[n] = '\0';
	return unlink(link) < 0 ? -errno : 0;
}

enum status sim_start(struct app *app, struct child *modemsim, struct sim_line *ret_line)
{
	const char *tmp = getenv("TMPDIR");
	struct sim_line line, far;
	char dir[SIM_PORT_MAX];
	int r;

	r = snprintf(dir, sizeof(dir), "%s/linectl-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (r >= (int)sizeof(dir))
		return tell(app, tmp, -ENAMETOOLONG);
	if (!mkdtemp(dir))
		return tell(app, dir, -errno);
	r = start(modemsim, dir);
	if (r == 0)
		r = take_link(dir, SIM_LINE, line.port, sizeof(line.port));
	if (r == 0)
		r = take_link(dir, FAR_END, far.port, sizeof(far.port));
	/* Not empty when something failed before: modemsim may still be at it. */
	if (rmdir(dir) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		return tell(app, modemsim->path, r);
	*ret_line = line;
	return STATUS_OK;
}
