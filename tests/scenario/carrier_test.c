/* SPDX-License-Identifier: MIT */
/* Ports that mind the carrier (clocal = no): they hang up by themselves when DCD falls. */
#include <criterion/criterion.h>

#include "hal/stream_mem.h"
#include "tests/scenario/rig.h"

static tl_session mind_the_carrier(struct rig *rig, const char *clocal)
{
	tl_line line;

	rig_init_bare(rig, &(struct rig_options){.modems = 1});
	rig_watch(rig);
	line = rig_add_line(rig, 0, "clocal", clocal);
	cr_assert(rig_until_line(rig, line, TL_LINE_READY, 10000));
	return rig_connect(rig);
}

static void drop_DCD(struct rig *rig)
{
	hal_stream_mem_set_inputs(rig->modems[0].stream, HAL_STREAM_DCD, false);
}

static void far_end_hangs_up(struct rig *rig)
{
	cr_assert_eq(sim_exchange_clear(rig->modems[0].sim), 0);
}

/* The fall is seen, and the hang-up comes behind it. */
static void drop_DCD_then_hang_up(struct rig *rig)
{
	drop_DCD(rig);
	rig_run_ms(rig, 1);
	rig_hang_up(rig, 0);
}

static void release(struct rig *rig, tl_session call)
{
	cr_assert_eq(tl_session_release(rig->ctx, call, 0), 0);
	rig_fini(rig);
}

static void assert_ended(struct rig *rig, tl_session call, enum tl_origin origin, const char *name)
{
	struct tl_session_info *info = rig_info(rig, call);

	cr_assert_eq(tl_session_info_origin(info), origin, "%s: %s", name,
		     tl_origin_name(tl_session_info_origin(info)));
	(void)tl_session_info_free(info);
}

Test(carrier, the_fall_of_DCD_hangs_up_a_port_that_minds_it_and_is_the_far_ends_doing)
{
	static const struct {
		const char *name, *clocal;
		void (*end)(struct rig *rig);
	} rows[] = {
		{"DCD falls", "no", drop_DCD},
		{"the far end hangs up", "no", far_end_hangs_up},
		{"the fall is seen before the hang-up", "yes", drop_DCD_then_hang_up},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tl_session call;
		struct rig rig;

		call = mind_the_carrier(&rig, rows[i].clocal);
		rows[i].end(&rig);
		cr_assert(rig_until_over(&rig, call, 30000), "%s", rows[i].name);
		cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 30000));
		cr_assert_eq(rig_state(&rig, call), TL_CALL_IDLE, "%s", rows[i].name);
		assert_ended(&rig, call, TL_ORIGIN_REMOTE, rows[i].name);
		cr_assert_eq(rig_count_states(&rig, rig.modems[0].line, TL_LINE_GONE), 0);
		cr_assert_eq(rig_count_states(&rig, rig.modems[0].line, TL_LINE_FAULTY),
			     rows[i].clocal[0] == 'y', "%s", rows[i].name);
		cr_assert_not(rig_is_off_hook(&rig, 0));
		release(&rig, call);
	}
}

Test(carrier, a_hang_up_by_the_carrier_is_recorded_as_a_reopening)
{
	struct tl_session_info *info;
	tl_session call;
	struct rig rig;

	call = mind_the_carrier(&rig, "no");
	far_end_hangs_up(&rig);
	cr_assert(rig_until_call(&rig, call, TL_CALL_DISCONNECTED, 10000));
	cr_assert_neq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_READY);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000));
	info = rig_info(&rig, call);
	cr_assert_eq(tl_session_info_drop_steps(info), 1);
	cr_assert_str_eq(tl_session_info_drop_name(info, 0), "reopen");
	cr_assert_eq(tl_session_info_drop_result(info, 0), TL_DROP_VERIFIED);
	cr_assert_str_eq(tl_session_info_drop_proof(info, 0), "on hook when opened anew");
	cr_assert_str_eq(tl_session_info_cause(info), "carrier lost");
	(void)tl_session_info_free(info);
	release(&rig, call);
}

Test(carrier, a_port_that_minds_the_carrier_is_unplugged)
{
	tl_session call;
	struct rig rig;

	call = mind_the_carrier(&rig, "no");
	rig_unplug(&rig, 0);
	cr_assert(rig_until_over(&rig, call, 10000));
	assert_ended(&rig, call, TL_ORIGIN_DEVICE_GONE, "unplugged");
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_GONE);
	release(&rig, call);
}

Test(carrier, our_own_drop_does_not_hang_up_a_port_that_minds_the_carrier)
{
	tl_session call;
	struct rig rig;
	size_t opened;
	uint64_t op;

	call = mind_the_carrier(&rig, "no");
	opened = rig_count_states(&rig, rig.modems[0].line, TL_LINE_OPENING);
	cr_assert_eq(tl_session_drop(rig.ctx, call, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 10000), 0);
	assert_ended(&rig, call, TL_ORIGIN_APPLICATION, "dropped");
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000));
	cr_assert_eq(rig_count_states(&rig, rig.modems[0].line, TL_LINE_OPENING), opened);
	release(&rig, call);
}

Test(carrier, a_drop_that_meets_a_hang_up_by_the_carrier_is_done_when_the_line_is_proved)
{
	tl_session call;
	struct rig rig;
	uint64_t op;

	call = mind_the_carrier(&rig, "no");
	drop_DCD(&rig);
	rig_run_ms(&rig, 10);
	cr_assert_eq(tl_session_drop(rig.ctx, call, 0, &op), 0);
	cr_assert_eq(rig_op(&rig, op, 30000), 0);
	cr_assert_not(rig_is_off_hook(&rig, 0));
	assert_ended(&rig, call, TL_ORIGIN_APPLICATION, "dropped");
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 10000));
	release(&rig, call);
}

Test(carrier, a_modem_that_is_silent_after_a_hang_up_by_the_carrier_is_not_called_on_hook)
{
	tl_session call;
	struct rig rig;

	call = mind_the_carrier(&rig, "no");
	rig_fault(&rig, 0, SIM_FAULT_SILENT);
	drop_DCD(&rig);
	cr_assert(rig_until_call(&rig, call, TL_CALL_UNKNOWN, 60000));
	assert_ended(&rig, call, TL_ORIGIN_REMOTE, "silent");
	cr_assert_eq(rig_line_state(&rig, rig.modems[0].line), TL_LINE_FAULTY);
	sim_modem_clear_faults(rig.modems[0].sim);
	cr_assert(rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 100000));
	cr_assert_eq(rig_state(&rig, call), TL_CALL_IDLE);
	release(&rig, call);
}
