/* SPDX-License-Identifier: MIT */
#include "tools/lined/methods.h"

#include <stddef.h>

#include "tools/lined/client.h"
#include "tools/varlink/interface.h"

/* clang-format off */
static const struct varlink_param no_params[] = {{0}};

static const struct varlink_param line_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_line, line)},
	{0},
};

static const struct varlink_param maybe_line_params[] = {
	{"line", VARLINK_STRING, false, offsetof(struct args_line, line)},
	{0},
};

static const struct varlink_param dial_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_dial, line)},
	{"number", VARLINK_STRING, true, offsetof(struct args_dial, number)},
	{"media", VARLINK_STRING, false, offsetof(struct args_dial, media)},
	{"timeout", VARLINK_UINT, false, offsetof(struct args_dial, timeout)},
	{"max_duration", VARLINK_UINT, false, offsetof(struct args_dial, max_duration)},
	{"keep", VARLINK_BOOL, false, offsetof(struct args_dial, keep)},
	{0},
};

static const struct varlink_param answer_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_answer, line)},
	{"media", VARLINK_STRING, false, offsetof(struct args_answer, media)},
	{"wait", VARLINK_UINT, false, offsetof(struct args_answer, wait)},
	{"keep", VARLINK_BOOL, false, offsetof(struct args_answer, keep)},
	{0},
};

static const struct varlink_param session_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_session, session)},
	{0},
};

static const struct varlink_param end_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_session, session)},
	{"user", VARLINK_BOOL, false, offsetof(struct args_session, flag)},
	{0},
};

static const struct varlink_param release_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_session, session)},
	{"drop", VARLINK_BOOL, false, offsetof(struct args_session, flag)},
	{0},
};

static const struct varlink_param list_params[] = {
	{"all", VARLINK_BOOL, false, offsetof(struct args_list, all)},
	{0},
};

static const struct varlink_param command_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_command, line)},
	{"command", VARLINK_STRING, true, offsetof(struct args_command, command)},
	{"timeout", VARLINK_UINT, false, offsetof(struct args_command, timeout)},
	{0},
};

const struct varlink_method lined_methods[] = {
	{"ListLines", maybe_line_params, false, method_list_lines},
	{"Dial", dial_params, false, method_dial},
	{"Answer", answer_params, false, method_answer},
	{"Reject", line_params, false, method_reject},
	{"Drop", end_params, false, method_drop},
	{"Release", release_params, false, method_release},
	{"Hangup", end_params, false, method_hangup},
	{"ListSessions", list_params, false, method_list_sessions},
	{"GetSession", session_params, false, method_get_session},
	{"Monitor", maybe_line_params, true, method_monitor},
	{"Command", command_params, false, method_command},
	{"Reset", line_params, false, method_reset},
	{"GetCounters", no_params, false, method_get_counters},
	{"ListPorts", no_params, false, method_list_ports},
	{0},
};
/* clang-format on */

static int fail(void *user, int error)
{
	client_fail(user, error, NULL);
	return 0;
}

const struct varlink_service lined_service = {
	.vendor = "Trunkline",
	.product = "lined",
	.version = TRUNKLINE_VERSION,
	.url = "",
	.interface = VARLINK_TRUNKLINE,
	.description = varlink_interface_trunkline,
	.methods = lined_methods,
	.fail = fail,
};
