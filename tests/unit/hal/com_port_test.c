/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "hal/com_port.h"

#define S HAL_COM_PORT_SERVER

static const struct hal_com_port_client port_7e2 = {
	.config = {.baud = 57600,
		   .bits = 7,
		   .stop = 2,
		   .parity = HAL_STREAM_PARITY_EVEN,
		   .flow = HAL_STREAM_FLOW_RTSCTS},
	.lines = HAL_STREAM_DTR,
	.break_on = true,
};
static const struct hal_com_port_client port_8o1 = {
	.config = {.baud = 4000000,
		   .bits = 8,
		   .stop = 1,
		   .parity = HAL_STREAM_PARITY_ODD,
		   .flow = HAL_STREAM_FLOW_XONXOFF},
	.lines = HAL_STREAM_RTS,
};
static const struct hal_com_port_client port_8n1 = {
	.config = {.baud = 300, .bits = 8, .stop = 1},
};

static const struct {
	const char *name;
	const struct hal_com_port_client *port;
	enum hal_com_port_say say;
	uint8_t command, len;
	uint8_t value[4];
} made[] = {
	{"rate", &port_7e2, HAL_COM_PORT_SAY_BAUDRATE, 1, 4, {0, 0, 0xe1, 0}},
	{"high rate", &port_8o1, HAL_COM_PORT_SAY_BAUDRATE, 1, 4, {0, 0x3d, 0x09, 0}},
	{"7 bits", &port_7e2, HAL_COM_PORT_SAY_DATASIZE, 2, 1, {7}},
	{"even", &port_7e2, HAL_COM_PORT_SAY_PARITY, 3, 1, {3}},
	{"odd", &port_8o1, HAL_COM_PORT_SAY_PARITY, 3, 1, {2}},
	{"none", &port_8n1, HAL_COM_PORT_SAY_PARITY, 3, 1, {1}},
	{"2 stop bits", &port_7e2, HAL_COM_PORT_SAY_STOPSIZE, 4, 1, {2}},
	{"RTS/CTS", &port_7e2, HAL_COM_PORT_SAY_FLOW, 5, 1, {3}},
	{"XON/XOFF", &port_8o1, HAL_COM_PORT_SAY_FLOW, 5, 1, {2}},
	{"no flow control", &port_8n1, HAL_COM_PORT_SAY_FLOW, 5, 1, {1}},
	{"DTR on", &port_7e2, HAL_COM_PORT_SAY_DTR, 5, 1, {8}},
	{"DTR off", &port_8o1, HAL_COM_PORT_SAY_DTR, 5, 1, {9}},
	{"RTS on", &port_8o1, HAL_COM_PORT_SAY_RTS, 5, 1, {11}},
	{"RTS off", &port_7e2, HAL_COM_PORT_SAY_RTS, 5, 1, {12}},
	{"break on", &port_7e2, HAL_COM_PORT_SAY_BREAK, 5, 1, {5}},
	{"break off", &port_8n1, HAL_COM_PORT_SAY_BREAK, 5, 1, {6}},
	{"errors", &port_8n1, HAL_COM_PORT_SAY_LINESTATE_MASK, 10, 1, {0x1e}},
	{"modem lines", &port_8n1, HAL_COM_PORT_SAY_MODEMSTATE_MASK, 11, 1, {0xff}},
	{"purge", &port_8n1, HAL_COM_PORT_SAY_PURGE, 12, 1, {3}},
};

Test(com_port, what_is_said_is_what_is_wanted)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		struct hal_com_port_message m = hal_com_port_make(made[i].port, made[i].say);

		cr_assert_eq(m.command, made[i].command, "%s", made[i].name);
		cr_assert_eq(m.len, made[i].len, "%s", made[i].name);
		cr_assert_eq(memcmp(m.value, made[i].value, m.len), 0, "%s", made[i].name);
	}
}

