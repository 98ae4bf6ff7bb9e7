/* SPDX-License-Identifier: MIT */
/* When the far end hung up, on ports where NO CARRIER has to be borne out before it is believed. */
#include <criterion/criterion.h>
#include <string.h>

#include "hal/stream.h"
#include "tests/scenario/rig.h"

#define PROOF_MS 2000 /* no proof takes less: a second of silence, and a guard time */
#define S10_MS	 1400 /* from the end of the carrier to the hang-up, as the emulation has it */
#define TURN_US	 (UINT64_C(100) * 1000)

struct line {
	struct rig rig;
	tl_session session;
};

static void begin(struct line *l)
{
	rig_init(&l->rig, &(struct rig_options){.without_lines = true});
	l->session = rig_connect(&l->rig);
	rig_run_ms(&l->rig, 5000);
}

static void end(struct line *l)
{
	cr_assert_eq(tl_session_release(l->rig.ctx, l->session, TL_RELEASE_DROP), 0);
	rig_run_ms(&l->rig, 120000);
	rig_fini(&l->rig);
}

static uint64_t now_us(struct line *l)
{
	return hal_clock_boot_us(l->rig.ctx->clock);
}

/* The far end hangs up, and the modem notices after S10. @return when it says so */
static uint64_t hang_up(struct line *l)
{
	cr_assert_eq(sim_exchange_clear(l->rig.modems[0].sim), 0);
	cr_assert(rig_until_on_hook(&l->rig, 0, 10000));
	return now_us(l);
}

/* The far end says so, whatever is true. */
static void say(struct line *l, const char *text)
{
	cr_assert_eq(hal_stream_write(l->rig.modems[0].stream, text, strlen(text)),
		     (ssize_t)strlen(text));
}

/* The call is over; asserts that its record says it ended at that moment, and how long it was. */
static void assert_ended_at(struct line *l, uint64_t at_us)
{
	struct tl_session_info *info = rig_info(&l->rig, l->session);
	uint64_t from = tl_session_info_boot_us(info, TL_MOMENT_CONNECTED);
	uint64_t to = tl_session_info_boot_us(info, TL_MOMENT_DISCONNECTED);

	cr_assert_eq(tl_session_info_origin(info), TL_ORIGIN_REMOTE);
	cr_assert_geq(to, at_us);
	cr_assert_lt(to - at_us, TURN_US, "%llu us later", (unsigned long long)(to - at_us));
	cr_assert_eq(tl_session_info_duration_ms(info), (to - from) / 1000);
	cr_assert_geq(tl_session_info_boot_us(info, TL_MOMENT_IDLE) - to, PROOF_MS * UINT64_C(1000),
		      "it was not known before");
	cr_assert_eq(tl_session_info_wall_us(info, TL_MOMENT_DISCONNECTED) -
			     tl_session_info_wall_us(info, TL_MOMENT_CONNECTED),
		     (int64_t)(to - from));
	(void)tl_session_info_free(info);
}

Test(hangup, the_record_ends_when_no_carrier_came)
{
	struct line l;
	uint64_t at_us;

	begin(&l);
	at_us = hang_up(&l);
	cr_assert(rig_until_over(&l.rig, l.session, 60000));
	assert_ended_at(&l, at_us);
	end(&l);
}

/* Data that looked like it: the call goes on, the data is passed, and the call ends when it does.
 */
Test(hangup, not_when_data_looked_like_it)
{
	static const char *const texts[] = {
		"\r\nNO CARRIER\r\n",
		"some\r\nNO CARRIER\r\n\r\nERROR\r\nmore",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tl_session_info *info;
		struct line l;
		uint64_t at_us;

		begin(&l);
		say(&l, texts[i]);
		rig_run_ms(&l.rig, 30000);
		info = rig_info(&l.rig, l.session);
		cr_assert_eq(tl_session_info_state(info), TL_CALL_CONNECTED, "%zu", i);
		cr_assert_eq(tl_session_info_bytes_in(info), strlen(texts[i]), "%zu", i);
		(void)tl_session_info_free(info);
		at_us = hang_up(&l);
		cr_assert(rig_until_over(&l.rig, l.session, 60000));
		assert_ended_at(&l, at_us);
		end(&l);
	}
}

/* The modem's own line comes while that of the data is still held: the last one counts. */
Test(hangup, nor_when_data_looked_like_it_just_before)
{
	struct line l;
	uint64_t at_us;

	begin(&l);
	cr_assert_eq(sim_exchange_clear(l.rig.modems[0].sim), 0);
	rig_run_ms(&l.rig, S10_MS - 300);
	say(&l, "\r\nNO CARRIER\r\n");
	cr_assert(rig_until_on_hook(&l.rig, 0, 10000));
	at_us = now_us(&l);
	cr_assert(rig_until_over(&l.rig, l.session, 60000));
	assert_ended_at(&l, at_us);
	end(&l);
}

/* A caller rings at once: the line is the one that was held all the time. */
Test(hangup, nor_when_the_next_caller_rings)
{
	struct line l;
	uint64_t at_us;

	begin(&l);
	at_us = hang_up(&l);
	rig_run_ms(&l.rig, 700);
	say(&l, "\r\nRING\r\n");
	cr_assert(rig_until_over(&l.rig, l.session, 60000));
	assert_ended_at(&l, at_us);
	end(&l);
}

/* What was on its way to the modem when it left data state is answered; bytes go on coming. */
Test(hangup, nor_when_the_modem_answers_what_was_still_on_its_way)
{
	static const char *const chunks[][3] = {
		{"\r\nERROR\r\n", "\r\nERROR\r\n\r\nERROR\r\n", "\r\nERROR\r\n"},
		{"\r\nERR", "OR\r\n\r\nERROR", "\r\n\r\nRING\r\n"},
		{"\r\nERROR\r\n\r\n", "ERROR\r\n", "\r\nERROR\r\n"},
	};

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct line l;
		uint64_t at_us;

		begin(&l);
		at_us = hang_up(&l);
		for (size_t j = 0; j < 3; j++) {
			rig_run_ms(&l.rig, 20);
			say(&l, chunks[i][j]);
		}
		cr_assert(rig_until_over(&l.rig, l.session, 60000), "%zu", i);
		assert_ended_at(&l, at_us);
		end(&l);
	}
}
