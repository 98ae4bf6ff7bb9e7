/* SPDX-License-Identifier: MIT */
#ifndef HAL_NETADDR_H
#define HAL_NETADDR_H

/* Ports of terminal servers, as they are written: rfc2217://HOST:PORT, rfc2217://[V6]:PORT. */

#include <stdbool.h>
#include <stdint.h>

#include "hal/slice.h"

#define HAL_NETADDR_HOST_MAX 128
/* HOST:PORT, with brackets where need be */
#define HAL_NETADDR_TEXT_MAX (HAL_NETADDR_HOST_MAX + 8)

struct hal_netaddr {
	char host[HAL_NETADDR_HOST_MAX]; /* a name, or digits; without brackets */
	uint16_t port;
	char text[HAL_NETADDR_TEXT_MAX]; /* for people */
};

/* Is it meant to be one, rather than a path? */
bool hal_netaddr_is_url(const char *device);

/* @return 0; -EINVAL: no such URL, host or port (1 to 65535) */
int hal_netaddr_parse(const char *device, struct hal_netaddr *ret_address);

#endif
