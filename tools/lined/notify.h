/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_NOTIFY_H
#define TOOLS_LINED_NOTIFY_H

#include <stdint.h>

/**
 * Tell the service manager, sd_notify(3): "READY=1". Nobody listens: nothing happens.
 * @return 0; negative errno of socket(2) and sendto(2)
 */
int lined_notify(const char *state);

/**
 * How often the service manager must hear "WATCHDOG=1" lest it restarts the daemon: half of what it
 * allows, as sd_watchdog_enabled(3) advises.
 * @return milliseconds; 0: it does not ask
 */
uint32_t lined_notify_watchdog_ms(void);

#endif
