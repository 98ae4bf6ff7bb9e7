/* SPDX-License-Identifier: MIT */
/*
 * Prints docs/STATE-MACHINES.md from the tables that the code runs on.
 *
 *     state_machines write FILE
 *     state_machines check FILE     1: FILE says something else
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/error.h>

#include "core/call.h"
#include "core/call_fsm.h"
#include "core/drop.h"
#include "core/line_fsm.h"
#include "core/session.h"
#include "drivers/v250/v250.h"
#include "hal/stream_mem.h"

static const char *const call_meanings[TL_CALL_STATE_COUNT] = {
	[TL_CALL_IDLE] = "over, and the line is proved to be on hook; the last state of every call",
	[TL_CALL_OFFERING] = "incoming; nobody has answered",
	[TL_CALL_ACCEPTED] = "incoming; an owner has claimed it",
	[TL_CALL_DIALTONE] = "off hook; the exchange is ready for digits",
	[TL_CALL_DIALING] = "digits are being sent",
	[TL_CALL_PROCEEDING] = "dialled; the network is at work",
	[TL_CALL_RINGBACK] = "the far end is alerted",
	[TL_CALL_BUSY] = "busy tone",
	[TL_CALL_SPECIALINFO] = "special information tone",
	[TL_CALL_CONNECTED] = "information can flow",
	[TL_CALL_ONHOLD] = "held",
	[TL_CALL_CONFERENCED] = "member of a conference",
	[TL_CALL_ONHOLDPENDCONF] = "held to add a member",
	[TL_CALL_ONHOLDPENDTRANSFER] = "held to be transferred",
	[TL_CALL_DISCONNECTED] = "ended, not by an owner's drop; the line is being cleared",
	[TL_CALL_UNKNOWN] = "the modem cannot be made to tell; the line is faulty",
};

static const char *const line_meanings[TL_LINE_STATE_COUNT] = {
	[TL_LINE_ABSENT] = "the device is not there; looked for again and again",
	[TL_LINE_OPENING] = "the port is being opened",
	[TL_LINE_PROBING] = "the modem is asked what it is, set up and proved to be on hook",
	[TL_LINE_READY] = "on hook, waiting",
	[TL_LINE_IN_USE] = "a call is on it, is being cleared, or rings on unseen",
	[TL_LINE_FAULTY] = "the modem does not answer or cannot be brought on hook; tried again",
	[TL_LINE_GONE] = "the device has disappeared; looked for again",
};

/* ---- calls ---- */

static void print_call_states(FILE *out)
{
	fprintf(out, "| state | a call in it is |\n|---|---|\n");
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
		fprintf(out, "| %s | %s |\n", tl_call_state_name(s), call_meanings[s]);
}

/* States from which every way to end leads out; the picture draws those moves once. */
static bool is_live(enum tl_call_state state)
{
	return core_call_fsm(state, CORE_CALL_EVENT_END).allowed &&
	       core_call_fsm(state, CORE_CALL_EVENT_CLEARED).allowed &&
	       core_call_fsm(state, CORE_CALL_EVENT_LOSE_TRACK).allowed;
}

static bool is_end(enum core_call_event event)
{
	return event == CORE_CALL_EVENT_END || event == CORE_CALL_EVENT_CLEARED ||
	       event == CORE_CALL_EVENT_LOSE_TRACK;
}

static void draw_moves(FILE *out, enum tl_call_state from, bool ends, const char *indent)
{
	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++) {
		struct core_call_move move = core_call_fsm(from, e);

		if (move.allowed && is_end(e) == ends)
			fprintf(out, "%s%s --> %s: %s\n", indent, tl_call_state_name(from),
				tl_call_state_name(move.next), core_call_event_name(e));
	}
}

