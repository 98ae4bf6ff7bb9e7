/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <trunkline/ctx.h>
#include <trunkline/event.h>
#include <trunkline/hotplug.h>
#include <trunkline/line.h>
#include <trunkline/session.h>
#include <trunkline/types.h>

#include "core/handle.h"
#include "core/session_rules.h"
#include "hal/slice.h"

static const char *const call_states[TL_CALL_STATE_COUNT] = {
	[TL_CALL_IDLE] = "idle",
	[TL_CALL_OFFERING] = "offering",
	[TL_CALL_ACCEPTED] = "accepted",
	[TL_CALL_DIALTONE] = "dialtone",
	[TL_CALL_DIALING] = "dialing",
	[TL_CALL_PROCEEDING] = "proceeding",
	[TL_CALL_RINGBACK] = "ringback",
	[TL_CALL_BUSY] = "busy",
	[TL_CALL_SPECIALINFO] = "specialinfo",
	[TL_CALL_CONNECTED] = "connected",
	[TL_CALL_ONHOLD] = "onhold",
	[TL_CALL_CONFERENCED] = "conferenced",
	[TL_CALL_ONHOLDPENDCONF] = "onholdpendconf",
	[TL_CALL_ONHOLDPENDTRANSFER] = "onholdpendtransfer",
	[TL_CALL_DISCONNECTED] = "disconnected",
	[TL_CALL_UNKNOWN] = "unknown",
};

static const char *const origins[TL_ORIGIN_COUNT] = {
	[TL_ORIGIN_NONE] = "none",
	[TL_ORIGIN_USER] = "user",
	[TL_ORIGIN_APPLICATION] = "application",
	[TL_ORIGIN_CLIENT_LOST] = "client-lost",
	[TL_ORIGIN_REMOTE] = "remote",
	[TL_ORIGIN_NETWORK] = "network",
	[TL_ORIGIN_DEVICE_GONE] = "device-gone",
	[TL_ORIGIN_TIMEOUT] = "timeout",
	[TL_ORIGIN_ERROR] = "error",
};

static const char *const disconnects[TL_DISCONNECT_COUNT] = {
	[TL_DISCONNECT_NONE] = "none",
	[TL_DISCONNECT_NORMAL] = "normal",
	[TL_DISCONNECT_UNKNOWN] = "unknown",
	[TL_DISCONNECT_REJECT] = "reject",
	[TL_DISCONNECT_PICKUP] = "pickup",
	[TL_DISCONNECT_FORWARDED] = "forwarded",
	[TL_DISCONNECT_BUSY] = "busy",
	[TL_DISCONNECT_NOANSWER] = "no-answer",
	[TL_DISCONNECT_BADADDRESS] = "bad-address",
	[TL_DISCONNECT_UNREACHABLE] = "unreachable",
	[TL_DISCONNECT_CONGESTION] = "congestion",
	[TL_DISCONNECT_INCOMPATIBLE] = "incompatible",
	[TL_DISCONNECT_UNAVAIL] = "unavail",
	[TL_DISCONNECT_NODIALTONE] = "no-dial-tone",
	[TL_DISCONNECT_NUMBERCHANGED] = "number-changed",
	[TL_DISCONNECT_OUTOFORDER] = "out-of-order",
	[TL_DISCONNECT_TEMPFAILURE] = "temp-failure",
	[TL_DISCONNECT_QOSUNAVAIL] = "qos-unavail",
	[TL_DISCONNECT_BLOCKED] = "blocked",
	[TL_DISCONNECT_DONOTDISTURB] = "do-not-disturb",
	[TL_DISCONNECT_CANCELLED] = "cancelled",
};

static const char *const qualities[TL_QUALITY_COUNT] = {
	[TL_QUALITY_RATE_OUT] = "rate-out",
	[TL_QUALITY_RATE_IN] = "rate-in",
	[TL_QUALITY_CARRIER_LOSSES] = "carrier-losses",
	[TL_QUALITY_RENEGOTIATIONS] = "renegotiations",
	[TL_QUALITY_RETRAINS_ASKED] = "retrains-asked",
	[TL_QUALITY_RETRAINS_GRANTED] = "retrains-granted",
	[TL_QUALITY_ERRORS_OUT] = "errors-out",
	[TL_QUALITY_ERRORS_IN] = "errors-in",
	[TL_QUALITY_LOST_OUT] = "lost-out",
	[TL_QUALITY_LOST_IN] = "lost-in",
};

