/* SPDX-License-Identifier: MIT */
/* A hand-off that crashes: the simulation has to survive it and make its way short. */
#include <stdlib.h>

#include <trunkline/trunkline.h>

int __wrap_tl_session_hand_off(struct tl_ctx *ctx, tl_session session, tl_client to);

int __wrap_tl_session_hand_off(struct tl_ctx *ctx, tl_session session, tl_client to)
{
	(void)ctx;
	(void)session;
	(void)to;
	abort();
}
