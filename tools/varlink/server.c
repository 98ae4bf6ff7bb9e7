/* SPDX-License-Identifier: MIT */
#include "tools/varlink/server.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tools/varlink/conn.h"
#include "tools/varlink/json.h"

#define SERVICE "org.varlink.service"

static const char service_description[] =
	"# What every Varlink service offers\n"
	"interface org.varlink.service\n"
	"\n"
	"method GetInfo() -> (\n"
	"\tvendor: string,\n"
	"\tproduct: string,\n"
	"\tversion: string,\n"
	"\turl: string,\n"
	"\tinterfaces: []string\n"
	")\n"
	"method GetInterfaceDescription(interface: string) -> (description: string)\n"
	"\n"
	"error InterfaceNotFound (interface: string)\n"
	"error MethodNotFound (method: string)\n"
	"error MethodNotImplemented (method: string)\n"
	"error InvalidParameter (parameter: string)\n"
	"error PermissionDenied ()\n"
	"error ExpectedMore ()\n";

struct varlink_server {
	struct varlink_conn conn;
	const struct varlink_service *service;
	void *user;
	bool busy;
	bool more;
	bool oneway;
	bool upgrade;
	bool upgraded;
	struct json_object *held; /* a call that waits for the end of the stream */
	int error;		  /* why the connection is lost */
};

int varlink_server_new(int fd, const struct varlink_service *service, void *user,
		       struct varlink_server **ret_server)
{
	struct varlink_server *server;
	int r;

	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	r = varlink_conn_init(&server->conn, fd, VARLINK_CALL_MAX);
	if (r < 0) {
		free(server);
		return r;
	}
	server->service = service;
	server->user = user;
	*ret_server = server;
	return 0;
}

struct varlink_server *varlink_server_free(struct varlink_server *server)
{
	if (server) {
		varlink_conn_fini(&server->conn);
		json_object_put(server->held);
		free(server);
	}
	return NULL;
}

int varlink_server_pass(struct varlink_server *server, int fd)
{
	return varlink_conn_pass(&server->conn, fd);
}

uint32_t varlink_server_events(const struct varlink_server *server)
{
	uint32_t events = 0;

	if (!server->conn.eof && varlink_conn_has_room(&server->conn))
		events |= EPOLLIN;
	if (varlink_conn_is_pending(&server->conn))
		events |= EPOLLOUT;
	return events;
}

bool varlink_server_is_busy(const struct varlink_server *server)
{
	return server->busy;
}

bool varlink_server_wants_more(const struct varlink_server *server)
{
	return server->busy && server->more;
}

bool varlink_server_wants_upgrade(const struct varlink_server *server)
{
	return server->busy && server->upgrade;
}

bool varlink_server_is_upgraded(const struct varlink_server *server)
{
	return server->upgraded;
}

ssize_t varlink_server_recv(struct varlink_server *server, void *buf, size_t size)
{
	return varlink_conn_recv(&server->conn, buf, size);
}

ssize_t varlink_server_send(struct varlink_server *server, const void *buf, size_t len)
{
	return varlink_conn_send(&server->conn, buf, len);
}

/* Takes the params over. */
static int send_reply(struct varlink_server *server, const char *error, struct json_object *params,
		      bool continues)
{
	struct json_object *message;
	struct varlink_build b;
	int r;

	varlink_build_start(&b);
	if (error)
		varlink_put_string(&b, "error", error);
	varlink_put(&b, "parameters", params);
	if (continues)
		varlink_put_bool(&b, "continues", true);
	r = varlink_build_end(&b, &message);
	if (r < 0)
		return r;
	if (!server->oneway)
		r = varlink_conn_queue(&server->conn, message);
	json_object_put(message);
	return r;
}

static int reply(struct varlink_server *server, const char *error, struct json_object *params,
		 bool continues)
{
	int r;

	if (!server->busy) {
		json_object_put(params);
		return -EALREADY;
	}
	r = send_reply(server, error, params, continues);
	if (r == -EMSGSIZE)
		return r;
	if (r < 0) {
		server->error = r;
		return r;
	}
	server->busy = continues;
	server->upgraded = server->upgrade && !error && !continues;
	return 0;
}

int varlink_server_reply(struct varlink_server *server, struct json_object *params, bool continues)
{
	return reply(server, NULL, params, continues);
}

int varlink_server_error(struct varlink_server *server, const char *name,
			 struct json_object *params)
{
	return reply(server, name, params, false);
}

/* An error of org.varlink.service with its one parameter. */
static int refuse(struct varlink_server *server, const char *error, const char *key,
		  const char *value)
{
	struct json_object *params = NULL;
	struct varlink_build b;
	int r;

	varlink_build_start(&b);
	if (key)
		varlink_put_string(&b, key, value);
	r = varlink_build_end(&b, &params);
	return r < 0 ? r : varlink_server_error(server, error, params);
}

