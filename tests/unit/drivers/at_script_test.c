/* SPDX-License-Identifier: MIT */
#include "drivers/at/script.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "at_fixture.h"

#define OK "\r\nOK\r\n"

static const struct answer_row answers[] = {
	{"AT", 5, OK},
	{"AT+GMI", 0, "\r\nAcme\r\n\r\nOK\r\n"},
	{"AT+BAD", 0, "\r\nERROR\r\n"},
	{"AT+SILENT", 0, NULL},
	{0},
};

static void on_line(void *user, struct hal_slice line)
{
	char text[64];

	hal_slice_copy(line, text, sizeof(text));
	note(user, "line", text);
}

static void on_done(void *user, int error, const struct at_step *failed)
{
	char text[64];

	snprintf(text, sizeof(text), "%d %s", error, failed ? failed->text : "-");
	note(user, "done", text);
}

static void assert_script(const char *name, const struct at_step *steps, size_t n_steps,
			  const char *notes)
{
	struct at_script script = {0};
	struct fixture f;

	fixture_open(&f, answers);
	f.known = false;
	cr_assert_eq(at_script_start(&script, f.queue, steps, n_steps, on_done, &f), 0);
	cr_assert_notes(&f, "");
	run_ms(&f, 5000);
	cr_assert_str_eq(f.notes, notes, "%s: %s", name, f.notes);
	cr_assert_not(script.running);
	fixture_close(&f);
}

Test(at_script, outcomes)
{
	static const struct {
		const char *name;
		struct at_step steps[4];
		size_t n_steps;
		const char *notes;
	} rows[] = {
		{"all answered",
		 {{"AT", 100, 0, NULL}, {"AT+GMI", 100, 0, on_line}, {"AT+GMI", 100, 0, NULL}},
		 3,
		 "unsol:Acme line:Acme unsol:Acme done:0 -"},
		{"one step", {{"AT", 100, 0, NULL}}, 1, "done:0 -"},
		{"ERROR fails",
		 {{"AT+BAD", 100, 0, NULL}, {"AT", 100, 0, NULL}},
		 2,
		 "done:-71 AT+BAD"},
		{"optional ERROR does not",
		 {{"AT+BAD", 100, AT_STEP_OPTIONAL, NULL}, {"AT", 100, 0, NULL}},
		 2,
		 "done:0 -"},
		{"optional ERROR at the end",
		 {{"AT+BAD", 100, AT_STEP_OPTIONAL, NULL}},
		 1,
		 "done:0 -"},
		{"silence fails",
		 {{"AT", 100, 0, NULL}, {"AT+SILENT", 100, 0, NULL}},
		 2,
		 "done:-110 AT+SILENT"},
		{"optional silence fails too",
		 {{"AT+SILENT", 100, AT_STEP_OPTIONAL, NULL}, {"AT", 100, 0, NULL}},
		 2,
		 "done:-110 AT+SILENT"},
		{"the last step ends it",
		 {{"AT+BAD", 100, AT_STEP_LAST | AT_STEP_OPTIONAL, NULL},
		  {"AT", 100, AT_STEP_LAST, NULL},
		  {"AT+SILENT", 100, 0, NULL}},
		 3,
		 "done:0 -"},
		{"a step that cannot be sent",
		 {{"AT", 100, 0, NULL}, {"A\rT", 100, 0, NULL}},
		 2,
		 "done:-22 A\rT"},
	};

	cr_assert_eq(-EPROTO, -71);
	cr_assert_eq(-ETIMEDOUT, -110);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_script(rows[i].name, rows[i].steps, rows[i].n_steps, rows[i].notes);
}

Test(at_script, a_script_runs_once_at_a_time)
{
	static const struct at_step steps[] = {{"AT", 100, 0, NULL}};
	struct at_script script = {0};
	struct fixture f;

	fixture_open(&f, answers);
	cr_assert_eq(at_script_start(&script, f.queue, steps, 0, on_done, &f), -EINVAL);
	cr_assert_eq(at_script_start(&script, f.queue, steps, 1, on_done, &f), 0);
	cr_assert_eq(at_script_start(&script, f.queue, steps, 1, on_done, &f), -EBUSY);
	run_ms(&f, 100);
	cr_assert_eq(at_script_start(&script, f.queue, steps, 1, on_done, &f), 0);
	run_ms(&f, 100);
	cr_assert_notes(&f, "done:0 - done:0 -");
	fixture_close(&f);
}

Test(at_script, cancel_completes_it_from_the_loop)
{
	static const struct at_step steps[] = {{"AT", 100, 0, NULL}, {"AT+GMI", 100, 0, NULL}};
	struct at_script script = {0};
	struct fixture f;

	fixture_open(&f, answers);
	at_script_cancel(&script);
	at_script_start(&script, f.queue, steps, 2, on_done, &f);
	run_ms(&f, 1);
	at_script_cancel(&script);
	cr_assert_notes(&f, "");
	at_script_cancel(&script);
	run_ms(&f, 1000);
	at_script_cancel(&script);
	run_ms(&f, 1000);
	cr_assert_notes(&f, "done:-125 AT");
	fixture_close(&f);
}

Test(at_script, loss_of_the_device_ends_it)
{
	static const struct at_step steps[] = {{"AT", 100, 0, NULL}};
	struct at_script script = {0};
	struct fixture f;

	fixture_open(&f, answers);
	at_script_start(&script, f.queue, steps, 1, on_done, &f);
	hal_stream_mem_unplug(f.modem);
	run_ms(&f, 100);
	cr_assert_notes(&f, "lost: done:-19 AT");
	cr_assert_eq(at_script_start(&script, f.queue, steps, 1, on_done, &f), -ENODEV);
	fixture_close(&f);
}
