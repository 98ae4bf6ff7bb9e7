/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <criterion/criterion.h>

#include "drivers/v250/v250.h"

static const char *const allowed[] = {
	"",
	"I",
	"I3",
	"i3",
	"I3?",
	"I0I3I7",
	"&V",
	"&V1",
	"L3M1",
	"M0L0",
	"X4",
	"B0C1",
	"W2",
	"\\N3",
	"\\A3", /* block size; no answer without its prefix */
	"%C0",
	"%C0\\N3&K3",
	"S0?",
	"S7?",
	"S7=60",
	"S7=60S10=14",
	"S95?I3",
	"S0", /* selects a register that "=" may not write */
	"+GMI",
	"+GMI;+GMM;+GMR",
	"+GCAP;I3",
	" + G M I ",
	"+MS?",
	"+MS=V34,1,300,33600",
	"+MS=?",
	"+FCLASS?",
	"+FCLASS=?",
	"+VLS=?",
	"+VLS?",
	"+IPR?",
	"+IPR=?",
	"+CHLD=?",
	"+CHLD?",
	"+GCI=0A",
	"+ES=3,0,2;+EB=1,0,30",
	"#UD",
	"#CID=1",
	"#CLS?",
	"-STE=7",
	"*B1",
	"-J1;I3",
	";",
	";;I3",
};

static const struct {
	const char *command;
	int error;
} refused[] = {
	/* calls */
	{"D123", -EPERM},
	{"d123", -EPERM},
	{"D", -EPERM},
	{"A", -EPERM},
	{"a", -EPERM},
	{"H", -EPERM},
	{"H0", -EPERM},
	{"H1", -EPERM},
	{"O", -EPERM},
	{"o1", -EPERM},
	{"Z", -EPERM},
	{"/", -EPERM},
	{"A/", -EPERM},
	/* behind others */
	{"E0D123", -EPERM},
	{"I3H", -EPERM},
	{"I3 H", -EPERM},
	{"I3?H", -EPERM},
	{"M1D123", -EPERM},
	{"L0L1L2A", -EPERM},
	{"S7=60D123", -EPERM},
	{"S7?A", -EPERM},
	{"S7D123", -EPERM},
	{"&V1H", -EPERM},
	{"&VA", -EPERM},
	{"%C0D123", -EPERM},
	{"%CD123", -EPERM},
	{"\\N3D123", -EPERM},
	{"+FCLASS?;D1", -EPERM},
	{"+FCLASS=8;D1", -EPERM},
	{"+GMI;D1", -EPERM},
	{"+GMI;;H", -EPERM},
	{"+GMI; A", -EPERM},
	{"*B1D5", -EPERM},
	{"#CID=1D5", -EPERM},
	{"#CID?D5", -EPERM},
	{"-J1 A", -EPERM},
	{"$1H", -EPERM},
	/* the form of the dialogue */
	{"E1", -EPERM},
	{"Q1", -EPERM},
	{"V0", -EPERM},
	{"&F", -EPERM},
	{"&F1", -EPERM},
	{"&f", -EPERM},
	{"&Z", -EPERM},
	{"&FZ", -EPERM},
	{"&C0", -EPERM},
	{"&D0", -EPERM},
	{"S0=1", -EPERM},
	{"S=1", -EPERM},
	{"S00=1", -EPERM},
	{"s 0 = 1", -EPERM},
	{"S2=255", -EPERM},
	{"S3=65", -EPERM},
	{"S12=0", -EPERM},
	{"S256=1", -EPERM},
	{"S99999999999=1", -EPERM},
	{"S0=1=1", -EPERM},
	{"S0?=1", -EPERM},
	{"S7=60=1", -EPERM},
	{"=1", -EPERM},
	{"S0=", -EPERM},
	{"+IPR=9600", -EPERM},
	{"+ICF=3", -EPERM},
	{"+IFC=0,0", -EPERM},
	/* off hook by other names */
	{"+FCLASS=8", -EPERM},
	{"+fclass=0", -EPERM},
	{"+FCLASS =8", -EPERM},
	{"+F C L A S S=8", -EPERM},
	{"+FCLASS=8?", -EPERM},
	{"+FCLASS=8=?", -EPERM},
	{"+FCLASS", -EPERM},
	{"+VLS=5", -EPERM},
	{"+CHUP", -EPERM},
	{"+CHLD=1", -EPERM},
	/* no commands at all */
	{"&", -EINVAL},
	{"I3&", -EINVAL},
	{"%", -EINVAL},
	{"&*D1", -EINVAL},
	{"&&D1", -EINVAL},
	{"3", -EINVAL},
	{"I3?3", -EINVAL},
	{"(I)", -EINVAL},
	{"I3\r", -EINVAL},
	{"+GMI\rD123", -EINVAL},
	{"+GMI\nD123", -EINVAL},
	{"I\t3", -EINVAL},
	{"I\0333", -EINVAL},
	{"I\177", -EINVAL},
	{"I\303\244", -EINVAL},
};

#define TEN "IIIIIIIIII"

Test(v250_raw, lets_through_what_neither_calls_nor_changes_the_dialogue)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		cr_assert_eq(v250_command_check(hal_slice_str(allowed[i])), 0, "%s", allowed[i]);
}

Test(v250_raw, refuses_the_rest_wherever_it_hides)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		cr_assert_eq(v250_command_check(hal_slice_str(refused[i].command)),
			     refused[i].error, "%s", refused[i].command);
}

Test(v250_raw, refuses_a_control_character_at_every_place)
{
	for (int c = 0; c < 256; c++) {
		char command[] = {'+', 'G', (char)c, 'I', '3'};
		struct hal_slice body = hal_slice(command, sizeof(command));

		if (c < 0x20 || c > 0x7e)
			cr_assert_eq(v250_command_check(body), -EINVAL, "byte %d", c);
	}
}

Test(v250_raw, refuses_what_is_too_long_to_be_looked_at)
{
	struct hal_slice body =
		HAL_SLICE(TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "IIIIIIII");

	cr_assert_eq(body.len, AT_CMD_TEXT_MAX);
	cr_assert_eq(v250_command_check(body), 0);
	body = HAL_SLICE(TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "IIIIIIIII");
	cr_assert_eq(v250_command_check(body), -EINVAL);
}
