/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_MODEMMANAGER_H
#define TESTS_BENCH_MODEMMANAGER_H

/*
 * ModemManager on a bus of its own, with one emulated modem, by its interface for tests: without
 * udev it takes a socket for a port. That spares it the millisecond that it waits for each byte on
 * a tty, so its figures here are better than those of real modems.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct modemmanager;

/* @return NULL; why it cannot be measured here */
const char *modemmanager_missing(void);

/*
 * Returns when its name is on the bus. What fails from here on ends the program.
 * @param commands allow Command(), which it does for debugging only
 */
struct modemmanager *modemmanager_start(bool commands);
void modemmanager_stop(struct modemmanager *mm);
/* Give it a modem and wait until that has been set up. */
void modemmanager_add_modem(struct modemmanager *mm);
/* One AT command, with Command(). */
void modemmanager_command(struct modemmanager *mm);

/* Right before its fork(2), and from there until it had its name. */
uint64_t modemmanager_started_ns(const struct modemmanager *mm);
double modemmanager_start_ms(const struct modemmanager *mm);
pid_t modemmanager_pid(const struct modemmanager *mm);
pid_t modemmanager_bus_pid(const struct modemmanager *mm);

#endif
