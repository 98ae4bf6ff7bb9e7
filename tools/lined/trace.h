/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_TRACE_H
#define TOOLS_LINED_TRACE_H

/**
 * @file
 * Clients that watch the dialogues with the modems. What they are told is what the log has at the
 * level trace, so numbers and PINs are hidden as there; only while somebody watches does the
 * library make these lines for more than the log.
 */

struct lined;

/** The library's log from now on: as the settings say, and the wire while a client traces. To be
 * called when either changes. */
void trace_update(struct lined *lined);

#endif
