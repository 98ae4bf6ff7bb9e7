/* SPDX-License-Identifier: MIT */
#include "tests/hil/ptylines/notify.h"

#include <dirent.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/hil/ptylines/line_pty.h"

struct guest {
	struct notify *notify;
	struct hal_watch watch;
	struct hal_list node;
};

static const struct {
	int bit;
	unsigned int line;
} bits[] = {
	{TIOCM_DTR, HAL_STREAM_DTR}, {TIOCM_RTS, HAL_STREAM_RTS}, {TIOCM_CTS, HAL_STREAM_CTS},
	{TIOCM_DSR, HAL_STREAM_DSR}, {TIOCM_CAR, HAL_STREAM_DCD}, {TIOCM_RNG, HAL_STREAM_RI},
};

static int to_bits(unsigned int lines)
{
	int set = 0;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (lines & bits[i].line)
			set |= bits[i].bit;
	return set;
}

static unsigned int to_outputs(int set)
{
	return (set & TIOCM_DTR ? (unsigned int)HAL_STREAM_DTR : 0) |
	       (set & TIOCM_RTS ? (unsigned int)HAL_STREAM_RTS : 0);
}

/* ---- requests ---- */

static struct iovec remote(const struct seccomp_notif *ask, size_t size)
{
	return (struct iovec){(void *)(uintptr_t)ask->data.args[2], size};
}

static int fetch(const struct seccomp_notif *ask, void *to, size_t size)
{
	struct iovec ours = {to, size}, theirs = remote(ask, size);
	ssize_t n = process_vm_readv((pid_t)ask->pid, &ours, 1, &theirs, 1, 0);

	return n == (ssize_t)size ? 0 : -EFAULT;
}

static int store(const struct seccomp_notif *ask, void *from, size_t size)
{
	struct iovec ours = {from, size}, theirs = remote(ask, size);
	ssize_t n = process_vm_writev((pid_t)ask->pid, &ours, 1, &theirs, 1, 0);

	return n == (ssize_t)size ? 0 : -EFAULT;
}

static int get_lines(const struct seccomp_notif *ask, const struct line_pty *pty)
{
	int set = to_bits(pty->outputs | pty->inputs);

	return store(ask, &set, sizeof(set));
}

static int get_counters(const struct seccomp_notif *ask, const struct line_pty *pty)
{
	struct serial_icounter_struct count = {
		.cts = (int)pty->counters.cts,
		.dsr = (int)pty->counters.dsr,
		.rng = (int)pty->counters.ri,
		.dcd = (int)pty->counters.dcd,
	};

	return store(ask, &count, sizeof(count));
}

static int set_lines(const struct seccomp_notif *ask, struct line_pty *pty)
{
	unsigned int outputs;
	int set, r;

	r = fetch(ask, &set, sizeof(set));
	if (r < 0)
		return r;
	outputs = to_outputs(set);
	if (ask->data.args[1] == TIOCMBIS)
		outputs |= pty->outputs;
	else if (ask->data.args[1] == TIOCMBIC)
		outputs = pty->outputs & ~outputs;
	line_pty_set_outputs(pty, outputs);
	return 0;
}

static int execute(const struct seccomp_notif *ask, struct line_pty *pty)
{
	line_pty_set_open(pty, true);
	switch (ask->data.args[1]) {
	case TIOCMGET:
		return get_lines(ask, pty);
	case TIOCGICOUNT:
		return get_counters(ask, pty);
	default:
		return set_lines(ask, pty);
	}
}

/* @return NULL: none of ours */
static struct line_pty *find_pty(const struct notify *notify, const struct seccomp_notif *ask)
{
	struct hal_list *node;
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%u/fd/%d", ask->pid, (int)ask->data.args[0]);
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return NULL;
	hal_list_for_each (node, notify->ptys) {
		struct line_pty *pty = HAL_CONTAINER_OF(node, struct line_pty, node);

		if (pty->rdev == st.st_rdev)
			return pty;
	}
	return NULL;
}

