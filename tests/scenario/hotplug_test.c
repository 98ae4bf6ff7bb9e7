/* SPDX-License-Identifier: MIT */
/* Devices that come and go, in every order of the signs that they give. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "core/hotplug.h"
#include "tests/scenario/stage.h"

/* Lines are READY and have learnt what their devices are. */
static void watched(struct rig *rig, const struct rig_options *options)
{
	rig_init_bare(rig, options);
	rig_watch(rig);
	for (size_t i = 0; i < RIG_MODEMS && rig->modems[i].sim; i++) {
		tl_line line = rig_add_line(rig, i, NULL, NULL);

		cr_assert(rig_until_line(rig, line, TL_LINE_READY, 10000));
	}
}

static void rename_node(struct rig *rig, size_t index, const char *node)
{
	strcpy(rig->modems[index].device.node, node);
}

/* The device is not there any more; whether anybody says so is the caller's. */
static void vanish(struct rig *rig, size_t index)
{
	rig->modems[index].absent = true;
}

static void come_back(struct rig *rig, size_t index)
{
	rig_plug(rig, index);
	rig_tell(rig, index, HAL_HOTPLUG_ADD);
}

static size_t count_call_states(const struct rig *rig, tl_session session, enum tl_call_state state,
				enum tl_origin origin)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++)
		n += tl_event_get_type(rig->events[i]) == TL_EVENT_CALL_STATE &&
		     tl_event_get_session(rig->events[i]).id == session.id &&
		     tl_event_get_call_state(rig->events[i]) == state &&
		     tl_event_get_origin(rig->events[i]) == origin;
	return n;
}

static void assert_gone(struct rig *rig, size_t index, const char *name)
{
	cr_assert_eq(rig_line_state(rig, rig->modems[index].line), TL_LINE_GONE, "%s", name);
	cr_assert_eq(rig_count_states(rig, rig->modems[index].line, TL_LINE_GONE), 1, "%s", name);
	cr_assert_not(sim_modem_has_stream(rig->modems[index].sim) && !rig->modems[index].absent,
		      "%s", name);
}

/* ---- signs of a loss ---- */

static void remove_then_hup(struct rig *rig)
{
	vanish(rig, 0);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
	rig_run_ms(rig, 1);
	rig_hang_up(rig, 0);
}

static void hup_then_remove(struct rig *rig)
{
	rig_unplug(rig, 0);
	rig_run_ms(rig, 1);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
}

static void both_at_once(struct rig *rig)
{
	rig_unplug(rig, 0);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
}

/* As real drivers do it: the port hangs up some milliseconds before the device goes. */
static void hup_then_vanish(struct rig *rig)
{
	rig_hang_up(rig, 0);
	rig_run_ms(rig, 7);
	vanish(rig, 0);
}

static void hup_then_vanish_then_remove(struct rig *rig)
{
	hup_then_vanish(rig);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
}

static void remove_while_in_doubt(struct rig *rig)
{
	rig_hang_up(rig, 0);
	rig_run_ms(rig, 7);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
	rig_run_ms(rig, 0);
	vanish(rig, 0);
}

static void removed_twice(struct rig *rig)
{
	remove_then_hup(rig);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
	rig_run_ms(rig, 1);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
}

static void lost_remove(struct rig *rig)
{
	rig_unplug(rig, 0);
}

static void no_hup(struct rig *rig)
{
	vanish(rig, 0);
	rig_tell(rig, 0, HAL_HOTPLUG_REMOVE);
}

static void neither_but_missed(struct rig *rig)
{
	vanish(rig, 0);
	hal_hotplug_report_missed(rig->ctx->hotplug);
}

