/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/line.h>
#include <trunkline/session.h>

#include "core/dial_params.h"
#include "core/line.h"
#include "core/record.h"
#include "hal/netaddr.h"

/* One row per key: how it is checked and where it goes. */
struct key {
	const char *name;
	int (*set)(struct tl_line_params *params, const char *value, const char **ret_why);
};

static int fail(struct tl_line_params *params, const char **ret_why, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct tl_line_params *params, const char **ret_why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(params->why, sizeof(params->why), format, args);
	va_end(args);
	*ret_why = params->why;
	return -EINVAL;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool is_name(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len >= CORE_NAME_MAX || (value[0] >= '0' && value[0] <= '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_name_char(value[i]))
			return false;
	return true;
}

static bool is_printable(const char *value)
{
	for (; *value; value++)
		if (*value < 0x20 || *value > 0x7e)
			return false;
	return true;
}

static int set_number(struct tl_line_params *params, const char *what, const char *value,
		      uint32_t range[2], uint32_t *ret_number, const char **ret_why)
{
	uint32_t number;

	if (hal_slice_u32(hal_slice_str(value), range[1], &number) < 0 || number < range[0])
		return fail(params, ret_why, "'%.40s' is no %s: give a number from %u to %u", value,
			    what, range[0], range[1]);
	*ret_number = number;
	return 0;
}

static int set_text(struct tl_line_params *params, const char *value, char *buf, size_t size,
		    const char **ret_why)
{
	if (strlen(value) >= size || !is_printable(value))
		return fail(params, ret_why,
			    "'%.40s' is too long or not printable: give at most %zu characters",
			    value, size - 1);
	core_text_copy(buf, size, value);
	return 0;
}

static int set_name(struct tl_line_params *params, const char *value, const char **ret_why)
{
	if (!is_name(value))
		return fail(params, ret_why,
			    "'%.40s' is no name: use up to %d of a-z A-Z 0-9 - _ ., no digit first",
			    value, CORE_NAME_MAX - 1);
	core_text_copy(params->config.name, sizeof(params->config.name), value);
	return 0;
}

/* Copied word by word, one blank between. */
static int set_alias(struct tl_line_params *params, const char *value, const char **ret_why)
{
	char alias[CORE_ALIAS_MAX] = "";
	size_t used = 0;

	for (value += strspn(value, " "); *value; value += strspn(value, " ")) {
		size_t len = strcspn(value, " ");
		char name[CORE_NAME_MAX] = "";

		if (len < sizeof(name))
			memcpy(name, value, len);
		if (!is_name(name))
			return fail(params, ret_why,
				    "'%.*s' is no name: use up to %d of a-z A-Z 0-9 - _ ., no "
				    "digit first",
				    (int)(len < 40 ? len : 40), value, CORE_NAME_MAX - 1);
		if (used + len + 2 > sizeof(alias))
			return fail(params, ret_why,
				    "these are too many: give at most %d characters",
				    CORE_ALIAS_MAX - 1);
		used += (size_t)snprintf(alias + used, sizeof(alias) - used, "%s%s",
					 used ? " " : "", name);
		value += len;
	}
	core_text_copy(params->config.alias, sizeof(params->config.alias), alias);
	return 0;
}

static int refuse_carrier(struct tl_line_params *params, const char **ret_why)
{
	return fail(params, ret_why,
		    "a terminal server's port has no CLOCAL here: leave clocal at yes, DCD ends "
		    "calls all the same");
}

static int set_device(struct tl_line_params *params, const char *value, const char **ret_why)
{
	struct hal_netaddr address;

	if (!*value)
		return fail(params, ret_why,
			    "the device is empty: give a path such as /dev/ttyUSB0");
	if (strcmp(value, "id-path:") == 0 || strcmp(value, "serial:") == 0)
		return fail(params, ret_why, "nothing stands after '%s'", value);
	if (hal_netaddr_is_url(value) && hal_netaddr_parse(value, &address) < 0)
		return fail(params, ret_why,
			    "'%.120s' is no terminal server's port: write rfc2217://HOST:PORT",
			    value);
	if (hal_netaddr_is_url(value) && params->config.minds_carrier)
		return refuse_carrier(params, ret_why);
	return set_text(params, value, params->config.device, sizeof(params->config.device),
			ret_why);
}

static int set_driver(struct tl_line_params *params, const char *value, const char **ret_why)
{
	const char *const *names = tl_driver_list();

	for (size_t i = 0; names[i]; i++) {
		if (strcmp(names[i], value) == 0) {
			core_text_copy(params->config.driver, sizeof(params->config.driver), value);
			return 0;
		}
	}
	return fail(params, ret_why, "there is no driver '%.40s': the first choice is %s", value,
		    names[0]);
}

static int set_baud(struct tl_line_params *params, const char *value, const char **ret_why)
{
	uint32_t baud = 0;
	int r;

	if (strcmp(value, "0") != 0) {
		r = set_number(params, "bit rate", value, (uint32_t[]){50, 4000000}, &baud,
			       ret_why);
		if (r < 0)
			return r;
	}
	params->config.baud = baud;
	return 0;
}

static int set_flow(struct tl_line_params *params, const char *value, const char **ret_why)
{
	if (strcmp(value, "none") == 0)
		params->config.flow = CORE_FLOW_NONE;
	else if (strcmp(value, "rtscts") == 0)
		params->config.flow = CORE_FLOW_RTSCTS;
	else if (strcmp(value, "xonxoff") == 0)
		params->config.flow = CORE_FLOW_XONXOFF;
	else
		return fail(params, ret_why,
			    "'%.40s' is no flow control: use none, rtscts or xonxoff", value);
	return 0;
}

static int set_clocal(struct tl_line_params *params, const char *value, const char **ret_why)
{
	bool minds_carrier = strcmp(value, "no") == 0;

	if (!minds_carrier && strcmp(value, "yes") != 0)
		return fail(params, ret_why, "'%.40s' is neither yes nor no", value);
	if (minds_carrier && hal_netaddr_is_url(params->config.device))
		return refuse_carrier(params, ret_why);
	params->config.minds_carrier = minds_carrier;
	return 0;
}

static int set_own_number(struct tl_line_params *params, const char *value, const char **ret_why)
{
	return set_text(params, value, params->config.number, sizeof(params->config.number),
			ret_why);
}

static int set_init(struct tl_line_params *params, const char *value, const char **ret_why)
{
	/* It is sent as it is, and a modem overlooks all that does not begin with AT: V.250 §5.2.1
	 */
	if (value[0] && strncmp(value, "AT", 2) != 0 && strncmp(value, "at", 2) != 0)
		return fail(params, ret_why, "'%.40s' is no AT command: it begins with AT", value);
	return set_text(params, value, params->config.init, sizeof(params->config.init), ret_why);
}

static int set_dial_timeout(struct tl_line_params *params, const char *value, const char **ret_why)
{
	return set_number(params, "time in seconds", value, (uint32_t[]){1, 255},
			  &params->config.dial_timeout_s, ret_why);
}

static int set_max_duration(struct tl_line_params *params, const char *value, const char **ret_why)
{
	return set_number(params, "time in seconds", value, (uint32_t[]){0, TL_LIMIT_MAX_S},
			  &params->config.max_duration_s, ret_why);
}

static int set_inactivity(struct tl_line_params *params, const char *value, const char **ret_why)
{
	return set_number(params, "time in seconds", value, (uint32_t[]){0, TL_LIMIT_MAX_S},
			  &params->config.inactivity_s, ret_why);
}

static int set_ring_gap(struct tl_line_params *params, const char *value, const char **ret_why)
{
	return set_number(params, "time in seconds", value, (uint32_t[]){2, 30},
			  &params->config.ring_gap_s, ret_why);
}

static int set_command_delay(struct tl_line_params *params, const char *value, const char **ret_why)
{
	return set_number(params, "time in milliseconds", value, (uint32_t[]){0, 1000},
			  &params->config.command_delay_ms, ret_why);
}

static int set_net_timeout(struct tl_line_params *params, const char *value, const char **ret_why)
{
	uint32_t seconds = 0;
	int r;

	if (strcmp(value, "0") != 0) {
		r = set_number(params, "time in seconds", value, (uint32_t[]){4, 3600}, &seconds,
			       ret_why);
		if (r < 0)
			return r;
	}
	params->config.net_timeout_s = seconds;
	return 0;
}

static int set_tone(struct tl_line_params *params, const char *value, const char **ret_why)
{
	if (strcmp(value, "tone") != 0 && strcmp(value, "pulse") != 0)
		return fail(params, ret_why, "'%.40s' is no way to dial: use tone or pulse", value);
	params->config.pulse = value[0] == 'p';
	return 0;
}

static int set_flash(struct tl_line_params *params, const char *value, const char **ret_why)
{
	if (strcmp(value, "none") != 0 && strcmp(value, "hold") != 0)
		return fail(params, ret_why,
			    "'%.40s' is nothing that exchanges do at a flash: use none or hold",
			    value);
	params->config.flash_holds = value[0] == 'h';
	return 0;
}

static const struct key keys[] = {
	{"name", set_name},
	{"alias", set_alias},
	{"device", set_device},
	{"driver", set_driver},
	{"baud", set_baud},
	{"flow", set_flow},
	{"number", set_own_number},
	{"init", set_init},
	{"dial-timeout", set_dial_timeout},
	{"ring-gap", set_ring_gap},
	{"command-delay", set_command_delay},
	{"tone", set_tone},
	{"max-duration", set_max_duration},
	{"inactivity", set_inactivity},
	{"flash", set_flash},
	{"net-timeout", set_net_timeout},
	{"clocal", set_clocal},
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const key_names[N_KEYS + 1] = {
	"name",		"alias",      "device",	      "driver",	     "baud",	      "flow",
	"number",	"init",	      "dial-timeout", "ring-gap",    "command-delay", "tone",
	"max-duration", "inactivity", "flash",	      "net-timeout", "clocal",	      NULL,
};

const char *const *tl_line_params_keys(void)
{
	return key_names;
}

struct tl_line_params *tl_line_params_new(void)
{
	struct tl_line_params *params = calloc(1, sizeof(*params));

	if (!params)
		return NULL;
	params->config.baud = 115200;
	params->config.flow = CORE_FLOW_RTSCTS;
	params->config.dial_timeout_s =
		60; /* S7 of V.250 §6.3.10: 50 at least for world-wide calls */
	params->config.net_timeout_s = 30;
	params->config.ring_gap_s = 10; /* longest national ringing cadence is 6 s */
	return params;
}

struct tl_line_params *tl_line_params_free(struct tl_line_params *params)
{
	free(params);
	return NULL;
}

int tl_line_params_set(struct tl_line_params *params, const char *key, const char *value,
		       const char **ret_why)
{
	const char *unused;

	if (!ret_why)
		ret_why = &unused;
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, key) == 0)
			return keys[i].set(params, value, ret_why);
	(void)fail(params, ret_why, "there is no key '%.40s'", key);
	return -ENOENT;
}

struct tl_dial_params *tl_dial_params_new(void)
{
	return calloc(1, sizeof(struct tl_dial_params));
}

struct tl_dial_params *tl_dial_params_free(struct tl_dial_params *params)
{
	free(params);
	return NULL;
}

void tl_dial_params_set_media(struct tl_dial_params *params, enum tl_media media)
{
	params->media = media;
}

void tl_dial_params_set_timeout(struct tl_dial_params *params, uint32_t seconds)
{
	params->timeout_s = seconds;
}

void tl_dial_params_set_inactivity(struct tl_dial_params *params, uint32_t seconds)
{
	params->inactivity_s = seconds;
}

void tl_dial_params_set_max_duration(struct tl_dial_params *params, uint32_t seconds)
{
	params->max_duration_s = seconds;
}
