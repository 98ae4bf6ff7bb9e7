/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_COMMAND_H
#define LINECTL_COMMAND_H

/**
 * @file
 * The verbs: one table, from which help, usage errors and completion are made.
 */

#include <stdbool.h>
#include <stddef.h>

#include "tools/linectl/app.h"

enum command_flags {
	COMMAND_LOCAL = 1 << 0,	  /**< needs no daemon */
	COMMAND_READY = 1 << 1,	  /**< of no use on a line that is not ready */
	COMMAND_TWICE = 1 << 2,	  /**< needs connect_second() */
	COMMAND_RUNS = 1 << 3,	  /**< what follows "--" is a command to run */
	COMMAND_SESSION = 1 << 4, /**< with --session it goes without LINE and NUMBER */
};

struct command {
	const char *name;
	const char *synopsis;  /**< its arguments: "LINE NUMBER", "[LINE]" */
	const char *help;      /**< in a few words */
	const char *detail;    /**< sentences for "help VERB"; NULL: nothing to add */
	const char *privilege; /**< who may: "observe", "operate", "admin"; "": anybody */
	unsigned int flags;    /**< enum command_flags */
	/** @param args what follows the verb, as many as the synopsis says, NULL-terminated */
	enum status (*run)(struct app *app, const char **args);
};

/** @return the table, ended by a row without a name */
const struct command *command_table(void);
/** @return NULL when there is no such verb */
const struct command *command_find(const char *name);
/** @return the verb that was probably meant; NULL: none is near */
const char *command_nearest(const char *name);

/** How many arguments the synopsis asks for, and how many it allows: any number with "...". */
void command_count(const struct command *command, size_t *ret_min, size_t *ret_max);
bool command_takes_line(const struct command *command);

/** The verbs. */
enum status line_list(struct app *app, const char **args);
enum status line_show(struct app *app, const char **args);
enum status status_run(struct app *app, const char **args);
enum status status_caps(struct app *app, const char **args);
enum status line_at(struct app *app, const char **args);
enum status line_reset(struct app *app, const char **args);
enum status line_hotplug(struct app *app, const char **args);
enum status port_list(struct app *app, const char **args);
enum status call_dial(struct app *app, const char **args);
enum status call_answer(struct app *app, const char **args);
enum status call_connect(struct app *app, const char **args);
enum status files_send(struct app *app, const char **args);
enum status files_receive(struct app *app, const char **args);
enum status attach_run(struct app *app, const char **args);
enum status session_reject(struct app *app, const char **args);
enum status session_drop(struct app *app, const char **args);
enum status session_release(struct app *app, const char **args);
enum status session_hangup(struct app *app, const char **args);
enum status session_hold(struct app *app, const char **args);
enum status session_unhold(struct app *app, const char **args);
enum status session_list(struct app *app, const char **args);
enum status session_info(struct app *app, const char **args);
enum status holder_join(struct app *app, const char **args);
enum status holder_hand_off(struct app *app, const char **args);
enum status holder_take(struct app *app, const char **args);
enum status holder_give_up(struct app *app, const char **args);
enum status holder_limit(struct app *app, const char **args);
enum status claim_run(struct app *app, const char **args);
enum status claim_drop(struct app *app, const char **args);
enum status history_run(struct app *app, const char **args);
enum status monitor_run(struct app *app, const char **args);
enum status monitor_trace(struct app *app, const char **args);
enum status console_run(struct app *app, const char **args);
enum status doctor_run(struct app *app, const char **args);
enum status raw_reload(struct app *app, const char **args);
enum status raw_metrics(struct app *app, const char **args);
enum status raw_counters(struct app *app, const char **args);
enum status raw_call(struct app *app, const char **args);
enum status help_run(struct app *app, const char **args);
enum status help_version(struct app *app, const char **args);
enum status complete_script(struct app *app, const char **args);

#endif
