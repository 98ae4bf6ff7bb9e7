/* SPDX-License-Identifier: MIT */
#include "core/handle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define FIRST_CAPACITY 16

static uint64_t make_id(enum core_kind kind, uint32_t index, uint32_t generation)
{
	return (uint64_t)kind << 56 | (uint64_t)index << 32 | generation;
}

void core_handles_init(struct core_handles *handles, enum core_kind kind, uint32_t max)
{
	assert(max <= CORE_INDEX_MAX);
	*handles = (struct core_handles){.kind = kind, .max = max};
}

void core_handles_fini(struct core_handles *handles)
{
	free(handles->slots);
	handles->slots = NULL;
}

static int grow(struct core_handles *handles)
{
	uint32_t capacity = handles->capacity ? handles->capacity * 2 : FIRST_CAPACITY;
	struct core_slot *slots;

	slots = realloc(handles->slots, capacity * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	handles->slots = slots;
	handles->capacity = capacity;
	return 0;
}

/* @return index of a slot to use, or negative errno */
static int64_t take_slot(struct core_handles *handles)
{
	uint32_t index = handles->free;
	int r;

	if (index) {
		handles->free = handles->slots[index - 1].next_free;
		return index;
	}
	if (handles->used == CORE_INDEX_MAX)
		return -ENOSPC;
	if (handles->used == handles->capacity) {
		r = grow(handles);
		if (r < 0)
			return r;
	}
	handles->slots[handles->used] = (struct core_slot){0};
	return ++handles->used;
}

int core_handles_add(struct core_handles *handles, void *object, uint64_t *ret_id)
{
	struct core_slot *slot;
	int64_t index;

	if (handles->live >= handles->max)
		return -ENOSPC;
	index = take_slot(handles);
	if (index < 0)
		return (int)index;
	slot = &handles->slots[index - 1];
	slot->object = object;
	slot->generation++;
	slot->next_free = 0;
	handles->live++;
	*ret_id = make_id(handles->kind, (uint32_t)index, slot->generation);
	return 0;
}

void core_handles_remove(struct core_handles *handles, uint64_t id)
{
	uint32_t index = (uint32_t)(id >> 32) & CORE_INDEX_MAX;
	struct core_slot *slot = &handles->slots[index - 1];

	assert(slot->object && slot->generation == (uint32_t)id);
	slot->object = NULL;
	handles->live--;
	if (slot->generation == UINT32_MAX)
		return;
	slot->next_free = handles->free;
	handles->free = index;
}
