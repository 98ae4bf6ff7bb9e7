/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_PARAMS_H
#define DRIVERS_AT_PARAMS_H

/*
 * Parameters of an information response: "+CLCC: 1,0,3,0,0,"+1555",145" (V.250 §5.4.4).
 * An iterator over a slice; a failed step leaves it where it was.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "hal/slice.h"

struct at_params {
	struct hal_slice rest; /* data == NULL: all parameters taken */
};

/* A list without prefix. An empty one has one empty parameter, as in V.250. */
static inline void at_params_init(struct at_params *params, struct hal_slice text)
{
	params->rest = text.data ? text : HAL_SLICE("");
}

/* Does line carry prefix ("+CLCC:"), in any case? Then *ret_params stands before the first
 * parameter. */
static inline bool at_params_start(struct hal_slice line, const char *prefix,
				   struct at_params *ret_params)
{
	size_t n = strlen(prefix);

	if (!hal_slice_istarts(line, hal_slice(prefix, n)))
		return false;
	while (n < line.len && line.data[n] == ' ')
		n++;
	at_params_init(ret_params, hal_slice(line.data + n, line.len - n));
	return true;
}

static inline bool at_params_more(const struct at_params *params)
{
	return params->rest.data != NULL;
}

/* Take the first parameter, which is so long, and the comma behind it. */
static inline void at_params_advance(struct at_params *params, size_t used)
{
	struct hal_slice *rest = &params->rest;

	if (used == rest->len)
		*rest = hal_slice(NULL, 0);
	else
		*rest = hal_slice(rest->data + used + 1, rest->len - used - 1);
}

/* For at_params_raw() alone: what begins with more than letters and digits; not empty. */
int at_params_raw_other(struct at_params *params, struct hal_slice *ret_text);

/*
 * Each takes one parameter.
 * @return 0; -ENOENT no parameter left; -ENODATA parameter is empty (and is taken);
 *         -EINVAL of another type (not taken); -ERANGE number too large (not taken);
 *         -ENOSPC string does not fit (not taken)
 */
int at_params_u32(struct at_params *params, uint32_t *ret_value);
/* Quoted or not: "00C3" and 00C3 are the same number. */
int at_params_hex(struct at_params *params, uint32_t *ret_value);
/* Quoted, with \hh escapes of V.250 §5.4.2.2 resolved (any other backslash stands for itself);
 * NUL-terminated. NUL and \00 are -EINVAL. */
int at_params_string(struct at_params *params, char *buf, size_t size);
/* Anything, as it stands: unquoted text, a parenthesised list, a quoted string with its quotes.
 * Words and numbers, which most parameters are, are taken in place. */
static inline int at_params_raw(struct at_params *params, struct hal_slice *ret_text)
{
	const struct hal_slice text = params->rest;
	size_t used = 0;

	if (!at_params_more(params))
		return -ENOENT;
	/* Letters and digits are above the comma, all that means something else is not. */
	while (used < text.len && (unsigned char)text.data[used] > ',')
		used++;
	if (used < text.len && text.data[used] != ',')
		return at_params_raw_other(params, ret_text);
	at_params_advance(params, used);
	if (used == 0)
		return -ENODATA;
	*ret_text = hal_slice(text.data, used);
	return 0;
}
/* @return 0, also when it is empty; -ENOENT */
int at_params_skip(struct at_params *params);

/*
 * A TEST response's value list: is value in "(0,1,8-10)" or "0,1,8-10"? Non-numeric members never
 * match.
 */
bool at_params_list_has(struct hal_slice list, uint32_t value);

#endif
