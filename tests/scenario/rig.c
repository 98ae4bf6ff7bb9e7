/* SPDX-License-Identifier: MIT */
#include "tests/scenario/rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "hal/stream_mem.h"

#define WALL_START_US INT64_C(1700000000000000)

/* Who answers to the name at present. */
static struct rig_modem *modem_at(struct rig *rig, const char *path)
{
	for (size_t i = 0; i < RIG_MODEMS; i++) {
		struct rig_modem *modem = &rig->modems[i];

		if (modem->sim && !modem->absent && strcmp(modem->device.node, path) == 0)
			return modem;
	}
	return NULL;
}

static int list_devices(const struct hal_machine *machine, hal_device_fn fn, void *user)
{
	struct rig *rig = HAL_CONTAINER_OF(machine, struct rig, machine);

	for (size_t i = 0; i < RIG_MODEMS; i++)
		if (rig->modems[i].sim && !rig->modems[i].absent)
			fn(user, &rig->modems[i].device);
	return 0;
}

static int find_device(const struct hal_machine *machine, const char *node,
		       struct hal_device *ret_device)
{
	struct rig_modem *modem = modem_at(HAL_CONTAINER_OF(machine, struct rig, machine), node);

	if (!modem)
		return -ENOENT;
	*ret_device = modem->device;
	return 0;
}

static bool device_exists(const struct hal_machine *machine, const struct hal_device *device)
{
	return modem_at(HAL_CONTAINER_OF(machine, struct rig, machine), device->node) != NULL;
}

static bool device_is_usable(const struct hal_machine *machine, const struct hal_device *device)
{
	struct rig_modem *modem =
		modem_at(HAL_CONTAINER_OF(machine, struct rig, machine), device->node);

	return modem && !modem->locked;
}

static int open_stream(const struct hal_stream_provider *provider, struct hal_loop *loop,
		       const char *path, const struct hal_stream_config *config,
		       struct hal_error *err, struct hal_stream **ret_stream)
{
	struct rig *rig = HAL_CONTAINER_OF(provider, struct rig, provider);
	struct rig_modem *modem = modem_at(rig, path);
	struct hal_stream_mem_limits limits = {0};
	struct hal_stream *ours;
	int r;

	(void)config;
	if (!modem || modem->locked) {
		(void)snprintf(err->text, sizeof(err->text),
			       modem ? "no permission to open %s" : "%s does not exist", path);
		return modem ? -EACCES : -ENOENT;
	}
	limits.without_lines = modem->without_lines;
	limits.max_read = modem->byte_by_byte;
	limits.max_write = modem->byte_by_byte;
	r = hal_stream_mem_pair(loop, &limits, &ours, &modem->stream);
	if (r < 0) {
		(void)snprintf(err->text, sizeof(err->text), "out of memory");
		return r;
	}
	if (sim_modem_has_stream(modem->sim))
		sim_modem_detach(modem->sim);
	cr_assert_eq(sim_modem_attach(modem->sim, modem->stream), 0);
	*ret_stream = ours;
	return 0;
}

static void print_log(void *user, enum tl_log_level level, const char *line)
{
	struct rig *rig = user;

	(void)level;
	(void)fprintf(stderr, "%10.3f %s\n", (double)rig->clock.now_us / 1e6, line);
}

static void add_modem(struct rig *rig, size_t index, const struct rig_options *options)
{
	struct sim_modem_options sim = SIM_MODEM_OPTIONS_DEFAULT;
	struct rig_modem *modem = &rig->modems[index];
	char number[8];

	(void)snprintf(number, sizeof(number), "%zu", 101 + index);
	sim.voice = options->voice;
	sim.says_vcon = options->says_vcon;
	sim.flash_holds = options->flash_holds;
	sim.no_diagnostics = options->no_diagnostics;
	sim.online_error = options->online_error;
	if (!options->without_lines)
		sim.set_inputs = hal_stream_mem_set_inputs;
	modem->without_lines = options->without_lines;
	modem->device = (struct hal_device){.interface = 0, .node = {(char)('a' + index)}};
	(void)snprintf(modem->device.place, sizeof(modem->device.place), "usb-0:%zu:1.0",
		       index + 1);
	cr_assert_eq(sim_modem_new(rig->exchange, number, NULL, &sim, &modem->sim), 0);
}

