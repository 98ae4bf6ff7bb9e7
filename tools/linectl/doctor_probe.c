/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tools/linectl/connect.h"
#include "tools/linectl/doctor.h"
#include "tools/linectl/private.h"

/* The likeliest first: of modules, of analogue modems, of old ones. */
static const uint32_t rates[] = {115200, 9600,	 57600, 38400, 19200, 230400,
				 460800, 921600, 4800,	2400,  1200,  300};

/* A private daemon sets the modem up, or finds that it cannot. */
static enum status try_rate(const struct app *app, const char *device, uint32_t rate)
{
	struct app probe = *app;
	enum status status;

	probe.options.device = device;
	probe.options.baud = rate;
	probe.options.quiet = true;
	probe.private = NULL;
	probe.client = NULL;
	probe.signals = -1;
	status = connect_open(&probe);
	if (status == STATUS_OK)
		status = private_line_status(&probe);
	connect_close(&probe);
	return probe.interrupts > 0 ? STATUS_INTERRUPTED : status;
}

enum status doctor_probe(const struct app *app, const char *device, uint32_t *ret_baud)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		enum status status;

		output_remark(&app->output, "trying %u …", rates[i]);
		status = try_rate(app, device, rates[i]);
		if (status == STATUS_OK)
			*ret_baud = rates[i];
		/* Silence and nonsense are what another speed sounds like. */
		if (status != STATUS_TIMEOUT && status != STATUS_MODEM)
			return status;
	}
	*ret_baud = 0;
	return STATUS_OK;
}
