/* SPDX-License-Identifier: MIT */
/* Ptys and links, and the control language that changes them. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tools/modemsim/alloc.h"
#include "tools/modemsim/control.h"
#include "tools/modemsim/site.h"

TestSuite(modemsim_control);

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_log log;
	struct sim_config config;
	struct sim_site *site;
	struct hal_error err;
	char top[32];
	char dir[64];
	char answer[4096];
};

static void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->top, "/tmp/modemsim-test-XXXXXX", 26);
	cr_assert_not_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof(f->dir), "%s/sim", f->top);
	hal_clock_virtual_init(&f->clock, 1000000, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	sim_config_init(&f->config);
	cr_assert_eq(sim_config_add_modem(&f->config, HAL_SLICE("a=101"), &f->err), 0);
	cr_assert_eq(sim_config_add_modem(&f->config, HAL_SLICE("b=102,fault=error"), &f->err), 0);
}

static int start(struct fixture *f)
{
	return sim_site_new(f->loop, &f->log, &f->config, f->dir, &f->err, &f->site);
}

static void fixture_fini(struct fixture *f)
{
	sim_site_free(f->site);
	(void)hal_loop_run_virtual(f->loop, &f->clock, 1000000, NULL, NULL);
	hal_loop_free(f->loop);
	(void)rmdir(f->dir);
	cr_assert_eq(rmdir(f->top), 0, "something is left in %s", f->top);
}

static enum sim_control_result control(struct fixture *f, const char *line)
{
	FILE *out = fmemopen(f->answer, sizeof(f->answer), "w");
	enum sim_control_result result;

	cr_assert_not_null(out);
	f->answer[0] = '\0';
	result = sim_control_run(f->site, hal_slice_str(line), out);
	fclose(out);
	return result;
}

static bool link_exists(const struct fixture *f, const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

Test(modemsim_control, every_modem_has_a_link_to_its_pty_and_takes_it_along)
{
	struct fixture f;
	struct stat st;
	char path[128];

	fixture_init(&f);
	cr_assert_eq(start(&f), 0, "%s", f.err.text);
	cr_assert(link_exists(&f, "a") && link_exists(&f, "b"));
	cr_assert_eq(stat(f.dir, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/a", f.dir);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert(S_ISCHR(st.st_mode));

	control(&f, "unplug a");
	cr_assert_str_eq(f.answer, "ok\n");
	cr_assert_not(link_exists(&f, "a"));
	control(&f, "plug a");
	cr_assert_str_eq(f.answer, "ok\n");
	cr_assert(link_exists(&f, "a"));
	sim_site_free(f.site);
	f.site = NULL;
	cr_assert_not(link_exists(&f, "a"));
	cr_assert_not(link_exists(&f, "b"));
	fixture_fini(&f);
}

Test(modemsim_control, a_link_left_behind_is_replaced_and_another_file_is_not)
{
	struct fixture f;
	char path[128];

	fixture_init(&f);
	cr_assert_eq(mkdir(f.dir, 0700), 0);
	snprintf(path, sizeof(path), "%s/a", f.dir);
	cr_assert_eq(symlink("/nonexistent", path), 0);
	cr_assert_eq(start(&f), 0, "%s", f.err.text);
	sim_site_free(f.site);
	f.site = NULL;

	close(open(path, O_CREAT | O_WRONLY, 0600));
	cr_assert_eq(start(&f), -EEXIST);
	cr_assert_not_null(strstr(f.err.text, "/sim/a: File exists"), "%s", f.err.text);
	cr_assert_eq(unlink(path), 0);
	fixture_fini(&f);
}

Test(modemsim_control, what_cannot_start_says_why)
{
	static const struct {
		const char *name;
		const char *modem;
		const char *pattern;
		const char *dir;
		int r;
		const char *error;
	} cases[] = {
		{"number twice", "c=101", NULL, NULL, -EEXIST, "is another modem's"},
		{"bad number", "c=1x", NULL, NULL, -EINVAL, "write digits"},
		{"bad pattern", "c=103", "1.2", NULL, -EINVAL, "is no pattern"},
		{"no tty", "c=103,tty=/nonexistent/tty", NULL, NULL, -ENOENT, ""},
		{"no parent directory", "c=103", NULL, "/nonexistent/dir", -ENOENT, "No such file"},
		{"not a directory", "c=103", NULL, "/dev/null", -ENOTDIR, "Not a directory"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_number *number;
		struct fixture f;

		fixture_init(&f);
		cr_assert_eq(sim_config_add_modem(&f.config, hal_slice_str(cases[i].modem), &f.err),
			     0);
		if (cases[i].pattern)
			cr_assert_eq(sim_config_get_number(&f.config,
							   hal_slice_str(cases[i].pattern), &f.err,
							   &number),
				     0);
		if (cases[i].dir)
			snprintf(f.dir, sizeof(f.dir), "%s", cases[i].dir);
		cr_expect_eq(start(&f), cases[i].r, "%s: %s", cases[i].name, f.err.text);
		cr_expect_not_null(strstr(f.err.text, cases[i].error), "%s: %s", cases[i].name,
				   f.err.text);
		cr_expect_null(f.site, "%s", cases[i].name);
		if (cases[i].dir)
			snprintf(f.dir, sizeof(f.dir), "%s/sim", f.top);
		fixture_fini(&f);
	}
}

Test(modemsim_control, running_out_of_memory_anywhere_leaves_nothing_behind)
{
	struct sim_number *number;
	struct fixture f;
	unsigned int n = 0;
	int r;

	fixture_init(&f);
	cr_assert_eq(sim_config_get_number(&f.config, HAL_SLICE("30."), &f.err, &number), 0);
	do {
		alloc_wrap.fail_at = alloc_wrap.count + ++n;
		r = start(&f);
		cr_expect(r == 0 || r == -ENOMEM, "allocation %u: %s", n, f.err.text);
		cr_expect_eq(link_exists(&f, "a"), r == 0, "allocation %u", n);
	} while (r < 0);
	alloc_wrap.fail_at = 0;
	cr_assert_gt(n, 5);
	fixture_fini(&f);
}

Test(modemsim_control, commands_are_answered)
{
	static const struct {
		const char *line;
		const char *answer; /* how it begins */
	} lines[] = {
		{"", ""},
		{"   ", ""},
		{"# a comment", ""},
		{"help", "fault NAME"},
		{"dance", "error: no such command"},
		{"fault", "error: no name; write 'fault NAME"},
		{"fault c silent", "error: no modem 'c'"},
		{"fault a", "error: the faults are"},
		{"fault a sulky", "error: the faults are"},
		{"fault a sulky off", "error: the faults are"},
		{"fault a silent", "ok\n"},
		{"fault a silent off", "ok\n"},
		{"fault a none", "ok\n"},
		{"  fault   a   slow 5 on H ", "ok\n"},
		{"plug a", "error: it is plugged in"},
		{"unplug a", "ok\n"},
		{"unplug a", "error: it is not plugged in"},
		{"plug a", "ok\n"},
		{"hangup a", "error: there is no call"},
		{"retrain a", "error: there is no data call"},
		{"retrain", "error: no name; write 'retrain NAME'"},
		{"set a noise=flip in 1000", "ok\n"},
		{"set a noise=flip", "error: 'noise = flip': write 'in N'"},
		{"set a speed=33600", "ok\n"},
		{"ring a 555", "ok\n"},
		{"ring a", "error: the line is in use"},
		{"hangup a", "ok\n"},
		{"set a line=unplugged", "ok\n"},
		{"ring a", "error: the line is unplugged"},
		{"set a line = plugged", "ok\n"},
		{"set a", "error: no key ''"},
		{"set a voice=perhaps", "error: 'voice = perhaps'"},
		{"set a number=7", "error: number, tty, rfc2217 and fault cannot be set"},
		{"show", "{\"name\":\"a\",\"number\":\"101\",\"path\":\"/tmp/"},
	};
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(start(&f), 0, "%s", f.err.text);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_expect_eq(control(&f, lines[i].line), SIM_CONTROL_GO_ON);
		cr_expect_eq(strncmp(f.answer, lines[i].answer, strlen(lines[i].answer)), 0,
			     "'%s': %s", lines[i].line, f.answer);
	}
	cr_assert_eq(control(&f, "quit"), SIM_CONTROL_QUIT);
	cr_assert_str_eq(f.answer, "ok\n");
	fixture_fini(&f);
}

