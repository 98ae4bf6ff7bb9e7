/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/modem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hal/stream_tty.h"
#include "tools/modemsim/private.h"

/* V.250 5.6.1: an abortable command is deaf for so long, so that the LF after its CR is no abort.
 */
#define ABORT_GRACE_US (125 * HAL_USEC_PER_MSEC)
#define LINES_POLL_MS  100 /* for streams that cannot report changes */

static bool number_is_valid(const char *number)
{
	size_t len = strnlen(number, SIM_NUMBER_MAX);

	return len > 0 && len < SIM_NUMBER_MAX && strspn(number, "0123456789*#+ABCD") == len;
}

/* ---- modem lines ---- */

void sim_modem_update_outputs(struct sim_modem *modem)
{
	unsigned int want = 0;
	unsigned int changed;

	if (sim_modem_is_connected(modem) || modem->settings.basic[SIM_C] == 0)
		want |= HAL_STREAM_DCD;
	if (sim_modem_is_ringing(modem) && modem->call->ring_on)
		want |= HAL_STREAM_RI;
	changed = want ^ modem->outputs;
	modem->outputs = want;
	if (!modem->stream || !modem->options.set_inputs)
		return;
	if (changed & want)
		modem->options.set_inputs(modem->stream, changed & want, true);
	if (changed & ~want)
		modem->options.set_inputs(modem->stream, changed & ~want, false);
}

static void read_dtr(struct sim_modem *modem)
{
	unsigned int lines;
	bool dtr;

	if (hal_stream_get_lines(modem->stream, &lines) < 0)
		return;
	dtr = (lines & HAL_STREAM_DSR) != 0;
	if (dtr == modem->dtr)
		return;
	modem->dtr = dtr;
	hal_debug(modem->log, modem->name, "DTR %s", dtr ? "on" : "off");
	if (!dtr)
		sim_dial_dtr_dropped(modem);
}

/* ---- input ---- */

/* V.250 6.2.12: by circuit 106, unless the DTE wants none of it; a pty has no such thing. */
static void set_ready(struct sim_modem *modem, bool ready)
{
	if (ready || modem->settings.extended[SIM_EXT_IFC][1] == 2)
		(void)hal_stream_set_lines(modem->stream, HAL_STREAM_RTS, ready);
}

static void pause_read(struct sim_modem *modem, bool pause)
{
	if (!modem->stream || modem->read_paused == pause ||
	    hal_stream_want_read(modem->stream, !pause) < 0)
		return;
	modem->read_paused = pause;
	modem->was_paused = true;
	set_ready(modem, !pause);
}

/* Online nothing waits here for the line: escape characters are to be seen when they come. */
static size_t read_room(const struct sim_modem *modem)
{
	size_t room = hal_ring_space(&modem->input);
	size_t space = sim_channel_space(&modem->channel);

	if (modem->state == SIM_MODEM_ONLINE && modem->channel.on && space < room)
		return space;
	return room;
}

/* @return bytes used, 0 when the rest has to wait */
static size_t take_input(struct sim_modem *modem, struct hal_slice data)
{
	bool fresh = hal_loop_now_us(modem->loop) - modem->command_us < ABORT_GRACE_US;

	if (modem->thinking)
		return 0;
	switch (modem->state) {
	case SIM_MODEM_COMMAND:
	case SIM_MODEM_ESCAPED:
		sim_command_byte(modem, data.data[0]);
		return 1;
	case SIM_MODEM_DIALING:
	case SIM_MODEM_ANSWERING:
		if (!fresh && !sim_fault_is_on(modem, SIM_FAULT_SILENT))
			sim_dial_abort(modem);
		return 1;
	case SIM_MODEM_ONLINE:
		return sim_data_from_dte(modem, data);
	}
	return data.len;
}

void sim_modem_process_input(struct sim_modem *modem)
{
	while (modem->input.len > 0) {
		size_t used = take_input(modem, hal_ring_peek(&modem->input));

		if (used == 0)
			break;
		hal_ring_drop(&modem->input, used);
	}
	sim_data_flush(modem);
}

/* Does the program at the other end of the pty think of another speed? */
static bool is_garbled(const struct sim_modem *modem)
{
	uint32_t speed = hal_stream_pty_get_speed(modem->stream);

	return modem->options.baud != 0 && speed != 0 && speed != modem->options.baud;
}

/* The echo and the error that it makes of what it hears, as they look at the other speed: bits fall
 * together. */