static int reply_info(struct varlink_server *server)
{
	const struct varlink_service *service = server->service;
	struct json_object *interfaces = json_object_new_array();
	struct json_object *params = NULL;
	struct varlink_build b;
	int r;

	varlink_build_start(&b);
	varlink_put_string(&b, "vendor", service->vendor);
	varlink_put_string(&b, "product", service->product);
	varlink_put_string(&b, "version", service->version);
	varlink_put_string(&b, "url", service->url);
	varlink_put(&b, "interfaces", interfaces);
	if (b.error == 0)
		b.error = varlink_array_add(interfaces, varlink_json_new_string(SERVICE));
	if (b.error == 0)
		b.error =
			varlink_array_add(interfaces, varlink_json_new_string(service->interface));
	r = varlink_build_end(&b, &params);
	return r < 0 ? r : varlink_server_reply(server, params, false);
}

static int reply_description(struct varlink_server *server, const char *interface)
{
	struct json_object *params = NULL;
	const char *description;
	struct varlink_build b;
	int r;

	if (strcmp(interface, SERVICE) == 0)
		description = service_description;
	else if (strcmp(interface, server->service->interface) == 0)
		description = server->service->description;
	else
		return refuse(server, SERVICE ".InterfaceNotFound", "interface", interface);

	varlink_build_start(&b);
	varlink_put_string(&b, "description", description);
	r = varlink_build_end(&b, &params);
	return r < 0 ? r : varlink_server_reply(server, params, false);
}

static int serve_service(struct varlink_server *server, const char *method, const char *name,
			 struct json_object *params)
{
	static const struct varlink_param none[] = {{0}};
	static const struct varlink_param one[] = {{"interface", VARLINK_STRING, true, 0}, {0}};
	const char *interface = NULL;
	const char *bad = NULL;

	if (server->upgrade)
		return refuse(server, SERVICE ".InvalidParameter", "parameter", "upgrade");
	if (strcmp(name, "GetInfo") == 0) {
		if (varlink_params_read(params, none, NULL, &bad) < 0)
			return refuse(server, SERVICE ".InvalidParameter", "parameter", bad);
		return reply_info(server);
	}
	if (strcmp(name, "GetInterfaceDescription") == 0) {
		if (varlink_params_read(params, one, (void *)&interface, &bad) < 0)
			return refuse(server, SERVICE ".InvalidParameter", "parameter", bad);
		return reply_description(server, interface);
	}
	return refuse(server, SERVICE ".MethodNotFound", "method", method);
}

static const struct varlink_method *find_method(const struct varlink_method *methods,
						const char *name)
{
	while (methods && methods->name && strcmp(methods->name, name) != 0)
		methods++;
	return methods && methods->name ? methods : NULL;
}

static int serve_interface(struct varlink_server *server, const char *method, const char *name,
			   struct json_object *params)
{
	alignas(max_align_t) unsigned char args[VARLINK_ARGS_SIZE] = {0};
	const struct varlink_service *service = server->service;
	const struct varlink_method *entry =
		find_method(server->upgrade ? service->upgrades : service->methods, name);
	const char *bad = NULL;
	int r;

	if (!entry && find_method(service->methods, name))
		return refuse(server, SERVICE ".InvalidParameter", "parameter", "upgrade");
	if (!entry)
		return refuse(server, SERVICE ".MethodNotFound", "method", method);
	r = service->allow ? service->allow(server->user, entry) : 0;
	if (r < 0)
		return service->fail(server->user, r);
	if (varlink_params_read(params, entry->params, args, &bad) < 0)
		return refuse(server, SERVICE ".InvalidParameter", "parameter", bad);
	if (entry->only_more && !server->more)
		return refuse(server, SERVICE ".ExpectedMore", NULL, NULL);
	r = entry->call(server->user, args);
	return r < 0 && server->busy ? service->fail(server->user, r) : r;
}

static int serve_method(struct varlink_server *server, const char *method,
			struct json_object *params)
{
	const char *dot = strrchr(method, '.');
	size_t size;
	char *interface;
	int r;

	if (!dot || dot == method || !dot[1])
		return refuse(server, SERVICE ".InvalidParameter", "parameter", "method");
	size = (size_t)(dot - method);
	if (server->upgrade && server->more)
		return refuse(server, SERVICE ".InvalidParameter", "parameter", "more");
	if (size == strlen(SERVICE) && memcmp(method, SERVICE, size) == 0)
		return serve_service(server, method, dot + 1, params);
	if (size == strlen(server->service->interface) &&
	    memcmp(method, server->service->interface, size) == 0)
		return serve_interface(server, method, dot + 1, params);

	interface = strndup(method, size);
	if (!interface)
		return -ENOMEM;
	r = refuse(server, SERVICE ".InterfaceNotFound", "interface", interface);
	free(interface);
	return r;
}

struct call {
	const char *method;
	bool more;
	bool oneway;
	bool upgrade;
};

