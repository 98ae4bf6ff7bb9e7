/* SPDX-License-Identifier: MIT */
#include <trunkline/event.h>

#include "tools/lined/json.h"
#include "tools/varlink/json.h"

/* What the type has besides its subject. */
static void put_details(struct varlink_build *b, const struct tl_event *event)
{
	enum tl_call_state state = tl_event_get_call_state(event);
	bool ended = tl_event_get_disconnect(event) != TL_DISCONNECT_NONE;

	switch (tl_event_get_type(event)) {
	case TL_EVENT_CALL_STATE:
		varlink_put_string(b, "state", tl_call_state_name(state));
		varlink_put_string(b, "direction",
				   tl_direction_name(tl_event_get_direction(event)));
		if (ended) {
			varlink_put_string(b, "origin", tl_origin_name(tl_event_get_origin(event)));
			varlink_put_string(b, "disconnect",
					   tl_disconnect_name(tl_event_get_disconnect(event)));
		}
		break;
	case TL_EVENT_LINE_STATE:
		varlink_put_string(b, "state", tl_line_state_name(tl_event_get_line_state(event)));
		break;
	case TL_EVENT_SESSION_NEW:
		varlink_put_string(b, "privilege",
				   tl_privilege_name(tl_event_get_privilege(event)));
		break;
	case TL_EVENT_RING:
		varlink_put_int(b, "rings", tl_event_get_rings(event));
		break;
	case TL_EVENT_LOST:
		varlink_put_int(b, "count", (int64_t)tl_event_get_count(event));
		break;
	case TL_EVENT_CALL_INFO:
		varlink_put_int(b, "owners", tl_event_get_owners(event));
		varlink_put_int(b, "monitors", tl_event_get_monitors(event));
		break;
	case TL_EVENT_SESSION_EXPIRING:
		varlink_put_int(b, "seconds", (int64_t)tl_event_get_count(event));
		break;
	case TL_EVENT_LIMIT_NEAR:
		varlink_put_string(b, "limit", tl_limit_name(tl_event_get_limit(event)));
		varlink_put_int(b, "seconds", (int64_t)tl_event_get_count(event));
		break;
	case TL_EVENT_OP_DONE:
	case TL_EVENT_CALL_RECORD:
	case TL_EVENT_READABLE:
	case TL_EVENT_WRITABLE:
	case TL_EVENT_BREAK:
		break;
	}
}

struct json_object *json_event(const struct tl_event *event)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "type", tl_event_type_name(tl_event_get_type(event)));
	varlink_put_int(&b, "boot_us", (int64_t)tl_event_get_boot_us(event));
	varlink_put_int(&b, "wall_us", tl_event_get_wall_us(event));
	json_put_id(&b, "line", tl_event_get_line(event).id);
	varlink_put_text(&b, "line_name", tl_event_get_line_name(event));
	json_put_id(&b, "session", tl_event_get_session(event).id);
	varlink_put_count(&b, "call", (int64_t)tl_event_get_call(event));
	put_details(&b, event);
	varlink_put_text(&b, "text", tl_event_get_text(event));
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}
