/* SPDX-License-Identifier: MIT */
#include "tools/lined/metrics.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(metrics, sessions_have_ages)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} rows[] = {
		{0, "under-1m"},    {59, "under-1m"},	 {60, "under-1h"}, {3599, "under-1h"},
		{3600, "under-1d"}, {86399, "under-1d"}, {86400, "older"}, {UINT64_MAX, "older"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_str_eq(metrics_age_name(metrics_age_of(rows[i].seconds)), rows[i].name,
				 "%s", rows[i].name);
}

Test(metrics, requests_are_counted_by_method_and_result)
{
	struct lined_metrics metrics;

	metrics_init(&metrics);
	metrics_request(&metrics, "Dial", "Ok");
	metrics_request(&metrics, "Dial", "Busy");
	metrics_request(&metrics, "Drop", "Ok");
	metrics_request(&metrics, "Dial", "Busy");
	cr_assert_eq(metrics.n_requests, 3);
	cr_assert_eq(metrics.requests[0].n, 1);
	cr_assert_str_eq(metrics.requests[1].result, "Busy");
	cr_assert_eq(metrics.requests[1].n, 2);
	cr_assert_str_eq(metrics.requests[2].method, "Drop");
	metrics_fini(&metrics);
}

Test(metrics, connections_are_cut_off_for_reasons)
{
	static const struct {
		int error;
		enum metrics_cut cut;
	} rows[] = {
		{-EPROTO, METRICS_CUT_PROTOCOL},
		{-EMSGSIZE, METRICS_CUT_TOO_LONG},
		{-ENOBUFS, METRICS_CUT_NOT_READING},
		{-ENOMEM, METRICS_CUT_OTHER},
	};
	struct lined_metrics metrics;

	metrics_init(&metrics);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_cut_off(&metrics, rows[i].error);
		cr_assert_eq(metrics.cut_off[rows[i].cut], 1, "%d", rows[i].error);
	}
	metrics_fini(&metrics);
}
