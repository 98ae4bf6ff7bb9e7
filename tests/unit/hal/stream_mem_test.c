/* SPDX-License-Identifier: MIT */
#include "hal/stream_mem.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "wrap.h"

/* What the owner of one end has seen. */
struct peer {
	struct hal_stream *s;
	unsigned int all;   /* every event so far */
	unsigned int first; /* of the first call */
	int calls;
	int lost;
	bool reads;
	bool closes; /* closes its end from inside its handler */
	char got[256];
	size_t got_len;
};

struct fixture {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct peer a, b;
};

static void on_event(void *user, unsigned int events)
{
	struct peer *peer = user;
	ssize_t n;

	if (peer->calls++ == 0)
		peer->first = events;
	peer->all |= events;
	peer->lost += (events & HAL_STREAM_LOST) != 0;
	if (events & HAL_STREAM_WRITABLE)
		cr_assert_eq(hal_stream_want_write(peer->s, false), 0);
	if (peer->reads && (events & HAL_STREAM_READABLE)) {
		n = hal_stream_read(peer->s, peer->got + peer->got_len,
				    sizeof(peer->got) - peer->got_len);
		cr_assert_gt(n, 0, "%zd", n);
		peer->got_len += (size_t)n;
	}
	if (peer->closes) {
		hal_stream_close(peer->s);
		peer->s = NULL;
	}
}

static void run(struct fixture *f)
{
	(void)hal_loop_run_virtual(f->loop, &f->clock, UINT64_MAX, NULL, NULL);
}

