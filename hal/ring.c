/* SPDX-License-Identifier: MIT */
#include "hal/ring.h"

#include <assert.h>
#include <string.h>

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

void hal_ring_init(struct hal_ring *ring, char *buf, size_t size)
{
	*ring = (struct hal_ring){.buf = buf, .size = size};
}

size_t hal_ring_put(struct hal_ring *ring, const char *data, size_t len)
{
	size_t taken = min_size(len, hal_ring_space(ring));
	size_t tail, first;

	if (taken == 0)
		return 0;
	tail = (ring->head + ring->len) % ring->size;
	first = min_size(taken, ring->size - tail);
	memcpy(ring->buf + tail, data, first);
	memcpy(ring->buf, data + first, taken - first);
	ring->len += taken;
	return taken;
}

struct hal_slice hal_ring_peek(const struct hal_ring *ring)
{
	return hal_slice(ring->buf + ring->head, min_size(ring->len, ring->size - ring->head));
}

void hal_ring_drop(struct hal_ring *ring, size_t n)
{
	assert(n <= ring->len);
	ring->len -= n;
	/* An empty ring starts anew, so that what follows is contiguous. */
	ring->head = ring->len > 0 ? (ring->head + n) % ring->size : 0;
}

size_t hal_ring_get(struct hal_ring *ring, char *buf, size_t size)
{
	size_t copied = 0;

	while (copied < size && ring->len > 0) {
		struct hal_slice piece = hal_ring_peek(ring);
		size_t n = min_size(piece.len, size - copied);

		memcpy(buf + copied, piece.data, n);
		hal_ring_drop(ring, n);
		copied += n;
	}
	return copied;
}
