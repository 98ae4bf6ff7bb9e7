/* SPDX-License-Identifier: MIT */
#include "tools/linectl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/varlink/number.h"
#include "tools/varlink/word.h"

#define SECONDS_MAX (7 * 24 * 3600)
#define BAUD_MIN    50 /* as tl_line_params_set() has it */
#define BAUD_MAX    4000000
#define RINGS_MAX   255 /* as lined has it */

#define FLAG(member)		 OPTION_FLAG, offsetof(struct options, member), 0, 0
#define TEXT(member)		 OPTION_TEXT, offsetof(struct options, member), 0, 0
#define NUMBER(member, min, max) OPTION_NUMBER, offsetof(struct options, member), min, max

static const struct option_row option_rows[] = {
	{"socket", 's', "PATH", "socket of the daemon", NULL, TEXT(socket)},
	{"device", 'd', "PATH", "a private daemon for this serial port", NULL, TEXT(device)},
	{"baud", 'b', "RATE", "speed of the --device port", NULL, NUMBER(baud, BAUD_MIN, BAUD_MAX)},
	{"sim", 0, NULL, "a private daemon with an emulated modem, sim1; 102 answers", NULL,
	 FLAG(sim)},
	{"json", 'j', NULL, "JSON on stdout, errors included", NULL, FLAG(json)},
	{"get", 'g', "FIELD[,FIELD]", "of the JSON only these values, bare", NULL, TEXT(get)},
	{"quiet", 'q', NULL, "no progress and no remarks", NULL, FLAG(quiet)},
	{"no-legend", 0, NULL, "tables without their first line", NULL, FLAG(no_legend)},
	{"color", 0, "WHEN", "auto, always or never", NULL, OPTION_COLOR,
	 offsetof(struct options, color), 0, 0},
	{"timeout", 't', "SECONDS", "give up after so long", NULL, NUMBER(timeout, 1, SECONDS_MAX)},
	{"wait", 'w', NULL, "until it is over (answer: also until somebody calls)",
	 "dial answer hangup", FLAG(wait)},
	{"no-wait", 0, NULL, "return at once (dial, answer: implies --keep)", "dial answer hangup",
	 FLAG(no_wait)},
	{"keep", 'k', NULL, "return when connected; the call stays, its session is printed",
	 "dial answer", FLAG(keep)},
	{"voice", 0, NULL, "people talk, the modem only dials and hangs up", "dial answer",
	 FLAG(voice)},
	{"inactivity", 0, "SECONDS", "drop when no byte has gone either way for so long",
	 "dial connect send receive", NUMBER(inactivity, 1, SECONDS_MAX)},
	{"hangup-after", 0, "SECONDS", "drop when connected for so long", "dial answer",
	 NUMBER(hangup_after, 1, SECONDS_MAX)},
	{"auto", 0, NULL, "call after call, until Ctrl-C", "answer receive", FLAG(automatic)},
	{"rings", 0, "N", "answer at ring N, or when it is known who calls; default: 1, --auto 2",
	 "answer receive", NUMBER(rings, 1, RINGS_MAX)},
	{"pty", 0, NULL, "give COMMAND the call as its terminal", "connect answer", FLAG(pty)},
	{"fd", 0, NULL, "give COMMAND the line's own tty", "connect answer", FLAG(fd)},
	{"log", 0, "FILE", "append what comes to this file", "attach", TEXT(log)},
	{"session", 0, "SESSION", "by a call that is connected already", "send receive",
	 TEXT(session)},
	{"xmodem", 0, NULL, "XMODEM instead of ZMODEM: one file, without a name", "send receive",
	 FLAG(xmodem)},
	{"ymodem", 0, NULL, "YMODEM instead of ZMODEM", "send receive", FLAG(ymodem)},
	{"resume", 0, NULL, "go on where an earlier attempt has ended (ZMODEM)", "send receive",
	 FLAG(resume)},
	{"directory", 0, "DIR", "where received files go; default: here", "receive",
	 TEXT(directory)},
	{"name", 0, "NAME", "what the file that comes by XMODEM is called", "receive", TEXT(name)},
	{"overwrite", 0, NULL, "replace files of the same name", "receive", FLAG(overwrite)},
	{"owner", 0, NULL, "own the call, not only watch it", "join", FLAG(owner)},
	{"hard", 0, NULL, "close the port and begin with factory settings", "reset", FLAG(hard)},
	{"force", 0, NULL, "start although a call is on the line", "console", FLAG(force)},
	{"read-only", 0, NULL, "only show the dialogue", "console", FLAG(read_only)},
	{"probe", 0, NULL, "try the usual speeds, for seconds each", "doctor", FLAG(probe)},
	{"sysfs", 0, "PATH", "the device's folder in sysfs", "hotplug", TEXT(sysfs)},
	{"all-over", 0, NULL, "all your sessions whose calls are over", "release", FLAG(all_over)},
	{"all", 'a', NULL, "the sessions of everybody", "sessions", FLAG(all)},
	{"since", 0, "WHEN", "only calls that began then or later", "history", TEXT(since)},
	{"until", 0, "WHEN", "only calls that began then or before", "history", TEXT(until)},
	{"outcome", 0, "WORD", "only calls that ended so", "history", TEXT(outcome)},
	{"limit", 'n', "N", "so many calls at most", "history", NUMBER(limit, 1, 1000000)},
	{"more", 0, NULL, "ask for a stream of replies", "call", FLAG(more)},
	{"by-serial", 0, NULL, "recognize it by its serial number, not by its place", "claim",
	 FLAG(by_serial)},
	{"one-port", 0, NULL, "of a USB device with several ports only this one", "claim",
	 FLAG(one_port)},
	{"write", 0, NULL, "install the rule", "claim", FLAG(write)},
	{"root", 0, "DIR", "look for /dev, /sys, /run and /etc in there", "claim unclaim doctor",
	 TEXT(root)},
	{"log-level", 0, "LEVEL", "error, warning, info, debug or trace", NULL, OPTION_LEVEL,
	 offsetof(struct options, log_level), 0, 0},
	{"trace", 0, NULL, "the private daemon logs the bytes on the wire", NULL, FLAG(trace)},
	{"help", 'h', NULL, "this help", NULL, FLAG(help)},
	{"version", 'V', NULL, "the version", NULL, FLAG(version)},
	{0},
};