static void setup(struct fixture *f, const struct hal_stream_mem_limits *limits)
{
	*f = (struct fixture){0};
	hal_clock_virtual_init(&f->clock, 0, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	cr_assert_eq(hal_stream_mem_pair(f->loop, limits, &f->a.s, &f->b.s), 0);
	hal_stream_set_handler(f->a.s, on_event, &f->a);
	hal_stream_set_handler(f->b.s, on_event, &f->b);
	f->a.reads = true;
	f->b.reads = true;
}

static void teardown(struct fixture *f)
{
	hal_stream_close(f->a.s);
	hal_stream_close(f->b.s);
	run(f);
	hal_loop_free(f->loop);
}

Test(stream_mem, both_ends_open_in_the_next_turn)
{
	struct fixture f;

	setup(&f, NULL);
	cr_assert_eq(f.a.calls, 0, "never inside the call");
	run(&f);
	cr_assert_eq(f.a.first, HAL_STREAM_OPENED);
	cr_assert_eq(f.b.first, HAL_STREAM_OPENED);
	cr_assert_eq(f.a.calls, 1);
	teardown(&f);
}

Test(stream_mem, bytes_cross_in_order)
{
	struct fixture f;

	setup(&f, NULL);
	cr_assert_eq(hal_stream_write(f.a.s, "ping\0", 5), 5);
	cr_assert_eq(hal_stream_write(f.b.s, "pong", 4), 4);
	run(&f);
	cr_assert_eq(f.b.got_len, 5);
	cr_assert_arr_eq(f.b.got, "ping\0", 5);
	cr_assert_arr_eq(f.a.got, "pong", 4);
	cr_assert_eq(hal_stream_read(f.a.s, f.a.got, 1), -EAGAIN);
	teardown(&f);
}

Test(stream_mem, limits_split_reads_and_writes)
{
	static const struct hal_stream_mem_limits one_byte = {.max_read = 1, .max_write = 3};
	struct fixture f;

	setup(&f, &one_byte);
	cr_assert_eq(hal_stream_write(f.a.s, "abcdef", 6), 3);
	run(&f);
	cr_assert_eq(f.b.calls, 3, "OPENED comes with the first byte, then one each");
	cr_assert_arr_eq(f.b.got, "abc", 3);

	hal_stream_mem_set_limits(f.a.s, &(struct hal_stream_mem_limits){0});
	cr_assert_eq(hal_stream_write(f.a.s, "abcdef", 6), 6);
	run(&f);
	cr_assert_eq(f.b.calls, 4);
	cr_assert_eq(f.b.got_len, 9);
	teardown(&f);
}

Test(stream_mem, a_full_pipe_refuses_and_reports_room)
{
	static const struct hal_stream_mem_limits small = {.capacity = 4};
	char buf[8];
	struct fixture f;

	setup(&f, &small);
	run(&f);
	hal_stream_set_handler(f.b.s, NULL, NULL);
	cr_assert_eq(hal_stream_write(f.a.s, "abcdef", 6), 4);
	cr_assert_eq(hal_stream_write(f.a.s, "ef", 2), -EAGAIN);
	cr_assert_eq(hal_stream_want_write(f.a.s, true), 0);
	run(&f);
	cr_assert_not(f.a.all & HAL_STREAM_WRITABLE);

	cr_assert_eq(hal_stream_read(f.b.s, buf, 1), 1);
	run(&f);
	cr_assert(f.a.all & HAL_STREAM_WRITABLE);
	cr_assert_eq(hal_stream_write(f.a.s, "ef", 2), 1);

	hal_stream_mem_set_limits(f.a.s, &(struct hal_stream_mem_limits){.capacity = 2});
	cr_assert_eq(hal_stream_read(f.b.s, buf, 1), 1);
	cr_assert_eq(hal_stream_write(f.a.s, "g", 1), -EAGAIN, "lowered in mid-stream");
	hal_stream_mem_set_limits(f.a.s, &(struct hal_stream_mem_limits){.capacity = 100});
	cr_assert_eq(hal_stream_write(f.a.s, "gh", 2), 1, "not above what it was made with");
	teardown(&f);
}

Test(stream_mem, a_paused_end_is_not_told_of_bytes)
{
	struct fixture f;

	setup(&f, NULL);
	cr_assert_eq(hal_stream_want_read(f.b.s, false), 0);
	cr_assert_eq(hal_stream_write(f.a.s, "held", 4), 4);
	run(&f);
	cr_assert_eq(f.b.got_len, 0);
	cr_assert_eq(hal_stream_want_read(f.b.s, true), 0);
	run(&f);
	cr_assert_eq(f.b.got_len, 4);

	cr_assert_eq(hal_stream_want_read(f.b.s, false), 0);
	cr_assert_eq(hal_stream_write(f.a.s, "last", 4), 4);
	hal_stream_close(f.a.s);
	f.a.s = NULL;
	run(&f);
	cr_assert_eq(f.b.lost, 0, "not before it has been read");
	cr_assert_eq(hal_stream_flush(f.b.s), 0);
	run(&f);
	cr_assert_eq(f.b.lost, 1);
	teardown(&f);
}

Test(stream_mem, flush_forgets_what_is_unread)
{
	static const struct hal_stream_mem_limits small = {.capacity = 4};
	struct fixture f;

	setup(&f, &small);
	cr_assert_eq(hal_stream_write(f.a.s, "abcd", 4), 4);
	cr_assert_eq(hal_stream_want_write(f.a.s, true), 0);
	cr_assert_eq(hal_stream_flush(f.b.s), 0);
	run(&f);
	cr_assert_eq(f.b.got_len, 0);
	cr_assert(f.a.all & HAL_STREAM_WRITABLE);
	teardown(&f);
}

Test(stream_mem, lines_cross_like_a_null_modem)
{
	struct fixture f;
	unsigned int lines;

	setup(&f, NULL);
	cr_assert(hal_stream_has(f.a.s, HAL_STREAM_CAP_LINES));
	cr_assert_eq(hal_stream_get_lines(f.b.s, &lines), 0);
	cr_assert_eq(lines, HAL_STREAM_DTR | HAL_STREAM_RTS | HAL_STREAM_DSR | HAL_STREAM_CTS);

	cr_assert_eq(hal_stream_set_lines(f.a.s, HAL_STREAM_DTR, false), 0);
	cr_assert_eq(hal_stream_get_lines(f.b.s, &lines), 0);
	cr_assert_eq(lines, HAL_STREAM_DTR | HAL_STREAM_RTS | HAL_STREAM_CTS);

	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_DCD | HAL_STREAM_RI | HAL_STREAM_DTR, true);
	cr_assert_eq(hal_stream_get_lines(f.b.s, &lines), 0);
	cr_assert_eq(lines, HAL_STREAM_DTR | HAL_STREAM_RTS | HAL_STREAM_CTS | HAL_STREAM_DCD |
				    HAL_STREAM_RI);
	cr_assert_eq(hal_stream_set_lines(f.a.s, HAL_STREAM_DCD, true), -EINVAL);
	run(&f);
	cr_assert_not(f.b.all & HAL_STREAM_LINES, "nobody watches");
	teardown(&f);
}

