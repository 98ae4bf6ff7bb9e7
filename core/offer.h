/* SPDX-License-Identifier: MIT */
#ifndef CORE_OFFER_H
#define CORE_OFFER_H

/* Who gets an incoming call: TAPI's rule of the first opener with the highest priority. */

struct core_call;

/* A new call: a session for the owner, if there is one, and for each monitor. */
void core_offer(struct core_call *call);
/* A call that rings and belongs to nobody goes to whoever comes next; others are left alone. */
void core_offer_again(struct core_call *call);

#endif