static const struct {
	const char *name;
	void (*pull)(struct rig *rig);
} signs[] = {
	{"remove before HUP", remove_then_hup},
	{"HUP before remove", hup_then_remove},
	{"both in one turn", both_at_once},
	{"HUP before the device goes", hup_then_vanish},
	{"HUP, gone, remove", hup_then_vanish_then_remove},
	{"remove while the HUP is looked into", remove_while_in_doubt},
	{"removed twice", removed_twice},
	{"remove is lost", lost_remove},
	{"no HUP", no_hup},
	{"all events lost", neither_but_missed},
};

#define N_SIGNS (sizeof(signs) / sizeof(signs[0]))

static void pull_in_call(void (*pull)(struct rig *rig), const char *name)
{
	struct tl_session_info *info;
	struct rig rig;
	tl_session call;
	uint64_t drop;

	watched(&rig, NULL);
	call = rig_connect(&rig);
	pull(&rig);
	rig_run_ms(&rig, 5);
	assert_gone(&rig, 0, name);
	cr_assert_eq(rig_state(&rig, call), TL_CALL_IDLE, "%s", name);
	cr_assert_eq(count_call_states(&rig, call, TL_CALL_DISCONNECTED, TL_ORIGIN_DEVICE_GONE), 1,
		     "%s", name);
	cr_assert_eq(count_call_states(&rig, call, TL_CALL_IDLE, TL_ORIGIN_DEVICE_GONE), 1, "%s",
		     name);
	cr_assert_eq(tl_session_drop(rig.ctx, call, 0, &drop), -ENODEV, "%s", name);
	info = rig_info(&rig, call);
	cr_assert_str_eq(tl_session_info_called(info), "300");
	(void)tl_session_info_free(info);

	come_back(&rig, 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000), "%s", name);
	cr_assert_eq(tl_session_release(rig.ctx, call, 0), 0);
	call = rig_connect(&rig);
	cr_assert_eq(tl_session_release(rig.ctx, call, TL_RELEASE_DROP), 0);
	rig_run_ms(&rig, 30000);
	rig_fini(&rig);
}

Test(hotplug, every_order_of_signs_ends_a_call_once, .timeout = 60)
{
	for (size_t i = 0; i < N_SIGNS; i++)
		pull_in_call(signs[i].pull, signs[i].name);
}

static void pull_at(const struct stage *stage, size_t sign)
{
	struct scene scene;
	struct rig *rig = &scene.rig;
	char name[128];

	(void)snprintf(name, sizeof(name), "%s: %s", stage->name, signs[sign].name);
	stage_enter(stage, &scene);
	rig_watch(rig);
	rig_tell(rig, 0, HAL_HOTPLUG_ADD);
	rig_run_ms(rig, 0);
	signs[sign].pull(rig);
	rig_run_ms(rig, 5);
	if (stage->step && strcmp(stage->step, "reopen") == 0) {
		/* The ladder has closed the port: it sees the loss when it opens it. */
		rig_run_ms(rig, 30000);
	} else {
		cr_assert_eq(rig_line_state(rig, rig->modems[0].line), TL_LINE_GONE, "%s", name);
		if (scene.session.id)
			cr_assert_eq(rig_state(rig, scene.session), TL_CALL_IDLE, "%s", name);
	}
	sim_modem_clear_faults(rig->modems[0].sim);
	come_back(rig, 0);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 10000), "%s", name);
	if (scene.session.id)
		cr_assert_eq(rig_state(rig, scene.session), TL_CALL_IDLE, "%s", name);
	scene_fini(&scene);
}

Test(hotplug, every_order_of_signs_in_every_state_of_a_call, .timeout = 240)
{
	const struct stage *stages;
	size_t n;

	stages = stage_table(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t sign = 0; sign < N_SIGNS; sign++)
			pull_at(&stages[i], sign);
}

/* ---- losses before the line is READY ---- */

static void pull_after(uint64_t ms, size_t sign)
{
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, &(struct rig_options){.modems = 1});
	rig_watch(&rig);
	line = rig_add_line(&rig, 0, NULL, NULL);
	rig_run_ms(&rig, ms);
	signs[sign].pull(&rig);
	rig_run_ms(&rig, 5);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_GONE, "%s after %lu ms", signs[sign].name,
		     (unsigned long)ms);
	come_back(&rig, 0);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 10000));
	rig_fini(&rig);
}

