/* SPDX-License-Identifier: MIT */

/* What a --modem, a scenario or the control language says of a modem: taken, or refused with a
 * reason; and whatever noise is asked for, it ends. */

#include "fuzz.h"
#include "tools/modemsim/config.h"

static void check_fault(struct hal_slice text)
{
	struct sim_fault fault;
	const char *why = NULL;

	if (sim_fault_parse(text, &fault, &why) < 0)
		FUZZ_CHECK(why && why[0] != '\0');
	else
		FUZZ_CHECK(fault.kind < SIM_FAULT_COUNT);
}

static void check_noise(struct hal_slice text)
{
	struct sim_noise_state state;
	struct sim_noise noise;
	const char *why = NULL;
	unsigned int bad = 0;

	if (sim_noise_parse(text, &noise, &why) < 0) {
		FUZZ_CHECK(why && why[0] != '\0');
		return;
	}
	FUZZ_CHECK((noise.kind == SIM_NOISE_NONE) == (noise.burst == 0));
	sim_noise_start(&state, 1);
	for (unsigned int i = 0; i < 1000; i++)
		bad += sim_noise_hits(&state, &noise);
	if (noise.kind == SIM_NOISE_NONE)
		FUZZ_CHECK(bad == 0);
	if (noise.kind != SIM_NOISE_NONE && noise.when == SIM_NOISE_AT && noise.n < 1000)
		FUZZ_CHECK(bad == (noise.burst < 1000 - noise.n ? noise.burst : 1000 - noise.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_slice text = hal_slice((const char *)data, size);
	struct sim_config *config = malloc(sizeof(*config));
	struct hal_error err = {""};

	FUZZ_CHECK(config);
	sim_config_init(config);
	if (sim_config_add_modem(config, text, &err) < 0)
		FUZZ_CHECK(err.text[0] != '\0');
	else
		FUZZ_CHECK(config->modem_count == 1);
	free(config);
	check_fault(text);
	check_noise(text);
	return 0;
}
