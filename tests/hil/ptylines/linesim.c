/* SPDX-License-Identifier: MIT */

/*
 * modemsim(1), whose ptys have modem lines for programs that are started by withlines: the modems
 * see their DTR, and drive DCD and RI. The options are modemsim's; commands are always taken, and
 * the end of the input ends it. The socket for withlines is DIR/lines.
 *
 * Beside modemsim's commands there are:
 *
 *	lines               one line of JSON for each pty
 *	raise|lower LINE    dcd, ri, dsr or cts of all ptys, whatever the modem thinks of it
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/modemsim/control.h"
#include "tools/modemsim/options.h"

#include "tests/hil/ptylines/line_pty.h"
#include "tests/hil/ptylines/notify.h"

struct program {
	struct hal_loop *loop;
	struct hal_log log;
	struct hal_list ptys; /* of struct line_pty */
	struct sim_site *site;
	struct notify notify;
	struct sim_options options;
	struct hal_watch input;
	bool quit;
	size_t line_len;
	char line[SIM_CONTROL_LINE_MAX];
};

static int fail(const char *what, int r)
{
	fprintf(stderr, "linesim: %s: %s\n", what, strerror(-r));
	return r;
}

/* ---- control ---- */

static void show_lines(const struct program *program)
{
	struct hal_list *node;

	hal_list_for_each (node, &program->ptys) {
		const struct line_pty *pty = HAL_CONTAINER_OF(node, struct line_pty, node);

		printf("{\"path\":\"%s\",\"open\":%d,\"dtr\":%d,\"rts\":%d,\"dcd\":%d,\"ri\":%d,"
		       "\"dsr\":%d,\"cts\":%d,\"dtr_count\":%u,\"dcd_count\":%u,\"ri_count\":%u}\n",
		       pty->path, pty->open, (pty->outputs & HAL_STREAM_DTR) != 0,
		       (pty->outputs & HAL_STREAM_RTS) != 0, (pty->inputs & HAL_STREAM_DCD) != 0,
		       (pty->inputs & HAL_STREAM_RI) != 0, (pty->inputs & HAL_STREAM_DSR) != 0,
		       (pty->inputs & HAL_STREAM_CTS) != 0, pty->dtr_count, pty->counters.dcd,
		       pty->counters.ri);
	}
}

static int drive(struct program *program, struct hal_slice name, bool on)
{
	static const struct {
		const char *name;
		enum hal_stream_line line;
	} inputs[] = {
		{"dcd", HAL_STREAM_DCD},
		{"ri", HAL_STREAM_RI},
		{"dsr", HAL_STREAM_DSR},
		{"cts", HAL_STREAM_CTS},
	};
	unsigned int line = 0;
	struct hal_list *node;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (hal_slice_eq(name, hal_slice_str(inputs[i].name)))
			line = inputs[i].line;
	hal_list_for_each (node, &program->ptys) {
		struct line_pty *pty = HAL_CONTAINER_OF(node, struct line_pty, node);

		line_pty_set_inputs(&pty->stream, line, on);
	}
	return line ? 0 : -EINVAL;
}

/* @return 1: modemsim's matter */
static int run_own(struct program *program, struct hal_slice line)
{
	struct hal_slice rest = line, name = {NULL, 0};

	(void)hal_slice_token(&rest, ' ', &name); /* no command is modemsim's matter */
	if (hal_slice_eq(name, HAL_SLICE("raise")))
		return drive(program, rest, true);
	if (hal_slice_eq(name, HAL_SLICE("lower")))
		return drive(program, rest, false);
	if (!hal_slice_eq(name, HAL_SLICE("lines")))
		return 1;
	show_lines(program);
	return 0;
}

static void run_line(struct program *program, struct hal_slice line)
{
	int r = run_own(program, line);

	if (r > 0) {
		if (sim_control_run(program->site, line, stdout) == SIM_CONTROL_QUIT)
			program->quit = true;
		return;
	}
	printf("%s%s\n", r < 0 ? "error: " : "ok", r < 0 ? strerror(-r) : "");
	(void)fflush(stdout); /* nobody listens: end of file on the input */
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
	(void)user;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

static int open_pty(void *user, struct hal_loop *loop, struct hal_stream **ret_stream, char *path,
		    size_t size)
{
	return line_pty_open(user, loop, ret_stream, path, size);
}

static int start(struct program *program)
{
	struct sim_config *config = &program->options.config;
	char path[SIM_PATH_MAX + sizeof("/lines")];
	struct hal_error err;
	int r;

	config->open_pty = open_pty;
	config->open_pty_user = &program->ptys;
	for (size_t i = 0; i < config->modem_count; i++)
		config->modems[i].options.set_inputs = line_pty_set_inputs;
	r = sim_site_new(program->loop, &program->log, config, program->options.dir, &err,
			 &program->site);
	if (r < 0) {
		fprintf(stderr, "linesim: %s\n", err.text);
		return r;
	}
	(void)snprintf(path, sizeof(path), "%s/lines", program->options.dir);
	r = notify_start(&program->notify, program->loop, &program->ptys, path);
	if (r < 0)
		return fail(path, r);
	r = hal_watch_start(program->loop, &program->input, STDIN_FILENO, HAL_IO_READ);
	return r < 0 ? fail("standard input", r) : 0;
}

static int run(struct program *program)
{
	int r = hal_loop_new(hal_clock_real(), &program->loop);

	if (r < 0)
		return fail("event loop", r);
	r = start(program);
	if (r == 0)
		printf("ready\n");
	(void)fflush(stdout); /* as in run_line() */
	while (r >= 0 && !program->quit)
		r = hal_loop_wait(program->loop, -1);
	notify_stop(&program->notify);
	hal_watch_stop(program->loop, &program->input);
	sim_site_free(program->site);
	hal_loop_free(program->loop);
	return r;
}

int main(int argc, char **argv)
{
	struct program *program = calloc(1, sizeof(*program));
	int status = 2;

	if (!program)
		return fail("start", -ENOMEM), EXIT_FAILURE;
	hal_list_init(&program->ptys);
	hal_watch_init(&program->input, on_input);
	if (sim_options_parse(argc, argv, &program->options) == SIM_OPTIONS_RUN) {
		program->log = (struct hal_log){write_log, NULL, program->options.log_level, true};
		status = run(program) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	free(program);
	return status;
}
