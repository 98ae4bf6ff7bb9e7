/* SPDX-License-Identifier: MIT */
#include "drivers/at/redact.h"

#include <stdio.h>
#include <string.h>

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define LONG_NUMBER 5 /* digits; indices, types and codes have fewer */

struct out {
	char *buf;
	size_t size;
	size_t len;
};

static void put(struct out *out, struct hal_slice text)
{
	if (out->len + 1 >= out->size)
		return;
	hal_slice_escape(text, out->buf + out->len, out->size - out->len);
	out->len += strlen(out->buf + out->len);
}

static void put_hidden(struct out *out, size_t len)
{
	char text[32];

	if (len == 0)
		return;
	(void)snprintf(text, sizeof(text), "<%zu hidden>", len);
	put(out, hal_slice_str(text));
}

static struct out out_init(char *buf, size_t size)
{
	if (size > 0)
		buf[0] = '\0';
	return (struct out){.buf = buf, .size = size};
}

static struct hal_slice rest_of(struct hal_slice text, size_t from)
{
	return hal_slice(text.data + from, text.len - from);
}

static bool is_letter(char c)
{
	c = hal_to_upper(c);
	return c >= 'A' && c <= 'Z';
}

/* "ATDT", "ATD", "AT+CPIN="; without "AT" at its start nothing is a verb. */
static size_t verb_len(struct hal_slice text)
{
	const char *assign;
	size_t len = 2;

	if (!hal_slice_istarts(text, HAL_SLICE("AT")))
		return 0;
	if (text.len == len)
		return len;
	if (!is_letter(text.data[len])) {
		assign = memchr(text.data, '=', text.len);
		return assign ? (size_t)(assign - text.data) + 1 : text.len;
	}
	len++;
	if (text.len > len && hal_to_upper(text.data[len - 1]) == 'D' &&
	    (hal_to_upper(text.data[len]) == 'T' || hal_to_upper(text.data[len]) == 'P'))
		len++;
	return len;
}

static void put_from_verb(struct out *out, struct hal_slice text)
{
	size_t verb = verb_len(text);

	put(out, hal_slice(text.data, verb));
	put_hidden(out, text.len - verb);
}

char *at_redact_command(struct hal_slice text, char *buf, size_t size)
{
	struct out out = out_init(buf, size);

	put_from_verb(&out, text);
	return buf;
}

/* Reports with numbers, names or texts among their parameters. */
static const struct hal_slice reports[] = {
	{"+CLIP:", 6}, {"+CCWA:", 6}, {"+CLCC:", 6}, {"+COLP:", 6}, {"+CDIP:", 6}, {"+CNAP:", 6},
	{"+CNUM:", 6}, {"+CPBR:", 6}, {"+CMT:", 5},  {"+CMGR:", 6}, {"+CMGL:", 6}, {"+CUSD:", 6},
	{"^DSCI:", 6}, {"+QIND:", 6}, {"#ECAM:", 6}, {"*ECAV:", 6},
};

/* Formatted caller ID, with or without blanks around the sign (V.253 §9.2.3). */
static const struct hal_slice caller_fields[] = {
	{"NMBR", 4},	 {"NAME", 4},		{"MESG", 4},
	{"DDN_NMBR", 8}, {"CALLER NUMBER", 13}, {"CALLER NAME", 11},
};

static bool starts_with_any(struct hal_slice line, const struct hal_slice *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (hal_slice_istarts(line, table[i]))
			return true;
	}
	return false;
}

static size_t digits_len(struct hal_slice text)
{
	size_t n = 0;

	while (n < text.len && hal_is_digit(text.data[n]))
		n++;
	return n;
}

/* Length of the string at the front of text up to its closing quote, or to the end. */
static size_t string_len(struct hal_slice text)
{
	const char *quote = text.len > 1 ? memchr(text.data + 1, '"', text.len - 1) : NULL;

	return quote ? (size_t)(quote - text.data) + 1 : text.len;
}

static void put_report(struct out *out, struct hal_slice text)
{
	while (text.len > 0) {
		size_t used = 1;

		if (text.data[0] == '"') {
			used = string_len(text);
			put_hidden(out, used);
		} else if (digits_len(text) >= LONG_NUMBER) {
			used = digits_len(text);
			put_hidden(out, used);
		} else {
			used = digits_len(text) > 0 ? digits_len(text) : 1;
			put(out, hal_slice(text.data, used));
		}
		text = rest_of(text, used);
	}
}

static void put_caller_field(struct out *out, struct hal_slice line)
{
	const char *assign = memchr(line.data, '=', line.len);
	size_t len = assign ? (size_t)(assign - line.data) + 1 : line.len;

	put(out, hal_slice(line.data, len));
	put_hidden(out, line.len - len);
}

char *at_redact_line(struct hal_slice line, char *buf, size_t size)
{
	struct out out = out_init(buf, size);

	if (hal_slice_istarts(line, HAL_SLICE("ATD")))
		put_from_verb(&out, line);
	else if (starts_with_any(line, reports, ARRAY_LEN(reports)))
		put_report(&out, line);
	else if (starts_with_any(line, caller_fields, ARRAY_LEN(caller_fields)))
		put_caller_field(&out, line);
	else
		put(&out, line);
	return buf;
}
