/* SPDX-License-Identifier: MIT */
#include "tools/lined/metrics.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <trunkline/ctx.h>
#include <unistd.h>

#include "tools/lined/daemon.h"
#include "tools/lined/settings.h"

static struct {
	unsigned int n;
	char last[256];
} logged;

/* Instead of the C library's. */
void syslog(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	logged.n++;
	va_start(args, format);
	vsnprintf(logged.last, sizeof(logged.last), format, args);
	va_end(args);
}

struct fixture {
	struct lined_settings settings;
	struct lined lined;
	char folder[40], collector[64], file[80];
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	memset(&logged, 0, sizeof(logged));
	snprintf(f->folder, sizeof(f->folder), "/tmp/lined-metrics-XXXXXX");
	cr_assert_not_null(mkdtemp(f->folder));
	snprintf(f->collector, sizeof(f->collector), "%s/collector", f->folder);
	snprintf(f->file, sizeof(f->file), "%s/lined.prom", f->collector);
	lined_settings_init(&f->settings);
	f->lined.settings = &f->settings;
	f->lined.log = (struct lined_log){.level = TL_LOG_INFO, .way = LINED_LOG_SYSLOG};
	metrics_init(&f->lined.metrics);
	cr_assert_eq(tl_ctx_new(&f->lined.ctx), 0);
}

static void set(struct fixture *f, const char *key, const char *value)
{
	char why[LINED_WHY_MAX];

	cr_assert_eq(lined_settings_set(&f->settings, key, value, why), 0, "%s", why);
}

static void teardown(struct fixture *f)
{
	(void)unlink(f->file); /* where there is one */
	(void)rmdir(f->collector);
	cr_assert_eq(rmdir(f->folder), 0);
	metrics_fini(&f->lined.metrics);
	tl_ctx_free(f->lined.ctx);
	lined_settings_fini(&f->settings);
}

Test(metrics_file, that_cannot_be_written_is_told_once_until_it_can)
{
	struct fixture f;

	setup(&f);
	set(&f, "metrics-file", f.file);
	for (int i = 0; i < 3; i++)
		metrics_write(&f.lined);
	cr_assert_eq(logged.n, 1);
	cr_assert_not_null(strstr(logged.last, "cannot be written: No such file"), "%s",
			   logged.last);
	cr_assert_eq(mkdir(f.collector, 0755), 0);
	for (int i = 0; i < 3; i++)
		metrics_write(&f.lined);
	cr_assert_eq(logged.n, 2);
	cr_assert_not_null(strstr(logged.last, "is written again"), "%s", logged.last);
	teardown(&f);
}

Test(metrics_file, replaces_what_is_there_and_leaves_nothing_beside_it)
{
	char temporary[90];
	struct fixture f;
	struct stat st;
	FILE *file;

	setup(&f);
	set(&f, "metrics-file", f.file);
	cr_assert_eq(mkdir(f.collector, 0755), 0);
	snprintf(temporary, sizeof(temporary), "%s.tmp", f.file);
	file = fopen(temporary, "we");
	cr_assert_not_null(file);
	cr_assert_geq(fputs("half of a text, from a crash", file), 0);
	cr_assert_eq(fclose(file), 0);
	(void)umask(077);
	metrics_write(&f.lined);
	cr_assert_eq(stat(f.file, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0644);
	cr_assert_gt(st.st_size, 100);
	cr_assert_neq(access(temporary, F_OK), 0);
	cr_assert_eq(logged.n, 0);
	teardown(&f);
}

Test(metrics_file, touches_nothing_that_was_planted_beside_it)
{
	char temporary[90], other[60];
	struct fixture f;
	struct stat st;

	setup(&f);
	set(&f, "metrics-file", f.file);
	cr_assert_eq(mkdir(f.collector, 0755), 0);
	snprintf(temporary, sizeof(temporary), "%s.tmp", f.file);
	snprintf(other, sizeof(other), "%s/other", f.folder);
	cr_assert_eq(close(creat(other, 0600)), 0);
	/* A pipe: opening it would wait for a reader for ever. */
	for (int i = 0; i < 3; i++) {
		(void)unlink(f.file);
		cr_assert_eq(i == 0   ? mkfifo(temporary, 0600)
			     : i == 1 ? link(other, temporary)
				      : symlink(other, temporary),
			     0);
		metrics_write(&f.lined);
		cr_assert_eq(lstat(f.file, &st), 0);
		cr_assert(S_ISREG(st.st_mode));
		cr_assert_eq(st.st_nlink, 1);
	}
	cr_assert_eq(stat(other, &st), 0);
	cr_assert_eq(st.st_size, 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(logged.n, 0);
	cr_assert_eq(unlink(other), 0);
	teardown(&f);
}

Test(metrics_file, whose_name_is_a_folder_leaves_nothing_beside_it)
{
	char temporary[90];
	struct fixture f;

	setup(&f);
	set(&f, "metrics-file", f.collector);
	cr_assert_eq(mkdir(f.collector, 0755), 0);
	snprintf(temporary, sizeof(temporary), "%s.tmp", f.collector);
	metrics_write(&f.lined);
	cr_assert_eq(logged.n, 1);
	cr_assert_neq(access(temporary, F_OK), 0);
	teardown(&f);
}

Test(metrics_file, is_due_when_one_is_wanted_and_then_after_each_interval)
{
	struct fixture f;
	uint64_t now_ms;

	setup(&f);
	cr_assert_eq(metrics_due_ms(&f.lined), UINT64_MAX);
	metrics_write_due(&f.lined);
	metrics_write(&f.lined);
	cr_assert_eq(logged.n, 0);
	set(&f, "metrics-file", f.file);
	set(&f, "metrics-interval", "3600");
	cr_assert_eq(metrics_due_ms(&f.lined), 0);
	now_ms = event_now_ms();
	metrics_write_due(&f.lined);
	cr_assert_eq(logged.n, 1);
	cr_assert_geq(metrics_due_ms(&f.lined), now_ms + 3600000);
	metrics_write_due(&f.lined);
	cr_assert_eq(logged.n, 1);
	metrics_reloaded(&f.lined);
	metrics_write_due(&f.lined);
	cr_assert_eq(logged.n, 2, "a reload tells again");
	teardown(&f);
}
