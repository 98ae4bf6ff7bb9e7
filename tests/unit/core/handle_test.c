/* SPDX-License-Identifier: MIT */
#include "core/handle.h"

#include <errno.h>

#include <criterion/criterion.h>

static int objects[40];

static struct core_handles table(uint32_t max)
{
	struct core_handles handles;

	core_handles_init(&handles, CORE_KIND_SESSION, max);
	return handles;
}

Test(handle, finds_the_object_it_was_given_for)
{
	struct core_handles handles = table(40);
	uint64_t ids[40];
	void *object;

	/* More than the first capacity, so that the table grows. */
	for (size_t i = 0; i < 40; i++)
		cr_assert_eq(core_handles_add(&handles, &objects[i], &ids[i]), 0);
	for (size_t i = 0; i < 40; i++) {
		cr_assert_eq(core_handles_find(&handles, ids[i], &object), 0);
		cr_assert_eq(object, &objects[i]);
	}
	core_handles_fini(&handles);
}

Test(handle, tells_strangers_from_the_dead)
{
	static const struct {
		const char *name;
		uint64_t id;
		int error;
	} rows[] = {
		{"zero", 0, -EBADF},
		{"no kind", UINT64_C(1) << 32 | 1, -EBADF},
		{"another kind", UINT64_C(0x01000001) << 32 | 1, -EBADF},
		{"unknown kind", UINT64_C(0xff000001) << 32 | 1, -EBADF},
		{"index 0", UINT64_C(0x02000000) << 32 | 1, -ESTALE},
		{"index never used", UINT64_C(0x02000002) << 32 | 1, -ESTALE},
		{"greatest index", UINT64_C(0x02ffffff) << 32 | 1, -ESTALE},
		{"generation 0", UINT64_C(0x02000001) << 32, -ESTALE},
		{"next generation", UINT64_C(0x02000001) << 32 | 2, -ESTALE},
		{"the handle", UINT64_C(0x02000001) << 32 | 1, 0},
	};
	struct core_handles handles = table(4);
	uint64_t id;

	cr_assert_eq(core_handles_add(&handles, &objects[0], &id), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *object = &handles;

		cr_assert_eq(core_handles_find(&handles, rows[i].id, &object), rows[i].error, "%s",
			     rows[i].name);
		cr_assert_eq(object, rows[i].error ? (void *)&handles : &objects[0], "%s",
			     rows[i].name);
	}
	core_handles_fini(&handles);
}

Test(handle, is_stale_after_removal_and_its_slot_has_a_new_name)
{
	struct core_handles handles = table(4);
	uint64_t first, second;
	void *object;

	cr_assert_eq(core_handles_add(&handles, &objects[0], &first), 0);
	core_handles_remove(&handles, first);
	cr_assert_eq(core_handles_find(&handles, first, &object), -ESTALE);
	cr_assert_eq(core_handles_add(&handles, &objects[1], &second), 0);
	cr_assert_eq(second, first + 1);
	cr_assert_eq(core_handles_find(&handles, first, &object), -ESTALE);
	cr_assert_eq(core_handles_find(&handles, second, &object), 0);
	core_handles_fini(&handles);
}

Test(handle, slot_with_used_up_generations_is_retired)
{
	struct core_handles handles = table(4);
	uint64_t id, next;
	void *object;

	cr_assert_eq(core_handles_add(&handles, &objects[0], &id), 0);
	core_handles_remove(&handles, id);
	handles.slots[0].generation = UINT32_MAX - 1;
	cr_assert_eq(core_handles_add(&handles, &objects[0], &id), 0);
	cr_assert_eq(id & UINT32_MAX, UINT32_MAX);
	core_handles_remove(&handles, id);
	cr_assert_eq(core_handles_find(&handles, id, &object), -ESTALE);

	cr_assert_eq(core_handles_add(&handles, &objects[0], &next), 0);
	cr_assert_eq(next >> 32 & 0xffffff, 2, "the slot was used again");
	cr_assert_eq(handles.live, 1);
	core_handles_fini(&handles);
}

Test(handle, full_table_refuses_until_one_is_removed)
{
	struct core_handles handles = table(3);
	uint64_t ids[3], id = 7;

	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(core_handles_add(&handles, &objects[i], &ids[i]), 0);
	cr_assert_eq(core_handles_add(&handles, &objects[3], &id), -ENOSPC);
	cr_assert_eq(id, 7);
	core_handles_remove(&handles, ids[1]);
	cr_assert_eq(core_handles_add(&handles, &objects[3], &id), 0);
	core_handles_fini(&handles);
}

Test(handle, indices_that_are_all_retired_are_a_full_table)
{
	struct core_handles handles = table(3);
	uint64_t id;

	handles.used = (1U << 24) - 1;
	cr_assert_eq(core_handles_add(&handles, &objects[0], &id), -ENOSPC);
	core_handles_fini(&handles);
}