Test(hotplug, every_order_of_signs_during_probing_and_setting_up, .timeout = 60)
{
	for (uint64_t ms = 1; ms < 40; ms += 3)
		for (size_t sign = 0; sign < N_SIGNS; sign++)
			pull_after(ms, sign);
}

Test(hotplug, a_device_that_goes_while_it_is_opened_is_gone)
{
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, &(struct rig_options){.modems = 1});
	rig_watch(&rig);
	line = rig_add_line(&rig, 0, NULL, NULL);
	both_at_once(&rig);
	rig_run_ms(&rig, 1);
	assert_gone(&rig, 0, "opening");
	rig.modems[0].locked = true;
	come_back(&rig, 0);
	rig_run_ms(&rig, 10000);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_FAULTY, "no permission");
	both_at_once(&rig);
	rig_run_ms(&rig, 1);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_GONE);
	rig_fini(&rig);
}

/* ---- coming back ---- */

Test(hotplug, a_device_that_comes_back_is_opened_at_once)
{
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	both_at_once(&rig);
	/* The next attempt without a feed would be in a minute. */
	rig_run_ms(&rig, 200000);
	come_back(&rig, 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_PROBING, 1));
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 1000));
	rig_fini(&rig);
}

Test(hotplug, without_a_feed_the_line_looks_for_its_device_by_itself)
{
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	rig_unplug(&rig, 0);
	rig_run_ms(&rig, 5000);
	rename_node(&rig, 0, "/dev/ttyUSB7");
	rig_plug(&rig, 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 70000));
	rig_fini(&rig);
}

Test(hotplug, a_device_comes_back_by_another_name)
{
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	both_at_once(&rig);
	rig_run_ms(&rig, 1);
	rename_node(&rig, 0, "/dev/ttyUSB7");
	come_back(&rig, 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 1000));
	both_at_once(&rig);
	rig_run_ms(&rig, 1);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_GONE, "by that name");
	rig_fini(&rig);
}

Test(hotplug, a_device_comes_back_by_another_name_and_nobody_had_told_that_it_went)
{
	tl_session call;
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	call = rig_connect(&rig);
	rename_node(&rig, 0, "/dev/ttyUSB7");
	rig_tell(&rig, 0, HAL_HOTPLUG_ADD);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000));
	cr_assert_eq(rig_state(&rig, call), TL_CALL_IDLE);
	cr_assert_eq(tl_session_release(rig.ctx, call, 0), 0);
	rig_fini(&rig);
}

Test(hotplug, two_equal_modems_that_swap_their_names_keep_their_lines)
{
	struct rig rig;

	watched(&rig, NULL);
	rig_unplug(&rig, 0);
	rig_unplug(&rig, 1);
	rig_tell(&rig, 0, HAL_HOTPLUG_REMOVE);
	rig_tell(&rig, 1, HAL_HOTPLUG_REMOVE);
	rig_run_ms(&rig, 1);
	rename_node(&rig, 0, "b");
	rename_node(&rig, 1, "a");
	come_back(&rig, 1);
	rig_run_ms(&rig, 5000);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_ABSENT,
		     "what is called so now is the other one");
	cr_assert_eq(rig_line_state(&rig, rig.modems[1].line), TL_LINE_READY);
	come_back(&rig, 0);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000));
	/* Who is who shows when one of them goes. */
	rig_unplug(&rig, 0);
	rig_run_ms(&rig, 1);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_GONE);
	cr_assert_eq(rig_line_state(&rig, rig.modems[1].line), TL_LINE_READY);
	rig_fini(&rig);
}

