/* SPDX-License-Identifier: MIT */
#include "hal/stream_tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/resolve.h"

/* Probes for a sign of life: the first after half of the time, two more in the other half. */
#define PROBES 3

struct tcp {
	struct hal_stream stream;
	struct hal_netaddr address; /* "": adopted */
	uint32_t silence_s;
	struct hal_resolve *resolve;
	struct hal_resolved resolved;
	size_t next; /* of the addresses */
	int fd;	     /* -1: none at present */
	struct hal_watch watch;
	struct hal_timer timer; /* for connecting */
	struct hal_work work;	/* reports what is pending; after close: frees */
	unsigned int pending;
	unsigned int wanted; /* of the watch */
	bool connected;
	bool lost;
	struct hal_error why;
};

static struct tcp *to_tcp(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct tcp, stream);
}

static void emit(struct tcp *tcp, unsigned int events)
{
	if (tcp->stream.fn)
		tcp->stream.fn(tcp->stream.user, events);
}

static void report(struct tcp *tcp, unsigned int events)
{
	tcp->pending |= events;
	hal_work_queue(tcp->stream.loop, &tcp->work);
}

static void close_fd(struct tcp *tcp)
{
	hal_watch_stop(tcp->stream.loop, &tcp->watch);
	hal_timer_cancel(tcp->stream.loop, &tcp->timer);
	if (tcp->fd >= 0)
		close(tcp->fd);
	tcp->fd = -1;
}

/* ---- loss ---- */

static int lose(struct tcp *tcp, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* @return -ENODEV */
static int lose(struct tcp *tcp, int error, const char *format, ...)
{
	va_list args;

	if (tcp->lost)
		return -ENODEV;
	tcp->lost = true;
	tcp->stream.error = error;
	va_start(args, format);
	(void)vsnprintf(tcp->why.text, sizeof(tcp->why.text), format, args);
	va_end(args);
	tcp->stream.why = tcp->why.text;
	close_fd(tcp);
	report(tcp, HAL_STREAM_LOST);
	return -ENODEV;
}

static int lose_connection(struct tcp *tcp, int error)
{
	if (error == 0)
		return lose(tcp, -ENODEV, "%s has closed the connection", tcp->address.text);
	return lose(tcp, -ENODEV, "the connection to %s is lost: %s", tcp->address.text,
		    strerror(error));
}

static void fail_to_connect(struct tcp *tcp, int error)
{
	const char *where = tcp->address.text;

	switch (error) {
	case ECONNREFUSED:
		(void)lose(tcp, -ENOENT, "connection refused by %s", where);
		break;
	case ETIMEDOUT:
		(void)lose(tcp, -ENOENT, "no answer from %s", where);
		break;
	/* What RestrictAddressFamilies= and IPAddressDeny= of systemd's units answer. */
	case EAFNOSUPPORT:
	case EPERM:
	case EACCES:
		(void)lose(tcp, -EACCES,
			   "no permission to connect to %s: a service needs the drop-in "
			   "network.conf, see lined.conf(5)",
			   where);
		break;
	default:
		(void)lose(tcp, -ENOENT, "no connection to %s: %s", where, strerror(error));
	}
}

/* ---- connecting ---- */

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/*
 * No TCP_USER_TIMEOUT: it would end a connection whose far end takes no bytes for a while because a
 * slow modem does not.
 */
static int set_up(int fd, uint32_t silence_s)
{
	int half = (int)silence_s / 2, r;

	r = set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (r < 0 || silence_s == 0)
		return r;
	r = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (r == 0)
		r = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, half > 0 ? half : 1);
	if (r == 0)
		r = set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL,
			       half / PROBES > 0 ? half / PROBES : 1);
	if (r == 0)
		r = set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, PROBES);
	return r;
}

static int start_connecting(struct tcp *tcp, const union hal_socket_address *address)
{
	socklen_t len =
		address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
	int r;

	tcp->fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp->fd < 0)
		return -errno;
	r = set_up(tcp->fd, tcp->silence_s);
	if (r < 0)
		return r;
	if (connect(tcp->fd, &address->any, len) < 0 && errno != EINPROGRESS)
		return -errno;
	r = hal_watch_start(tcp->stream.loop, &tcp->watch, tcp->fd, HAL_IO_WRITE);
	if (r == 0)
		hal_timer_arm_ms(tcp->stream.loop, &tcp->timer, HAL_STREAM_TCP_CONNECT_MS);
	return r;
}

/* The one before has failed with error. */
static void try_next(struct tcp *tcp, int error)
{
	while (tcp->next < tcp->resolved.n) {
		int r;

		close_fd(tcp);
		r = start_connecting(tcp, &tcp->resolved.addresses[tcp->next++]);
		if (r == 0)
			return;
		error = -r;
	}
	fail_to_connect(tcp, error);
}

static void on_timer(struct hal_timer *timer)
{
	try_next(HAL_CONTAINER_OF(timer, struct tcp, timer), ETIMEDOUT);
}

static void on_resolved(void *user, const struct hal_resolved *resolved)
{
	struct tcp *tcp = user;

	tcp->resolved = *resolved;
	hal_resolve_free(tcp->resolve);
	tcp->resolve = NULL;
	if (resolved->error)
		(void)lose(tcp, -ENOENT, "there is no host %.64s: %.64s", tcp->address.host,
			   gai_strerror(resolved->error));
	else
		try_next(tcp, EADDRNOTAVAIL);
}

static int get_error(const struct tcp *tcp)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

