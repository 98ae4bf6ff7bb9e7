/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_CLIENT_H
#define TOOLS_VARLINK_CLIENT_H

/**
 * @file
 * The calling end of one connection, for programs with a loop (get_fd, events, dispatch, next) and
 * for those without (wait).
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct json_object;
struct varlink_client;

/**
 * @param path of an AF_UNIX stream socket
 * @param ret_client freed with varlink_client_free()
 * @return 0; -ENAMETOOLONG; -ENOMEM; negative errno of socket(2) and connect(2): -ENOENT no such
 * socket, -ECONNREFUSED nobody listens, -EACCES
 */
int varlink_client_open(const char *path, struct varlink_client **ret_client);
/** With a connected socket, taken over on success. @return 0; -ENOMEM; negative errno of fcntl(2)
 */
int varlink_client_new(int fd, struct varlink_client **ret_client);
/** Close. @return NULL */
struct varlink_client *varlink_client_free(struct varlink_client *client);

enum varlink_client_flags {
	VARLINK_CALL_MORE = 1 << 0,
	VARLINK_CALL_ONEWAY = 1 << 1,
	VARLINK_CALL_UPGRADE = 1 << 2, /**< then the last call of the connection */
	VARLINK_CALL_FD = 1 << 3,      /**< a reply brings a descriptor; others are closed */
};

/**
 * Queue a call and send what the socket takes. Several may be on their way; replies come in their
 * order. When the server has closed the replies to come say so, or why.
 *
 * @param method with interface
 * @param params taken over whatever happens; NULL: none
 * @param flags  enum varlink_client_flags
 * @return 0; -ENOBUFS the server does not read; -EMSGSIZE; -ENOMEM; negative errno of send(2)
 */
int varlink_client_call(struct varlink_client *client, const char *method,
			struct json_object *params, unsigned int flags);

struct varlink_reply {
	struct json_object *message; /**< the whole, freed with varlink_reply_clear() */
	struct json_object *params;  /**< borrowed; never NULL in a reply received */
	const char *error;	     /**< borrowed; with interface; NULL: success */
	bool continues;		     /**< more replies follow */
};

/** Free; {0} and a second time are fine. */
void varlink_reply_clear(struct varlink_reply *reply);

/** The descriptor that has come with a reply. @return it, the caller's to close; -ENOENT none */
int varlink_client_take_fd(struct varlink_client *client);

int varlink_client_get_fd(const struct varlink_client *client);
/** What to poll(2) for. */
short varlink_client_events(const struct varlink_client *client);
/** Send and receive what goes without blocking. @return 0; -ENOMEM; negative errno of recv(2) and
 * send(2) */
int varlink_client_dispatch(struct varlink_client *client);

/**
 * Take the oldest reply that has been received.
 * @param ret_reply written on success
 * @return 1; 0 none yet; -ECONNRESET the server has closed and all its replies have been taken;
 * -EPROTO, -EMSGSIZE it speaks no Varlink; -ENOMEM
 */
int varlink_client_next(struct varlink_client *client, struct varlink_reply *ret_reply);

/**
 * Block until a reply is there.
 *
 * @param timeout_ms -1: for ever
 * @return 0; -ETIMEDOUT; -EINTR a signal came, the reply may still be waited for; as dispatch and
 * next
 */
int varlink_client_wait(struct varlink_client *client, int timeout_ms,
			struct varlink_reply *ret_reply);

/*
 * After the reply to a call with VARLINK_CALL_UPGRADE the connection carries bytes.
 */

/** @return bytes read; 0 the server sends nothing more; -EAGAIN; negative errno of recv(2) */
ssize_t varlink_client_recv(struct varlink_client *client, void *buf, size_t size);
/** @return bytes taken; -EAGAIN; negative errno of send(2) */
ssize_t varlink_client_send(struct varlink_client *client, const void *buf, size_t len);

#endif
