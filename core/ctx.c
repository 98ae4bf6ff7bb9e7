/* SPDX-License-Identifier: MIT */
#include "core/ctx.h"

#include <errno.h>
#include <stdlib.h>

#include "core/client.h"
#include "core/event.h"
#include "core/line.h"
#include "hal/device.h"
#include "hal/hotplug.h"

static void on_wake(struct hal_work *work)
{
	/* Its queueing made the descriptor readable: that was all there is to do. */
	(void)work;
}

static void on_log(void *user, enum hal_log_level level, const char *line)
{
	struct tl_ctx *ctx = user;

	ctx->log_fn(ctx->log_user, (enum tl_log_level)level, line);
}

int core_ctx_new(const struct hal_clock *clock, const struct core_driver_set *drivers,
		 const struct hal_stream_provider *provider, struct tl_ctx **ret_ctx)
{
	struct tl_ctx *ctx = calloc(1, sizeof(*ctx));
	int r;

	if (!ctx)
		return -ENOMEM;
	ctx->clock = clock;
	ctx->drivers = drivers;
	ctx->provider = provider;
	ctx->machine = hal_machine_system();
	core_handles_init(&ctx->lines, CORE_KIND_LINE, TL_LINES_MAX);
	core_handles_init(&ctx->sessions, CORE_KIND_SESSION, TL_SESSIONS_MAX);
	core_handles_init(&ctx->clients, CORE_KIND_CLIENT, TL_CLIENTS_MAX);
	hal_list_init(&ctx->line_list);
	hal_list_init(&ctx->call_list);
	hal_list_init(&ctx->client_list);
	hal_list_init(&ctx->lost_list);
	hal_list_init(&ctx->events);
	hal_work_init(&ctx->wake, on_wake);
	r = hal_loop_new(clock, &ctx->loop);
	if (r < 0)
		goto fail;
	r = core_client_new(ctx, "self", &ctx->self);
	if (r < 0)
		goto fail;
	*ret_ctx = ctx;
	return 0;
fail:
	(void)tl_ctx_free(ctx);
	return r;
}

int tl_ctx_new(struct tl_ctx **ret_ctx)
{
	return core_ctx_new(hal_clock_real(), core_driver_set_builtin(), core_provider_builtin(),
			    ret_ctx);
}

struct tl_ctx *tl_ctx_free(struct tl_ctx *ctx)
{
	struct hal_list *node;

	if (!ctx)
		return NULL;
	while (!hal_list_empty(&ctx->line_list))
		core_line_free(HAL_CONTAINER_OF(ctx->line_list.next, struct core_line, node));
	while (!hal_list_empty(&ctx->client_list))
		core_client_free(HAL_CONTAINER_OF(ctx->client_list.next, struct core_client, node));
	while (!hal_list_empty(&ctx->call_list))
		core_call_free(HAL_CONTAINER_OF(ctx->call_list.next, struct core_call, node));
	while ((node = hal_list_pop(&ctx->events)))
		(void)tl_event_free(HAL_CONTAINER_OF(node, struct tl_event, node));
	hal_hotplug_free(ctx->hotplug);
	hal_work_cancel(&ctx->wake);
	hal_loop_free(ctx->loop);
	core_handles_fini(&ctx->lines);
	core_handles_fini(&ctx->sessions);
	core_handles_fini(&ctx->clients);
	free(ctx);
	return NULL;
}

int tl_ctx_get_fd(const struct tl_ctx *ctx)
{
	return hal_loop_get_fd(ctx->loop);
}

int tl_ctx_dispatch(struct tl_ctx *ctx)
{
	return tl_ctx_wait(ctx, 0);
}

int tl_ctx_wait(struct tl_ctx *ctx, int timeout_ms)
{
	int r;

	ctx->dispatching = true;
	r = hal_loop_wait(ctx->loop, timeout_ms);
	ctx->dispatching = false;
	return r < 0 ? r : 0;
}

void tl_ctx_set_log(struct tl_ctx *ctx, tl_log_fn fn, void *user, enum tl_log_level level,
		    bool personal)
{
	ctx->log_fn = fn;
	ctx->log_user = user;
	ctx->log = (struct hal_log){
		.fn = fn ? on_log : NULL,
		.user = ctx,
		.level = (enum hal_log_level)level,
		.personal = personal,
	};
}

static bool is_counted_by_lines(enum tl_count count)
{
	return count == TL_COUNT_OFF_HOOK || count == TL_COUNT_TIMEOUTS_TOTAL ||
	       count == TL_COUNT_RESYNCS_TOTAL;
}

uint64_t tl_ctx_get_count(const struct tl_ctx *ctx, enum tl_count count)
{
	uint64_t n = 0;
	struct hal_list *node;

	if ((unsigned int)count >= TL_COUNT_COUNT)
		return 0;
	if (!is_counted_by_lines(count))
		return ctx->counts[count];
	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		core_line_count(line);
		n += core_line_is_off_hook(line);
	}
	return count == TL_COUNT_OFF_HOOK ? n : ctx->counts[count];
}