static void garble(struct sim_modem *modem, char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = (char)((unsigned char)text[i] * 2 | 0x81);
	(void)hal_stream_write(modem->stream, text, n); /* what does not fit is lost */
}

static void read_input(struct sim_modem *modem)
{
	char chunk[1024];
	size_t room = read_room(modem);
	ssize_t n;

	if (room == 0) {
		pause_read(modem, true);
		if (modem->read_paused)
			return;
		room = sizeof(chunk); /* no flow control: what nobody can keep is lost */
	}
	n = hal_stream_read(modem->stream, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
	if (n <= 0)
		return;
	if (is_garbled(modem)) {
		garble(modem, chunk, (size_t)n);
		return;
	}
	room = hal_ring_put(&modem->input, chunk, (size_t)n);
	if (modem->state == SIM_MODEM_ONLINE)
		sim_data_lost(modem, (size_t)n - room);
	else
		modem->stats.lost += (size_t)n - room;
	sim_modem_process_input(modem);
}

void sim_modem_resume(struct sim_modem *modem)
{
	sim_channel_pump(modem);
	sim_modem_process_input(modem);
	if (read_room(modem) > 0)
		pause_read(modem, false);
}

/* Half a buffer is worth the reading. */
void sim_modem_unblock(struct sim_modem *modem)
{
	size_t room = read_room(modem);
	bool has_input = modem->state == SIM_MODEM_ONLINE && modem->input.len > 0;

	if ((has_input && room > 0) || (modem->read_paused && room >= SIM_BUFFER_MAX / 2))
		hal_work_queue(modem->loop, &modem->resume_work);
}

static void resume_input(struct hal_work *work)
{
	sim_modem_resume(HAL_CONTAINER_OF(work, struct sim_modem, resume_work));
}

static void on_stream(void *user, unsigned int events)
{
	struct sim_modem *modem = user;

	if (events & HAL_STREAM_OPENED) {
		/* A stream without lines, or without reports of them, has DTR on for ever. */
		(void)hal_stream_set_lines(modem->stream, HAL_STREAM_DTR | HAL_STREAM_RTS, true);
		(void)hal_stream_watch_lines(modem->stream, LINES_POLL_MS);
	}
	if (events & HAL_STREAM_LINES)
		read_dtr(modem);
	if (events & HAL_STREAM_WRITABLE)
		sim_data_flush(modem);
	if (events & HAL_STREAM_READABLE)
		read_input(modem);
	if (events & HAL_STREAM_LOST)
		sim_modem_detach(modem);
}

/* ---- life ---- */

static void power_on(struct sim_modem *modem)
{
	sim_settings_reset(&modem->settings);
	modem->diagnostics = (struct sim_diagnostics){.cause = SIM_CAUSE_NO_CALL};
	modem->state = SIM_MODEM_COMMAND;
	modem->dtr = true;
	modem->phase = SIM_LINE_WAIT_A;
	modem->line_len = 0;
	modem->line_overflow = false;
	modem->escapes = 0;
	modem->thinking = false;
	modem->read_paused = false;
	modem->was_paused = false;
	modem->write_wanted = false;
	modem->outputs = 0;
	hal_ring_init(&modem->input, modem->input_buf, sizeof(modem->input_buf));
	hal_ring_init(&modem->output, modem->output_buf, sizeof(modem->output_buf));
	hal_ring_init(&modem->line_rx, modem->line_rx_buf, sizeof(modem->line_rx_buf));
}

static void think_timeout(struct hal_timer *timer)
{
	sim_command_resume(HAL_CONTAINER_OF(timer, struct sim_modem, think_timer));
}

static void init_callbacks(struct sim_modem *modem)
{
	hal_list_init(&modem->node);
	hal_timer_init(&modem->setup_timer, sim_dial_setup_timeout);
	hal_timer_init(&modem->line_timer, sim_dial_line_timeout);
	hal_timer_init(&modem->escape_timer, sim_data_escape_timeout);
	hal_timer_init(&modem->think_timer, think_timeout);
	hal_timer_init(&modem->output_timer, sim_data_output_timeout);
	hal_work_init(&modem->resume_work, resume_input);
	sim_channel_init(&modem->channel);
}

int sim_modem_new(struct sim_exchange *exchange, const char *number, struct hal_stream *stream,
		  const struct sim_modem_options *options, struct sim_modem **ret_modem)
{
	struct sim_modem *modem;
	int r;

	if (!number_is_valid(number))
		return -EINVAL;
	modem = calloc(1, sizeof(*modem));
	if (!modem)
		return -ENOMEM;
	modem->exchange = exchange;
	modem->loop = exchange->loop;
	modem->log = exchange->log;
	modem->options = options ? *options : SIM_MODEM_OPTIONS_DEFAULT;
	hal_slice_copy(hal_slice_str(number), modem->number, sizeof(modem->number));
	hal_slice_copy(hal_slice_str(modem->options.name[0] ? modem->options.name : number),
		       modem->name, sizeof(modem->name));
	init_callbacks(modem);
	power_on(modem);
	r = sim_exchange_subscribe(exchange, modem);
	if (r < 0) {
		free(modem);
		return r;
	}
	if (stream)
		(void)sim_modem_attach(modem, stream); /* cannot be busy yet */
	*ret_modem = modem;
	return 0;
}

int sim_modem_attach(struct sim_modem *modem, struct hal_stream *stream)
{
	if (modem->stream)
		return -EBUSY;
	modem->stream = stream;
	hal_stream_set_handler(stream, on_stream, modem);
	return 0;
}

void sim_modem_detach(struct sim_modem *modem)
{
	struct hal_stream *stream = modem->stream;

	modem->stream = NULL;
	hal_timer_cancel(modem->loop, &modem->think_timer);
	hal_timer_cancel(modem->loop, &modem->output_timer);
	hal_work_cancel(&modem->resume_work);
	sim_exchange_hangup(modem, SIM_LINE_CUT); /* one that only rings, too */
	sim_dial_hang_up(modem, SIM_CAUSE_CARRIER_LOST, SIM_LINE_CUT);
	hal_stream_close(stream);
	power_on(modem);
}

void sim_modem_free(struct sim_modem *modem)
{
	if (!modem)
		return;
	sim_modem_detach(modem);
	hal_list_del(&modem->node);
	free(modem);
}

void sim_modem_set_options(struct sim_modem *modem, const struct sim_modem_options *options)
{
	bool cut = options->unplugged_line && !modem->options.unplugged_line;
	bool other_noise =
		memcmp(&options->noise, &modem->options.noise, sizeof(options->noise)) != 0;

	modem->options = *options;
	if (cut && modem->call) {
		sim_exchange_hangup(modem, SIM_LINE_CUT);
		sim_dial_line_event(modem, SIM_LINE_CUT);
	}
	if (other_noise)
		sim_noise_start(&modem->noise, options->seed);
	sim_dial_tune(modem);
}

const struct sim_modem_options *sim_modem_options(const struct sim_modem *modem)
{
	return &modem->options;
}

int sim_modem_retrain(struct sim_modem *modem)
{
	struct sim_modem *far = sim_exchange_far_end(modem);
	uint32_t ms = modem->exchange->timing.retrain_ms;

	if (!modem->call || !modem->call->carrier)
		return -ENOTCONN;
	modem->link.retrains_asked++;
	sim_channel_silence(modem, ms);
	if (far) {
		far->link.retrains_granted++;
		sim_channel_silence(far, ms);
	}
	return 0;
}

/* ---- introspection ---- */

const char *sim_modem_number(const struct sim_modem *modem)
{
	return modem->number;
}

enum sim_modem_state sim_modem_state(const struct sim_modem *modem)
{
	return modem->state;
}

const char *sim_modem_state_name(const struct sim_modem *modem)
{
	static const char *const names[] = {
		[SIM_MODEM_COMMAND] = "command",     [SIM_MODEM_DIALING] = "dialing",
		[SIM_MODEM_ANSWERING] = "answering", [SIM_MODEM_ONLINE] = "online",
		[SIM_MODEM_ESCAPED] = "escaped",
	};

	return names[modem->state];
}

bool sim_modem_has_stream(const struct sim_modem *modem)
{
	return modem->stream != NULL;
}

bool sim_modem_is_off_hook(const struct sim_modem *modem)
{
	return modem->off_hook;
}

bool sim_modem_is_ringing(const struct sim_modem *modem)
{
	return modem->call && modem->call->callee == modem &&
	       modem->call->state == SIM_CALL_RINGING;
}

bool sim_modem_is_holding(const struct sim_modem *modem)
{
	return modem->call && modem->call->held;
}

bool sim_modem_is_connected(const struct sim_modem *modem)
{
	return modem->state == SIM_MODEM_ONLINE || modem->state == SIM_MODEM_ESCAPED;
}

const struct sim_modem_stats *sim_modem_stats(const struct sim_modem *modem)
{
	return &modem->stats;
}

const struct sim_link *sim_modem_link(const struct sim_modem *modem)
{
	return &modem->link;
}
