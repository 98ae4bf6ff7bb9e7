/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/exchange.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/modemsim/private.h"

struct number_entry {
	struct hal_list node;
	struct sim_number number;
};

/* The far end of sim_exchange_ring(): it is the caller, so only its listening matters. */
static const struct sim_number stranger = {.service = SIM_SERVICE_ANSWER};

int sim_exchange_new(struct hal_loop *loop, const struct hal_log *log,
		     struct sim_exchange **ret_exchange)
{
	struct sim_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return -ENOMEM;
	exchange->loop = loop;
	exchange->log = log;
	exchange->timing = SIM_TIMING_DEFAULT;
	hal_list_init(&exchange->numbers);
	for (size_t i = 0; i < sizeof(exchange->buckets) / sizeof(exchange->buckets[0]); i++)
		hal_list_init(&exchange->buckets[i]);
	*ret_exchange = exchange;
	return 0;
}

void sim_exchange_free(struct sim_exchange *exchange)
{
	struct hal_list *node;

	if (!exchange)
		return;
	while ((node = hal_list_pop(&exchange->numbers)))
		free(HAL_CONTAINER_OF(node, struct number_entry, node));
	free(exchange);
}

void sim_exchange_set_timing(struct sim_exchange *exchange, const struct sim_timing *timing)
{
	exchange->timing = *timing;
}

const struct sim_timing *sim_exchange_timing(const struct sim_exchange *exchange)
{
	return &exchange->timing;
}

unsigned int sim_exchange_calls(const struct sim_exchange *exchange)
{
	return exchange->calls;
}

/* ---- numbers ---- */

static bool pattern_is_valid(const char *pattern)
{
	size_t len = strnlen(pattern, SIM_NUMBER_MAX);

	if (len == 0 || len == SIM_NUMBER_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (pattern[i] == '.' && i + 1 < len)
			return false;
		if (!strchr("0123456789*#+ABCDx.", pattern[i]))
			return false;
	}
	return true;
}

static bool pattern_matches(const char *pattern, const char *number)
{
	for (; *pattern && *number; pattern++, number++) {
		if (*pattern == '.')
			return true;
		if (*pattern != *number && !(*pattern == 'x' && hal_is_digit(*number)))
			return false;
	}
	return *number == '\0' && (*pattern == '\0' || *pattern == '.');
}

int sim_exchange_add_number(struct sim_exchange *exchange, const struct sim_number *number)
{
	struct number_entry *entry;

	if (!pattern_is_valid(number->pattern))
		return -EINVAL;
	entry = malloc(sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->number = *number;
	hal_list_append(&exchange->numbers, &entry->node);
	return 0;
}

static const struct sim_number *find_service(const struct sim_exchange *exchange,
					     const char *number)
{
	struct hal_list *node;

	hal_list_for_each (node, &exchange->numbers) {
		struct number_entry *entry = HAL_CONTAINER_OF(node, struct number_entry, node);

		if (pattern_matches(entry->number.pattern, number))
			return &entry->number;
	}
	return NULL;
}

/* FNV-1a. */
static size_t bucket_of(struct hal_slice number)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < number.len; i++)
		hash = (hash ^ (unsigned char)number.data[i]) * 16777619u;
	return hash % (sizeof(((struct sim_exchange *)0)->buckets) / sizeof(struct hal_list));
}

struct sim_modem *sim_exchange_find(const struct sim_exchange *exchange, struct hal_slice number)
{
	const struct hal_list *bucket = &exchange->buckets[bucket_of(number)];
	struct hal_list *node;

	hal_list_for_each (node, bucket) {
		struct sim_modem *modem = HAL_CONTAINER_OF(node, struct sim_modem, node);

		if (hal_slice_eq(hal_slice_str(modem->number), number))
			return modem;
	}
	return NULL;
}

int sim_exchange_subscribe(struct sim_exchange *exchange, struct sim_modem *modem)
{
	struct hal_slice number = hal_slice_str(modem->number);

	if (sim_exchange_find(exchange, number))
		return -EEXIST;
	hal_list_append(&exchange->buckets[bucket_of(number)], &modem->node);
	return 0;
}

/* ---- calls ---- */

static void call_end(struct sim_call *call)
{
	hal_timer_cancel(call->exchange->loop, &call->timer);
	if (call->caller)
		sim_channel_close(call->caller);
	if (call->callee)
		sim_channel_close(call->callee);
	call->state = SIM_CALL_IDLE;
	call->exchange->calls--;
	if (call->caller)
		call->caller->call = NULL;
	if (call->callee)
		call->callee->call = NULL;
}

