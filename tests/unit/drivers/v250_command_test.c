/* SPDX-License-Identifier: MIT */
/* Raw commands on a line that is called. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "drivers/at/queue.h"
#include "tests/scenario/rig.h"

/* A command on line b that takes so long that a call comes in meanwhile. */
static tl_session call_into_command(struct rig *rig, tl_session *ret_caller, uint64_t *ret_op)
{
	const struct sim_fault slow = {.kind = SIM_FAULT_SLOW, .ms = 20000, .prefix = "I"};
	tl_client self = tl_ctx_get_client(rig->ctx);
	tl_line line = rig->modems[1].line;
	uint64_t ms = 0;

	cr_assert_eq(tl_line_open(rig->ctx, self, line, TL_PRIVILEGE_OWNER, 0), 0);
	sim_modem_set_fault(rig->modems[1].sim, &slow);
	cr_assert_eq(tl_line_command(rig->ctx, self, line, "I3", 60000, ret_op), 0);
	*ret_caller = rig_dial(rig, 0, "102");
	for (; rig_count(rig, TL_EVENT_SESSION_NEW) == 0 && ms < 15000; ms += 100)
		rig_run_ms(rig, 100);
	cr_assert_null(rig_completion(rig, *ret_op));
	return rig_new_session(rig, self);
}

static void assert_commands_work(struct rig *rig)
{
	tl_line line = rig->modems[1].line;
	uint64_t op;

	cr_assert(rig_until_line(rig, line, TL_LINE_READY, 120000));
	sim_modem_clear_faults(rig->modems[1].sim);
	cr_assert_eq(tl_line_command(rig->ctx, tl_ctx_get_client(rig->ctx), line, "I3", 0, &op), 0);
	cr_assert_eq(rig_op(rig, op, 30000), 0);
	cr_assert(strstr(tl_event_get_text(rig_completion(rig, op)), "OK"));
}

static void release(struct rig *rig, tl_session session)
{
	cr_assert_eq(tl_session_release(rig->ctx, session, TL_RELEASE_DROP), 0);
}

Test(v250_command, is_pushed_aside_when_a_call_is_answered)
{
	tl_session caller, called;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	called = call_into_command(&rig, &caller, &op);
	cr_assert_eq(tl_session_answer(rig.ctx, called, TL_MEDIA_DATA, NULL), 0);
	cr_assert_eq(rig_op(&rig, op, 0), -ECANCELED);
	rig_run_ms(&rig, 60000);
	release(&rig, caller);
	release(&rig, called);
	assert_commands_work(&rig);
	rig_fini(&rig);
}

Test(v250_command, is_pushed_aside_when_a_call_is_missed)
{
	tl_session caller, called;
	struct rig rig;
	uint64_t op;

	rig_init(&rig, NULL);
	called = call_into_command(&rig, &caller, &op);
	release(&rig, caller);
	cr_assert(rig_until_over(&rig, called, 60000));
	cr_assert_eq(rig_op(&rig, op, 0), -ECANCELED);
	release(&rig, called);
	/* The modem is busy with it for a while and looks silent. */
	rig_run_ms(&rig, 30000);
	assert_commands_work(&rig);
	rig_fini(&rig);
}

/* Many answers to one command: each of them is told. */
Test(v250_command, has_an_answer_of_any_length)
{
	char command[AT_CMD_TEXT_MAX - 2 + 1] = "";
	const char *text, *next;
	size_t wanted = 0, seen = 0;
	struct rig rig;
	tl_line line;
	uint64_t op;

	rig_init(&rig, NULL);
	line = rig.modems[1].line;
	cr_assert_eq(tl_line_open(rig.ctx, tl_ctx_get_client(rig.ctx), line, TL_PRIVILEGE_OWNER, 0),
		     0);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 120000));
	for (; 2 * wanted + 2 < sizeof(command); wanted++)
		memcpy(command + 2 * wanted, "I0", 3);
	cr_assert_eq(tl_line_command(rig.ctx, tl_ctx_get_client(rig.ctx), line, command, 0, &op),
		     0);
	cr_assert_eq(rig_op(&rig, op, 30000), 0);
	text = tl_event_get_text(rig_completion(&rig, op));
	for (next = text; (next = strchr(next, '\n')); next++)
		seen++;
	cr_assert_eq(seen, wanted, "%s", text);
	cr_assert_gt(strlen(text), 512, "%zu", strlen(text));
	cr_assert_str_eq(text + strlen(text) - 3, "\nOK");
	rig_fini(&rig);
}

Test(v250_command, of_a_client_that_is_gone_ends_before_the_next_one)
{
	const struct sim_fault slow = {.kind = SIM_FAULT_SLOW, .ms = 3000, .prefix = "I"};
	struct rig rig;
	tl_client client;
	tl_line line;

	rig_init(&rig, NULL);
	line = rig.modems[1].line;
	sim_modem_set_fault(rig.modems[1].sim, &slow);
	cr_assert_eq(tl_client_new(rig.ctx, "gone", &client), 0);
	cr_assert_eq(tl_line_command(rig.ctx, client, line, "I3", 10000, NULL), 0);
	cr_assert_eq(tl_client_close(rig.ctx, client), 0);
	cr_assert_eq(tl_line_command(rig.ctx, tl_ctx_get_client(rig.ctx), line, "I3", 0, NULL),
		     -EBUSY);
	rig_run_ms(&rig, 5000);
	assert_commands_work(&rig);
	rig_fini(&rig);
}
