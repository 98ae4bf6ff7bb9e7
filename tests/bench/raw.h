/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_RAW_H
#define TESTS_BENCH_RAW_H

/*
 * The limit: the least that a program can do on ttys, with epoll, read and write and nothing else.
 * No time-outs, no checks, no state. Whatever fails ends the program.
 */

#include <stddef.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "tests/bench/emulator.h"

struct raw_line {
	int fd;
	size_t len; /* of the answer so far */
	char answer[512];
};

#define RAW_BATCH 64

struct raw {
	int epoll_fd;
	struct epoll_event batch[RAW_BATCH];
	int taken, ready; /* of batch */
	size_t n;
	struct raw_line *lines;
};

/* A tty that changes no bytes. @return its descriptor, non-blocking */
int raw_open_port(const char *path);
/* What read(2) or write(2) has returned on such a descriptor. @return bytes; 0 none at present */
size_t raw_some(ssize_t n, const char *what);

void raw_open(struct raw *raw, const char (*paths)[32], size_t n);
void raw_close(struct raw *raw);

void raw_send(struct raw *raw, size_t line, const char *command);
/* Wait for the next answer that is complete: its last line is a result code. @return the line */
size_t raw_receive(struct raw *raw);
/* Wait until what this line has said ends so. */
void raw_await(struct raw *raw, size_t line, const char *end);
/* Hang up on the first n lines, at once, and ask each whether it is on hook. */
void raw_drop(struct raw *raw, size_t n);
/* One after the other: command, answer. */
void raw_ping_pong(struct raw *raw, size_t line, const char *command, size_t n);
/* n commands in all, one under way on each line. */
void raw_all(struct raw *raw, const char *command, size_t n);

#endif
