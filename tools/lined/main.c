/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tools/lined/daemon.h"
#include "tools/lined/notify.h"
#include "tools/lined/options.h"
#include "tools/lined/report.h"

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

static int serve(struct lined_settings *settings)
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
		if (settings->n_lines == 0 && settings->fd < 0 && !settings->claim_marked)
			lined_log(&settings->log, TL_LOG_WARNING,
				  "no lines are configured: see lined.conf(5)");
		r = lined_run(&lined);
	}
	lined_fini(&lined);
	return r;
}

static int tell(const struct lined_log *log, const struct lined_report *report)
{
	for (unsigned int i = 0; i < report->n_kept; i++)
		lined_log(log, TL_LOG_ERROR, "%s", report->mistakes[i]);
	return EXIT_USAGE;
}

/* A port must never be opened as stdout or stderr. */
static void fill_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	enum lined_action action = LINED_LEAVE;
	struct lined_settings settings;
	struct lined_report report = {0};
	int status = EXIT_SUCCESS;

	fill_descriptors();
	lined_settings_init(&settings);
	if (lined_options_read(argc, argv, &settings, &action, &report) < 0)
		status = tell(&settings.log, &report);
	else if (action == LINED_CHECK)
		printf("the configuration is right: %zu lines\n", settings.n_lines);
	else if (action == LINED_SERVE && serve(&settings) < 0)
		status = EXIT_FAILURE;
	lined_report_fini(&report);
	lined_settings_fini(&settings);
	return status;
}
