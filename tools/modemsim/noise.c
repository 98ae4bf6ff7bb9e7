/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/noise.h"

#include <errno.h>

#define N_MAX	  1000000000
#define BURST_MAX 1000000

static int find(struct hal_slice word, const char *const *names, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (names[i] && hal_slice_eq(word, hal_slice_str(names[i])))
			return (int)i;
	return -EINVAL;
}

/* @return 0; -EINVAL no number from min on */
static int take_number(struct hal_slice *rest, uint32_t min, uint32_t max, uint32_t *ret_n)
{
	uint32_t n;

	if (hal_slice_u32(hal_slice_word(rest), max, &n) < 0 || n < min)
		return -EINVAL;
	*ret_n = n;
	return 0;
}

static int parse_pattern(struct hal_slice *rest, struct sim_noise *noise, const char **ret_why)
{
	static const char *const whens[] = {
		[SIM_NOISE_IN] = "in",
		[SIM_NOISE_EVERY] = "every",
		[SIM_NOISE_AT] = "at",
	};
	int when = find(hal_slice_word(rest), whens, sizeof(whens) / sizeof(whens[0]));

	*ret_why = "write 'in N', 'every N' or 'at N' behind it, as in 'flip every 5000'";
	if (when < 0)
		return -EINVAL;
	noise->when = (enum sim_noise_when)when;
	*ret_why = "write a number of bytes behind in, every and at, up to 1000000000";
	return take_number(rest, when == SIM_NOISE_AT ? 0 : 1, N_MAX, &noise->n);
}

static int parse_burst(struct hal_slice *rest, struct sim_noise *noise, const char **ret_why)
{
	struct hal_slice word = hal_slice_word(rest);

	noise->burst = 1;
	if (word.len == 0)
		return 0;
	*ret_why = "write 'burst' and a number of bytes at the end, as in 'lose at 100 burst 20'";
	if (!hal_slice_eq(word, HAL_SLICE("burst")) ||
	    take_number(rest, 1, BURST_MAX, &noise->burst) < 0)
		return -EINVAL;
	return hal_slice_word(rest).len > 0 ? -EINVAL : 0;
}

int sim_noise_parse(struct hal_slice text, struct sim_noise *ret_noise, const char **ret_why)
{
	static const char *const kinds[] = {
		[SIM_NOISE_NONE] = "none",
		[SIM_NOISE_FLIP] = "flip",
		[SIM_NOISE_LOSE] = "lose",
	};
	struct sim_noise noise = {0};
	struct hal_slice rest = text;
	int kind = find(hal_slice_word(&rest), kinds, sizeof(kinds) / sizeof(kinds[0]));
	int r;

	*ret_why = "write none, or flip or lose with a pattern, as in 'flip every 5000 burst 20'";
	if (kind < 0 || (kind == SIM_NOISE_NONE && hal_slice_word(&rest).len > 0))
		return -EINVAL;
	noise.kind = (enum sim_noise_kind)kind;
	if (kind != SIM_NOISE_NONE) {
		r = parse_pattern(&rest, &noise, ret_why);
		if (r == 0)
			r = parse_burst(&rest, &noise, ret_why);
		if (r < 0)
			return r;
	}
	*ret_noise = noise;
	return 0;
}

/* splitmix64 */
static uint64_t draw(struct sim_noise_state *state)
{
	uint64_t z = state->chance += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void sim_noise_start(struct sim_noise_state *state, uint32_t seed)
{
	*state = (struct sim_noise_state){.chance = seed};
}

static bool begins(struct sim_noise_state *state, const struct sim_noise *noise)
{
	uint64_t position = state->position++;

	switch (noise->when) {
	case SIM_NOISE_IN:
		return draw(state) % noise->n == 0;
	case SIM_NOISE_EVERY:
		return (position + 1) % noise->n == 0;
	case SIM_NOISE_AT:
		return position == noise->n;
	}
	return false;
}

bool sim_noise_hits(struct sim_noise_state *state, const struct sim_noise *noise)
{
	if (noise->kind == SIM_NOISE_NONE)
		return false;
	if (begins(state, noise))
		state->burst = noise->burst;
	if (state->burst == 0)
		return false;
	state->burst--;
	return true;
}

char sim_noise_flip(struct sim_noise_state *state, char byte)
{
	return (char)(byte ^ (1 << (draw(state) % 8)));
}