#define OPTION_ROWS (sizeof(option_rows) / sizeof(option_rows[0]) - 1)
#define OPTION_BASE 256 /* what getopt returns for row 0: beyond every letter */

const struct option_row *options_table(void)
{
	return option_rows;
}

static const char *const colors[] = {
	[OUTPUT_COLOR_AUTO] = "auto",
	[OUTPUT_COLOR_ALWAYS] = "always",
	[OUTPUT_COLOR_NEVER] = "never",
	NULL,
};
static const char *const levels[] = {"error", "warning", "info", "debug", "trace", NULL};

/* @return index of the word, or -EINVAL */
static int find_word(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -EINVAL;
}

static int option_apply(struct options *options, const struct option_row *row, const char *arg)
{
	void *member = (char *)options + row->offset;
	int word;

	options->seen |= UINT64_C(1) << (row - option_rows);
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)member = arg;
		return *arg ? 0 : -EINVAL;
	case OPTION_NUMBER:
		return number_parse(arg, row->min, row->max, member);
	case OPTION_LEVEL:
		*(const char **)member = arg;
		return find_word(levels, arg) < 0 ? -EINVAL : 0;
	case OPTION_COLOR:
		word = find_word(colors, arg);
		if (word >= 0)
			*(enum output_color *)member = (enum output_color)word;
		return word < 0 ? word : 0;
	}
	return -EINVAL;
}

/* Both forms that getopt_long() wants. The leading '-' hands over other arguments in their order,
 * so that nothing depends on how the C library permutes; ':' tells a missing argument from an
 * unknown option. */
static void getopt_tables(struct option *longs, char *shorts)
{
	*shorts++ = '-';
	*shorts++ = ':';
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];

		longs[i] = (struct option){.name = row->name,
					   .has_arg = row->arg ? required_argument : no_argument,
					   .val = OPTION_BASE + (int)i};
		if (!row->letter)
			continue;
		*shorts++ = row->letter;
		if (row->arg)
			*shorts++ = ':';
	}
	*shorts = '\0';
}

static const struct option_row *find_row(int got)
{
	if (got >= OPTION_BASE)
		return &option_rows[got - OPTION_BASE];
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (option_rows[i].letter == got)
			return &option_rows[i];
	return NULL;
}

