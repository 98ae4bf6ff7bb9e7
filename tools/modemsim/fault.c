/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/fault.h"

#include <errno.h>
#include <string.h>

#include "tools/modemsim/private.h"

#define MS_MAX	  600000
#define AFTER_MAX 1000000

struct fault_kind {
	const char *name;
	uint32_t ms; /* when none is given; 0: the fault has no time */
};

static const struct fault_kind kinds[SIM_FAULT_COUNT] = {
	[SIM_FAULT_SILENT] = {"silent", 0},
	[SIM_FAULT_ECHO_ONLY] = {"echo-only", 0},
	[SIM_FAULT_SLOW] = {"slow", 1000},
	[SIM_FAULT_ERROR] = {"error", 0},
	[SIM_FAULT_JUNK] = {"junk", 0},
	[SIM_FAULT_STUCK] = {"stuck", 0},
	[SIM_FAULT_KEEPS_CALL] = {"keeps-call", 0},
	[SIM_FAULT_DEAF_DTR] = {"deaf-dtr", 0},
	[SIM_FAULT_RING] = {"ring", 0},
	[SIM_FAULT_SPLIT] = {"split", 5},
	[SIM_FAULT_MERGE] = {"merge", 50},
	[SIM_FAULT_LOST_ANSWER] = {"lost-answer", 0},
	[SIM_FAULT_NO_CARRIER_LOST] = {"no-carrier-lost", 0},
};

/* A NUL, bit 7, bytes that look like the beginning of an answer, then a line longer than any parser
 * should keep. */
#define NOISE16 "~\x81}#\xff{~!\xc0\x7f\x1b[~y\x9d?"
#define NOISE64 NOISE16 NOISE16 NOISE16 NOISE16
static const char junk[] = "\0\xfe\r\nO\r\n\0\r\nCONN\x80\r\n" NOISE64 NOISE64 NOISE64 NOISE64
	NOISE64 NOISE64 NOISE64 NOISE64 NOISE64 NOISE64 "\r\n";

struct hal_slice sim_fault_junk(void)
{
	return hal_slice(junk, sizeof(junk) - 1);
}

const char *sim_fault_name(enum sim_fault_kind kind)
{
	return kinds[kind].name;
}

int sim_fault_find(struct hal_slice name, enum sim_fault_kind *ret_kind)
{
	for (unsigned int i = 0; i < SIM_FAULT_COUNT; i++) {
		if (hal_slice_eq(hal_slice_str(kinds[i].name), name)) {
			*ret_kind = (enum sim_fault_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_when(struct hal_slice when, struct hal_slice what, struct sim_fault *fault,
		      const char **ret_why)
{
	if (hal_slice_eq(when, HAL_SLICE("on"))) {
		if (what.len > 0 && hal_slice_copy(what, fault->prefix, sizeof(fault->prefix)) <
					    sizeof(fault->prefix))
			return 0;
		*ret_why = "after 'on' write what the command begins with (15 characters at most), "
			   "as in 'error on D'";
		return -EINVAL;
	}
	if (hal_slice_eq(when, HAL_SLICE("after"))) {
		if (hal_slice_u32(what, AFTER_MAX, &fault->after) == 0)
			return 0;
		*ret_why = "after 'after' write a number of commands, as in 'silent after 3'";
		return -EINVAL;
	}
	*ret_why = "write KIND [MS] [on PREFIX | after N], as in 'slow 500 on H'";
	return -EINVAL;
}

int sim_fault_parse(struct hal_slice text, struct sim_fault *ret_fault, const char **ret_why)
{
	struct sim_fault fault = {0};
	struct hal_slice rest = text;
	struct hal_slice word = hal_slice_word(&rest);
	struct hal_slice what;
	int r;

	if (sim_fault_find(word, &fault.kind) < 0) {
		*ret_why =
			"the faults are silent, echo-only, slow, error, junk, stuck, keeps-call, "
			"deaf-dtr, ring, split, merge, lost-answer and no-carrier-lost";
		return -EINVAL;
	}
	word = hal_slice_word(&rest);
	if (word.len > 0 && hal_is_digit(word.data[0])) {
		if (kinds[fault.kind].ms == 0 || hal_slice_u32(word, MS_MAX, &fault.ms) < 0) {
			*ret_why = "slow, split and merge take milliseconds, up to 600000";
			return -EINVAL;
		}
		word = hal_slice_word(&rest);
	}
	what = hal_slice_word(&rest);
	if (word.len > 0) {
		r = parse_when(word, what, &fault, ret_why);
		if (r < 0)
			return r;
	}
	if (hal_slice_word(&rest).len > 0) {
		*ret_why = "write KIND [MS] [on PREFIX | after N], as in 'slow 500 on H'";
		return -EINVAL;
	}
	*ret_fault = fault;
	return 0;
}

uint32_t sim_fault_ms(const struct sim_modem *modem, enum sim_fault_kind kind)
{
	uint32_t ms = modem->faults[kind].fault.ms;

	return ms ? ms : kinds[kind].ms;
}

void sim_modem_set_fault(struct sim_modem *modem, const struct sim_fault *fault)
{
	struct sim_fault_slot *slot = &modem->faults[fault->kind];

	slot->fault = *fault;
	slot->set = true;
	slot->on = fault->after == 0 && fault->prefix[0] == '\0';
	hal_debug(modem->log, modem->name, "fault %s %s", kinds[fault->kind].name,
		  slot->on ? "on" : "armed");
}

/* Nothing may be left waiting for a fault that is gone. */
static void release_output(struct sim_modem *modem)
{
	hal_timer_cancel(modem->loop, &modem->output_timer);
	sim_data_flush(modem);
}

void sim_modem_clear_fault(struct sim_modem *modem, enum sim_fault_kind kind)
{
	modem->faults[kind] = (struct sim_fault_slot){0};
	release_output(modem);
}

void sim_modem_clear_faults(struct sim_modem *modem)
{
	memset(modem->faults, 0, sizeof(modem->faults));
	release_output(modem);
}

void sim_fault_on_command(struct sim_modem *modem, struct hal_slice body)
{
	for (unsigned int i = 0; i < SIM_FAULT_COUNT; i++) {
		struct sim_fault_slot *slot = &modem->faults[i];

		if (!slot->set)
			continue;
		if (slot->fault.prefix[0])
			slot->on = hal_slice_istarts(body, hal_slice_str(slot->fault.prefix));
		else if (slot->fault.after > 0)
			slot->fault.after--;
		else
			slot->on = true;
	}
}