static void draw_calls(FILE *out)
{
	fprintf(out, "```mermaid\nstateDiagram-v2\n");
	fprintf(out, "    [*] --> dialing: placed\n    [*] --> offering: first ring\n");
	fprintf(out, "    state live {\n");
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
		if (is_live(s))
			draw_moves(out, s, false, "        ");
	fprintf(out, "    }\n");
	fprintf(out, "    live --> %s: %s\n", tl_call_state_name(TL_CALL_DISCONNECTED),
		core_call_event_name(CORE_CALL_EVENT_END));
	fprintf(out, "    live --> %s: %s\n", tl_call_state_name(TL_CALL_IDLE),
		core_call_event_name(CORE_CALL_EVENT_CLEARED));
	fprintf(out, "    live --> %s: %s\n", tl_call_state_name(TL_CALL_UNKNOWN),
		core_call_event_name(CORE_CALL_EVENT_LOSE_TRACK));
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
		if (!is_live(s))
			draw_moves(out, s, true, "    ");
	fprintf(out, "    idle --> [*]\n```\n");
}

static void print_call_table(FILE *out)
{
	fprintf(out, "| state |");
	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++)
		fprintf(out, " %s |", core_call_event_name(e));
	fprintf(out, "\n|---|");
	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++)
		fprintf(out, "---|");
	fprintf(out, "\n");
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
		fprintf(out, "| **%s** |", tl_call_state_name(s));
		for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++) {
			struct core_call_move move = core_call_fsm(s, e);

			fprintf(out, " %s |", move.allowed ? tl_call_state_name(move.next) : "·");
		}
		fprintf(out, "\n");
	}
}

static void print_moments(FILE *out)
{
	fprintf(out, "| event | moment |\n|---|---|\n");
	for (enum core_call_event e = 0; e < CORE_CALL_EVENT_COUNT; e++) {
		unsigned int moment = CORE_MOMENT_NONE;

		for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++)
			if (core_call_fsm(s, e).allowed)
				moment = core_call_fsm(s, e).moment;
		if (moment != CORE_MOMENT_NONE)
			fprintf(out, "| %s | %s |\n", core_call_event_name(e),
				tl_moment_name((enum tl_moment)moment));
	}
}

/* ---- sessions ---- */

static bool same_answers(enum core_role role, enum tl_call_state a, enum tl_call_state b)
{
	for (enum core_op op = 0; op < CORE_OP_COUNT; op++)
		if (core_session_rule(role, a, op) != core_session_rule(role, b, op))
			return false;
	return true;
}

static bool is_first_of_its_kind(enum core_role role, enum tl_call_state state)
{
	for (enum tl_call_state before = 0; before < state; before++)
		if (same_answers(role, before, state))
			return false;
	return true;
}

static void print_role(FILE *out, enum core_role role)
{
	fprintf(out, "\nRole: %s\n\n| state |", core_role_name(role));
	for (enum core_op op = 0; op < CORE_OP_COUNT; op++)
		fprintf(out, " %s |", core_op_name(op));
	fputs("\n|---|", out);
	for (enum core_op op = 0; op < CORE_OP_COUNT; op++)
		fputs("---|", out);
	fputs("\n", out);
	for (enum tl_call_state s = 0; s < TL_CALL_STATE_COUNT; s++) {
		const char *separator = "";

		if (!is_first_of_its_kind(role, s))
			continue;
		fprintf(out, "| ");
		for (enum tl_call_state t = s; t < TL_CALL_STATE_COUNT; t++) {
			if (!same_answers(role, s, t))
				continue;
			fprintf(out, "%s%s", separator, tl_call_state_name(t));
			separator = ", ";
		}
		fprintf(out, " |");
		for (enum core_op op = 0; op < CORE_OP_COUNT; op++)
			fprintf(out, " %s |", tl_error_name(core_session_rule(role, s, op)));
		fprintf(out, "\n");
	}
}

static void print_sessions(FILE *out)
{
	for (unsigned int role = CORE_ROLE_COUNT; role-- > 0;)
		print_role(out, (enum core_role)role);
}

/* ---- lines ---- */

static bool is_failure(enum tl_line_state state)
{
	return state == TL_LINE_ABSENT || state == TL_LINE_FAULTY || state == TL_LINE_GONE;
}

