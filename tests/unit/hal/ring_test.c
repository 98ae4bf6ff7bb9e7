/* SPDX-License-Identifier: MIT */
#include "hal/ring.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(ring, takes_no_more_than_fits)
{
	char memory[8], out[8];
	struct hal_ring ring;

	hal_ring_init(&ring, memory, sizeof(memory));

	cr_assert_eq(hal_ring_put(&ring, "abcdef", 6), 6);
	cr_assert_eq(hal_ring_put(&ring, "ghijkl", 6), 2);
	cr_assert_eq(hal_ring_put(&ring, "x", 1), 0);
	cr_assert_eq(hal_ring_space(&ring), 0);
	cr_assert_eq(hal_ring_get(&ring, out, sizeof(out)), 8);
	cr_assert_arr_eq(out, "abcdefgh", 8);
	cr_assert_eq(hal_ring_get(&ring, out, sizeof(out)), 0);
}

Test(ring, peek_gives_the_piece_up_to_the_wrap)
{
	char memory[8], out[8];
	struct hal_ring ring;

	hal_ring_init(&ring, memory, sizeof(memory));
	cr_assert_eq(hal_ring_peek(&ring).len, 0);

	hal_ring_put(&ring, "abcdef", 6);
	hal_ring_drop(&ring, 5);
	hal_ring_put(&ring, "ghijk", 5);

	cr_assert(hal_slice_eq(hal_ring_peek(&ring), HAL_SLICE("fgh")));
	hal_ring_drop(&ring, 3);
	cr_assert(hal_slice_eq(hal_ring_peek(&ring), HAL_SLICE("ijk")));
	cr_assert_eq(hal_ring_get(&ring, out, 2), 2);
	cr_assert(hal_slice_eq(hal_ring_peek(&ring), HAL_SLICE("k")));
}

Test(ring, a_ring_without_memory_is_always_full)
{
	struct hal_ring ring;
	char out[1];

	hal_ring_init(&ring, NULL, 0);
	cr_assert_eq(hal_ring_put(&ring, "a", 1), 0);
	cr_assert_eq(hal_ring_get(&ring, out, 1), 0);
	cr_assert_eq(hal_ring_peek(&ring).len, 0);
}

/* Against a plain byte counter, over all sizes of puts and gets. */
Test(ring, bytes_come_out_in_the_order_they_went_in)
{
	char memory[13], piece[16];
	unsigned char in = 0, out = 0;
	struct hal_ring ring;

	hal_ring_init(&ring, memory, sizeof(memory));
	for (size_t turn = 0; turn < 4096; turn++) {
		size_t taken, n;

		for (size_t i = 0; i < sizeof(piece); i++)
			piece[i] = (char)(in + i);
		taken = hal_ring_put(&ring, piece, turn % 15);
		in = (unsigned char)(in + taken);
		n = hal_ring_get(&ring, piece, (turn * 7) % 16);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq((unsigned char)piece[i], out++);
		cr_assert_eq(ring.len, (unsigned char)(in - out));
	}
}

#ifndef NDEBUG
Test(ring, dropping_more_than_there_is_is_a_bug, .signal = SIGABRT)
{
	char memory[8];
	struct hal_ring ring;

	hal_ring_init(&ring, memory, sizeof(memory));
	hal_ring_put(&ring, "ab", 2);
	hal_ring_drop(&ring, 3);
}
#endif
