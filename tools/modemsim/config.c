/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MS_MAX	    3600000
#define RATE_MIN    300
#define RATE_MAX    56000
#define BAUD_MAX    4000000
#define SPEED_MAX   100000000
#define LATENCY_MAX 2000 /* a call by two satellites */
#define RINGS_MAX   100

__attribute__((format(printf, 3, 4))) static int fail(struct hal_error *err, int r,
						      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return r;
}

/* For messages: a slice as printf's "%.*s" wants it. */
#define SHOW(s) (int)((s).len < 64 ? (s).len : 64), (s).data ? (s).data : ""

void sim_config_init(struct sim_config *config)
{
	memset(config, 0, sizeof(*config));
	config->timing = SIM_TIMING_DEFAULT;
}

/* ---- kinds of values ---- */

struct key;
typedef int (*set_fn)(void *object, const struct key *key, struct hal_slice value,
		      struct hal_error *err);

struct key {
	const char *name;
	set_fn set;
	size_t offset;
	size_t size;	   /* of texts */
	uint32_t min, max; /* of numbers */
	const char *on;	   /* of choices: the word for true */
	const char *off;   /* and for false */
};

static int set_text(void *object, const struct key *key, struct hal_slice value,
		    struct hal_error *err)
{
	if (value.len >= key->size)
		return fail(err, -EINVAL, "'%s' is too long; write at most %zu characters",
			    key->name, key->size - 1);
	(void)hal_slice_copy(value, (char *)object + key->offset, key->size); /* fits */
	return 0;
}

static int set_number(void *object, const struct key *key, struct hal_slice value,
		      struct hal_error *err)
{
	uint32_t number;

	if (hal_slice_u32(value, key->max, &number) < 0 || number < key->min)
		return fail(err, -EINVAL, "'%s = %.*s': write a number from %u to %u", key->name,
			    SHOW(value), (unsigned int)key->min, (unsigned int)key->max);
	*(uint32_t *)(void *)((char *)object + key->offset) = number;
	return 0;
}

static int set_choice(void *object, const struct key *key, struct hal_slice value,
		      struct hal_error *err)
{
	bool *target = (bool *)((char *)object + key->offset);

	if (hal_slice_eq(value, hal_slice_str(key->on)))
		*target = true;
	else if (hal_slice_eq(value, hal_slice_str(key->off)))
		*target = false;
	else
		return fail(err, -EINVAL, "'%s = %.*s': write %s or %s", key->name, SHOW(value),
			    key->on, key->off);
	return 0;
}

static int set_rfc2217(void *object, const struct key *key, struct hal_slice value,
		       struct hal_error *err)
{
	struct sim_modem_config *modem = object;
	uint32_t port;

	if (hal_slice_u32(value, UINT16_MAX, &port) < 0)
		return fail(err, -EINVAL,
			    "'%s = %.*s': write a TCP port from 1 to 65535, or 0 for any",
			    key->name, SHOW(value));
	modem->on_tcp = true;
	modem->tcp_port = (uint16_t)port;
	return 0;
}

static int set_fault(void *object, const struct key *key, struct hal_slice value,
		     struct hal_error *err)
{
	struct sim_modem_config *modem = object;
	const char *why;

	if (modem->fault_count == SIM_FAULTS_MAX)
		return fail(err, -ENOSPC, "more than %d faults for one modem", SIM_FAULTS_MAX);
	if (sim_fault_parse(value, &modem->faults[modem->fault_count], &why) < 0)
		return fail(err, -EINVAL, "'%s = %.*s': %s", key->name, SHOW(value), why);
	modem->fault_count++;
	return 0;
}

static int set_noise(void *object, const struct key *key, struct hal_slice value,
		     struct hal_error *err)
{
	struct sim_modem_config *modem = object;
	const char *why;

	if (sim_noise_parse(value, &modem->options.noise, &why) < 0)
		return fail(err, -EINVAL, "'%s = %.*s': %s", key->name, SHOW(value), why);
	return 0;
}

static int set_service(void *object, const struct key *key, struct hal_slice value,
		       struct hal_error *err)
{
	static const char *const names[] = {
		[SIM_SERVICE_BUSY] = "busy",
		[SIM_SERVICE_SILENT] = "silent",
		[SIM_SERVICE_NO_DIALTONE] = "no-dialtone",
		[SIM_SERVICE_REORDER] = "reorder",
		[SIM_SERVICE_ANSWER] = "answer",
		[SIM_SERVICE_ECHO] = "echo",
	};
	struct sim_number *number = object;

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (hal_slice_eq(value, hal_slice_str(names[i]))) {
			number->service = (enum sim_service)i;
			return 0;
		}
	}
	return fail(err, -EINVAL,
		    "'%s = %.*s': write busy, silent, no-dialtone, reorder, answer or echo",
		    key->name, SHOW(value));
}

