/* SPDX-License-Identifier: MIT */
#include "core/hotplug.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/identity.h"
#include "core/line.h"

static bool is_at_rest(const struct core_line *line)
{
	switch (line->state) {
	case TL_LINE_ABSENT:
	case TL_LINE_FAULTY:
	case TL_LINE_GONE:
		return !line->driver;
	case TL_LINE_OPENING:
	case TL_LINE_PROBING:
	case TL_LINE_READY:
	case TL_LINE_IN_USE:
		break;
	}
	return false;
}

static void come(struct core_line *line, const struct hal_device *device)
{
	struct tl_ctx *ctx = line->ctx;

	/* Nobody has told that the one before has gone. */
	if (line->driver && !core_identity_is(line, device) &&
	    !hal_hotplug_exists(ctx->hotplug, &line->device))
		core_line_gone(line);
	if (!is_at_rest(line))
		return;
	line->retry_s = 0;
	/* Ports of a device come one after the other: a better one than this may follow. */
	if (core_identity_is_exact(line, device) || device->role == HAL_DEVICE_ROLE_AT)
		core_line_attach(line);
	else
		core_line_attach_after(line, CORE_HOTPLUG_SETTLE_MS);
}

static void go(struct core_line *line)
{
	if (line->state == TL_LINE_GONE || line->state == TL_LINE_ABSENT)
		return;
	core_line_gone(line);
}

/* A name for the line of a marked device: its own, else the place, as far as lines may have it. */
static void make_name(const struct hal_device *device, char *name, size_t size)
{
	const char *from = device->name;

	if (!*from)
		from = device->place[0] ? device->place : strrchr(device->node, '/') + 1;
	core_text_copy(name, size, from);
	for (char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    *c))
			*c = '-';
}

/* All ports of one USB device are one line. */
static void make_device(const struct hal_device *device, char *text, size_t size)
{
	const char *colon = strrchr(device->place, ':');

	if (colon)
		(void)snprintf(text, size, "id-path:%.*s", (int)(colon - device->place),
			       device->place);
	else
		core_text_copy(text, size, device->node);
}

static int add_line(struct tl_ctx *ctx, const struct hal_device *device, const char *name)
{
	struct tl_line_params *params = tl_line_params_new();
	char text[CORE_PATH_MAX];
	tl_line line;
	int r;

	if (!params)
		return -ENOMEM;
	make_device(device, text, sizeof(text));
	r = tl_line_params_set(params, "name", name, NULL);
	if (r == 0)
		r = tl_line_params_set(params, "device", text, NULL);
	if (r == 0)
		r = tl_line_add(ctx, params, &line);
	(void)tl_line_params_free(params);
	return r;
}

static void claim(struct tl_ctx *ctx, const struct hal_device *device)
{
	char name[CORE_NAME_MAX];
	int r;

	make_name(device, name, sizeof(name));
	r = add_line(ctx, device, name);
	if (r < 0)
		hal_warning(&ctx->log, name, "%s is marked, but cannot become a line: %s",
			    device->node, strerror(-r));
	else
		hal_info(&ctx->log, name, "%s is marked: a line of its own", device->node);
}

static void on_add(struct tl_ctx *ctx, const struct hal_device *device)
{
	bool taken = false;
	struct hal_list *node;

	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		if (!core_identity_fits(line, device))
			continue;
		taken = true;
		come(line, device);
	}
	if (!taken && ctx->claims_marked && device->marked)
		claim(ctx, device);
}

static void on_remove(struct tl_ctx *ctx, const struct hal_device *device)
{
	struct hal_list *node;

	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		if (core_identity_is(line, device))
			go(line);
	}
}

static void on_missed(struct tl_ctx *ctx)
{
	struct hal_list *node;

	hal_list_for_each (node, &ctx->line_list) {
		struct core_line *line = HAL_CONTAINER_OF(node, struct core_line, node);

		if (!core_identity_is_network(line) &&
		    !hal_hotplug_exists(ctx->hotplug, &line->device))
			go(line);
	}
}

void core_hotplug_event(void *user, enum hal_hotplug_event event, const struct hal_device *device)
{
	struct tl_ctx *ctx = user;

	switch (event) {
	case HAL_HOTPLUG_ADD:
		on_add(ctx, device);
		break;
	case HAL_HOTPLUG_REMOVE:
		on_remove(ctx, device);
		break;
	case HAL_HOTPLUG_MISSED:
		on_missed(ctx);
		break;
	}
}

/* ---- hang-ups ---- */

static void hung_up(struct core_line *line)
{
	static const char why[] = "the port was hung up, its device is still there";
	/* A port that hangs up each time that it is opened waits as any other that fails. */
	bool again = line->retry_s > 0;

	if (line->hang_up.origin != TL_ORIGIN_NONE && line->call && !line->call->over) {
		core_call_end(line->call, &line->hang_up, NULL);
		core_drop_reopen(line->call);
		core_line_attach(line);
		return;
	}
	core_line_down(line, -EIO, why);
	if (!again)
		core_line_attach(line);
}

static void on_doubt(struct hal_timer *timer)
{
	struct core_line *line = HAL_CONTAINER_OF(timer, struct core_line, doubt);
	struct tl_ctx *ctx = line->ctx;

	if (!hal_hotplug_exists(ctx->hotplug, &line->device))
		core_line_gone(line);
	else if (hal_loop_now_us(ctx->loop) < line->doubt_until_us)
		hal_timer_arm_ms(ctx->loop, timer, CORE_HOTPLUG_LOOK_MS);
	else
		hung_up(line);
}

void core_hotplug_init_line(struct core_line *line)
{
	hal_timer_init(&line->doubt, on_doubt);
}

void core_hotplug_stop_line(struct core_line *line)
{
	hal_timer_cancel(line->ctx->loop, &line->doubt);
}

bool core_hotplug_doubts(struct core_line *line)
{
	struct tl_ctx *ctx = line->ctx;

	if (core_identity_is_network(line) || !ctx->hotplug ||
	    !hal_hotplug_exists(ctx->hotplug, &line->device))
		return false;
	/* At once: who holds the port keeps its name from being used again. */
	core_line_detach(line);
	if (line->call)
		core_drop_suspend(line->call);
	line->hang_up = (struct core_cause){0};
	core_line_set_state(line, TL_LINE_OPENING, 0, "the port was hung up");
	line->doubt_until_us =
		hal_loop_now_us(ctx->loop) + CORE_HOTPLUG_DOUBT_MS * HAL_USEC_PER_MSEC;
	hal_timer_arm_ms(ctx->loop, &line->doubt, CORE_HOTPLUG_LOOK_MS);
	return true;
}
