/* SPDX-License-Identifier: MIT */
#include "hal/telnet.h"

#include <string.h>

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };

enum {
	BINARY = 0,
	SUPPRESS_GO_AHEAD = 3,
	TIMING_MARK = 6,
	COM_PORT = 44,
};

static const uint8_t options[] = {BINARY, SUPPRESS_GO_AHEAD, COM_PORT};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

/* Their places in hal_telnet.ours and .his. */
enum { OF_BINARY, OF_GO_AHEAD, OF_COM_PORT, OF_NONE };

static unsigned int find_option(uint8_t option)
{
	unsigned int i = 0;

	while (i < N_OPTIONS && options[i] != option)
		i++;
	return i;
}

void hal_telnet_init(struct hal_telnet *telnet, enum hal_telnet_role role,
		     const struct hal_telnet_events *events, void *user, struct hal_ring *out)
{
	*telnet = (struct hal_telnet){.events = events, .user = user, .role = role, .out = out};
}

/* All of it, or nothing. */
static bool put(struct hal_telnet *telnet, const uint8_t *bytes, size_t len)
{
	if (hal_ring_space(telnet->out) < len)
		return false;
	(void)hal_ring_put(telnet->out, (const char *)bytes, len); /* fits */
	return true;
}

static bool put_option(struct hal_telnet *telnet, uint8_t verb, uint8_t option)
{
	return put(telnet, (const uint8_t[]){IAC, verb, option}, 3);
}

void hal_telnet_start(struct hal_telnet *telnet)
{
	bool is_client = telnet->role == HAL_TELNET_CLIENT;

	for (unsigned int i = 0; i < N_OPTIONS; i++) {
		if (i != OF_COM_PORT || is_client) {
			telnet->ours[i] = HAL_TELNET_ASKED;
			(void)put_option(telnet, WILL, options[i]); /* there is room */
		}
		if (i != OF_COM_PORT || !is_client) {
			telnet->his[i] = HAL_TELNET_ASKED;
			(void)put_option(telnet, DO, options[i]);
		}
	}
}

/* ---- received ---- */

static bool may_have(const struct hal_telnet *telnet, unsigned int option, bool is_ours)
{
	if (option == OF_COM_PORT)
		return is_ours == (telnet->role == HAL_TELNET_CLIENT);
	return option < OF_NONE;
}

static void tell_agreed(struct hal_telnet *telnet, unsigned int option, bool agreed)
{
	if (option == OF_COM_PORT && telnet->events->on_agreed)
		telnet->events->on_agreed(telnet->user, agreed);
}

/* He will or wants us to; yes and no are our answers. */
static void on_offer(struct hal_telnet *telnet, bool is_ours, uint8_t code)
{
	unsigned int option = find_option(code);
	uint8_t yes = is_ours ? WILL : DO, no = is_ours ? WONT : DONT;
	enum hal_telnet_answer *state;

	if (!may_have(telnet, option, is_ours)) {
		/* RFC 860: all before it has been taken in. */
		(void)put_option(telnet, is_ours && code == TIMING_MARK ? yes : no, code);
		return;
	}
	state = is_ours ? &telnet->ours[option] : &telnet->his[option];
	if (*state == HAL_TELNET_YES)
		return;
	/* Who has asked has been answered by this; an answer to it would never end. */
	if (*state == HAL_TELNET_NO)
		(void)put_option(telnet, yes, code);
	*state = HAL_TELNET_YES;
	tell_agreed(telnet, option, true);
}

static void on_refusal(struct hal_telnet *telnet, bool is_ours, uint8_t code)
{
	unsigned int option = find_option(code);
	enum hal_telnet_answer *state;

	if (!may_have(telnet, option, is_ours))
		return;
	state = is_ours ? &telnet->ours[option] : &telnet->his[option];
	if (*state == HAL_TELNET_NO)
		return;
	if (*state == HAL_TELNET_YES)
		(void)put_option(telnet, is_ours ? WONT : DONT, code);
	*state = HAL_TELNET_NO;
	tell_agreed(telnet, option, false);
}

static void on_option(struct hal_telnet *telnet, uint8_t code)
{
	switch (telnet->verb) {
	case WILL:
	case WONT:
		if (code == TIMING_MARK)
			telnet->events->on_mark(telnet->user);
		else if (telnet->verb == WILL)
			on_offer(telnet, false, code);
		else
			on_refusal(telnet, false, code);
		break;
	case DO:
		on_offer(telnet, true, code);
		break;
	default: /* DONT */
		on_refusal(telnet, true, code);
		break;
	}
}

static void on_sub(struct hal_telnet *telnet)
{
	if (telnet->sub_len < 2 || telnet->sub_len > HAL_TELNET_SUB_MAX ||
	    (uint8_t)telnet->sub[0] != COM_PORT)
		return;
	telnet->events->on_com_port(telnet->user, (uint8_t)telnet->sub[1],
				    hal_slice(telnet->sub + 2, telnet->sub_len - 2));
}

