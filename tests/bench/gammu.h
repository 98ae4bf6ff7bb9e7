/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_GAMMU_H
#define TESTS_BENCH_GAMMU_H

/* libgammu as its manual says, where it is installed. */

#include <stddef.h>

struct gammu;

/* What gammu_transactions() says to the modem. */
#define GAMMU_COMMAND "AT+CSQ\r"

/* Takes some seconds. @return NULL and *ret_gammu; why it cannot be measured here */
const char *gammu_start(const char *path, struct gammu **ret_gammu);
void gammu_stop(struct gammu *gammu);
/* One after the other. An error ends the program. */
void gammu_transactions(struct gammu *gammu, size_t n);

#endif
