/* SPDX-License-Identifier: MIT */
#include "hal/stream.h"

#include <unistd.h>

#include "hal/netaddr.h"
#include "hal/stream_rfc2217.h"
#include "hal/stream_tty.h"

/* A better descriptor of the same port, where there is one. */
static void improve(const char *path, const struct hal_stream_config *config, int *fd)
{
#ifdef HAVE_LIBSERIALPORT
	int better = hal_stream_serialport_open(path, config);

	if (better < 0)
		return;
	/* While the first is open, closing the other cannot drop DTR. */
	close(*fd);
	*fd = better;
#else
	(void)path;
	(void)config;
	(void)fd;
#endif
}

static int system_open(const struct hal_stream_provider *provider, struct hal_loop *loop,
		       const char *path, const struct hal_stream_config *config,
		       struct hal_error *err, struct hal_stream **ret_stream)
{
	struct hal_portlock lock;
	int fd, r;

	(void)provider;
	if (hal_netaddr_is_url(path))
		return hal_stream_rfc2217_open(loop, path, config, err, ret_stream);
	r = hal_stream_tty_claim(path, err, &lock, &fd);
	if (r < 0)
		return r;
	improve(path, config, &fd);
	r = hal_stream_tty_adopt(loop, fd, path, &lock, config, err, ret_stream);
	if (r < 0) {
		close(fd);
		hal_portlock_release(&lock);
	}
	return r;
}

static const struct hal_stream_provider system_provider = {.open = system_open};

const struct hal_stream_provider *hal_stream_provider_system(void)
{
	return &system_provider;
}
