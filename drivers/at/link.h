/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_LINK_H
#define DRIVERS_AT_LINK_H

/*
 * What CONNECT's text and the reports before it say about the link (V.250 §6.4.3, §6.5.5, §6.6.2).
 * Words are spelled as V.250 spells them, whatever the modem wrote: "V.42bis" is "V42B".
 */

#include <stdbool.h>
#include <stdint.h>

#include "hal/slice.h"

#define AT_LINK_WORD_MAX 16

struct at_link {
	/* bit/s, 0 unknown; rate is the DCE's if +MRR has told it, else the number of CONNECT */
	uint32_t rate;
	uint32_t rate_rx;
	uint32_t dte_rate; /* +ILRR */
	/* "" unknown */
	char modulation[AT_LINK_WORD_MAX];    /* "V90", "V34B" */
	char error_control[AT_LINK_WORD_MAX]; /* "LAPM", "ALT" (MNP), "ARQ" (some), "NONE" */
	char compression[AT_LINK_WORD_MAX];   /* "V42B", "V44", "MNP5", "NONE" */
};

/* CONNECT, "CONNECT 33600/ARQ/V90/LAPM/V42BIS", "CONNECT 1200 NoEC" …; adds to *link what the
 * reports have left open: they speak of the line, CONNECT often of the DTE. */
void at_link_add_connect(struct at_link *link, struct hal_slice line);
/* +MCR +MRR +ER +DR +ILRR and the Rockwell forms CARRIER, PROTOCOL:, COMPRESSION:.
 * @return true when the line was one of them */
bool at_link_add_report(struct at_link *link, struct hal_slice line);

#endif
