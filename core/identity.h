/* SPDX-License-Identifier: MIT */
#ifndef CORE_IDENTITY_H
#define CORE_IDENTITY_H

/*
 * Which device is a line's. The key "device" says so:
 *
 * - "id-path:PLACE" by where it is plugged in, as in /dev/serial/by-path; a PLACE without interface
 *   means the USB device, of which the port with the best role is taken;
 * - "serial:TEXT" by the USB serial number, wherever it is plugged in;
 * - a path. A link means what it points to at the time. A plain node such as /dev/ttyUSB0 is a name
 *   that the kernel gives to who comes first: the place of the device that is found there at the
 *   first opening is remembered, and from then on that is what the line means;
 * - a URL, rfc2217://HOST:PORT: a port of a terminal server. It is its own identity; that it comes
 *   and goes is what the connection tells.
 *
 * Without a hotplug monitor a path is a path, and the others find nothing.
 */

#include <stdbool.h>

#include "hal/device.h"

struct core_line;

/*
 * Look for the line's device: sets line->path, what to open, and line->device.
 * @param why for people, on failure; CORE_REASON_MAX bytes
 * @return 0; -ENOENT it is not there
 */
int core_identity_resolve(struct core_line *line, char *why);

/* Is it a port of a terminal server, which is no device of this machine? */
bool core_identity_is_network(const struct core_line *line);

/* Would the line take this device? */
bool core_identity_fits(const struct core_line *line, const struct hal_device *device);

/* Does the line mean this port, and no other of its device? */
bool core_identity_is_exact(const struct core_line *line, const struct hal_device *device);

/* Is this the very port that the line has, or had last? */
bool core_identity_is(const struct core_line *line, const struct hal_device *device);

/* The next device at the configured path will do. */
void core_identity_forget(struct core_line *line);

#endif
