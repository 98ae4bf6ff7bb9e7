/* SPDX-License-Identifier: MIT */
#ifndef HAL_STREAM_TCP_H
#define HAL_STREAM_TCP_H

/*
 * The bytes of a TCP connection, without modem lines: what network serial ports are carried by.
 * What has arrived before the far end closed the connection can be read; then it is lost.
 */

#include "hal/netaddr.h"
#include "hal/stream.h"

/* For each address of the host */
#define HAL_STREAM_TCP_CONNECT_MS 5000

/*
 * Resolve the name and connect. HAL_STREAM_OPENED or HAL_STREAM_LOST follows, within bounded time.
 * @param silence_s the system asks a connection that is silent for a sign of life, and gives it up
 *                  after so many seconds without one; 0: never
 * @return 0; -ENOMEM; -errno of the resolution; err is filled on failure
 */
int hal_stream_tcp_connect(struct hal_loop *loop, const struct hal_netaddr *address,
			   uint32_t silence_s, struct hal_error *err,
			   struct hal_stream **ret_stream);

/* Take over a connection that is there; fd belongs to the stream on success. @return 0; -errno */
int hal_stream_tcp_adopt(struct hal_loop *loop, int fd, struct hal_stream **ret_stream);

#endif
