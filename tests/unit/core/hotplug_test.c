/* SPDX-License-Identifier: MIT */
#include "core/hotplug.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/core/fake_driver.h"

#define LINES	 64
#define MONITORS 16 /* of every call: with the owners more than 1,000 sessions */

/* A machine whose devices are all there, or all gone. */
struct machine {
	struct hal_machine machine;
	bool present;
};

static int list(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	(void)machine;
	(void)fn;
	(void)user;
	return 0;
}

static int find(const struct hal_machine *machine, const char *node, struct hal_device *ret_device)
{
	const struct machine *m = HAL_CONTAINER_OF(machine, struct machine, machine);

	if (!m->present)
		return -ENOENT;
	*ret_device = (struct hal_device){.interface = -1};
	(void)snprintf(ret_device->node, sizeof(ret_device->node), "%s", node);
	return 0;
}

static bool is_there(const struct hal_machine *machine, const struct hal_device *device)
{
	(void)device;
	return HAL_CONTAINER_OF(machine, struct machine, machine)->present;
}

static void watch(struct fake *f, struct machine *m)
{
	*m = (struct machine){.machine = {list, find, is_there, is_there}, .present = true};
	fake_init(f);
	f->ctx->machine = &m->machine;
	cr_assert_eq(tl_hotplug_start(f->ctx, TL_HOTPLUG_OFF, false), 0);
}

static double real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void tell_all(struct fake *f, enum hal_hotplug_event event)
{
	struct hal_list *node;

	hal_list_for_each (node, &f->ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		hal_hotplug_report(f->ctx->hotplug, event, &line->device);
	}
}

/* 64 calls, each with its owner and 16 monitors. */
static void fill(struct fake *f, tl_line *lines, tl_session *sessions, size_t *ret_n)
{
	tl_client monitors[MONITORS];
	size_t n = 0;

	for (size_t i = 0; i < MONITORS; i++)
		monitors[i] = fake_client(f, "monitor");
	for (size_t i = 0; i < LINES; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "l%zu", i);
		lines[i] = fake_add(f, name);
		fake_run_ms(f, 10);
		sessions[n++] = fake_connect(f, fake_client(f, name), lines[i]);
		for (size_t k = 0; k < MONITORS; k++)
			cr_assert_eq(tl_line_join(f->ctx, monitors[k], lines[i],
						  TL_PRIVILEGE_MONITOR, &sessions[n++]),
				     0);
		fake_fetch(f);
		fake_clear(f);
	}
	*ret_n = n;
}

Test(hotplug, a_thousand_sessions_on_64_lines_end_at_once)
{
	static tl_session sessions[LINES * (1 + MONITORS)];
	tl_line lines[LINES];
	struct machine m;
	struct fake f;
	double start;
	size_t n;

	watch(&f, &m);
	fill(&f, lines, sessions, &n);
	cr_assert_geq(n, 1000);
	m.present = false;
	start = real_ms();
	tell_all(&f, HAL_HOTPLUG_REMOVE);
	fake_run_ms(&f, 0);
	(void)fprintf(stderr, "%zu sessions on %d lines: over after %.2f ms\n", n, LINES,
		      real_ms() - start);
	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(fake_call_state(&f, sessions[i]), TL_CALL_IDLE);
		fake_release(&f, sessions[i]);
	}
	for (size_t i = 0; i < LINES; i++)
		cr_assert_eq(fake_line_state(&f, lines[i]), TL_LINE_GONE);
	fake_fetch(&f);
	fake_clear(&f);
	m.present = true;
	tell_all(&f, HAL_HOTPLUG_ADD);
	fake_run_ms(&f, 10);
	for (size_t i = 0; i < LINES; i++)
		cr_assert_eq(fake_line_state(&f, lines[i]), TL_LINE_READY);
	fake_fini(&f);
}

Test(hotplug, a_loss_that_is_told_twice_is_one)
{
	struct machine m;
	struct fake f;
	tl_line line;

	watch(&f, &m);
	line = fake_ready(&f);
	fake_forget(&f);
	m.present = false;
	core_line_lost(f.line);
	tell_all(&f, HAL_HOTPLUG_REMOVE);
	fake_run_ms(&f, 0);
	core_line_gone(f.line);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_GONE);
	cr_assert_str_eq(f.calls, "detach ");
	fake_fini(&f);
}

Test(hotplug, a_reset_while_a_hang_up_is_looked_into_opens_the_port)
{
	struct machine m;
	struct fake f;
	tl_line line;
	uint64_t op;

	watch(&f, &m);
	line = fake_ready(&f);
	core_line_lost(f.line);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_OPENING);
	cr_assert_eq(tl_line_reset(f.ctx, tl_ctx_get_client(f.ctx), line, TL_RESET_SOFT, &op), 0);
	fake_run_ms(&f, 10);
	fake_assert_done(&f, op, 0);
	fake_run_ms(&f, 10 * CORE_HOTPLUG_DOUBT_MS);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY, "the doubts are forgotten");
	fake_fini(&f);
}

Test(hotplug, a_line_may_be_removed_while_a_hang_up_is_looked_into)
{
	struct machine m;
	struct fake f;
	tl_line line;

	watch(&f, &m);
	line = fake_ready(&f);
	core_line_lost(f.line);
	cr_assert_eq(tl_line_remove(f.ctx, line), 0);
	fake_run_ms(&f, 10 * CORE_HOTPLUG_DOUBT_MS);
	fake_fini(&f);
}

static tl_line add_network_line(struct fake *f)
{
	struct tl_line_params *params = fake_params("n");
	tl_line line;

	cr_assert_eq(tl_line_params_set(params, "device", "rfc2217://ts1:4001", NULL), 0);
	cr_assert_eq(tl_line_add(f->ctx, params, &line), 0);
	(void)tl_line_params_free(params);
	fake_run_ms(f, 10);
	cr_assert_eq(fake_line_state(f, line), TL_LINE_READY);
	return line;
}

Test(hotplug, lines_on_terminal_servers_are_no_devices)
{
	struct tl_line_info *info;
	struct machine m;
	struct fake f;
	tl_line line;

	watch(&f, &m);
	m.present = false;
	line = add_network_line(&f);
	hal_hotplug_report_missed(f.ctx->hotplug);
	fake_run_ms(&f, 10);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY);

	m.present = true;
	core_line_lost_for(f.line, "ts1:4001 has closed the connection");
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_GONE, "there is nothing to doubt");
	cr_assert_eq(tl_line_get_info(f.ctx, line, &info), 0);
	cr_assert_str_eq(tl_line_info_why(info), "ts1:4001 has closed the connection");
	(void)tl_line_info_free(info);
	fake_run_ms(&f, 1100);
	cr_assert_eq(fake_line_state(&f, line), TL_LINE_READY, "tried again after a second");
	fake_fini(&f);
}