/* A name that mermaid takes for a state. */
static const char *line_id(enum tl_line_state state, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s", tl_line_state_name(state));
	for (char *c = buf; *c; c++)
		if (*c == '-')
			*c = '_';
	return buf;
}

static void draw_lines(FILE *out)
{
	char a[32], b[32];

	fprintf(out, "```mermaid\nstateDiagram-v2\n    [*] --> absent: added\n");
	fprintf(out, "    state working {\n");
	for (enum tl_line_state from = 0; from < TL_LINE_STATE_COUNT; from++)
		for (enum tl_line_state to = 0; to < TL_LINE_STATE_COUNT; to++)
			if (!is_failure(from) && !is_failure(to) && core_line_fsm(from, to))
				fprintf(out, "        %s --> %s\n", line_id(from, a, sizeof(a)),
					line_id(to, b, sizeof(b)));
	fprintf(out, "    }\n");
	for (enum tl_line_state s = 0; s < TL_LINE_STATE_COUNT; s++)
		if (is_failure(s))
			fprintf(out, "    working --> %s\n    %s --> opening\n",
				line_id(s, a, sizeof(a)), line_id(s, b, sizeof(b)));
	fprintf(out, "    gone --> [*]: removed\n```\n");
}

static void print_line_states(FILE *out)
{
	fprintf(out, "| state | a line in it |\n|---|---|\n");
	for (enum tl_line_state s = 0; s < TL_LINE_STATE_COUNT; s++)
		fprintf(out, "| %s | %s |\n", tl_line_state_name(s), line_meanings[s]);
}

static void print_line_table(FILE *out)
{
	fprintf(out, "| from ╲ to |");
	for (enum tl_line_state to = 0; to < TL_LINE_STATE_COUNT; to++)
		fprintf(out, " %s |", tl_line_state_name(to));
	fprintf(out, "\n|---|---|---|---|---|---|---|---|\n");
	for (enum tl_line_state from = 0; from < TL_LINE_STATE_COUNT; from++) {
		fprintf(out, "| **%s** |", tl_line_state_name(from));
		for (enum tl_line_state to = 0; to < TL_LINE_STATE_COUNT; to++)
			fprintf(out, " %s |", core_line_fsm(from, to) ? "yes" : "·");
		fprintf(out, "\n");
	}
}

/* ---- drop ladders ---- */

static void print_ladder(FILE *out, struct v250 *v, enum v250_phase phase, const char *title)
{
	const struct core_drop_step *steps;
	size_t n;

	v->phase = phase;
	steps = v250_ladder(v, &n);
	fprintf(out, "\n%s:\n\n| # | step | given up after | asks for the cause first |\n", title);
	fprintf(out, "|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "| %zu | %s | %u ms + %u ms | %s |\n", i + 1, steps[i].name,
			steps[i].budget_ms, CORE_DROP_SLACK_MS,
			steps[i].erases_causes ? "yes" : "no");
}

static int print_ladders(FILE *out)
{
	static const struct at_queue_events events = {0};
	static const struct hal_log log = {0};
	struct hal_stream_mem_limits limits = {0};
	struct hal_stream *ours = NULL, *theirs = NULL;
	struct hal_clock_virtual clock;
	struct hal_loop *loop = NULL;
	struct v250 v = {0};
	int r;

	hal_clock_virtual_init(&clock, 0, 0);
	r = hal_loop_new(&clock.clock, &loop);
	if (r < 0)
		return r;
	r = hal_stream_mem_pair(loop, &limits, &ours, &theirs);
	if (r < 0)
		goto out;
	r = at_queue_new(loop, &log, "", ours, &events, &v, &v.queue);
	if (r < 0) {
		hal_stream_close(ours);
		goto out;
	}
	print_ladder(out, &v, V250_DIALING, "While a call is being set up");
	print_ladder(out, &v, V250_ONLINE, "Online");
	print_ladder(out, &v, V250_TALKING, "Off hook in command state");
out:
	at_queue_free(v.queue);
	hal_stream_close(theirs);
	hal_loop_free(loop);
	return r;
}

/* ---- the document ---- */

