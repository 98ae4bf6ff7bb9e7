/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <criterion/criterion.h>

#include "drivers/v250/v250.h"

#define DIAG "DIAG <2A4D3263 "

static const struct {
	const char *name;
	const char *line;
	enum tl_origin origin;
	enum tl_disconnect disconnect;
	const char *text;
} causes[] = {
	{"ATH", DIAG "60=51>", TL_ORIGIN_NONE, TL_DISCONNECT_NONE, "60=51 ATH"},
	{"DTR", DIAG "60=20>", TL_ORIGIN_NONE, TL_DISCONNECT_NONE, "60=20 DTR dropped"},
	{"DTR off while dialling", DIAG "60=1F>", TL_ORIGIN_NONE, TL_DISCONNECT_CANCELLED,
	 "60=1F DTR off"},
	{"any key", DIAG "60=50>", TL_ORIGIN_NONE, TL_DISCONNECT_CANCELLED,
	 "60=50 aborted by a character"},
	{"ATZ", DIAG "60=52>", TL_ORIGIN_NONE, TL_DISCONNECT_NONE, "60=52 ATZ"},
	{"carrier lost", DIAG "60=3C>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
	{"lower case", "diag <2a4d3263 60=3c>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
	{"leading zeros", DIAG "0060=003C>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
	{"blanks around", "  " DIAG "60=3C>  ", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
	{"among others", DIAG "20=0 21=1D4C 60=5F 61=0>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=5F DISC frame received"},
	{"cleardown", DIAG "60=41>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=41 cleardown received"},
	{"loop current", DIAG "60=2E>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=2E loop current interrupted"},
	{"no dial tone", DIAG "60=2F>", TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE,
	 "60=2F no dial tone"},
	{"busy", DIAG "60=33>", TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, "60=33 busy"},
	{"reorder", DIAG "60=31>", TL_ORIGIN_NETWORK, TL_DISCONNECT_CONGESTION,
	 "60=31 reorder tone"},
	{"S7", DIAG "60=2C>", TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NOANSWER, "60=2C set-up timer (S7)"},
	{"inactivity", DIAG "60=19>", TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NORMAL,
	 "60=19 inactivity timer"},
	{"training", DIAG "60=3D>", TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE,
	 "60=3D training failed"},
	{"extension", DIAG "60=2B>", TL_ORIGIN_ERROR, TL_DISCONNECT_CONGESTION,
	 "60=2B extension off hook"},
	{"blacklist", DIAG "60=29>", TL_ORIGIN_NETWORK, TL_DISCONNECT_BLOCKED, "60=29 blacklisted"},
	{"set-up: busy", DIAG "1=3>", TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY, "1=3 busy"},
	{"set-up: voice", DIAG "1=5>", TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE,
	 "1=5 a voice answered"},
	{"set-up wins over cause", DIAG "1=1 60=3C>", TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE,
	 "1=1 no dial tone"},
	{"also behind it", DIAG "60=3C 1=9>", TL_ORIGIN_NETWORK, TL_DISCONNECT_INCOMPATIBLE,
	 "1=9 a fax answered"},
	{"set-up that says nothing", DIAG "1=8 60=3C>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
	{"pairs without value", DIAG "7 60=3C 8= =9 =>", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
	{"pairs that are not hexadecimal", DIAG "20=xy 60=3C zz=1>", TL_ORIGIN_REMOTE,
	 TL_DISCONNECT_NORMAL, "60=3C carrier lost"},
	{"several blanks", DIAG " 60=3C  61=0 >", TL_ORIGIN_REMOTE, TL_DISCONNECT_NORMAL,
	 "60=3C carrier lost"},
};

static const char *const nothing[] = {
	"",
	" ",
	"OK",
	"DIAG",
	"DIAG <",
	"DIAG <2A4D3263",
	"DIAG <2A4D3263>",
	DIAG,
	DIAG ">",
	DIAG "60=3C", /* cut */
	DIAG "60=3C> OK",
	"DIAG <2A4D3264 60=3C>",
	"XDIAG <2A4D3263 60=3C>",
	DIAG "60=>",
	DIAG "60>",
	DIAG "60=FF>", /* unknown value */
	DIAG "60=13C>",
	DIAG "60=1000003C>",
	DIAG "60=10000003C>", /* too long for 32 bits */
	DIAG "60=0x3C>",
	DIAG "60=-3C>",
	DIAG "61=3C>",
	DIAG "1=3=3>",
	DIAG "=60=3C>",
	DIAG "\r60=3C\n>",
};

Test(v250_diagnose, reads_the_cause_of_a_line)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		struct core_cause cause;

		cr_assert(v250_diag_parse(hal_slice_str(causes[i].line), &cause), "%s",
			  causes[i].name);
		cr_assert_eq(cause.domain, TL_CAUSE_V58, "%s", causes[i].name);
		cr_assert_eq(cause.origin, causes[i].origin, "%s", causes[i].name);
		cr_assert_eq(cause.disconnect, causes[i].disconnect, "%s", causes[i].name);
		cr_assert_str_eq(cause.text, causes[i].text, "%s", causes[i].name);
	}
}

Test(v250_diagnose, leaves_the_cause_alone_where_there_is_none)
{
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		struct core_cause cause = {.origin = TL_ORIGIN_USER, .text = "untouched"};

		cr_assert_not(v250_diag_parse(hal_slice_str(nothing[i]), &cause), "%s", nothing[i]);
		cr_assert_eq(cause.origin, TL_ORIGIN_USER, "%s", nothing[i]);
		cr_assert_str_eq(cause.text, "untouched", "%s", nothing[i]);
	}
}

Test(v250_diagnose, every_cut_of_a_line_is_nothing)
{
	static const char line[] = DIAG "1=3 60=33>";
	struct core_cause cause;

	for (size_t len = 0; len < sizeof(line) - 1; len++)
		cr_assert_not(v250_diag_parse(hal_slice(line, len), &cause), "%zu bytes", len);
}

Test(v250_diagnose, tells_whether_the_modem_holds_the_call_for_cleared)
{
	static const struct {
		const char *line;
		enum v250_call_log log;
	} rows[] = {
		{DIAG "60=0>", V250_LOG_UNKNOWN},
		{DIAG "60=1>", V250_LOG_UNKNOWN},
		{DIAG "60=2>", V250_LOG_IN_PROGRESS},
		{DIAG "60=3>", V250_LOG_CLEARED},
		{DIAG "60=51>", V250_LOG_CLEARED},
		{DIAG "60=FF>", V250_LOG_CLEARED},
		{DIAG "60=xy>", V250_LOG_UNKNOWN},
		{DIAG "1=3>", V250_LOG_UNKNOWN},
		{"OK", V250_LOG_UNKNOWN},
		{"", V250_LOG_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(v250_diag_log(hal_slice_str(rows[i].line)), rows[i].log, "%s",
			     rows[i].line);
}

Test(v250_diagnose, tells_how_the_call_went)
{
	struct core_quality quality = {0};

	v250_diag_quality(hal_slice_str(DIAG "34=8340 35=6D60 44=1>"), &quality);
	v250_diag_quality(hal_slice_str(DIAG "30=0 31=2 32=3 33=4>"), &quality);
	v250_diag_quality(hal_slice_str(DIAG "54=5 58=6 59=FFFFFFFF 55=100000000>"), &quality);
	v250_diag_quality(hal_slice_str("OK"), &quality);
	cr_assert_eq(quality.values[TL_QUALITY_RATE_OUT], 33600);
	cr_assert_eq(quality.values[TL_QUALITY_RATE_IN], 28000);
	cr_assert_eq(quality.values[TL_QUALITY_RENEGOTIATIONS], 2);
	cr_assert_eq(quality.values[TL_QUALITY_RETRAINS_ASKED], 3);
	cr_assert_eq(quality.values[TL_QUALITY_RETRAINS_GRANTED], 4);
	cr_assert_eq(quality.values[TL_QUALITY_LOST_OUT], 5);
	cr_assert_eq(quality.values[TL_QUALITY_ERRORS_OUT], 6);
	cr_assert_eq(quality.values[TL_QUALITY_ERRORS_IN], UINT32_MAX);
	cr_assert_eq(quality.known, (1U << TL_QUALITY_COUNT) - 1 - (1U << TL_QUALITY_LOST_IN),
		     "all but the one that is no number");
}
