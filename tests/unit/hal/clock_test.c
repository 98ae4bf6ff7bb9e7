/* SPDX-License-Identifier: MIT */
#include "hal/clock.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(clock, real_time_never_goes_back)
{
	const struct hal_clock *clock = hal_clock_real();
	uint64_t first_us = hal_clock_now_us(clock);

	cr_assert_geq(hal_clock_now_us(clock), first_us);
	cr_assert_geq(hal_clock_boot_us(clock), first_us);
	cr_assert_gt(hal_clock_wall_us(clock), 0);
	cr_assert_not(clock->ops->is_virtual);
}

Test(clock, virtual_time_passes_only_when_set)
{
	struct hal_clock_virtual clock;

	hal_clock_virtual_init(&clock, 1000, 5000000);

	cr_assert_eq(hal_clock_now_us(&clock.clock), 1000);
	cr_assert_eq(hal_clock_wall_us(&clock.clock), 5000000);

	hal_clock_virtual_set(&clock, 2500);

	cr_assert_eq(hal_clock_now_us(&clock.clock), 2500);
	cr_assert_eq(hal_clock_boot_us(&clock.clock), 2500);
	cr_assert_eq(hal_clock_wall_us(&clock.clock), 5001500);
	cr_assert(clock.clock.ops->is_virtual);
}

#ifndef NDEBUG
Test(clock, virtual_time_may_not_go_back, .signal = SIGABRT)
{
	struct hal_clock_virtual clock;

	hal_clock_virtual_init(&clock, 1000, 0);
	hal_clock_virtual_set(&clock, 999);
}
#endif
