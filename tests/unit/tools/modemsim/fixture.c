/* SPDX-License-Identifier: MIT */
#include "tests/unit/tools/modemsim/fixture.h"

#include <string.h>

static void on_dte(void *user, unsigned int events)
{
	struct port *port = user;
	ssize_t n;

	if (!(events & HAL_STREAM_READABLE))
		return;
	if (port->deaf) {
		(void)hal_stream_want_read(port->dte, false);
		return;
	}
	n = hal_stream_read(port->dte, port->heard + port->heard_len,
			    sizeof(port->heard) - 1 - port->heard_len);
	if (n <= 0)
		return;
	port->heard_len += (size_t)n;
	port->heard[port->heard_len] = '\0';
	port->reads++;
}

void fixture_init(struct fixture *f)
{
	static const char *const numbers[PORT_MAX] = {"101", "102", "103"};
	struct sim_modem_options options = SIM_MODEM_OPTIONS_DEFAULT;

	memset(f, 0, sizeof(*f));
	options.set_inputs = hal_stream_mem_set_inputs;
	hal_clock_virtual_init(&f->clock, 1000000, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	cr_assert_eq(sim_exchange_new(f->loop, &f->log, &f->exchange), 0);
	for (int i = 0; i < PORT_MAX; i++) {
		struct port *port = &f->port[i];
		struct hal_stream *dce;

		cr_assert_eq(hal_stream_mem_pair(f->loop, NULL, &port->dte, &dce), 0);
		hal_stream_set_handler(port->dte, on_dte, port);
		cr_assert_eq(sim_modem_new(f->exchange, numbers[i], dce, &options, &port->modem),
			     0);
		run_ms(f, 0);
		cr_assert_eq(hal_stream_set_lines(port->dte, HAL_STREAM_DTR, true), 0);
		expect(f, port, "ATE0\r", "ATE0\r\r\nOK\r\n");
	}
}

void fixture_fini(struct fixture *f)
{
	for (int i = 0; i < PORT_MAX; i++) {
		sim_modem_free(f->port[i].modem);
		hal_stream_close(f->port[i].dte);
	}
	cr_assert_eq(sim_exchange_calls(f->exchange), 0);
	sim_exchange_free(f->exchange);
	run_ms(f, 0);
	hal_loop_free(f->loop);
}

void run_ms(struct fixture *f, uint64_t ms)
{
	uint64_t until = hal_loop_now_us(f->loop) + ms * 1000;

	(void)hal_loop_run_virtual(f->loop, &f->clock, until, NULL, NULL);
	hal_clock_virtual_set(&f->clock, until);
}

uint64_t now_ms(const struct fixture *f)
{
	return hal_loop_now_us(f->loop) / 1000;
}

void say_bytes(struct port *port, const char *data, size_t len)
{
	cr_assert_eq(hal_stream_write(port->dte, data, len), (ssize_t)len);
}

void say(struct port *port, const char *text)
{
	say_bytes(port, text, strlen(text));
}

void forget(struct port *port)
{
	port->heard_len = 0;
	port->heard[0] = '\0';
	port->reads = 0;
}

void expect_heard(struct port *port, const char *bytes)
{
	cr_assert_str_eq(port->heard, bytes, "heard '%s', expected '%s'", port->heard, bytes);
}

void expect_after(struct fixture *f, struct port *port, const char *text, uint64_t ms,
		  const char *answer)
{
	forget(port);
	say(port, text);
	run_ms(f, ms);
	cr_assert_str_eq(port->heard, answer, "'%s': heard '%s', expected '%s'", text, port->heard,
			 answer);
}

bool has_heard(const struct port *port, const char *text)
{
	return memmem(port->heard, port->heard_len, text, strlen(text)) != NULL;
}

unsigned int lines_of(struct port *port)
{
	unsigned int lines = 0;

	cr_assert_eq(hal_stream_get_lines(port->dte, &lines), 0);
	return lines;
}

void connect_ports(struct fixture *f)
{
	say(&f->port[0], "ATD102\r");
	run_ms(f, 200);
	say(&f->port[1], "ATA\r");
	run_ms(f, 300);
	cr_assert(sim_modem_is_connected(f->port[0].modem));
	cr_assert(sim_modem_is_connected(f->port[1].modem));
	forget(&f->port[0]);
	forget(&f->port[1]);
}

void escape(struct fixture *f, struct port *port)
{
	run_ms(f, 1100);
	expect_after(f, port, "+++", 1100, "\r\nOK\r\n");
	forget(port);
}

void set_fault(struct port *port, const char *text)
{
	struct sim_fault fault;
	const char *why = "";

	cr_assert_eq(sim_fault_parse(hal_slice_str(text), &fault, &why), 0, "%s: %s", text, why);
	sim_modem_set_fault(port->modem, &fault);
}