/* word: "--wiat", "--timeuot=5". */
static int refuse_unknown(const char *word, char *why)
{
	const char *names[OPTION_ROWS + 1] = {NULL};
	const char *nearest = NULL;
	char name[40];

	for (size_t i = 0; i < OPTION_ROWS; i++)
		names[i] = option_rows[i].name;
	if (strncmp(word, "--", 2) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		nearest = word_nearest(name, names);
	}
	snprintf(why, OPTIONS_WHY_MAX, "no such option: %.80s%s%s%s", word,
		 nearest ? ": did you mean --" : "", nearest ? nearest : "", nearest ? "?" : "");
	return -EINVAL;
}

/* One answer of getopt_long() other than -1. */
static int handle(struct options *options, int got, const char *word, char *why)
{
	const struct option_row *row;

	if (got == 1) {
		options->args[options->args_n++] = optarg;
		return 0;
	}
	if (got == '?')
		return refuse_unknown(word, why);
	if (got == ':') {
		snprintf(why, OPTIONS_WHY_MAX, "%s needs an argument", word);
		return -EINVAL;
	}
	row = find_row(got);
	if (option_apply(options, row, optarg) == 0)
		return 0;
	if (row->kind == OPTION_NUMBER)
		snprintf(why, OPTIONS_WHY_MAX, "--%s %s: must be a number from %u to %u", row->name,
			 optarg, row->min, row->max);
	else if (row->kind == OPTION_TEXT)
		snprintf(why, OPTIONS_WHY_MAX, "--%s must not be empty", row->name);
	else
		snprintf(why, OPTIONS_WHY_MAX, "--%s %s: must be %s", row->name, optarg, row->help);
	return -EINVAL;
}

static int check_pairs(const struct options *options, char *why)
{
	const char *both = NULL;

	if (options->sim && options->device)
		both = "--sim and --device";
	else if (options->sim && options->socket)
		both = "--sim and --socket";
	else if (options->device && options->socket)
		both = "--device and --socket";
	else if (options->wait && options->no_wait)
		both = "--wait and --no-wait";
	else if (options->xmodem && options->ymodem)
		both = "--xmodem and --ymodem";
	else if (options->resume && (options->xmodem || options->ymodem))
		snprintf(why, OPTIONS_WHY_MAX, "--resume is for ZMODEM");
	else if (options->baud && !options->device)
		snprintf(why, OPTIONS_WHY_MAX, "--baud is for the port of --device");
	else
		return 0;
	if (both)
		snprintf(why, OPTIONS_WHY_MAX, "%s exclude each other", both);
	return -EINVAL;
}

/* An error may come before the option that says in which form it is to be told. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-j") == 0)
			return true;
	return false;
}

static int parse(int argc, char **argv, struct options *options, struct option *longs, char *why)
{
	char shorts[2 + 2 * OPTION_ROWS + 1];
	int r = 0;

	getopt_tables(longs, shorts);
	optind = 0; /* anew, should it not be the first time */
	opterr = 0;
	while (r == 0) {
		const char *word = argv[optind ? optind : 1];
		int got = getopt_long(argc, argv, shorts, longs, NULL);

		if (got == -1)
			break;
		r = handle(options, got, word, why);
	}
	options->before_n = options->args_n;
	while (r == 0 && optind < argc)
		options->args[options->args_n++] = argv[optind++];
	options->args[options->args_n] = NULL;
	return r < 0 ? r : check_pairs(options, why);
}

int options_parse(int argc, char **argv, struct options *options, char *why)
{
	struct option *longs = calloc(OPTION_ROWS + 1, sizeof(*longs));
	int r = -ENOMEM;

	/* Never more arguments than words read, so argv itself has room for them. */
	*options = (struct options){.json = wants_json(argc, argv),
				    .args = (const char **)(void *)argv};
	if (longs)
		r = parse(argc, argv, options, longs, why);
	else
		snprintf(why, OPTIONS_WHY_MAX, "out of memory");
	free(longs);
	return r;
}

bool options_row_fits(const struct option_row *row, const char *verb)
{
	size_t length = strlen(verb);
	const char *at = row->verbs;

	if (!at)
		return true;
	for (; (at = strstr(at, verb)); at += length)
		if ((at == row->verbs || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

const char *options_find_foreign(const struct options *options, const char *verb)
{
	for (size_t i = 0; i < OPTION_ROWS; i++)
		if (options->seen >> i & 1 && !options_row_fits(&option_rows[i], verb))
			return option_rows[i].name;
	return NULL;
}
