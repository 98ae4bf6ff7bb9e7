/* SPDX-License-Identifier: MIT */
/*
 * Every fault of the emulated modem × every state of a call × data and voice, many times each at
 * random moments: does a drop ever report IDLE while the line is off hook, or leave it off hook
 * without saying FAULTY?
 *
 *     drop_matrix [--runs N] [--table]
 *
 * Prints the table of docs/TESTING.md with --table; exits 1 when a cell is wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/trunkline.h>

#include "hal/slice.h"
#include "tests/scenario/rig.h"

#define RUNS_MAX  10000
#define STEPS_MAX 8

enum moment { DIALING, CONNECTED, ANSWERING, OFFERING, MOMENTS };

static const char *const moment_names[MOMENTS] = {"dialing", "connected", "answering", "offering"};

struct step {
	const char *name;
	unsigned int verified;
};

struct cell {
	const char *fault;
	enum moment moment;
	enum tl_media media;
	unsigned int runs, false_idle, stuck, faulty;
	uint32_t ms[RUNS_MAX]; /* to on hook, of those that got there */
	unsigned int n_ms;
	struct step steps[STEPS_MAX];
};

static struct cell cell;
static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717) >> 32) * n >> 32);
}

static tl_session dial(struct rig *rig, const char *number, enum tl_media media)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session = {0};

	tl_dial_params_set_media(params, media);
	if (tl_line_dial(rig->ctx, tl_ctx_get_client(rig->ctx), rig->modems[0].line, number, params,
			 &session, NULL) < 0)
		abort();
	(void)tl_dial_params_free(params);
	return session;
}

static tl_session ring(struct rig *rig)
{
	tl_client self = tl_ctx_get_client(rig->ctx);

	if (tl_line_open(rig->ctx, self, rig->modems[0].line, TL_PRIVILEGE_OWNER, 0) < 0 ||
	    sim_exchange_ring(rig->modems[0].sim, HAL_SLICE("5551234")) < 0)
		abort();
	rig_run_ms(rig, 100 + below(9000));
	return rig_new_session(rig, self);
}

static void misbehave(struct rig *rig, int fault)
{
	if (fault != SIM_FAULT_COUNT)
		rig_fault(rig, 0, (enum sim_fault_kind)fault);
}

/* Bring a call into the state, with the fault coming at a random moment on the way. */
static tl_session begin(struct rig *rig, int fault)
{
	tl_session session = {0};

	switch (cell.moment) {
	case DIALING:
		session = dial(rig, "102", cell.media);
		rig_run_ms(rig, below(100));
		misbehave(rig, fault);
		rig_run_ms(rig, below(5000));
		break;
	case CONNECTED:
		session = dial(rig, "300", cell.media);
		rig_run_ms(rig, 1000 + below(5000));
		misbehave(rig, fault);
		rig_run_ms(rig, below(2000));
		break;
	case ANSWERING:
		session = ring(rig);
		misbehave(rig, fault);
		(void)tl_session_answer(rig->ctx, session, cell.media, NULL);
		rig_run_ms(rig, below(2000));
		break;
	case OFFERING:
		session = ring(rig);
		misbehave(rig, fault);
		break;
	case MOMENTS:
		break;
	}
	return session;
}

static void count_step(const struct tl_session_info *info)
{
	size_t n = tl_session_info_drop_steps(info);
	const char *name = n ? tl_session_info_drop_name(info, n - 1) : "none needed";

	for (size_t i = 0; i < STEPS_MAX; i++) {
		if (cell.steps[i].name && strcmp(cell.steps[i].name, name) != 0)
			continue;
		cell.steps[i].name = name;
		cell.steps[i].verified++;
		return;
	}
}

static void judge(struct rig *rig, tl_session session, uint64_t started_us)
{
	struct tl_session_info *info = rig_info(rig, session);
	enum tl_line_state line = rig_line_state(rig, rig->modems[0].line);
	bool idle = tl_session_info_state(info) == TL_CALL_IDLE;
	bool off_hook = rig_is_off_hook(rig, 0);

	cell.runs++;
	if (idle) {
		cell.ms[cell.n_ms++] = (uint32_t)((rig->clock.now_us - started_us) / 1000);
		count_step(info);
	}
	cell.false_idle += idle && off_hook;
	cell.faulty += line == TL_LINE_FAULTY;
	cell.stuck += off_hook && !idle && line != TL_LINE_FAULTY;
	(void)tl_session_info_free(info);
}

