/* SPDX-License-Identifier: MIT */
/* Memory runs out at every single allocation of a call that is placed, and of one that comes in. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

static struct {
	bool counting;
	size_t n;	/* allocations so far */
	size_t fail_at; /* this one fails, from 1 */
} memory;

static bool fails(void)
{
	return memory.counting && ++memory.n == memory.fail_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

/* Only the stack's allocations count, not those of the test. */
static void pass(struct rig *rig, uint64_t ms)
{
	memory.counting = true;
	rig_run_ms(rig, ms);
	memory.counting = false;
}

static void place(struct rig *rig)
{
	tl_client self = tl_ctx_get_client(rig->ctx);
	tl_session session;
	int r;

	memory.counting = true;
	r = tl_line_dial(rig->ctx, self, rig->modems[0].line, "300", NULL, &session, NULL);
	memory.counting = false;
	if (r < 0)
		return;
	pass(rig, 3000);
	memory.counting = true;
	(void)tl_session_drop(rig->ctx, session, 0, NULL);
	memory.counting = false;
	pass(rig, 10000);
}

static void take(struct rig *rig)
{
	tl_client self = tl_ctx_get_client(rig->ctx);
	tl_session *sessions;
	size_t n;

	cr_assert_eq(tl_line_open(rig->ctx, self, rig->modems[0].line, TL_PRIVILEGE_OWNER, 0), 0);
	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
	pass(rig, 9000);
	cr_assert_eq(tl_session_list(rig->ctx, self, &sessions, &n), 0);
	if (n > 0) {
		memory.counting = true;
		(void)tl_session_answer(rig->ctx, sessions[0], TL_MEDIA_DATA, NULL);
		memory.counting = false;
	}
	free(sessions);
	pass(rig, 3000);
	(void)sim_exchange_clear(rig->modems[0].sim);
	pass(rig, 10000);
}

/* The device is pulled and comes back: everything is opened and probed again. */
static void replug(struct rig *rig)
{
	rig_unplug(rig, 0);
	pass(rig, 500);
	rig_plug(rig, 0);
	pass(rig, 20000);
}

static bool live(void (*life)(struct rig *rig), size_t fail_at)
{
	const struct rig_options options = {.modems = 1};
	tl_session *sessions;
	struct rig rig;
	size_t n;

	rig_init(&rig, &options);
	memory.n = 0;
	memory.fail_at = fail_at;
	life(&rig);
	memory.fail_at = 0;
	cr_assert_eq(tl_session_list(rig.ctx, (tl_client){0}, &sessions, &n), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(tl_session_release(rig.ctx, sessions[i], TL_RELEASE_DROP), 0);
	free(sessions);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 300000), "allocation %zu",
		  fail_at);
	cr_assert_not(rig_is_off_hook(&rig, 0), "allocation %zu", fail_at);
	rig_fini(&rig);
	return memory.n >= fail_at;
}

Test(memory, that_runs_out_at_any_moment_leaves_the_line_on_hook)
{
	static const struct {
		const char *name;
		void (*life)(struct rig *rig);
		size_t at_least;
	} lives[] = {
		{"placed", place, 10},
		{"taken", take, 10},
		{"replugged", replug, 5},
	};

	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		size_t fail_at = 1;

		while (live(lives[i].life, fail_at))
			fail_at++;
		cr_log_info("%s: %zu allocations", lives[i].name, fail_at - 1);
		cr_assert_gt(fail_at, lives[i].at_least, "%s", lives[i].name);
	}
}
