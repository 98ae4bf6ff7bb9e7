/* SPDX-License-Identifier: MIT */
#include "drivers/at/link.h"

#include <string.h>

#include "drivers/at/params.h"

/* Words as normalise() leaves them. NULL: says nothing about it. */
struct word_row {
	const char *word;
	const char *modulation;
	const char *error_control;
	const char *compression;
};

static const struct word_row word_rows[] = {
	{"ALT", NULL, "ALT", NULL},    {"ARQ", NULL, "ARQ", NULL},
	{"EC", NULL, "ARQ", NULL},     {"REL", NULL, "ARQ", NULL},
	{"LAPM", NULL, "LAPM", NULL},  {"V42", NULL, "LAPM", NULL},
	{"MNP", NULL, "ALT", NULL},    {"MNP2", NULL, "ALT", NULL},
	{"MNP3", NULL, "ALT", NULL},   {"MNP4", NULL, "ALT", NULL},
	{"MNP5", NULL, "ALT", "MNP5"}, {"V42B", NULL, "LAPM", "V42B"},
	{"V44", NULL, "LAPM", "V44"},  {"NOEC", NULL, "NONE", NULL},
	{"NONE", NULL, "NONE", NULL},  {"HST", "HST", NULL, NULL},
	{"X2", "X2", NULL, NULL},      {"K56FLEX", "K56FLEX", NULL, NULL},
};

/* "V.42 bis" → "V42B", "LAP-M" → "LAPM", "V34" as it is: how the same thing is spelled varies. */
static void normalise(struct hal_slice text, char word[static AT_LINK_WORD_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < AT_LINK_WORD_MAX; i++) {
		char c = text.data[i];

		if (c != '.' && c != '-' && c != ' ')
			word[len++] = hal_to_upper(c);
	}
	word[len] = '\0';
	if (len > 3 && word[0] == 'V' && memcmp(word + len - 3, "BIS", 3) == 0)
		word[len - 2] = '\0';
}

static void set(char field[static AT_LINK_WORD_MAX], const char *word)
{
	if (word)
		(void)hal_slice_copy(hal_slice_str(word), field, AT_LINK_WORD_MAX);
}

static const struct word_row *find_word(const char *word)
{
	for (size_t i = 0; i < sizeof(word_rows) / sizeof(word_rows[0]); i++) {
		if (strcmp(word_rows[i].word, word) == 0)
			return &word_rows[i];
	}
	return NULL;
}

static void add_word(struct at_link *link, struct hal_slice text)
{
	const struct word_row *row;
	char word[AT_LINK_WORD_MAX];
	bool is_arq;

	normalise(text, word);
	row = find_word(word);
	if (!row) {
		if (word[0] == 'V' && hal_is_digit(word[1]))
			set(link->modulation, word);
		return;
	}
	is_arq = row->error_control && strcmp(row->error_control, "ARQ") == 0;
	set(link->modulation, row->modulation);
	set(link->compression, row->compression);
	/* "ARQ" only says that there is some error control. */
	if (link->error_control[0] == '\0' || !is_arq)
		set(link->error_control, row->error_control);
}

/* "33600", "1200TX", "28800:RX". @return false: no number */
static bool add_rate(struct at_link *link, struct hal_slice text)
{
	struct hal_slice digits = text;
	uint32_t rate;

	digits.len = 0;
	while (digits.len < text.len && hal_is_digit(text.data[digits.len]))
		digits.len++;
	if (hal_slice_u32(digits, UINT32_MAX, &rate) < 0)
		return false;
	text = hal_slice(text.data + digits.len, text.len - digits.len);
	if (text.len > 0 && text.data[0] == ':')
		text = hal_slice_skip(text, 1);
	if (hal_slice_ieq(text, HAL_SLICE("RX")))
		link->rate_rx = rate;
	else if (hal_slice_ieq(text, HAL_SLICE("TX")) || link->rate == 0)
		link->rate = rate;
	return true;
}

static bool is_separator(char c)
{
	return c == ' ' || c == '/' || c == ',';
}

/* Words and rates between blanks, slashes and commas. */
static void add_words(struct at_link *link, struct hal_slice text)
{
	size_t start = 0;

	for (size_t i = 0; i <= text.len; i++) {
		struct hal_slice word;

		if (i < text.len && !is_separator(text.data[i]))
			continue;
		word = hal_slice(text.data + start, i - start);
		if (word.len > 0 && !add_rate(link, word))
			add_word(link, word);
		start = i + 1;
	}
}

static void merge(struct at_link *link, const struct at_link *said)
{
	if (link->rate == 0)
		link->rate = said->rate;
	if (link->rate_rx == 0)
		link->rate_rx = said->rate_rx;
	if (link->modulation[0] == '\0')
		set(link->modulation, said->modulation);
	if (link->error_control[0] == '\0')
		set(link->error_control, said->error_control);
	if (link->compression[0] == '\0')
		set(link->compression, said->compression);
}

void at_link_add_connect(struct at_link *link, struct hal_slice line)
{
	const struct hal_slice connect = HAL_SLICE("CONNECT");
	struct at_link said = {0};

	if (!hal_slice_starts(line, connect))
		return;
	add_words(&said, hal_slice(line.data + connect.len, line.len - connect.len));
	merge(link, &said);
}

static void report_word(struct at_params params, char field[static AT_LINK_WORD_MAX])
{
	struct hal_slice text;
	char word[AT_LINK_WORD_MAX];

	if (at_params_raw(&params, &text) < 0)
		return;
	normalise(text, word);
	set(field, word);
}

static void report_rates(struct at_params params, uint32_t *rate, uint32_t *rate_rx)
{
	if (at_params_u32(&params, rate) == 0 && rate_rx)
		(void)at_params_u32(&params, rate_rx); /* only sent when it differs */
}

/* V.250 §6.4.3, §6.5.5, §6.6.2, §6.2.13 */
static bool add_v250(struct at_link *link, struct hal_slice line)
{
	struct at_params params;

	if (at_params_start(line, "+MCR:", &params))
		report_word(params, link->modulation);
	else if (at_params_start(line, "+MRR:", &params))
		report_rates(params, &link->rate, &link->rate_rx);
	else if (at_params_start(line, "+ER:", &params))
		report_word(params, link->error_control);
	else if (at_params_start(line, "+DR:", &params))
		report_word(params, link->compression);
	else if (at_params_start(line, "+ILRR:", &params))
		report_rates(params, &link->dte_rate, NULL);
	else
		return false;
	return true;
}

static bool add_rockwell(struct at_link *link, struct hal_slice line)
{
	struct at_params params;
	struct at_link said = {0};

	if (at_params_start(line, "CARRIER ", &params)) {
		add_words(&said, params.rest);
		merge(link, &said);
	} else if (at_params_start(line, "PROTOCOL:", &params)) {
		report_word(params, link->error_control);
	} else if (at_params_start(line, "COMPRESSION:", &params)) {
		report_word(params, link->compression);
		if (strcmp(link->compression, "CLASS5") == 0)
			set(link->compression, "MNP5");
	} else {
		return false;
	}
	return true;
}

bool at_link_add_report(struct at_link *link, struct hal_slice line)
{
	return add_v250(link, line) || add_rockwell(link, line);
}
