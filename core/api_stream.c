/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <trunkline/stream.h>

#include "core/line.h"
#include "core/request.h"
#include "core/session.h"

static int find_attached(struct tl_ctx *ctx, tl_session id, struct core_call **ret_call)
{
	struct core_session *session;
	int r;

	r = core_session_find(ctx, id, &session);
	if (r < 0)
		return r;
	if (session->call->stream.attached != session)
		return -EINVAL;
	*ret_call = session->call;
	return 0;
}

int tl_session_attach(struct tl_ctx *ctx, tl_session id)
{
	struct core_session *session;
	int r;

	r = core_session_find(ctx, id, &session);
	if (r < 0)
		return r;
	r = core_session_may(session, CORE_OP_ATTACH);
	if (r < 0)
		return r;
	return core_stream_attach(session);
}

int tl_session_detach(struct tl_ctx *ctx, tl_session id)
{
	struct core_session *session;
	int r;

	r = core_session_find(ctx, id, &session);
	if (r < 0)
		return r;
	if (session->call->stream.attached != session)
		return -EALREADY;
	core_stream_detach(session);
	return 0;
}

ssize_t tl_session_read(struct tl_ctx *ctx, tl_session id, void *buf, size_t size)
{
	struct core_call *call;
	int r;

	r = find_attached(ctx, id, &call);
	if (r < 0)
		return r;
	return size > 0 ? core_stream_read(call, buf, size) : -EINVAL;
}

ssize_t tl_session_write(struct tl_ctx *ctx, tl_session id, const void *buf, size_t len)
{
	struct core_call *call;
	int r;

	r = find_attached(ctx, id, &call);
	if (r < 0)
		return r;
	return len > 0 ? core_stream_write(call, buf, len) : -EINVAL;
}

/* Attached, and a call that a driver can be asked about. */
static int find_live(struct tl_ctx *ctx, tl_session id, struct core_call **ret_call)
{
	int r;

	r = find_attached(ctx, id, ret_call);
	if (r < 0)
		return r;
	if ((*ret_call)->stream.ended || (*ret_call)->dropping)
		return (*ret_call)->record.cause.origin == TL_ORIGIN_DEVICE_GONE ? -ENODEV
										 : -ENOTCONN;
	return 0;
}

int tl_session_send_break(struct tl_ctx *ctx, tl_session id, uint32_t ms)
{
	struct core_call *call;
	int r;

	if (ms == 0 || ms > TL_BREAK_MAX_MS)
		return -EINVAL;
	r = find_live(ctx, id, &call);
	if (r < 0)
		return r;
	if (call->record.state != TL_CALL_CONNECTED || !call->line->driver)
		return -EAGAIN;
	if (!call->line->ops->send_break)
		return -EOPNOTSUPP;
	return call->line->ops->send_break(call->line->driver, ms);
}

int tl_session_lend(struct tl_ctx *ctx, tl_session id, int *ret_fd)
{
	struct core_call *call;
	int r;

	r = find_live(ctx, id, &call);
	return r < 0 ? r : core_stream_lend(call, ret_fd);
}

/* To command state or back; one at a time. */
static int change_mode(struct tl_ctx *ctx, tl_session id, bool escape, uint64_t *ret_op)
{
	int (*change)(void *driver);
	struct core_request *request;
	struct core_call *call;
	int r;

	r = find_live(ctx, id, &call);
	if (r < 0)
		return r;
	if (call->record.state != TL_CALL_CONNECTED || !call->line->driver || call->stream.lent ||
	    !hal_list_empty(&call->modes))
		return -EBUSY;
	change = escape ? call->line->ops->escape : call->line->ops->resume;
	if (!change)
		return -EOPNOTSUPP;
	r = core_request_new(call->stream.attached->client, call->line, id, &request);
	if (r < 0)
		return r;
	r = change(call->line->driver);
	if (r < 0) {
		core_request_withdraw(request);
		return r;
	}
	hal_list_append(&call->modes, &request->of_target);
	if (ret_op)
		*ret_op = request->event.op;
	return 0;
}

int tl_session_escape(struct tl_ctx *ctx, tl_session id, uint64_t *ret_op)
{
	return change_mode(ctx, id, true, ret_op);
}

int tl_session_resume(struct tl_ctx *ctx, tl_session id, uint64_t *ret_op)
{
	return change_mode(ctx, id, false, ret_op);
}
