/* SPDX-License-Identifier: MIT */
#include "hal/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct hal_resolve {
	struct hal_loop *loop;
	hal_resolve_fn fn;
	void *user;
	struct hal_watch watch; /* of the pipe; fd -1: the answer is known */
	struct hal_work work;	/* tells what is known; after free: frees */
	struct hal_timer timer;
	struct hal_resolved resolved;
};

static void tell(struct hal_resolve *resolve)
{
	hal_watch_stop(resolve->loop, &resolve->watch);
	hal_timer_cancel(resolve->loop, &resolve->timer);
	resolve->fn(resolve->user, &resolve->resolved);
}

static void fail(struct hal_resolve *resolve, int error)
{
	resolve->resolved = (struct hal_resolved){.error = error};
	tell(resolve);
}

static void add(struct hal_resolved *resolved, const struct sockaddr *address, size_t len)
{
	if (resolved->n < HAL_RESOLVE_ADDRESSES_MAX && len <= sizeof(resolved->addresses[0]))
		memcpy(&resolved->addresses[resolved->n++], address, len);
}

/* ---- the process of its own ---- */

static void look_up(const struct hal_netaddr *host, int flags, struct hal_resolved *ret_resolved)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", host->port);
	*ret_resolved =
		(struct hal_resolved){.error = getaddrinfo(host->host, port, &hints, &list)};
	if (ret_resolved->error)
		return;
	for (const struct addrinfo *item = list; item; item = item->ai_next)
		add(ret_resolved, item->ai_addr, item->ai_addrlen);
	freeaddrinfo(list);
}

/* A tty that is closed must fall silent, whatever the name servers do. */
static void close_all_but(int fd)
{
	int max = (int)sysconf(_SC_OPEN_MAX);

	if (dup2(fd, 0) < 0)
		_exit(1);
#ifdef CLOSE_RANGE_CLOEXEC
	if (close_range(1, ~0U, 0) == 0)
		return;
#endif
	for (fd = 1; fd < max; fd++)
		close(fd);
}

static void be_mortal(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)signal(SIGALRM, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(HAL_RESOLVE_LIMIT_S);
}

static void run_child(const struct hal_netaddr *host, int pipe_fd)
{
	struct hal_resolved resolved;

	close_all_but(pipe_fd);
	be_mortal();
	look_up(host, 0, &resolved);
	/* Less than PIPE_BUF: all, or nothing when nobody waits any more. */
	_exit(write(0, &resolved, sizeof(resolved)) == (ssize_t)sizeof(resolved) ? 0 : 1);
}

/* The child of a child that ends at once: nobody has to wait for it. */
static int start_child(const struct hal_netaddr *host, int pipe_fd)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			run_child(host, pipe_fd);
		_exit(pid < 0 ? 1 : 0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : -EAGAIN;
}

/* ---- ours ---- */

static void on_pipe(struct hal_watch *watch, unsigned int events)
{
	struct hal_resolve *resolve = HAL_CONTAINER_OF(watch, struct hal_resolve, watch);
	ssize_t n = read(watch->fd, &resolve->resolved, sizeof(resolve->resolved));

	(void)events;
	if (n == (ssize_t)sizeof(resolve->resolved))
		tell(resolve);
	else
		fail(resolve, EAI_AGAIN);
}

static void on_timer(struct hal_timer *timer)
{
	fail(HAL_CONTAINER_OF(timer, struct hal_resolve, timer), EAI_AGAIN);
}

static void on_work(struct hal_work *work)
{
	tell(HAL_CONTAINER_OF(work, struct hal_resolve, work));
}

/* RFC 6761: localhost is this machine, nobody has to be asked. */
static void add_localhost(uint16_t port, struct hal_resolved *ret_resolved)
{
	const struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};

	*ret_resolved = (struct hal_resolved){0};
	add(ret_resolved, (const struct sockaddr *)&v4, sizeof(v4));
	add(ret_resolved, (const struct sockaddr *)&v6, sizeof(v6));
}

static bool is_known(const struct hal_netaddr *host, struct hal_resolved *ret_resolved)
{
	if (hal_slice_ieq(hal_slice_str(host->host), HAL_SLICE("localhost"))) {
		add_localhost(host->port, ret_resolved);
		return true;
	}
	look_up(host, AI_NUMERICHOST, ret_resolved);
	return ret_resolved->error == 0;
}

static int ask(struct hal_resolve *resolve, const struct hal_netaddr *host)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	r = start_child(host, fds[1]);
	close(fds[1]);
	if (r == 0)
		r = hal_watch_start(resolve->loop, &resolve->watch, fds[0], HAL_IO_READ);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	hal_timer_arm_ms(resolve->loop, &resolve->timer, HAL_RESOLVE_LIMIT_S * 1000);
	return 0;
}

int hal_resolve_new(struct hal_loop *loop, const struct hal_netaddr *host, hal_resolve_fn fn,
		    void *user, struct hal_resolve **ret_resolve)
{
	struct hal_resolve *resolve = calloc(1, sizeof(*resolve));
	int r = 0;

	if (!resolve)
		return -ENOMEM;
	resolve->loop = loop;
	resolve->fn = fn;
	resolve->user = user;
	hal_watch_init(&resolve->watch, on_pipe);
	hal_work_init(&resolve->work, on_work);
	hal_timer_init(&resolve->timer, on_timer);
	if (is_known(host, &resolve->resolved))
		hal_work_queue(loop, &resolve->work);
	else
		r = ask(resolve, host);
	if (r < 0) {
		free(resolve);
		return r;
	}
	*ret_resolve = resolve;
	return 0;
}

static void free_resolve(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct hal_resolve, work));
}

void hal_resolve_free(struct hal_resolve *resolve)
{
	if (!resolve)
		return;
	hal_watch_stop(resolve->loop, &resolve->watch);
	hal_timer_cancel(resolve->loop, &resolve->timer);
	if (resolve->watch.fd >= 0)
		close(resolve->watch.fd);
	hal_work_cancel(&resolve->work);
	hal_loop_free_later(resolve->loop, &resolve->work, free_resolve);
}