Test(modemsim_control, show_tells_the_state_of_every_modem)
{
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(start(&f), 0, "%s", f.err.text);
	control(&f, "ring a 555");
	control(&f, "unplug b");
	control(&f, "show");
	cr_assert_not_null(strstr(f.answer, "\"plugged\":true,\"state\":\"command\",\"off_hook\":"
					    "false,\"holding\":false,"
					    "\"ringing\":true,\"connected\":false"),
			   "%s", f.answer);
	cr_assert_not_null(strstr(f.answer, "\"rings\":1"));
	cr_assert_not_null(strstr(f.answer,
				  "\"link\":{\"tx\":0,\"rx\":0,\"lost_tx\":0,\"lost_rx\":0,"
				  "\"frames_tx\":0,\"frames_rx\":0,\"errors_tx\":0,"
				  "\"errors_rx\":0,\"flipped\":0,\"dropped\":0,"
				  "\"retrains_asked\":0,\"retrains_granted\":0,"
				  "\"renegotiations\":0}"),
			   "%s", f.answer);
	cr_assert_not_null(strstr(f.answer, "\"name\":\"b\",\"number\":\"102\",\"path\":\"\","
					    "\"plugged\":false"),
			   "%s", f.answer);
	cr_assert_not_null(strstr(f.answer, "}\nok\n"));
	fixture_fini(&f);
}
