/* SPDX-License-Identifier: MIT */
/* A v250_verify() that believes every modem. */
#include "drivers/v250/v250.h"

void __wrap_v250_verify(struct v250 *v, v250_verified_fn fn);

void __wrap_v250_verify(struct v250 *v, v250_verified_fn fn)
{
	fn(v, "OK, so they say", "");
}