static int print(FILE *out)
{
	fputs("# State machines\n\n"
	      "Printed by `tests/docs/state_machines.c` from the tables that the code runs on. Do "
	      "not edit: build\nthe target `docs-state-machines`; the test `lint.state_machines` "
	      "fails when this file is not what\nthe tables say.\n\n"
	      "* [Calls](#calls): state × event (`core/call_fsm.c`)\n"
	      "* [Sessions](#sessions): state × operation × role (`core/session_rules.c`)\n"
	      "* [Lines](#lines): legal moves (`core/line_fsm.c`)\n"
	      "* [The drop of a V.250 line](#the-drop-of-a-v250-line) (`drivers/v250/drop.c`)\n\n"
	      "Devices lie: an event or a move that a table does not have is logged and ignored, "
	      "never asserted.\n\n"
	      "## Calls\n\n"
	      "A call is the physical thing on a line. Its state is what is known of it, in TAPI's "
	      "terms. A call that\nis placed begins dialing, one that comes in begins offering; "
	      "events tell of states, not of moves.\n\n",
	      out);
	print_call_states(out);
	fputs("\n`end`, `cleared` and `lose-track` are legal in every live state and drawn "
	      "once:\n\n",
	      out);
	draw_calls(out);
	fputs("\nEvery cell (· is ignored):\n\n", out);
	print_call_table(out);
	fputs("\nThe first time that an event is allowed it stamps a moment into the record:\n\n",
	      out);
	print_moments(out);
	fputs("\n## Sessions\n\n"
	      "What an operation answers at once. A call that was given up (unknown, after a drop "
	      "that failed) counts\nas idle here; of a call that is over because its "
	      "device is gone an owner is told DeviceGone instead\nof CallOver and Already. An "
	      "offer "
	      "that is being answered or dropped answers Busy to another answer.\nReleasing with "
	      "`TL_RELEASE_DROP` is never Busy. A call that the line cannot hold answers "
	      "NotSupported to hold and\nunhold "
	      "instead of Ok.\n",
	      out);
	print_sessions(out);
	fputs("\n## Lines\n\n", out);
	print_line_states(out);
	fputs("\nThe picture leaves out moves between the states on the outside:\n\n", out);
	draw_lines(out);
	fputs("\n", out);
	print_line_table(out);
	fprintf(out,
		"\n## The drop of a V.250 line\n\n"
		"The steps are taken in turn until one is verified: something proves that the line "
		"is on hook. A step\nthat the line or the state does not allow is skipped. One "
		"that the driver does not report on in its\ntime is given up. Before a step that "
		"wipes what the modem knows of the call's end the modem is asked\nwhy it ended, "
		"for %u ms at most. When no step is verified the call is unknown and the line "
		"faulty.\n",
		CORE_DIAGNOSE_BUDGET_MS);
	return print_ladders(out);
}

static int write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");
	bool written;

	if (!file) {
		perror(path);
		return 1;
	}
	written = fwrite(text, 1, len, file) == len;
	return fclose(file) == 0 && written ? 0 : 1;
}

static int check_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t n;
	int r = 0;

	if (!file) {
		perror(path);
		return 1;
	}
	while (r == 0 && (n = getline(&line, &size, file)) >= 0) {
		number++;
		r = strncmp(text, line, (size_t)n) != 0;
		if (r == 0)
			text += n;
	}
	if (r || *text) {
		r = 1;
		fprintf(stderr, "%s:%zu is not what the tables say: build docs-state-machines\n",
			path, number);
	}
	free(line);
	(void)fclose(file);
	return r;
}

int main(int argc, char **argv)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int r;

	if (argc != 3 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0)) {
		fprintf(stderr, "usage: state_machines write|check FILE\n");
		return 2;
	}
	out = open_memstream(&text, &len);
	if (!out)
		return 2;
	r = print(out);
	if (fclose(out) != 0 || r < 0)
		r = 2;
	else if (argv[1][0] == 'w')
		r = write_file(argv[2], text, len);
	else
		r = check_file(argv[2], text);
	free(text);
	return r;
}
