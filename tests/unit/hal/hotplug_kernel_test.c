/* SPDX-License-Identifier: MIT */
/* Real netlink in a network namespace of its own: what is said here nobody else hears. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/hotplug.h"
#include "tree.h"
#include "wrap.h"

/* The kernel hands on what a privileged sender says in its own name, to group 1. */
#define MESSAGE_MAX 2048

struct fixture {
	struct hal_log log;
	struct hal_loop *loop;
	struct hal_hotplug *hotplug;
	struct hal_hotplug_source *source;
	char sysfs[sizeof(TREE_TEMPLATE)];
	size_t n_added, n_removed, n_missed;
	struct hal_device last;
};

static void on_event(void *user, enum hal_hotplug_event event, const struct hal_device *device)
{
	struct fixture *f = user;

	f->n_added += event == HAL_HOTPLUG_ADD;
	f->n_removed += event == HAL_HOTPLUG_REMOVE;
	f->n_missed += event == HAL_HOTPLUG_MISSED;
	if (device)
		f->last = *device;
}

static bool always(const struct hal_machine *machine, const struct hal_device *device)
{
	(void)machine;
	(void)device;
	return true;
}

static int nothing(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	(void)machine;
	(void)fn;
	(void)user;
	return 0;
}

static const struct hal_machine machine = {.list = nothing, .exists = always, .is_usable = always};

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){.sysfs = TREE_TEMPLATE};
	tree_new(f->sysfs);
	tree_dir(f->sysfs, "devices/x/tty/ttyUSB0");
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	cr_assert_eq(hal_hotplug_new(f->loop, &f->log, &machine, on_event, f, &f->hotplug), 0);
}

static void fixture_fini(struct fixture *f)
{
	if (f->source)
		f->source->free(f->source);
	hal_hotplug_free(f->hotplug);
	hal_loop_free(f->loop);
	tree_remove(f->sysfs);
}

static void fixture_listen(struct fixture *f)
{
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("no network namespace of one's own here: %s", strerror(errno));
	fixture_init(f);
	cr_assert_eq(hal_hotplug_source_kernel(f->hotplug, f->loop, f->sysfs, &f->source), 0);
	cr_assert_eq(f->source->feed, HAL_HOTPLUG_KERNEL);
}

static int sender_new(void)
{
	const struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&self, sizeof(self)), 0);
	return fd;
}

/* As the kernel says it: it takes the header off and puts its own name on. */
static void say(int fd, const char *text, size_t len)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr header;
		char text[MESSAGE_MAX];
	} message = {.header = {
			     .nlmsg_len = NLMSG_LENGTH((unsigned int)len),
			     .nlmsg_type = NLMSG_MIN_TYPE,
			     .nlmsg_flags = NLM_F_REQUEST,
		     }};

	cr_assert_leq(len, sizeof(message.text));
	memcpy(message.text, text, len);
	cr_assert_gt(sendto(fd, &message, message.header.nlmsg_len, 0,
			    (const struct sockaddr *)&kernel, sizeof(kernel)),
		     0, "%s", strerror(errno));
}

#define SAY(fd, literal) say(fd, literal, sizeof(literal))

/* As any program may, to those who listen. */
static void forge(int fd, const char *text, size_t len)
{
	const struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 1};

	cr_assert_gt(sendto(fd, text, len, 0, (const struct sockaddr *)&group, sizeof(group)), 0,
		     "%s", strerror(errno));
}

/* A message is there as soon as it is sent; one turn takes it, the next tells. */
static void run(struct fixture *f)
{
	struct pollfd p = {.fd = hal_loop_get_fd(f->loop), .events = POLLIN};

	while (poll(&p, 1, 0) > 0)
		cr_assert_geq(hal_loop_dispatch(f->loop), 0);
}

#define ADD    "add@/devices/x/tty/ttyUSB0\0SUBSYSTEM=tty\0DEVNAME=ttyUSB0"
#define REMOVE "remove@/devices/x/tty/ttyUSB0\0SUBSYSTEM=tty\0DEVNAME=ttyUSB0"

Test(hotplug_kernel, hears_the_kernel)
{
	struct fixture f;
	char syspath[256];
	int fd;

	fixture_listen(&f);
	fd = sender_new();
	SAY(fd, ADD);
	run(&f);
	cr_assert_eq(f.n_added, 1);
	(void)snprintf(syspath, sizeof(syspath), "%s/devices/x/tty/ttyUSB0", f.sysfs);
	cr_assert_str_eq(f.last.syspath, syspath);
	cr_assert_str_eq(f.last.node, "/dev/ttyUSB0");
	SAY(fd, REMOVE);
	run(&f);
	cr_assert_eq(f.n_removed, 1);
	cr_assert_str_eq(f.last.syspath, syspath);
	cr_assert_str_eq(f.last.node, "/dev/ttyUSB0");
	close(fd);
	fixture_fini(&f);
}

