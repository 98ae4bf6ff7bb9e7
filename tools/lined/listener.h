/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_LISTENER_H
#define TOOLS_LINED_LISTENER_H

/** @file The socket on which the daemon is found. */

#include <sys/stat.h>
#include <sys/un.h>

struct listener {
	int fd;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct stat made; /* what was bound: somebody may have replaced it since */
};

/**
 * In $RUNTIME_DIRECTORY, systemd.exec(5); else /run/lined/socket, or for users
 * $XDG_RUNTIME_DIR/lined/socket. The folder is made if need be.
 * @return 0; -ENOENT no XDG_RUNTIME_DIR; -ENAMETOOLONG; negative errno of mkdir(2)
 */
int listener_default_path(char *path, size_t size);

/**
 * A socket on which nobody listens any more is replaced.
 * @param group who gets it, besides the daemon's user; (gid_t)-1: the daemon's own
 * @return 0; -EADDRINUSE a daemon listens there; -EEXIST something else is there; -ENAMETOOLONG;
 * negative errno of socket(2), bind(2), chown(2), chmod(2), listen(2)
 */
int listener_open(const char *path, gid_t group, mode_t mode, struct listener *ret_listener);
/** Stop listening and remove the socket if it is still ours. */
void listener_close(struct listener *listener);

#endif
