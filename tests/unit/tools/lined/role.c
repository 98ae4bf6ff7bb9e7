/* SPDX-License-Identifier: MIT */
#include "tools/lined/role.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/lined/settings.h"

static const struct {
	const char *name;
	const char *observe;
	const char *operate;
	const char *admin;
	enum lined_role role;
} cases[] = {
	{"nobody is named", "", "", "", LINED_NOBODY},
	{"all may look", "all", "", "", LINED_OBSERVE},
	{"the user", "all", "user:4001", "", LINED_OPERATE},
	{"another user", "all", "user:4002", "", LINED_OBSERVE},
	{"the first group", "", "group:5001", "", LINED_OPERATE},
	{"another group", "", "", "group:5003", LINED_ADMIN},
	{"a group with the number of the user", "", "", "group:4001", LINED_NOBODY},
	{"a user with the number of the group", "", "", "user:5001", LINED_NOBODY},
	{"the highest counts", "user:4001", "all", "\tuser:1  group:5003 ", LINED_ADMIN},
};

Test(lined_role, is_the_highest_that_names_the_peer)
{
	gid_t gids[] = {5001, 5002, 5003};
	const struct lined_peer peer = {.uid = 4001, .gids = gids, .n_gids = 3};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lined_who who[LINED_ROLE_COUNT] = {0};
		char why[LINED_WHY_MAX] = "";

		cr_assert_eq(lined_who_parse(cases[i].observe, &who[LINED_OBSERVE], why), 0);
		cr_assert_eq(lined_who_parse(cases[i].operate, &who[LINED_OPERATE], why), 0);
		cr_assert_eq(lined_who_parse(cases[i].admin, &who[LINED_ADMIN], why), 0);
		cr_expect_eq(lined_role_of(who, &peer), cases[i].role, "%s", cases[i].name);
	}
}

Test(lined_role, root_and_the_daemons_user_are_administrators)
{
	const struct lined_who who[LINED_ROLE_COUNT] = {0};
	const struct lined_peer root = {.uid = 0};
	const struct lined_peer own = {.uid = geteuid()};

	cr_assert_eq(lined_role_of(who, &root), LINED_ADMIN);
	cr_assert_eq(lined_role_of(who, &own), LINED_ADMIN);
}

static const struct {
	const char *text;
	const char *why;
} mistakes[] = {
	{"alice", "must be all, or user:NAME and group:NAME"},
	{"all user:root", "must be all, or user:NAME and group:NAME"},
	{"user:no-such-user", "this machine has no user 'no-such-user'"},
	{"user:root group:no-such-group", "this machine has no group 'no-such-group'"},
	{"user:", "this machine has no user ''"},
	{"group:4294967295", "this machine has no group '4294967295'"},
	{"user:1 user:2 user:3 user:4 user:5 user:6 user:7 user:8 user:9 user:10 user:11 user:12 "
	 "user:13 user:14 user:15 user:16 user:17",
	 "must be 16 names at most"},
};

Test(lined_role, lists_with_mistakes_are_refused)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct lined_who who;
		char why[LINED_WHY_MAX] = "";

		cr_expect_eq(lined_who_parse(mistakes[i].text, &who, why), -EINVAL, "%s",
			     mistakes[i].text);
		cr_expect_str_eq(why, mistakes[i].why);
	}
}

Test(lined_role, names_of_this_machine_are_known)
{
	struct lined_who who;
	char why[LINED_WHY_MAX];

	cr_assert_eq(lined_who_parse("user:root group:root", &who, why), 0);
	cr_assert_eq(who.n, 2);
	cr_assert_eq(who.names[0].id, 0);
	cr_assert(who.names[1].group);
}

Test(lined_role, the_kernel_says_who_is_at_the_other_end)
{
	gid_t groups[64];
	int n = getgroups(64, groups);
	struct lined_peer peer;
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	cr_assert_eq(lined_peer_get(ends[0], &peer), 0);
	cr_expect_eq(peer.uid, geteuid());
	cr_expect_eq(peer.pid, getpid());
	cr_expect_eq(peer.gids[0], getegid());
	if (n >= 0)
		cr_expect_eq(peer.n_gids, (size_t)n + 1);
	lined_peer_fini(&peer);
	close(ends[0]);
	close(ends[1]);
	cr_assert_eq(lined_peer_get(ends[0], &peer), -EBADF);
}
