/* SPDX-License-Identifier: MIT */
#ifndef CORE_CLIENT_H
#define CORE_CLIENT_H

/* Clients own sessions; their end ends them. */

#include <trunkline/ctx.h>

#include "core/ctx.h"
#include "hal/list.h"
#include "hal/loop.h"

struct core_line;

struct core_client {
	struct hal_list node;	 /* tl_ctx.client_list */
	struct hal_list of_lost; /* tl_ctx.lost_list while n_lost counts */
	struct tl_ctx *ctx;
	tl_client id;
	char name[CORE_NAME_MAX];
	struct hal_list sessions; /* core_session.of_client, oldest first */
	struct hal_list opens;	  /* core_open.of_client */
	struct hal_list requests; /* core_request.of_client */
	uint32_t n_sessions;
	uint32_t max_sessions;
	uint32_t max_age_s; /* of ended sessions; 0: none */
	struct hal_timer keep;
	uint32_t n_requests;
	uint32_t n_events; /* completions excluded */
	uint64_t n_lost;   /* events lost since the last marker was fetched */
	bool watching;
};

/* A client's interest in the incoming calls of a line. */
struct core_open {
	struct hal_list of_client;
	struct hal_list of_line; /* core_line.opens, oldest first */
	struct core_client *client;
	struct core_line *line;
	enum tl_privilege privilege;
	int priority;
};

int core_client_new(struct tl_ctx *ctx, const char *name, struct core_client **ret_client);
/* The one path for a client's end, whatever the reason: drops what it solely owned, releases its
 * sessions, withdraws its requests, purges its events, frees it. */
void core_client_gone(struct core_client *client);
/* Free without dropping anything: the context is going. */
void core_client_free(struct core_client *client);
int core_client_find(struct tl_ctx *ctx, tl_client id, struct core_client **ret_client);

int core_open_set(struct core_client *client, struct core_line *line, enum tl_privilege privilege,
		  int priority);
struct core_open *core_open_find(struct core_client *client, struct core_line *line);
void core_open_free(struct core_open *open);

#endif
