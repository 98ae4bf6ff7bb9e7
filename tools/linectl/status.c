/* SPDX-License-Identifier: MIT */
/* Lines at a glance, and what they can do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/line.h"
#include "tools/linectl/session.h"
#include "tools/varlink/json.h"

/* The session of ours on the call that is on the line; NULL: it is others' call, or there is none.
 */
static struct json_object *find_session(struct json_object *sessions, struct json_object *line)
{
	int64_t call = field_int(line, "call");

	for (size_t i = 0; i < field_count(sessions) && call; i++)
		if (field_int(field_at(sessions, i), "call") == call)
			return field_at(sessions, i);
	return NULL;
}

static void print_call(const struct output *output, struct json_object *line,
		       struct json_object *session)
{
	bool in = strcmp(field_text(line, "call_direction"), "in") == 0;
	const char *owner = field_text(line, "owner");
	const char *peer = session ? field_text(session, in ? "caller" : "called")
				   : field_text(line, "caller");
	char age[24];

	if (field_int(line, "call") == 0)
		return;
	output_row(output, "call", "%" PRId64 ", %s%s%s, %s, %s for %s", field_int(line, "call"),
		   in ? "incoming" : "outgoing", *peer ? (in ? " from " : " to ") : "", peer,
		   field_text(line, "call_media"), field_text(line, "call_state"),
		   output_age(field_int(line, "call_since_boot_us"), age, sizeof(age)));
	output_row(output, "owner", "%s%s%s", *owner ? owner : "nobody",
		   session ? ", session " : "", session ? field_text(session, "session") : "");
}

static void print_modem(const struct output *output, struct json_object *line)
{
	const char *texts[] = {field_text(line, "manufacturer"), field_text(line, "model")};
	const char *number = field_text(line, "number");

	output_row(output, "device", "%s", field_text(line, "device"));
	output_row(output, "modem", "%s%s%s", texts[0], *texts[0] && *texts[1] ? " " : "",
		   texts[1]);
	output_row(output, "number", "%s", number);
}

static void print_status(const struct output *output, struct json_object *line,
			 struct json_object *sessions)
{
	/* Each attempt begins a state anew: since when it has been so is told below. */
	bool faulty = *field_text(line, "fault");
	bool color = output->color_out;
	char state[OUTPUT_CELL_MAX];
	char age[24];

	fprintf(output->out, "%s%s%s: %s%s%s%s%s\n", output_begin(color, OUTPUT_BOLD),
		field_text(line, "name"), output_end(color, OUTPUT_BOLD),
		output_begin(color, line_style(line)), line_state(line, state, sizeof(state)),
		output_end(color, line_style(line)), faulty ? "" : " for ",
		faulty ? "" : output_age(field_int(line, "since_boot_us"), age, sizeof(age)));
	print_modem(output, line);
	print_call(output, line, find_session(sessions, line));
	output_row(output, "why", "%s", field_text(line, "why"));
	line_print_fault(output, line);
	if (*field_text(line, "error"))
		output_row(output, "remedy", "'linectl doctor %s' looks for one",
			   field_text(line, "name"));
}

/* Sessions on other lines are left out where one line is asked for. */
static struct json_object *pick_sessions(struct json_object *sessions, struct json_object *line)
{
	struct json_object *picked = json_object_new_array();

	for (size_t i = 0; picked && i < field_count(sessions); i++) {
		struct json_object *session = field_at(sessions, i);

		if (line && strcmp(field_text(session, "line"), field_text(line, "line")) != 0)
			continue;
		if (varlink_array_add(picked, json_object_get(session)) < 0) {
			json_object_put(picked);
			return NULL;
		}
	}
	return picked;
}

