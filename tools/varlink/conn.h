/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_CONN_H
#define TOOLS_VARLINK_CONN_H

/**
 * @file
 * One end of a connection: JSON objects, each followed by a NUL, over a non-blocking AF_UNIX stream
 * socket. Both halves, server.h and client.h, stand on it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct json_object;

/** A call, without its NUL. */
#define VARLINK_CALL_MAX (64 * 1024)
/** A reply: a list of all a user may hold (TL_SESSIONS_PER_CLIENT_MAX, twice, 1–2 KiB each). */
#define VARLINK_REPLY_MAX (1024 * 1024)
/** Bytes that may wait for a peer that does not read. One message may always wait. */
#define VARLINK_QUEUE_MAX (256 * 1024)

struct varlink_conn {
	int fd;
	bool eof;      /**< the peer will send nothing more */
	bool takes_fd; /**< a descriptor that comes is kept, in in_fd */
	int in_fd;     /**< -1: none has come */
	int out_fd;    /**< goes with the next byte that is sent; -1: none */

	size_t message_max;
	char *in;
	size_t in_size;	 /* allocated */
	size_t in_start; /* first byte not yet taken */
	size_t in_seen;	 /* no NUL from in_start to here */
	size_t in_end;

	char *out;
	size_t out_size;
	size_t out_start;
	size_t out_end;
};

/**
 * @param fd          connected socket, made non-blocking; taken over on success
 * @param message_max longest message that is accepted from the peer
 * @return 0; negative errno of fcntl(2)
 */
int varlink_conn_init(struct varlink_conn *conn, int fd, size_t message_max);
/** Close and free. Once, after a successful varlink_conn_init(). */
void varlink_conn_fini(struct varlink_conn *conn);

/**
 * Read what has come, as far as there is room for it. Sets eof.
 * @return 1 something came; 0 nothing; -ENOMEM; negative errno of recv(2)
 */
int varlink_conn_fill(struct varlink_conn *conn);

/** Is there room to read into? False while unread messages fill the buffer: the peer has to wait.
 */
bool varlink_conn_has_room(const struct varlink_conn *conn);

/**
 * Take the oldest message.
 * @param ret_message the caller's reference
 * @return 1; 0 none is complete; -EMSGSIZE too long, -EPROTO malformed: the connection is of no
 * further use; -ENOMEM
 */
int varlink_conn_next(struct varlink_conn *conn, struct json_object **ret_message);

/**
 * Queue a message, sending nothing yet.
 * @return 0; -ENOBUFS the peer does not read; -EMSGSIZE longer than VARLINK_REPLY_MAX; -ENOMEM
 */
int varlink_conn_queue(struct varlink_conn *conn, struct json_object *message);

/** Send what the socket takes. @return 0; negative errno of send(2) */
int varlink_conn_flush(struct varlink_conn *conn);

/**
 * Send a descriptor with the message that is queued next.
 * @param fd taken over on success, and closed
 * @return 0; -EBUSY something waits to be sent, and would have it
 */
int varlink_conn_pass(struct varlink_conn *conn, int fd);

/** Does anything wait to be sent? */
bool varlink_conn_is_pending(const struct varlink_conn *conn);

/*
 * After an upgrade the connection carries bytes, those that have been read behind the last message
 * first.
 */

/** @return bytes read; 0 the peer sends nothing more; -EAGAIN; negative errno of recv(2) */
ssize_t varlink_conn_recv(struct varlink_conn *conn, void *buf, size_t size);
/** @return bytes taken; -EAGAIN; negative errno of send(2) */
ssize_t varlink_conn_send(struct varlink_conn *conn, const void *buf, size_t len);

#endif
