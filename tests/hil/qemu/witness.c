/* SPDX-License-Identifier: MIT */

/*
 * Says when things have happened: lines that come on standard input (linectl monitor --json), the
 * kernel's and udevd's events of ttys and, with --hold, hang-ups of USB serial ports, which it then
 * keeps open beside whoever uses them. One line of JSON each, with the time, CLOCK_MONOTONIC:
 *
 *	{"us":1,"source":"client","event":{...}}
 *	{"us":2,"source":"hangup","device":"ttyACM0"}
 *	{"us":3,"source":"kernel","action":"remove","device":"ttyACM0"}
 *	{"us":4,"source":"udev","action":"remove","device":"ttyACM0"}
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TTYS_MAX 16
#define NAME_MAX 32

/* Netlink groups: the kernel's own, and what libudev listens to. */
enum group { GROUP_KERNEL = 1, GROUP_UDEV = 2 };
enum { POLL_INPUT, POLL_KERNEL, POLL_UDEV, POLL_TTYS, POLL_COUNT = POLL_TTYS + TTYS_MAX };

struct witness {
	bool hold;
	char ttys[TTYS_MAX][NAME_MAX];
	struct pollfd *fds; /* POLL_COUNT */
	size_t len;
	char line[16384];
};

static void print_time(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* exists */
	printf("{\"us\":%lld,", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

/* ---- ttys ---- */

static void hold(struct witness *witness, const char *name)
{
	char path[sizeof("/dev/") + NAME_MAX];

	for (size_t i = 0; i < TTYS_MAX; i++) {
		struct pollfd *slot = &witness->fds[POLL_TTYS + i];

		if (slot->fd >= 0)
			continue;
		(void)snprintf(path, sizeof(path), "/dev/%s", name);
		(void)snprintf(witness->ttys[i], NAME_MAX, "%s", name);
		slot->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		return;
	}
}

static void check_ttys(struct witness *witness)
{
	for (size_t i = 0; i < TTYS_MAX; i++) {
		struct pollfd *slot = &witness->fds[POLL_TTYS + i];

		if (slot->fd < 0 || !(slot->revents & (POLLHUP | POLLERR)))
			continue;
		print_time();
		printf("\"source\":\"hangup\",\"device\":\"%s\"}\n", witness->ttys[i]);
		(void)close(slot->fd); /* or its number would not be free for the next one */
		slot->fd = -1;
	}
}

/* ---- events ---- */

/* The value of KEY= among texts that end with NUL, or "". */
static const char *find(const char *message, size_t len, const char *key)
{
	size_t key_len = strlen(key);

	for (const char *at = message; at < message + len; at += strlen(at) + 1) {
		if (strncmp(at, key, key_len) == 0)
			return at + key_len;
	}
	return "";
}

/* Where libudev's messages have their properties (struct udev_monitor_netlink_header). */
static size_t properties_at(const char *message, size_t len)
{
	uint32_t offset;

	if (len < 20 || strcmp(message, "libudev") != 0)
		return 0;
	memcpy(&offset, message + 16, sizeof(offset));
	return offset < len ? offset : 0;
}

static void take_event(struct witness *witness, enum group group)
{
	int fd = witness->fds[group == GROUP_KERNEL ? POLL_KERNEL : POLL_UDEV].fd;
	static char message[8192 + 1];
	ssize_t n = recv(fd, message, sizeof(message) - 1, MSG_DONTWAIT);
	const char *properties, *action, *device;
	size_t start;

	if (n <= 0)
		return;
	message[n] = '\0';
	start = properties_at(message, (size_t)n);
	properties = message + start;
	if (strcmp(find(properties, (size_t)n - start, "SUBSYSTEM="), "tty") != 0)
		return;
	action = find(properties, (size_t)n - start, "ACTION=");
	device = find(properties, (size_t)n - start, "DEVNAME=");
	if (strncmp(device, "/dev/", 5) == 0)
		device += 5;
	print_time();
	printf("\"source\":\"%s\",\"action\":\"%s\",\"device\":\"%s\"}\n",
	       group == GROUP_KERNEL ? "kernel" : "udev", action, device);
	if (witness->hold && group == GROUP_UDEV && strcmp(action, "add") == 0)
		hold(witness, device);
}

/* ---- standard input ---- */

/* @return false at its end */
static bool take_input(struct witness *witness)
{
	size_t room = sizeof(witness->line) - witness->len;
	ssize_t n = read(STDIN_FILENO, witness->line + witness->len, room);
	char *end;

	if (n <= 0)
		return false;
	witness->len += (size_t)n;
	while ((end = memchr(witness->line, '\n', witness->len))) {
		size_t len = (size_t)(end - witness->line);

		print_time();
		printf("\"source\":\"client\",\"event\":%.*s}\n", (int)len, witness->line);
		witness->len -= len + 1;
		memmove(witness->line, end + 1, witness->len);
	}
	return witness->len < sizeof(witness->line);
}

/* ---- the program ---- */

static int listen_to(enum group group)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = group};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)close(fd); /* it is said below */
		fd = -1;
	}
	if (fd < 0)
		fprintf(stderr, "witness: netlink: %s\n", strerror(errno));
	return fd;
}

/* A negative descriptor is one that poll() leaves alone. */
static void init(struct witness *witness, bool hold_ttys)
{
	for (size_t i = 0; i < POLL_COUNT; i++)
		witness->fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	/* Of ttys only what cannot be masked. */
	for (size_t i = POLL_TTYS; i < POLL_COUNT; i++)
		witness->fds[i].events = 0;
	witness->fds[POLL_INPUT].fd = STDIN_FILENO;
	witness->fds[POLL_KERNEL].fd = listen_to(GROUP_KERNEL);
	witness->fds[POLL_UDEV].fd = listen_to(GROUP_UDEV);
	witness->hold = hold_ttys;
}

/* Hang-ups go first: what they mean for others is told in the same turn. */
static bool turn(struct witness *witness)
{
	bool go_on = true;

	if (poll(witness->fds, POLL_COUNT, -1) < 0)
		return errno == EINTR;
	check_ttys(witness);
	if (witness->fds[POLL_KERNEL].revents)
		take_event(witness, GROUP_KERNEL);
	if (witness->fds[POLL_UDEV].revents)
		take_event(witness, GROUP_UDEV);
	if (witness->fds[POLL_INPUT].revents)
		go_on = take_input(witness);
	return fflush(stdout) == 0 && go_on;
}

int main(int argc, char **argv)
{
	struct witness *witness = calloc(1, sizeof(*witness));
	struct pollfd fds[POLL_COUNT];

	if (!witness) {
		fprintf(stderr, "witness: %s\n", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	witness->fds = fds;
	init(witness, argc > 1 && strcmp(argv[1], "--hold") == 0);
	while (turn(witness))
		continue;
	free(witness);
	return EXIT_SUCCESS;
}