static enum status print_json(const struct app *app, struct json_object *lines,
			      struct json_object *sessions, bool one)
{
	struct json_object *object;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put(&b, "lines", json_object_get(lines));
	varlink_put(&b, "sessions", pick_sessions(sessions, one ? field_at(lines, 0) : NULL));
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

static enum status print_all(const struct app *app, struct json_object *lines,
			     struct json_object *sessions, bool one)
{
	if (app->output.json)
		return print_json(app, lines, sessions, one);
	for (size_t i = 0; i < field_count(lines); i++) {
		if (i > 0)
			fputc('\n', app->output.out);
		print_status(&app->output, field_at(lines, i), sessions);
	}
	if (field_count(lines) == 0)
		line_tell_none(&app->output);
	return STATUS_OK;
}

enum status status_run(struct app *app, const char **args)
{
	struct varlink_reply sessions = {0};
	struct varlink_reply lines = {0};
	enum status status;

	status = connect_call(app, args[0], "ListLines", line_params(args[0]), &lines);
	if (status == STATUS_OK)
		status = connect_call(app, NULL, "ListSessions", json_object_new_object(),
				      &sessions);
	if (status == STATUS_OK)
		status = print_all(app, field_get(lines.params, "lines"),
				   field_get(sessions.params, "sessions"), args[0]);
	if (status == STATUS_OK)
		status = line_status(app, field_get(lines.params, "lines"));
	varlink_reply_clear(&sessions);
	varlink_reply_clear(&lines);
	return status;
}

/* ---- caps ---- */

static const struct {
	const char *name;
	const char *meaning;
} proofs[] = {
	{"no-carrier", "the modem says so, at the end of data calls"},
	{"dcd", "the modem line DCD falls"},
	{"vls", "the modem tells the state of the line, of voice calls (+VLS?)"},
	{"call-log", "the modem's log of the call (AT#UD)"},
	{"ato", "nothing to go back online to, after data calls (ATO)"},
};

static const char *proof_meaning(const char *name)
{
	for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++)
		if (strcmp(proofs[i].name, name) == 0)
			return proofs[i].meaning;
	return "";
}

static void print_caps(const struct output *output, struct json_object *line)
{
	struct json_object *found = field_get(line, "proofs");
	const char *label = "proofs";

	output_row(output, "line", "%s, driver %s", field_text(line, "name"),
		   field_text(line, "driver"));
	if (*field_text(line, "model"))
		output_row(output, "modem", "%s %s %s", field_text(line, "manufacturer"),
			   field_text(line, "model"), field_text(line, "revision"));
	line_print_media(output, field_get(line, "media"));
	output_row(output, "caller id", "%s", field_bool(line, "caller_id") ? "yes" : "no");
	output_row(output, "hold", "%s", field_bool(line, "can_hold") ? "yes" : "no");
	output_row(output, "DTR, DCD", "%s", field_bool(line, "modem_lines") ? "yes" : "no");
	for (size_t i = 0; i < field_count(found); i++) {
		const char *name = json_object_get_string(field_at(found, i));

		output_row(output, label, "%-10s  %s", name, proof_meaning(name));
		label = "";
	}
	if (field_count(field_get(line, "media")) == 0)
		output_remark(output, "%s: what is not known yet is told as no: %s",
			      field_text(line, "name"), field_text(line, "state"));
}

static enum status print_caps_json(const struct app *app, struct json_object *line)
{
	static const char *const keys[] = {"name",	  "driver", "manufacturer", "model",
					   "revision",	  "media",  "caller_id",    "can_hold",
					   "modem_lines", "proofs"};
	struct json_object *object;
	struct varlink_build b;

	varlink_build_start(&b);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (field_get(line, keys[i]))
			varlink_put(&b, keys[i], json_object_get(field_get(line, keys[i])));
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

enum status status_caps(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *line;
	enum status status;

	status = connect_call(app, args[0], "ListLines", line_params(args[0]), &reply);
	if (status != STATUS_OK)
		return status;
	line = field_at(field_get(reply.params, "lines"), 0);
	if (app->output.json)
		status = print_caps_json(app, line);
	else
		print_caps(&app->output, line);
	if (status == STATUS_OK)
		status = line_status(app, field_get(reply.params, "lines"));
	varlink_reply_clear(&reply);
	return status;
}
