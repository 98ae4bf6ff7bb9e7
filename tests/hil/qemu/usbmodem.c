/* SPDX-License-Identifier: MIT */

/*
 * Emulated USB modems for a machine with vhci_hcd: those of modemsim(1), with its scenario files,
 * its exchange and its control language on standard input, at USB plugs instead of ptys. The first
 * modem is at port 0, the next at port 1. "serial" is their USB serial number, too.
 *
 *	usbmodem SCENARIO
 *
 * Instead of modemsim's plug and unplug there are:
 *
 *	plug NAME...     at their ports again
 *	unplug NAME...   all at once; the answer begins with the time, {"us":CLOCK_MONOTONIC}
 *	usb              one line of JSON for each modem: what the host has set
 *	tell NAME EVENT  of the line: break, framing, parity, overrun
 */

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/stream_mem.h"
#include "tools/modemsim/control.h"

#include "tests/hil/qemu/cdc_acm.h"

#define VENDOR	 0x1d6b /* Linux Foundation */
#define PRODUCT	 0x0104 /* multifunction composite gadget */
#define RETRY_MS 10	/* the kernel needs some time to get rid of a device */

struct plug {
	struct cdc_acm acm;
	struct hal_loop *loop;
	struct sim_modem *modem;
	unsigned int port;
	struct hal_timer retry;
};

struct program {
	struct hal_loop *loop;
	struct hal_log log;
	struct sim_config config;
	struct sim_site site; /* for the control language; its ports are our plugs, in that order */
	struct plug *plugs;
	struct hal_watch input;
	bool quit;
	size_t line_len;
	char line[SIM_CONTROL_LINE_MAX];
};

/* ---- plugs ---- */

static int plug_in(struct plug *plug)
{
	struct hal_stream *ours, *theirs;
	int r;

	r = hal_stream_mem_pair(plug->loop, NULL, &ours, &theirs);
	if (r < 0)
		return r;
	r = cdc_acm_plug(&plug->acm, plug->port, ours);
	if (r < 0) {
		hal_stream_close(ours);
		hal_stream_close(theirs);
		return r;
	}
	return sim_modem_attach(plug->modem, theirs);
}

static int plug_in_when_free(struct plug *plug)
{
	int r = plug_in(plug);

	if (r != -EBUSY)
		return r;
	hal_timer_arm_ms(plug->loop, &plug->retry, RETRY_MS);
	return 0;
}

static void on_retry(struct hal_timer *timer)
{
	int r = plug_in_when_free(HAL_CONTAINER_OF(timer, struct plug, retry));

	if (r < 0)
		fprintf(stderr, "usbmodem: plug: %s\n", strerror(-r));
}

static void pull_out(struct plug *plug)
{
	hal_timer_cancel(plug->loop, &plug->retry);
	cdc_acm_unplug(&plug->acm);
	sim_modem_detach(plug->modem);
}

/* ---- control ---- */

static struct plug *take_plug(struct program *program, struct hal_slice *rest)
{
	struct hal_slice name;
	struct sim_site_port *port;

	if (!hal_slice_token(rest, ' ', &name))
		return NULL;
	port = sim_site_find(&program->site, name);
	return port ? &program->plugs[port - program->site.ports] : NULL;
}

static int run_plug(struct program *program, struct hal_slice rest)
{
	while (rest.len > 0) {
		struct plug *plug = take_plug(program, &rest);
		int r = plug ? plug_in_when_free(plug) : -ENODEV;

		if (r < 0)
			return r;
	}
	return 0;
}

static int run_unplug(struct program *program, struct hal_slice rest)
{
	printf("{\"us\":%llu}\n", (unsigned long long)hal_loop_now_us(program->loop));
	while (rest.len > 0) {
		struct plug *plug = take_plug(program, &rest);

		if (!plug)
			return -ENODEV;
		pull_out(plug);
	}
	return 0;
}

static int run_usb(struct program *program, struct hal_slice rest)
{
	(void)rest;
	for (size_t i = 0; i < program->site.count; i++) {
		const struct cdc_acm *acm = &program->plugs[i].acm;
		const uint8_t *coding = acm->line_coding;
		uint32_t baud;

		memcpy(&baud, coding, sizeof(baud));
		printf("{\"name\":\"%s\",\"plugged\":%s,\"dtr\":%s,\"rts\":%s,\"breaks\":%u,"
		       "\"baud\":%u,\"stop\":%u,\"parity\":%u,\"bits\":%u}\n",
		       sim_modem_options(program->plugs[i].modem)->name,
		       usbip_is_attached(&acm->usb) ? "true" : "false",
		       acm->outputs & HAL_STREAM_DTR ? "true" : "false",
		       acm->outputs & HAL_STREAM_RTS ? "true" : "false", acm->breaks, le32toh(baud),
		       coding[4], coding[5], coding[6]);
	}
	return 0;
}

static int run_tell(struct program *program, struct hal_slice rest)
{
	static const struct {
		const char *name;
		enum cdc_acm_event event;
	} events[] = {
		{"break", CDC_ACM_BREAK},
		{"framing", CDC_ACM_FRAMING},
		{"parity", CDC_ACM_PARITY},
		{"overrun", CDC_ACM_OVERRUN},
	};
	struct plug *plug = take_plug(program, &rest);

	if (!plug)
		return -ENODEV;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (hal_slice_eq(rest, hal_slice_str(events[i].name))) {
			cdc_acm_tell(&plug->acm, events[i].event);
			return 0;
		}
	}
	return -EINVAL;
}

static const struct {
	const char *name;
	int (*run)(struct program *program, struct hal_slice rest);
} commands[] = {
	{"plug", run_plug},
	{"unplug", run_unplug},
	{"usb", run_usb},
	{"tell", run_tell},
};

