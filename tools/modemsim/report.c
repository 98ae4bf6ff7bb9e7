/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/modemsim/private.h"

/* What the modem says: V.250 5.7. */

#define TEXT_MAX 160
#define DLE	 0x10

struct modulation {
	uint32_t above; /* bit/s */
	const char *name;
};

/* The carrier that a rate needs, fastest first. */
static const struct modulation modulations[] = {
	{33600, "V90"}, {14400, "V34"}, {9600, "V32B"}, {2400, "V32"},
	{1200, "V22B"}, {300, "V22"},	{0, "V21"},
};

struct sim_key {
	unsigned int key;
	uint64_t value;
};

struct connect_code {
	uint32_t rate;
	uint32_t code;
};

/* Hayes' numbers; V.250 knows 1 only. */
static const struct connect_code connect_codes[] = {{1200, 5}, {2400, 10}, {4800, 11}, {9600, 12}};

static void put(struct sim_modem *modem, const char *data, size_t len)
{
	if (sim_fault_is_on(modem, SIM_FAULT_SILENT))
		return;
	modem->stats.lost += len - hal_ring_put(&modem->output, data, len);
}

static void trace(const struct sim_modem *modem, const char *text)
{
	char buf[TEXT_MAX];

	if (hal_log_wants(modem->log, HAL_LOG_TRACE) && !sim_fault_is_on(modem, SIM_FAULT_SILENT))
		hal_log(modem->log, HAL_LOG_TRACE, modem->name, "-> %s",
			hal_slice_escape(hal_slice_str(text), buf, sizeof(buf)));
}

/* <S3><S4>text<S3><S4>, without the first pair under V0 */
static void put_text(struct sim_modem *modem, const char *text)
{
	const char ends[2] = {(char)modem->settings.sreg[3], (char)modem->settings.sreg[4]};

	trace(modem, text);
	if (modem->settings.basic[SIM_V])
		put(modem, ends, sizeof(ends));
	put(modem, text, strlen(text));
	put(modem, ends, sizeof(ends));
}

/* A result code: text under V1, <number><S3> under V0, nothing under Q1. */
static void put_result(struct sim_modem *modem, const char *text, uint32_t code)
{
	const char end = (char)modem->settings.sreg[3];
	char digits[16];

	if (modem->settings.basic[SIM_Q])
		return;
	if (modem->settings.basic[SIM_V]) {
		put_text(modem, text);
		return;
	}
	(void)snprintf(digits, sizeof(digits), "%" PRIu32, code);
	trace(modem, digits);
	put(modem, digits, strlen(digits));
	put(modem, &end, 1);
}

/* V.250 6.2.7: what X does not detect is NO CARRIER in the end. */
static enum sim_result as_detected(const struct sim_modem *modem, enum sim_result result)
{
	uint8_t x = modem->settings.basic[SIM_X];

	if ((result == SIM_BUSY || result == SIM_NO_ANSWER) && x < 3)
		return SIM_NO_CARRIER;
	if (result == SIM_NO_DIALTONE && x != 2 && x != 4)
		return SIM_NO_CARRIER;
	return result;
}

/* @return false: the result code is never seen */
static bool disturb_result(struct sim_modem *modem, enum sim_result result)
{
	struct hal_slice junk = sim_fault_junk();

	if (sim_fault_is_on(modem, SIM_FAULT_ECHO_ONLY))
		return false;
	if (result == SIM_NO_CARRIER && sim_fault_is_on(modem, SIM_FAULT_NO_CARRIER_LOST))
		return false;
	if (result == SIM_RING)
		return true;
	if (sim_fault_is_on(modem, SIM_FAULT_LOST_ANSWER)) {
		sim_modem_clear_fault(modem, SIM_FAULT_LOST_ANSWER);
		return false;
	}
	if (sim_fault_is_on(modem, SIM_FAULT_JUNK))
		put(modem, junk.data, junk.len);
	if (sim_fault_is_on(modem, SIM_FAULT_RING))
		put_result(modem, "RING", SIM_RING);
	return true;
}

void sim_report_result(struct sim_modem *modem, enum sim_result result)
{
	static const char *const texts[] = {
		[SIM_OK] = "OK",       [SIM_CONNECT] = "CONNECT",
		[SIM_RING] = "RING",   [SIM_NO_CARRIER] = "NO CARRIER",
		[SIM_ERROR] = "ERROR", [SIM_NO_DIALTONE] = "NO DIALTONE",
		[SIM_BUSY] = "BUSY",   [SIM_NO_ANSWER] = "NO ANSWER",
	};

	result = as_detected(modem, result);
	if (disturb_result(modem, result))
		put_result(modem, texts[result], result);
}

void sim_report_info(struct sim_modem *modem, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	put_text(modem, text);
}

void sim_report_echo(struct sim_modem *modem, char byte)
{
	put(modem, &byte, 1);
}

void sim_report_tone(struct sim_modem *modem, char code)
{
	const char event[2] = {DLE, code};

	put(modem, event, sizeof(event));
}

/* ---- connect ---- */

static const char *modulation_name(uint32_t rate)
{
	const struct modulation *m = modulations;

	while (rate <= m->above && m->above > 0)
		m++;
	return m->name;
}

