/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_NUMBER_H
#define TOOLS_VARLINK_NUMBER_H

/** @file Numbers of command lines and configuration files. */

#include <stdint.h>

/** A decimal number from min to max and nothing else. @return 0; -EINVAL */
int number_parse(const char *text, uint32_t min, uint32_t max, uint32_t *ret_number);

#endif