static void run_line(struct program *program, struct hal_slice line)
{
	struct hal_slice rest = line, name = {NULL, 0};

	(void)hal_slice_token(&rest, ' ', &name); /* no command is modemsim's matter */
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (hal_slice_eq(name, hal_slice_str(commands[i].name))) {
			int r = commands[i].run(program, rest);

			printf("%s%s\n", r < 0 ? "error: " : "ok", r < 0 ? strerror(-r) : "");
			(void)fflush(stdout); /* nobody listens: end of file on the input */
			return;
		}
	}
	if (sim_control_run(&program->site, line, stdout) == SIM_CONTROL_QUIT)
		program->quit = true;
}

static void on_input(struct hal_watch *watch, unsigned int events)
{
	struct program *program = HAL_CONTAINER_OF(watch, struct program, input);
	char chunk[256];
	ssize_t n = read(watch->fd, chunk, sizeof(chunk));

	(void)events; /* read() tells more */
	if (n <= 0)
		program->quit = true;
	for (ssize_t i = 0; i < n && !program->quit; i++) {
		if (chunk[i] == '\n') {
			run_line(program, hal_slice(program->line, program->line_len));
			program->line_len = 0;
		} else if (program->line_len < sizeof(program->line)) {
			program->line[program->line_len++] = chunk[i];
		}
	}
}

/* ---- the program ---- */

static void write_log(void *user, enum hal_log_level level, const char *line)
{
	const struct program *program = user;

	(void)level;
	fprintf(stderr, "%llu %s\n", (unsigned long long)hal_loop_now_us(program->loop), line);
}

static int fail(const char *what, int r)
{
	fprintf(stderr, "usbmodem: %s: %s\n", what, strerror(-r));
	return r;
}

static int add_plug(struct program *program, struct sim_modem_config *config)
{
	struct sim_site_port *port = &program->site.ports[program->site.count];
	struct plug *plug = &program->plugs[program->site.count];
	struct cdc_acm_identity identity = {.vendor = VENDOR, .product = PRODUCT};
	int r;

	config->options.set_inputs = hal_stream_mem_set_inputs;
	r = sim_modem_new(program->site.exchange, config->number, NULL, &config->options,
			  &plug->modem);
	if (r < 0)
		return fail(config->number, r);
	memcpy(identity.serial, config->options.serial, sizeof(identity.serial));
	cdc_acm_init(&plug->acm, program->loop, &identity);
	hal_timer_init(&plug->retry, on_retry);
	plug->loop = program->loop;
	plug->port = (unsigned int)program->site.count;
	port->modem = plug->modem;
	program->site.count++;
	r = plug_in_when_free(plug);
	return r < 0 ? fail("vhci_hcd", r) : 0;
}

/* What modemsim(1) does with them, but for the plugs. */
static int start_exchange(struct program *program)
{
	const struct sim_config *config = &program->config;
	int r;

	r = sim_exchange_new(program->loop, &program->log, &program->site.exchange);
	if (r < 0)
		return fail("exchange", r);
	sim_exchange_set_timing(program->site.exchange, &config->timing);
	for (size_t i = 0; i < config->number_count && r == 0; i++)
		r = sim_exchange_add_number(program->site.exchange, &config->numbers[i]);
	return r < 0 ? fail("number", r) : 0;
}

static int read_scenario(struct program *program, const char *path)
{
	struct hal_error err;
	int r;

	sim_config_init(&program->config);
	r = sim_scenario_read(&program->config, path, &err);
	if (r == 0)
		r = sim_config_check(&program->config, &err);
	if (r < 0)
		fprintf(stderr, "usbmodem: %s\n", err.text);
	return r;
}

static int start(struct program *program, const char *scenario)
{
	size_t count;
	int r;

	r = read_scenario(program, scenario);
	if (r < 0)
		return r;
	count = program->config.modem_count;
	program->plugs = calloc(count, sizeof(*program->plugs));
	program->site.ports = calloc(count, sizeof(*program->site.ports));
	if (!program->plugs || !program->site.ports)
		return fail("modems", -ENOMEM);
	program->site.loop = program->loop;
	r = start_exchange(program);
	for (size_t i = 0; i < count && r == 0; i++)
		r = add_plug(program, &program->config.modems[i]);
	if (r < 0)
		return r;
	r = hal_watch_start(program->loop, &program->input, STDIN_FILENO, HAL_IO_READ);
	return r < 0 ? fail("standard input", r) : 0;
}

static void stop(struct program *program)
{
	hal_watch_stop(program->loop, &program->input);
	for (size_t i = 0; i < program->site.count; i++) {
		pull_out(&program->plugs[i]);
		sim_modem_free(program->plugs[i].modem);
	}
	sim_exchange_free(program->site.exchange);
	free(program->site.ports);
	free(program->plugs);
	hal_loop_free(program->loop);
}

static int run(struct program *program, const char *scenario)
{
	int r;

	r = start(program, scenario);
	if (r == 0)
		printf("ready\n");
	(void)fflush(stdout); /* as in run_line() */
	while (r >= 0 && !program->quit)
		r = hal_loop_wait(program->loop, -1);
	stop(program);
	return r;
}

int main(int argc, char **argv)
{
	struct program *program;
	int r;

	if (argc != 2) {
		fprintf(stderr, "Usage: usbmodem SCENARIO\n");
		return 2;
	}
	program = calloc(1, sizeof(*program));
	r = program ? hal_loop_new(hal_clock_real(), &program->loop) : -ENOMEM;
	if (r < 0) {
		free(program);
		return fail("start", r), EXIT_FAILURE;
	}
	program->log = (struct hal_log){write_log, program, HAL_LOG_TRACE, true};
	hal_watch_init(&program->input, on_input);
	r = run(program, argv[1]);
	free(program);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