static const char *const cause_domains[TL_CAUSE_DOMAIN_COUNT] = {
	[TL_CAUSE_NONE] = "none",    [TL_CAUSE_V250] = "v250",	   [TL_CAUSE_V58] = "v58",
	[TL_CAUSE_24008] = "24.008", [TL_CAUSE_VENDOR] = "vendor",
};

static const char *const medias[TL_MEDIA_COUNT] = {
	[TL_MEDIA_DATA] = "data",
	[TL_MEDIA_VOICE] = "voice",
};

static const char *const directions[] = {
	[TL_DIRECTION_OUT] = "out",
	[TL_DIRECTION_IN] = "in",
};

static const char *const privileges[TL_PRIVILEGE_COUNT] = {
	[TL_PRIVILEGE_NONE] = "none",
	[TL_PRIVILEGE_MONITOR] = "monitor",
	[TL_PRIVILEGE_OWNER] = "owner",
};

static const char *const line_states[TL_LINE_STATE_COUNT] = {
	[TL_LINE_ABSENT] = "absent", [TL_LINE_OPENING] = "opening", [TL_LINE_PROBING] = "probing",
	[TL_LINE_READY] = "ready",   [TL_LINE_IN_USE] = "in-use",   [TL_LINE_FAULTY] = "faulty",
	[TL_LINE_GONE] = "gone",
};

static const char *const hotplug_feeds[TL_HOTPLUG_COUNT] = {
	[TL_HOTPLUG_OFF] = "off",
	[TL_HOTPLUG_AUTO] = "auto",
	[TL_HOTPLUG_UDEV] = "udev",
	[TL_HOTPLUG_KERNEL] = "kernel",
};

static const char *const drop_results[TL_DROP_RESULT_COUNT] = {
	[TL_DROP_VERIFIED] = "verified", [TL_DROP_UNVERIFIED] = "unverified",
	[TL_DROP_REFUSED] = "refused",	 [TL_DROP_TIMEOUT] = "timeout",
	[TL_DROP_SKIPPED] = "skipped",	 [TL_DROP_DEVICE_GONE] = "device-gone",
};

static const char *const event_types[TL_EVENT_TYPE_COUNT] = {
	[TL_EVENT_OP_DONE] = "op-done",
	[TL_EVENT_SESSION_NEW] = "session-new",
	[TL_EVENT_CALL_STATE] = "call-state",
	[TL_EVENT_CALL_INFO] = "call-info",
	[TL_EVENT_RING] = "ring",
	[TL_EVENT_LINE_STATE] = "line-state",
	[TL_EVENT_LOST] = "lost",
	[TL_EVENT_SESSION_EXPIRING] = "session-expiring",
	[TL_EVENT_CALL_RECORD] = "call-record",
	[TL_EVENT_READABLE] = "readable",
	[TL_EVENT_WRITABLE] = "writable",
	[TL_EVENT_BREAK] = "break",
	[TL_EVENT_LIMIT_NEAR] = "limit-near",
};

static const char *const moments[TL_MOMENT_COUNT] = {
	[TL_MOMENT_CREATED] = "created",	   [TL_MOMENT_DIALED] = "dialed",
	[TL_MOMENT_ALERTING] = "alerting",	   [TL_MOMENT_CONNECTED] = "connected",
	[TL_MOMENT_DISCONNECTED] = "disconnected", [TL_MOMENT_IDLE] = "idle",
};

static const char *const proofs[TL_PROOF_COUNT] = {"no-carrier", "dcd", "vls", "call-log", "ato"};

static const char *const limits[TL_LIMIT_COUNT] = {
	[TL_LIMIT_DURATION] = "duration",
	[TL_LIMIT_INACTIVITY] = "inactivity",
};

static const char *const counts[TL_COUNT_COUNT] = {
	[TL_COUNT_LINES] = "lines",
	[TL_COUNT_CLIENTS] = "clients",
	[TL_COUNT_CALLS] = "calls",
	[TL_COUNT_SESSIONS] = "sessions",
	[TL_COUNT_REQUESTS] = "requests",
	[TL_COUNT_EVENTS] = "events",
	[TL_COUNT_OFF_HOOK] = "off-hook",
	[TL_COUNT_CALLS_TOTAL] = "calls-total",
	[TL_COUNT_DROPS_TOTAL] = "drops-total",
	[TL_COUNT_DROPS_FAILED_TOTAL] = "drops-failed-total",
	[TL_COUNT_EVENTS_LOST_TOTAL] = "events-lost-total",
	[TL_COUNT_CLIENTS_LOST_TOTAL] = "clients-lost-total",
	[TL_COUNT_TIMEOUTS_TOTAL] = "timeouts-total",
	[TL_COUNT_RESYNCS_TOTAL] = "resyncs-total",
};

