/* SPDX-License-Identifier: MIT */
#ifndef SIM_LISTENER_H
#define SIM_LISTENER_H

/* Where clients of one RFC 2217 port connect: TCP, on 127.0.0.1 only. */

#include "hal/stream.h"

struct sim_listener;

/*
 * @param tcp_port 0: any; written back
 * @param port     of sim_rfc2217_new(); must outlive the listener
 * @return 0; -EADDRINUSE; -ENOMEM; other -errno
 */
int sim_listener_new(struct hal_loop *loop, uint16_t *tcp_port, struct hal_stream *port,
		     struct sim_listener **ret_listener);
/* Connections stay. NULL is allowed. */
void sim_listener_free(struct sim_listener *listener);

#endif
