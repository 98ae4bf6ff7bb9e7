/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/stream_tcp.h"
#include "wrap.h"

#define PATIENCE_MS 30000

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_stream *s;
	struct hal_netaddr address;
	struct hal_error err;
	int listener, peer;
	unsigned int all, last;
	char got[128];
	size_t got_len;
	bool reads;
};

static void on_event(void *user, unsigned int events)
{
	struct fixture *f = user;
	ssize_t n;

	f->last = events;
	f->all |= events;
	if (!(events & HAL_STREAM_READABLE) || !f->reads)
		return;
	n = hal_stream_read(f->s, f->got + f->got_len, sizeof(f->got) - f->got_len);
	if (n > 0)
		f->got_len += (size_t)n;
}

static int listen_on(int family, uint16_t *ret_port, int backlog)
{
	union hal_socket {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.any.sa_family = (sa_family_t)family};
	socklen_t len = family == AF_INET6 ? sizeof(address.v6) : sizeof(address.v4);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (family == AF_INET6)
		address.v6.sin6_addr = in6addr_loopback;
	else
		address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, &address.any, len) < 0 || listen(fd, backlog) < 0 ||
	    getsockname(fd, &address.any, &len) < 0)
		return -1;
	*ret_port = ntohs(family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
	return fd;
}

static void set_address(struct fixture *f, const char *host, uint16_t port)
{
	char url[64];

	(void)snprintf(url, sizeof(url), "rfc2217://%s:%u", host, port);
	cr_assert_eq(hal_netaddr_parse(url, &f->address), 0);
}

static void setup(struct fixture *f)
{
	uint16_t port = 0;

	memset(f, 0, sizeof(*f));
	f->reads = true;
	f->peer = -1;
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
	f->listener = listen_on(AF_INET, &port, 4);
	cr_assert_geq(f->listener, 0);
	set_address(f, "127.0.0.1", port);
}

static int start(struct fixture *f, uint32_t silence_s)
{
	int r = hal_stream_tcp_connect(f->loop, &f->address, silence_s, &f->err, &f->s);

	if (r == 0)
		hal_stream_set_handler(f->s, on_event, f);
	return r;
}

static void wait_for(struct fixture *f, unsigned int event)
{
	while (!(f->all & event))
		cr_assert_gt(hal_loop_wait(f->loop, PATIENCE_MS), 0);
}

static void connect_it(struct fixture *f)
{
	cr_assert_eq(start(f, 30), 0);
	cr_assert_eq(f->all, 0);
	wait_for(f, HAL_STREAM_OPENED);
	cr_assert_eq(f->last, HAL_STREAM_OPENED);
	f->peer = accept(f->listener, NULL, NULL);
	cr_assert_geq(f->peer, 0);
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->s);
	(void)hal_loop_dispatch(f->loop);
	hal_loop_free(f->loop);
	if (f->peer >= 0)
		close(f->peer);
	if (f->listener >= 0)
		close(f->listener);
}

/* A port where nobody listens. */
static void refuse(struct fixture *f)
{
	close(f->listener);
	f->listener = -1;
}

static void assert_lost(struct fixture *f, int error, const char *why)
{
	wait_for(f, HAL_STREAM_LOST);
	cr_assert_eq(f->s->error, error, "%d", f->s->error);
	cr_assert_not_null(strstr(f->s->why, why), "%s", f->s->why);
	cr_assert_eq(hal_stream_read(f->s, f->got, 1), -ENODEV);
	cr_assert_eq(hal_stream_write(f->s, "x", 1), -ENODEV);
	cr_assert_eq(hal_stream_want_read(f->s, true), -ENODEV);
}

Test(stream_tcp, carries_bytes_both_ways)
{
	struct fixture f;
	char buf[8] = "";

	setup(&f);
	connect_it(&f);
	cr_assert_eq(hal_stream_write(f.s, "hello", 5), 5);
	cr_assert_eq(recv(f.peer, buf, 5, MSG_WAITALL), 5);
	cr_assert_str_eq(buf, "hello");
	cr_assert_eq(send(f.peer, "there", 5, 0), 5);
	wait_for(&f, HAL_STREAM_READABLE);
	cr_assert_eq(memcmp(f.got, "there", f.got_len), 0);
	cr_assert_eq(hal_stream_flush(f.s), -EOPNOTSUPP);
	teardown(&f);
}

Test(stream_tcp, nothing_works_before_the_connection)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(start(&f, 0), 0);
	cr_assert_eq(hal_stream_read(f.s, f.got, 1), -EAGAIN);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), -EAGAIN);
	cr_assert_eq(hal_stream_want_write(f.s, true), 0);
	wait_for(&f, HAL_STREAM_WRITABLE);
	cr_assert(f.all & HAL_STREAM_OPENED);
	teardown(&f);
}

