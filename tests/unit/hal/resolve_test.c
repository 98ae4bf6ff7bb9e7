/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hal/resolve.h"
#include "wrap.h"

#define PATIENCE_MS 30000

/* What the library says to names; addresses in digits it knows as ever. */
static enum { SAYS_NOTHING, SAYS_ADDRESSES, SAYS_NO } names;

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **ret_list);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **ret_list);

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
		       struct addrinfo **ret_list)
{
	if (hints->ai_flags & AI_NUMERICHOST)
		return __real_getaddrinfo(host, port, hints, ret_list);
	if (names == SAYS_NOTHING)
		pause();
	if (names == SAYS_NO)
		return EAI_NONAME;
	return __real_getaddrinfo("192.0.2.7", port, hints, ret_list);
}

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_resolve *resolve;
	struct hal_netaddr host;
	struct hal_resolved resolved;
	int calls;
};

static void on_resolved(void *user, const struct hal_resolved *resolved)
{
	struct fixture *f = user;

	f->calls++;
	f->resolved = *resolved;
	hal_resolve_free(f->resolve);
	f->resolve = NULL;
}

static int start(struct fixture *f, const char *host)
{
	(void)snprintf(f->host.host, sizeof(f->host.host), "%s", host);
	f->host.port = 4000;
	return hal_resolve_new(f->loop, &f->host, on_resolved, f, &f->resolve);
}

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	cr_assert_eq(hal_loop_new(hal_clock_real(), &f->loop), 0);
}

static void teardown(struct fixture *f)
{
	hal_resolve_free(f->resolve);
	(void)hal_loop_dispatch(f->loop);
	hal_loop_free(f->loop);
}

static void wait_for_answer(struct fixture *f)
{
	while (f->calls == 0)
		cr_assert_gt(hal_loop_wait(f->loop, PATIENCE_MS), 0);
}

static void assert_address(const struct fixture *f, size_t index, const char *text)
{
	const union hal_socket_address *address = &f->resolved.addresses[index];
	char buf[INET6_ADDRSTRLEN];
	bool v6 = address->any.sa_family == AF_INET6;

	cr_assert_not_null(inet_ntop(address->any.sa_family,
				     v6 ? (const void *)&address->v6.sin6_addr
					: (const void *)&address->v4.sin_addr,
				     buf, sizeof(buf)));
	cr_assert_str_eq(buf, text);
	cr_assert_eq(v6 ? address->v6.sin6_port : address->v4.sin_port, htons(4000));
}