static const struct {
	const char *name;
	const struct hal_com_port_client *port;
	uint8_t command, len;
	uint8_t value[4];
	enum hal_com_port_news news;
	enum hal_com_port_say say;
} answers[] = {
	{"rate",
	 &port_7e2,
	 S + 1,
	 4,
	 {0, 0, 0xe1, 0},
	 HAL_COM_PORT_CONFIRMED,
	 HAL_COM_PORT_SAY_BAUDRATE},
	{"nearly",
	 &port_7e2,
	 S + 1,
	 4,
	 {0, 0, 0xe0, 0},
	 HAL_COM_PORT_CONFIRMED,
	 HAL_COM_PORT_SAY_BAUDRATE},
	{"another rate",
	 &port_7e2,
	 S + 1,
	 4,
	 {0, 0, 0x25, 0x80},
	 HAL_COM_PORT_REFUSED,
	 HAL_COM_PORT_SAY_BAUDRATE},
	{"too fast",
	 &port_8n1,
	 S + 1,
	 4,
	 {0xff, 0xff, 0xff, 0xff},
	 HAL_COM_PORT_REFUSED,
	 HAL_COM_PORT_SAY_BAUDRATE},
	{"half a rate", &port_7e2, S + 1, 2, {0, 0}, HAL_COM_PORT_NEWS_NONE, 0},
	{"bits", &port_7e2, S + 2, 1, {7}, HAL_COM_PORT_CONFIRMED, HAL_COM_PORT_SAY_DATASIZE},
	{"other bits", &port_7e2, S + 2, 1, {8}, HAL_COM_PORT_REFUSED, HAL_COM_PORT_SAY_DATASIZE},
	{"parity", &port_8o1, S + 3, 1, {2}, HAL_COM_PORT_CONFIRMED, HAL_COM_PORT_SAY_PARITY},
	{"no parity", &port_8o1, S + 3, 1, {1}, HAL_COM_PORT_REFUSED, HAL_COM_PORT_SAY_PARITY},
	{"stop bits", &port_8o1, S + 4, 1, {1}, HAL_COM_PORT_CONFIRMED, HAL_COM_PORT_SAY_STOPSIZE},
	{"1.5", &port_8o1, S + 4, 1, {3}, HAL_COM_PORT_REFUSED, HAL_COM_PORT_SAY_STOPSIZE},
	{"DTR", &port_8o1, S + 5, 1, {8}, HAL_COM_PORT_CONFIRMED, HAL_COM_PORT_SAY_DTR},
	{"flow control", &port_8o1, S + 5, 1, {1}, HAL_COM_PORT_NEWS_NONE, 0},
	{"suspend", &port_8o1, S + 8, 0, {0}, HAL_COM_PORT_SUSPENDED, 0},
	{"resume", &port_8o1, S + 9, 0, {0}, HAL_COM_PORT_RESUMED, 0},
	{"no value", &port_8o1, S + 2, 0, {0}, HAL_COM_PORT_NEWS_NONE, 0},
	{"two values", &port_8o1, S + 2, 2, {8, 8}, HAL_COM_PORT_NEWS_NONE, 0},
	{"a client's command", &port_8o1, 2, 1, {8}, HAL_COM_PORT_NEWS_NONE, 0},
	{"mask", &port_8o1, S + 11, 1, {0xff}, HAL_COM_PORT_NEWS_NONE, 0},
	{"unknown", &port_8o1, 255, 1, {1}, HAL_COM_PORT_NEWS_NONE, 0},
};

Test(com_port, answers_confirm_or_refuse)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct hal_com_port_client port = *answers[i].port;
		enum hal_com_port_say say = HAL_COM_PORT_SAY_COUNT;
		bool says = answers[i].news == HAL_COM_PORT_CONFIRMED ||
			    answers[i].news == HAL_COM_PORT_REFUSED;

		cr_assert_eq(
			hal_com_port_take(&port, answers[i].command,
					  hal_slice((const char *)answers[i].value, answers[i].len),
					  &say),
			answers[i].news, "%s", answers[i].name);
		cr_assert_eq(say, says ? answers[i].say : HAL_COM_PORT_SAY_COUNT, "%s",
			     answers[i].name);
	}
}

