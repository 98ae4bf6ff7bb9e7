/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_NOTIFY_H
#define TOOLS_LINED_NOTIFY_H

/**
 * Tell the service manager, sd_notify(3): "READY=1". Nobody listens: nothing happens.
 * @return 0; negative errno of socket(2) and sendto(2)
 */
int lined_notify(const char *state);

#endif