/* ---- keys ---- */

#define OPTION(member) offsetof(struct sim_modem_config, options.member)
#define TEXT(name, member)                                                               \
	{                                                                                \
		name, set_text, offsetof(struct sim_modem_config, member),               \
			sizeof(((struct sim_modem_config *)0)->member), 0, 0, NULL, NULL \
	}
#define NUMBER(name, type, member, min, max)                                             \
	{                                                                                \
		name, set_number, offsetof(struct type, member), 0, min, max, NULL, NULL \
	}
#define CHOICE(name, member, on, off)                              \
	{                                                          \
		name, set_choice, OPTION(member), 0, 0, 0, on, off \
	}

static const struct key modem_keys[] = {
	TEXT("number", number),
	TEXT("tty", tty),
	TEXT("caller-name", options.caller_name),
	TEXT("manufacturer", options.manufacturer),
	TEXT("model", options.model),
	TEXT("revision", options.revision),
	TEXT("serial", options.serial),
	NUMBER("rate", sim_modem_config, options.rate, RATE_MIN, RATE_MAX),
	NUMBER("speed", sim_modem_config, options.speed, 0, SPEED_MAX),
	NUMBER("latency", sim_modem_config, options.latency_ms, 0, LATENCY_MAX),
	NUMBER("baud", sim_modem_config, options.baud, 0, BAUD_MAX),
	NUMBER("answer", sim_modem_config, options.answer_rings, 0, RINGS_MAX),
	{"noise", set_noise, 0, 0, 0, 0, NULL, NULL},
	NUMBER("seed", sim_modem_config, options.seed, 0, UINT32_MAX),
	CHOICE("connect", connect_flags, "flags", "plain"),
	CHOICE("voice", voice, "yes", "no"),
	CHOICE("vcon", says_vcon, "yes", "no"),
	CHOICE("dtr", ignore_dtr, "ignore", "follow"),
	CHOICE("flash", flash_holds, "hold", "none"),
	CHOICE("line", unplugged_line, "unplugged", "plugged"),
	CHOICE("ato", online_error, "error", "no-carrier"),
	CHOICE("withhold", withhold_number, "yes", "no"),
	CHOICE("diagnostics", no_diagnostics, "no", "yes"),
	CHOICE("caller-id", no_caller_id, "no", "yes"),
	{"fault", set_fault, 0, 0, 0, 0, NULL, NULL},
	{"rfc2217", set_rfc2217, 0, 0, 0, 0, NULL, NULL},
};

static const struct key number_keys[] = {
	{"does", set_service, 0, 0, 0, 0, NULL, NULL},
	NUMBER("after", sim_number, answer_ms, 0, MS_MAX),
	NUMBER("hangup", sim_number, hangup_ms, 0, MS_MAX),
};

