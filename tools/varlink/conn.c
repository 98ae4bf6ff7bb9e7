/* SPDX-License-Identifier: MIT */
#include "tools/varlink/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/varlink/json.h"

#define BUFFER_MIN 4096 /* most messages are smaller */

int varlink_conn_init(struct varlink_conn *conn, int fd, size_t message_max)
{
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	*conn = (struct varlink_conn){
		.fd = fd, .in_fd = -1, .out_fd = -1, .message_max = message_max};
	return 0;
}

void varlink_conn_fini(struct varlink_conn *conn)
{
	close(conn->fd);
	if (conn->in_fd >= 0)
		close(conn->in_fd);
	if (conn->out_fd >= 0)
		close(conn->out_fd);
	free(conn->in);
	free(conn->out);
	*conn = (struct varlink_conn){.fd = -1, .in_fd = -1, .out_fd = -1};
}

/* ---- descriptors ---- */

/* As the alignment of struct cmsghdr wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* The kernel closes what there is no room for. */
static void keep_fd(struct varlink_conn *conn, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return;
	if (conn->in_fd >= 0)
		close(conn->in_fd);
	memcpy(&conn->in_fd, CMSG_DATA(header), sizeof(int));
}

/* As recv(2). */
static ssize_t receive(struct varlink_conn *conn, void *buf, size_t size)
{
	struct iovec bytes = {.iov_base = buf, .iov_len = size};
	union control control = {0};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* The padding behind it would have room for a second one. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n;

	if (!conn->takes_fd)
		return recv(conn->fd, buf, size, MSG_DONTWAIT);
	n = recvmsg(conn->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n >= 0)
		keep_fd(conn, &message);
	return n;
}

/* As send(2), with the descriptor. */
static ssize_t send_fd(struct varlink_conn *conn, void *buf, size_t len)
{
	struct iovec bytes = {.iov_base = buf, .iov_len = len};
	union control control = {
		.header = {.cmsg_level = SOL_SOCKET,
			   .cmsg_type = SCM_RIGHTS,
			   .cmsg_len = CMSG_LEN(sizeof(int))},
	};
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &conn->out_fd, sizeof(int));
	n = sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		close(conn->out_fd);
		conn->out_fd = -1;
	}
	return n;
}

int varlink_conn_pass(struct varlink_conn *conn, int fd)
{
	if (varlink_conn_is_pending(conn) || conn->out_fd >= 0)
		return -EBUSY;
	conn->out_fd = fd;
	return 0;
}

/* ---- messages ---- */

/* Room for at least this many bytes at the end, moving the unread ones to the front first. */
static int reserve(char **buffer, size_t *size, size_t *start, size_t *end, size_t room)
{
	size_t grown = *size ? *size : BUFFER_MIN;
	char *p;

	if (*start > 0) {
		memmove(*buffer, *buffer + *start, *end - *start);
		*end -= *start;
		*start = 0;
	}
	while (grown - *end < room)
		grown *= 2;
	if (grown == *size)
		return 0;
	p = realloc(*buffer, grown);
	if (!p)
		return -ENOMEM;
	*buffer = p;
	*size = grown;
	return 0;
}

bool varlink_conn_has_room(const struct varlink_conn *conn)
{
	/* One byte more than the longest message: its NUL. */
	return conn->in_end - conn->in_start <= conn->message_max;
}

int varlink_conn_fill(struct varlink_conn *conn)
{
	int any = 0;

	while (!conn->eof && varlink_conn_has_room(conn)) {
		size_t held = conn->in_end - conn->in_start;
		size_t room = conn->message_max + 1 - held;
		ssize_t n;
		int r;

		if (room > BUFFER_MIN)
			room = BUFFER_MIN;
		conn->in_seen -= conn->in_start;
		r = reserve(&conn->in, &conn->in_size, &conn->in_start, &conn->in_end, room);
		if (r < 0)
			return r;
		n = receive(conn, conn->in + conn->in_end, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		/* The peer has closed without reading all: what it had said counts. */
		if (n < 0 && errno == ECONNRESET)
			n = 0;
		if (n < 0)
			return -errno;
		conn->eof = n == 0;
		conn->in_end += (size_t)n;
		any |= n > 0;
	}
	return any;
}

int varlink_conn_next(struct varlink_conn *conn, struct json_object **ret_message)
{
	const char *start;
	const char *end;
	int r;

	if (conn->in_seen == conn->in_end)
		return 0;
	start = conn->in + conn->in_start;
	end = memchr(conn->in + conn->in_seen, '\0', conn->in_end - conn->in_seen);
	if (!end) {
		conn->in_seen = conn->in_end;
		return varlink_conn_has_room(conn) ? 0 : -EMSGSIZE;
	}
	r = varlink_json_parse(start, (size_t)(end - start), ret_message);
	if (r < 0)
		return r;
	conn->in_start = (size_t)(end + 1 - conn->in);
	conn->in_seen = conn->in_start;
	return 1;
}

int varlink_conn_queue(struct varlink_conn *conn, struct json_object *message)
{
	size_t waiting = conn->out_end - conn->out_start;
	const char *text;
	size_t size;
	int r;

	text = varlink_json_text(message, &size);
	if (!text)
		return -ENOMEM;
	if (size > VARLINK_REPLY_MAX)
		return -EMSGSIZE;
	if (waiting > 0 && waiting + size + 1 > VARLINK_QUEUE_MAX)
		return -ENOBUFS;
	r = reserve(&conn->out, &conn->out_size, &conn->out_start, &conn->out_end, size + 1);
	if (r < 0)
		return r;
	memcpy(conn->out + conn->out_end, text, size + 1);
	conn->out_end += size + 1;
	return 0;
}

int varlink_conn_flush(struct varlink_conn *conn)
{
	while (varlink_conn_is_pending(conn)) {
		char *from = conn->out + conn->out_start;
		size_t len = conn->out_end - conn->out_start;
		ssize_t n = conn->out_fd >= 0
				    ? send_fd(conn, from, len)
				    : send(conn->fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return -errno;
		conn->out_start += (size_t)n;
	}
	return 0;
}

bool varlink_conn_is_pending(const struct varlink_conn *conn)
{
	return conn->out_start < conn->out_end;
}

ssize_t varlink_conn_recv(struct varlink_conn *conn, void *buf, size_t size)
{
	size_t held = conn->in_end - conn->in_start;
	ssize_t n;

	if (held > 0) {
		held = held < size ? held : size;
		memcpy(buf, conn->in + conn->in_start, held);
		conn->in_start += held;
		return (ssize_t)held;
	}
	do
		n = recv(conn->fd, buf, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t varlink_conn_send(struct varlink_conn *conn, const void *buf, size_t len)
{
	ssize_t n;
	int r;

	r = varlink_conn_flush(conn);
	if (r < 0)
		return r;
	if (varlink_conn_is_pending(conn))
		return -EAGAIN;
	do
		n = send(conn->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}