Test(stream_tcp, what_came_before_the_end_can_be_read)
{
	struct fixture f;

	setup(&f);
	connect_it(&f);
	cr_assert_eq(send(f.peer, "bye", 3, 0), 3);
	close(f.peer);
	f.peer = -1;
	assert_lost(&f, -ENODEV, "127.0.0.1:");
	cr_assert_not_null(strstr(f.s->why, "has closed the connection"));
	cr_assert_eq(f.got_len, 3);
	teardown(&f);
}

static void reset_peer(struct fixture *f)
{
	const struct linger now = {.l_onoff = 1};

	cr_assert_eq(setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(f->peer);
	f->peer = -1;
}

Test(stream_tcp, a_reset_is_a_loss_also_while_nobody_reads)
{
	struct fixture f;

	setup(&f);
	connect_it(&f);
	cr_assert_eq(hal_stream_want_read(f.s, false), 0);
	reset_peer(&f);
	assert_lost(&f, -ENODEV, "is lost: Connection reset by peer");
	teardown(&f);
}

Test(stream_tcp, a_loss_is_noticed_by_writing)
{
	struct fixture f;

	setup(&f);
	connect_it(&f);
	wrap_fail_next(&wrap_send, EPIPE);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), -ENODEV);
	assert_lost(&f, -ENODEV, "Broken pipe");
	teardown(&f);
}

Test(stream_tcp, interruptions_are_none)
{
	struct fixture f;

	setup(&f);
	connect_it(&f);
	wrap_fail_next(&wrap_send, EINTR);
	wrap_fail_next(&wrap_recv, EINTR);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), -EAGAIN);
	cr_assert_eq(hal_stream_read(f.s, f.got, 1), -EAGAIN);
	cr_assert_eq(hal_stream_write(f.s, "x", 1), 1);
	teardown(&f);
}

Test(stream_tcp, writing_goes_on_when_the_far_end_reads)
{
	static char block[65536];
	struct fixture f;
	size_t sent = 0, taken = 0;
	ssize_t n;

	setup(&f);
	connect_it(&f);
	while ((n = hal_stream_write(f.s, block, sizeof(block))) > 0)
		sent += (size_t)n;
	cr_assert_eq(n, -EAGAIN);
	cr_assert_eq(hal_stream_want_write(f.s, true), 0);
	while (taken < sent) {
		n = recv(f.peer, block, sizeof(block), 0);
		cr_assert_gt(n, 0);
		taken += (size_t)n;
	}
	wait_for(&f, HAL_STREAM_WRITABLE);
	teardown(&f);
}

Test(stream_tcp, held_bytes_wait)
{
	struct fixture f;

	setup(&f);
	connect_it(&f);
	cr_assert_eq(hal_stream_want_read(f.s, false), 0);
	cr_assert_eq(send(f.peer, "x", 1, 0), 1);
	cr_assert_eq(hal_loop_wait(f.loop, 0), 0);
	cr_assert_eq(hal_stream_want_read(f.s, true), 0);
	wait_for(&f, HAL_STREAM_READABLE);
	teardown(&f);
}

Test(stream_tcp, refusal_is_told_with_host_and_port)
{
	struct fixture f;

	setup(&f);
	refuse(&f);
	cr_assert_eq(start(&f, 30), 0);
	assert_lost(&f, -ENOENT, "connection refused by 127.0.0.1:");
	cr_assert_eq(f.all, HAL_STREAM_LOST);
	teardown(&f);
}

Test(stream_tcp, all_addresses_of_a_host_are_tried)
{
	struct fixture f;
	uint16_t port;
	int v6 = listen_on(AF_INET6, &port, 4);

	if (v6 < 0)
		return; /* no IPv6 here */
	setup(&f);
	refuse(&f);
	f.listener = v6;
	set_address(&f, "localhost", port);
	connect_it(&f);
	teardown(&f);
}

/* With the queue of a listener full, connections get no answer. */
Test(stream_tcp, a_host_that_does_not_answer_is_given_up)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct fixture f = {.peer = -1};
	uint16_t port = 0;
	int fillers[8];

	hal_clock_virtual_init(&f.clock, 0, 0);
	cr_assert_eq(hal_loop_new(&f.clock.clock, &f.loop), 0);
	f.listener = listen_on(AF_INET, &port, 0);
	address.sin_port = htons(port);
	for (size_t i = 0; i < 8; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fillers[i], (const struct sockaddr *)&address, sizeof(address));
	}
	set_address(&f, "127.0.0.1", port);
	cr_assert_eq(start(&f, 30), 0);
	(void)hal_loop_run_virtual(f.loop, &f.clock,
				   (HAL_STREAM_TCP_CONNECT_MS - 1) * HAL_USEC_PER_MSEC, NULL, NULL);
	cr_assert_eq(f.all, 0);
	(void)hal_loop_run_virtual(f.loop, &f.clock, HAL_STREAM_TCP_CONNECT_MS * HAL_USEC_PER_MSEC,
				   NULL, NULL);
	cr_assert_eq(f.all, HAL_STREAM_LOST);
	cr_assert_not_null(strstr(f.s->why, "no answer from 127.0.0.1:"));
	teardown(&f);
	for (size_t i = 0; i < 8; i++)
		close(fillers[i]);
}

