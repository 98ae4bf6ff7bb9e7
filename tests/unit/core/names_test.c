/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <trunkline/trunkline.h>

#include "core/handle.h"

/* One row per enumeration; calling through a row keeps the table free of casts between types. */
#define ROW(function, type, count)                         \
	static const char *name_##function(unsigned int v) \
	{                                                  \
		return function((type)v);                  \
	}
#define ENUMS(X)                                                             \
	X(tl_call_state_name, enum tl_call_state, TL_CALL_STATE_COUNT)       \
	X(tl_origin_name, enum tl_origin, TL_ORIGIN_COUNT)                   \
	X(tl_disconnect_name, enum tl_disconnect, TL_DISCONNECT_COUNT)       \
	X(tl_cause_domain_name, enum tl_cause_domain, TL_CAUSE_DOMAIN_COUNT) \
	X(tl_quality_name, enum tl_quality, TL_QUALITY_COUNT)                \
	X(tl_media_name, enum tl_media, TL_MEDIA_COUNT)                      \
	X(tl_direction_name, enum tl_direction, 2)                           \
	X(tl_privilege_name, enum tl_privilege, TL_PRIVILEGE_COUNT)          \
	X(tl_line_state_name, enum tl_line_state, TL_LINE_STATE_COUNT)       \
	X(tl_drop_result_name, enum tl_drop_result, TL_DROP_RESULT_COUNT)    \
	X(tl_event_type_name, enum tl_event_type, TL_EVENT_TYPE_COUNT)       \
	X(tl_moment_name, enum tl_moment, TL_MOMENT_COUNT)                   \
	X(tl_count_name, enum tl_count, TL_COUNT_COUNT)
ENUMS(ROW)
#define ENTRY(function, type, count) {#function, name_##function, count},

static const struct {
	const char *name;
	const char *(*get)(unsigned int value);
	unsigned int count;
} enums[] = {ENUMS(ENTRY)};

#define N_ENUMS (sizeof(enums) / sizeof(enums[0]))

Test(names, every_value_has_one_of_its_own_for_programs)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

	for (size_t i = 0; i < N_ENUMS; i++) {
		for (unsigned int v = 0; v < enums[i].count; v++) {
			const char *name = enums[i].get(v);

			cr_assert(name && *name, "%s: no name for %u", enums[i].name, v);
			cr_assert_eq(strspn(name, allowed), strlen(name), "%s", name);
			for (unsigned int w = 0; w < v; w++)
				cr_assert_str_neq(name, enums[i].get(w), "%s", enums[i].name);
		}
	}
}

Test(names, unknown_values_have_none)
{
	for (size_t i = 0; i < N_ENUMS; i++) {
		cr_assert_null(enums[i].get(enums[i].count), "%s", enums[i].name);
		cr_assert_null(enums[i].get((unsigned int)-1), "%s", enums[i].name);
	}
}

static uint64_t make(enum core_kind kind, uint64_t index, uint64_t generation)
{
	return (uint64_t)kind << 56 | index << 32 | generation;
}

Test(names, identities_go_there_and_back)
{
	static const struct {
		const char *text;
		enum core_kind kind;
		uint32_t index, generation;
	} rows[] = {
		{"l1.1", CORE_KIND_LINE, 1, 1},
		{"s3.17", CORE_KIND_SESSION, 3, 17},
		{"c2.1", CORE_KIND_CLIENT, 2, 1},
		{"s16777215.4294967295", CORE_KIND_SESSION, 0xffffff, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t id = make(rows[i].kind, rows[i].index, rows[i].generation), back;
		char buf[TL_ID_TEXT_MAX];

		cr_assert_eq(tl_id_format(id, buf, sizeof(buf)), buf);
		cr_assert_str_eq(buf, rows[i].text);
		cr_assert_eq(tl_id_parse(buf, &back), 0);
		cr_assert_eq(back, id, "%s", buf);
	}
}

Test(names, what_is_no_identity_is_not_written)
{
	char buf[TL_ID_TEXT_MAX];

	cr_assert_null(tl_id_format(0, buf, sizeof(buf)));
	cr_assert_null(tl_id_format(UINT64_C(4) << 56 | UINT64_C(1) << 32 | 1, buf, sizeof(buf)));
	cr_assert_null(tl_id_format(make(CORE_KIND_LINE, 1, 1), buf, 4));
	cr_assert_not_null(tl_id_format(make(CORE_KIND_LINE, 1, 1), buf, 5));
}

Test(names, what_is_no_identity_is_not_read)
{
	static const char *const texts[] = {
		"",	"l",	"l1",	 "l1.",	  "l.1",   "l0.1",  "l1.0",	   "l1.1.1",
		"x1.1", "L1.1", " l1.1", "l1.1 ", "l-1.1", "l1.+1", "l16777216.1", "s1.4294967296"};
	uint64_t id = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(tl_id_parse(texts[i], &id), -EINVAL, "'%s'", texts[i]);
	cr_assert_eq(tl_id_parse(NULL, &id), -EINVAL);
	cr_assert_eq(id, 7);
}

Test(names, version_is_the_projects)
{
	cr_assert(strchr(tl_version(), '.'));
}

Test(names, each_proof_is_one_bit_with_a_name)
{
	for (unsigned int i = 0; i < TL_PROOF_COUNT; i++)
		cr_expect_not_null(tl_proof_name((enum tl_proof)(1U << i)), "%u", i);
	cr_expect_null(tl_proof_name((enum tl_proof)0));
	cr_expect_null(tl_proof_name((enum tl_proof)3));
	cr_expect_null(tl_proof_name((enum tl_proof)(1U << TL_PROOF_COUNT)));
}
