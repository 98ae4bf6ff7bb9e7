/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_PROCESS_H
#define TESTS_BENCH_PROCESS_H

/* Whole programs, and what they use. Whatever fails ends the program. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* @return ms from posix_spawn(3) to its end, which must be a good one */
double process_run(const char *program, char **argv);
/* The limit of the above. */
double process_run_true(void);

/* A new folder in TMPDIR, whose name has at most size - 1 bytes. */
void process_make_folder(char *buf, size_t size);

/* Of a process with one thread or many. */
uint64_t process_cpu_ns(pid_t pid);
double process_pss_kib(pid_t pid);
/* How often it has gone to sleep so far; of several threads the first one. */
double process_sleeps(pid_t pid);

#endif
