/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_MONITOR_H
#define LINECTL_MONITOR_H

/** @file How what happens is shown, a line each. */

#include "tools/linectl/output.h"

/** "18:40:03.120  desk        > ATI": sent; "<": received; "*": received unasked. */
void monitor_print_trace(const struct output *output, struct json_object *trace);

#endif