void rig_init_bare(struct rig *rig, const struct rig_options *options)
{
	static const struct rig_options defaults;
	static const struct sim_number answering = {.pattern = "300",
						    .service = SIM_SERVICE_ANSWER};
	bool verbose = getenv("RIG_TRACE") != NULL;

	if (!options)
		options = &defaults;
	*rig = (struct rig){
		.provider = {.open = open_stream},
		.machine = {list_devices, find_device, device_exists, device_is_usable},
	};
	hal_clock_virtual_init(&rig->clock, HAL_USEC_PER_SEC, WALL_START_US);
	cr_assert_eq(core_ctx_new(&rig->clock.clock, core_driver_set_builtin(), &rig->provider,
				  &rig->ctx),
		     0);
	rig->ctx->machine = &rig->machine;
	if (verbose)
		tl_ctx_set_log(rig->ctx, print_log, rig, TL_LOG_TRACE, true);
	cr_assert_eq(sim_exchange_new(rig->ctx->loop, &rig->log, &rig->exchange), 0);
	cr_assert_eq(sim_exchange_add_number(rig->exchange, &answering), 0);
	cr_assert_eq(tl_client_watch(rig->ctx, tl_ctx_get_client(rig->ctx), true), 0);
	for (size_t i = 0; i < (options->modems ? options->modems : 2); i++)
		add_modem(rig, i, options);
}

tl_line rig_add_line(struct rig *rig, size_t index, const char *key, const char *value)
{
	struct tl_line_params *params = tl_line_params_new();
	char name[2] = {(char)('a' + index), '\0'};
	const char *why = "";

	cr_assert_eq(tl_line_params_set(params, "name", name, &why), 0);
	cr_assert_eq(tl_line_params_set(params, "device", name, &why), 0);
	if (key)
		cr_assert_eq(tl_line_params_set(params, key, value, &why), 0, "%s", why);
	cr_assert_eq(tl_line_add(rig->ctx, params, &rig->modems[index].line), 0);
	(void)tl_line_params_free(params);
	return rig->modems[index].line;
}

tl_line rig_add_device(struct rig *rig, const char *device)
{
	struct tl_line_params *params = tl_line_params_new();
	tl_line line;

	cr_assert_eq(tl_line_params_set(params, "name", "x", NULL), 0);
	cr_assert_eq(tl_line_params_set(params, "device", device, NULL), 0);
	cr_assert_eq(tl_line_add(rig->ctx, params, &line), 0);
	(void)tl_line_params_free(params);
	return line;
}

void rig_init(struct rig *rig, const struct rig_options *options)
{
	rig_init_bare(rig, options);
	for (size_t i = 0; i < RIG_MODEMS && rig->modems[i].sim; i++) {
		tl_line line = rig_add_line(rig, i, NULL, NULL);

		cr_assert(rig_until_line(rig, line, TL_LINE_READY, 10000));
	}
}

static void fetch(struct rig *rig)
{
	struct tl_event *event;

	while (tl_ctx_next_event(rig->ctx, &event) > 0) {
		if (rig->n_events < RIG_EVENTS) {
			rig->events[rig->n_events++] = event;
		} else {
			rig->n_dropped++;
			(void)tl_event_free(event);
		}
	}
}

static void clear_events(struct rig *rig)
{
	for (size_t i = 0; i < rig->n_events; i++)
		(void)tl_event_free(rig->events[i]);
	rig->n_events = 0;
}

