/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_WHEN_H
#define LINECTL_WHEN_H

/** @file Moments as people type them. */

#include <stdint.h>

/** For messages. */
#define WHEN_FORMS "like 90m, 2h, 3d, 14:00, today, yesterday, 2026-11-23 or \"2026-11-23 14:00\""

/**
 * Read "45s", "90m", "2h", "3d", "1w" (so long ago), "14:00" (today), "today", "yesterday" (their
 * beginnings), "2026-11-23", "2026-11-23 14:00", "2026-11-23 14:00:30"; local time.
 *
 * @param now_s seconds since 1970
 * @param ret_s the same
 * @return 0; -EINVAL, also for days that the calendar does not have, and what is before 1970
 */
int when_parse(const char *text, int64_t now_s, int64_t *ret_s);

#endif