Test(com_port, a_rate_that_is_left_alone_cannot_be_wrong)
{
	struct hal_com_port_client port = port_8n1;
	enum hal_com_port_say say;

	port.config.baud = 0;
	cr_assert_eq(hal_com_port_take(&port, S + 1, hal_slice("\0\0\x25\x80", 4), &say),
		     HAL_COM_PORT_NEWS_NONE);
}

static enum hal_com_port_news take(struct hal_com_port_client *port, uint8_t command, uint8_t value)
{
	enum hal_com_port_say say;
	char byte = (char)value;

	return hal_com_port_take(port, (uint8_t)(S + command), hal_slice(&byte, 1), &say);
}

static const struct {
	const char *name;
	uint8_t state;
	enum hal_com_port_news news;
	unsigned int lines;
	uint32_t cts, dsr, ri, dcd;
} states[] = {
	{"the first counts nothing", 0x3b, HAL_COM_PORT_INPUTS, HAL_STREAM_CTS | HAL_STREAM_DSR, 0,
	 0, 0, 0},
	{"again", 0x30, HAL_COM_PORT_NEWS_NONE, HAL_STREAM_CTS | HAL_STREAM_DSR, 0, 0, 0, 0},
	{"DCD", 0xb8, HAL_COM_PORT_INPUTS, HAL_STREAM_CTS | HAL_STREAM_DSR | HAL_STREAM_DCD, 0, 0,
	 0, 1},
	{"DCD down and up", 0xb8, HAL_COM_PORT_INPUTS,
	 HAL_STREAM_CTS | HAL_STREAM_DSR | HAL_STREAM_DCD, 0, 0, 0, 3},
	{"DCD down", 0x30, HAL_COM_PORT_INPUTS, HAL_STREAM_CTS | HAL_STREAM_DSR, 0, 0, 0, 4},
	{"RI", 0x70, HAL_COM_PORT_INPUTS, HAL_STREAM_CTS | HAL_STREAM_DSR | HAL_STREAM_RI, 0, 0, 1,
	 4},
	{"RI ends", 0x34, HAL_COM_PORT_INPUTS, HAL_STREAM_CTS | HAL_STREAM_DSR, 0, 0, 2, 4},
	{"all gone", 0x03, HAL_COM_PORT_INPUTS, 0, 1, 1, 2, 4},
};

Test(com_port, modem_lines_are_followed_and_their_changes_counted)
{
	struct hal_com_port_client port = {.lines = HAL_STREAM_DTR};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		cr_assert_eq(take(&port, HAL_COM_PORT_MODEMSTATE, states[i].state), states[i].news,
			     "%s", states[i].name);
		cr_assert_eq(port.lines, states[i].lines | HAL_STREAM_DTR, "%s", states[i].name);
		cr_assert_eq(port.counters.cts, states[i].cts, "%s", states[i].name);
		cr_assert_eq(port.counters.dsr, states[i].dsr, "%s", states[i].name);
		cr_assert_eq(port.counters.ri, states[i].ri, "%s", states[i].name);
		cr_assert_eq(port.counters.dcd, states[i].dcd, "%s", states[i].name);
	}
}

Test(com_port, line_errors_and_breaks_are_counted)
{
	struct hal_com_port_client port = {0};

	cr_assert_eq(take(&port, HAL_COM_PORT_LINESTATE, 0x1e), HAL_COM_PORT_INPUTS);
	cr_assert_eq(take(&port, HAL_COM_PORT_LINESTATE, 0x10), HAL_COM_PORT_INPUTS);
	cr_assert_eq(take(&port, HAL_COM_PORT_LINESTATE, 0xe1), HAL_COM_PORT_NEWS_NONE);
	cr_assert_eq(port.counters.brk, 2);
	cr_assert_eq(port.counters.frame, 1);
	cr_assert_eq(port.counters.parity, 1);
	cr_assert_eq(port.counters.overrun, 1);
}
