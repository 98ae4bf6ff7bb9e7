/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_TELL_H
#define TOOLS_LINED_TELL_H

/** @file What the log says of events; the library itself tells of them at debug level only. */

#include <trunkline/types.h>

struct lined;
struct tl_event;

/** What has been said of a line last. */
struct lined_told {
	struct lined_told *next;
	tl_line line;
	char text[256];
};

/** One line for each call, line or session that has changed, or none. */
void tell_event(struct lined *lined, const struct tl_event *event);
void tell_fini(struct lined *lined);

#endif
