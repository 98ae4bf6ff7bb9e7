/* SPDX-License-Identifier: MIT */
#include "hal/com_port.h"

#define PURGE_BOTH 3

static struct hal_com_port_message make_byte(uint8_t command, uint8_t value)
{
	return (struct hal_com_port_message){command, 1, {(char)value}};
}

static struct hal_com_port_message make_baudrate(uint32_t rate)
{
	return (struct hal_com_port_message){
		HAL_COM_PORT_BAUDRATE,
		4,
		{(char)(rate >> 24), (char)(rate >> 16), (char)(rate >> 8), (char)rate},
	};
}

static uint8_t get_parity(const struct hal_stream_config *config)
{
	switch (config->parity) {
	case HAL_STREAM_PARITY_EVEN:
		return HAL_COM_PORT_PARITY_EVEN;
	case HAL_STREAM_PARITY_ODD:
		return HAL_COM_PORT_PARITY_ODD;
	case HAL_STREAM_PARITY_NONE:
		break;
	}
	return HAL_COM_PORT_PARITY_NONE;
}

static uint8_t get_flow(const struct hal_stream_config *config)
{
	switch (config->flow) {
	case HAL_STREAM_FLOW_RTSCTS:
		return HAL_COM_PORT_FLOW_RTSCTS;
	case HAL_STREAM_FLOW_XONXOFF:
		return HAL_COM_PORT_FLOW_XONXOFF;
	case HAL_STREAM_FLOW_NONE:
		break;
	}
	return HAL_COM_PORT_FLOW_NONE;
}

static struct hal_com_port_message make_control(bool on, enum hal_com_port_control code_on,
						enum hal_com_port_control code_off)
{
	return make_byte(HAL_COM_PORT_CONTROL, (uint8_t)(on ? code_on : code_off));
}

struct hal_com_port_message hal_com_port_make(const struct hal_com_port_client *port,
					      enum hal_com_port_say say)
{
	switch (say) {
	case HAL_COM_PORT_SAY_BAUDRATE:
		return make_baudrate(port->config.baud);
	case HAL_COM_PORT_SAY_DATASIZE:
		return make_byte(HAL_COM_PORT_DATASIZE, port->config.bits);
	case HAL_COM_PORT_SAY_PARITY:
		return make_byte(HAL_COM_PORT_PARITY, get_parity(&port->config));
	case HAL_COM_PORT_SAY_STOPSIZE:
		return make_byte(HAL_COM_PORT_STOPSIZE, port->config.stop);
	case HAL_COM_PORT_SAY_FLOW:
		return make_byte(HAL_COM_PORT_CONTROL, get_flow(&port->config));
	case HAL_COM_PORT_SAY_DTR:
		return make_control(port->lines & HAL_STREAM_DTR, HAL_COM_PORT_DTR_ON,
				    HAL_COM_PORT_DTR_OFF);
	case HAL_COM_PORT_SAY_RTS:
		return make_control(port->lines & HAL_STREAM_RTS, HAL_COM_PORT_RTS_ON,
				    HAL_COM_PORT_RTS_OFF);
	case HAL_COM_PORT_SAY_LINESTATE_MASK:
		return make_byte(HAL_COM_PORT_LINESTATE_MASK,
				 HAL_COM_PORT_OVERRUN | HAL_COM_PORT_PARITY_ERROR |
					 HAL_COM_PORT_FRAME_ERROR | HAL_COM_PORT_BREAK);
	case HAL_COM_PORT_SAY_MODEMSTATE_MASK:
		return make_byte(HAL_COM_PORT_MODEMSTATE_MASK, 0xff);
	case HAL_COM_PORT_SAY_BREAK:
		return make_control(port->break_on, HAL_COM_PORT_BREAK_ON, HAL_COM_PORT_BREAK_OFF);
	case HAL_COM_PORT_SAY_PURGE:
	case HAL_COM_PORT_SAY_COUNT: /* none */
		break;
	}
	return make_byte(HAL_COM_PORT_PURGE, PURGE_BOTH);
}

/* Dividers are never exact; a UART forgives 3 %. */
static bool is_near(uint32_t rate, uint32_t wanted)
{
	uint32_t away = rate > wanted ? rate - wanted : wanted - rate;

	return away <= wanted / 33;
}

static enum hal_com_port_news compare(bool as_wanted, enum hal_com_port_say say,
				      enum hal_com_port_say *ret_say)
{
	*ret_say = say;
	return as_wanted ? HAL_COM_PORT_CONFIRMED : HAL_COM_PORT_REFUSED;
}

static enum hal_com_port_news take_baudrate(const struct hal_com_port_client *port,
					    struct hal_slice value, enum hal_com_port_say *ret_say)
{
	uint32_t rate = 0;

