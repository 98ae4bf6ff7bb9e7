/* SPDX-License-Identifier: MIT */
#ifndef CORE_NUMBER_H
#define CORE_NUMBER_H

#include <trunkline/line.h>

/*
 * Check a number and take its separators out. buf must have TL_NUMBER_MAX + 1 bytes.
 * @return 0; -EINVAL with the position of what is wrong
 */
int core_number_normalise(const char *number, char *buf, size_t *ret_position);

#endif