static void run_once(int fault)
{
	const struct rig_options options = {
		.modems = 2,
		.without_lines = below(2),
		.voice = below(2),
		.online_error = below(4) == 0,
	};
	uint64_t started_us;
	tl_session session;
	struct rig rig;

	rig_init(&rig, &options);
	session = begin(&rig, fault);
	started_us = rig.clock.now_us;
	(void)tl_session_drop(rig.ctx, session, TL_DROP_USER, NULL);
	(void)rig_until_over(&rig, session, 200000);
	judge(&rig, session, started_us);
	sim_modem_clear_faults(rig.modems[0].sim);
	(void)sim_exchange_clear(rig.modems[0].sim);
	(void)rig_until_line(&rig, rig.modems[0].line, TL_LINE_READY, 400000);
	(void)tl_session_release(rig.ctx, session, TL_RELEASE_DROP);
	rig_fini(&rig);
}

static int compare_ms(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t percentile(unsigned int percent)
{
	return cell.n_ms ? cell.ms[(cell.n_ms - 1) * percent / 100] : 0;
}

static void print_row(void)
{
	(void)printf("| %s | %s | %s | %u | %u | %u | %u | ", cell.fault, moment_names[cell.moment],
		     tl_media_name(cell.media), cell.runs, cell.false_idle, cell.stuck,
		     cell.faulty);
	if (cell.n_ms)
		(void)printf("%u | %u | ", percentile(50), percentile(99));
	else
		(void)printf("– | – | ");
	for (size_t i = 0; i < STEPS_MAX && cell.steps[i].name; i++)
		(void)printf("%s%s %u %%", i ? ", " : "", cell.steps[i].name,
			     (cell.steps[i].verified * 100 + cell.n_ms / 2) / cell.n_ms);
	(void)printf(" |\n");
}

static bool run_cell(int kind, enum moment moment, enum tl_media media, unsigned int runs,
		     bool table)
{
	cell = (struct cell){
		.fault = kind == SIM_FAULT_COUNT ? "none"
						 : sim_fault_name((enum sim_fault_kind)kind),
		.moment = moment,
		.media = media,
	};
	for (unsigned int i = 0; i < runs; i++)
		run_once(kind);
	qsort(cell.ms, cell.n_ms, sizeof(cell.ms[0]), compare_ms);
	if (table)
		print_row();
	if (cell.false_idle || cell.stuck)
		(void)fprintf(stderr, "%s, %s, %s: %u false IDLE, %u stuck\n", cell.fault,
			      moment_names[moment], tl_media_name(media), cell.false_idle,
			      cell.stuck);
	return cell.false_idle == 0 && cell.stuck == 0;
}

static unsigned int parse_runs(const char *text)
{
	uint32_t runs;

	if (hal_slice_u32(hal_slice_str(text), RUNS_MAX, &runs) < 0 || runs == 0) {
		(void)fprintf(stderr, "drop_matrix: '%s' is no number of runs from 1 to %d\n", text,
			      RUNS_MAX);
		exit(2);
	}
	return runs;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"runs", required_argument, NULL, 'r'},
		{"table", no_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	unsigned int runs = 10;
	bool table = false, good = true;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'r')
			runs = parse_runs(optarg);
		else if (c == 't')
			table = true;
		else
			return 2;
	}
	if (table)
		(void)printf("| fault | state | media | runs | false IDLE | off hook, not FAULTY | "
			     "FAULTY | "
			     "p50 ms | p99 ms | verified by "
			     "|\n|---|---|---|---|---|---|---|---|---|---|\n");
	random_state = 88172645463325252;
	for (int kind = 0; kind <= SIM_FAULT_COUNT; kind++)
		for (unsigned int moment = 0; moment < MOMENTS; moment++)
			for (unsigned int media = 0; media < TL_MEDIA_COUNT; media++)
				good &= run_cell(kind, (enum moment)moment, (enum tl_media)media,
						 runs, table);
	(void)printf("%s\n",
		     good ? "no false IDLE, no line left off hook without FAULTY" : "FAILED");
	return good ? 0 : 1;
}
