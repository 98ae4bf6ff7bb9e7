/* SPDX-License-Identifier: MIT */
#include "tests/scenario/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

/* ---- building blocks ---- */

static void add_numbers(struct rig *rig)
{
	static const struct sim_number numbers[] = {
		{.pattern = "400", .service = SIM_SERVICE_SILENT},
		{.pattern = "500", .service = SIM_SERVICE_BUSY},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		cr_assert_eq(sim_exchange_add_number(rig->exchange, &numbers[i]), 0);
}

static void init_bare(struct scene *scene, const struct rig_options *options)
{
	struct rig_options one = *options;

	one.modems = 1;
	scene->session = (tl_session){0};
	scene->setup = 0;
	scene->drop = 0;
	rig_init_bare(&scene->rig, &one);
	add_numbers(&scene->rig);
	cr_assert_eq(tl_client_new(scene->rig.ctx, "owner", &scene->owner), 0);
}

void scene_init(struct scene *scene, const struct rig_options *options)
{
	init_bare(scene, options);
	cr_assert(rig_until_line(&scene->rig, rig_add_line(&scene->rig, 0, NULL, NULL),
				 TL_LINE_READY, 10000));
}

struct core_line *scene_line(struct scene *scene)
{
	struct core_line *line;

	cr_assert_eq(core_line_find(scene->rig.ctx, scene->rig.modems[0].line, &line), 0);
	return line;
}

static void assert_nothing_left(struct rig *rig)
{
	static const enum tl_count gauges[] = {TL_COUNT_CALLS, TL_COUNT_SESSIONS, TL_COUNT_REQUESTS,
					       TL_COUNT_OFF_HOOK};

	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		cr_assert_eq(tl_ctx_get_count(rig->ctx, gauges[i]), 0, "%s is not 0",
			     tl_count_name(gauges[i]));
}

void scene_release(struct scene *scene)
{
	struct rig *rig = &scene->rig;
	tl_session *sessions;
	size_t n;

	cr_assert_eq(tl_session_list(rig->ctx, (tl_client){0}, &sessions, &n), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(tl_session_release(rig->ctx, sessions[i], TL_RELEASE_DROP), 0);
	free(sessions);
	(void)sim_exchange_clear(rig->modems[0].sim);
}

void scene_fini(struct scene *scene)
{
	struct rig *rig = &scene->rig;

	sim_modem_clear_faults(rig->modems[0].sim);
	rig_plug(rig, 0);
	scene_release(scene);
	rig_run_ms(rig, 100000);
	if (tl_ctx_get_count(rig->ctx, TL_COUNT_LINES) > 0)
		cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 300000));
	cr_assert_not(rig_is_off_hook(rig, 0));
	assert_nothing_left(rig);
	rig_fini(rig);
}

void scene_dial(struct scene *scene, const char *number, enum tl_media media)
{
	struct tl_dial_params *params = tl_dial_params_new();

	tl_dial_params_set_media(params, media);
	cr_assert_eq(tl_line_dial(scene->rig.ctx, scene->owner, scene->rig.modems[0].line, number,
				  params, &scene->session, &scene->setup),
		     0);
	(void)tl_dial_params_free(params);
}

void scene_offer(struct scene *scene)
{
	struct rig *rig = &scene->rig;

	cr_assert_eq(
		tl_line_open(rig->ctx, scene->owner, rig->modems[0].line, TL_PRIVILEGE_OWNER, 0),
		0);
	cr_assert_eq(sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")), 0);
	rig_run_ms(rig, 1000);
	scene->session = rig_new_session(rig, scene->owner);
}

void scene_answer(struct scene *scene, enum tl_media media)
{
	cr_assert_eq(tl_session_answer(scene->rig.ctx, scene->session, media, &scene->setup), 0);
}

void scene_drop(struct scene *scene, unsigned int flags)
{
	cr_assert_eq(tl_session_drop(scene->rig.ctx, scene->session, flags, &scene->drop), 0);
}

void scene_say(struct scene *scene, const char *text)
{
	(void)hal_stream_write(scene->rig.modems[0].stream, text, strlen(text));
}

uint64_t scene_ladder_ms(struct scene *scene)
{
	struct core_line *line = scene_line(scene);
	const struct core_drop_step *steps;
	uint64_t ms = CORE_DIAGNOSE_BUDGET_MS;
	size_t n;

	if (!line->call || !line->driver)
		return 0;
	/* Asked for again, a ladder begins again. */
	if (line->call->drop.running) {
		steps = line->call->drop.steps;
		n = line->call->drop.n_steps;
	} else {
		steps = line->ops->ladder(line->driver, &n);
	}
	for (size_t i = 0; i < n; i++)
		ms += steps[i].budget_ms + CORE_DROP_SLACK_MS;
	return ms;
}

/* ---- how each state is reached ---- */

static void wait_for_probe(struct scene *scene)
{
	scene_dial(scene, "400", TL_MEDIA_DATA);
}

static void dial_unsent(struct scene *scene)
{
	scene_dial(scene, "400", TL_MEDIA_DATA);
}

static void dial(struct scene *scene)
{
	scene_dial(scene, "400", TL_MEDIA_DATA);
	rig_run_ms(&scene->rig, 1000);
}

static void set_class(struct scene *scene)
{
	scene_dial(scene, "400", TL_MEDIA_VOICE);
}

static void dial_voice(struct scene *scene)
{
	scene_dial(scene, "400", TL_MEDIA_VOICE);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_PROCEEDING, 10000));
}

