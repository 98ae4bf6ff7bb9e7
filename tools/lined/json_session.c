/* SPDX-License-Identifier: MIT */
#include <json-c/json.h>
#include <stdio.h>
#include <trunkline/session.h>

#include "tools/lined/calls.h"
#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/varlink/json.h"

#define QUALITY_KEY_MAX 32

static void put_features(struct varlink_build *build, unsigned int features)
{
	struct json_object *array = json_object_new_array();

	varlink_put(build, "features", array);
	for (unsigned int i = 0; i < TL_FEATURE_COUNT && build->error == 0; i++) {
		enum tl_feature feature = (enum tl_feature)(1U << i);

		if (features & (unsigned int)feature)
			build->error = varlink_array_add(
				array, varlink_json_new_string(tl_feature_name(feature)));
	}
}

static void put_moments(struct varlink_build *build, const struct tl_session_info *info)
{
	struct varlink_build boot;
	struct varlink_build wall;
	struct json_object *object = NULL;

	varlink_build_start(&boot);
	varlink_build_start(&wall);
	for (int i = 0; i < TL_MOMENT_COUNT; i++) {
		enum tl_moment moment = (enum tl_moment)i;

		varlink_put_count(&boot, tl_moment_name(moment),
				  (int64_t)tl_session_info_boot_us(info, moment));
		varlink_put_count(&wall, tl_moment_name(moment),
				  tl_session_info_wall_us(info, moment));
	}
	varlink_put(build, "boot_us", varlink_build_end(&boot, &object) < 0 ? NULL : object);
	varlink_put(build, "wall_us", varlink_build_end(&wall, &object) < 0 ? NULL : object);
}

static struct json_object *drop_step(const struct tl_session_info *info, size_t step)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "name", tl_session_info_drop_name(info, step));
	varlink_put_string(&b, "result",
			   tl_drop_result_name(tl_session_info_drop_result(info, step)));
	varlink_put_text(&b, "answer", tl_session_info_drop_answer(info, step));
	varlink_put_text(&b, "proof", tl_session_info_drop_proof(info, step));
	varlink_put_int(&b, "ms", tl_session_info_drop_ms(info, step));
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

static void put_drop(struct varlink_build *build, const struct tl_session_info *info)
{
	struct json_object *array = json_object_new_array();

	varlink_put(build, "drop", array);
	for (size_t i = 0; i < tl_session_info_drop_steps(info) && build->error == 0; i++)
		build->error = varlink_array_add(array, drop_step(info, i));
}

static void put_identity(struct varlink_build *b, const struct lined *lined,
			 const struct tl_session_info *info)
{
	tl_client client = tl_session_info_client(info);

	json_put_id(b, "session", tl_session_info_session(info).id);
	json_put_id(b, "client", client.id);
	varlink_put_text(b, "holder", lined_holder_name(lined, client));
	varlink_put_bool(b, "kept", lined_find_user(lined, client) != NULL);
	json_put_id(b, "line", tl_session_info_line(info).id);
	varlink_put_string(b, "privilege", tl_privilege_name(tl_session_info_privilege(info)));
	put_features(b, tl_session_info_features(info));
	varlink_put_int(b, "owners", tl_session_info_owners(info));
	varlink_put_int(b, "monitors", tl_session_info_monitors(info));
	varlink_put_string(b, "state", tl_call_state_name(tl_session_info_state(info)));
	varlink_put_int(b, "state_since_us", (int64_t)tl_session_info_state_since_us(info));
	varlink_put_bool(b, "over", tl_session_info_is_over(info));
	varlink_put_bool(b, "final", tl_session_info_is_final(info));
}

