/* SPDX-License-Identifier: MIT */
#include "hal/netaddr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char scheme[] = "rfc2217://";

static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-_.";
/* What stands behind % names an interface. */
static const char v6_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789-_.:%";

bool hal_netaddr_is_url(const char *device)
{
	return hal_slice_starts(hal_slice_str(device), HAL_SLICE(scheme));
}

static bool consists_of(struct hal_slice text, const char *chars)
{
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i] || !strchr(chars, text.data[i]))
			return false;
	return text.len > 0 && text.len < HAL_NETADDR_HOST_MAX;
}

/* "[fe80::1]:4000" @return false: no address in brackets with a colon after it */
static bool take_brackets(struct hal_slice text, struct hal_slice *ret_host,
			  struct hal_slice *ret_port)
{
	struct hal_slice rest = hal_slice_skip(text, 1), host;

	if (!hal_slice_token(&rest, ']', &host) || !hal_slice_starts(rest, HAL_SLICE(":")) ||
	    !consists_of(host, v6_chars))
		return false;
	*ret_host = host;
	*ret_port = hal_slice_skip(rest, 1);
	return true;
}

static bool take_name(struct hal_slice text, struct hal_slice *ret_host, struct hal_slice *ret_port)
{
	struct hal_slice host;

	if (!hal_slice_token(&text, ':', &host) || !text.data || !consists_of(host, name_chars))
		return false;
	*ret_host = host;
	*ret_port = text;
	return true;
}

int hal_netaddr_parse(const char *device, struct hal_netaddr *ret_address)
{
	struct hal_slice text = hal_slice_str(device), host, port;
	uint32_t number;
	bool good;

	if (!hal_netaddr_is_url(device))
		return -EINVAL;
	text = hal_slice_skip(text, sizeof(scheme) - 1);
	good = hal_slice_starts(text, HAL_SLICE("[")) ? take_brackets(text, &host, &port)
						      : take_name(text, &host, &port);
	if (!good || hal_slice_u32(port, UINT16_MAX, &number) < 0 || number == 0)
		return -EINVAL;
	(void)hal_slice_copy(host, ret_address->host, sizeof(ret_address->host)); /* fits */
	ret_address->port = (uint16_t)number;
	(void)snprintf(ret_address->text, sizeof(ret_address->text),
		       host.data[-1] == '[' ? "[%s]:%u" : "%s:%u", ret_address->host, number);
	return 0;
}