/* Does the process have the pty open by another descriptor than the one it closes? */
static bool has_another(const struct seccomp_notif *ask, const struct line_pty *pty)
{
	unsigned int n = 0;
	struct dirent *entry;
	struct stat st;
	char path[64];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%u/fd", ask->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		n += fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISCHR(st.st_mode) &&
		     st.st_rdev == pty->rdev;
	if (dir)
		closedir(dir);
	return n > 1;
}

static void answer(const struct guest *guest)
{
	struct seccomp_notif ask = {0};
	struct seccomp_notif_resp reply = {0};
	struct line_pty *pty;

	if (ioctl(guest->watch.fd, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0)
		return; /* killed before we came to it */
	reply.id = ask.id;
	pty = find_pty(guest->notify, &ask);
	/* Its number may be another process' by now. */
	if (ioctl(guest->watch.fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &ask.id) < 0)
		return;
	/* A port that is closed and opened again at once may look to its pty as if it never was. */
	if (pty && ask.data.nr == SYS_close && !has_another(&ask, pty))
		line_pty_set_open(pty, false);
	if (pty && ask.data.nr == SYS_ioctl)
		reply.error = execute(&ask, pty);
	else
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	(void)ioctl(guest->watch.fd, SECCOMP_IOCTL_NOTIF_SEND, &reply); /* or it has been killed */
}

/* ---- guests ---- */

static void dismiss(struct guest *guest)
{
	int fd = guest->watch.fd;

	hal_watch_stop(guest->notify->loop, &guest->watch);
	hal_list_del(&guest->node);
	close(fd);
	free(guest);
}

static void on_guest(struct hal_watch *watch, unsigned int io)
{
	struct guest *guest = HAL_CONTAINER_OF(watch, struct guest, watch);

	if (io & HAL_IO_READ)
		answer(guest);
	else
		dismiss(guest); /* all of its processes have ended */
}

/* @return the descriptor; -errno */
static int take(int sock)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte;
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	if (message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -EPROTO; /* withlines has given up */
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static int welcome(struct notify *notify, int sock)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int fd, r;

	if (!guest)
		return -ENOMEM;
	fd = take(sock);
	guest->notify = notify;
	hal_watch_init(&guest->watch, on_guest);
	r = fd < 0 ? fd : hal_watch_start(notify->loop, &guest->watch, fd, HAL_IO_READ);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		free(guest);
		return r;
	}
	hal_list_append(&notify->guests, &guest->node);
	return 0;
}

/* withlines gives its descriptor right after it has come, so that it is waited for. */
static void on_socket(struct hal_watch *watch, unsigned int io)
{
	struct notify *notify = HAL_CONTAINER_OF(watch, struct notify, watch);
	int sock = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);
	int r;

	(void)io; /* accept4() tells more */
	r = sock < 0 ? -errno : welcome(notify, sock);
	if (sock >= 0)
		close(sock);
	if (r < 0)
		fprintf(stderr, "linesim: a program: %s\n", strerror(-r));
}

int notify_start(struct notify *notify, struct hal_loop *loop, struct hal_list *ptys,
		 const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, r = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		r = -errno;
	notify->loop = loop;
	notify->ptys = ptys;
	hal_list_init(&notify->guests);
	hal_watch_init(&notify->watch, on_socket);
	if (r == 0)
		r = hal_watch_start(loop, &notify->watch, fd, HAL_IO_READ);
	if (r < 0)
		close(fd);
	return r;
}

void notify_stop(struct notify *notify)
{
	struct hal_list *node, *next;
	int fd = notify->watch.fd;

	if (!notify->watch.active)
		return;
	hal_list_for_each_safe (node, next, &notify->guests)
		dismiss(HAL_CONTAINER_OF(node, struct guest, node));
	hal_watch_stop(notify->loop, &notify->watch);
	close(fd);
}