Test(hotplug_kernel, hears_nobody_else)
{
	struct fixture f;
	int fd;

	fixture_listen(&f);
	fd = sender_new();
	forge(fd, ADD, sizeof(ADD));
	forge(fd, REMOVE, sizeof(REMOVE));
	run(&f);
	cr_assert_eq(f.n_added + f.n_removed, 0);
	SAY(fd, ADD);
	run(&f);
	cr_assert_eq(f.n_added, 1);
	close(fd);
	fixture_fini(&f);
}

Test(hotplug_kernel, what_is_no_tty_that_comes_or_goes_does_not_matter)
{
	static const struct {
		const char *name, *text;
		size_t len;
	} rows[] = {
#define ROW(name, text) {name, text, sizeof(text)}
		ROW("other subsystem", "add@/devices/x/tty/ttyUSB0\0SUBSYSTEM=block\0DEVNAME=sda"),
		ROW("the interface", "bind@/devices/x\0SUBSYSTEM=usb"),
		ROW("without a node", "add@/devices/x/tty/ttyUSB0\0SUBSYSTEM=tty"),
		ROW("unbound", "unbind@/devices/x/tty/ttyUSB0\0SUBSYSTEM=tty\0DEVNAME=ttyUSB0"),
		ROW("gone already", "add@/devices/x/tty/ttyUSB9\0SUBSYSTEM=tty\0DEVNAME=ttyUSB9"),
		ROW("nonsense", "hello"),
		ROW("a node with a long name",
		    "remove@/a\0SUBSYSTEM=tty\0DEVNAME=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
#undef ROW
	};
	struct fixture f;
	int fd;

	fixture_listen(&f);
	fd = sender_new();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(fd, rows[i].text, rows[i].len);
		run(&f);
		cr_assert_eq(f.n_added + f.n_removed + f.n_missed, 0, "%s", rows[i].name);
	}
	close(fd);
	fixture_fini(&f);
}

Test(hotplug_kernel, a_path_that_is_too_long_does_not_matter)
{
	char text[600] = "remove@/";
	struct fixture f;
	size_t len;
	int fd;

	fixture_listen(&f);
	fd = sender_new();
	memset(text + 8, 'x', 400);
	len = 408 + 1;
	memcpy(text + len, "SUBSYSTEM=tty\0DEVNAME=ttyUSB0", 30);
	say(fd, text, len + 30);
	run(&f);
	cr_assert_eq(f.n_removed, 0);
	close(fd);
	fixture_fini(&f);
}

Test(hotplug_kernel, suspend_and_resume_say_nothing_new)
{
	struct fixture f;
	int fd;

	fixture_listen(&f);
	fd = sender_new();
	SAY(fd, "change@/devices/x/tty/ttyUSB0\0SUBSYSTEM=tty\0DEVNAME=ttyUSB0");
	SAY(fd, "bind@/devices/x/tty/ttyUSB0\0SUBSYSTEM=tty\0DEVNAME=ttyUSB0");
	run(&f);
	cr_assert_eq(f.n_added, 1, "that it is there, and once");
	cr_assert_eq(f.n_removed, 0);
	close(fd);
	fixture_fini(&f);
}

Test(hotplug_kernel, a_buffer_that_runs_over_is_noticed)
{
	struct fixture f;
	int fd;

	fixture_listen(&f);
	fd = sender_new();
	/* The kernel drops what does not fit and says so at the next receive. */
	for (int i = 0; i < 20000; i++)
		SAY(fd, REMOVE);
	run(&f);
	cr_assert_geq(f.n_missed, 1);
	SAY(fd, ADD);
	run(&f);
	cr_assert_eq(f.n_added, 1, "goes on afterwards");
	close(fd);
	fixture_fini(&f);
}

/* What fails where netlink is not permitted, or there is no memory. */
Test(hotplug_kernel, a_feed_that_cannot_be_made_is_refused)
{
	static const struct {
		const char *name;
		struct wrap *wrap;
		int error;
	} rows[] = {
		{"memory", &wrap_calloc, ENOMEM},
		{"netlink", &wrap_socket, EAFNOSUPPORT},
		{"the address", &wrap_bind, EPERM},
		{"the loop", &wrap_epoll_ctl, ENOSPC},
	};
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wrap_fail_next(rows[i].wrap, rows[i].error);
		cr_assert_eq(hal_hotplug_source_kernel(f.hotplug, f.loop, NULL, &f.source),
			     -rows[i].error, "%s", rows[i].name);
		cr_assert_null(f.source);
	}
	fixture_fini(&f);
}
