/* SPDX-License-Identifier: MIT */
#include "tests/unit/core/fake_driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define WALL_START_US INT64_C(1700000000000000)

struct driver {
	struct fake *fake;
	struct core_line *line;
	struct hal_work work;
	enum { DO_OPEN, DO_UP, DO_STEP } action;
	size_t step;
};

static void note(struct fake *f, const char *what)
{
	size_t used = strlen(f->calls);

	(void)snprintf(f->calls + used, sizeof(f->calls) - used, "%s ", what);
}

static void report_step(struct driver *d)
{
	struct core_drop_outcome outcome = {.result = TL_DROP_VERIFIED};

	if (d->fake->n_steps)
		outcome.result = d->fake->steps[d->step].result;
	if (outcome.result == TL_DROP_VERIFIED)
		(void)snprintf(outcome.proof, sizeof(outcome.proof), "proof");
	core_drop_step_done(d->line, &outcome);
}

static void report_open(struct driver *d)
{
	struct core_line_identity identity = {.manufacturer = "maker", .model = "model"};

	identity.media = d->fake->media ? d->fake->media : 1U << TL_MEDIA_DATA;
	identity.can_hold = d->fake->can_hold;
	if (d->fake->open_error < 0) {
		core_line_down(d->line, d->fake->open_error, "scripted");
		return;
	}
	core_line_opened(d->line);
	core_line_up(d->line, &identity);
}

static void on_work(struct hal_work *work)
{
	struct driver *d = HAL_CONTAINER_OF(work, struct driver, work);

	switch (d->action) {
	case DO_OPEN:
		report_open(d);
		break;
	case DO_UP:
		core_line_up(d->line, NULL);
		break;
	case DO_STEP:
		report_step(d);
		break;
	}
}

static void later(struct driver *d, int action)
{
	d->action = action;
	hal_work_queue(d->fake->ctx->loop, &d->work);
}

static int attach(struct core_line *line, const struct core_driver_host *host, void **ret_driver)
{
	struct fake *f = (struct fake *)HAL_CONTAINER_OF(host->provider, struct fake, provider);
	struct driver *d;

	note(f, "attach");
	if (host->factory)
		note(f, "factory");
	f->line = line;
	if (f->attach_error < 0)
		return f->attach_error;
	d = malloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	*d = (struct driver){.fake = f, .line = line};
	hal_work_init(&d->work, on_work);
	if (!f->silent)
		later(d, DO_OPEN);
	*ret_driver = d;
	return 0;
}

static int probe(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "probe");
	if (d->fake->probe_error < 0)
		return d->fake->probe_error;
	if (!d->fake->silent)
		later(d, DO_OPEN);
	return 0;
}

static void free_driver(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct driver, work));
}

static void detach(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "detach");
	hal_work_cancel(&d->work);
	hal_loop_free_later(d->fake->ctx->loop, &d->work, free_driver);
}

static int dial(void *driver, const struct core_dial *dial)
{
	struct driver *d = driver;

	(void)dial;
	note(d->fake, "dial");
	return d->fake->dial_error;
}

static int answer(void *driver, enum tl_media media)
{
	struct driver *d = driver;

	(void)media;
	note(d->fake, "answer");
	return d->fake->answer_error;
}

static const struct core_drop_step *ladder(void *driver, size_t *ret_n)
{
	static const struct core_drop_step steps[FAKE_STEPS] = {
		{"first", 1000, false},
		{"second", 2000, false},
		{"third", 3000, false},
		{"fourth", 4000, false},
	};
	static const struct core_drop_step erasing[] = {
		{"first", 1000, false},
		{"second", 2000, true},
	};
	struct driver *d = driver;

	*ret_n = d->fake->n_steps ? d->fake->n_steps : 1;
	return d->fake->erasing ? erasing : steps;
}

static int drop(void *driver, size_t index)
{
	struct driver *d = driver;
	const struct fake_step *step = &d->fake->steps[index];
	char what[] = "dropN";

	what[4] = (char)('0' + index);
	note(d->fake, what);
	if (step->error < 0)
		return step->error;
	d->step = index;
	if (!step->silent)
		later(d, DO_STEP);
	return 0;
}

static int diagnose(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "diagnose");
	return d->fake->diagnose_error;
}

static int hold(void *driver, bool on)
{
	struct driver *d = driver;

	note(d->fake, on ? "hold" : "unhold");
	return d->fake->hold_error;
}

static int recover(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "recover");
	if (d->fake->recover_error < 0)
		return d->fake->recover_error;
	if (!d->fake->silent)
		later(d, DO_UP);
	return 0;
}

static int command(void *driver, const char *text, uint32_t timeout_ms)
{
	struct driver *d = driver;

	(void)timeout_ms;
	note(d->fake, text);
	return d->fake->command_error;
}

