/* SPDX-License-Identifier: MIT */
#ifndef HAL_TELNET_H
#define HAL_TELNET_H

/*
 * Telnet around the bytes of a serial port (RFC 854, 855, 856, 858), for both ends and without I/O:
 * received bytes go in, data and events come out; what is to be sent is put into a ring.
 *
 * Nothing is kept but one suboption, and nothing is answered but by one option command for each
 * one received, so the far end cannot make us store anything. Options other than those that both
 * may have (BINARY, SUPPRESS-GO-AHEAD) and COM-PORT-OPTION, which only the client may, are refused.
 */

#include <stdbool.h>
#include <stdint.h>

#include "hal/com_port.h"
#include "hal/ring.h"
#include "hal/slice.h"

/* Longer suboptions are dropped. */
#define HAL_TELNET_SUB_MAX 64
/* What receiving n bytes puts into the ring, at most: for one byte the rest of a command may have
 * come before. What on_com_port() answers comes on top. */
#define HAL_TELNET_ANSWER_MAX(n) ((n) + 2)

enum hal_telnet_role { HAL_TELNET_CLIENT, HAL_TELNET_SERVER };

struct hal_telnet_events {
	void (*on_data)(void *user, struct hal_slice data);
	/* The other side agrees to COM-PORT-OPTION, or does not; may come again. */
	void (*on_agreed)(void *user, bool agreed);
	/* The answer to hal_telnet_mark(). */
	void (*on_mark)(void *user);
	/* A suboption of COM-PORT-OPTION; command as it came */
	void (*on_com_port)(void *user, uint8_t command, struct hal_slice value);
};

enum hal_telnet_answer { HAL_TELNET_NO, HAL_TELNET_ASKED, HAL_TELNET_YES };

struct hal_telnet {
	const struct hal_telnet_events *events;
	void *user;
	enum hal_telnet_role role;
	struct hal_ring *out;
	enum {
		HAL_TELNET_DATA,
		HAL_TELNET_IAC,
		HAL_TELNET_OPTION,
		HAL_TELNET_SUB,
		HAL_TELNET_SUB_IAC,
	} state;
	uint8_t verb;				/* of the option command under way */
	bool after_cr;				/* received, outside BINARY: a NUL is no data */
	enum hal_telnet_answer ours[3], his[3]; /* by option, see telnet.c */
	size_t sub_len;				/* HAL_TELNET_SUB_MAX + 1: too long */
	char sub[HAL_TELNET_SUB_MAX];
};

/* out, events and user must outlive it. */
void hal_telnet_init(struct hal_telnet *telnet, enum hal_telnet_role role,
		     const struct hal_telnet_events *events, void *user, struct hal_ring *out);

/* Ask for all options, as an end does first. out must be empty, of 32 bytes at least. */
void hal_telnet_start(struct hal_telnet *telnet);

/* out must have room for HAL_TELNET_ANSWER_MAX(in.len); else answers are left out. */
void hal_telnet_receive(struct hal_telnet *telnet, struct hal_slice in);

/* Encode data into out, as much as it has room for. @return bytes taken */
size_t hal_telnet_send(struct hal_telnet *telnet, struct hal_slice data);

/* @return false: out has no room for it, nothing was put there */
bool hal_telnet_send_com_port(struct hal_telnet *telnet, uint8_t command, struct hal_slice value);

/*
 * Ask for an answer to come when all before it has been taken in (TIMING-MARK, RFC 860). Also who
 * does not know it has to refuse it, which is an answer.
 * @return as above
 */
bool hal_telnet_mark(struct hal_telnet *telnet);

#endif
