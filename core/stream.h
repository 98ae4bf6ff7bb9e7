/* SPDX-License-Identifier: MIT */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

/*
 * The bytes of a call, between the driver and the one session that is attached. The buffer takes
 * what comes while nobody reads, up to TL_STREAM_BUFFER, and TL_STREAM_REST more when the call
 * ends; it stays as long as the session does.
 */

#include <trunkline/event.h>
#include <trunkline/stream.h>

#include "hal/loop.h"
#include "hal/ring.h"

struct core_call;
struct core_session;

/* One direction's event: allocated beforehand, so that it is never lost. */
struct core_edge {
	struct tl_event *event; /* to be sent; NULL: one is queued, or none was ever owed */
	bool owed;		/* -EAGAIN was answered */
	bool queued;		/* not fetched yet */
};

struct core_stream {
	struct core_session *attached; /* NULL: what comes is thrown away */
	struct hal_ring in;
	struct core_edge readable, writable;
	bool held;  /* the driver has been refused room, and waits */
	bool lent;  /* the port itself is with a client, or has been */
	bool shut;  /* no more writing */
	bool ended; /* nothing comes any more */
	struct hal_timer drain;
	uint64_t drain_end_us; /* 0: not draining */
};

void core_stream_init(struct core_call *call);
/* Free the buffer; the call is going. */
void core_stream_fini(struct core_call *call);
int core_stream_attach(struct core_session *session);
/* Nothing happens when it is not attached. */
void core_stream_detach(struct core_session *session);
/* The session has another client. */
void core_stream_move(struct core_session *session);
ssize_t core_stream_read(struct core_call *call, void *buf, size_t size);
ssize_t core_stream_write(struct core_call *call, const void *buf, size_t len);
/* @return as tl_session_lend() */
int core_stream_lend(struct core_call *call, int *ret_fd);
/* The call is connected, or takes bytes again. */
void core_stream_wake_writer(struct core_call *call);
/* Nothing comes any more; what is in the buffer stays. */
void core_stream_end(struct core_call *call);
/* Start the drop when everything has gone out, or after so long. */
void core_stream_drain(struct core_call *call, uint32_t ms);
void core_stream_stop_drain(struct core_call *call);
/* Was it to be drained, and has everything gone out? */
bool core_stream_is_drained(const struct core_call *call);
/* An event of this type has been fetched. */
void core_stream_fetched(struct core_call *call, enum tl_event_type type);

#endif
