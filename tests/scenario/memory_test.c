/* SPDX-License-Identifier: MIT */
/* Memory runs out at every single allocation of whatever happens to a call in each of its states,
 * and to a line without one: for a moment, or until the end. */
#include <errno.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/scenario/stage.h"

/* Long enough for every ladder and what follows it. */
#define LIFE_MS 60000

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
	bool for_ever;	/* and all that follow */
} memory;

static bool fails(void)
{
	if (!memory.counting)
		return false;
	memory.n++;
	return memory.n == memory.fail_at || (memory.for_ever && memory.n > memory.fail_at);
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
static void begin(size_t fail_at, bool for_ever)
{
	memory.n = 0;
	memory.fail_at = fail_at;
	memory.for_ever = for_ever;
	memory.counting = true;
}

/* @return there were as many allocations */
static bool end(void)
{
	memory.counting = false;
	return memory.n >= memory.fail_at;
}

/* ---- what may happen in a state; each operation may be refused ---- */

struct act {
	const char *name;
	/* Not counted; NULL: nothing. */
	void (*prepare)(struct scene *scene);
	void (*happen)(struct scene *scene);
};

static void nothing(struct scene *scene)
{
	(void)scene;
}

static void drop(struct scene *scene)
{
	if (tl_session_drop(scene->rig.ctx, scene->session, 0, &scene->drop) < 0)
		scene->drop = 0;
}

/* Its requests go with it. */
static void die(struct scene *scene)
{
	cr_assert_eq(tl_client_close(scene->rig.ctx, scene->owner), 0);
	scene->session = (tl_session){0};
	scene->setup = 0;
	scene->drop = 0;
}

static void release(struct scene *scene)
{
	cr_assert_eq(tl_session_release(scene->rig.ctx, scene->session, TL_RELEASE_DROP), 0);
	scene->session = (tl_session){0};
}

static void hang_up_there(struct scene *scene)
{
	(void)sim_exchange_clear(scene->rig.modems[0].sim);
}

static void join_as(struct scene *scene, tl_client client)
{
	tl_session session;
	int r;

	r = tl_line_join(scene->rig.ctx, client, scene->rig.modems[0].line, TL_PRIVILEGE_MONITOR,
			 &session);
	cr_assert(r == 0 || r == -ENOTCONN || r == -ENOMEM, "%d", r);
}

static void gather_crowd(struct scene *scene)
{
	for (int i = 0; i < 3; i++) {
		tl_client client;

		cr_assert_eq(tl_client_new(scene->rig.ctx, "monitor", &client), 0);
		join_as(scene, client);
	}
}

static void join_and_drop(struct scene *scene)
{
	tl_client client;

	if (tl_client_new(scene->rig.ctx, "late", &client) == 0)
		join_as(scene, client);
	drop(scene);
}

static void move_and_drop(struct scene *scene)
{
	tl_client client;

	if (tl_client_new(scene->rig.ctx, "other", &client) == 0)
		cr_assert_eq(tl_session_move(scene->rig.ctx, scene->session, client), 0);
	drop(scene);
}

static void hand_over(struct scene *scene)
{
	tl_client client;
	int r;

	if (tl_client_new(scene->rig.ctx, "other", &client) == 0) {
		r = tl_session_hand_off(scene->rig.ctx, scene->session, client);
		cr_assert(r == 0 || r == -ENOTCONN || r == -ENOMEM, "%d", r);
	}
	die(scene);
}

static void replug(struct scene *scene)
{
	rig_unplug(&scene->rig, 0);
	rig_run_ms(&scene->rig, 500);
	rig_plug(&scene->rig, 0);
}

static const struct act in_each_state[] = {
	{"nothing", NULL, nothing},
	{"drop", NULL, drop},
	{"drop before a crowd", gather_crowd, drop},
	{"death", NULL, die},
	{"death before a crowd", gather_crowd, die},
	{"release", NULL, release},
	{"end by the far end", gather_crowd, hang_up_there},
	{"join", NULL, join_and_drop},
	{"move", NULL, move_and_drop},
	{"hand-off", gather_crowd, hand_over},
	{"replug", gather_crowd, replug},
};

/* ---- the same of a line without a call ---- */

static void place(struct scene *scene, enum tl_media media)
{
	struct tl_dial_params *params = tl_dial_params_new();

	if (params)
		tl_dial_params_set_media(params, media);
	if (tl_line_dial(scene->rig.ctx, scene->owner, scene->rig.modems[0].line, "300", params,
			 &scene->session, &scene->setup) < 0)
		scene->session = (tl_session){0};
	(void)tl_dial_params_free(params);
	rig_run_ms(&scene->rig, 3000);
	if (scene->session.id)
		drop(scene);
}

static void place_data(struct scene *scene)
{
	place(scene, TL_MEDIA_DATA);
}

static void place_voice(struct scene *scene)
{
	place(scene, TL_MEDIA_VOICE);
}

static void open_line(struct scene *scene)
{
	gather_crowd(scene);
	cr_assert_eq(tl_line_open(scene->rig.ctx, scene->owner, scene->rig.modems[0].line,
				  TL_PRIVILEGE_OWNER, 0),
		     0);
}

static void find_offer(struct scene *scene)
{
	tl_session *sessions;
	size_t n;

	if (tl_session_list(scene->rig.ctx, scene->owner, &sessions, &n) < 0)
		return;
	if (n > 0)
		scene->session = sessions[0];
	free(sessions);
}

static void take(struct scene *scene)
{
	struct rig *rig = &scene->rig;

	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
	rig_run_ms(rig, 9000);
	find_offer(scene);
	if (scene->session.id &&
	    tl_session_answer(rig->ctx, scene->session, TL_MEDIA_DATA, &scene->setup) < 0)
		scene->setup = 0;
	rig_run_ms(rig, 3000);
	(void)sim_exchange_clear(rig->modems[0].sim);
}

static void reset_as(struct scene *scene, enum tl_reset kind)
{
	if (tl_line_reset(scene->rig.ctx, scene->owner, scene->rig.modems[0].line, kind,
			  &scene->drop) < 0)
		scene->drop = 0;
}

static void reset_softly(struct scene *scene)
{
	reset_as(scene, TL_RESET_SOFT);
}

static void reset_hard(struct scene *scene)
{
	reset_as(scene, TL_RESET_HARD);
}

static void command(struct scene *scene)
{
	if (tl_line_command(scene->rig.ctx, scene->owner, scene->rig.modems[0].line, "AT+GMI", 0,
			    &scene->drop) < 0)
		scene->drop = 0;
}

#define FIVE_MORE ";+GCAP;+GCAP;+GCAP;+GCAP;+GCAP"

/* Lines of information that outgrow what is taken for them first. */
static void long_command(struct scene *scene)
{
	if (tl_line_command(scene->rig.ctx, scene->owner, scene->rig.modems[0].line,
			    "AT+GCAP" FIVE_MORE FIVE_MORE FIVE_MORE FIVE_MORE, 0, &scene->drop) < 0)
		scene->drop = 0;
}

static const struct act of_a_line[] = {
	{"placed", NULL, place_data},
	{"placed, voice", NULL, place_voice},
	{"taken", open_line, take},
	{"soft reset", NULL, reset_softly},
	{"hard reset", NULL, reset_hard},
	{"command", NULL, command},
	{"command, long answer", NULL, long_command},
	{"replugged", NULL, replug},
};

/* ---- the two loops ---- */

/* The rig's client has been told that the call is over, or that it has missed something. */
static void check_events(const struct rig *rig, const char *what, size_t fail_at)
{
	bool ended = rig_count(rig, TL_EVENT_LOST) > 0;

	for (size_t i = 0; i < rig->n_events && !ended; i++)
		ended = tl_event_get_type(rig->events[i]) == TL_EVENT_CALL_STATE &&
			tl_event_get_call_state(rig->events[i]) == TL_CALL_IDLE;
	cr_assert(ended, "%s, allocation %zu: neither idle nor lost", what, fail_at);
}

static void check(struct scene *scene, const char *what, size_t fail_at)
{
	struct rig *rig = &scene->rig;

	sim_modem_clear_faults(rig->modems[0].sim);
	if (scene->setup)
		cr_assert_leq(rig_op(rig, scene->setup, 300000), 0, "%s, allocation %zu", what,
			      fail_at);
	if (scene->drop)
		cr_assert_leq(rig_op(rig, scene->drop, 300000), 0, "%s, allocation %zu", what,
			      fail_at);
	cr_assert_eq(tl_ctx_get_count(rig->ctx, TL_COUNT_REQUESTS), 0, "%s, allocation %zu", what,
		     fail_at);
	scene_release(scene);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 300000),
		  "%s, allocation %zu", what, fail_at);
	if (tl_ctx_get_count(rig->ctx, TL_COUNT_CALLS_TOTAL) > 0)
		check_events(rig, what, fail_at);
	scene_fini(scene);
}

