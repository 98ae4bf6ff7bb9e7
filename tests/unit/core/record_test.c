/* SPDX-License-Identifier: MIT */
#include "core/record.h"

#include <string.h>

#include <criterion/criterion.h>

#define MS(n) ((n)*HAL_USEC_PER_MSEC)

Test(record, the_first_stamp_of_a_moment_counts)
{
	struct hal_clock_virtual clock;
	struct core_record record = {0};

	hal_clock_virtual_init(&clock, 1000, 5000);
	core_record_stamp(&record, &clock.clock, TL_MOMENT_CONNECTED);
	hal_clock_virtual_set(&clock, 9000);
	core_record_stamp(&record, &clock.clock, TL_MOMENT_CONNECTED);
	cr_assert_eq(record.moments[TL_MOMENT_CONNECTED].boot_us, 1000);
	cr_assert_eq(record.moments[TL_MOMENT_CONNECTED].wall_us, 5000);
	cr_assert_eq(record.moments[TL_MOMENT_IDLE].boot_us, 0);
}

Test(record, the_first_cause_counts)
{
	static const struct core_cause first = {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
						TL_CAUSE_V250, "NO CARRIER"};
	static const struct core_cause second = {TL_ORIGIN_USER, TL_DISCONNECT_CANCELLED,
						 TL_CAUSE_NONE, ""};
	struct core_record record = {0};

	core_record_set_cause(&record, &first);
	core_record_set_cause(&record, &second);
	cr_assert_eq(record.cause.origin, TL_ORIGIN_REMOTE);
	cr_assert_eq(record.cause.disconnect, TL_DISCONNECT_NORMAL);
	cr_assert_str_eq(record.cause.text, "NO CARRIER");
}

Test(record, keeps_the_raw_cause_of_a_diagnosis_that_came_before)
{
	static const struct core_cause diagnosis = {TL_ORIGIN_NONE, TL_DISCONNECT_NONE,
						    TL_CAUSE_V58, "60=51 ATH"};
	static const struct core_cause own = {TL_ORIGIN_USER, TL_DISCONNECT_NORMAL, TL_CAUSE_NONE,
					      ""};
	struct core_record record = {0};

	cr_assert(core_record_refine(&record, &diagnosis));
	core_record_set_cause(&record, &own);
	cr_assert_eq(record.cause.origin, TL_ORIGIN_USER);
	cr_assert_eq(record.cause.disconnect, TL_DISCONNECT_NORMAL);
	cr_assert_eq(record.cause.domain, TL_CAUSE_V58);
	cr_assert_str_eq(record.cause.text, "60=51 ATH");
}

Test(record, a_diagnosis_refines_only_what_it_can_know_better)
{
	static const struct {
		const char *name;
		struct core_cause old, diagnosis, refined;
		bool changed;
	} rows[] = {
		{"nothing known",
		 {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, TL_CAUSE_V250, "NO CARRIER"},
		 {TL_ORIGIN_NONE, TL_DISCONNECT_NONE, TL_CAUSE_NONE, ""},
		 {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, TL_CAUSE_V250, "NO CARRIER"},
		 false},
		{"how, where it was unknown",
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_UNKNOWN, TL_CAUSE_V250, "NO CARRIER"},
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, TL_CAUSE_V58, "60=3D"},
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, TL_CAUSE_V58, "60=3D"},
		 true},
		{"who, where it was somebody else",
		 {TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, TL_CAUSE_V250, "NO CARRIER"},
		 {TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NORMAL, TL_CAUSE_V58, "60=19"},
		 {TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NORMAL, TL_CAUSE_V58, "60=19"},
		 true},
		{"not who, where it was us",
		 {TL_ORIGIN_USER, TL_DISCONNECT_NORMAL, TL_CAUSE_NONE, ""},
		 {TL_ORIGIN_REMOTE, TL_DISCONNECT_BUSY, TL_CAUSE_V58, "60=3C"},
		 {TL_ORIGIN_USER, TL_DISCONNECT_NORMAL, TL_CAUSE_V58, "60=3C"},
		 true},
		{"the raw cause, in the middle of a drop of ours",
		 {TL_ORIGIN_NONE, TL_DISCONNECT_NONE, TL_CAUSE_NONE, ""},
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, TL_CAUSE_V58, "60=33"},
		 {TL_ORIGIN_NONE, TL_DISCONNECT_NONE, TL_CAUSE_V58, "60=33"},
		 true},
		{"not how, where it was known",
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, TL_CAUSE_V250, "BUSY"},
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_CONGESTION, TL_CAUSE_NONE, "ignored"},
		 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, TL_CAUSE_V250, "BUSY"},
		 false},
		{"the text alone",
		 {TL_ORIGIN_USER, TL_DISCONNECT_NORMAL, TL_CAUSE_V58, "60=50"},
		 {TL_ORIGIN_NONE, TL_DISCONNECT_NONE, TL_CAUSE_V58, "60=51"},
		 {TL_ORIGIN_USER, TL_DISCONNECT_NORMAL, TL_CAUSE_V58, "60=51"},
		 true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct core_record record = {.cause = rows[i].old};

		cr_assert_eq(core_record_refine(&record, &rows[i].diagnosis), rows[i].changed, "%s",
			     rows[i].name);
		cr_assert_eq(record.cause.origin, rows[i].refined.origin, "%s", rows[i].name);
		cr_assert_eq(record.cause.disconnect, rows[i].refined.disconnect, "%s",
			     rows[i].name);
		cr_assert_eq(record.cause.domain, rows[i].refined.domain, "%s", rows[i].name);
		cr_assert_str_eq(record.cause.text, rows[i].refined.text, "%s", rows[i].name);
	}
}

