/* SPDX-License-Identifier: MIT */
#include "hal/portlock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wrap.h"

/* A lock directory and a "device" of one's own. */
struct fixture {
	char dir[64];
	char device[96];
	char lock[96];
	struct hal_error err;
	struct hal_portlock held;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/portlock-XXXXXX");
	cr_assert_not_null(mkdtemp(f->dir));
	(void)snprintf(f->device, sizeof(f->device), "%s/modem", f->dir);
	(void)snprintf(f->lock, sizeof(f->lock), "%s/LCK..modem", f->dir);
	close(open(f->device, O_CREAT | O_WRONLY, 0600));
}

static void teardown(struct fixture *f)
{
	unlink(f->lock);
	unlink(f->device);
	cr_assert_eq(rmdir(f->dir), 0, "something is left over");
}

static void write_lock(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->lock, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_lock_is_ours(const struct fixture *f)
{
	char want[32], text[32] = "";
	FILE *file = fopen(f->lock, "r");

	cr_assert_not_null(file);
	cr_assert_eq(fread(text, 1, sizeof(text), file), 11);
	fclose(file);
	(void)snprintf(want, sizeof(want), "%10ld\n", (long)getpid());
	cr_assert_str_eq(text, want);
}

/* A process that is alive until it is told otherwise. */
static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(portlock, is_held_and_given_back)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0);
	cr_assert_str_eq(f.held.path, f.lock);
	assert_lock_is_ours(&f);

	hal_portlock_release(&f.held);
	cr_assert_neq(access(f.lock, F_OK), 0);
	hal_portlock_release(&f.held);
	teardown(&f);
}

Test(portlock, a_living_holder_is_named)
{
	pid_t pid = start_child();
	char text[32], want[64];
	struct fixture f;

	setup(&f);
	(void)snprintf(text, sizeof(text), "%10ld\n", (long)pid);
	write_lock(&f, text);

	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), -EBUSY);
	(void)snprintf(want, sizeof(want), "(pid %ld)", (long)pid);
	cr_assert_not_null(strstr(f.err.text, want), "%s", f.err.text);
	cr_assert_not_null(strstr(f.err.text, "used by test_unit_hal_p"), "%s", f.err.text);
	cr_assert_str_eq(f.held.path, "", "untouched");
	cr_assert_eq(access(f.lock, F_OK), 0);

	end_child(pid);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0, "it has died");
	assert_lock_is_ours(&f);
	hal_portlock_release(&f.held);
	teardown(&f);
}

Test(portlock, a_lock_that_names_nobody_is_taken_over)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"empty", ""},
		{"garbage", "garbage\n"},
		{"no number", "12x4\n"},
		{"zero", "         0\n"},
		{"too large", "99999999999999\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		setup(&f);
		write_lock(&f, cases[i].text);
		cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0, "%s",
			     cases[i].name);
		assert_lock_is_ours(&f);
		hal_portlock_release(&f.held);
		teardown(&f);
	}
}

Test(portlock, other_formats_are_understood)
{
	static const char *const formats[] = {"%ld", "%ld 7\n", " %ld\n", "%ld\nminicom\n"};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct fixture f;
		FILE *file;

		setup(&f);
		file = fopen(f.lock, "w");
		cr_assert_not_null(file);
		fprintf(file, formats[i], (long)getppid());
		fclose(file);
		cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), -EBUSY, "%s",
			     formats[i]);
		teardown(&f);
	}
}

Test(portlock, our_own_lock_is_ours_and_the_newest_holds)
{
	struct hal_portlock again;
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &again), 0);
	hal_portlock_release(&f.held);
	assert_lock_is_ours(&f);
	hal_portlock_release(&again);
	cr_assert_neq(access(f.lock, F_OK), 0);
	teardown(&f);
}

Test(portlock, what_a_namesake_has_left_is_no_hindrance)
{
	char temporary[128];
	struct fixture f;

	setup(&f);
	(void)snprintf(temporary, sizeof(temporary), "%s.%ld", f.lock, (long)getpid());
	close(open(temporary, O_CREAT | O_WRONLY, 0444));
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0);
	assert_lock_is_ours(&f);
	cr_assert_neq(access(temporary, F_OK), 0);
	hal_portlock_release(&f.held);
	teardown(&f);
}

Test(portlock, a_lock_that_was_taken_from_us_is_left_alone)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0);
	write_lock(&f, "         1\n");
	hal_portlock_release(&f.held);
	cr_assert_eq(access(f.lock, F_OK), 0);
	teardown(&f);
}

Test(portlock, symlinks_lead_to_one_lock)
{
	char link_path[96];
	struct fixture f;

	setup(&f);
	(void)snprintf(link_path, sizeof(link_path), "%s/by-id", f.dir);
	cr_assert_eq(symlink(f.device, link_path), 0);
	cr_assert_eq(hal_portlock_acquire(f.dir, link_path, &f.err, &f.held), 0);
	cr_assert_str_eq(f.held.path, f.lock);
	hal_portlock_release(&f.held);
	unlink(link_path);
	teardown(&f);
}

Test(portlock, a_pty_has_a_flat_name)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char slave[64], want[128];
	struct fixture f;

	setup(&f);
	cr_assert_eq(unlockpt(master), 0);
	cr_assert_eq(ptsname_r(master, slave, sizeof(slave)), 0);
	cr_assert_eq(hal_portlock_acquire(f.dir, slave, &f.err, &f.held), 0);
	(void)snprintf(want, sizeof(want), "%s/LCK..pts_%s", f.dir, slave + strlen("/dev/pts/"));
	cr_assert_str_eq(f.held.path, want);
	hal_portlock_release(&f.held);
	close(master);
	teardown(&f);
}