static ssize_t read_data(void *driver, void *buf, size_t size)
{
	struct driver *d = driver;
	size_t len = strlen(d->fake->port);

	if (len == 0 || size < len)
		return -EAGAIN;
	memcpy(buf, d->fake->port, len);
	d->fake->port[0] = '\0';
	return (ssize_t)len;
}

static ssize_t write_data(void *driver, const void *buf, size_t len)
{
	struct driver *d = driver;

	(void)buf;
	return d->fake->full ? -EAGAIN : (ssize_t)len;
}

static void data_taken(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "taken");
}

static size_t unsent(void *driver, bool forget)
{
	struct driver *d = driver;
	size_t n = d->fake->unsent;

	if (forget)
		d->fake->unsent = 0;
	return n;
}

static int send_break(void *driver, uint32_t ms)
{
	struct driver *d = driver;

	(void)ms;
	note(d->fake, "break");
	return 0;
}

static int lend(void *driver, int *ret_fd)
{
	struct driver *d = driver;

	note(d->fake, "lend");
	if (d->fake->lend_error == 0)
		*ret_fd = FAKE_FD;
	return d->fake->lend_error;
}

static int escape(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "escape");
	return d->fake->mode_error;
}

static int resume(void *driver)
{
	struct driver *d = driver;

	note(d->fake, "resume");
	return d->fake->mode_error;
}

static void count(void *driver, uint64_t *ret_timeouts, uint64_t *ret_resyncs)
{
	struct driver *d = driver;

	*ret_timeouts = d->fake->timeouts;
	*ret_resyncs = 0;
}

static const struct core_driver_ops fake_driver = {
	.name = "fake",
	.summary = "what the test says",
	.attach = attach,
	.probe = probe,
	.detach = detach,
	.dial = dial,
	.answer = answer,
	.ladder = ladder,
	.drop = drop,
	.hold = hold,
	.diagnose = diagnose,
	.recover = recover,
	.command = command,
	.read = read_data,
	.write = write_data,
	.data_taken = data_taken,
	.unsent = unsent,
	.send_break = send_break,
	.lend = lend,
	.escape = escape,
	.resume = resume,
	.count = count,
};

/* The least that a driver may be. */
static const struct core_driver_ops bare_driver = {
	.name = "bare",
	.summary = "without what may be left out",
	.attach = attach,
	.probe = probe,
	.detach = detach,
	.dial = dial,
	.answer = answer,
	.ladder = ladder,
	.drop = drop,
	.recover = recover,
};

void fake_init(struct fake *f)
{
	static const struct core_driver_ops *const drivers[] = {&fake_driver, &bare_driver, NULL};
	static const char *const names[] = {"fake", "bare", NULL};
	static const struct core_driver_set set = {.drivers = drivers, .names = names};

	*f = (struct fake){.diagnose_error = -EOPNOTSUPP};
	hal_clock_virtual_init(&f->clock, HAL_USEC_PER_SEC, WALL_START_US);
	cr_assert_eq(core_ctx_new(&f->clock.clock, &set, &f->provider, &f->ctx), 0);
}

void fake_forget(struct fake *f)
{
	f->calls[0] = '\0';
}

void fake_fetch(struct fake *f)
{
	while (f->n_events < FAKE_EVENTS && tl_ctx_next_event(f->ctx, &f->events[f->n_events]) > 0)
		f->n_events++;
}

void fake_clear(struct fake *f)
{
	do {
		fake_fetch(f);
		for (size_t i = 0; i < f->n_events; i++)
			(void)tl_event_free(f->events[i]);
		f->n_events = 0;
	} while (tl_ctx_get_count(f->ctx, TL_COUNT_EVENTS) > 0);
}

void fake_fini(struct fake *f)
{
	static const enum tl_count gauges[] = {TL_COUNT_LINES,	  TL_COUNT_CALLS,
					       TL_COUNT_SESSIONS, TL_COUNT_REQUESTS,
					       TL_COUNT_EVENTS,	  TL_COUNT_OFF_HOOK};
	tl_line *lines;
	size_t n;

	cr_assert_eq(tl_line_list(f->ctx, &lines, &n), 0);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(tl_line_remove(f->ctx, lines[i]), 0);
	free(lines);
	fake_clear(f);
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		cr_assert_eq(tl_ctx_get_count(f->ctx, gauges[i]), 0, "%s is not 0",
			     tl_count_name(gauges[i]));
	f->ctx = tl_ctx_free(f->ctx);
}