Test(record, duration_is_the_time_connected)
{
	static const struct {
		const char *name;
		uint64_t connected, disconnected, idle, now, duration_ms;
	} rows[] = {
		{"never connected", 0, MS(5), MS(6), MS(100), 0},
		{"still connected", MS(10), 0, 0, MS(100), 90},
		{"ended by the far end", MS(10), MS(30), MS(60), MS(100), 20},
		{"dropped: no moment of disconnection", MS(10), 0, MS(60), MS(100), 50},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct core_record record = {0};

		record.moments[TL_MOMENT_CONNECTED].boot_us = rows[i].connected;
		record.moments[TL_MOMENT_DISCONNECTED].boot_us = rows[i].disconnected;
		record.moments[TL_MOMENT_IDLE].boot_us = rows[i].idle;
		cr_assert_eq(core_record_duration_ms(&record, rows[i].now), rows[i].duration_ms,
			     "%s", rows[i].name);
	}
}

Test(record, a_moment_that_lies_back_is_not_before_the_connection)
{
	static const struct {
		uint64_t connected, ago, boot;
	} rows[] = {
		{0, 0, MS(100)},	  {0, MS(30), MS(70)},	    {MS(10), MS(30), MS(70)},
		{MS(70), MS(30), MS(70)}, {MS(80), MS(30), MS(80)},
	};
	struct hal_clock_virtual clock;

	hal_clock_virtual_init(&clock, MS(100), (int64_t)MS(500));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct core_record record = {0};
		const struct core_stamp *stamp = &record.moments[TL_MOMENT_DISCONNECTED];
		struct core_stamp now = core_stamp_now(&clock.clock);

		record.moments[TL_MOMENT_CONNECTED].boot_us = rows[i].connected;
		core_record_stamp_ago(&record, &clock.clock, TL_MOMENT_DISCONNECTED, rows[i].ago);
		cr_assert_eq(stamp->boot_us, rows[i].boot, "row %zu", i);
		cr_assert_eq(now.wall_us - stamp->wall_us, (int64_t)(now.boot_us - rows[i].boot));
		core_record_stamp_ago(&record, &clock.clock, TL_MOMENT_DISCONNECTED, MS(5));
		cr_assert_eq(stamp->boot_us, rows[i].boot, "the first stamp counts");
	}
}

Test(record, remembers_so_many_steps_and_no_more)
{
	static const struct core_drop_outcome outcome = {.result = TL_DROP_TIMEOUT};
	struct core_record record = {0};

	for (uint32_t i = 0; i < CORE_RECORD_DROPS + 3; i++)
		core_record_add_drop(&record, "step", i, &outcome);
	cr_assert_eq(record.n_drops, CORE_RECORD_DROPS);
	cr_assert_eq(record.drops[0].ms, 0);
	cr_assert_eq(record.drops[CORE_RECORD_DROPS - 1].ms, CORE_RECORD_DROPS - 1);
}

Test(record, texts_are_cut_to_what_fits)
{
	char buf[4] = "xyz";

	core_text_copy(buf, sizeof(buf), "long");
	cr_assert_str_eq(buf, "lon");
	core_text_copy(buf, sizeof(buf), NULL);
	cr_assert_str_eq(buf, "");
}