void rig_fini(struct rig *rig)
{
	static const enum tl_count gauges[] = {TL_COUNT_CALLS, TL_COUNT_SESSIONS, TL_COUNT_REQUESTS,
					       TL_COUNT_EVENTS, TL_COUNT_OFF_HOOK};
	tl_line *lines;
	size_t n;

	fetch(rig);
	clear_events(rig);
	cr_assert_eq(tl_line_list(rig->ctx, &lines, &n), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(tl_line_remove(rig->ctx, lines[i]), 0);
	free(lines);
	fetch(rig);
	clear_events(rig);
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		cr_assert_eq(tl_ctx_get_count(rig->ctx, gauges[i]), 0, "%s is %lu",
			     tl_count_name(gauges[i]),
			     (unsigned long)tl_ctx_get_count(rig->ctx, gauges[i]));
	for (size_t i = 0; i < RIG_MODEMS; i++)
		sim_modem_free(rig->modems[i].sim);
	sim_exchange_free(rig->exchange);
	rig->ctx = tl_ctx_free(rig->ctx);
}

struct condition {
	struct rig *rig;
	bool (*holds)(const struct condition *condition);
	tl_session session;
	tl_line line;
	unsigned int state;
	uint64_t op;
	size_t modem;
	bool (*user_holds)(void *user);
	void *user;
};

static bool never(const struct condition *condition)
{
	(void)condition;
	return false;
}

static bool stop(void *user)
{
	struct condition *condition = user;

	fetch(condition->rig);
	return condition->holds(condition);
}

static bool run(struct rig *rig, struct condition *condition, uint64_t ms)
{
	condition->rig = rig;
	if (stop(condition))
		return true;
	(void)hal_loop_run_virtual(rig->ctx->loop, &rig->clock,
				   rig->clock.now_us + ms * HAL_USEC_PER_MSEC, stop, condition);
	return stop(condition);
}

void rig_run_ms(struct rig *rig, uint64_t ms)
{
	struct condition condition = {.holds = never};
	uint64_t end = rig->clock.now_us + ms * HAL_USEC_PER_MSEC;

	(void)run(rig, &condition, ms);
	/* The loop stops early when nothing is left to do. */
	if (rig->clock.now_us < end)
		hal_clock_virtual_set(&rig->clock, end);
}

enum tl_call_state rig_state(struct rig *rig, tl_session session)
{
	struct tl_session_info *info = rig_info(rig, session);
	enum tl_call_state state = tl_session_info_state(info);

	(void)tl_session_info_free(info);
	return state;
}

enum tl_line_state rig_line_state(struct rig *rig, tl_line line)
{
	struct tl_line_info *info;
	enum tl_line_state state;

	cr_assert_eq(tl_line_get_info(rig->ctx, line, &info), 0);
	state = tl_line_info_state(info);
	(void)tl_line_info_free(info);
	return state;
}

static bool call_is(const struct condition *condition)
{
	return rig_state(condition->rig, condition->session) ==
	       (enum tl_call_state)condition->state;
}

bool rig_until_call(struct rig *rig, tl_session session, enum tl_call_state state, uint64_t ms)
{
	struct condition condition = {.holds = call_is, .session = session, .state = state};

	return run(rig, &condition, ms);
}

static bool line_is(const struct condition *condition)
{
	return rig_line_state(condition->rig, condition->line) ==
	       (enum tl_line_state)condition->state;
}

bool rig_until_line(struct rig *rig, tl_line line, enum tl_line_state state, uint64_t ms)
{
	struct condition condition = {.holds = line_is, .line = line, .state = state};

	return run(rig, &condition, ms);
}

static bool is_over(const struct condition *condition)
{
	struct tl_session_info *info = rig_info(condition->rig, condition->session);
	bool over = tl_session_info_is_over(info);

	(void)tl_session_info_free(info);
	return over;
}

bool rig_until_over(struct rig *rig, tl_session session, uint64_t ms)
{
	struct condition condition = {.holds = is_over, .session = session};

	return run(rig, &condition, ms);
}

static bool is_on_hook(const struct condition *condition)
{
	return !rig_is_off_hook(condition->rig, condition->modem);
}

bool rig_until_on_hook(struct rig *rig, size_t index, uint64_t ms)
{
	struct condition condition = {.holds = is_on_hook, .modem = index};

	return run(rig, &condition, ms);
}

static bool user_says(const struct condition *condition)
{
	return condition->user_holds(condition->user);
}

bool rig_until(struct rig *rig, bool (*holds)(void *user), void *user, uint64_t ms)
{
	struct condition condition = {.holds = user_says, .user_holds = holds, .user = user};

	return run(rig, &condition, ms);
}

const struct tl_event *rig_completion(const struct rig *rig, uint64_t op)
{
	const struct tl_event *found = NULL;

	for (size_t i = 0; i < rig->n_events; i++) {
		if (tl_event_get_type(rig->events[i]) != TL_EVENT_OP_DONE ||
		    tl_event_get_op(rig->events[i]) != op)
			continue;
		cr_assert_null(found, "operation %lu completed twice", (unsigned long)op);
		found = rig->events[i];
	}
	return found;
}

static bool has_completed(const struct condition *condition)
{
	return rig_completion(condition->rig, condition->op) != NULL;
}

int rig_op(struct rig *rig, uint64_t op, uint64_t ms)
{
	struct condition condition = {.holds = has_completed, .op = op};

	cr_assert(run(rig, &condition, ms), "operation %lu did not complete", (unsigned long)op);
	return tl_event_get_result(rig_completion(rig, op));
}

tl_session rig_new_session(const struct rig *rig, tl_client client)
{
	for (size_t i = rig->n_events; i-- > 0;)
		if (tl_event_get_type(rig->events[i]) == TL_EVENT_SESSION_NEW &&
		    tl_event_get_client(rig->events[i]).id == client.id)
			return tl_event_get_session(rig->events[i]);
	cr_assert_fail("no session was made for the client");
}

size_t rig_count(const struct rig *rig, enum tl_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++)
		n += tl_event_get_type(rig->events[i]) == type;
	return n;
}

