/* SPDX-License-Identifier: MIT */
/*
 * Unimodem diagnostics: AT#UD tells of the last call until ATZ, AT&F, D or A. Lines "DIAG <2A4D3263
 * key=value …>", all hexadecimal; key 60 is the termination cause (callCleared of V.58), key 1 the
 * call set-up result.
 */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>

#define KEY_SETUP 0x01
#define KEY_CAUSE 0x60

/* Who: NONE where it is ourselves, which we know better. */
static const struct meaning {
	uint32_t value;
	enum tl_origin origin;
	enum tl_disconnect disconnect;
	const char *text;
} causes[] = {
	{0x04, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "delayed"},
	{0x19, TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NORMAL, "inactivity timer"},
	{0x1f, TL_ORIGIN_NONE, TL_DISCONNECT_CANCELLED, "DTR off"},
	{0x20, TL_ORIGIN_NONE, TL_DISCONNECT_NONE, "DTR dropped"},
	{0x29, TL_ORIGIN_NETWORK, TL_DISCONNECT_BLOCKED, "blacklisted"},
	{0x2a, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "delayed"},
	{0x2b, TL_ORIGIN_ERROR, TL_DISCONNECT_CONGESTION, "extension off hook"},
	{0x2c, TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NOANSWER, "set-up timer (S7)"},
	{0x2d, TL_ORIGIN_NETWORK, TL_DISCONNECT_CANCELLED, "incoming call"},
	{0x2e, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, "loop current interrupted"},
	{0x2f, TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE, "no dial tone"},
	{0x31, TL_ORIGIN_NETWORK, TL_DISCONNECT_CONGESTION, "reorder tone"},
	{0x33, TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, "busy"},
	{0x34, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, "long space"},
	{0x3c, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, "carrier lost"},
	{0x3d, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "training failed"},
	{0x3e, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "no common modulation"},
	{0x3f, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "retrain failed"},
	{0x40, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "too many retrains"},
	{0x41, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, "cleardown received"},
	{0x42, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "fax detected"},
	{0x50, TL_ORIGIN_NONE, TL_DISCONNECT_CANCELLED, "aborted by a character"},
	{0x51, TL_ORIGIN_NONE, TL_DISCONNECT_NONE, "ATH"},
	{0x52, TL_ORIGIN_NONE, TL_DISCONNECT_NONE, "ATZ"},
	{0x5a, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "frame reject"},
	{0x5b, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "no error control"},
	{0x5c, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "protocol violation"},
	{0x5d, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "too many repetitions (N400)"},
	{0x5e, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "negotiation failed"},
	{0x5f, TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL, "DISC frame received"},
	{0x60, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "SABME frame received"},
	{0x64, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE, "compression out of step"},
};

/* How the set-up ended says more where the cause is a general one. */
static const struct meaning setups[] = {
	{0x1, TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE, "no dial tone"},
	{0x2, TL_ORIGIN_NETWORK, TL_DISCONNECT_CONGESTION, "reorder tone"},
	{0x3, TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, "busy"},
	{0x5, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "a voice answered"},
	{0x9, TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE, "a fax answered"},
};

static const struct meaning *find(const struct meaning *table, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].value == value)
			return &table[i];
	return NULL;
}

#define FIND(table, value) find((table), sizeof(table) / sizeof((table)[0]), (value))

static bool set_cause(struct core_cause *cause, const struct meaning *meaning, uint32_t key)
{
	if (!meaning)
		return false;
	cause->domain = TL_CAUSE_V58;
	cause->origin = meaning->origin;
	cause->disconnect = meaning->disconnect;
	(void)snprintf(cause->text, sizeof(cause->text), "%X=%X %s", key, meaning->value,
		       meaning->text);
	return true;
}

/* The value of a key in one line. @return false when the line has no such key, or is none */
static bool get_value(struct hal_slice line, uint32_t wanted, uint32_t *ret_value)
{
	struct hal_slice prefix = HAL_SLICE("DIAG <2A4D3263 ");
	struct hal_slice pair, key;
	uint32_t k;

	line = hal_slice_trim(line);
	if (!hal_slice_istarts(line, prefix) || line.data[line.len - 1] != '>')
		return false;
	line = hal_slice_skip(hal_slice(line.data, line.len - 1), prefix.len);
	while (hal_slice_token(&line, ' ', &pair))
		if (hal_slice_token(&pair, '=', &key) && pair.data &&
		    hal_slice_hex32(key, &k) == 0 && k == wanted)
			return hal_slice_hex32(pair, ret_value) == 0;
	return false;
}