Test(hotplug, a_line_that_never_had_a_device_does_not_take_anothers)
{
	struct rig rig;

	rig_init_bare(&rig, NULL);
	rig_watch(&rig);
	rig.modems[0].absent = true;
	(void)rig_add_line(&rig, 0, NULL, NULL);
	(void)rig_add_line(&rig, 1, NULL, NULL);
	rig_run_ms(&rig, 1000);
	rig_unplug(&rig, 1);
	rig_run_ms(&rig, 1);
	rename_node(&rig, 1, "a");
	come_back(&rig, 1);
	rig_run_ms(&rig, 1000);
	cr_assert_eq(rig_line_state(&rig, rig.modems[1].line), TL_LINE_READY);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_ABSENT);
	rig_run_ms(&rig, 200000);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_ABSENT, "by path neither");
	rig_fini(&rig);
}

Test(hotplug, a_reset_of_a_line_without_device_takes_what_is_there)
{
	struct rig rig;
	uint64_t op;

	watched(&rig, &(struct rig_options){.modems = 1});
	both_at_once(&rig);
	rig_run_ms(&rig, 1);
	strcpy(rig.modems[0].device.place, "usb-0:9:1.0");
	come_back(&rig, 0);
	rig_run_ms(&rig, 5000);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_ABSENT, "another place");
	cr_assert_eq(tl_line_reset(rig.ctx, tl_ctx_get_client(rig.ctx), rig.modems[0].line,
				   TL_RESET_SOFT, &op),
		     0);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);
	rig_fini(&rig);
}

Test(hotplug, a_device_is_awaited_until_it_may_be_opened)
{
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	both_at_once(&rig);
	rig_run_ms(&rig, 1);
	rig.modems[0].locked = true;
	come_back(&rig, 0);
	rig_run_ms(&rig, 100);
	cr_assert_eq(rig_count_states(&rig, rig.modems[0].line, TL_LINE_FAULTY), 0);
	rig.modems[0].locked = false;
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 2000));
	rig_fini(&rig);
}

/* ---- what must do no harm ---- */

Test(hotplug, being_told_again_that_a_device_is_there_does_no_harm)
{
	tl_session call;
	struct rig rig;

	watched(&rig, NULL);
	call = rig_connect(&rig);
	for (int i = 0; i < 1000; i++)
		rig_tell(&rig, 0, HAL_HOTPLUG_ADD); /* add, change, bind after a resume */
	rig_run_ms(&rig, 10);
	cr_assert_eq(rig_state(&rig, call), TL_CALL_CONNECTED);
	cr_assert_eq(tl_session_release(rig.ctx, call, TL_RELEASE_DROP), 0);
	rig_run_ms(&rig, 30000);
	rig_fini(&rig);
}

Test(hotplug, strangers_do_not_matter)
{
	static const struct hal_device strangers[] = {
		{.node = "/dev/ttyUSB5", .place = "usb-0:5:1.0"},
		{.node = "/dev/ttyS0"},
		{.node = "/dev/ttyUSB6", .place = "usb-0:1:1.1", .syspath = "/sys/x"},
		{.node = "/dev/ttyUSB8", .place = "usb-0:6:1.0", .marked = true},
	};
	struct rig rig;

	watched(&rig, NULL);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		hal_hotplug_report(rig.ctx->hotplug, HAL_HOTPLUG_ADD, &strangers[i]);
		rig_run_ms(&rig, 10000);
		hal_hotplug_report(rig.ctx->hotplug, HAL_HOTPLUG_REMOVE, &strangers[i]);
		rig_run_ms(&rig, 10);
	}
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_LINES), 2);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
	cr_assert_eq(rig_line_state(&rig, rig.modems[1].line), TL_LINE_READY);
	rig_fini(&rig);
}

