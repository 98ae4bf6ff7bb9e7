/* SPDX-License-Identifier: MIT */
#ifndef CORE_SESSION_INFO_H
#define CORE_SESSION_INFO_H

/* Everything about a call, at one moment. */

#include <trunkline/session.h>

#include "core/call.h"

struct tl_session_info {
	tl_session session;
	tl_client client;
	tl_line line;
	char line_name[CORE_NAME_MAX];
	enum tl_privilege privilege;
	unsigned int features;
	unsigned int owners, monitors;
	bool over;
	bool final;
	uint64_t duration_ms;
	uint32_t limits[TL_LIMIT_COUNT]; /* seconds; 0: none */
	struct core_record record;
};

/* What does not depend on who asks, into an info that is zeroed. */
void core_session_info_fill(struct tl_session_info *info, const struct core_call *call);

#endif