static void keep_sub(struct hal_telnet *telnet, uint8_t byte)
{
	if (telnet->sub_len < HAL_TELNET_SUB_MAX)
		telnet->sub[telnet->sub_len] = (char)byte;
	if (telnet->sub_len <= HAL_TELNET_SUB_MAX)
		telnet->sub_len++;
}

/* A byte after IAC; those that mean nothing to us have no option behind them. */
static void on_command(struct hal_telnet *telnet, uint8_t byte)
{
	telnet->state = HAL_TELNET_DATA;
	if (byte == SB) {
		telnet->sub_len = 0;
		telnet->state = HAL_TELNET_SUB;
	} else if (byte >= WILL && byte <= DONT) {
		telnet->verb = byte;
		telnet->state = HAL_TELNET_OPTION;
	}
}

static void on_sub_iac(struct hal_telnet *telnet, uint8_t byte)
{
	telnet->state = HAL_TELNET_SUB;
	if (byte == IAC) {
		keep_sub(telnet, byte);
	} else if (byte == SE) {
		telnet->state = HAL_TELNET_DATA;
		on_sub(telnet);
	} else {
		/* A suboption without an end: what comes now is a command. */
		on_command(telnet, byte);
	}
}

/* Up to the next IAC, or to the NUL that follows a CR outside BINARY. @return bytes used */
static size_t take_data(struct hal_telnet *telnet, struct hal_slice in)
{
	bool binary = telnet->his[OF_BINARY] == HAL_TELNET_YES;
	size_t len = 0;

	if (telnet->after_cr && (uint8_t)in.data[0] != IAC) {
		telnet->after_cr = false;
		if (in.data[0] == '\0')
			return 1;
	}
	while (len < in.len && (uint8_t)in.data[len] != IAC && !telnet->after_cr)
		telnet->after_cr = in.data[len++] == '\r' && !binary;
	if (len > 0)
		telnet->events->on_data(telnet->user, hal_slice(in.data, len));
	if (len < in.len && (uint8_t)in.data[len] == IAC) {
		telnet->state = HAL_TELNET_IAC;
		len++;
	}
	return len;
}

static void take_byte(struct hal_telnet *telnet, const char *byte)
{
	uint8_t code = (uint8_t)*byte;

	switch (telnet->state) {
	case HAL_TELNET_DATA:
		break; /* take_data() */
	case HAL_TELNET_IAC:
		if (code != IAC) {
			on_command(telnet, code);
			break;
		}
		telnet->state = HAL_TELNET_DATA;
		telnet->events->on_data(telnet->user, hal_slice(byte, 1));
		break;
	case HAL_TELNET_OPTION:
		telnet->state = HAL_TELNET_DATA;
		on_option(telnet, code);
		break;
	case HAL_TELNET_SUB:
		if (code == IAC)
			telnet->state = HAL_TELNET_SUB_IAC;
		else
			keep_sub(telnet, code);
		break;
	case HAL_TELNET_SUB_IAC:
		on_sub_iac(telnet, code);
		break;
	}
}

void hal_telnet_receive(struct hal_telnet *telnet, struct hal_slice in)
{
	while (in.len > 0) {
		size_t used = 1;

		if (telnet->state == HAL_TELNET_DATA)
			used = take_data(telnet, in);
		else
			take_byte(telnet, in.data);
		in = hal_slice_skip(in, used);
	}
}

/* ---- to be sent ---- */

size_t hal_telnet_send(struct hal_telnet *telnet, struct hal_slice data)
{
	bool binary = telnet->ours[OF_BINARY] == HAL_TELNET_YES;
	size_t len = 0;

	for (; len < data.len; len++) {
		uint8_t code = (uint8_t)data.data[len];
		bool is_iac = code == IAC, is_cr = code == '\r' && !binary;

		/* IAC IAC is a byte of data, CR NUL a mere CR. */
		if (!put(telnet, (const uint8_t[]){code, is_iac ? IAC : 0},
			 is_iac || is_cr ? 2 : 1))
			break;
	}
	return len;
}

bool hal_telnet_send_com_port(struct hal_telnet *telnet, uint8_t command, struct hal_slice value)
{
	size_t len = 6 + 2 * value.len;

	if (hal_ring_space(telnet->out) < len)
		return false;
	(void)put(telnet, (const uint8_t[]){IAC, SB, COM_PORT, command}, 4); /* all fit */
	for (size_t i = 0; i < value.len; i++) {
		uint8_t code = (uint8_t)value.data[i];

		(void)put(telnet, (const uint8_t[]){code, IAC}, code == IAC ? 2 : 1);
	}
	(void)put(telnet, (const uint8_t[]){IAC, SE}, 2);
	return true;
}

bool hal_telnet_mark(struct hal_telnet *telnet)
{
	return put_option(telnet, DO, TIMING_MARK);
}