/* V.250 6.2.13, 6.4.3, 6.5.5, 6.6.2: extended result codes, in this order. */
static void report_negotiation(struct sim_modem *modem)
{
	const struct sim_diagnostics *d = &modem->diagnostics;
	uint32_t(*extended)[SIM_FIELDS_MAX] = modem->settings.extended;
	uint32_t dte_rate = extended[SIM_EXT_IPR][0] ? extended[SIM_EXT_IPR][0] : 115200;

	if (modem->settings.basic[SIM_Q])
		return;
	if (extended[SIM_EXT_MR][0]) {
		sim_report_info(modem, "+MCR: %s", modulation_name(d->rate));
		sim_report_info(modem, "+MRR: %" PRIu32, d->rate);
	}
	if (extended[SIM_EXT_ER][0])
		sim_report_info(modem, "+ER: %s", d->lapm ? "LAPM" : "NONE");
	if (extended[SIM_EXT_DR][0])
		sim_report_info(modem, "+DR: %s", d->v42bis ? "V42B" : "NONE");
	if (extended[SIM_EXT_ILRR][0])
		sim_report_info(modem, "+ILRR: %" PRIu32, dte_rate);
}

static uint32_t connect_code(uint32_t rate)
{
	for (size_t i = 0; i < sizeof(connect_codes) / sizeof(connect_codes[0]); i++)
		if (connect_codes[i].rate == rate)
			return connect_codes[i].code;
	return SIM_CONNECT;
}

/* As U.S. Robotics' modems write it: /ARQ/V34/LAPM/V42BIS, or /V34/NONE. */
static void add_flags(const struct sim_diagnostics *d, char *text, size_t size)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s/%s%s%s", d->lapm ? "/ARQ" : "",
		       modulation_name(d->rate), d->lapm ? "/LAPM" : "/NONE",
		       d->v42bis ? "/V42BIS" : "");
}

void sim_report_connect(struct sim_modem *modem, bool with_reports)
{
	uint32_t rate = modem->diagnostics.rate;
	char text[TEXT_MAX] = "CONNECT";
	uint32_t code = SIM_CONNECT;

	if (!disturb_result(modem, SIM_CONNECT))
		return;
	if (with_reports)
		report_negotiation(modem);
	if (modem->settings.basic[SIM_X] > 0) {
		(void)snprintf(text, sizeof(text), "CONNECT %" PRIu32, rate);
		code = connect_code(rate);
		if (modem->options.connect_flags)
			add_flags(&modem->diagnostics, text, sizeof(text));
	}
	put_result(modem, text, code);
}

/* ---- caller and diagnostics ---- */

/* V.253 formatted caller identification. */
void sim_report_caller(struct sim_modem *modem)
{
	const struct sim_modem *caller = sim_exchange_far_end(modem);
	bool withheld = caller && caller->options.withhold_number;
	time_t now = (time_t)(hal_clock_wall_us(hal_loop_clock(modem->loop)) / 1000000);
	struct tm tm;

	if (localtime_r(&now, &tm)) {
		sim_report_info(modem, "DATE = %02d%02d", tm.tm_mon + 1, tm.tm_mday);
		sim_report_info(modem, "TIME = %02d%02d", tm.tm_hour, tm.tm_min);
	}
	sim_report_info(modem, "NMBR = %s", withheld ? "P" : modem->call->from);
	if (withheld)
		sim_report_info(modem, "NAME = P");
	else if (caller && caller->options.caller_name[0])
		sim_report_info(modem, "NAME = %s", caller->options.caller_name);
}

/* Keys and values, as Unimodem's diagnostics have them: hexadecimal. */
static void report_keys(struct sim_modem *modem, const struct sim_key *keys, size_t count)
{
	char text[TEXT_MAX];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) /* four pairs of 20 characters at most fit */
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %X=%" PRIX64, keys[i].key,
					keys[i].value);
	sim_report_info(modem, "DIAG <2A4D3263%s>", text);
}

#define REPORT_KEYS(modem, ...)                                     \
	report_keys((modem), (const struct sim_key[]){__VA_ARGS__}, \
		    sizeof((const struct sim_key[]){__VA_ARGS__}) / sizeof(struct sim_key))

static void report_link(struct sim_modem *modem)
{
	const struct sim_diagnostics *d = &modem->diagnostics;
	const struct sim_link *link = &modem->link;

	REPORT_KEYS(modem, {0x34, d->rate}, {0x35, d->rate}, {0x44, d->v42bis});
	REPORT_KEYS(modem, {0x30, 0}, {0x31, link->renegotiations}, {0x32, link->retrains_asked},
		    {0x33, link->retrains_granted});
	REPORT_KEYS(modem, {0x52, link->tx}, {0x53, link->rx - link->lost_rx},
		    {0x54, link->lost_tx}, {0x55, link->lost_rx});
	if (d->lapm)
		REPORT_KEYS(modem, {0x56, link->frames_tx}, {0x57, link->frames_rx},
			    {0x58, link->errors_tx}, {0x59, link->errors_rx});
}

void sim_report_diagnostics(struct sim_modem *modem)
{
	const struct sim_diagnostics *d = &modem->diagnostics;

	REPORT_KEYS(modem, {0x0, 1}, {0x1, d->setup}, {0x2, 0});
	if (d->rate)
		report_link(modem);
	REPORT_KEYS(modem, {0x60, d->cause});
}
