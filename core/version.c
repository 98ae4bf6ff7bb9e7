/* SPDX-License-Identifier: MIT */
#include <trunkline/trunkline.h>

const char *tl_version(void)
{
	return TRUNKLINE_VERSION;
}
