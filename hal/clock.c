/* SPDX-License-Identifier: MIT */
#include "hal/clock.h"

#include <assert.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	/* Cannot fail: the ids are constants that every supported kernel has. */
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * (int64_t)HAL_USEC_PER_SEC + ts.tv_nsec / 1000;
}

static uint64_t real_now_us(const struct hal_clock *clock)
{
	(void)clock;
	return (uint64_t)read_clock(CLOCK_MONOTONIC);
}

static uint64_t real_boot_us(const struct hal_clock *clock)
{
	(void)clock;
	return (uint64_t)read_clock(CLOCK_BOOTTIME);
}

static int64_t real_wall_us(const struct hal_clock *clock)
{
	(void)clock;
	return read_clock(CLOCK_REALTIME);
}

static const struct hal_clock_ops real_ops = {
	.now_us = real_now_us,
	.boot_us = real_boot_us,
	.wall_us = real_wall_us,
	.is_virtual = false,
};

static const struct hal_clock real_clock = {.ops = &real_ops};

const struct hal_clock *hal_clock_real(void)
{
	return &real_clock;
}

static const struct hal_clock_virtual *to_virtual(const struct hal_clock *clock)
{
	return (const struct hal_clock_virtual *)clock;
}

static uint64_t virtual_now_us(const struct hal_clock *clock)
{
	return to_virtual(clock)->now_us;
}

static int64_t virtual_wall_us(const struct hal_clock *clock)
{
	const struct hal_clock_virtual *v = to_virtual(clock);

	return v->wall_offset_us + (int64_t)v->now_us;
}

static const struct hal_clock_ops virtual_ops = {
	.now_us = virtual_now_us,
	.boot_us = virtual_now_us,
	.wall_us = virtual_wall_us,
	.is_virtual = true,
};

void hal_clock_virtual_init(struct hal_clock_virtual *clock, uint64_t now_us, int64_t wall_us)
{
	clock->clock.ops = &virtual_ops;
	clock->now_us = now_us;
	clock->wall_offset_us = wall_us - (int64_t)now_us;
}

void hal_clock_virtual_set(struct hal_clock_virtual *clock, uint64_t now_us)
{
	assert(now_us >= clock->now_us);
	clock->now_us = now_us;
}
