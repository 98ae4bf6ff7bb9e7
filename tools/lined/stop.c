/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/ctx.h>
#include <trunkline/line.h>
#include <trunkline/session.h>

#include "tools/lined/daemon.h"
#include "tools/lined/notify.h"

/* Calls that nobody owns any more are being dropped since their owner was lost: wait for those too.
 * An offer that rings is not ours to end. */
static void adopt_calls(struct lined *lined)
{
	tl_line *lines = NULL;
	size_t n = 0;

	if (tl_line_list(lined->ctx, &lines, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct tl_line_info *info = NULL;
		tl_session session;

		if (tl_line_get_info(lined->ctx, lines[i], &info) < 0)
			continue;
		/* No call, or it has an owner: then there is nothing to adopt. */
		if (tl_line_info_rings(info) == 0)
			(void)tl_line_join(lined->ctx, tl_ctx_get_client(lined->ctx), lines[i],
					   TL_PRIVILEGE_OWNER, &session);
		tl_line_info_free(info);
	}
	free(lines);
}

static int drop_calls(struct lined *lined)
{
	tl_session *sessions = NULL;
	size_t n = 0;
	int r;

	r = tl_session_list(lined->ctx, (tl_client){0}, &sessions, &n);
	if (r < 0 || n == 0)
		return r;
	free(lined->drops);
	lined->drops = calloc(n, sizeof(*lined->drops));
	for (size_t i = 0; i < n && lined->drops; i++) {
		uint64_t op;

		/* Refused: over already, or somebody else's to drop, who is in this list too; or
		 * its client has as many requests as it may: lined_stop_more(). */
		if (tl_session_drop(lined->ctx, sessions[i], 0, &op) == 0)
			lined->drops[lined->n_drops++] = op;
	}
	free(sessions);
	return lined->drops ? 0 : -ENOMEM;
}

bool lined_stop_more(struct lined *lined)
{
	int r = drop_calls(lined);

	if (r < 0)
		lined_log(&lined->log, TL_LOG_ERROR, "ending the calls: %s", strerror(-r));
	return lined->n_drops > 0;
}

void lined_stop(struct lined *lined)
{
	int r;

	if (lined->stopping) {
		lined_log(&lined->log, TL_LOG_WARNING, "told again: leaving at once");
		lined->stopped = true;
		return;
	}
	lined->stopping = true;
	lined->stop_deadline_ms = event_now_ms() + LINED_STOP_MS;
	if (lined->listen_source.fd >= 0) {
		event_remove(&lined->loop, &lined->listen_source);
		lined->listen_source.fd = -1;
		listener_close(&lined->listener);
	}
	r = lined_notify("STOPPING=1");
	if (r < 0)
		lined_log(&lined->log, TL_LOG_WARNING, "service manager: %s", strerror(-r));
	adopt_calls(lined);
	(void)lined_stop_more(lined);
	lined_log(&lined->log, TL_LOG_INFO, "stopping: %zu call%s to end", lined->n_drops,
		  lined->n_drops == 1 ? "" : "s");
}