/* Is the member an object or absent? */
static bool check_object(struct json_object *message, const char *key)
{
	struct json_object *value = varlink_json_get(message, key);

	return !value || json_object_is_type(value, json_type_object);
}

/* Nothing may have been asked that is not understood: unknown members, wrong types. */
static int read_call(struct json_object *message, struct call *ret_call)
{
	/* clang-format off */
	static const struct varlink_param table[] = {
		{"method", VARLINK_STRING, true, offsetof(struct call, method)},
		{"more", VARLINK_BOOL, false, offsetof(struct call, more)},
		{"oneway", VARLINK_BOOL, false, offsetof(struct call, oneway)},
		{"upgrade", VARLINK_BOOL, false, offsetof(struct call, upgrade)},
		{0},
	};
	/* clang-format on */
	const char *bad;

	if (!check_object(message, "parameters"))
		return -EPROTO;
	json_object_object_del(message, "parameters");
	if (varlink_params_read(message, table, ret_call, &bad) < 0)
		return -EPROTO;
	return ret_call->oneway && (ret_call->more || ret_call->upgrade) ? -EPROTO : 0;
}

static int serve_message(struct varlink_server *server, struct json_object *message)
{
	struct json_object *params = json_object_get(varlink_json_get(message, "parameters"));
	struct call call = {0};
	int r;

	r = read_call(message, &call);
	if (r < 0)
		goto out;
	server->busy = true;
	server->more = call.more;
	server->oneway = call.oneway;
	server->upgrade = call.upgrade;
	r = serve_method(server, call.method, params);
out:
	json_object_put(params);
	return r;
}

/* The method that a call may have served beside a stream; NULL: it has to wait. */
static const struct varlink_method *find_beside(const struct varlink_server *server,
						struct json_object *message)
{
	const char *method = varlink_json_get_string(message, "method");
	const char *dot = method ? strrchr(method, '.') : NULL;
	const char *interface = server->service->interface;
	struct json_object *oneway = varlink_json_get(message, "oneway");

	if (!dot || !json_object_is_type(oneway, json_type_boolean) ||
	    !json_object_get_boolean(oneway))
		return NULL;
	if ((size_t)(dot - method) != strlen(interface) ||
	    strncmp(method, interface, strlen(interface)) != 0)
		return NULL;
	return find_method(server->service->beside, dot + 1);
}

static int serve_beside(struct varlink_server *server, const struct varlink_method *entry,
			struct json_object *message)
{
	struct json_object *params = json_object_get(varlink_json_get(message, "parameters"));
	const struct varlink_service *service = server->service;
	alignas(max_align_t) unsigned char args[VARLINK_ARGS_SIZE] = {0};
	struct call call = {0};
	const char *bad;
	int r;

	r = read_call(message, &call);
	/* There is no reply to say what was wrong. */
	if (r == 0 && varlink_params_read(params, entry->params, args, &bad) == 0 &&
	    (!service->allow || service->allow(server->user, entry) == 0))
		(void)entry->call(server->user, args);
	json_object_put(params);
	return r;
}

/* Takes the message over. @return 1 when the next one can be taken up; 0; negative errno */
static int serve_or_hold(struct varlink_server *server, struct json_object *message)
{
	const struct varlink_method *beside;
	int r;

	if (server->busy) {
		beside = find_beside(server, message);
		if (!beside) {
			server->held = message;
			return 0;
		}
		r = serve_beside(server, beside, message);
	} else {
		r = serve_message(server, message);
	}
	json_object_put(message);
	if (r == 0)
		r = server->error;
	if (r == 0)
		r = varlink_conn_flush(&server->conn);
	return r < 0 ? r : 1;
}

/* The next call waits until the replies to the last one are on their way: a client cannot pile them
 * up. */
static bool can_serve(const struct varlink_server *server)
{
	if (server->upgraded)
		return false;
	return server->busy ? server->more && !server->held
			    : !varlink_conn_is_pending(&server->conn);
}

static int serve_calls(struct varlink_server *server)
{
	while (can_serve(server)) {
		struct json_object *message = server->held;
		int r = 1;

		server->held = NULL;
		if (!message)
			r = varlink_conn_next(&server->conn, &message);
		if (r > 0)
			r = serve_or_hold(server, message);
		if (r <= 0)
			return r;
	}
	return 0;
}

int varlink_server_dispatch(struct varlink_server *server)
{
	int r;

	if (server->error < 0)
		return server->error;
	r = varlink_conn_flush(&server->conn);
	if (r < 0 || server->upgraded)
		return r;
	r = varlink_conn_fill(&server->conn);
	if (r < 0)
		return r;
	r = serve_calls(server);
	if (r < 0)
		return r;
	if (server->conn.eof && !server->busy && !server->upgraded &&
	    !varlink_conn_is_pending(&server->conn))
		return -ECONNRESET;
	return 0;
}
