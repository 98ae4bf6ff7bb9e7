/* SPDX-License-Identifier: MIT */
#ifndef HAL_SYSFS_H
#define HAL_SYSFS_H

/* Attributes and links of sysfs. What is not there reads as "" or 0: devices go at any moment. */

#include <stddef.h>
#include <stdint.h>

/*
 * First line of an attribute, made printable: a device may call itself anything. name may be a path
 * below dir.
 */
void hal_sysfs_text(int dir, const char *name, char *buf, size_t size);

/* An attribute as a number up to 65535. */
uint16_t hal_sysfs_number(int dir, const char *name, unsigned int base);

/* Last component of what a link points to, "" when it does not fit. */
void hal_sysfs_link(int dir, const char *name, char *buf, size_t size);

#endif
