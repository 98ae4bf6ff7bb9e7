/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_TAIL_H
#define DRIVERS_AT_TAIL_H

/*
 * Where data may have come to its end: the longest end of all that has come which may be a line of
 * the modem's, or its beginning, is held back. How the bytes are cut into chunks makes no
 * difference.
 */

#include <stdbool.h>
#include <stddef.h>

#include "hal/slice.h"

#define AT_TAIL_MAX 23 /* CR LF NO CARRIER CR LF, CR LF ERROR CR LF */

struct at_tail_pattern {
	struct hal_slice texts[2]; /* AT_TAIL_MAX at most; they begin alike; the 2nd may be empty */
	size_t whole;		   /* so much of them is the line; more may follow */
};

/* The end of a call; a RING behind it is the next caller, ERROR answers what was still on its way.
 */
extern const struct at_tail_pattern at_tail_no_carrier;
/* The answer to an escape. */
extern const struct at_tail_pattern at_tail_ok;

struct at_tail {
	const struct at_tail_pattern *pattern;
	char held[AT_TAIL_MAX];
	size_t len;
	char freed[AT_TAIL_MAX]; /* of held; valid until the next call */
};

/* What a chunk has made certain to be data, in this order. */
struct at_tail_data {
	struct hal_slice held;	/* held back until now */
	struct hal_slice chunk; /* the beginning of the chunk */
};

void at_tail_init(struct at_tail *tail, const struct at_tail_pattern *pattern);
/* chunk: not empty */
struct at_tail_data at_tail_take(struct at_tail *tail, struct hal_slice chunk);
/* Hold nothing any longer. @return what was held */
struct hal_slice at_tail_free(struct at_tail *tail);
/* The whole line is held, and not only its beginning. */
bool at_tail_is_whole(const struct at_tail *tail);
/*
 * Do the line and an ERROR behind it stand in what is held and a chunk, which has not been taken
 * yet? Whatever follows.
 */
bool at_tail_is_answered(const struct at_tail *tail, struct hal_slice chunk);

#endif
