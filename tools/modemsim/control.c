/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/control.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

struct control {
	struct sim_site *site;
	struct sim_site_port *port; /* of commands with a NAME */
	struct hal_slice rest;	    /* what stands behind it */
	FILE *out;
	struct hal_error err;
};

struct control_command {
	const char *name;
	const char *synopsis;
	bool wants_name;
	int (*run)(struct control *control);
};

/* @return r, with err filled */
static int refuse(struct control *control, int r, const char *text)
{
	(void)snprintf(control->err.text, sizeof(control->err.text), "%s", text);
	return r;
}

static int run_fault(struct control *control)
{
	struct hal_slice rest = control->rest, word = {NULL, 0};
	struct sim_modem *modem = control->port->modem;
	struct sim_fault fault;
	enum sim_fault_kind kind;
	const char *why;

	if (hal_slice_eq(rest, HAL_SLICE("none"))) {
		sim_modem_clear_faults(modem);
		return 0;
	}
	(void)hal_slice_token(&rest, ' ', &word); /* no word is found nowhere */
	if (hal_slice_eq(hal_slice_trim(rest), HAL_SLICE("off")) &&
	    sim_fault_find(word, &kind) == 0) {
		sim_modem_clear_fault(modem, kind);
		return 0;
	}
	if (sim_fault_parse(control->rest, &fault, &why) < 0)
		return refuse(control, -EINVAL, why);
	sim_modem_set_fault(modem, &fault);
	return 0;
}

static int run_set(struct control *control)
{
	struct sim_modem_config config = {.options = *sim_modem_options(control->port->modem)};
	struct hal_slice value = control->rest, key = {NULL, 0};
	int r;

	(void)hal_slice_token(&value, '=', &key); /* no key is found nowhere */
	key = hal_slice_trim(key);
	r = sim_config_set_modem(&config, key, hal_slice_trim(value), &control->err);
	if (r < 0)
		return r;
	if (config.number[0] || config.tty[0] || config.on_tcp || config.fault_count > 0)
		return refuse(control, -EINVAL,
			      "number, tty, rfc2217 and fault cannot be set; faults have a command "
			      "of their own");
	sim_modem_set_options(control->port->modem, &config.options);
	return 0;
}

static int run_plug(struct control *control)
{
	int r = sim_site_plug(control->site, control->port, &control->err);

	return r == -EALREADY ? refuse(control, r, "it is plugged in") : r;
}

static int run_unplug(struct control *control)
{
	int r = sim_site_unplug(control->port);

	return r < 0 ? refuse(control, r, "it is not plugged in") : 0;
}

static int run_ring(struct control *control)
{
	int r = sim_exchange_ring(control->port->modem,
				  control->rest.len > 0 ? control->rest : HAL_SLICE("O"));

	if (r == -EBUSY)
		return refuse(control, r, "the line is in use");
	return r < 0 ? refuse(control, r, "the line is unplugged; write 'set NAME line=plugged'")
		     : 0;
}

static int run_hangup(struct control *control)
{
	int r = sim_exchange_clear(control->port->modem);

	return r < 0 ? refuse(control, r, "there is no call") : 0;
}

static int run_retrain(struct control *control)
{
	int r = sim_modem_retrain(control->port->modem);

	return r < 0 ? refuse(control, r, "there is no data call") : 0;
}

struct counter {
	const char *name;
	uint64_t value;
};

static int add_counters(struct json_object *json, const struct counter *counters, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count; i++)
		r |= json_object_object_add(json, counters[i].name,
					    json_object_new_uint64(counters[i].value));
	return r;
}

static int add_stats(struct json_object *json, const struct sim_modem_stats *stats)
{
	const struct counter counters[] = {
		{"commands", stats->commands}, {"rings", stats->rings},
		{"dialled", stats->dialled},   {"answered", stats->answered},
		{"connects", stats->connects}, {"bytes_tx", stats->bytes_tx},
		{"bytes_rx", stats->bytes_rx}, {"lost", stats->lost},
	};

	return add_counters(json, counters, sizeof(counters) / sizeof(counters[0]));
}

static int add_link(struct json_object *json, const struct sim_link *link)
{
	const struct counter counters[] = {
		{"tx", link->tx},
		{"rx", link->rx},
		{"lost_tx", link->lost_tx},
		{"lost_rx", link->lost_rx},
		{"frames_tx", link->frames_tx},
		{"frames_rx", link->frames_rx},
		{"errors_tx", link->errors_tx},
		{"errors_rx", link->errors_rx},
		{"flipped", link->flipped},
		{"dropped", link->dropped},
		{"retrains_asked", link->retrains_asked},
		{"retrains_granted", link->retrains_granted},
		{"renegotiations", link->renegotiations},
	};
	struct json_object *object = json_object_new_object();
	int r;

	if (!object)
		return -ENOMEM;
	r = json_object_object_add(json, "link", object);
	if (r < 0)
		json_object_put(object);
	return r < 0 ? r : add_counters(object, counters, sizeof(counters) / sizeof(counters[0]));
}

