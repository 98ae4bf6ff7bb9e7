/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_EXIT_H
#define LINECTL_EXIT_H

/**
 * @file
 * What the exit status says. The numbers are documented in linectl(1) and never change their
 * meaning.
 */

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum status {
	STATUS_OK = 0,
	STATUS_OTHER = 1,
	STATUS_USAGE = 2,
	STATUS_TIMEOUT = 3,
	STATUS_CALL_FAILED = 4, /**< busy, no carrier, no answer, no dial tone */
	STATUS_NOT_ON_HOOK = 5, /**< the drop could not be verified, or the release was refused */
	STATUS_BUSY = 6,	/**< the line has a call, or somebody else owns it */
	STATUS_MODEM = 7,	/**< the device answered an error, nonsense, or nothing at all */
	STATUS_NO_DAEMON = 8,
	STATUS_PERMISSION = 9,
	STATUS_NOT_FOUND = 10, /**< no such line or session, or no longer */
	STATUS_GONE = 11,      /**< the device has disappeared */
	STATUS_INTERRUPTED = 130,
};

/** @return the status for the name of an error, with or without its interface; OTHER when unknown
 */
enum status exit_from_error(const char *name);

#define EXIT_HINT_MAX 256

/**
 * What a person may do about it.
 * @param line that the verb was given; NULL: it takes none
 * @param buf  EXIT_HINT_MAX bytes, may be what is returned
 * @return a sentence, or NULL when there is nothing to say
 */
const char *exit_hint(const char *name, const char *line, char *buf, size_t size);

/** The status of a line that is FAULTY, GONE or ABSENT because of the named error. */
enum status exit_from_line_error(const char *name);

/** The status of a call that is over. @param info type Session of io.trunkline */
enum status exit_from_record(struct json_object *info);

#endif