static bool live_in(const struct stage *stage, const struct act *act, size_t fail_at, bool for_ever)
{
	struct scene scene;
	bool failed;

	stage_enter(stage, &scene);
	if (act->prepare)
		act->prepare(&scene);
	begin(fail_at, for_ever);
	act->happen(&scene);
	rig_run_ms(&scene.rig, LIFE_MS);
	failed = end();
	check(&scene, stage->name, fail_at);
	return failed;
}

static bool live(const struct act *act, size_t fail_at, bool for_ever)
{
	static const struct rig_options options = {.voice = true};
	struct scene scene;
	bool failed;

	scene_init(&scene, &options);
	if (act->prepare)
		act->prepare(&scene);
	begin(fail_at, for_ever);
	act->happen(&scene);
	rig_run_ms(&scene.rig, LIFE_MS);
	failed = end();
	check(&scene, act->name, fail_at);
	return failed;
}

Test(memory, that_runs_out_at_any_moment_leaves_the_line_on_hook, .timeout = 240)
{
	for (size_t i = 0; i < sizeof(of_a_line) / sizeof(of_a_line[0]); i++) {
		for (int for_ever = 0; for_ever < 2; for_ever++) {
			size_t fail_at = 1;

			while (live(&of_a_line[i], fail_at, for_ever))
				fail_at++;
			cr_log_info("%s: %zu allocations", of_a_line[i].name, fail_at - 1);
			cr_assert_gt(fail_at, 2, "%s", of_a_line[i].name);
		}
	}
}