Test(portlock, without_a_directory_the_port_is_used_unlocked)
{
	char missing[96];
	struct fixture f;

	setup(&f);
	(void)snprintf(missing, sizeof(missing), "%s/missing", f.dir);
	f.held.path[0] = 'x';
	cr_assert_eq(hal_portlock_acquire(missing, f.device, &f.err, &f.held), 0);
	cr_assert_str_eq(f.held.path, "");
	cr_assert_eq(hal_portlock_acquire("/proc", f.device, &f.err, &f.held), 0);
	cr_assert_str_eq(f.held.path, "");
	teardown(&f);
}

/* Not root, or the permissions would not stop us. @return the child's exit status: the result */
static int acquire_as_nobody(struct fixture *f)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(125);
		if (hal_portlock_acquire(f->dir, f->device, &f->err, &f->held) < 0)
			_exit(1);
		_exit(f->held.path[0] == '\0' ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(portlock, an_unwritable_directory_does_not_stop_us)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(chmod(f.dir, 0555), 0);
	cr_assert_eq(acquire_as_nobody(&f), 0);
	cr_assert_eq(chmod(f.dir, 0755), 0);
	teardown(&f);
}

Test(portlock, what_cannot_be_named_is_refused)
{
	char long_dir[160];
	struct fixture f;

	setup(&f);
	memset(long_dir, 'd', sizeof(long_dir) - 1);
	long_dir[sizeof(long_dir) - 1] = '\0';
	cr_assert_eq(hal_portlock_acquire(long_dir, f.device, &f.err, &f.held), -ENAMETOOLONG);
	cr_assert_str_neq(f.err.text, "");
	cr_assert_eq(hal_portlock_acquire(f.dir, "/nowhere/tty", &f.err, &f.held), -ENOENT);
	teardown(&f);
}

Test(portlock, who_loses_the_race_for_a_stale_lock_looks_again)
{
	struct fixture f;

	setup(&f);
	write_lock(&f, "garbage");
	wrap_fail_next(&wrap_flock, EWOULDBLOCK);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0);
	cr_assert_eq(wrap_flock.calls, 2);
	hal_portlock_release(&f.held);
	teardown(&f);
}

Test(portlock, who_always_loses_the_race_is_told_so)
{
	struct fixture f;

	setup(&f);
	write_lock(&f, "garbage");
	wrap_fail_always(&wrap_flock, EWOULDBLOCK);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), -EBUSY);
	cr_assert_str_eq(f.err.text, "used by another program");
	teardown(&f);
}

Test(portlock, a_stale_lock_of_others_that_cannot_be_replaced_does_not_stop_us)
{
	struct fixture f;

	setup(&f);
	write_lock(&f, "garbage");
	wrap_fail_next(&wrap_rename, EPERM);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), 0);
	cr_assert_str_eq(f.held.path, "");
	teardown(&f);
}

Test(portlock, a_full_disk_is_an_error_and_leaves_nothing)
{
	struct fixture f;

	setup(&f);
	wrap_fail_next(&wrap_write, ENOSPC);
	cr_assert_eq(hal_portlock_acquire(f.dir, f.device, &f.err, &f.held), -ENOSPC);
	cr_assert_not_null(strstr(f.err.text, "LCK..modem"), "%s", f.err.text);
	teardown(&f);
}

/* Many processes, one stale lock: exactly one may get it. */
Test(portlock, only_one_of_many_takes_a_stale_lock)
{
	enum { RACERS = 8 };
	int start[2], result[2], winners = 0;
	pid_t racers[RACERS];
	struct fixture f;
	char c;

	setup(&f);
	write_lock(&f, "garbage");
	cr_assert_eq(pipe(start), 0);
	cr_assert_eq(pipe(result), 0);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = fork();
		if (racers[i] != 0)
			continue;
		close(start[1]);
		(void)!read(start[0], &c, 1);
		c = hal_portlock_acquire(f.dir, f.device, &f.err, &f.held) == 0 ? 'w' : 'l';
		(void)!write(result[1], &c, 1);
		for (;;)
			pause(); /* a winner stays alive, or its lock would be stale */
	}
	close(start[0]);
	close(start[1]);
	for (int i = 0; i < RACERS; i++) {
		cr_assert_eq(read(result[0], &c, 1), 1);
		winners += c == 'w';
	}
	for (int i = 0; i < RACERS; i++)
		end_child(racers[i]);
	cr_assert_eq(winners, 1, "%d", winners);
	teardown(&f);
}

Test(portlock, the_user_of_a_device_is_found)
{
	char user[64], want[64], c;
	int ready[2];
	struct fixture f;
	pid_t pid;

	setup(&f);
	cr_assert_not(hal_portlock_find_user(f.device, user, sizeof(user)));
	cr_assert_not(hal_portlock_find_user("/nowhere/tty", user, sizeof(user)));
	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		(void)!open(f.device, O_RDONLY);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	cr_assert(hal_portlock_find_user(f.device, user, sizeof(user)));
	(void)snprintf(want, sizeof(want), "(pid %ld)", (long)pid);
	cr_assert_not_null(strstr(user, want), "%s", user);
	end_child(pid);
	teardown(&f);
}
