/* SPDX-License-Identifier: MIT */
#ifndef HAL_RESOLVE_H
#define HAL_RESOLVE_H

/*
 * Addresses of a host, without blocking the loop. getaddrinfo() knows all ways to resolve names
 * (DNS, mDNS, files), and blocks; so a process of its own calls it and writes the addresses to a
 * pipe. It belongs to nobody (its parent has ended), holds none of our descriptors, and ends by
 * itself. Addresses in digits, and localhost, are known at once.
 *
 * c-ares would be one more library, and knows only DNS; getaddrinfo_a() starts threads. In a
 * program with threads of its own the forked process relies on its C library to let it allocate.
 */

#include <netinet/in.h>
#include <sys/socket.h>

#include "hal/loop.h"
#include "hal/netaddr.h"

#define HAL_RESOLVE_ADDRESSES_MAX 4
/* resolv.conf's defaults: two attempts of five seconds each */
#define HAL_RESOLVE_LIMIT_S 12

union hal_socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct hal_resolved {
	int error; /* of getaddrinfo(), for gai_strerror(); 0 */
	size_t n;
	union hal_socket_address addresses[HAL_RESOLVE_ADDRESSES_MAX]; /* best first */
};

struct hal_resolve;
/* Called once, from the loop; may free the resolution. */
typedef void (*hal_resolve_fn)(void *user, const struct hal_resolved *resolved);

/* @return 0; -ENOMEM; -errno of fork() or pipe() */
int hal_resolve_new(struct hal_loop *loop, const struct hal_netaddr *host, hal_resolve_fn fn,
		    void *user, struct hal_resolve **ret_resolve);
/* NULL is allowed; fn is not called any more. */
void hal_resolve_free(struct hal_resolve *resolve);

#endif
