/* SPDX-License-Identifier: MIT */
#ifndef HAL_RING_H
#define HAL_RING_H

/* Byte queue of fixed capacity over memory that the caller supplies. */

#include <stddef.h>
#include <stdint.h>

#include "hal/slice.h"

struct hal_ring {
	char *buf;
	size_t size;
	size_t head; /* first byte */
	size_t len;
};

void hal_ring_init(struct hal_ring *ring, char *buf, size_t size);
static inline size_t hal_ring_space(const struct hal_ring *ring)
{
	return ring->size - ring->len;
}
/* @return bytes taken, less than len when full */
size_t hal_ring_put(struct hal_ring *ring, const char *data, size_t len);
/* The longest contiguous piece at the front; empty when the ring is. */
struct hal_slice hal_ring_peek(const struct hal_ring *ring);
/* Drop n bytes at the front; n <= ring->len */
void hal_ring_drop(struct hal_ring *ring, size_t n);
/* Copy out up to size bytes and drop them. @return bytes copied */
size_t hal_ring_get(struct hal_ring *ring, char *buf, size_t size);

#endif