static void ring_back(struct scene *scene)
{
	dial(scene);
	scene_say(scene, "\r\nRINGING\r\n");
	rig_run_ms(&scene->rig, 10);
}

static void connect(struct scene *scene)
{
	scene_dial(scene, "300", TL_MEDIA_DATA);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_CONNECTED, 30000));
}

static void talk(struct scene *scene)
{
	dial_voice(scene);
	scene_say(scene, "\r\nVCON\r\n");
	rig_run_ms(&scene->rig, 10);
}

static void accept(struct scene *scene)
{
	scene_offer(scene);
	cr_assert_eq(tl_session_accept(scene->rig.ctx, scene->session), 0);
}

static void answer_unsent(struct scene *scene)
{
	scene_offer(scene);
	scene_answer(scene, TL_MEDIA_DATA);
}

static void answer(struct scene *scene)
{
	answer_unsent(scene);
	rig_run_ms(&scene->rig, 150);
}

static void answered(struct scene *scene)
{
	answer_unsent(scene);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_CONNECTED, 10000));
}

static void answered_voice(struct scene *scene)
{
	scene_offer(scene);
	scene_answer(scene, TL_MEDIA_VOICE);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_CONNECTED, 10000));
}

/* The modem is deaf to everything until the step that is wanted has begun. */
static void drop_deaf(struct scene *scene)
{
	rig_fault(&scene->rig, 0, SIM_FAULT_SILENT);
	rig_fault(&scene->rig, 0, SIM_FAULT_DEAF_DTR);
	scene_drop(scene, 0);
}

static void drop_while_dialing(struct scene *scene)
{
	dial(scene);
	drop_deaf(scene);
}

static void drop_while_answering(struct scene *scene)
{
	answer(scene);
	drop_deaf(scene);
}

static void drop_while_connected(struct scene *scene)
{
	connect(scene);
	drop_deaf(scene);
}

static void drop_while_talking(struct scene *scene)
{
	dial_voice(scene);
	drop_deaf(scene);
}

static void be_dropped(struct scene *scene)
{
	connect(scene);
	cr_assert_eq(sim_exchange_clear(scene->rig.modems[0].sim), 0);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_DISCONNECTED, 10000));
}

static void lose_track(struct scene *scene)
{
	connect(scene);
	drop_deaf(scene);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_UNKNOWN, 120000));
}

static void recover(struct scene *scene)
{
	connect(scene);
	scene_drop(scene, 0);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_IDLE, 60000));
}

static void recover_voice(struct scene *scene)
{
	dial_voice(scene);
	scene_drop(scene, 0);
	cr_assert(rig_until_call(&scene->rig, scene->session, TL_CALL_IDLE, 60000));
}

/* clang-format off */
#define LINES	 {0}
#define NO_LINES {.without_lines = true}
#define NO_UD	 {.without_lines = true, .no_diagnostics = true}
#define CLASS_8	 {.voice = true}
#define LOST	 TL_ORIGIN_CLIENT_LOST
#define APPL	 TL_ORIGIN_APPLICATION