static void finish_connecting(struct tcp *tcp)
{
	int error = get_error(tcp), r;

	if (error) {
		try_next(tcp, error);
		return;
	}
	hal_timer_cancel(tcp->stream.loop, &tcp->timer);
	tcp->connected = true;
	r = hal_watch_modify(tcp->stream.loop, &tcp->watch, tcp->wanted);
	if (r < 0)
		(void)lose_connection(tcp, -r);
	else
		emit(tcp, HAL_STREAM_OPENED);
}

/* ---- connected ---- */

static void on_watch(struct hal_watch *watch, unsigned int io)
{
	struct tcp *tcp = HAL_CONTAINER_OF(watch, struct tcp, watch);
	unsigned int events = 0;

	if (!tcp->connected) {
		finish_connecting(tcp);
		return;
	}
	if (tcp->pending & HAL_STREAM_OPENED)
		return; /* comes first */
	/* An error, or both directions are closed: reading tells which, after what has arrived. */
	if ((io & (HAL_IO_HUP | HAL_IO_ERROR)) && !(tcp->wanted & HAL_IO_READ)) {
		(void)lose_connection(tcp, get_error(tcp));
		return;
	}
	if (io & (HAL_IO_READ | HAL_IO_HUP | HAL_IO_ERROR))
		events |= HAL_STREAM_READABLE;
	if (io & HAL_IO_WRITE)
		events |= HAL_STREAM_WRITABLE;
	emit(tcp, events);
}

static ssize_t tcp_read(struct hal_stream *s, void *buf, size_t size)
{
	struct tcp *tcp = to_tcp(s);
	ssize_t n;

	if (tcp->lost)
		return -ENODEV;
	if (!tcp->connected)
		return -EAGAIN;
	n = recv(tcp->fd, buf, size, 0);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	return lose_connection(tcp, n < 0 ? errno : 0);
}

static ssize_t tcp_write(struct hal_stream *s, const void *buf, size_t len)
{
	struct tcp *tcp = to_tcp(s);
	ssize_t n;

	if (tcp->lost)
		return -ENODEV;
	if (!tcp->connected)
		return -EAGAIN;
	n = send(tcp->fd, buf, len, MSG_NOSIGNAL);
	if (n > 0)
		return n;
	if (n == 0 || errno == EAGAIN || errno == EINTR)
		return -EAGAIN;
	return lose_connection(tcp, errno);
}

static int want(struct tcp *tcp, unsigned int events, bool on)
{
	if (tcp->lost)
		return -ENODEV;
	tcp->wanted = on ? tcp->wanted | events : tcp->wanted & ~events;
	if (!tcp->connected)
		return 0;
	return hal_watch_modify(tcp->stream.loop, &tcp->watch, tcp->wanted);
}

static int tcp_want_write(struct hal_stream *s, bool on)
{
	return want(to_tcp(s), HAL_IO_WRITE, on);
}

static int tcp_want_read(struct hal_stream *s, bool on)
{
	return want(to_tcp(s), HAL_IO_READ, on);
}

static void on_work(struct hal_work *work)
{
	struct tcp *tcp = HAL_CONTAINER_OF(work, struct tcp, work);
	unsigned int events = tcp->pending;

	tcp->pending = 0;
	emit(tcp, events);
}

static void free_tcp(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct tcp, work));
}

static void tcp_close(struct hal_stream *s)
{
	struct tcp *tcp = to_tcp(s);

	hal_resolve_free(tcp->resolve);
	close_fd(tcp);
	hal_work_cancel(&tcp->work);
	hal_loop_free_later(s->loop, &tcp->work, free_tcp);
}

static const struct hal_stream_ops tcp_ops = {
	.name = "tcp",
	.read = tcp_read,
	.write = tcp_write,
	.want_write = tcp_want_write,
	.want_read = tcp_want_read,
	.close = tcp_close,
};

static struct tcp *new_tcp(struct hal_loop *loop)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));

	if (!tcp)
		return NULL;
	tcp->stream.ops = &tcp_ops;
	tcp->stream.loop = loop;
	tcp->fd = -1;
	tcp->wanted = HAL_IO_READ;
	hal_watch_init(&tcp->watch, on_watch);
	hal_timer_init(&tcp->timer, on_timer);
	hal_work_init(&tcp->work, on_work);
	return tcp;
}

int hal_stream_tcp_connect(struct hal_loop *loop, const struct hal_netaddr *address,
			   uint32_t silence_s, struct hal_error *err,
			   struct hal_stream **ret_stream)
{
	struct tcp *tcp = new_tcp(loop);
	int r;

	r = tcp ? hal_resolve_new(loop, address, on_resolved, tcp, &tcp->resolve) : -ENOMEM;
	if (r < 0) {
		(void)snprintf(err->text, sizeof(err->text), "%s: %s", address->text, strerror(-r));
		free(tcp);
		return r;
	}
	tcp->address = *address;
	tcp->silence_s = silence_s;
	*ret_stream = &tcp->stream;
	return 0;
}

int hal_stream_tcp_adopt(struct hal_loop *loop, int fd, struct hal_stream **ret_stream)
{
	struct tcp *tcp = new_tcp(loop);
	int r, flags;

	if (!tcp)
		return -ENOMEM;
	flags = fcntl(fd, F_GETFL);
	r = flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
	if (r == 0)
		r = hal_watch_start(loop, &tcp->watch, fd, tcp->wanted);
	if (r < 0) {
		free(tcp);
		return r;
	}
	(void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* slower without, no more */
	tcp->fd = fd;
	tcp->connected = true;
	report(tcp, HAL_STREAM_OPENED);
	*ret_stream = &tcp->stream;
	return 0;
}
