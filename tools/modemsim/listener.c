/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/stream_tcp.h"
#include "tools/modemsim/rfc2217.h"

#define BACKLOG 8

struct sim_listener {
	struct hal_loop *loop;
	struct hal_stream *port;
	struct hal_watch watch;
};

static void refuse(int fd)
{
	static const char why[] = "the port is in use\r\n";

	(void)send(fd, why, sizeof(why) - 1, MSG_NOSIGNAL); /* politeness, no more */
	close(fd);
}

static void on_client(struct hal_watch *watch, unsigned int events)
{
	struct sim_listener *listener = HAL_CONTAINER_OF(watch, struct sim_listener, watch);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct hal_stream *link;

	(void)events;
	if (fd < 0)
		return;
	if (sim_rfc2217_has_client(listener->port) ||
	    hal_stream_tcp_adopt(listener->loop, fd, &link) < 0)
		refuse(fd);
	else
		sim_rfc2217_connect(listener->port, link);
}

static int listen_on(uint16_t *tcp_port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(*tcp_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, r;

	if (fd < 0)
		return -errno;
	/* Connections of a run before may linger. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, len) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	*tcp_port = ntohs(address.sin_port);
	return fd;
}

int sim_listener_new(struct hal_loop *loop, uint16_t *tcp_port, struct hal_stream *port,
		     struct sim_listener **ret_listener)
{
	struct sim_listener *listener = calloc(1, sizeof(*listener));
	int fd, r;

	if (!listener)
		return -ENOMEM;
	listener->loop = loop;
	listener->port = port;
	hal_watch_init(&listener->watch, on_client);
	fd = listen_on(tcp_port);
	r = fd < 0 ? fd : hal_watch_start(loop, &listener->watch, fd, HAL_IO_READ);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		free(listener);
		return r;
	}
	*ret_listener = listener;
	return 0;
}

void sim_listener_free(struct sim_listener *listener)
{
	if (!listener)
		return;
	hal_watch_stop(listener->loop, &listener->watch);
	close(listener->watch.fd);
	free(listener);
}
