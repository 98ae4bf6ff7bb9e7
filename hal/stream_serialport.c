/* SPDX-License-Identifier: MIT */
#include "hal/stream_tty.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdlib.h>
#include <sys/file.h>

/*
 * libserialport opens and configures; it never reads or writes. Its blocking calls spin and its
 * non-blocking ones hide a hang-up, so the bytes go through the same loop as everywhere.
 */

static enum sp_parity to_parity(enum hal_stream_parity parity)
{
	switch (parity) {
	case HAL_STREAM_PARITY_EVEN:
		return SP_PARITY_EVEN;
	case HAL_STREAM_PARITY_ODD:
		return SP_PARITY_ODD;
	case HAL_STREAM_PARITY_NONE:
		break;
	}
	return SP_PARITY_NONE;
}

static enum sp_flowcontrol to_flow(enum hal_stream_flow flow)
{
	switch (flow) {
	case HAL_STREAM_FLOW_RTSCTS:
		return SP_FLOWCONTROL_RTSCTS;
	case HAL_STREAM_FLOW_XONXOFF:
		return SP_FLOWCONTROL_XONXOFF;
	case HAL_STREAM_FLOW_NONE:
		break;
	}
	return SP_FLOWCONTROL_NONE;
}

static bool configure(struct sp_port *port, const struct hal_stream_config *config)
{
	if (config->baud > 0 && sp_set_baudrate(port, (int)config->baud) != SP_OK)
		return false;
	return sp_set_bits(port, config->bits) == SP_OK &&
	       sp_set_parity(port, to_parity(config->parity)) == SP_OK &&
	       sp_set_stopbits(port, config->stop) == SP_OK &&
	       sp_set_flowcontrol(port, to_flow(config->flow)) == SP_OK;
}

/* The descriptor outlives the port: closing one of two changes nothing on the line. */
static int take_descriptor(struct sp_port *port)
{
	int handle = -1, fd = -1;

	if (sp_get_port_handle(port, &handle) == SP_OK)
		fd = fcntl(handle, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -EOPNOTSUPP;
	/* Some versions lock it; closing a locked tty may leave DTR up. */
	(void)flock(fd, LOCK_UN);
	return fd;
}

int hal_stream_serialport_open(const char *path, const struct hal_stream_config *config)
{
	struct sp_port *port = NULL;
	char *resolved;
	int fd = -EOPNOTSUPP;

	/* Not every version follows symlinks itself. */
	resolved = realpath(path, NULL);
	if (!resolved)
		return -errno;
	if (sp_get_port_by_name(resolved, &port) == SP_OK &&
	    sp_open(port, SP_MODE_READ_WRITE) == SP_OK) {
		if (configure(port, config))
			fd = take_descriptor(port);
		(void)sp_close(port); /* ours stays open, or the caller has another */
	}
	sp_free_port(port);
	free(resolved);
	return fd;
}
