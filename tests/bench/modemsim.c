/* SPDX-License-Identifier: MIT */
#include "tests/bench/modemsim.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hal/loop.h"
#include "hal/stream_tty.h"
#include "tests/bench/bench.h"
#include "tools/modemsim/exchange.h"
#include "tools/modemsim/modem.h"

static struct sim_exchange *new_exchange(struct hal_loop *loop, const struct hal_log *log)
{
	const struct sim_number number = {.pattern = "300", .service = SIM_SERVICE_ANSWER};
	const struct sim_timing at_once = {0};
	struct sim_exchange *exchange;

	bench_check(sim_exchange_new(loop, log, &exchange) == 0, "no exchange");
	sim_exchange_set_timing(exchange, &at_once);
	bench_check(sim_exchange_add_number(exchange, &number) == 0, "no number");
	return exchange;
}

static void add_modem(struct sim_exchange *exchange, struct hal_loop *loop, size_t index,
		      char *path, size_t size)
{
	struct sim_modem_options options = SIM_MODEM_OPTIONS_DEFAULT;
	struct hal_stream *stream;
	struct sim_modem *modem;
	char number[32];

	options.voice = true;
	options.says_vcon = true;
	(void)snprintf(number, sizeof(number), "%zu", 1000 + index);
	bench_check(hal_stream_pty_open(loop, &stream, path, size) == 0, "no pty");
	bench_check(sim_modem_new(exchange, number, stream, &options, &modem) == 0, "no modem");
}

static void on_parent_gone(struct hal_watch *watch, unsigned int events)
{
	(void)watch;
	(void)events;
	_exit(0);
}

static void serve(struct modemsim *modemsim, size_t lines, int paths, int wanted)
{
	const struct hal_log log = {0};
	struct sim_exchange *exchange;
	struct hal_watch watch;
	struct hal_loop *loop;
	size_t size = sizeof(modemsim->paths[0]);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_check(hal_loop_new(hal_clock_real(), &loop) == 0, "no loop");
	exchange = new_exchange(loop, &log);
	for (size_t i = 0; i < lines; i++)
		add_modem(exchange, loop, i, modemsim->paths[i], size);
	hal_watch_init(&watch, on_parent_gone);
	bench_check(hal_watch_start(loop, &watch, wanted, HAL_IO_READ) == 0, "watch");
	bench_check(write(paths, modemsim->paths, lines * size) == (ssize_t)(lines * size),
		    "write");
	for (;;)
		bench_check(hal_loop_wait(loop, -1) >= 0, "loop");
}

void modemsim_start(struct modemsim *modemsim, size_t lines)
{
	ssize_t size = (ssize_t)(lines * sizeof(modemsim->paths[0]));
	int paths[2], wanted[2];

	bench_check(lines <= MODEMSIM_LINES_MAX && pipe(paths) == 0 && pipe(wanted) == 0, "pipe");
	(void)fflush(stdout);
	modemsim->pid = fork();
	bench_check(modemsim->pid >= 0, "fork");
	if (modemsim->pid == 0) {
		close(paths[0]);
		close(wanted[1]);
		serve(modemsim, lines, paths[1], wanted[0]);
	}
	close(paths[1]);
	close(wanted[0]);
	modemsim->wanted = wanted[1];
	bench_check(read(paths[0], modemsim->paths, (size_t)size) == size, "modemsim");
	close(paths[0]);
}

void modemsim_stop(struct modemsim *modemsim)
{
	close(modemsim->wanted);
	bench_check(waitpid(modemsim->pid, NULL, 0) == modemsim->pid, "waitpid");
}
