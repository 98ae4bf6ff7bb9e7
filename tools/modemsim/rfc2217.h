/* SPDX-License-Identifier: MIT */
#ifndef SIM_RFC2217_H
#define SIM_RFC2217_H

/*
 * A port of an emulated terminal server, as the modem at it sees it: a stream with modem lines. A
 * client, one at a time, comes over any stream and goes again; the port stays. DSR and CTS here are
 * the client's DTR and RTS, off while there is none; DTR and RTS are its DSR and CTS. What is
 * written while there is no client is lost, as on a wire.
 */

#include "hal/stream.h"

/* @return 0; -ENOMEM */
int sim_rfc2217_new(struct hal_loop *loop, struct hal_stream **ret_stream);

/* A client comes; link belongs to the port. There must be none. */
void sim_rfc2217_connect(struct hal_stream *stream, struct hal_stream *link);
bool sim_rfc2217_has_client(struct hal_stream *stream);

/* Set DCD and RI as the client sees them. For sim_modem_options.set_inputs. */
void sim_rfc2217_set_inputs(struct hal_stream *stream, unsigned int lines, bool on);

#endif
