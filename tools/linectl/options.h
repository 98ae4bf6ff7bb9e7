/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_OPTIONS_H
#define LINECTL_OPTIONS_H

/**
 * @file
 * Options: one table, from which parsing, help and completion are made. They may stand anywhere
 * before "--".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/linectl/output.h"

struct options {
	const char *socket;
	const char *device; /**< --device: a private daemon for this port */
	uint32_t baud;	    /**< 0: the daemon's default */
	bool sim;	    /**< --sim: a private daemon with an emulated modem */
	const char *log_level;
	bool trace;

	bool json;
	const char *get; /**< NULL: whole documents */
	bool quiet;
	bool no_legend;
	enum output_color color;

	bool wait;
	bool no_wait;
	uint32_t timeout; /**< seconds, 0: the verb's own */
	bool keep;
	bool voice;
	uint32_t inactivity;   /**< seconds, 0: as the line says */
	uint32_t hangup_after; /**< seconds, 0: never */
	bool automatic;
	uint32_t rings; /**< 0: as --auto says */
	bool pty;
	bool fd;
	const char *log;       /**< NULL: none */
	const char *session;   /**< NULL: a call of its own */
	const char *directory; /**< NULL: this one */
	const char *name;      /**< NULL: as the sender says */
	bool xmodem;
	bool ymodem;
	bool resume;
	bool overwrite;
	bool owner;
	bool hard;
	bool force;
	bool read_only;
	bool probe;
	bool all;
	bool all_over;
	bool more;
	const char *since;   /**< as when_parse() takes it; NULL: ever */
	const char *until;   /**< the same */
	const char *outcome; /**< NULL: any */
	uint32_t limit;	     /**< 0: none */
	bool by_serial;
	bool one_port;
	bool write;
	const char *sysfs; /**< NULL: look for it */
	const char *root;  /**< instead of "/", NULL: that */

	bool help;
	bool version;

	uint64_t seen; /**< bit i: option i of options_table() was given */
	size_t args_n;
	size_t before_n;   /**< of them, before "--" */
	const char **args; /**< what is no option, in order; NULL-terminated; args[0] is the verb */
	const char **command; /**< for verbs that run one: what follows "--", or NULL */
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_LEVEL, OPTION_COLOR };

struct option_row {
	const char *name;
	char letter;	 /**< 0: none */
	const char *arg; /**< name of its argument, NULL: it has none */
	const char *help;
	const char *verbs; /**< the verbs that know it, separated by blanks; NULL: all */
	enum option_kind kind;
	size_t offset; /**< of its member of struct options */
	uint32_t min;  /**< of a number */
	uint32_t max;
};

/** @return the table, ended by a row without a name */
const struct option_row *options_table(void);

#define OPTIONS_WHY_MAX 160

/**
 * Read the command line. argv is rearranged: args points into it.
 *
 * @param options written, also on failure, so that an error can be told in the form that was asked
 * for
 * @param why     OPTIONS_WHY_MAX bytes, a sentence on failure
 * @return 0; -EINVAL; -ENOMEM
 */
int options_parse(int argc, char **argv, struct options *options, char *why);

/** The first option given that the verb does not know. @return its name, or NULL */
const char *options_find_foreign(const struct options *options, const char *verb);

/** Does the verb know the option? */
bool options_row_fits(const struct option_row *row, const char *verb);

#endif