size_t rig_count_states(const struct rig *rig, tl_line line, enum tl_line_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < rig->n_events; i++)
		n += tl_event_get_type(rig->events[i]) == TL_EVENT_LINE_STATE &&
		     tl_event_get_line(rig->events[i]).id == line.id &&
		     tl_event_get_line_state(rig->events[i]) == state;
	return n;
}

tl_session rig_dial(struct rig *rig, size_t index, const char *number)
{
	tl_client self = tl_ctx_get_client(rig->ctx);
	tl_session session;
	uint64_t op;

	cr_assert_eq(
		tl_line_dial(rig->ctx, self, rig->modems[index].line, number, NULL, &session, &op),
		0);
	cr_assert_eq(rig_op(rig, op, 5000), 0);
	return session;
}

tl_session rig_connect(struct rig *rig)
{
	tl_session session = rig_dial(rig, 0, "300");

	cr_assert(rig_until_call(rig, session, TL_CALL_CONNECTED, 30000));
	return session;
}

bool rig_is_off_hook(const struct rig *rig, size_t index)
{
	return sim_modem_is_off_hook(rig->modems[index].sim);
}

struct tl_session_info *rig_info(struct rig *rig, tl_session session)
{
	struct tl_session_info *info;

	cr_assert_eq(tl_session_get_info(rig->ctx, session, &info), 0);
	return info;
}

void rig_fault(struct rig *rig, size_t index, enum sim_fault_kind kind)
{
	const struct sim_fault fault = {.kind = kind};

	sim_modem_set_fault(rig->modems[index].sim, &fault);
}

void rig_hang_up(struct rig *rig, size_t index)
{
	struct rig_modem *modem = &rig->modems[index];

	/* The port may be closed at the moment. */
	if (!sim_modem_has_stream(modem->sim))
		return;
	hal_stream_mem_unplug(modem->stream);
	sim_modem_detach(modem->sim);
}

void rig_unplug(struct rig *rig, size_t index)
{
	rig->modems[index].absent = true;
	rig_hang_up(rig, index);
}

void rig_watch(struct rig *rig)
{
	cr_assert_eq(tl_hotplug_start(rig->ctx, TL_HOTPLUG_OFF, false), 0);
}

void rig_tell(struct rig *rig, size_t index, enum hal_hotplug_event event)
{
	hal_hotplug_report(rig->ctx->hotplug, event, &rig->modems[index].device);
}

void rig_plug(struct rig *rig, size_t index)
{
	rig->modems[index].absent = false;
}