Test(stream_tcp, what_the_system_refuses_is_told)
{
	static const struct {
		const char *name;
		struct wrap *wrap;
		unsigned int nth;
		int error;
		int lost;
		const char *why;
	} rows[] = {
		{"address family", &wrap_socket, 1, EAFNOSUPPORT, -EACCES, "drop-in network.conf"},
		{"packet filter", &wrap_socket, 1, EPERM, -EACCES, "lined.conf(5)"},
		{"descriptors", &wrap_socket, 1, EMFILE, -ENOENT, "Too many open files"},
		{"option", &wrap_setsockopt, 1, ENOMEM, -ENOENT, "Cannot allocate memory"},
		{"keep-alive", &wrap_setsockopt, 2, ENOMEM, -ENOENT, "Cannot allocate memory"},
		{"watch", &wrap_epoll_ctl, 1, ENOSPC, -ENOENT, "No space left"},
		{"change of the watch", &wrap_epoll_ctl, 2, ENOMEM, -ENODEV, "Cannot allocate"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		setup(&f);
		cr_assert_eq(start(&f, 30), 0);
		wrap_fail_nth(rows[i].wrap, rows[i].nth, rows[i].error);
		assert_lost(&f, rows[i].lost, rows[i].why);
		rows[i].wrap->fail_to = 0;
		teardown(&f);
	}
}

Test(stream_tcp, unknown_hosts_are_told)
{
	struct fixture f;

	setup(&f);
	set_address(&f, "nobody.invalid", 23);
	cr_assert_eq(start(&f, 30), 0);
	assert_lost(&f, -ENOENT, "there is no host nobody.invalid: ");
	teardown(&f);
}

Test(stream_tcp, memory_that_is_short_is_told_at_once)
{
	for (unsigned int nth = 1; nth <= 2; nth++) {
		struct fixture f;

		setup(&f);
		wrap_fail_nth(&wrap_calloc, nth, ENOMEM);
		cr_assert_eq(start(&f, 30), -ENOMEM);
		cr_assert_not_null(strstr(f.err.text, "Cannot allocate memory"));
		wrap_calloc.fail_to = 0;
		teardown(&f);
	}
}

Test(stream_tcp, can_be_closed_at_any_time)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(start(&f, 30), 0);
	teardown(&f);
	setup(&f);
	cr_assert_eq(start(&f, 30), 0);
	(void)hal_loop_wait(f.loop, PATIENCE_MS);
	teardown(&f);
}

Test(stream_tcp, silence_is_looked_into_only_when_wanted)
{
	struct fixture f;
	unsigned int calls;

	setup(&f);
	cr_assert_eq(start(&f, 0), 0);
	wait_for(&f, HAL_STREAM_OPENED);
	cr_assert_eq(wrap_setsockopt.calls, 1);
	calls = wrap_setsockopt.calls;
	hal_stream_close(f.s);
	f.all = 0;
	cr_assert_eq(start(&f, 1), 0);
	wait_for(&f, HAL_STREAM_OPENED);
	cr_assert_eq(wrap_setsockopt.calls - calls, 5);
	teardown(&f);
}

Test(stream_tcp, connections_that_are_there_are_taken_over)
{
	struct fixture f = {.listener = -1, .reads = true};
	int fds[2];

	cr_assert_eq(hal_loop_new(hal_clock_real(), &f.loop), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	f.peer = fds[1];
	wrap_fail_next(&wrap_calloc, ENOMEM);
	cr_assert_eq(hal_stream_tcp_adopt(f.loop, fds[0], &f.s), -ENOMEM);
	wrap_fail_next(&wrap_epoll_ctl, ENOSPC);
	cr_assert_eq(hal_stream_tcp_adopt(f.loop, fds[0], &f.s), -ENOSPC);
	cr_assert_eq(send(f.peer, "early", 5, 0), 5);
	cr_assert_eq(hal_stream_tcp_adopt(f.loop, fds[0], &f.s), 0);
	hal_stream_set_handler(f.s, on_event, &f);
	cr_assert_gt(hal_loop_wait(f.loop, PATIENCE_MS), 0);
	cr_assert_eq(f.all, HAL_STREAM_OPENED, "comes first");
	wait_for(&f, HAL_STREAM_READABLE);
	cr_assert_eq(f.got_len, 5);
	teardown(&f);
}