/* The caller gets no further: it hears event. */
static void call_refuse(struct sim_call *call, enum sim_line_event event)
{
	struct sim_modem *caller = call->caller;

	call_end(call);
	sim_dial_line_event(caller, event);
}

static void call_ring(struct sim_call *call)
{
	const struct sim_timing *timing = &call->exchange->timing;

	call->ring_on = !call->ring_on;
	hal_timer_arm_ms(call->exchange->loop, &call->timer,
			 call->ring_on ? timing->ring_on_ms : timing->ring_off_ms);
	sim_dial_line_event(call->callee, call->ring_on ? SIM_LINE_RING_ON : SIM_LINE_RING_OFF);
}

static void call_alert(struct sim_call *call, struct sim_modem *callee)
{
	if (callee->off_hook || callee->call) {
		call_refuse(call, SIM_LINE_BUSY);
		return;
	}
	call->state = SIM_CALL_RINGING;
	if (callee->options.unplugged_line)
		return; /* rings into nothing until the caller gives up */
	call->callee = callee;
	callee->call = call;
	call_ring(call);
}

static void call_serve(struct sim_call *call)
{
	switch (call->service->service) {
	case SIM_SERVICE_BUSY:
		call_refuse(call, SIM_LINE_BUSY);
		return;
	case SIM_SERVICE_NO_DIALTONE:
		call_refuse(call, SIM_LINE_NO_DIALTONE);
		return;
	case SIM_SERVICE_REORDER:
		call_refuse(call, SIM_LINE_REORDER);
		return;
	case SIM_SERVICE_SILENT:
		call->state = SIM_CALL_RINGING;
		return;
	case SIM_SERVICE_ANSWER:
	case SIM_SERVICE_ECHO:
		call->state = SIM_CALL_RINGING;
		hal_timer_arm_ms(call->exchange->loop, &call->timer, call->service->answer_ms);
		return;
	}
}

static void call_setup(struct sim_call *call)
{
	struct sim_modem *callee = sim_exchange_find(call->exchange, hal_slice_str(call->number));

	if (callee) {
		call_alert(call, callee);
		return;
	}
	call->service = find_service(call->exchange, call->number);
	if (call->service)
		call_serve(call);
	else
		call_refuse(call, SIM_LINE_REORDER);
}

static bool end_is_data(const struct sim_modem *modem)
{
	return !modem || modem->state == SIM_MODEM_DIALING || modem->state == SIM_MODEM_ANSWERING;
}

/* Off hook at both ends. Two modems train; where one end is a voice, nobody hears a carrier. */
static void call_through(struct sim_call *call)
{
	call->state = SIM_CALL_TALKING;
	if (!end_is_data(call->caller) || !end_is_data(call->callee)) {
		hal_timer_cancel(call->exchange->loop, &call->timer);
		if (call->caller)
			sim_dial_line_event(call->caller, SIM_LINE_ANSWERED);
		return;
	}
	call->state = SIM_CALL_HANDSHAKE;
	hal_timer_arm_ms(call->exchange->loop, &call->timer, call->exchange->timing.handshake_ms);
}

static void call_carrier(struct sim_call *call)
{
	struct sim_modem *caller = call->caller;
	struct sim_modem *callee = call->callee;

	call->state = SIM_CALL_TALKING;
	call->carrier = true;
	if (call->service && call->service->hangup_ms)
		hal_timer_arm_ms(call->exchange->loop, &call->timer, call->service->hangup_ms);
	if (caller)
		sim_dial_line_event(caller, SIM_LINE_CARRIER);
	if (callee)
		sim_dial_line_event(callee, SIM_LINE_CARRIER);
}

static void call_timeout(struct hal_timer *timer)
{
	struct sim_call *call = HAL_CONTAINER_OF(timer, struct sim_call, timer);

	switch (call->state) {
	case SIM_CALL_IDLE:
		return;
	case SIM_CALL_SETUP:
		call_setup(call);
		return;
	case SIM_CALL_RINGING:
		if (call->callee)
			call_ring(call);
		else
			call_through(call);
		return;
	case SIM_CALL_HANDSHAKE:
		call_carrier(call);
		return;
	case SIM_CALL_TALKING:
		call_refuse(call, SIM_LINE_CLEARED);
		return;
	}
}

