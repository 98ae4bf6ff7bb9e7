/* SPDX-License-Identifier: MIT */
#include "tools/lined/listener.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
	char directory[32];
	char path[64];
};

static struct fixture new_fixture(void)
{
	struct fixture f = {.directory = "/tmp/lined-XXXXXX"};

	cr_assert_not_null(mkdtemp(f.directory));
	snprintf(f.path, sizeof(f.path), "%s/socket", f.directory);
	return f;
}

static void remove_fixture(const struct fixture *f)
{
	unlink(f->path);
	cr_assert_eq(rmdir(f->directory), 0);
}

Test(lined_listener, binds_for_owner_and_group_only_and_cleans_up)
{
	struct fixture f = new_fixture();
	struct listener l;
	struct stat st;

	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &l), 0);
	cr_assert_eq(stat(f.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0660);
	cr_assert_eq(st.st_gid, getegid());
	listener_close(&l);
	listener_close(&l);
	cr_assert_eq(access(f.path, F_OK), -1);
	remove_fixture(&f);
}

Test(lined_listener, does_not_push_a_living_daemon_aside)
{
	struct fixture f = new_fixture();
	struct listener first;
	struct listener second;

	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &first), 0);
	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &second), -EADDRINUSE);
	cr_assert_eq(access(f.path, F_OK), 0);
	listener_close(&first);
	remove_fixture(&f);
}

Test(lined_listener, replaces_the_socket_of_a_dead_one)
{
	struct fixture f = new_fixture();
	struct listener dead;
	struct listener l;

	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &dead), 0);
	close(dead.fd);
	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &l), 0);
	listener_close(&l);
	remove_fixture(&f);
}

Test(lined_listener, leaves_a_socket_that_has_been_replaced)
{
	struct fixture f = new_fixture();
	struct listener first;
	struct listener second;

	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &first), 0);
	cr_assert_eq(unlink(f.path), 0);
	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &second), 0);
	listener_close(&first);
	cr_assert_eq(access(f.path, F_OK), 0);
	listener_close(&second);
	remove_fixture(&f);
}

Test(lined_listener, touches_nothing_that_is_no_socket)
{
	struct fixture f = new_fixture();
	struct listener l;
	int fd = open(f.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(listener_open(f.path, (gid_t)-1, 0660, &l), -EEXIST);
	cr_assert_eq(access(f.path, F_OK), 0);
	remove_fixture(&f);
}

Test(lined_listener, refuses_paths_that_cannot_be_addresses)
{
	char path[200];
	struct listener l;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cr_assert_eq(listener_open(path, (gid_t)-1, 0660, &l), -ENAMETOOLONG);
	cr_assert_eq(listener_open("/nonexistent/socket", (gid_t)-1, 0660, &l), -ENOENT);
}

Test(lined_listener, has_its_default_place_where_the_service_manager_says)
{
	struct fixture f = new_fixture();
	char path[108];

	cr_assert_eq(setenv("RUNTIME_DIRECTORY", f.directory, 1), 0);
	cr_assert_eq(listener_default_path(path, sizeof(path)), 0);
	cr_assert_str_eq(path, f.path);
	cr_assert_eq(listener_default_path(path, 4), -ENAMETOOLONG);
	remove_fixture(&f);
}

Test(lined_listener, opens_for_whom_it_is_told)
{
	struct fixture f = new_fixture();
	struct listener l;
	struct stat st;

	cr_assert_eq(listener_open(f.path, getegid(), 0606, &l), 0);
	cr_assert_eq(stat(f.path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0606);
	listener_close(&l);
	remove_fixture(&f);
}

Test(lined_listener, leaves_no_socket_that_it_cannot_give_to_the_group)
{
	static const gid_t strange = 54321;
	struct fixture f = new_fixture();
	struct listener l;

	cr_assert_eq(chmod(f.directory, 0777), 0);
	if (getuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	cr_assert_eq(listener_open(f.path, strange, 0660, &l), -EPERM);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	cr_assert_eq(access(f.path, F_OK), -1);
	remove_fixture(&f);
}
