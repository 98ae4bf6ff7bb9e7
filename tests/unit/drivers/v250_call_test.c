/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "drivers/v250/v250.h"

struct meaning {
	enum tl_origin origin;
	enum tl_disconnect disconnect;
};

#define UNKNOWN                                          \
	{                                                \
		TL_ORIGIN_NETWORK, TL_DISCONNECT_UNKNOWN \
	}
#define HUNG_UP                                        \
	{                                              \
		TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL \
	}

/* While the call is set up, and when it was connected. */
static const struct {
	enum at_result result;
	struct meaning setup, connected;
} rows[] = {
	{AT_RESULT_NONE, UNKNOWN, HUNG_UP},
	{AT_RESULT_OK, UNKNOWN, HUNG_UP},
	{AT_RESULT_CONNECT, UNKNOWN, HUNG_UP},
	{AT_RESULT_RING, UNKNOWN, HUNG_UP},
	{AT_RESULT_NO_CARRIER, UNKNOWN, HUNG_UP},
	{AT_RESULT_CME_ERROR, UNKNOWN, HUNG_UP},
	{AT_RESULT_CMS_ERROR, UNKNOWN, HUNG_UP},
	{AT_RESULT_RINGING, UNKNOWN, HUNG_UP},
	{AT_RESULT_VCON, UNKNOWN, HUNG_UP},
	{AT_RESULT_ERROR,
	 {TL_ORIGIN_ERROR, TL_DISCONNECT_TEMPFAILURE},
	 {TL_ORIGIN_ERROR, TL_DISCONNECT_TEMPFAILURE}},
	{AT_RESULT_NO_DIALTONE,
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE},
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE}},
	{AT_RESULT_BUSY,
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY},
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY}},
	{AT_RESULT_NO_ANSWER,
	 {TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NOANSWER},
	 {TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NOANSWER}},
	{AT_RESULT_DELAYED,
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE},
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE}},
	{AT_RESULT_BLACKLISTED,
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BLOCKED},
	 {TL_ORIGIN_NETWORK, TL_DISCONNECT_BLOCKED}},
	{AT_RESULT_NO_LINE,
	 {TL_ORIGIN_ERROR, TL_DISCONNECT_OUTOFORDER},
	 {TL_ORIGIN_ERROR, TL_DISCONNECT_OUTOFORDER}},
	{AT_RESULT_LINE_IN_USE,
	 {TL_ORIGIN_ERROR, TL_DISCONNECT_CONGESTION},
	 {TL_ORIGIN_ERROR, TL_DISCONNECT_CONGESTION}},
};

static void assert_cause(enum at_result result, bool connected, const struct meaning *meaning)
{
	struct core_cause cause;

	v250_cause_of(result, connected, &cause);
	cr_assert_eq(cause.origin, meaning->origin, "%s", at_result_name(result));
	cr_assert_eq(cause.disconnect, meaning->disconnect, "%s", at_result_name(result));
	cr_assert_eq(cause.domain, TL_CAUSE_V250);
	cr_assert_str_eq(cause.text, at_result_name(result));
}

Test(v250_call, every_result_code_has_a_meaning)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_cause(rows[i].result, false, &rows[i].setup);
		assert_cause(rows[i].result, true, &rows[i].connected);
		seen |= 1U << rows[i].result;
	}
	cr_assert_eq(seen, (1U << (AT_RESULT_VCON + 1)) - 1, "a result code has no row");
}
