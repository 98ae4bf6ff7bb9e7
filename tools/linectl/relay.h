/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_RELAY_H
#define LINECTL_RELAY_H

/** @file Bytes between the stream of a call and local descriptors. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/linectl/app.h"

struct varlink_client;

enum relay_end {
	RELAY_OVER,	   /**< the call has ended, and all it sent has been written */
	RELAY_LEFT,	   /**< nobody is left to read or write, or the filter wants to leave */
	RELAY_INTERRUPTED, /**< by a signal; app->interrupts counts them */
	RELAY_REFUSED,	   /**< nothing has been run; told */
};

#define RELAY_SIZE 4096 /* a pipe that is ready takes so much without blocking */

struct relay_buffer {
	size_t start, end;
	char bytes[RELAY_SIZE];
};

struct relay {
	struct app *app;
	struct varlink_client *stream; /**< after the reply to the upgrade */
	int in;			       /**< to the line; -1: nothing more comes */
	int out;		       /**< from it, may be the same; -1: nobody wants it */
	int log;		       /**< gets what comes from the line, too; -1: none */
	/** Becomes readable when the program ends whose in and out are, both non-blocking; its
	 * failures end one direction only. -1: there is no program. */
	int program;
	uint32_t limit_ms;  /**< leave so long after the end of the input; 0: never */
	unsigned int calls; /**< so many signals have been heard already */
	int aside;	    /**< something else to read, non-blocking; -1: nothing */
	void (*read_aside)(void *user, const char *bytes, size_t n);
	/** @param to has RELAY_SIZE bytes; @return how many go to the line; -1: leave. NULL: none
	 */
	long (*filter)(void *user, const char *from, size_t n, char *to);
	void *user;

	/* What follows begins as 0. */
	uint64_t end_ms; /* when the limit is reached; 0: it is not counting */
	bool ended;	 /* the program has */
	bool shut;
	uint64_t received; /* bytes from the line */
	struct relay_buffer from_line;
	struct relay_buffer to_line;
};

/**
 * Carry bytes until one end is through. The end of the input only closes that direction, behind all
 * that has come.
 */
enum relay_end relay_run(struct relay *relay);

/** Read some of what there is to read aside. @return there was something */
bool relay_read_aside(struct relay *relay);

/** The input ends with these bytes, behind what has been read, in time or not; nobody reads any
 * more. */
void relay_say_goodbye(struct relay *relay, const char *bytes, size_t n, uint32_t limit_ms);

#endif
