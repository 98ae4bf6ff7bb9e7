/* SPDX-License-Identifier: MIT */

/*
 * Run a program, as it is, whose ptys have modem lines: what it asks the kernel about them goes to
 * linesim instead.
 *
 *	withlines SOCKET PROGRAM [ARGUMENT]...
 *
 * SOCKET is linesim's. Exit status: the program's; 77 when the kernel does not permit it, which is
 * found out first.
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define EXIT_SKIP 77

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_HALF 4
#else
#define LOW_HALF 0
#endif

/* At once: what closes files on its way out would wait for an answer that nobody gives. */
static _Noreturn void fail(const char *what, int status)
{
	fprintf(stderr, "withlines: %s: %s\n", what, strerror(errno));
	_exit(status);
}

/* @return the descriptor that the kernel asks; -1 with errno */
static int divert_requests(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 8, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[1]) + LOW_HALF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCMGET, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCMBIS, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCMBIC, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCMSET, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCGICOUNT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static int give(int sock, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 0;
	struct iovec bytes = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(sock, &message, 0) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock, listener;

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "Usage: withlines SOCKET PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]));
	listener = divert_requests();
	if (listener < 0)
		fail("no seccomp notification", EXIT_SKIP);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(argv[1], EXIT_FAILURE);
	if (give(sock, listener) < 0)
		fail(argv[1], EXIT_FAILURE);
	close(sock);
	close(listener); /* or there would be no end of it */
	execvp(argv[2], argv + 2);
	fail(argv[2], EXIT_FAILURE);
}
