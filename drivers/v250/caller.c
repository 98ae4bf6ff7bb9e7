/* SPDX-License-Identifier: MIT */
/* Formatted caller ID, V.253 §9.2.3 +VCID=1: "DATE = 1122", "NMBR=5551234", "NAME=…", between two
 * rings. */
#include "drivers/v250/v250.h"

void v250_caller_reset(struct v250 *v)
{
	v->caller[0] = '\0';
	v->caller_name[0] = '\0';
}

/* One letter instead of a number or a name tells why there is none. @return NULL: it is one */
static const char *why_absent(struct hal_slice value)
{
	if (hal_slice_ieq(value, HAL_SLICE("P")) || hal_slice_ieq(value, HAL_SLICE("PRIVATE")))
		return "withheld";
	return hal_slice_ieq(value, HAL_SLICE("O")) ? "out of area" : NULL;
}

static void set_number(struct v250 *v, struct hal_slice number)
{
	const char *why = why_absent(number);

	(void)hal_slice_escape(why ? hal_slice_str("") : number, v->caller, sizeof(v->caller));
	if (why)
		(void)hal_slice_copy(hal_slice_str(why), v->caller_name, sizeof(v->caller_name));
}

static void set_name(struct v250 *v, struct hal_slice name)
{
	const char *why = why_absent(name);

	(void)hal_slice_escape(why ? hal_slice_str(why) : name, v->caller_name,
			       sizeof(v->caller_name));
}

bool v250_caller_line(struct v250 *v, struct hal_slice line)
{
	struct hal_slice value = line, key;

	if (!hal_slice_token(&value, '=', &key) || !value.data)
		return false;
	key = hal_slice_trim(key);
	value = hal_slice_trim(value);
	if (hal_slice_ieq(key, HAL_SLICE("DATE")) || hal_slice_ieq(key, HAL_SLICE("TIME")) ||
	    hal_slice_ieq(key, HAL_SLICE("MESG")))
		return true;
	if (hal_slice_ieq(key, HAL_SLICE("NMBR")))
		set_number(v, value);
	else if (hal_slice_ieq(key, HAL_SLICE("NAME")))
		set_name(v, value);
	else
		return false;
	core_line_caller(v->line, v->caller, v->caller_name);
	return true;
}
