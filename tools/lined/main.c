/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tools/lined/daemon.h"
#include "tools/lined/notify.h"
#include "tools/lined/options.h"

#define EXIT_USAGE 2

/* Lines and connections have a descriptor each; the soft limit is there for programs that use
 * select(2). */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Without it there are fewer connections. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The life of a private daemon is that of its connection: keys typed at its client are not for it.
 */
static int block_signals(bool private, sigset_t *ret_mask)
{
	sigemptyset(ret_mask);
	sigaddset(ret_mask, SIGTERM);
	if (private) {
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
	} else {
		sigaddset(ret_mask, SIGINT);
		sigaddset(ret_mask, SIGHUP);
	}
	signal(SIGPIPE, SIG_IGN);
	return sigprocmask(SIG_BLOCK, ret_mask, NULL) < 0 ? -errno : 0;
}

static int serve(const struct lined_settings *settings)
{
	struct lined lined;
	sigset_t mask;
	int r;

	raise_descriptor_limit();
	r = block_signals(settings->fd >= 0, &mask);
	if (r < 0)
		return r;
	r = lined_start(&lined, settings, &mask);
	if (r == 0) {
		r = lined_notify("READY=1");
		if (r < 0)
			lined_log(&settings->log, TL_LOG_WARNING, "service manager: %s",
				  strerror(-r));
		lined_log(&settings->log, TL_LOG_INFO, "serving %zu lines", settings->n_lines);
		r = lined_run(&lined);
	}
	lined_fini(&lined);
	return r;
}

int main(int argc, char **argv)
{
	enum lined_action action = LINED_LEAVE;
	struct lined_settings settings;
	int status = EXIT_SUCCESS;

	lined_settings_init(&settings);
	if (lined_options_read(argc, argv, &settings, &action) < 0)
		status = EXIT_USAGE;
	else if (action == LINED_CHECK)
		printf("the configuration is right: %zu lines\n", settings.n_lines);
	else if (action == LINED_SERVE && serve(&settings) < 0)
		status = EXIT_FAILURE;
	lined_settings_fini(&settings);
	return status;
}