void fake_run_ms(struct fake *f, uint64_t ms)
{
	uint64_t end = f->clock.now_us + ms * HAL_USEC_PER_MSEC;

	(void)hal_loop_run_virtual(f->ctx->loop, &f->clock, end, NULL, NULL);
	if (f->clock.now_us < end)
		hal_clock_virtual_set(&f->clock, end);
}

struct tl_line_params *fake_params(const char *name)
{
	struct tl_line_params *params = tl_line_params_new();

	cr_assert(params);
	cr_assert_eq(tl_line_params_set(params, "name", name, NULL), 0);
	cr_assert_eq(tl_line_params_set(params, "device", name, NULL), 0);
	return params;
}

tl_line fake_add(struct fake *f, const char *name)
{
	struct tl_line_params *params = fake_params(name);
	tl_line line;

	cr_assert_eq(tl_line_add(f->ctx, params, &line), 0);
	(void)tl_line_params_free(params);
	return line;
}

tl_line fake_ready(struct fake *f)
{
	tl_line line = fake_add(f, "a");

	fake_run_ms(f, 0);
	cr_assert_eq(fake_line_state(f, line), TL_LINE_READY);
	return line;
}

tl_session fake_dial(struct fake *f, tl_client client, tl_line line, uint64_t *ret_op)
{
	tl_session session;

	cr_assert_eq(tl_line_dial(f->ctx, client, line, "123", NULL, &session, ret_op), 0);
	return session;
}

tl_session fake_connect(struct fake *f, tl_client client, tl_line line)
{
	tl_session session = fake_dial(f, client, line, NULL);

	core_call_dialed(f->line, 0);
	core_call_event(f->line, CORE_CALL_EVENT_CONNECT);
	cr_assert_eq(fake_call_state(f, session), TL_CALL_CONNECTED);
	return session;
}

tl_session fake_talk(struct fake *f, tl_client client, tl_line line)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;

	cr_assert(params);
	tl_dial_params_set_media(params, TL_MEDIA_VOICE);
	cr_assert_eq(tl_line_dial(f->ctx, client, line, "123", params, &session, NULL), 0);
	(void)tl_dial_params_free(params);
	core_call_dialed(f->line, 0);
	return session;
}

void fake_bytes(struct fake *f, size_t in, size_t out)
{
	static const char zeros[64];
	struct core_call *call = f->line->call;

	core_call_data(f->line, zeros, in);
	if (call && !call->over && out > 0)
		cr_assert_eq(core_stream_write(call, zeros, out), (ssize_t)out);
}

tl_client fake_client(struct fake *f, const char *name)
{
	tl_client client;

	cr_assert_eq(tl_client_new(f->ctx, name, &client), 0);
	return client;
}

void fake_release(struct fake *f, tl_session session)
{
	cr_assert_eq(tl_session_release(f->ctx, session, 0), 0);
}

size_t fake_count(const struct fake *f, enum tl_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_events; i++)
		n += tl_event_get_type(f->events[i]) == type;
	return n;
}

const struct tl_event *fake_last(const struct fake *f, enum tl_event_type type)
{
	for (size_t i = f->n_events; i-- > 0;)
		if (tl_event_get_type(f->events[i]) == type)
			return f->events[i];
	return NULL;
}

size_t fake_completions(struct fake *f, uint64_t op, int *ret_result)
{
	size_t n = 0;

	fake_fetch(f);
	for (size_t i = 0; i < f->n_events; i++) {
		if (tl_event_get_type(f->events[i]) != TL_EVENT_OP_DONE ||
		    tl_event_get_op(f->events[i]) != op)
			continue;
		*ret_result = tl_event_get_result(f->events[i]);
		n++;
	}
	return n;
}

void fake_assert_done(struct fake *f, uint64_t op, int result)
{
	int got = 1;

	cr_assert_eq(fake_completions(f, op, &got), 1, "operation %lu", (unsigned long)op);
	cr_assert_eq(got, result, "operation %lu: %s instead of %s", (unsigned long)op,
		     tl_error_name(got), tl_error_name(result));
}

enum tl_line_state fake_line_state(struct fake *f, tl_line line)
{
	struct tl_line_info *info;
	enum tl_line_state state;

	cr_assert_eq(tl_line_get_info(f->ctx, line, &info), 0);
	state = tl_line_info_state(info);
	(void)tl_line_info_free(info);
	return state;
}

struct tl_session_info *fake_info(struct fake *f, tl_session session)
{
	struct tl_session_info *info;

	cr_assert_eq(tl_session_get_info(f->ctx, session, &info), 0);
	return info;
}

enum tl_call_state fake_call_state(struct fake *f, tl_session session)
{
	struct tl_session_info *info = fake_info(f, session);
	enum tl_call_state state = tl_session_info_state(info);

	(void)tl_session_info_free(info);
	return state;
}
