/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/error.h>
#include <trunkline/line.h>

#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/varlink/json.h"

void json_put_id(struct varlink_build *build, const char *key, uint64_t id)
{
	char text[TL_ID_TEXT_MAX];

	if (id != 0)
		varlink_put_text(build, key, tl_id_format(id, text, sizeof(text)));
}

struct json_object *json_wrap(const char *key, struct json_object *value)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put(&b, key, value);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

static void put_media(struct varlink_build *build, const struct tl_line_info *info)
{
	struct json_object *media = json_object_new_array();

	varlink_put(build, "media", media);
	for (int i = 0; i < TL_MEDIA_COUNT && build->error == 0; i++) {
		enum tl_media medium = (enum tl_media)i;

		if (tl_line_info_can(info, medium))
			build->error = varlink_array_add(
				media, varlink_json_new_string(tl_media_name(medium)));
	}
}

static void put_aliases(struct varlink_build *build, const struct tl_line_info *info)
{
	struct json_object *aliases = json_object_new_array();
	const char *rest = tl_line_info_aliases(info);

	varlink_put(build, "aliases", aliases);
	while (*rest && build->error == 0) {
		size_t len = strcspn(rest, " ");
		char *word = strndup(rest, len);

		build->error =
			word ? varlink_array_add(aliases, varlink_json_new_string(word)) : -ENOMEM;
		free(word);
		rest += len + (rest[len] == ' ');
	}
}

static void put_proofs(struct varlink_build *build, const struct tl_line_info *info)
{
	struct json_object *proofs = json_object_new_array();

	varlink_put(build, "proofs", proofs);
	for (unsigned int i = 0; i < TL_PROOF_COUNT && build->error == 0; i++) {
		enum tl_proof proof = (enum tl_proof)(1U << i);

		if (tl_line_info_proofs(info) & (unsigned int)proof)
			build->error = varlink_array_add(
				proofs, varlink_json_new_string(tl_proof_name(proof)));
	}
}

/* What anybody may know of it: not with whom. */
static void put_call(struct varlink_build *b, const struct lined *lined,
		     const struct tl_line_info *info)
{
	if (tl_line_info_call(info) == 0)
		return;
	varlink_put_int(b, "call", (int64_t)tl_line_info_call(info));
	varlink_put_string(b, "call_state", tl_call_state_name(tl_line_info_call_state(info)));
	varlink_put_string(b, "call_direction",
			   tl_direction_name(tl_line_info_call_direction(info)));
	varlink_put_string(b, "call_media", tl_media_name(tl_line_info_call_media(info)));
	varlink_put_int(b, "call_since_boot_us", (int64_t)tl_line_info_call_since_boot_us(info));
	varlink_put_text(b, "owner", lined_holder_name(lined, tl_line_info_call_owner(info)));
}

static void put_fault(struct varlink_build *build, const struct tl_line_info *info)
{
	varlink_put_text(build, "fault", tl_line_info_fault(info));
	varlink_put_count(build, "fault_wall_us", tl_line_info_fault_wall_us(info));
	varlink_put_count(build, "attempts", tl_line_info_attempts(info));
	varlink_put_count(build, "retry_ms", (int64_t)tl_line_info_retry_ms(info));
}

static struct json_object *port(const struct tl_line_ports *ports, size_t i)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "path", tl_line_ports_path(ports, i));
	varlink_put_text(&b, "role", tl_line_ports_role(ports, i));
	varlink_put_bool(&b, "in_use", tl_line_ports_in_use(ports, i));
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

int json_line_ports(const struct lined *lined, tl_line line, struct json_object *target)
{
	struct json_object *array;
	struct tl_line_ports *ports;
	int r;

	r = tl_line_get_ports(lined->ctx, line, &ports);
	if (r < 0)
		return r;
	array = json_object_new_array();
	r = array ? 0 : -ENOMEM;
	for (size_t i = 0; i < tl_line_ports_count(ports) && r == 0; i++)
		r = varlink_array_add(array, port(ports, i));
	if (r == 0 && json_object_object_add(target, "ports", array) < 0)
		r = -ENOMEM;
	if (r < 0)
		json_object_put(array);
	(void)tl_line_ports_free(ports);
	return r;
}

int json_line(const struct lined *lined, tl_line line, struct json_object **ret_object)
{
	struct tl_line_info *info = NULL;
	struct varlink_build b;
	int r;

	r = tl_line_get_info(lined->ctx, line, &info);
	if (r < 0)
		return r;
	varlink_build_start(&b);
	json_put_id(&b, "line", tl_line_info_line(info).id);
	varlink_put_string(&b, "name", tl_line_info_name(info));
	put_aliases(&b, info);
	varlink_put_string(&b, "device", tl_line_info_device(info));
	varlink_put_string(&b, "driver", tl_line_info_driver(info));
	varlink_put_text(&b, "number", tl_line_info_number(info));
	varlink_put_string(&b, "state", tl_line_state_name(tl_line_info_state(info)));
	varlink_put_text(&b, "why", tl_line_info_why(info));
	if (tl_line_info_error(info) < 0)
		varlink_put_string(&b, "error", tl_error_name(tl_line_info_error(info)));
	varlink_put_int(&b, "since_boot_us", (int64_t)tl_line_info_since_boot_us(info));
	varlink_put_count(&b, "since_wall_us", tl_line_info_since_wall_us(info));
	put_fault(&b, info);
	varlink_put_text(&b, "manufacturer", tl_line_info_manufacturer(info));
	varlink_put_text(&b, "model", tl_line_info_model(info));
	varlink_put_text(&b, "revision", tl_line_info_revision(info));
	put_media(&b, info);
	varlink_put_bool(&b, "modem_lines", tl_line_info_has_modem_lines(info));
	varlink_put_bool(&b, "caller_id", tl_line_info_has_caller_id(info));
	varlink_put_bool(&b, "can_hold", tl_line_info_can_hold(info));
	put_proofs(&b, info);
	varlink_put_count(&b, "rings", tl_line_info_rings(info));
	varlink_put_text(&b, "caller", tl_line_info_caller(info));
	varlink_put_text(&b, "caller_name", tl_line_info_caller_name(info));
	put_call(&b, lined, info);
	varlink_put_int(&b, "calls_total", (int64_t)tl_line_info_calls_total(info));
	tl_line_info_free(info);
	return varlink_build_end(&b, ret_object);
}
