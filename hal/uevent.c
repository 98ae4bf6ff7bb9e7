/* SPDX-License-Identifier: MIT */
#include "hal/uevent.h"

#include <errno.h>

static enum hal_uevent_action parse_action(struct hal_slice text)
{
	static const struct {
		const char *name;
		enum hal_uevent_action action;
	} actions[] = {
		{"add", HAL_UEVENT_ADD},     {"remove", HAL_UEVENT_REMOVE},
		{"bind", HAL_UEVENT_CHANGE}, {"change", HAL_UEVENT_CHANGE},
		{"move", HAL_UEVENT_CHANGE}, {"online", HAL_UEVENT_CHANGE},
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (hal_slice_eq(text, hal_slice_str(actions[i].name)))
			return actions[i].action;
	return HAL_UEVENT_OTHER;
}

/* Neither control characters nor a way out of the folder that it is below of. */
static bool is_path(struct hal_slice path)
{
	struct hal_slice name;

	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.data[i] < ' ' || path.data[i] == 0x7f)
			return false;
	while (hal_slice_token(&path, '/', &name))
		if (hal_slice_eq(name, HAL_SLICE("..")))
			return false;
	return true;
}

static bool parse_head(struct hal_slice head, struct hal_uevent *event)
{
	struct hal_slice action;

	if (!hal_slice_token(&head, '@', &action) || action.len == 0)
		return false;
	event->action = parse_action(action);
	event->devpath = head;
	return hal_slice_starts(head, HAL_SLICE("/")) && is_path(head);
}

int hal_uevent_parse(struct hal_slice message, struct hal_uevent *ret_event)
{
	struct hal_uevent event = {0};
	struct hal_slice line, key;

	/* The last byte is a NUL, or the last line is cut. */
	if (message.len == 0 || message.data[message.len - 1] != '\0')
		return -EINVAL;
	message.len--;
	if (!hal_slice_token(&message, '\0', &line) || !parse_head(line, &event))
		return -EINVAL;
	while (hal_slice_token(&message, '\0', &line)) {
		if (!hal_slice_token(&line, '=', &key))
			continue;
		if (hal_slice_eq(key, HAL_SLICE("SUBSYSTEM")))
			event.subsystem = line;
		else if (hal_slice_eq(key, HAL_SLICE("DEVNAME")))
			event.devname = line;
	}
	if (!is_path(event.devname))
		return -EINVAL;
	*ret_event = event;
	return 0;
}