static const struct key timing_keys[] = {
	NUMBER("setup", sim_timing, setup_ms, 0, MS_MAX),
	NUMBER("digit", sim_timing, digit_ms, 0, 10000),
	NUMBER("dialtone", sim_timing, dialtone_ms, 0, MS_MAX),
	NUMBER("ring-on", sim_timing, ring_on_ms, 10, MS_MAX),
	NUMBER("ring-off", sim_timing, ring_off_ms, 10, MS_MAX),
	NUMBER("handshake", sim_timing, handshake_ms, 0, MS_MAX),
	NUMBER("retrain", sim_timing, retrain_ms, 0, MS_MAX),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct key_table {
	const struct key *keys;
	size_t count;
};

/* As many as fit. */
static void list_names(struct key_table table, char *buf, size_t size)
{
	const char *between = "";
	size_t len = 0;

	for (size_t i = 0; i < table.count; i++) {
		bool fits = len + strlen(table.keys[i].name) + sizeof(", , ...") <= size;

		len += (size_t)snprintf(buf + len, size - len, "%s%s", between,
					fits ? table.keys[i].name : "...");
		if (!fits)
			return;
		between = ", ";
	}
}

static int set_key(void *object, struct key_table table, const struct hal_slice pair[2],
		   struct hal_error *err)
{
	char names[160];

	for (size_t i = 0; i < table.count; i++)
		if (hal_slice_eq(hal_slice_str(table.keys[i].name), pair[0]))
			return table.keys[i].set(object, &table.keys[i], pair[1], err);
	list_names(table, names, sizeof(names));
	return fail(err, -EINVAL, "no key '%.*s'; there are %s", SHOW(pair[0]), names);
}

int sim_config_set_modem(struct sim_modem_config *modem, struct hal_slice key,
			 struct hal_slice value, struct hal_error *err)
{
	const struct key_table table = {modem_keys, COUNT(modem_keys)};

	return set_key(modem, table, (const struct hal_slice[2]){key, value}, err);
}

int sim_config_set_number(struct sim_number *number, struct hal_slice key, struct hal_slice value,
			  struct hal_error *err)
{
	const struct key_table table = {number_keys, COUNT(number_keys)};

	return set_key(number, table, (const struct hal_slice[2]){key, value}, err);
}

int sim_config_set_timing(struct sim_timing *timing, struct hal_slice key, struct hal_slice value,
			  struct hal_error *err)
{
	const struct key_table table = {timing_keys, COUNT(timing_keys)};

	return set_key(timing, table, (const struct hal_slice[2]){key, value}, err);
}

/* ---- modems and numbers ---- */

/* A name becomes a file name and a word of the control language. */
static bool name_is_valid(struct hal_slice name)
{
	if (name.len == 0 || name.len >= SIM_NAME_MAX || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = hal_to_upper(name.data[i]);

		if (!hal_is_digit(c) && !(c >= 'A' && c <= 'Z') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

int sim_config_get_modem(struct sim_config *config, struct hal_slice name, struct hal_error *err,
			 struct sim_modem_config **ret_modem)
{
	struct sim_modem_config *modem;

	for (size_t i = 0; i < config->modem_count; i++) {
		if (hal_slice_eq(hal_slice_str(config->modems[i].options.name), name)) {
			*ret_modem = &config->modems[i];
			return 0;
		}
	}
	if (!name_is_valid(name))
		return fail(
			err, -EINVAL,
			"'%.*s' is no name; write letters, digits, '-', '_' and '.', %d at most",
			SHOW(name), SIM_NAME_MAX - 1);
	if (config->modem_count == SIM_MODEMS_MAX)
		return fail(err, -ENOSPC, "more than %d modems", SIM_MODEMS_MAX);
	modem = &config->modems[config->modem_count++];
	modem->options = SIM_MODEM_OPTIONS_DEFAULT;
	(void)hal_slice_copy(name, modem->options.name, sizeof(modem->options.name)); /* fits */
	*ret_modem = modem;
	return 0;
}

int sim_config_get_number(struct sim_config *config, struct hal_slice pattern,
			  struct hal_error *err, struct sim_number **ret_number)
{
	struct sim_number *number;

	for (size_t i = 0; i < config->number_count; i++) {
		if (hal_slice_eq(hal_slice_str(config->numbers[i].pattern), pattern)) {
			*ret_number = &config->numbers[i];
			return 0;
		}
	}
	if (pattern.len == 0 || pattern.len >= SIM_NUMBER_MAX)
		return fail(err, -EINVAL, "'%.*s' is no pattern; write 1 to %d digits",
			    SHOW(pattern), SIM_NUMBER_MAX - 1);
	if (config->number_count == SIM_SERVICES_MAX)
		return fail(err, -ENOSPC, "more than %d numbers", SIM_SERVICES_MAX);
	number = &config->numbers[config->number_count++];
	(void)hal_slice_copy(pattern, number->pattern, sizeof(number->pattern)); /* fits */
	*ret_number = number;
	return 0;
}

int sim_config_add_modem(struct sim_config *config, struct hal_slice text, struct hal_error *err)
{
	struct sim_modem_config *modem;
	size_t before = config->modem_count;
	struct hal_slice item, name;
	int r;

	(void)hal_slice_token(&text, ',', &item); /* the first token is always there */
	(void)hal_slice_token(&item, '=', &name);
	if (item.len == 0)
		return fail(err, -EINVAL, "'%.*s': no number; write --modem %.*s=101", SHOW(name),
			    SHOW(name));
	r = sim_config_get_modem(config, name, err, &modem);
	if (r < 0)
		return r;
	if (config->modem_count == before)
		return fail(err, -EEXIST, "there is already a modem '%.*s'", SHOW(name));
	r = sim_config_set_modem(modem, HAL_SLICE("number"), item, err);
	while (r == 0 && hal_slice_token(&text, ',', &item)) {
		struct hal_slice key = {0};

		(void)hal_slice_token(&item, '=', &key);
		if (!item.data)
			return fail(err, -EINVAL, "'%.*s': no value; write %.*s=VALUE", SHOW(key),
				    SHOW(key));
		r = sim_config_set_modem(modem, hal_slice_trim(key), hal_slice_trim(item), err);
	}
	return r;
}

int sim_config_check(const struct sim_config *config, struct hal_error *err)
{
	if (config->modem_count == 0)
		return fail(err, -EINVAL, "no modem to emulate; write --modem a=101 --modem b=102");
	for (size_t i = 0; i < config->modem_count; i++) {
		const struct sim_modem_config *modem = &config->modems[i];

		if (!modem->number[0])
			return fail(err, -EINVAL, "modem '%s': no number; write number = 101",
				    modem->options.name);
		if (modem->on_tcp && modem->tty[0])
			return fail(err, -EINVAL, "modem '%s': has both tty and rfc2217",
				    modem->options.name);
	}
	return 0;
}