static const struct stage stages[] = {
	{"waiting", LINES, TL_CALL_DIALING, LOST, wait_for_probe, NULL},
	{"dial not yet sent", LINES, TL_CALL_DIALING, LOST, dial_unsent, NULL},
	{"dialing", LINES, TL_CALL_DIALING, LOST, dial, NULL},
	{"dialing, no lines", NO_LINES, TL_CALL_DIALING, LOST, dial, NULL},
	{"class not yet set", CLASS_8, TL_CALL_DIALING, LOST, set_class, NULL},
	{"proceeding", LINES, TL_CALL_PROCEEDING, LOST, dial_voice, NULL},
	{"proceeding, no lines", NO_LINES, TL_CALL_PROCEEDING, LOST, dial_voice, NULL},
	{"proceeding, class 8", CLASS_8, TL_CALL_PROCEEDING, LOST, dial_voice, NULL},
	{"ringback", LINES, TL_CALL_RINGBACK, LOST, ring_back, NULL},
	{"connected", LINES, TL_CALL_CONNECTED, LOST, connect, NULL},
	{"connected, no lines", NO_LINES, TL_CALL_CONNECTED, LOST, connect, NULL},
	{"connected, no lines, no #UD", NO_UD, TL_CALL_CONNECTED, LOST, connect, NULL},
	{"talking", LINES, TL_CALL_CONNECTED, LOST, talk, NULL},
	{"talking, class 8", CLASS_8, TL_CALL_CONNECTED, LOST, talk, NULL},
	/* Nobody has to hang up what nobody has taken: it rings on until the caller gives up. */
	{"offering", LINES, TL_CALL_OFFERING, TL_ORIGIN_REMOTE, scene_offer, NULL},
	{"accepted", LINES, TL_CALL_ACCEPTED, TL_ORIGIN_REMOTE, accept, NULL},
	{"answer not yet sent", LINES, TL_CALL_OFFERING, LOST, answer_unsent, NULL},
	{"answering", LINES, TL_CALL_OFFERING, LOST, answer, NULL},
	{"answering, no lines", NO_LINES, TL_CALL_OFFERING, LOST, answer, NULL},
	{"answered", LINES, TL_CALL_CONNECTED, LOST, answered, NULL},
	{"answered, class 8", CLASS_8, TL_CALL_CONNECTED, LOST, answered_voice, NULL},
	{"dialing, drop: abort", LINES, TL_CALL_DIALING, APPL, drop_while_dialing, "abort"},
	{"dialing, drop: hook", LINES, TL_CALL_DIALING, APPL, drop_while_dialing, "hook"},
	{"dialing, drop: dtr", LINES, TL_CALL_DIALING, APPL, drop_while_dialing, "dtr"},
	{"dialing, drop: reinit", NO_LINES, TL_CALL_DIALING, APPL, drop_while_dialing, "reinit"},
	{"dialing, drop: reopen", NO_LINES, TL_CALL_DIALING, APPL, drop_while_dialing, "reopen"},
	{"answering, drop: abort", NO_LINES, TL_CALL_OFFERING, APPL, drop_while_answering, "abort"},
	{"answering, drop: hook", NO_LINES, TL_CALL_OFFERING, APPL, drop_while_answering, "hook"},
	{"connected, drop: dtr", LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "dtr"},
	{"connected, drop: hook", LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "hook"},
	{"connected, drop: reinit", LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "reinit"},
	{"connected, drop: reopen", LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "reopen"},
	{"no lines, drop: hook", NO_LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "hook"},
	{"no lines, drop: reinit", NO_LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "reinit"},
	{"no lines, drop: reopen", NO_LINES, TL_CALL_CONNECTED, APPL, drop_while_connected, "reopen"},
	{"no #UD, drop: hook", NO_UD, TL_CALL_CONNECTED, APPL, drop_while_connected, "hook"},
	{"proceeding, drop: hook", CLASS_8, TL_CALL_PROCEEDING, APPL, drop_while_talking, "hook"},
	{"proceeding, drop: dtr", CLASS_8, TL_CALL_PROCEEDING, APPL, drop_while_talking, "dtr"},
	{"proceeding, drop: reinit", CLASS_8, TL_CALL_PROCEEDING, APPL, drop_while_talking, "reinit"},
	{"proceeding, drop: reopen", CLASS_8, TL_CALL_PROCEEDING, APPL, drop_while_talking, "reopen"},
	{"disconnected", NO_LINES, TL_CALL_DISCONNECTED, TL_ORIGIN_REMOTE, be_dropped, NULL},
	{"unknown", NO_LINES, TL_CALL_UNKNOWN, APPL, lose_track, NULL},
	{"recovering", LINES, TL_CALL_IDLE, APPL, recover, NULL},
	{"recovering, no lines", NO_LINES, TL_CALL_IDLE, APPL, recover, NULL},
	{"recovering, class 8", CLASS_8, TL_CALL_IDLE, APPL, recover_voice, NULL},
};
/* clang-format on */

const struct stage *stage_table(size_t *ret_n)
{
	*ret_n = sizeof(stages) / sizeof(stages[0]);
	return stages;
}

struct wanted_step {
	struct core_line *line;
	const char *name;
};

static bool step_runs(void *user)
{
	const struct wanted_step *wanted = user;
	const struct core_drop *drop = &wanted->line->call->drop;

	return drop->in_step && strcmp(drop->steps[drop->index].name, wanted->name) == 0;
}

void stage_enter(const struct stage *stage, struct scene *scene)
{
	struct wanted_step wanted = {.name = stage->step};

	if (stage->reach == wait_for_probe) {
		init_bare(scene, &stage->options);
		(void)rig_add_line(&scene->rig, 0, NULL, NULL);
	} else {
		scene_init(scene, &stage->options);
	}
	stage->reach(scene);
	if (stage->step) {
		wanted.line = scene_line(scene);
		cr_assert(rig_until(&scene->rig, step_runs, &wanted, 120000), "%s", stage->name);
		sim_modem_clear_faults(scene->rig.modems[0].sim);
	}
	cr_assert_eq(rig_state(&scene->rig, scene->session), stage->state, "%s: %s", stage->name,
		     tl_call_state_name(rig_state(&scene->rig, scene->session)));
}
