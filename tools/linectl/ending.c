/* SPDX-License-Identifier: MIT */
#include "tools/linectl/ending.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/varlink/json.h"

#define SIGNALED     128 /* and the number of the signal */
#define SIGNAL_MAX   64
#define MEANING_SIZE 64

/* pppd(8), EXIT STATUS */
static const char *const pppd_meanings[] = {
	[0] = "the peer has ended it",	   [1] = "a fatal error",
	[2] = "the options are wrong",	   [3] = "neither setuid-root nor started by root",
	[4] = "the kernel has no PPP",	   [5] = "ended by a signal",
	[6] = "the device is locked",	   [7] = "the device cannot be opened",
	[8] = "the connect script failed", [9] = "the command of pty cannot be run",
	[10] = "PPP negotiation failed",   [11] = "the peer did not authenticate itself",
	[12] = "idle for too long",	   [13] = "the time for the connection is used up",
	[14] = "the peer will call back",  [15] = "the peer does not answer any more",
	[16] = "the modem hung up",	   [17] = "the line is looped back",
	[18] = "the init script failed",   [19] = "the peer did not accept our authentication",
};

#define PPPD_MEANINGS (int)(sizeof(pppd_meanings) / sizeof(pppd_meanings[0]))

static const char *base_name(const char *command)
{
	const char *slash = strrchr(command, '/');

	return slash ? slash + 1 : command;
}

const char *ending_meaning(const char *command, int status, char *buf, size_t size)
{
	if (status == ENDING_NOT_RUN)
		return "it cannot be run";
	if (status > SIGNALED && status <= SIGNALED + SIGNAL_MAX) {
		snprintf(buf, size, "killed by signal %d (%s)", status - SIGNALED,
			 strsignal(status - SIGNALED));
		return buf;
	}
	if (strcmp(base_name(command), "pppd") == 0 && status >= 0 && status < PPPD_MEANINGS)
		return pppd_meanings[status];
	return "";
}

const char *ending_text(const char *command, int status, char *buf, size_t size)
{
	char space[MEANING_SIZE];
	const char *meaning = ending_meaning(command, status, space, sizeof(space));

	snprintf(buf, size, "%s: %d%s%s", base_name(command), status, *meaning ? ": " : "",
		 meaning);
	return buf;
}

struct json_object *ending_document(const char *command, int status)
{
	char space[MEANING_SIZE];
	const char *meaning = ending_meaning(command, status, space, sizeof(space));
	struct json_object *document = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "name", base_name(command));
	varlink_put_int(&b, "status", status);
	if (*meaning)
		varlink_put_string(&b, "meaning", meaning);
	return varlink_build_end(&b, &document) < 0 ? NULL : document;
}
