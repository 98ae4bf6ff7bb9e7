/* SPDX-License-Identifier: MIT */
#ifndef HAL_CLOCK_H
#define HAL_CLOCK_H

/*
 * Time as an ops table, so that a 60 s dial time-out can be tested in no time.
 *
 * Three readings, all in microseconds:
 *   now   CLOCK_MONOTONIC: deadlines. Stands still while the machine is suspended, so a modem that
 *         slept with it does not look silent afterwards.
 *   boot  CLOCK_BOOTTIME: durations in records; counts suspended time.
 *   wall  CLOCK_REALTIME: only for people to read; gateways boot in 1970, never compute with it.
 */

#include <stdbool.h>
#include <stdint.h>

#define HAL_USEC_PER_MSEC UINT64_C(1000)
#define HAL_USEC_PER_SEC  UINT64_C(1000000)

struct hal_clock;

struct hal_clock_ops {
	uint64_t (*now_us)(const struct hal_clock *clock);
	uint64_t (*boot_us)(const struct hal_clock *clock);
	int64_t (*wall_us)(const struct hal_clock *clock);
	/* true: time passes only by hal_clock_virtual_set(); a loop must not arm a timerfd */
	bool is_virtual;
};

struct hal_clock {
	const struct hal_clock_ops *ops;
};

/* The system's clock; stateless, valid for ever. */
const struct hal_clock *hal_clock_real(void);

struct hal_clock_virtual {
	struct hal_clock clock;
	uint64_t now_us;
	int64_t wall_offset_us;
};

void hal_clock_virtual_init(struct hal_clock_virtual *clock, uint64_t now_us, int64_t wall_us);

/* Set the time; going back is an error of the caller (asserted). */
void hal_clock_virtual_set(struct hal_clock_virtual *clock, uint64_t now_us);

static inline uint64_t hal_clock_now_us(const struct hal_clock *clock)
{
	return clock->ops->now_us(clock);
}

static inline uint64_t hal_clock_boot_us(const struct hal_clock *clock)
{
	return clock->ops->boot_us(clock);
}

static inline int64_t hal_clock_wall_us(const struct hal_clock *clock)
{
	return clock->ops->wall_us(clock);
}

#endif
