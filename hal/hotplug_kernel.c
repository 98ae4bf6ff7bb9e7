/* SPDX-License-Identifier: MIT */
/* The kernel's own messages about devices, for machines without udevd. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/hotplug.h"
#include "hal/uevent.h"

#define KERNEL_GROUP 1 /* group 2 is where udevd sends */
/* The kernel's limit for a message is 2 KiB of keys and the path (UEVENT_BUFFER_SIZE). */
#define MESSAGE_MAX 8192
/* Room for a hub full of modems that goes at once; what does not fit is looked for. */
#define BUFFER_SIZE (1024 * 1024)
/* Messages in one turn; others have theirs. */
#define BATCH_MAX 64

struct kernel {
	struct hal_hotplug_source source;
	struct hal_hotplug *hotplug;
	struct hal_loop *loop;
	struct hal_watch watch;
	int fd;
	char sysfs[128];
	char buffer[MESSAGE_MAX];
};

static void report_tty(struct kernel *kernel, const struct hal_uevent *event)
{
	struct hal_device device = {.interface = -1};
	int n;

	n = snprintf(device.syspath, sizeof(device.syspath), "%s%.*s", kernel->sysfs,
		     (int)event->devpath.len, event->devpath.data);
	if (n >= (int)sizeof(device.syspath))
		return;
	if (event->action == HAL_UEVENT_REMOVE) {
		n = snprintf(device.node, sizeof(device.node), "/dev/%.*s", (int)event->devname.len,
			     event->devname.data);
		if (n < (int)sizeof(device.node))
			hal_hotplug_report(kernel->hotplug, HAL_HOTPLUG_REMOVE, &device);
		return;
	}
	/* One that cannot be read has gone already, and its removal is on the way. */
	if (hal_device_read(device.syspath, &device) == 0)
		hal_hotplug_report(kernel->hotplug, HAL_HOTPLUG_ADD, &device);
}

static void take_message(struct kernel *kernel, struct hal_slice message)
{
	struct hal_uevent event;

	if (hal_uevent_parse(message, &event) < 0 || event.action == HAL_UEVENT_OTHER)
		return;
	if (hal_slice_eq(event.subsystem, HAL_SLICE("tty")) && event.devname.len > 0)
		report_tty(kernel, &event);
}

/* Anybody may send to this socket; the kernel has port 0 and the super-user's credentials. */
static bool is_from_kernel(struct msghdr *msg)
{
	const struct sockaddr_nl *from = msg->msg_name;
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	struct ucred cred;

	if (msg->msg_namelen != sizeof(*from) || from->nl_pid != 0 ||
	    from->nl_groups != KERNEL_GROUP)
		return false;
	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_CREDENTIALS)
		return false;
	memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	return cred.uid == 0;
}

/* @return 1 there may be more; 0 there is none; -errno */
static int receive(struct kernel *kernel)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct sockaddr_nl from = {0};
	struct iovec iov = {.iov_base = kernel->buffer, .iov_len = sizeof(kernel->buffer)};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	n = recvmsg(kernel->fd, &msg, 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -errno;
	if (!(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && is_from_kernel(&msg))
		take_message(kernel, hal_slice(kernel->buffer, (size_t)n));
	return 1;
}

static void on_watch(struct hal_watch *watch, unsigned int events)
{
	struct kernel *kernel = HAL_CONTAINER_OF(watch, struct kernel, watch);
	int r = 1;

	(void)events;
	for (int i = 0; i < BATCH_MAX && r > 0; i++)
		r = receive(kernel);
	/* ENOBUFS: the buffer was full, the kernel has thrown messages away. */
	if (r < 0)
		hal_hotplug_report_missed(kernel->hotplug);
}

static void kernel_free(struct hal_hotplug_source *source)
{
	struct kernel *kernel = HAL_CONTAINER_OF(source, struct kernel, source);

	hal_watch_stop(kernel->loop, &kernel->watch);
	if (kernel->fd >= 0)
		close(kernel->fd);
	free(kernel);
}

static int listen_to_kernel(struct kernel *kernel)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	const int size = BUFFER_SIZE, on = 1;

	kernel->fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (kernel->fd < 0)
		return -errno;
	/* Beyond the system's limit only for the privileged; a smaller one does as well. */
	if (setsockopt(kernel->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(kernel->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(kernel->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(kernel->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return hal_watch_start(kernel->loop, &kernel->watch, kernel->fd, HAL_IO_READ);
}

int hal_hotplug_source_kernel(struct hal_hotplug *hotplug, struct hal_loop *loop, const char *sysfs,
			      struct hal_hotplug_source **ret_source)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int r;

	if (!kernel)
		return -ENOMEM;
	kernel->source.feed = HAL_HOTPLUG_KERNEL;
	kernel->source.free = kernel_free;
	kernel->hotplug = hotplug;
	kernel->loop = loop;
	(void)hal_slice_copy(hal_slice_str(sysfs ? sysfs : "/sys"), kernel->sysfs,
			     sizeof(kernel->sysfs));
	hal_watch_init(&kernel->watch, on_watch);
	r = listen_to_kernel(kernel);
	if (r < 0) {
		kernel_free(&kernel->source);
		return r;
	}
	*ret_source = &kernel->source;
	return 0;
}
