/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_WORD_H
#define TOOLS_VARLINK_WORD_H

/** @file Words of command lines and configuration files that are almost right. */

/**
 * @param words ended by NULL
 * @return the word of the list that text was probably meant to be; NULL when none is near
 */
const char *word_nearest(const char *text, const char *const *words);

#endif
