/* SPDX-License-Identifier: MIT */
#ifndef CORE_HANDLE_H
#define CORE_HANDLE_H

/*
 * Handle tables: identities that can be stale but never dangle.
 *
 * A handle is kind:8 index:24 generation:32. Index and generation start at 1, so 0 is never valid.
 * A freed slot's next use has the next generation; a slot whose generations are used up is retired,
 * never wrapped.
 */

#include <errno.h>
#include <stdint.h>

#define CORE_INDEX_MAX ((UINT32_C(1) << 24) - 1)

enum core_kind {
	CORE_KIND_LINE = 1,
	CORE_KIND_SESSION = 2,
	CORE_KIND_CLIENT = 3,
};

struct core_slot {
	void *object; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* index, 0: none */
};

struct core_handles {
	enum core_kind kind;
	uint32_t max;
	uint32_t used;	   /* slots ever used; slots[0] is index 1 */
	uint32_t capacity; /* slots allocated */
	uint32_t free;	   /* index of the first free slot, 0: none */
	uint32_t live;
	struct core_slot *slots;
};

void core_handles_init(struct core_handles *handles, enum core_kind kind, uint32_t max);
void core_handles_fini(struct core_handles *handles);

/* @return 0; -ENOSPC max reached; -ENOMEM */
int core_handles_add(struct core_handles *handles, void *object, uint64_t *ret_id);
/* Every call begins with it. @return 0; -EBADF of another kind or no handle at all; -ESTALE */
static inline int core_handles_find(const struct core_handles *handles, uint64_t id,
				    void **ret_object)
{
	uint32_t index = (uint32_t)(id >> 32) & CORE_INDEX_MAX;
	uint32_t generation = (uint32_t)id;
	const struct core_slot *slot;

	if (id >> 56 != (uint64_t)handles->kind)
		return -EBADF;
	if (index == 0 || index > handles->used)
		return -ESTALE;
	slot = &handles->slots[index - 1];
	if (!slot->object || slot->generation != generation)
		return -ESTALE;
	*ret_object = slot->object;
	return 0;
}
/* The handle must be live. */
void core_handles_remove(struct core_handles *handles, uint64_t id);

#endif
