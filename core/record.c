/* SPDX-License-Identifier: MIT */
#include "core/record.h"

#include <string.h>

#include "hal/slice.h"

void core_text_copy(char *buf, size_t size, const char *text)
{
	(void)hal_slice_copy(hal_slice_str(text), buf, size);
}

struct core_stamp core_stamp_now(const struct hal_clock *clock)
{
	return (struct core_stamp){
		.boot_us = hal_clock_boot_us(clock),
		.wall_us = hal_clock_wall_us(clock),
	};
}

void core_record_stamp(struct core_record *record, const struct hal_clock *clock,
		       enum tl_moment moment)
{
	struct core_stamp *stamp = &record->moments[moment];

	if (!stamp->boot_us)
		*stamp = core_stamp_now(clock);
}

void core_record_stamp_ago(struct core_record *record, const struct hal_clock *clock,
			   enum tl_moment moment, uint64_t ago_us)
{
	const struct core_stamp *connected = &record->moments[TL_MOMENT_CONNECTED];
	struct core_stamp *stamp = &record->moments[moment];

	if (stamp->boot_us)
		return;
	*stamp = core_stamp_now(clock);
	if (connected->boot_us && ago_us > stamp->boot_us - connected->boot_us)
		ago_us = stamp->boot_us - connected->boot_us;
	stamp->boot_us -= ago_us;
	stamp->wall_us -= (int64_t)ago_us;
}

void core_record_set_cause(struct core_record *record, const struct core_cause *cause)
{
	struct core_cause *own = &record->cause;

	if (own->origin != TL_ORIGIN_NONE)
		return;
	own->origin = cause->origin;
	own->disconnect = cause->disconnect;
	/* A diagnosis in the middle of a drop knows the raw cause before we say who it was. */
	if (own->domain != TL_CAUSE_NONE && cause->domain == TL_CAUSE_NONE)
		return;
	own->domain = cause->domain;
	core_text_copy(own->text, sizeof(own->text), cause->text);
}

bool core_record_refine(struct core_record *record, const struct core_cause *cause)
{
	struct core_cause old = record->cause;

	/* Who ended it is known first hand when it was us; a modem can only add how. */
	if (cause->origin != TL_ORIGIN_NONE &&
	    (old.origin == TL_ORIGIN_REMOTE || old.origin == TL_ORIGIN_NETWORK))
		record->cause.origin = cause->origin;
	if (cause->disconnect != TL_DISCONNECT_NONE && old.disconnect == TL_DISCONNECT_UNKNOWN)
		record->cause.disconnect = cause->disconnect;
	if (cause->domain != TL_CAUSE_NONE) {
		record->cause.domain = cause->domain;
		core_text_copy(record->cause.text, sizeof(record->cause.text), cause->text);
	}
	return old.origin != record->cause.origin || old.disconnect != record->cause.disconnect ||
	       old.domain != record->cause.domain || strcmp(old.text, record->cause.text) != 0;
}

void core_record_add_drop(struct core_record *record, const char *name, uint32_t ms,
			  const struct core_drop_outcome *outcome)
{
	if (record->n_drops == CORE_RECORD_DROPS)
		return;
	record->drops[record->n_drops++] =
		(struct core_drop_entry){.name = name, .ms = ms, .outcome = *outcome};
}

uint64_t core_record_duration_ms(const struct core_record *record, uint64_t now_us)
{
	uint64_t from = record->moments[TL_MOMENT_CONNECTED].boot_us;
	uint64_t to = record->moments[TL_MOMENT_DISCONNECTED].boot_us;

	if (!from)
		return 0;
	if (!to)
		to = record->moments[TL_MOMENT_IDLE].boot_us;
	if (!to)
		to = now_us;
	return (to - from) / HAL_USEC_PER_MSEC;
}