static size_t run_out_in(const struct stage *stage, const struct act *act)
{
	size_t total = 0;

	for (int for_ever = 0; for_ever < 2; for_ever++) {
		size_t fail_at = 1;

		while (live_in(stage, act, fail_at, for_ever))
			fail_at++;
		total += fail_at - 1;
	}
	return total;
}

static bool is_over(const struct stage *stage)
{
	return stage->state == TL_CALL_IDLE || stage->state == TL_CALL_UNKNOWN;
}

Test(memory, that_runs_out_in_any_state_of_a_call_loses_nothing, .timeout = 240)
{
	const struct stage *stages;
	size_t n, total;

	stages = stage_table(&n);
	for (size_t a = 0; a < sizeof(in_each_state) / sizeof(in_each_state[0]); a++) {
		total = 0;
		for (size_t i = 0; i < n; i++)
			if (in_each_state[a].happen == nothing || !is_over(&stages[i]))
				total += run_out_in(&stages[i], &in_each_state[a]);
		cr_log_info("%s: %zu allocations", in_each_state[a].name, total);
		cr_assert_gt(total, 100, "%s", in_each_state[a].name);
	}
}

/* Off hook without a call, nobody could ever hang it up. */
Test(memory, for_a_call_that_the_modem_has_answered_by_itself_does_not_leave_it_online)
{
	static const char connect[] = "\r\nCONNECT 33600\r\n";
	size_t fail_at = 0;
	bool failed;

	do {
		struct rig rig;

		rig_init(&rig, NULL);
		begin(++fail_at, false);
		(void)hal_stream_write(rig.modems[0].stream, connect, sizeof(connect) - 1);
		rig_run_ms(&rig, LIFE_MS);
		failed = end();
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 300000));
		cr_assert_eq(tl_session_release(rig.ctx, rig_connect(&rig), TL_RELEASE_DROP), 0);
		rig_run_ms(&rig, LIFE_MS);
		rig_fini(&rig);
	} while (failed);
	cr_assert_gt(fail_at, 2);
}