Test(stream_mem, a_short_pulse_is_counted_and_reported)
{
	struct hal_stream_counters counters;
	struct fixture f;

	setup(&f, NULL);
	cr_assert_eq(hal_stream_watch_lines(f.b.s, 100), 0);
	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_RI, true);
	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_RI, true);
	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_RI, false);
	cr_assert_eq(hal_stream_set_lines(f.a.s, HAL_STREAM_DTR | HAL_STREAM_RTS, false), 0);
	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_DCD, true);
	cr_assert_eq(hal_stream_set_break(f.a.s, true), 0);
	cr_assert_eq(hal_stream_set_break(f.a.s, false), 0);
	run(&f);
	cr_assert(f.b.all & HAL_STREAM_LINES);
	cr_assert_eq(hal_stream_get_counters(f.b.s, &counters), 0);
	cr_assert_eq(counters.ri, 2);
	cr_assert_eq(counters.dsr, 1);
	cr_assert_eq(counters.cts, 1);
	cr_assert_eq(counters.dcd, 1);
	cr_assert_eq(counters.brk, 1);

	f.b.all = 0;
	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_DCD, false);
	cr_assert_eq(hal_stream_watch_lines(f.b.s, 0), 0);
	run(&f);
	cr_assert_not(f.b.all & HAL_STREAM_LINES, "watching has ended");
	teardown(&f);
}

Test(stream_mem, without_lines_it_is_like_a_pty)
{
	static const struct hal_stream_mem_limits bare = {.without_lines = true};
	struct hal_stream_counters counters;
	unsigned int lines;
	struct fixture f;

	setup(&f, &bare);
	cr_assert_eq(f.a.s->caps, 0);
	cr_assert_eq(hal_stream_get_lines(f.a.s, &lines), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_set_lines(f.a.s, HAL_STREAM_DTR, false), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_get_counters(f.a.s, &counters), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_set_break(f.a.s, true), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_watch_lines(f.a.s, 100), -EOPNOTSUPP);
	cr_assert_eq(hal_stream_configure(f.a.s, &HAL_STREAM_CONFIG_DEFAULT), 0);
	teardown(&f);
}

Test(stream_mem, a_closed_end_is_lost_after_its_last_byte_is_read)
{
	static const struct hal_stream_mem_limits slow = {.max_read = 2};
	struct hal_stream_counters counters;
	struct fixture f;

	setup(&f, &slow);
	run(&f);
	cr_assert_eq(hal_stream_watch_lines(f.b.s, 100), 0);
	cr_assert_eq(hal_stream_write(f.a.s, "bye!", 4), 4);
	hal_stream_close(f.a.s);
	f.a.s = NULL;

	cr_assert_eq(hal_stream_write(f.b.s, "x", 1), -ENODEV);
	cr_assert_eq(hal_stream_get_counters(f.b.s, &counters), 0);
	cr_assert_eq(counters.dsr, 1, "close lowers DTR");
	cr_assert_eq(f.b.lost, 0);
	run(&f);
	cr_assert_arr_eq(f.b.got, "bye!", 4);
	cr_assert(f.b.all & HAL_STREAM_LINES);
	cr_assert_eq(f.b.lost, 1);
	teardown(&f);
}

