/* SPDX-License-Identifier: MIT */
#ifndef CORE_CTX_H
#define CORE_CTX_H

/* The context: owns every table, list, counter and the loop. */

#include <trunkline/ctx.h>

#include "core/driver.h"
#include "core/handle.h"
#include "hal/clock.h"
#include "hal/list.h"
#include "hal/log.h"
#include "hal/loop.h"

struct core_client;
struct hal_hotplug;
struct hal_machine;

struct tl_ctx {
	struct hal_loop *loop;
	const struct hal_clock *clock;
	const struct core_driver_set *drivers;
	const struct hal_stream_provider *provider;
	const struct hal_machine *machine;
	struct hal_hotplug *hotplug; /* NULL: never started */
	bool claims_marked;	     /* marked devices become lines */
	struct hal_log log;
	tl_log_fn log_fn;
	void *log_user;

	struct core_handles lines;
	struct core_handles sessions;
	struct core_handles clients;
	struct hal_list line_list;   /* core_line.node, oldest first */
	struct hal_list call_list;   /* core_call.node */
	struct hal_list client_list; /* core_client.node */
	struct hal_list lost_list;   /* core_client.of_lost, oldest first */
	struct hal_list events;	     /* tl_event.node, oldest first */
	struct hal_work wake;	     /* makes the descriptor readable when an event waits */
	bool dispatching;

	struct core_client *self;
	uint64_t last_call;
	uint64_t last_op;
	uint64_t counts[TL_COUNT_COUNT];
};

/* As tl_ctx_new(), with a clock, drivers and streams of the caller's; all must outlive the context.
 */
int core_ctx_new(const struct hal_clock *clock, const struct core_driver_set *drivers,
		 const struct hal_stream_provider *provider, struct tl_ctx **ret_ctx);

#endif
