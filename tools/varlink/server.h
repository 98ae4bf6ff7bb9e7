/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_SERVER_H
#define TOOLS_VARLINK_SERVER_H

/**
 * @file
 * The serving end of one connection. Calls are handled one after the other: the next one is taken
 * up when the last reply of the one before has been sent, so replies are in the order of the calls,
 * and a client that sends faster than it is served, or does not read, has to wait. Only a stream of
 * replies can overflow. Beside a stream some methods can be called oneway: they have no reply, so
 * nothing comes out of order. A call with "upgrade" turns the connection, once it has been
 * answered, into bytes that are no business of ours.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/varlink/params.h"

struct json_object;
struct varlink_server;

/** Room for the arguments of any method. */
#define VARLINK_ARGS_SIZE 64

struct varlink_method {
	const char *name;		    /**< without interface */
	const struct varlink_param *params; /**< ended by a NULL name */
	bool only_more;			    /**< without "more" it would never reply */
	/**
	 * Begin to serve the call. Replies now or, having returned 0, later.
	 * @param user of varlink_server_new()
	 * @param args struct as params says; gone when this returns
	 * @return 0; negative errno, nothing has been replied: struct varlink_service.fail does
	 */
	int (*call)(void *user, const void *args);
	int role; /**< for struct varlink_service.allow */
};

struct varlink_service {
	const char *vendor;
	const char *product;
	const char *version;
	const char *url;
	const char *interface;	 /**< name of the one interface besides org.varlink.service */
	const char *description; /**< its text */
	const struct varlink_method *methods; /**< ended by a NULL name */
	/** What can be called oneway while another call's stream is being sent. These must not
	 * reply; nobody is told what they return. All other calls wait for the end of the stream.
	 * NULL: none can. */
	const struct varlink_method *beside;
	/** What can be called with "upgrade", and is served from here then. NULL: nothing. */
	const struct varlink_method *upgrades;
	/** May this user call the method? NULL: always. @return 0; negative errno */
	int (*allow)(void *user, const struct varlink_method *method);
	/** Reply with the error that says what a method returned, or allow(). Must not fail
	 * silently: as varlink_server_error(). */
	int (*fail)(void *user, int error);
};

/**
 * @param fd      connected socket, taken over on success
 * @param service outlives the server
 * @param ret     freed with varlink_server_free()
 * @return 0; -ENOMEM; negative errno of fcntl(2)
 */
int varlink_server_new(int fd, const struct varlink_service *service, void *user,
		       struct varlink_server **ret_server);
/** Close. Not from within a method. @return NULL */
struct varlink_server *varlink_server_free(struct varlink_server *server);

/** What to wait for: EPOLLIN, EPOLLOUT or both or none. EPOLLHUP comes unasked and says that the
 * peer is gone. */
uint32_t varlink_server_events(const struct varlink_server *server);

/**
 * Read, serve and send as far as it goes without blocking. Call it when the socket is ready, and
 * after replies made from outside a method.
 *
 * @return 0; -ECONNRESET the peer has closed and nothing is left to do; -EPROTO, -EMSGSIZE it
 * speaks no Varlink; -ENOBUFS it does not read; -ENOMEM; negative errno of recv(2) or send(2).
 * After a failure the server is only good to be freed.
 */
int varlink_server_dispatch(struct varlink_server *server);

/** Is a call being served? */
bool varlink_server_is_busy(const struct varlink_server *server);
/** Does the call being served ask for several replies? */
bool varlink_server_wants_more(const struct varlink_server *server);
/** Does it ask for the connection to be upgraded? */
bool varlink_server_wants_upgrade(const struct varlink_server *server);

/** Has an upgrade been replied to? Then the functions for bytes are all that is left. */
bool varlink_server_is_upgraded(const struct varlink_server *server);
/** @return bytes read; 0 the peer sends nothing more; -EAGAIN; negative errno of recv(2) */
ssize_t varlink_server_recv(struct varlink_server *server, void *buf, size_t size);
/** Send, behind the reply. @return bytes taken; -EAGAIN; negative errno of send(2) */
ssize_t varlink_server_send(struct varlink_server *server, const void *buf, size_t len);

/**
 * Reply to the call being served. A oneway call is ended without a word.
 *
 * @param params    taken over whatever happens; NULL is a failure (-ENOMEM), so that a
 * constructor's result can be passed as it is
 * @param continues more replies follow: only when the call asked for more
 * @return 0; -EALREADY no call is being served; -EMSGSIZE too long, nothing was replied; -ENOBUFS,
 * -ENOMEM: the connection is lost, the next varlink_server_dispatch() says so
 */
int varlink_server_reply(struct varlink_server *server, struct json_object *params, bool continues);
/**
 * Send a descriptor with the reply that follows (SCM_RIGHTS).
 * @param fd taken over on success
 * @return 0; -EBUSY replies are still on their way, or there is one already
 */
int varlink_server_pass(struct varlink_server *server, int fd);
/** The last reply, an error. @param name with interface. As varlink_server_reply(). */
int varlink_server_error(struct varlink_server *server, const char *name,
			 struct json_object *params);

#endif
