/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_SETTINGS_H
#define TOOLS_LINED_SETTINGS_H

/** @file What the command line and the configuration file ask for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <trunkline/hotplug.h>

#include "tools/lined/log.h"
#include "tools/lined/policy.h"
#include "tools/lined/role.h"

struct lined_report;
struct tl_line_params;

struct lined_line {
	char *name;
	char *where; /**< "lined.conf:12", "--line": where it was given */
	bool has_device;
	struct tl_line_params *params;
	char *text; /**< key=value, a line each, by key: the same for lines that are the same */
};

struct lined_settings {
	int argc;
	char **argv;		  /**< to be read again; not ours */
	struct lined_line *lines; /**< in the order in which they were given */
	size_t n_lines;
	char *socket;	    /**< NULL: the default */
	gid_t socket_group; /**< (gid_t)-1: the daemon's own */
	mode_t socket_mode;
	struct lined_who who[LINED_ROLE_COUNT];
	uint32_t user_connections; /**< of a user other than root and the daemon's own */
	int fd;			   /**< connected socket of the only client; -1: none */
	int second_fd;		   /**< another one of the same client; -1: none */
	uint32_t keep_sessions;	   /**< of a user; see tl_client_set_keep() */
	uint32_t keep_age;	   /**< seconds, 0: for ever */
	char *metrics_file;	   /**< NULL: none */
	uint32_t metrics_interval; /**< seconds */
	char *history;		   /**< path; NULL: none is kept */
	uint32_t history_size;	   /**< bytes */
	enum tl_hotplug_feed hotplug;
	bool claim_marked; /**< devices with the udev property become lines */
	bool personal;
	bool has_log_level; /**< given on the command line, which wins */
	struct lined_log log;
	struct lined_policy *policies;
	size_t n_policies;
};

void lined_settings_init(struct lined_settings *settings);
void lined_settings_fini(struct lined_settings *settings);

/** Room for a sentence that says what is wrong. */
#define LINED_WHY_MAX 512

/**
 * Begin a line. Its parameters follow with lined_line_set().
 * @param where    see struct lined_line
 * @param why      written on failure, at least LINED_WHY_MAX bytes
 * @param ret_line until the next line is added
 * @return 0; -EINVAL no name for a line; -EEXIST there is one of this name; -ENOMEM
 */
int lined_settings_add_line(struct lined_settings *settings, const char *name, const char *where,
			    char *why, struct lined_line **ret_line);

/**
 * Set a parameter of a line, as tl_line_params_set().
 * @param why written on failure, with "did you mean" for a key that is almost one; at least
 * LINED_WHY_MAX bytes
 * @return 0; -ENOENT; -EINVAL; -ENOMEM
 */
int lined_line_set(struct lined_line *line, const char *key, const char *value, char *why);

/** @return the line of this name, or NULL */
const struct lined_line *lined_settings_find(const struct lined_settings *settings,
					     const char *name);

/**
 * Look for mistakes that only show when all files have been read: two lines of one name, rules for
 * a line that there is not.
 * @return 0; -EINVAL, told
 */
int lined_settings_check(const struct lined_settings *settings, struct lined_report *report);

/**
 * Set a key of [lined].
 * @param why as for lined_line_set()
 * @return 0; -ENOENT; -EINVAL; -ENOMEM
 */
int lined_settings_set(struct lined_settings *settings, const char *key, const char *value,
		       char *why);

/**
 * The section [policy], or that of a line, made when there is none.
 * @param line  NULL: of all lines
 * @param where where it is, should it be made
 * @param ret_policy until the next one is added
 * @return 0; -ENOMEM
 */
int lined_settings_add_policy(struct lined_settings *settings, const char *line, const char *where,
			      struct lined_policy **ret_policy);
/** What holds for the line: its own section where that has the key, else [policy]. @return NULL:
 * neither has it */
const struct lined_policy *lined_settings_policy(const struct lined_settings *settings,
						 const char *line, enum lined_rule rule);

#endif
