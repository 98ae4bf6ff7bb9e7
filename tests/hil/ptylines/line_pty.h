/* SPDX-License-Identifier: MIT */
#ifndef PTYLINES_LINE_PTY_H
#define PTYLINES_LINE_PTY_H

/*
 * A pty with modem lines, between a modem and a program that is under notify.h's eyes. As a serial
 * driver does it raises DTR and RTS when it is opened, lowers them when it is closed, counts what
 * changes, and hangs the port up when DCD falls while CLOCAL is off.
 */

#include <sys/types.h>

#include "hal/list.h"
#include "hal/stream.h"

#include "tools/modemsim/site.h"

struct line_pty {
	struct hal_stream stream; /* the modem's end: DSR is the program's DTR */
	struct hal_stream *pty;
	struct hal_list node; /* in the list of all */
	char path[SIM_PATH_MAX];
	dev_t rdev;
	bool open;
	unsigned int outputs; /* DTR and RTS */
	unsigned int inputs;  /* DCD, RI, DSR, CTS; at first DSR and CTS */
	unsigned int dtr_count;
	struct hal_stream_counters counters;
};

/*
 * Make one and put it into the list, which it leaves when its stream is closed.
 * @return 0; -errno, nothing made
 */
int line_pty_open(struct hal_list *all, struct hal_loop *loop, struct hal_stream **ret_stream,
		  char *path, size_t size);

/* What the modem, or a test, does at the other end: a sim_modem_options.set_inputs. */
void line_pty_set_inputs(struct hal_stream *stream, unsigned int lines, bool on);

/* What the program does. It is told twice, by the pty and by notify.h, whichever comes first. */
void line_pty_set_outputs(struct line_pty *pty, unsigned int outputs);
void line_pty_set_open(struct line_pty *pty, bool on);

#endif