Test(hotplug, a_loose_contact_ends_in_what_is_true)
{
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	for (int i = 0; i < 500; i++) {
		rig_tell(&rig, 0, HAL_HOTPLUG_REMOVE);
		rig_tell(&rig, 0, HAL_HOTPLUG_ADD);
	}
	rig_run_ms(&rig, 1);
	cr_assert_eq(rig_count_states(&rig, rig.modems[0].line, TL_LINE_GONE), 1,
		     "one loss of 500");
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000));
	rig_fini(&rig);
}

/* ---- hang-ups that are none ---- */

Test(hotplug, a_port_that_is_hung_up_and_still_there_is_opened_again)
{
	struct rig rig;

	watched(&rig, &(struct rig_options){.modems = 1});
	rig_hang_up(&rig, 0);
	rig_run_ms(&rig, 1);
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_OPENING);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY,
				 CORE_HOTPLUG_DOUBT_MS + 500));
	cr_assert_eq(rig_count_states(&rig, rig.modems[0].line, TL_LINE_GONE), 0);
	rig_fini(&rig);
}

Test(hotplug, a_call_whose_port_is_hung_up_is_idle_only_when_that_is_proved)
{
	tl_session call;
	struct rig rig;

	watched(&rig, NULL);
	call = rig_connect(&rig);
	rig_hang_up(&rig, 0);
	rig_run_ms(&rig, CORE_HOTPLUG_DOUBT_MS - 50);
	cr_assert_eq(rig_state(&rig, call), TL_CALL_CONNECTED, "not known yet");
	cr_assert(rig_until_call(&rig, call, TL_CALL_UNKNOWN, 100));
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 30000));
	cr_assert_eq(rig_state(&rig, call), TL_CALL_IDLE);
	cr_assert_not(rig_is_off_hook(&rig, 0));
	cr_assert_eq(count_call_states(&rig, call, TL_CALL_IDLE, TL_ORIGIN_DEVICE_GONE), 0);
	cr_assert_eq(tl_session_release(rig.ctx, call, 0), 0);
	rig_fini(&rig);
}

Test(hotplug, a_drop_that_meets_a_hang_up_waits_for_what_it_was)
{
	static const struct {
		const char *name;
		bool gone;
		int result;
	} rows[] = {{"the device has gone", true, 0}, {"it is still there", false, -EIO}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tl_session call;
		struct rig rig;
		uint64_t op;

		watched(&rig, NULL);
		call = rig_connect(&rig);
		rig_hang_up(&rig, 0);
		rig_run_ms(&rig, 1);
		cr_assert_eq(tl_session_drop(rig.ctx, call, 0, &op), 0);
		rig_run_ms(&rig, 100);
		cr_assert_null(rig_completion(&rig, op));
		rig.modems[0].absent = rows[i].gone;
		cr_assert_eq(rig_op(&rig, op, 1000), rows[i].result, "%s", rows[i].name);
		come_back(&rig, 0);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 30000));
		cr_assert_eq(tl_session_release(rig.ctx, call, 0), 0);
		rig_fini(&rig);
	}
}

Test(hotplug, an_offer_that_meets_a_hang_up_cannot_be_answered)
{
	struct scene scene;
	uint64_t op;

	scene_init(&scene, &(struct rig_options){0});
	rig_watch(&scene.rig);
	scene_offer(&scene);
	rig_hang_up(&scene.rig, 0);
	rig_run_ms(&scene.rig, 1);
	cr_assert_eq(tl_session_answer(scene.rig.ctx, scene.session, TL_MEDIA_DATA, &op), -ENODEV);
	rig_run_ms(&scene.rig, 10000);
	scene_fini(&scene);
}

Test(hotplug, a_port_that_hangs_up_each_time_is_opened_less_and_less_often)
{
	struct rig rig;
	uint64_t start;

	watched(&rig, &(struct rig_options){.modems = 1});
	start = rig.clock.now_us;
	for (int i = 0; i < 6; i++) {
		rig_hang_up(&rig, 0);
		rig_run_ms(&rig, 1);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_PROBING, 100000));
	}
	/* At once, then after 2, 4, 8 … s. */
	cr_assert_geq(rig.clock.now_us - start, 30 * HAL_USEC_PER_SEC);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 100000));
	rig_fini(&rig);
}

