/* SPDX-License-Identifier: MIT */
#include "tools/lined/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/varlink/number.h"

int lined_notify(const char *state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size;
	int fd;
	int r = 0;

	if (!path || !*path)
		return 0;
	size = strlen(path);
	if (size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, size);
	if (path[0] == '@') /* abstract */
		address.sun_path[0] = '\0';

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) < 0)
		r = -errno;
	close(fd);
	return r;
}

uint32_t lined_notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint32_t number;

	/* It may be meant for the process that has started us. */
	if (pid && (number_parse(pid, 1, INT32_MAX, &number) < 0 || (pid_t)number != getpid()))
		return 0;
	if (!usec || number_parse(usec, 1, UINT32_MAX, &number) < 0)
		return 0;
	return number / 2000 > 0 ? number / 2000 : 1;
}
