/* SPDX-License-Identifier: MIT */
#include "tools/lined/role.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/lined/settings.h"
#include "tools/varlink/number.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* Linux 4.13; other numbers only where libc knows them */
#endif

const char *lined_role_name(enum lined_role role)
{
	switch (role) {
	case LINED_NOBODY:
		return "nobody";
	case LINED_OBSERVE:
		return "observe";
	case LINED_OPERATE:
		return "operate";
	case LINED_ADMIN:
		return "admin";
	}
	return "nobody";
}

int lined_group_parse(const char *text, gid_t *ret_gid)
{
	const struct group *entry = getgrnam(text);
	uint32_t number;

	if (entry)
		*ret_gid = entry->gr_gid;
	else if (number_parse(text, 0, UINT32_MAX - 1, &number) == 0)
		*ret_gid = number;
	else
		return -ENOENT;
	return 0;
}

static int parse_user(const char *text, uid_t *ret_uid)
{
	const struct passwd *entry = getpwnam(text);
	uint32_t number;

	if (entry)
		*ret_uid = entry->pw_uid;
	else if (number_parse(text, 0, UINT32_MAX - 1, &number) == 0)
		*ret_uid = number;
	else
		return -ENOENT;
	return 0;
}

static int add_name(struct lined_who *who, const char *word, char *why)
{
	bool group = strncmp(word, "group:", 6) == 0;
	uint32_t id;
	int r;

	if (!group && strncmp(word, "user:", 5) != 0) {
		snprintf(why, LINED_WHY_MAX, "must be all, or user:NAME and group:NAME");
		return -EINVAL;
	}
	if (who->n == LINED_WHO_MAX) {
		snprintf(why, LINED_WHY_MAX, "must be %d names at most", LINED_WHO_MAX);
		return -EINVAL;
	}
	r = group ? lined_group_parse(word + 6, &id) : parse_user(word + 5, &id);
	if (r < 0) {
		snprintf(why, LINED_WHY_MAX, "this machine has no %s '%.80s'",
			 group ? "group" : "user", word + (group ? 6 : 5));
		return -EINVAL;
	}
	who->names[who->n].group = group;
	who->names[who->n++].id = id;
	return 0;
}

int lined_who_parse(const char *text, struct lined_who *ret_who, char *why)
{
	struct lined_who who = {.all = strcmp(text, "all") == 0};
	char *copy = strdup(text);
	char *rest = copy;
	char *word;
	int r = 0;

	if (!copy) {
		snprintf(why, LINED_WHY_MAX, "out of memory");
		return -ENOMEM;
	}
	while (!who.all && r == 0 && (word = strsep(&rest, " \t")) != NULL) {
		if (*word)
			r = add_name(&who, word, why);
	}
	free(copy);
	if (r == 0)
		*ret_who = who;
	return r;
}

int lined_peer_get(int fd, struct lined_peer *ret_peer)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	gid_t *gids;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	size = 0;
	/* It says how long the list is; a kernel that knows no such list has none. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE)
		size = 0;
	gids = malloc(sizeof(*gids) + size);
	if (!gids)
		return -ENOMEM;
	gids[0] = cred.gid;
	if (size > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids + 1, &size) < 0) {
		free(gids);
		return -errno;
	}
	*ret_peer = (struct lined_peer){
		.uid = cred.uid, .pid = cred.pid, .gids = gids, .n_gids = 1 + size / sizeof(*gids)};
	return 0;
}

void lined_peer_fini(struct lined_peer *peer)
{
	free(peer->gids);
}

static bool is_in(const struct lined_peer *peer, gid_t gid)
{
	for (size_t i = 0; i < peer->n_gids; i++) {
		if (peer->gids[i] == gid)
			return true;
	}
	return false;
}

static bool names(const struct lined_who *who, const struct lined_peer *peer)
{
	for (size_t i = 0; i < who->n; i++) {
		uint32_t id = who->names[i].id;

		if (who->names[i].group ? is_in(peer, id) : peer->uid == id)
			return true;
	}
	return who->all;
}

bool lined_peer_is_trusted(const struct lined_peer *peer)
{
	return peer->uid == 0 || peer->uid == geteuid();
}

enum lined_role lined_role_of(const struct lined_who *who, const struct lined_peer *peer)
{
	if (lined_peer_is_trusted(peer))
		return LINED_ADMIN;
	for (enum lined_role role = LINED_ADMIN; role > LINED_NOBODY; role--) {
		if (names(&who[role], peer))
			return role;
	}
	return LINED_NOBODY;
}
