/* SPDX-License-Identifier: MIT */

/* The emulated modem's own parser: whatever a program writes to it, it survives and its line ends
 * on hook. */

#include "fuzz.h"
#include "hal/stream_mem.h"
#include "tools/modemsim/exchange.h"
#include "tools/modemsim/modem.h"

static void on_program(void *user, unsigned int events)
{
	struct hal_stream *stream = *(struct hal_stream **)user;
	char buf[512];

	if (events & HAL_STREAM_READABLE)
		(void)hal_stream_read(stream, buf, sizeof(buf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sim_number echo = {.pattern = "5", .service = SIM_SERVICE_ECHO};
	struct sim_modem_options options = SIM_MODEM_OPTIONS_DEFAULT;
	struct hal_stream *program, *modem_end;
	struct hal_clock_virtual clock;
	struct sim_exchange *exchange;
	struct sim_modem *modem;
	struct hal_loop *loop;
	struct hal_log log = {0};

	hal_clock_virtual_init(&clock, HAL_USEC_PER_SEC, 0);
	FUZZ_CHECK(hal_loop_new(&clock.clock, &loop) == 0);
	FUZZ_CHECK(sim_exchange_new(loop, &log, &exchange) == 0);
	FUZZ_CHECK(sim_exchange_add_number(exchange, &echo) == 0);
	FUZZ_CHECK(hal_stream_mem_pair(loop, NULL, &program, &modem_end) == 0);
	hal_stream_set_handler(program, on_program, &program);
	options.voice = size & 1;
	if (size & 2) {
		options.speed = 9600;
		options.latency_ms = 20;
		options.noise = (struct sim_noise){SIM_NOISE_FLIP, SIM_NOISE_IN, 50, 2};
	}
	options.set_inputs = hal_stream_mem_set_inputs;
	FUZZ_CHECK(sim_modem_new(exchange, "1", modem_end, &options, &modem) == 0);
	/* A byte of 0xff lets time pass: a tenth of a second for each bit of the next one. */
	while (size > 0) {
		size_t n = 0;

		while (n < size && data[n] != 0xff && n < 256)
			n++;
		(void)hal_stream_write(program, data, n);
		(void)hal_loop_run_virtual(loop, &clock, clock.now_us, NULL, NULL);
		data += n;
		size -= n;
		if (size >= 2 && data[0] == 0xff) {
			(void)hal_loop_run_virtual(loop, &clock,
						   clock.now_us + data[1] * UINT64_C(100000), NULL,
						   NULL);
			data += 2;
			size -= 2;
		} else if (size == 1) {
			size = 0;
		}
	}
	hal_stream_close(program);
	(void)hal_loop_run_virtual(loop, &clock, clock.now_us + UINT64_C(300) * HAL_USEC_PER_SEC,
				   NULL, NULL);
	FUZZ_CHECK(!sim_modem_is_connected(modem));
	sim_modem_free(modem);
	sim_exchange_free(exchange);
	hal_loop_free(loop);
	return 0;
}
