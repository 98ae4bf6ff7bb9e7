/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_ROLE_H
#define TOOLS_LINED_ROLE_H

/** @file Who may do what: the kernel says who is at the other end, the configuration the rest. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Each may do what those before may. */
enum lined_role {
	LINED_NOBODY,  /**< nothing */
	LINED_OBSERVE, /**< look at lines, and at sessions of their own */
	LINED_OPERATE, /**< place, answer and end calls */
	LINED_ADMIN,   /**< see and change everything */
};
#define LINED_ROLE_COUNT 4

#define LINED_WHO_MAX 16 /**< names in one list */

/** Users and groups that have a role. */
struct lined_who {
	bool all;
	size_t n;
	struct {
		bool group;
		uint32_t id;
	} names[LINED_WHO_MAX];
};

/** Who is at the other end. */
struct lined_peer {
	uid_t uid;
	pid_t pid;
	gid_t *gids; /**< the first one and the others */
	size_t n_gids;
};

/** Root and the daemon's own user: they could do as they like anyway. */
bool lined_peer_is_trusted(const struct lined_peer *peer);

/** @return "operate" */
const char *lined_role_name(enum lined_role role);

/**
 * Read "all", or names: "user:alice group:dialout", also by number; "" is nobody.
 * @param why written on failure, at least LINED_WHY_MAX bytes
 * @return 0; -EINVAL, also for users and groups that this machine does not have
 */
int lined_who_parse(const char *text, struct lined_who *ret_who, char *why);
/** A group by name or number. @return 0; -ENOENT */
int lined_group_parse(const char *text, gid_t *ret_gid);

/**
 * Who was at the other end of a socket when it was connected.
 * @param ret_peer given back with lined_peer_fini()
 * @return 0; -ENOMEM; negative errno of getsockopt(2)
 */
int lined_peer_get(int fd, struct lined_peer *ret_peer);
void lined_peer_fini(struct lined_peer *peer);

/**
 * The highest role whose list names the peer; ADMIN for root and the daemon's own user.
 * @param who LINED_ROLE_COUNT lists; that of LINED_NOBODY is not looked at
 */
enum lined_role lined_role_of(const struct lined_who *who, const struct lined_peer *peer);

#endif