static void call_begin(struct sim_call *call, struct sim_modem *home)
{
	assert(call->state == SIM_CALL_IDLE);
	call->exchange = home->exchange;
	call->caller = NULL;
	call->callee = NULL;
	call->service = NULL;
	call->state = SIM_CALL_SETUP;
	call->ring_on = false;
	call->carrier = false;
	call->held = false;
	hal_timer_init(&call->timer, call_timeout);
	home->call = call;
	home->exchange->calls++;
}

void sim_exchange_dial(struct sim_modem *caller, const char *number, uint32_t delay_ms)
{
	struct sim_call *call = &caller->own_call;

	call_begin(call, caller);
	call->caller = caller;
	hal_slice_copy(hal_slice_str(number), call->number, sizeof(call->number));
	hal_slice_copy(hal_slice_str(caller->number), call->from, sizeof(call->from));
	hal_timer_arm_ms(caller->loop, &call->timer,
			 (uint64_t)delay_ms + caller->exchange->timing.setup_ms);
}

int sim_exchange_ring(struct sim_modem *modem, struct hal_slice from)
{
	struct sim_call *call = &modem->own_call;

	if (modem->options.unplugged_line)
		return -ENOTCONN;
	if (modem->off_hook || modem->call)
		return -EBUSY;
	call_begin(call, modem);
	call->callee = modem;
	call->service = &stranger;
	call->state = SIM_CALL_RINGING;
	hal_slice_copy(from, call->from, sizeof(call->from));
	call_ring(call);
	return 0;
}

void sim_exchange_answer(struct sim_modem *callee)
{
	assert(callee->call && callee->call->state == SIM_CALL_RINGING);
	call_through(callee->call);
}

struct sim_modem *sim_exchange_far_end(const struct sim_modem *modem)
{
	if (!modem->call)
		return NULL;
	return modem->call->caller == modem ? modem->call->callee : modem->call->caller;
}

void sim_exchange_hangup(struct sim_modem *modem, enum sim_line_event told_far_end)
{
	struct sim_call *call = modem->call;
	struct sim_modem *far = sim_exchange_far_end(modem);
	bool ringing;

	if (!call)
		return;
	ringing = call->state == SIM_CALL_RINGING;
	if (ringing && modem == call->callee) {
		/* A telephone that is unplugged does not end the caller's call. */
		hal_timer_cancel(call->exchange->loop, &call->timer);
		call->callee = NULL;
		modem->call = NULL;
		if (!call->caller)
			call_end(call);
		sim_dial_line_event(modem, SIM_LINE_RING_STOPPED);
		return;
	}
	call_end(call);
	if (far)
		sim_dial_line_event(far, ringing ? SIM_LINE_RING_STOPPED : told_far_end);
}

void sim_exchange_flash(struct sim_modem *modem)
{
	struct sim_call *call = modem->call;

	if (call && call->state == SIM_CALL_TALKING && modem->options.flash_holds)
		call->held = !call->held;
}

int sim_exchange_clear(struct sim_modem *modem)
{
	struct sim_call *call = modem->call;
	struct sim_modem *caller, *callee;
	bool ringing;

	if (!call)
		return -EALREADY;
	caller = call->caller;
	callee = call->callee;
	ringing = call->state == SIM_CALL_RINGING;
	call_end(call);
	if (callee)
		sim_dial_line_event(callee, ringing ? SIM_LINE_RING_STOPPED : SIM_LINE_CLEARED);
	if (caller)
		sim_dial_line_event(caller, SIM_LINE_CLEARED);
	return 0;
}

/* ---- data ---- */

struct sim_modem *sim_exchange_receiver(struct sim_modem *modem)
{
	struct sim_modem *far = sim_exchange_far_end(modem);

	if (far || !modem->call || !modem->call->service)
		return far;
	return modem->call->service->service == SIM_SERVICE_ECHO ? modem : NULL;
}

size_t sim_exchange_space(struct sim_modem *modem)
{
	const struct sim_modem *receiver = sim_exchange_receiver(modem);

	if (modem->channel.on)
		return sim_channel_space(&modem->channel);
	/* Into the void when nobody listens, or the carrier has just gone. */
	return receiver ? hal_ring_space(&receiver->line_rx) : SIM_BUFFER_MAX;
}

void sim_exchange_send(struct sim_modem *modem, struct hal_slice data)
{
	struct sim_modem *receiver = sim_exchange_receiver(modem);

	if (modem->channel.on) {
		sim_channel_send(modem, data);
		return;
	}
	if (receiver)
		sim_data_from_line(receiver, data);
	if (modem->call)
		sim_data_sent(modem, data.len);
	else
		sim_data_lost(modem, data.len);
}
