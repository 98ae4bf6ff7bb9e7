/* SPDX-License-Identifier: MIT */
#ifndef SIM_NOISE_H
#define SIM_NOISE_H

/*
 * Noise on a line: which of the bytes that arrive at a modem are bad ones. With error control their
 * frame is sent again, without it they reach the user with a bit flipped, or not at all.
 */

#include <stdbool.h>
#include <stdint.h>

#include "hal/slice.h"

enum sim_noise_kind { SIM_NOISE_NONE, SIM_NOISE_FLIP, SIM_NOISE_LOSE };

enum sim_noise_when {
	SIM_NOISE_IN,	 /* one byte in n, by chance */
	SIM_NOISE_EVERY, /* each n-th byte */
	SIM_NOISE_AT,	 /* once, behind n bytes */
};

struct sim_noise {
	enum sim_noise_kind kind;
	enum sim_noise_when when;
	uint32_t n;
	uint32_t burst; /* so many bytes in a row */
};

/* How far it is in the present call. */
struct sim_noise_state {
	uint64_t chance;
	uint64_t position; /* bytes that have come over the line */
	uint32_t burst;	   /* bad bytes still to come */
};

/*
 * Read "none", or "flip|lose in|every|at N [burst N]", for instance "flip every 5000 burst 20".
 * @return 0; -EINVAL, *ret_why says what would be right
 */
int sim_noise_parse(struct hal_slice text, struct sim_noise *ret_noise, const char **ret_why);

/* A call begins; the same seed brings the same noise again. */
void sim_noise_start(struct sim_noise_state *state, uint32_t seed);

/* The next byte comes over the line. @return it is a bad one */
bool sim_noise_hits(struct sim_noise_state *state, const struct sim_noise *noise);

/* A byte with one bit flipped, by chance which. */
char sim_noise_flip(struct sim_noise_state *state, char byte);

#endif