/* Members are called as the library has it, with underscores. */
static void put_quality(struct varlink_build *build, const struct tl_session_info *info)
{
	struct json_object *object = NULL;
	struct varlink_build b;
	bool told = false;

	varlink_build_start(&b);
	for (int i = 0; i < TL_QUALITY_COUNT; i++) {
		enum tl_quality quality = (enum tl_quality)i;
		int64_t value = tl_session_info_quality(info, quality);
		char key[QUALITY_KEY_MAX];

		if (value < 0)
			continue;
		(void)snprintf(key, sizeof(key), "%s", tl_quality_name(quality)); /* fits */
		for (char *c = key; *c; c++)
			*c = *c == '-' ? '_' : *c;
		varlink_put_int(&b, key, value);
		told = true;
	}
	if (varlink_build_end(&b, &object) < 0)
		varlink_put(build, "quality", NULL);
	else if (told)
		varlink_put(build, "quality", object);
	else
		json_object_put(object);
}

static void put_call(struct varlink_build *b, const struct tl_session_info *info)
{
	varlink_put_string(b, "line_name", tl_session_info_line_name(info));
	varlink_put_int(b, "call", (int64_t)tl_session_info_call(info));
	varlink_put_string(b, "direction", tl_direction_name(tl_session_info_direction(info)));
	varlink_put_string(b, "media", tl_media_name(tl_session_info_media(info)));
	varlink_put_text(b, "called", tl_session_info_called(info));
	varlink_put_text(b, "caller", tl_session_info_caller(info));
	varlink_put_text(b, "caller_name", tl_session_info_caller_name(info));
	varlink_put_count(b, "rings", tl_session_info_rings(info));
	put_moments(b, info);
	varlink_put_int(b, "duration_ms", (int64_t)tl_session_info_duration_ms(info));
	varlink_put_count(b, "rate", tl_session_info_rate(info));
	varlink_put_text(b, "modulation", tl_session_info_modulation(info));
	varlink_put_text(b, "error_control", tl_session_info_error_control(info));
	varlink_put_text(b, "compression", tl_session_info_compression(info));
	varlink_put_int(b, "bytes_in", (int64_t)tl_session_info_bytes_in(info));
	varlink_put_int(b, "bytes_out", (int64_t)tl_session_info_bytes_out(info));
	varlink_put_count(b, "bytes_unsent", (int64_t)tl_session_info_bytes_unsent(info));
	put_quality(b, info);
}

static void put_end(struct varlink_build *b, const struct tl_session_info *info)
{
	enum tl_cause_domain domain = tl_session_info_cause_domain(info);

	varlink_put_string(b, "origin", tl_origin_name(tl_session_info_origin(info)));
	varlink_put_string(b, "disconnect", tl_disconnect_name(tl_session_info_disconnect(info)));
	if (domain != TL_CAUSE_NONE)
		varlink_put_string(b, "cause_domain", tl_cause_domain_name(domain));
	varlink_put_text(b, "cause", tl_session_info_cause(info));
	varlink_put_text(b, "note", tl_session_info_note(info));
	put_drop(b, info);
}

int json_session(const struct lined *lined, tl_session session, struct json_object **ret_object)
{
	struct tl_session_info *info = NULL;
	struct varlink_build b;
	int r;

	r = tl_session_get_info(lined->ctx, session, &info);
	if (r < 0)
		return r;
	varlink_build_start(&b);
	put_identity(&b, lined, info);
	put_call(&b, info);
	varlink_put_count(&b, "max_duration", tl_session_info_limit(info, TL_LIMIT_DURATION));
	varlink_put_count(&b, "inactivity", tl_session_info_limit(info, TL_LIMIT_INACTIVITY));
	put_end(&b, info);
	tl_session_info_free(info);
	return varlink_build_end(&b, ret_object);
}

static void put_owners(struct varlink_build *b, const struct lined_call_owners *owners)
{
	struct json_object *array = json_object_new_array();

	varlink_put(b, "uids", array);
	for (size_t i = 0; i < owners->n && b->error == 0; i++)
		b->error = varlink_array_add(array, json_object_new_int64(owners->uids[i]));
}

int json_record(const struct tl_session_info *info, const struct lined_call_owners *owners,
		struct json_object **ret_object)
{
	struct varlink_build b;

	varlink_build_start(&b);
	put_call(&b, info);
	put_owners(&b, owners);
	put_end(&b, info);
	return varlink_build_end(&b, ret_object);
}