enum v250_call_log v250_diag_log(struct hal_slice line)
{
	uint32_t value;

	/* V.58 callCleared: 0 unidentified, 1 no previous call, 2 still in progress. */
	if (!get_value(line, KEY_CAUSE, &value) || value < 2)
		return V250_LOG_UNKNOWN;
	return value == 2 ? V250_LOG_IN_PROGRESS : V250_LOG_CLEARED;
}

bool v250_diag_parse(struct hal_slice line, struct core_cause *ret_cause)
{
	const struct meaning *cause = NULL, *setup = NULL;
	uint32_t value;

	if (get_value(line, KEY_CAUSE, &value))
		cause = FIND(causes, value);
	if (get_value(line, KEY_SETUP, &value))
		setup = FIND(setups, value);
	/* "carrier lost" of a call that was never set up is a consequence, not the cause. */
	if (setup)
		return set_cause(ret_cause, setup, KEY_SETUP);
	return set_cause(ret_cause, cause, KEY_CAUSE);
}

void v250_diag_quality(struct hal_slice line, struct core_quality *quality)
{
	static const uint32_t keys[TL_QUALITY_COUNT] = {
		[TL_QUALITY_RATE_OUT] = 0x34,	    [TL_QUALITY_RATE_IN] = 0x35,
		[TL_QUALITY_CARRIER_LOSSES] = 0x30, [TL_QUALITY_RENEGOTIATIONS] = 0x31,
		[TL_QUALITY_RETRAINS_ASKED] = 0x32, [TL_QUALITY_RETRAINS_GRANTED] = 0x33,
		[TL_QUALITY_ERRORS_OUT] = 0x58,	    [TL_QUALITY_ERRORS_IN] = 0x59,
		[TL_QUALITY_LOST_OUT] = 0x54,	    [TL_QUALITY_LOST_IN] = 0x55,
	};

	for (unsigned int i = 0; i < TL_QUALITY_COUNT; i++)
		if (get_value(line, keys[i], &quality->values[i]))
			quality->known |= 1U << i;
}

static void on_line(void *user, struct hal_slice line)
{
	struct v250 *v = user;
	enum v250_call_log log = v250_diag_log(line);
	struct core_cause cause;

	if (log != V250_LOG_UNKNOWN)
		v->log = log;
	v250_diag_quality(line, &v->quality);
	/* Set-up stands on an earlier line than the cause and wins. */
	if (!v->cause_known && v250_diag_parse(line, &cause)) {
		v->cause = cause;
		v->cause_known = true;
	}
}

static void on_done(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || answer->error == -ENODEV)
		return;
	if (answer->error == 0)
		v->needs_sync = false;
	else
		v->log = V250_LOG_UNKNOWN;
	v->log_read = answer->error == 0;
	v->log_fn(v, v->log);
}

int v250_read_log(struct v250 *v, void (*fn)(struct v250 *v, enum v250_call_log log))
{
	v->log = V250_LOG_UNKNOWN;
	v->log_fn = fn;
	v->cause_known = false;
	v->quality = (struct core_quality){0};
	return v250_query(v, "AT#UD", on_line, on_done);
}

static void report(struct v250 *v)
{
	core_call_set_quality(v->line, &v->quality);
	core_call_diagnosed(v->line, v->cause_known ? &v->cause : NULL);
}

static void on_read(struct v250 *v, enum v250_call_log log)
{
	(void)log;
	report(v);
}

int v250_diagnose(void *driver)
{
	struct v250 *v = driver;

	if (!v->has_ud || v->log_stale || !v->queue || at_queue_in_data(v->queue))
		return -EOPNOTSUPP;
	/* Verifying has read it already. */
	if (v->log_read && v->log == V250_LOG_CLEARED) {
		v250_later(v, report);
		return 0;
	}
	at_queue_restart(v->queue);
	return v250_read_log(v, on_read);
}
