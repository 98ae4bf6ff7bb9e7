/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_REDACT_H
#define DRIVERS_AT_REDACT_H

/*
 * What of the traffic with a modem may stand in a log: numbers, names, PINs and texts are replaced
 * by how long they were, "ATDT<8 hidden>". The result is printable, NUL-terminated and cut to size.
 */

#include "hal/slice.h"

/* Hide all behind the verb: "ATDT<8 hidden>", "AT+CPIN=<4 hidden>". @return buf */
char *at_redact_command(struct hal_slice text, char *buf, size_t size);

/*
 * A line from the modem. In reports that carry numbers or names strings and long numbers are
 * hidden, as are values of formatted caller ID and what an echoed dial command dials; other lines
 * stay as they are. @return buf
 */
char *at_redact_line(struct hal_slice line, char *buf, size_t size);

#endif