static int show_port(struct control *control, const struct sim_site_port *port)
{
	const struct sim_modem *modem = port->modem;
	struct json_object *json = json_object_new_object();
	bool plugged = sim_modem_has_stream(modem);
	const char *path = plugged && port->link[0] ? port->link : port->path;
	int r = 0;

	if (!json)
		return refuse(control, -ENOMEM, "out of memory");
	r |= json_object_object_add(json, "name",
				    json_object_new_string(sim_modem_options(modem)->name));
	r |= json_object_object_add(json, "number",
				    json_object_new_string(sim_modem_number(modem)));
	r |= json_object_object_add(json, "path", json_object_new_string(path));
	r |= json_object_object_add(json, "plugged", json_object_new_boolean(plugged));
	r |= json_object_object_add(json, "state",
				    json_object_new_string(sim_modem_state_name(modem)));
	r |= json_object_object_add(json, "off_hook",
				    json_object_new_boolean(sim_modem_is_off_hook(modem)));
	r |= json_object_object_add(json, "holding",
				    json_object_new_boolean(sim_modem_is_holding(modem)));
	r |= json_object_object_add(json, "ringing",
				    json_object_new_boolean(sim_modem_is_ringing(modem)));
	r |= json_object_object_add(json, "connected",
				    json_object_new_boolean(sim_modem_is_connected(modem)));
	r |= add_stats(json, sim_modem_stats(modem));
	r |= add_link(json, sim_modem_link(modem));
	if (r == 0)
		fprintf(control->out, "%s\n",
			json_object_to_json_string_ext(
				json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
	return r == 0 ? 0 : refuse(control, -ENOMEM, "out of memory");
}

static int run_show(struct control *control)
{
	int r = 0;

	for (size_t i = 0; i < control->site->count && r == 0; i++)
		r = show_port(control, &control->site->ports[i]);
	return r;
}

static int run_help(struct control *control);

/* Its answer is written, the caller sees to the rest. */
static int run_quit(struct control *control)
{
	(void)control;
	return 0;
}

static const struct control_command commands[] = {
	{"fault",
	 "fault NAME KIND [MS] [on PREFIX | after N], fault NAME KIND off, fault NAME none", true,
	 run_fault},
	{"set", "set NAME KEY=VALUE", true, run_set},
	{"plug", "plug NAME", true, run_plug},
	{"unplug", "unplug NAME", true, run_unplug},
	{"ring", "ring NAME [NUMBER]", true, run_ring},
	{"hangup", "hangup NAME", true, run_hangup},
	{"retrain", "retrain NAME", true, run_retrain},
	{"show", "show", false, run_show},
	{"help", "help", false, run_help},
	{"quit", "quit", false, run_quit},
};

static int run_help(struct control *control)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(control->out, "%s\n", commands[i].synopsis);
	return 0;
}

static const struct control_command *find(struct hal_slice name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (hal_slice_eq(hal_slice_str(commands[i].name), name))
			return &commands[i];
	return NULL;
}

static int take_name(struct control *control, const struct control_command *command)
{
	struct hal_slice name;

	if (!hal_slice_token(&control->rest, ' ', &name) || name.len == 0) {
		(void)snprintf(control->err.text, sizeof(control->err.text),
			       "no name; write '%.120s'", command->synopsis);
		return -EINVAL;
	}
	control->rest = hal_slice_trim(control->rest);
	control->port = sim_site_find(control->site, name);
	if (control->port)
		return 0;
	(void)snprintf(control->err.text, sizeof(control->err.text),
		       "no modem '%.*s'; 'show' lists them", (int)(name.len < 64 ? name.len : 64),
		       name.data);
	return -EINVAL;
}

enum sim_control_result sim_control_run(struct sim_site *site, struct hal_slice line, FILE *out)
{
	struct control control = {.site = site, .out = out, .rest = hal_slice_trim(line)};
	const struct control_command *command;
	struct hal_slice name;
	int r;

	if (control.rest.len == 0 || control.rest.data[0] == '#')
		return SIM_CONTROL_GO_ON;
	(void)hal_slice_token(&control.rest, ' ', &name); /* there is one */
	control.rest = hal_slice_trim(control.rest);
	command = find(name);
	if (!command)
		r = refuse(&control, -EINVAL, "no such command; 'help' lists them");
	else
		r = command->wants_name ? take_name(&control, command) : 0;
	if (r == 0 && command)
		r = command->run(&control);
	if (r < 0)
		fprintf(out, "error: %s\n", control.err.text);
	else
		fprintf(out, "ok\n");
	(void)fflush(out); /* the reader has gone: so shall we, by SIGPIPE or end of file */
	return r == 0 && command && command->run == run_quit ? SIM_CONTROL_QUIT : SIM_CONTROL_GO_ON;
}
