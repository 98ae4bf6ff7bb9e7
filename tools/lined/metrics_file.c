/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lined/daemon.h"
#include "tools/lined/metrics.h"
#include "tools/lined/settings.h"

static int write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A file of our own: what lies there may be a link, or a pipe that nobody reads. */
static int write_file(const char *path, const char *text)
{
	int fd;
	int r;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	/* Whatever the umask is: the collector is somebody else. */
	if (r == 0 && fchmod(fd, 0644) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* The collector takes what ends in .prom; what a crash has left is written over. */
static int replace(const char *path, const char *text)
{
	char *temporary;
	int r;

	if (asprintf(&temporary, "%s.tmp", path) < 0)
		return -ENOMEM;
	r = write_file(temporary, text);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	free(temporary);
	return r;
}

uint64_t metrics_due_ms(const struct lined *lined)
{
	return lined->settings->metrics_file ? lined->metrics.write_at_ms : UINT64_MAX;
}

void metrics_write(struct lined *lined)
{
	const struct lined_settings *settings = lined->settings;
	struct lined_metrics *metrics = &lined->metrics;
	char *text = NULL;
	int r;

	if (!settings->metrics_file)
		return;
	r = metrics_text(lined, true, &text);
	if (r == 0)
		r = replace(settings->metrics_file, text);
	free(text);
	if (r < 0 && !metrics->unwritable)
		lined_log(&lined->log, TL_LOG_WARNING, "metrics-file %s cannot be written: %s",
			  settings->metrics_file, strerror(-r));
	else if (r == 0 && metrics->unwritable)
		lined_log(&lined->log, TL_LOG_INFO, "metrics-file %s is written again",
			  settings->metrics_file);
	metrics->unwritable = r < 0;
}

void metrics_write_due(struct lined *lined)
{
	uint64_t now_ms = event_now_ms();

	if (metrics_due_ms(lined) > now_ms)
		return;
	lined->metrics.write_at_ms = now_ms + UINT64_C(1000) * lined->settings->metrics_interval;
	metrics_write(lined);
}