Test(resolve, what_is_known_needs_no_process_and_comes_from_the_loop)
{
	static const struct {
		const char *host;
		size_t n;
		const char *first;
	} rows[] = {
		{"192.0.2.1", 1, "192.0.2.1"},
		{"2001:db8::1", 1, "2001:db8::1"},
		{"localhost", 2, "127.0.0.1"},
		{"LocalHost", 2, "127.0.0.1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;

		setup(&f);
		cr_assert_eq(start(&f, rows[i].host), 0);
		cr_assert_eq(f.calls, 0);
		wait_for_answer(&f);
		cr_assert_eq(f.calls, 1);
		cr_assert_eq(f.resolved.error, 0);
		cr_assert_eq(f.resolved.n, rows[i].n, "%s", rows[i].host);
		assert_address(&f, 0, rows[i].first);
		teardown(&f);
	}
	cr_assert_eq(wrap_fork.calls, 0);
}

Test(resolve, names_are_looked_up_by_a_process_of_its_own)
{
	struct fixture f;

	setup(&f);
	names = SAYS_ADDRESSES;
	cr_assert_eq(start(&f, "ts1.example.org"), 0);
	cr_assert_eq(f.calls, 0);
	wait_for_answer(&f);
	cr_assert_eq(f.resolved.error, 0);
	cr_assert_eq(f.resolved.n, 1);
	assert_address(&f, 0, "192.0.2.7");
	cr_assert_eq(wrap_fork.calls, 1, "the other one is the child's");
	teardown(&f);
}

Test(resolve, a_name_that_there_is_not_is_told)
{
	struct fixture f;

	setup(&f);
	names = SAYS_NO;
	cr_assert_eq(start(&f, "nobody.invalid"), 0);
	wait_for_answer(&f);
	cr_assert_eq(f.resolved.error, EAI_NONAME);
	cr_assert_eq(f.resolved.n, 0);
	teardown(&f);
}

Test(resolve, a_process_that_dies_is_no_answer)
{
	struct fixture f;

	setup(&f);
	names = SAYS_ADDRESSES;
	wrap_fail_always(&wrap_write, EPIPE);
	cr_assert_eq(start(&f, "ts1.example.org"), 0);
	wait_for_answer(&f);
	cr_assert_eq(f.resolved.error, EAI_AGAIN);
	teardown(&f);
}

Test(resolve, name_servers_that_say_nothing_are_given_up)
{
	struct fixture f = {0};

	hal_clock_virtual_init(&f.clock, 0, 0);
	cr_assert_eq(hal_loop_new(&f.clock.clock, &f.loop), 0);
	cr_assert_eq(start(&f, "ts1.example.org"), 0);
	(void)hal_loop_run_virtual(f.loop, &f.clock, (HAL_RESOLVE_LIMIT_S - 1) * HAL_USEC_PER_SEC,
				   NULL, NULL);
	cr_assert_eq(f.calls, 0);
	(void)hal_loop_run_virtual(f.loop, &f.clock, HAL_RESOLVE_LIMIT_S * HAL_USEC_PER_SEC, NULL,
				   NULL);
	cr_assert_eq(f.calls, 1);
	cr_assert_eq(f.resolved.error, EAI_AGAIN);
	teardown(&f);
}

Test(resolve, the_process_has_none_of_our_descriptors)
{
	struct pollfd p = {.events = POLLIN};
	struct fixture f;
	int fds[2];

	setup(&f);
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(start(&f, "ts1.example.org"), 0);
	close(fds[1]);
	p.fd = fds[0];
	cr_assert_eq(poll(&p, 1, PATIENCE_MS), 1, "somebody else can still write");
	cr_assert(p.revents & POLLHUP);
	cr_assert_eq(f.calls, 0);
	close(fds[0]);
	teardown(&f);
}

Test(resolve, nobody_is_told_after_the_end)
{
	struct fixture f;

	setup(&f);
	cr_assert_eq(start(&f, "127.0.0.1"), 0);
	hal_resolve_free(f.resolve);
	cr_assert_eq(start(&f, "ts1.example.org"), 0);
	hal_resolve_free(f.resolve);
	f.resolve = NULL;
	hal_resolve_free(NULL);
	while (hal_loop_wait(f.loop, 0) > 0)
		;
	cr_assert_eq(f.calls, 0);
	teardown(&f);
}

Test(resolve, what_fails_leaves_nothing_behind)
{
	static const struct {
		struct wrap *wrap;
		unsigned int nth;
		int error;
		int r;
	} rows[] = {
		{&wrap_calloc, 1, ENOMEM, -ENOMEM},    {&wrap_pipe2, 1, EMFILE, -EMFILE},
		{&wrap_fork, 1, EAGAIN, -EAGAIN},      {&wrap_fork, 2, ENOMEM, -EAGAIN},
		{&wrap_epoll_ctl, 1, ENOSPC, -ENOSPC},
	};

	names = SAYS_NO;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		int before, after;

		setup(&f);
		before = dup(0);
		close(before);
		wrap_fail_nth(rows[i].wrap, rows[i].nth, rows[i].error);
		cr_assert_eq(start(&f, "ts1.example.org"), rows[i].r, "row %zu", i);
		rows[i].wrap->fail_to = 0;
		after = dup(0);
		cr_assert_eq(after, before, "row %zu: a descriptor is left open", i);
		close(after);
		teardown(&f);
	}
}
