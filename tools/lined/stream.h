/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_STREAM_H
#define TOOLS_LINED_STREAM_H

/**
 * @file
 * A connection that has become the stream of a call. Each direction has one buffer, and is not read
 * while that waits to be written: who does not read stops the other end, not the daemon.
 */

#include <stdbool.h>
#include <stdint.h>
#include <trunkline/types.h>

struct lined;
struct lined_client;
struct tl_event;

/** What follows when the client has sent all and shut down its writing side. */
enum stream_end {
	STREAM_END_OF_INPUT, /**< nothing: it goes on receiving */
	STREAM_END_HANGS_UP, /**< the call is dropped, behind what was sent */
	STREAM_END_DETACHES, /**< the connection is closed when the line has taken all */
};

/**
 * Attach the session for this connection, which is the stream as soon as the call being served has
 * been replied to without an error.
 *
 * @return 0; -ENOMEM; as tl_session_attach()
 */
int stream_attach(struct lined_client *client, tl_session session, enum stream_end end);
/**
 * Attach the session for this connection and lend it the port. The connection carries nothing then:
 * its end, or that of what it sends, gives the port back.
 *
 * @param ret_fd the port
 * @return 0; -ENOMEM; as tl_session_attach() and tl_session_lend()
 */
int stream_lend(struct lined_client *client, tl_session session, int *ret_fd);
/** Detach. Nothing happens without a stream. */
void stream_free(struct lined_client *client);

/** Move bytes both ways, as many as fit into a turn of the loop; notices the end. */
void stream_pump(struct lined_client *client);
/** The socket is ready: for EPOLLHUP what the client has left behind still goes out, if it can. */
void stream_ready(struct lined_client *client, uint32_t events);
/** The line may be. */
void stream_event(struct lined_client *client, const struct tl_event *event);
/** What to wait for at the socket, as varlink_server_events(). */
uint32_t stream_events(const struct lined_client *client);
/** Is there more to move in the next turn? */
bool stream_has_more(const struct lined_client *client);

/** Sessions have gone or changed hands, which nobody is told: have the streams look. */
void stream_wake_all(struct lined *lined);

#endif
