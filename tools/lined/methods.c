/* SPDX-License-Identifier: MIT */
#include "tools/lined/methods.h"

#include <errno.h>
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
	{"inactivity", VARLINK_UINT, false, offsetof(struct args_dial, inactivity)},
	{"keep", VARLINK_BOOL, false, offsetof(struct args_dial, keep)},
	{0},
};

static const struct varlink_param answer_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_answer, line)},
	{"media", VARLINK_STRING, false, offsetof(struct args_answer, media)},
	{"wait", VARLINK_UINT, false, offsetof(struct args_answer, wait)},
	{"rings", VARLINK_UINT, false, offsetof(struct args_answer, rings)},
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

static const struct varlink_param attach_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_attach, session)},
	{"hang_up", VARLINK_BOOL, false, offsetof(struct args_attach, hang_up)},
	{"detach", VARLINK_BOOL, false, offsetof(struct args_attach, detach)},
	{0},
};

static const struct varlink_param break_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_break, session)},
	{"ms", VARLINK_UINT, false, offsetof(struct args_break, ms)},
	{0},
};

static const struct varlink_param join_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_join, line)},
	{"owner", VARLINK_BOOL, false, offsetof(struct args_join, owner)},
	{"keep", VARLINK_BOOL, false, offsetof(struct args_join, keep)},
	{0},
};

static const struct varlink_param hand_off_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_hand_off, session)},
	{"to", VARLINK_STRING, true, offsetof(struct args_hand_off, to)},
	{0},
};

static const struct varlink_param privilege_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_privilege, session)},
	{"privilege", VARLINK_STRING, true, offsetof(struct args_privilege, privilege)},
	{0},
};

static const struct varlink_param limit_params[] = {
	{"session", VARLINK_STRING, true, offsetof(struct args_limit, session)},
	{"limit", VARLINK_STRING, true, offsetof(struct args_limit, limit)},
	{"seconds", VARLINK_UINT, true, offsetof(struct args_limit, seconds)},
	{0},
};

static const struct varlink_param reset_params[] = {
	{"line", VARLINK_STRING, true, offsetof(struct args_reset, line)},
	{"hard", VARLINK_BOOL, false, offsetof(struct args_reset, hard)},
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

static const struct varlink_param history_params[] = {
	{"line", VARLINK_STRING, false, offsetof(struct args_history, line)},
	{"since", VARLINK_UINT, false, offsetof(struct args_history, since)},
	{"until", VARLINK_UINT, false, offsetof(struct args_history, until)},
	{"outcome", VARLINK_STRING, false, offsetof(struct args_history, outcome)},
	{"limit", VARLINK_UINT, false, offsetof(struct args_history, limit)},
	{0},
};

static const struct varlink_param hotplug_params[] = {
	{"action", VARLINK_STRING, true, offsetof(struct args_hotplug, action)},
	{"device", VARLINK_STRING, true, offsetof(struct args_hotplug, device)},
	{"sysfs", VARLINK_STRING, false, offsetof(struct args_hotplug, sysfs)},
	{0},
};

const struct varlink_method lined_methods[] = {
	{"ListLines", maybe_line_params, false, method_list_lines, LINED_OBSERVE},
	{"Dial", dial_params, false, method_dial, LINED_OPERATE},
	{"Answer", answer_params, false, method_answer, LINED_OPERATE},
	{"Reject", line_params, false, method_reject, LINED_OPERATE},
	{"Drop", end_params, false, method_drop, LINED_OPERATE},
	{"Release", release_params, false, method_release, LINED_OPERATE},
	{"Hangup", end_params, false, method_hangup, LINED_OPERATE},
	{"Hold", session_params, false, method_hold, LINED_OPERATE},
	{"Unhold", session_params, false, method_unhold, LINED_OPERATE},
	{"Attach", attach_params, false, method_attach, LINED_OPERATE},
	{"Lend", session_params, false, method_lend, LINED_ADMIN},
	{"Break", break_params, false, method_break, LINED_OPERATE},
	{"Join", join_params, false, method_join, LINED_OPERATE},
	{"HandOff", hand_off_params, false, method_hand_off, LINED_OPERATE},
	{"SetPrivilege", privilege_params, false, method_set_privilege, LINED_OPERATE},
	{"SetLimit", limit_params, false, method_set_limit, LINED_OPERATE},
	{"ListSessions", list_params, false, method_list_sessions, LINED_OBSERVE},
	{"GetSession", session_params, false, method_get_session, LINED_OBSERVE},
	{"ListHistory", history_params, true, method_list_history, LINED_OBSERVE},
	{"Monitor", maybe_line_params, true, method_monitor, LINED_OBSERVE},
	{"Trace", maybe_line_params, true, method_trace, LINED_ADMIN},
	{"Command", command_params, false, method_command, LINED_ADMIN},
	{"Reset", reset_params, false, method_reset, LINED_ADMIN},
	{"GetCounters", no_params, false, method_get_counters, LINED_OBSERVE},
	{"GetMetrics", no_params, false, method_get_metrics, LINED_OBSERVE},
	{"ListPorts", no_params, false, method_list_ports, LINED_OBSERVE},
	{"Hotplug", hotplug_params, false, method_hotplug, LINED_ADMIN},
	{"Reload", no_params, false, method_reload, LINED_ADMIN},
	{0},
};

static const struct varlink_method methods_beside[] = {
	{"Drop", end_params, false, method_drop_beside, LINED_OPERATE},
	{0},
};

static const struct varlink_method upgrades[] = {
	{"Dial", dial_params, false, method_dial, LINED_OPERATE},
	{"Answer", answer_params, false, method_answer, LINED_OPERATE},
	{"Attach", attach_params, false, method_attach, LINED_OPERATE},
	{"Lend", session_params, false, method_lend, LINED_ADMIN},
	{0},
};
/* clang-format on */

static int allow(void *user, const struct varlink_method *method)
{
	struct lined_client *client = user;
	enum lined_role role = (enum lined_role)method->role;
	enum lined_role own = client_role(client);

	/* Beside a stream it is the stream that goes on. */
	if (!client_is_streaming(client))
		client->method = method->name;
	client->reason[0] = '\0';
	if (own >= role)
		return 0;
	return client_refuse(client, -EACCES, "this is for the role %s, and yours is %s",
			     lined_role_name(role), lined_role_name(own));
}

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
	.beside = methods_beside,
	.upgrades = upgrades,
	.allow = allow,
	.fail = fail,
};
