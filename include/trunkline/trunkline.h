/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_TRUNKLINE_H
#define TRUNKLINE_TRUNKLINE_H

/** @file
 * Everything: telephone calls over AT modems, with an end that is certain. Start with ctx.h. */

#include <trunkline/ctx.h>
#include <trunkline/error.h>
#include <trunkline/event.h>
#include <trunkline/hotplug.h>
#include <trunkline/line.h>
#include <trunkline/port.h>
#include <trunkline/session.h>
#include <trunkline/stream.h>
#include <trunkline/types.h>

/** Version of the library at run time: "0.1.0". */
#ifdef __cplusplus
extern "C" {
#endif
TL_API const char *tl_version(void);
#ifdef __cplusplus
}
#endif

#endif
