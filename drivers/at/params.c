/* SPDX-License-Identifier: MIT */
#include "drivers/at/params.h"

#include <errno.h>

#include "hal/word.h"

/* Behind the quote that ends the string which begins at i, or the end. */
static inline size_t skip_string(struct hal_slice text, size_t i)
{
	for (i++; i + HAL_WORD_SIZE <= text.len; i += HAL_WORD_SIZE) {
		uint64_t word = hal_word_load(text.data + i);

		if (hal_word_may_find(word, '"') && hal_word_find(word, '"') != 0)
			return i + hal_word_first(hal_word_find(word, '"')) + 1;
	}
	for (; i < text.len; i++)
		if (text.data[i] == '"')
			return i + 1;
	return i;
}

/* Length up to the comma that ends the first parameter; commas in quotes and lists do not. */
static inline size_t span(struct hal_slice text)
{
	size_t depth = 0;
	size_t i = 0;

	while (i < text.len) {
		char c = text.data[i];

		if (c == '"') {
			i = skip_string(text, i);
			continue;
		}
		if (c == ',' && depth == 0)
			break;
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		i++;
	}
	return i;
}

/* Kept apart, as strings need less stack. */
__attribute__((noinline)) static int take_any(struct at_params *params, struct hal_slice *ret_text)
{
	size_t used = span(params->rest);
	struct hal_slice text = hal_slice_trim(hal_slice(params->rest.data, used));

	at_params_advance(params, used);
	if (text.len == 0)
		return -ENODATA;
	*ret_text = text;
	return 0;
}

int at_params_raw_other(struct at_params *params, struct hal_slice *ret_text)
{
	const struct hal_slice text = params->rest;
	size_t used;

	if (text.data[0] != '"')
		return take_any(params, ret_text);
	used = skip_string(text, 0);
	if (text.data[used - 1] != '"' || (used < text.len && text.data[used] != ','))
		return take_any(params, ret_text);
	at_params_advance(params, used);
	*ret_text = hal_slice(text.data, used);
	return 0;
}

int at_params_skip(struct at_params *params)
{
	struct hal_slice text;

	return at_params_raw(params, &text) == -ENOENT ? -ENOENT : 0;
}

static bool unquote(struct hal_slice *text)
{
	if (text->len < 2 || text->data[0] != '"' || text->data[text->len - 1] != '"')
		return false;
	*text = hal_slice(text->data + 1, text->len - 2);
	return true;
}

int at_params_u32(struct at_params *params, uint32_t *ret_value)
{
	const struct at_params before = *params;
	struct hal_slice text;
	int r;

	r = at_params_raw(params, &text);
	if (r < 0)
		return r;
	r = hal_slice_u32(text, UINT32_MAX, ret_value);
	if (r < 0)
		*params = before;
	return r;
}

int at_params_hex(struct at_params *params, uint32_t *ret_value)
{
	const struct at_params before = *params;
	struct hal_slice text;
	int r;

	r = at_params_raw(params, &text);
	if (r < 0)
		return r;
	(void)unquote(&text); /* +CREG and many others quote hexadecimal numbers */
	r = hal_slice_hex32(text, ret_value);
	if (r < 0)
		*params = before;
	return r;
}

/*
 * One character of a quoted string off the front of *text. A backslash that starts no escape stands
 * for itself: hardly any device escapes the ones in names.
 * @return 0; -EINVAL for a quote or NUL
 */
static int take_char(struct hal_slice *text, char *ret_c)
{
	uint32_t code;
	size_t used = 1;
	char c = text->data[0];

	if (c == '"')
		return -EINVAL;
	if (c == '\\' && text->len >= 3 &&
	    hal_slice_hex32(hal_slice(text->data + 1, 2), &code) == 0) {
		c = (char)(unsigned char)code;
		used = 3;
	}
	if (c == '\0')
		return -EINVAL;
	*ret_c = c;
	*text = hal_slice(text->data + used, text->len - used);
	return 0;
}

/* @return 0; -EINVAL; -ENOSPC */
static int resolve(struct hal_slice text, char *buf, size_t size)
{
	size_t len = 0;
	int r;

	if (!unquote(&text))
		return -EINVAL;
	while (text.len > 0) {
		char c;

		r = take_char(&text, &c);
		if (r < 0)
			return r;
		if (len + 1 >= size)
			return -ENOSPC;
		buf[len++] = c;
	}
	if (size == 0)
		return -ENOSPC;
	buf[len] = '\0';
	return 0;
}

int at_params_string(struct at_params *params, char *buf, size_t size)
{
	const struct at_params before = *params;
	struct hal_slice text;
	int r;

	r = at_params_raw(params, &text);
	if (r < 0)
		return r;
	r = resolve(text, buf, size);
	if (r < 0)
		*params = before;
	return r;
}

static bool member_has(struct hal_slice member, uint32_t value)
{
	struct hal_slice low, high;
	uint32_t first, last;

	high = member;
	if (!hal_slice_token(&high, '-', &low))
		return false;
	if (!high.data)
		high = low;
	if (hal_slice_u32(hal_slice_trim(low), UINT32_MAX, &first) < 0 ||
	    hal_slice_u32(hal_slice_trim(high), UINT32_MAX, &last) < 0)
		return false;
	return first <= value && value <= last;
}

bool at_params_list_has(struct hal_slice list, uint32_t value)
{
	struct hal_slice member;

	list = hal_slice_trim(list);
	if (list.len >= 2 && list.data[0] == '(' && list.data[list.len - 1] == ')')
		list = hal_slice(list.data + 1, list.len - 2);
	while (hal_slice_token(&list, ',', &member)) {
		if (member_has(member, value))
			return true;
	}
	return false;
}