static const char *lookup(const char *const *names, size_t n, unsigned int value)
{
	return value < n ? names[value] : NULL;
}

#define LOOKUP(names, value) \
	lookup((names), sizeof(names) / sizeof((names)[0]), (unsigned int)(value))

const char *tl_call_state_name(enum tl_call_state state)
{
	return LOOKUP(call_states, state);
}

const char *tl_origin_name(enum tl_origin origin)
{
	return LOOKUP(origins, origin);
}

const char *tl_disconnect_name(enum tl_disconnect disconnect)
{
	return LOOKUP(disconnects, disconnect);
}

const char *tl_cause_domain_name(enum tl_cause_domain domain)
{
	return LOOKUP(cause_domains, domain);
}

const char *tl_quality_name(enum tl_quality quality)
{
	return LOOKUP(qualities, quality);
}

const char *tl_media_name(enum tl_media media)
{
	return LOOKUP(medias, media);
}

const char *tl_direction_name(enum tl_direction direction)
{
	return LOOKUP(directions, direction);
}

const char *tl_privilege_name(enum tl_privilege privilege)
{
	return LOOKUP(privileges, privilege);
}

const char *tl_line_state_name(enum tl_line_state state)
{
	return LOOKUP(line_states, state);
}

const char *tl_hotplug_feed_name(enum tl_hotplug_feed feed)
{
	return LOOKUP(hotplug_feeds, feed);
}

const char *tl_drop_result_name(enum tl_drop_result result)
{
	return LOOKUP(drop_results, result);
}

const char *tl_event_type_name(enum tl_event_type type)
{
	return LOOKUP(event_types, type);
}

const char *tl_feature_name(enum tl_feature feature)
{
	for (unsigned int op = 0; op < CORE_OP_COUNT; op++)
		if ((unsigned int)feature == 1U << op)
			return core_op_name((enum core_op)op);
	return NULL;
}

const char *tl_limit_name(enum tl_limit limit)
{
	return LOOKUP(limits, limit);
}

const char *tl_proof_name(enum tl_proof proof)
{
	for (unsigned int i = 0; i < TL_PROOF_COUNT; i++)
		if ((unsigned int)proof == 1U << i)
			return proofs[i];
	return NULL;
}

const char *tl_moment_name(enum tl_moment moment)
{
	return LOOKUP(moments, moment);
}

const char *tl_count_name(enum tl_count count)
{
	return LOOKUP(counts, count);
}

static const char kind_letters[] = {
	[0] = '\0',
	[CORE_KIND_LINE] = 'l',
	[CORE_KIND_SESSION] = 's',
	[CORE_KIND_CLIENT] = 'c',
};

char *tl_id_format(uint64_t id, char *buf, size_t size)
{
	uint64_t kind = id >> 56;
	int n;

	if (kind == 0 || kind >= sizeof(kind_letters))
		return NULL;
	n = snprintf(buf, size, "%c%u.%u", kind_letters[kind], (unsigned int)(id >> 32 & 0xffffff),
		     (unsigned int)(id & 0xffffffff));
	return n > 0 && (size_t)n < size ? buf : NULL;
}

int tl_id_parse(const char *text, uint64_t *ret_id)
{
	struct hal_slice rest = hal_slice_str(text), index, generation;
	uint32_t i, g;

	for (uint64_t kind = 1; kind < sizeof(kind_letters); kind++) {
		if (rest.len == 0 || rest.data[0] != kind_letters[kind])
			continue;
		rest = hal_slice_skip(rest, 1);
		if (!hal_slice_token(&rest, '.', &index) ||
		    !hal_slice_token(&rest, '.', &generation) || rest.data)
			return -EINVAL;
		if (hal_slice_u32(index, 0xffffff, &i) < 0 || i == 0 ||
		    hal_slice_u32(generation, UINT32_MAX, &g) < 0 || g == 0)
			return -EINVAL;
		*ret_id = kind << 56 | (uint64_t)i << 32 | g;
		return 0;
	}
	return -EINVAL;
}
