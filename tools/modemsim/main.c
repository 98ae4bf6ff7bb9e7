/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "tools/modemsim/control.h"
#include "tools/modemsim/options.h"
#include "tools/modemsim/site.h"

#define EXIT_USAGE 2

struct program {
	struct hal_loop *loop;
	struct hal_log log;
	struct sim_site *site;
	struct hal_watch signals;
	struct hal_watch input;
	bool quit;
	bool line_too_long; /* the rest of it is still to be dropped */
	size_t line_len;
	char line[SIM_CONTROL_LINE_MAX];
};

static int fail(const char *what, int r)
{
	fprintf(stderr, "modemsim: %s: %s\n", what, strerror(-r));
	return r;
}

static void write_log(void *user, enum hal_log_level level, const char *line)
{
	struct timespec now;
	struct tm tm;
	char time[16] = "";

	(void)user;
	(void)level;
	if (clock_gettime(CLOCK_REALTIME, &now) == 0 && localtime_r(&now.tv_sec, &tm))
		(void)strftime(time, sizeof(time), "%H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ld %s\n", time, now.tv_nsec / 1000000, line);
}

/* ---- standard input ---- */

static void control_byte(struct program *program, char byte)
{
	if (byte != '\n') {
		if (program->line_len == sizeof(program->line))
			program->line_too_long = true;
		else
			program->line[program->line_len++] = byte;
		return;
	}
	if (program->line_too_long) {
		printf("error: the line is too long; write at most %d characters\n",
		       SIM_CONTROL_LINE_MAX);
		(void)fflush(stdout); /* see sim_control_run() */
	} else if (sim_control_run(program->site, hal_slice(program->line, program->line_len),
				   stdout) == SIM_CONTROL_QUIT) {
		program->quit = true;
	}
	program->line_len = 0;
	program->line_too_long = false;
}

/* The end of the input is the end of the program: it dies with the script that drives it. */
static void read_control(struct program *program)
{
	char chunk[512];
	ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0 && program->line_len > 0)
		control_byte(program, '\n');
	if (n <= 0)
		program->quit = true;
	for (ssize_t i = 0; i < n && !program->quit; i++)
		control_byte(program, chunk[i]);
}

static void on_input(struct hal_watch *watch, unsigned int events)
{
	(void)events;
	read_control(HAL_CONTAINER_OF(watch, struct program, input));
}

static int start_control(struct program *program)
{
	int r = hal_watch_start(program->loop, &program->input, STDIN_FILENO, HAL_IO_READ);

	/* A file cannot be watched and need not be. */
	while (r == -EPERM && !program->quit)
		read_control(program);
	return r == -EPERM ? 0 : r;
}

/* ---- signals ---- */

static void on_signal(struct hal_watch *watch, unsigned int events)
{
	struct program *program = HAL_CONTAINER_OF(watch, struct program, signals);

	(void)events;
	program->quit = true;
}

static int start_signals(struct program *program)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	/* A reader of our output that goes away is no reason to leave links behind. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	return hal_watch_start(program->loop, &program->signals, fd, HAL_IO_READ);
}

/* ---- the program ---- */

static void print_ports(const struct sim_site *site)
{
	for (size_t i = 0; i < site->count; i++) {
		const struct sim_site_port *port = &site->ports[i];

		printf("%s %s %s\n", sim_modem_options(port->modem)->name,
		       sim_modem_number(port->modem), port->link[0] ? port->link : port->path);
	}
	printf("ready\n");
	(void)fflush(stdout); /* nobody listens: nobody needs it */
}

static int run(struct program *program, const struct sim_options *options)
{
	struct hal_error err;
	int r;

	r = start_signals(program);
	if (r < 0)
		return fail("signals", r);
	r = sim_site_new(program->loop, &program->log, &options->config, options->dir, &err,
			 &program->site);
	if (r < 0) {
		fprintf(stderr, "modemsim: %s\n", err.text);
		return r;
	}
	print_ports(program->site);
	r = options->control ? start_control(program) : 0;
	if (r < 0)
		return fail("standard input", r);
	while (r >= 0 && !program->quit)
		r = hal_loop_wait(program->loop, -1);
	return r < 0 ? fail("waiting", r) : 0;
}

static void program_fini(struct program *program)
{
	sim_site_free(program->site);
	if (program->signals.active) {
		int fd = program->signals.fd;

		hal_watch_stop(program->loop, &program->signals);
		(void)close(fd); /* only read from */
	}
	hal_watch_stop(program->loop, &program->input);
	hal_loop_free(program->loop);
}

static int run_options(const struct sim_options *options)
{
	struct program program = {
		.log = {.fn = write_log, .level = options->log_level, .personal = true}};
	int r;

	hal_watch_init(&program.signals, on_signal);
	hal_watch_init(&program.input, on_input);
	r = hal_loop_new(hal_clock_real(), &program.loop);
	if (r < 0)
		return fail("event loop", r);
	r = run(&program, options);
	program_fini(&program);
	return r;
}

int main(int argc, char **argv)
{
	struct sim_options *options = calloc(1, sizeof(*options));
	int status = EXIT_FAILURE;

	if (!options) {
		(void)fail("options", -ENOMEM);
		return EXIT_FAILURE;
	}
	switch (sim_options_parse(argc, argv, options)) {
	case SIM_OPTIONS_RUN:
		status = run_options(options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		break;
	case SIM_OPTIONS_DONE:
		status = EXIT_SUCCESS;
		break;
	case SIM_OPTIONS_USAGE:
		status = EXIT_USAGE;
		break;
	}
	free(options);
	return status;
}
