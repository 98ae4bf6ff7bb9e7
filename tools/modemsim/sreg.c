/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "tools/modemsim/private.h"

struct sreg {
	uint8_t min, max, factory;
};

/* V.250 6.1 to 6.3; S2 and S12 are Hayes'. S1 counts rings, S9 and S11 are kept for the look of it.
 */
static const struct sreg sregs[SIM_SREG_COUNT] = {
	[0] = {0, 255, 0},   [1] = {0, 255, 0}, [2] = {0, 255, 43},  [3] = {0, 127, 13},
	[4] = {0, 127, 10},  [5] = {0, 127, 8}, [6] = {2, 10, 2},    [7] = {1, 255, 50},
	[8] = {0, 255, 2},   [9] = {1, 255, 6}, [10] = {1, 255, 14}, [11] = {50, 255, 95},
	[12] = {0, 255, 50},
};

void sim_sreg_reset(struct sim_settings *settings)
{
	for (size_t i = 0; i < SIM_SREG_COUNT; i++)
		settings->sreg[i] = sregs[i].factory;
}

int sim_sreg_run(struct sim_modem *modem, struct hal_slice *rest)
{
	uint32_t n, value;

	*rest = hal_slice_skip(*rest, 1);
	if (sim_take_number(rest, SIM_SREG_COUNT - 1, &n) < 0 || rest->len == 0)
		return -EINVAL;
	if (rest->data[0] == '?') {
		*rest = hal_slice_skip(*rest, 1);
		sim_report_info(modem, "%03u", modem->settings.sreg[n]);
		return SIM_COMMAND_DONE;
	}
	if (rest->data[0] != '=')
		return -EINVAL;
	*rest = hal_slice_skip(*rest, 1);
	if (sim_take_number(rest, sregs[n].max, &value) < 0 || value < sregs[n].min)
		return -EINVAL;
	modem->settings.sreg[n] = (uint8_t)value;
	return SIM_COMMAND_DONE;
}
