/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <trunkline/hotplug.h>

#include "core/ctx.h"
#include "core/hotplug.h"

static int need_hotplug(struct tl_ctx *ctx)
{
	if (ctx->hotplug)
		return 0;
	return hal_hotplug_new(ctx->loop, &ctx->log, ctx->machine, core_hotplug_event, ctx,
			       &ctx->hotplug);
}

int tl_hotplug_start(struct tl_ctx *ctx, enum tl_hotplug_feed feed, bool claim_marked)
{
	int r;

	if ((unsigned int)feed >= TL_HOTPLUG_COUNT)
		return -EINVAL;
	r = need_hotplug(ctx);
	if (r < 0)
		return r;
	ctx->claims_marked = claim_marked;
	(void)hal_hotplug_start(ctx->hotplug, (enum hal_hotplug_feed)feed);
	if (claim_marked)
		hal_hotplug_scan(ctx->hotplug);
	return 0;
}

enum tl_hotplug_feed tl_hotplug_get_feed(const struct tl_ctx *ctx)
{
	if (!ctx->hotplug)
		return TL_HOTPLUG_OFF;
	return (enum tl_hotplug_feed)hal_hotplug_get_feed(ctx->hotplug);
}

int tl_hotplug_tell(struct tl_ctx *ctx, enum tl_hotplug_action action, const char *device,
		    const char *sysfs)
{
	int r;

	if (action != TL_HOTPLUG_ADD && action != TL_HOTPLUG_REMOVE)
		return -EINVAL;
	r = need_hotplug(ctx);
	if (r < 0)
		return r;
	return hal_hotplug_tell(ctx->hotplug,
				action == TL_HOTPLUG_ADD ? HAL_HOTPLUG_ADD : HAL_HOTPLUG_REMOVE,
				device, sysfs);
}
