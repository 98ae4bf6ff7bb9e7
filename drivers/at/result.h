/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_RESULT_H
#define DRIVERS_AT_RESULT_H

/*
 * Result codes, matched on whole lines (V.250 §5.7, table of §6; verbose form only: codes 5 and
 * above 8 mean different things at every vendor, so modems are always run with V1).
 */

#include <stdbool.h>
#include <stdint.h>

#include "drivers/at/link.h"
#include "hal/slice.h"

enum at_result {
	AT_RESULT_NONE, /* not a result code: information text or an unsolicited report */
	AT_RESULT_OK,
	AT_RESULT_CONNECT,
	AT_RESULT_RING,
	AT_RESULT_NO_CARRIER,
	AT_RESULT_ERROR,
	AT_RESULT_NO_DIALTONE, /* both "NO DIALTONE" and "NO DIAL TONE" */
	AT_RESULT_BUSY,
	AT_RESULT_NO_ANSWER,
	AT_RESULT_CME_ERROR,   /* 27.007 §9.2 */
	AT_RESULT_CMS_ERROR,   /* 27.005 §3.2.5 */
	AT_RESULT_RINGING,     /* SiLabs: the far end is alerted; progress, not final */
	AT_RESULT_DELAYED,     /* redial barred for a while */
	AT_RESULT_BLACKLISTED, /* redial barred */
	AT_RESULT_NO_LINE,     /* SiLabs: nothing on the jack */
	AT_RESULT_LINE_IN_USE, /* SiLabs: an extension is off hook */
	AT_RESULT_VCON,	       /* Rockwell: voice connection */
};

enum at_result at_result_parse(struct hal_slice line);
/* Canonical text, for logs and records. */
const char *at_result_name(enum at_result result);
/* Ends a command whatever the command was: OK, ERROR, +CME ERROR, +CMS ERROR. */
bool at_result_is_plain_final(enum at_result result);
/* Ends a dial, answer or online command, but may also come unsolicited. */
bool at_result_is_call_final(enum at_result result);
/* Code behind "+CME ERROR:" / "+CMS ERROR:"; false when it is text or missing. */
bool at_result_error_code(struct hal_slice line, uint32_t *ret_code);

#endif