/* ---- the interface ---- */

Test(hotplug, somebody_may_tell)
{
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, &(struct rig_options){.modems = 1});
	rename_node(&rig, 0, "/dev/ttyUSB0");
	cr_assert_eq(tl_hotplug_get_feed(rig.ctx), TL_HOTPLUG_OFF);
	line = rig_add_device(&rig, "/dev/ttyUSB0");
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 5000));
	vanish(&rig, 0);
	cr_assert_eq(tl_hotplug_tell(rig.ctx, TL_HOTPLUG_REMOVE, "/dev/ttyUSB0", NULL), 0);
	rig_run_ms(&rig, 1);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_GONE);
	rig_plug(&rig, 0);
	cr_assert_eq(tl_hotplug_tell(rig.ctx, TL_HOTPLUG_ADD, "/dev/ttyUSB0", NULL), 0);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 1000));
	rig_fini(&rig);
}

Test(hotplug, nonsense_is_refused)
{
	struct rig rig;

	rig_init_bare(&rig, NULL);
	cr_assert_eq(tl_hotplug_start(rig.ctx, TL_HOTPLUG_COUNT, false), -EINVAL);
	cr_assert_eq(tl_hotplug_tell(rig.ctx, TL_HOTPLUG_REMOVE + 1, "/dev/x", NULL), -EINVAL);
	cr_assert_eq(tl_hotplug_tell(rig.ctx, TL_HOTPLUG_ADD, "x", NULL), -EINVAL);
	cr_assert_str_eq(tl_hotplug_feed_name(tl_hotplug_get_feed(rig.ctx)), "off");
	cr_assert_null(tl_hotplug_feed_name(TL_HOTPLUG_COUNT));
	rig_fini(&rig);
}

/* ---- again and again ---- */

/* A multiple of 30, so that the last cycle is of the same kind as the one before the first. */
#define CYCLES	1020
#define WARM_UP 60

static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

/* Exact where the sanitizer counts; the C library's own figure else. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t heap_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

static void cycle(struct rig *rig, int i)
{
	tl_session call = {0};

	if (i % 3 == 0)
		call = rig_connect(rig);
	signs[(size_t)i % N_SIGNS].pull(rig);
	rig_run_ms(rig, 5);
	cr_assert_eq(rig_line_state(rig, rig->modems[0].line), TL_LINE_GONE, "cycle %d", i);
	rename_node(rig, 0, i % 2 ? "/dev/ttyUSB1" : "/dev/ttyUSB0");
	come_back(rig, 0);
	cr_assert(rig_until_line(rig, rig->modems[0].line, TL_LINE_READY, 10000), "cycle %d", i);
	if (call.id)
		cr_assert_eq(tl_session_release(rig->ctx, call, 0), 0);
	for (size_t k = 0; k < rig->n_events; k++)
		(void)tl_event_free(rig->events[k]);
	rig->n_events = 0;
}

Test(hotplug, a_thousand_times_unplugged_and_plugged_in_leaves_nothing, .timeout = 240)
{
	struct rig rig;
	size_t heap;
	int fd;

	watched(&rig, &(struct rig_options){.modems = 1});
	for (int i = 0; i < WARM_UP; i++)
		cycle(&rig, i);
	fd = next_fd();
	heap = heap_bytes();
	for (int i = 0; i < CYCLES; i++)
		cycle(&rig, i);
	cr_assert_eq(heap_bytes(), heap, "%zd bytes more", (ssize_t)(heap_bytes() - heap));
	cr_assert_eq(next_fd(), fd, "descriptors");
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_LINES), 1);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_SESSIONS), 0);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_REQUESTS), 0);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_EVENTS), 0);
	rig_fini(&rig);
}
