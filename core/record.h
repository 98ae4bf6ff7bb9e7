/* SPDX-License-Identifier: MIT */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

/* What is remembered of a call; grows while it lives and is read by tl_session_get_info() until
 * released. */

#include <trunkline/session.h>

#include "core/driver.h"
#include "hal/clock.h"

#define CORE_RECORD_DROPS 12 /* two ladders; more steps than that are not remembered */

struct core_stamp {
	uint64_t boot_us;
	int64_t wall_us;
};

struct core_stamp core_stamp_now(const struct hal_clock *clock);

struct core_drop_entry {
	const char *name; /* static */
	uint32_t ms;
	struct core_drop_outcome outcome;
};

struct core_record {
	uint64_t call;
	enum tl_direction direction;
	enum tl_media media;
	enum tl_call_state state;
	uint32_t rings; /* that an incoming call was told by */
	uint64_t state_since_us;
	struct core_stamp moments[TL_MOMENT_COUNT];
	char called[TL_NUMBER_MAX + 1];
	char caller[TL_NUMBER_MAX + 1];
	char caller_name[CORE_IDENT_MAX];
	struct core_link link;
	uint64_t bytes_in, bytes_out;
	uint64_t bytes_unsent; /* of bytes_out, discarded by a drop */
	struct core_quality quality;
	struct core_cause cause;
	char note[CORE_TEXT_MAX];
	size_t n_drops;
	struct core_drop_entry drops[CORE_RECORD_DROPS];
};

/* Stamp a moment; the first stamp counts. */
void core_record_stamp(struct core_record *record, const struct hal_clock *clock,
		       enum tl_moment moment);
/* The same of a moment that lies back so long, but not before the call was connected. */
void core_record_stamp_ago(struct core_record *record, const struct hal_clock *clock,
			   enum tl_moment moment, uint64_t ago_us);
/* Remember why it ended; the first cause counts, later ones only refine it (core_record_refine). */
void core_record_set_cause(struct core_record *record, const struct core_cause *cause);
/* Take over what a diagnosis knows better; before any cause is set, we are dropping: only the raw
 * cause then. @return true when something changed */
bool core_record_refine(struct core_record *record, const struct core_cause *cause);
void core_record_add_drop(struct core_record *record, const char *name, uint32_t ms,
			  const struct core_drop_outcome *outcome);
/* Milliseconds connected, up to now_us (boot clock) while it lasts. */
uint64_t core_record_duration_ms(const struct core_record *record, uint64_t now_us);
/* Copy text, cut to what fits. */
void core_text_copy(char *buf, size_t size, const char *text);

#endif