static void assert_dead(struct hal_stream *s)
{
	struct hal_stream_counters counters;
	unsigned int lines;
	char c;

	cr_assert_eq(hal_stream_read(s, &c, 1), -ENODEV);
	cr_assert_eq(hal_stream_write(s, "x", 1), -ENODEV);
	cr_assert_eq(hal_stream_get_lines(s, &lines), -ENODEV);
	cr_assert_eq(hal_stream_set_lines(s, HAL_STREAM_DTR, true), -ENODEV);
	cr_assert_eq(hal_stream_get_counters(s, &counters), -ENODEV);
	cr_assert_eq(hal_stream_set_break(s, true), -ENODEV);
	cr_assert_eq(hal_stream_configure(s, &HAL_STREAM_CONFIG_DEFAULT), -ENODEV);
	cr_assert_eq(hal_stream_flush(s), -ENODEV);
	cr_assert_eq(hal_stream_want_write(s, true), -ENODEV);
	cr_assert_eq(hal_stream_want_read(s, false), -ENODEV);
	cr_assert_eq(hal_stream_watch_lines(s, 100), -ENODEV);
}

Test(stream_mem, an_unplug_is_lost_at_once_and_only_once)
{
	struct fixture f;

	setup(&f, NULL);
	run(&f);
	cr_assert_eq(hal_stream_write(f.a.s, "unread", 6), 6);
	hal_stream_mem_unplug(f.a.s);
	cr_assert_eq(f.b.lost, 0, "never inside the call");
	run(&f);
	cr_assert_eq(f.b.lost, 1);
	cr_assert_eq(f.b.got_len, 0);
	cr_assert_eq(f.a.lost, 0, "who pulls the plug knows it");
	assert_dead(f.a.s);
	assert_dead(f.b.s);
	hal_stream_mem_unplug(f.a.s);
	hal_stream_mem_set_inputs(f.a.s, HAL_STREAM_DCD, true);
	hal_stream_mem_set_limits(f.a.s, &(struct hal_stream_mem_limits){0});
	run(&f);
	cr_assert_eq(f.b.lost, 1);
	teardown(&f);
}

Test(stream_mem, an_end_can_be_closed_by_its_own_handler)
{
	struct fixture f;

	setup(&f, NULL);
	f.b.closes = true;
	cr_assert_eq(hal_stream_write(f.a.s, "x", 1), 1);
	run(&f);
	cr_assert_eq(f.b.calls, 1);
	cr_assert_eq(f.a.lost, 1);
	teardown(&f);
}

Test(stream_mem, no_event_comes_after_close)
{
	struct fixture f;

	setup(&f, NULL);
	cr_assert_eq(hal_stream_write(f.a.s, "x", 1), 1);
	hal_stream_close(f.b.s);
	f.b.s = NULL;
	run(&f);
	cr_assert_eq(f.b.calls, 0);
	teardown(&f);
}

Test(stream_mem, neither_end_survives_a_failed_allocation)
{
	struct hal_clock_virtual clock;
	struct hal_stream *a = NULL, *b = NULL;
	struct hal_loop *loop = NULL;

	hal_clock_virtual_init(&clock, 0, 0);
	cr_assert_eq(hal_loop_new(&clock.clock, &loop), 0);
	for (unsigned int nth = 1; nth <= 2; nth++) {
		wrap_fail_nth(&wrap_calloc, nth, ENOMEM);
		cr_assert_eq(hal_stream_mem_pair(loop, NULL, &a, &b), -ENOMEM);
		cr_assert_null(a);
		cr_assert_null(b);
	}
	hal_loop_free(loop);
}

Test(stream_mem, transfers_neither_allocate_nor_call_the_kernel)
{
	struct fixture f;

	setup(&f, NULL);
	run(&f);
	wrap_calloc.calls = 0;
	wrap_epoll_wait.calls = 0;
	for (int i = 0; i < 10000; i++) {
		f.b.got_len = 0;
		cr_assert_eq(hal_stream_write(f.a.s, "0123456789", 10), 10);
		run(&f);
		cr_assert_eq(f.b.got_len, 10);
	}
	cr_assert_eq(wrap_calloc.calls, 0);
	cr_assert_eq(wrap_epoll_wait.calls, 0);
	teardown(&f);
}
