/* SPDX-License-Identifier: MIT */
#ifndef CORE_LINE_H
#define CORE_LINE_H

/* A line: configuration, driver, state, and the call on it. */

#include <trunkline/line.h>

#include "core/call.h"
#include "core/client.h"
#include "core/ctx.h"
#include "core/driver.h"
#include "hal/device.h"

struct core_request;

/* A line that cannot be used is tried again after 1, 2, 4 … seconds, at most this. */
#define CORE_LINE_RETRY_MAX_S 60
/* A hard reset keeps the port closed for so long: DTR is low by HUPCL, and no modem overlooks it.
 */
#define CORE_LINE_CLOSED_MS 1000

/* What has made a line unusable, until it is READY again. */
struct core_fault {
	char why[CORE_REASON_MAX]; /* the first reason; core_line.why is the latest */
	struct core_stamp since;   /* 0: none */
	uint32_t attempts;	   /* to open and probe it since then */
};

/* What each command touches comes first. */
struct core_line {
	struct hal_list node; /* tl_ctx.line_list */
	struct tl_ctx *ctx;
	tl_line id;
	const struct core_driver_ops *ops;
	void *driver; /* NULL: detached */
	enum tl_line_state state;
	int error;
	struct core_call *call;	  /* on the line, or being cleared, or lost track of */
	struct core_call *next;	  /* to be dialled when the line is ready */
	struct hal_list commands; /* at most one request */
	bool muted;		  /* rings, but the offer was rejected */
	bool recovering;	  /* ops->recover() is under way */
	bool commanding;	  /* ops->command() is under way; its client may be gone */
	bool learnt;		  /* device.place is what the configured path means */
	bool factory;		  /* the next attempt begins with factory settings */
	struct core_line_config config;
	const char *path; /* what the driver opens, or has opened last; of config or device */
	struct hal_device device; /* behind it; node "": none yet */
	struct hal_timer doubt;	  /* whether the device is there after a hang-up */
	uint64_t doubt_until_us;
	struct core_cause hang_up; /* what it was if the device is there; origin NONE: not known */
	char why[CORE_REASON_MAX];
	struct core_stamp since; /* when the state was entered */
	struct core_fault fault;
	struct core_line_identity identity;
	uint64_t calls_total;
	uint64_t old_timeouts, old_resyncs; /* already counted */
	char caller[TL_NUMBER_MAX + 1];	    /* told before the first RING */
	char caller_name[CORE_IDENT_MAX];
	struct hal_list opens;	/* core_open.of_line */
	struct hal_list resets; /* requests waiting for READY */
	struct hal_timer retry;
	uint32_t retry_s;
	uint64_t retry_at_us; /* 0: not waiting */
};

/* tl_line_params is a configuration being filled in. */
struct tl_line_params {
	struct core_line_config config;
	char why[CORE_REASON_MAX];
};

int core_line_new(struct tl_ctx *ctx, const struct core_line_config *config,
		  const struct core_driver_ops *ops, struct core_line **ret_line);
/* Take it away; its call ends, its requests complete. */
void core_line_free(struct core_line *line);
int core_line_find(struct tl_ctx *ctx, tl_line id, struct core_line **ret_line);
/* Open and probe (again); the driver must be detached. */
void core_line_attach(struct core_line *line);
/* The same after a while, unless something comes before. */
void core_line_attach_after(struct core_line *line, uint64_t ms);
/* Close the port. */
void core_line_detach(struct core_line *line);
/* Probe again on the open port, or open it. */
void core_line_reset_soft(struct core_line *line);
/* The device is gone for certain; any state. */
void core_line_gone(struct core_line *line);
void core_line_gone_for(struct core_line *line, const char *why);
/* Close, wait, open, factory settings, probe. */
void core_line_reset_hard(struct core_line *line);
void core_line_set_state(struct core_line *line, enum tl_line_state state, int error,
			 const char *why);
/* Not known to be on hook? */
bool core_line_is_off_hook(const struct core_line *line);
/* May a call be placed now? @return 0; -EBUSY -ENODEV -ENOTRECOVERABLE -EOPNOTSUPP */
int core_line_may_dial(const struct core_line *line, enum tl_media media);
/* The call on the line is over and verified: ask why, make ready, go on. */
void core_line_recover(struct core_line *line);
/* A call pushes aside the command under way. */
void core_line_withdraw_command(struct core_line *line);
/* Add the driver's counts to the context's. */
void core_line_count(struct core_line *line);

#endif
