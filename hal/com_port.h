/* SPDX-License-Identifier: MIT */
#ifndef HAL_COM_PORT_H
#define HAL_COM_PORT_H

/*
 * Telnet's COM-PORT-OPTION: what both ends of a network serial port say (RFC 2217, section 2), and
 * the port as the client wants and knows it. No I/O.
 */

#include "hal/slice.h"
#include "hal/stream.h"

/* The first byte after the option; in what the server says HAL_COM_PORT_SERVER is added. */
enum hal_com_port {
	HAL_COM_PORT_SIGNATURE = 0,
	HAL_COM_PORT_BAUDRATE = 1, /* 4 bytes, high first; 0 asks */
	HAL_COM_PORT_DATASIZE = 2, /* bits; 0 asks, as for the next two */
	HAL_COM_PORT_PARITY = 3,
	HAL_COM_PORT_STOPSIZE = 4, /* 1; 2 */
	HAL_COM_PORT_CONTROL = 5,  /* enum hal_com_port_control */
	HAL_COM_PORT_LINESTATE = 6,
	HAL_COM_PORT_MODEMSTATE = 7,
	HAL_COM_PORT_SUSPEND = 8, /* send no data until RESUME */
	HAL_COM_PORT_RESUME = 9,
	HAL_COM_PORT_LINESTATE_MASK = 10,
	HAL_COM_PORT_MODEMSTATE_MASK = 11,
	HAL_COM_PORT_PURGE = 12, /* 1 what was received; 2 what is to be sent; 3 both */
	HAL_COM_PORT_SERVER = 100,
};

enum hal_com_port_parity {
	HAL_COM_PORT_PARITY_NONE = 1,
	HAL_COM_PORT_PARITY_ODD = 2,
	HAL_COM_PORT_PARITY_EVEN = 3,
};

enum hal_com_port_control {
	HAL_COM_PORT_FLOW_ASK = 0,
	HAL_COM_PORT_FLOW_NONE = 1,
	HAL_COM_PORT_FLOW_XONXOFF = 2,
	HAL_COM_PORT_FLOW_RTSCTS = 3,
	HAL_COM_PORT_BREAK_ASK = 4,
	HAL_COM_PORT_BREAK_ON = 5,
	HAL_COM_PORT_BREAK_OFF = 6,
	HAL_COM_PORT_DTR_ASK = 7,
	HAL_COM_PORT_DTR_ON = 8,
	HAL_COM_PORT_DTR_OFF = 9,
	HAL_COM_PORT_RTS_ASK = 10,
	HAL_COM_PORT_RTS_ON = 11,
	HAL_COM_PORT_RTS_OFF = 12,
};

/* Those of a 16450; the low bits are what has changed since the last report. */
enum hal_com_port_modemstate {
	HAL_COM_PORT_CTS_CHANGED = 1 << 0,
	HAL_COM_PORT_DSR_CHANGED = 1 << 1,
	HAL_COM_PORT_RI_ENDED = 1 << 2,
	HAL_COM_PORT_DCD_CHANGED = 1 << 3,
	HAL_COM_PORT_CTS = 1 << 4,
	HAL_COM_PORT_DSR = 1 << 5,
	HAL_COM_PORT_RI = 1 << 6,
	HAL_COM_PORT_DCD = 1 << 7,
};

enum hal_com_port_linestate {
	HAL_COM_PORT_OVERRUN = 1 << 1,
	HAL_COM_PORT_PARITY_ERROR = 1 << 2,
	HAL_COM_PORT_FRAME_ERROR = 1 << 3,
	HAL_COM_PORT_BREAK = 1 << 4,
};

/* What the client tells, in the order in which a port is set up. */
enum hal_com_port_say {
	HAL_COM_PORT_SAY_BAUDRATE,
	HAL_COM_PORT_SAY_DATASIZE,
	HAL_COM_PORT_SAY_PARITY,
	HAL_COM_PORT_SAY_STOPSIZE,
	HAL_COM_PORT_SAY_FLOW,
	HAL_COM_PORT_SAY_DTR,
	HAL_COM_PORT_SAY_RTS,
	HAL_COM_PORT_SAY_LINESTATE_MASK,
	HAL_COM_PORT_SAY_MODEMSTATE_MASK,
	HAL_COM_PORT_SAY_BREAK,
	HAL_COM_PORT_SAY_PURGE,
	HAL_COM_PORT_SAY_COUNT,
};

struct hal_com_port_client {
	struct hal_stream_config config;
	unsigned int lines; /* enum hal_stream_line; outputs as wanted, inputs as told */
	bool break_on;
	bool knows_inputs;
	struct hal_stream_counters counters;
};

struct hal_com_port_message {
	uint8_t command;
	uint8_t len;
	char value[4];
};

/* What the server is to be told now. */
struct hal_com_port_message hal_com_port_make(const struct hal_com_port_client *port,
					      enum hal_com_port_say say);

enum hal_com_port_news {
	HAL_COM_PORT_NEWS_NONE, /* or nothing that concerns us, or nonsense */
	HAL_COM_PORT_CONFIRMED,
	HAL_COM_PORT_REFUSED, /* the server has another value than wanted */
	HAL_COM_PORT_INPUTS,  /* some have changed, or a break has come */
	HAL_COM_PORT_SUSPENDED,
	HAL_COM_PORT_RESUMED,
};

/* Take in what the server says. @param ret_say written with CONFIRMED and REFUSED */
enum hal_com_port_news hal_com_port_take(struct hal_com_port_client *port, uint8_t command,
					 struct hal_slice value, enum hal_com_port_say *ret_say);

#endif