	for (size_t i = 0; i < value.len; i++)
		rate = rate << 8 | (uint8_t)value.data[i];
	if (value.len != 4 || port->config.baud == 0)
		return HAL_COM_PORT_NEWS_NONE;
	return compare(is_near(rate, port->config.baud), HAL_COM_PORT_SAY_BAUDRATE, ret_say);
}

struct input {
	uint8_t level, changed;
	enum hal_stream_line line;
};

static bool take_input(struct hal_com_port_client *port, const struct input *input, uint8_t state,
		       uint32_t *count)
{
	bool on = state & input->level, was_on = port->lines & input->line;

	if (on != was_on)
		port->lines ^= input->line;
	/* What has been before we came does not count. */
	if (!port->knows_inputs)
		return on;
	if (on != was_on)
		*count += 1;
	else if (state & input->changed)
		*count += 2; /* there and back since the last report */
	return on != was_on || (state & input->changed);
}

static enum hal_com_port_news take_modemstate(struct hal_com_port_client *port, uint8_t state)
{
	static const struct input cts = {HAL_COM_PORT_CTS, HAL_COM_PORT_CTS_CHANGED,
					 HAL_STREAM_CTS};
	static const struct input dsr = {HAL_COM_PORT_DSR, HAL_COM_PORT_DSR_CHANGED,
					 HAL_STREAM_DSR};
	static const struct input ri = {HAL_COM_PORT_RI, HAL_COM_PORT_RI_ENDED, HAL_STREAM_RI};
	static const struct input dcd = {HAL_COM_PORT_DCD, HAL_COM_PORT_DCD_CHANGED,
					 HAL_STREAM_DCD};
	bool changed = false;

	changed |= take_input(port, &cts, state, &port->counters.cts);
	changed |= take_input(port, &dsr, state, &port->counters.dsr);
	changed |= take_input(port, &ri, state, &port->counters.ri);
	changed |= take_input(port, &dcd, state, &port->counters.dcd);
	port->knows_inputs = true;
	return changed ? HAL_COM_PORT_INPUTS : HAL_COM_PORT_NEWS_NONE;
}

static enum hal_com_port_news take_linestate(struct hal_com_port_client *port, uint8_t state)
{
	port->counters.overrun += (state & HAL_COM_PORT_OVERRUN) != 0;
	port->counters.parity += (state & HAL_COM_PORT_PARITY_ERROR) != 0;
	port->counters.frame += (state & HAL_COM_PORT_FRAME_ERROR) != 0;
	if (!(state & HAL_COM_PORT_BREAK))
		return HAL_COM_PORT_NEWS_NONE;
	port->counters.brk++;
	return HAL_COM_PORT_INPUTS;
}

/* Commands whose value is one byte. */
static enum hal_com_port_news take_byte(struct hal_com_port_client *port, unsigned int command,
					uint8_t byte, enum hal_com_port_say *ret_say)
{
	switch (command) {
	case HAL_COM_PORT_DATASIZE:
		return compare(byte == port->config.bits, HAL_COM_PORT_SAY_DATASIZE, ret_say);
	case HAL_COM_PORT_PARITY:
		return compare(byte == get_parity(&port->config), HAL_COM_PORT_SAY_PARITY, ret_say);
	case HAL_COM_PORT_STOPSIZE:
		return compare(byte == port->config.stop, HAL_COM_PORT_SAY_STOPSIZE, ret_say);
	case HAL_COM_PORT_CONTROL:
		/* Of the others nothing depends on what the server says. */
		if (byte != HAL_COM_PORT_DTR_ON)
			return HAL_COM_PORT_NEWS_NONE;
		return compare(true, HAL_COM_PORT_SAY_DTR, ret_say);
	case HAL_COM_PORT_MODEMSTATE:
		return take_modemstate(port, byte);
	case HAL_COM_PORT_LINESTATE:
		return take_linestate(port, byte);
	default:
		return HAL_COM_PORT_NEWS_NONE;
	}
}

enum hal_com_port_news hal_com_port_take(struct hal_com_port_client *port, uint8_t command,
					 struct hal_slice value, enum hal_com_port_say *ret_say)
{
	if (command < HAL_COM_PORT_SERVER)
		return HAL_COM_PORT_NEWS_NONE;
	switch (command - HAL_COM_PORT_SERVER) {
	case HAL_COM_PORT_SUSPEND:
		return HAL_COM_PORT_SUSPENDED;
	case HAL_COM_PORT_RESUME:
		return HAL_COM_PORT_RESUMED;
	case HAL_COM_PORT_BAUDRATE:
		return take_baudrate(port, value, ret_say);
	default:
		break;
	}
	if (value.len != 1)
		return HAL_COM_PORT_NEWS_NONE;
	return take_byte(port, command - HAL_COM_PORT_SERVER, (uint8_t)value.data[0], ret_say);
}
