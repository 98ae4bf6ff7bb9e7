/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_DOCTOR_H
#define LINECTL_DOCTOR_H

/**
 * @file
 * What keeps a line from working, and what to type about it. Ports are looked at from outside and
 * are not opened, but for a probe that was asked for.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/linectl/app.h"
#include "tools/linectl/udev.h"

struct json_object;

#define DOCTOR_TEXT_MAX 256

/** A process that has to do with a port. */
struct doctor_process {
	pid_t pid;
	char name[32];
};

/** A port, and the line that it belongs to. */
struct doctor_case {
	const char *root;	      /**< instead of "/", "" for that */
	pid_t daemon;		      /**< 0: none */
	uid_t uid;		      /**< who is to use the port: the daemon's user, or ours */
	const char *device;	      /**< as it was given; "": the line has none */
	char node[UDEV_PATH_MAX];     /**< the same without links and root; "": it is not there */
	struct json_object *line;     /**< type Line of io.trunkline; NULL: no line's */
	struct udev_port port;	      /**< kernel "": no serial port, or unknown to sysfs */
	struct doctor_process holder; /**< has it open, the daemon excepted; pid 0: nobody */
	struct doctor_process locker; /**< is named by the lock file; pid 0: there is none */
	char lock[UDEV_PATH_MAX];     /**< the lock file */
	bool locker_lives;

	/* Written by a check that finds something. */
	char what[DOCTOR_TEXT_MAX]; /**< a sentence */
	char fact[DOCTOR_TEXT_MAX]; /**< goes into the remedy in the place of {fact} */
};

struct doctor_row {
	const char *name; /**< for programs; documented in linectl(1), never changed */
	bool (*check)(struct doctor_case *c);
	const char *remedy; /**< what to do: {device}, {kernel}, {line} and {fact} are filled in */
};

/** What can be wrong with a port, in the order of telling, ended by a row without a name. */
const struct doctor_row *doctor_rows(void);

/** The remedy with its places filled in. @return buf */
char *doctor_fill(const struct doctor_case *c, const char *remedy, char *buf, size_t size);

/** Is a program of that name running? */
bool doctor_is_running(const char *root, const char *name);
/** Who has the node open, and whom its lock file names. */
void doctor_look_at_users(struct doctor_case *c);

/**
 * Look for the speed at which a modem answers, through private daemons: takes seconds for each.
 * @param ret_baud 0: it does not answer at any
 * @return OK; BUSY somebody has the port; INTERRUPTED
 */
enum status doctor_probe(const struct app *app, const char *device, uint32_t *ret_baud);

#endif
