/* SPDX-License-Identifier: MIT */
#include "tests/bench/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/emulator.h"
#include "tests/bench/process.h"
#include "tools/varlink/json.h"

#define TIMEOUT_MS 60000

void daemon_program(const char *name, char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - 1);

	bench_check(n > 0, "/proc/self/exe");
	buf[n] = '\0';
	for (int up = 0; up < 2; up++)
		*strrchr(buf, '/') = '\0';
	n = (ssize_t)strlen(buf);
	(void)snprintf(buf + n, size - (size_t)n, "/bin/%s", name);
}

static int listen_for_ready(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	bench_check(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, path);
	return fd;
}

/* In the child: only ever exec. */
static void become(const char *program, char **argv, const char *notify)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)setenv("NOTIFY_SOCKET", notify, 1);
	execv(program, argv);
	_exit(127);
}

static void await_ready(struct daemon *daemon, int fd)
{
	struct pollfd said = {.fd = fd, .events = POLLIN};
	char text[64] = "";

	while (strncmp(text, "READY=1", 7) != 0)
		bench_check(poll(&said, 1, TIMEOUT_MS) == 1 &&
				    recv(fd, text, sizeof(text) - 1, 0) > 0,
			    "lined is not ready");
	daemon->ready_ms = bench_since_us(daemon->started_ns) / 1e3;
}

static char **arguments(const struct daemon *daemon, const char (*paths)[32], size_t n)
{
	static const char *const first[] = {"lined", "--socket", NULL, "--log-level", "error"};
	const size_t n_first = sizeof(first) / sizeof(first[0]);
	char **argv = calloc(n_first + 2 * n + 3, sizeof(*argv));

	bench_check(argv != NULL, "no memory");
	for (size_t i = 0; i < n_first; i++)
		argv[i] = strdup(first[i] ? first[i] : daemon->socket);
	for (size_t i = 0; i < n; i++) {
		argv[n_first + 2 * i] = strdup("--line");
		bench_check(asprintf(&argv[n_first + 2 * i + 1], "l%zu=%s", i, paths[i]) > 0,
			    "no memory");
	}
	/* Without lines nothing else may be read either. */
	if (n == 0) {
		argv[n_first] = strdup("--config");
		argv[n_first + 1] = strdup("/dev/null");
	}
	return argv;
}

static void free_arguments(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

void daemon_start(struct daemon *daemon, const char (*paths)[32], size_t n)
{
	char program[512];
	char **argv;
	int fd;

	process_make_folder(daemon->folder, sizeof(daemon->folder));
	(void)snprintf(daemon->socket, sizeof(daemon->socket), "%s/socket", daemon->folder);
	(void)snprintf(daemon->notify, sizeof(daemon->notify), "%s/notify", daemon->folder);
	daemon_program("lined", program, sizeof(program));
	argv = arguments(daemon, paths, n);
	fd = listen_for_ready(daemon->notify);
	daemon->started_ns = bench_now_ns();
	(void)fflush(stdout);
	daemon->pid = fork();
	bench_check(daemon->pid >= 0, "fork");
	if (daemon->pid == 0)
		become(program, argv, daemon->notify);
	await_ready(daemon, fd);
	close(fd);
	free_arguments(argv);
}

void daemon_stop(struct daemon *daemon)
{
	int status;

	bench_check(kill(daemon->pid, SIGTERM) == 0, "kill");
	bench_check(waitpid(daemon->pid, &status, 0) == daemon->pid && status == 0,
		    "lined has failed");
	(void)unlink(daemon->socket);
	(void)unlink(daemon->notify);
	(void)rmdir(daemon->folder);
}

struct varlink_client *daemon_connect(const struct daemon *daemon)
{
	struct varlink_client *client;

	bench_check(varlink_client_open(daemon->socket, &client) == 0, "lined does not answer");
	return client;
}

static struct varlink_reply await_any(struct varlink_client *client)
{
	struct varlink_reply reply;

	bench_check(varlink_client_wait(client, TIMEOUT_MS, &reply) == 0, "no reply");
	return reply;
}

static struct varlink_reply await(struct varlink_client *client)
{
	struct varlink_reply reply = await_any(client);

	bench_check(!reply.error, reply.error);
	return reply;
}

static struct varlink_reply call(struct varlink_client *client, const char *method,
				 const char *params, unsigned int flags)
{
	bench_check(varlink_client_call(client, method, json_tokener_parse(params), flags) == 0,
		    method);
	return await(client);
}

void daemon_check_dropped(const struct varlink_reply *reply)
{
	bench_check(!reply->error || strcmp(reply->error, "io.trunkline.NotOnHook") == 0,
		    reply->error);
}

void daemon_await_dropped(struct varlink_client *client)
{
	struct varlink_reply reply = await_any(client);

	daemon_check_dropped(&reply);
	varlink_reply_clear(&reply);
}

struct varlink_reply daemon_call(struct varlink_client *client, const char *method,
				 const char *params)
{
	return call(client, method, params, 0);
}

double daemon_command_us(struct varlink_client *client)
{
	uint64_t start = bench_now_ns();
	struct varlink_reply reply =
		daemon_call(client, "io.trunkline.Command", "{\"line\":\"l0\",\"command\":\"AT\"}");

	varlink_reply_clear(&reply);
	return bench_since_us(start);
}

struct varlink_reply daemon_upgrade(struct varlink_client *client, const char *method,
				    const char *params)
{
	return call(client, method, params, VARLINK_CALL_UPGRADE);
}

struct varlink_client *daemon_monitor(const struct daemon *daemon)
{
	struct varlink_client *events = daemon_connect(daemon);

	bench_check(varlink_client_call(events, "io.trunkline.Monitor", NULL, VARLINK_CALL_MORE) ==
			    0,
		    "Monitor");
	return events;
}

void daemon_await_events(struct varlink_client *events, const char *type, const char *state,
			 size_t n)
{
	while (n > 0) {
		struct varlink_reply reply = await(events);
		struct json_object *event = varlink_json_get(reply.params, "event");

		if (strcmp(varlink_json_get_string(event, "type"), type) == 0 &&
		    strcmp(varlink_json_get_string(event, "state"), state) == 0)
			n--;
		varlink_reply_clear(&reply);
	}
}

void daemon_dial(struct varlink_client *client, size_t line, char session[DAEMON_SESSION_SIZE])
{
	struct varlink_reply reply;
	char params[96];

	(void)snprintf(params, sizeof(params),
		       "{\"line\":\"l%zu\",\"number\":\"300\",\"media\":\"voice\"}", line);
	reply = daemon_call(client, "io.trunkline.Dial", params);
	(void)snprintf(session, DAEMON_SESSION_SIZE, "%s",
		       varlink_json_get_string(reply.params, "session"));
	varlink_reply_clear(&reply);
}

void daemon_release(struct varlink_client *client, const char *session)
{
	struct varlink_reply reply;
	char params[DAEMON_SESSION_SIZE + 32];

	(void)snprintf(params, sizeof(params), "{\"session\":\"%s\"}", session);
	reply = daemon_call(client, "io.trunkline.Release", params);
	varlink_reply_clear(&reply);
}

/* Index of the line "l17". */
static size_t index_of(const char *name)
{
	size_t index = 0;

	for (name++; *name; name++)
		index = index * 10 + (size_t)(*name - '0');
	return index;
}

static void mark(bool *ready, size_t *missing, const char *name, const char *state)
{
	size_t index = index_of(name);

	if (strcmp(state, "ready") != 0 || ready[index])
		return;
	ready[index] = true;
	--*missing;
}

static void mark_all(bool *ready, size_t *missing, struct json_object *lines)
{
	for (size_t i = 0; i < json_object_array_length(lines); i++) {
		struct json_object *line = json_object_array_get_idx(lines, i);

		mark(ready, missing, varlink_json_get_string(line, "name"),
		     varlink_json_get_string(line, "state"));
	}
}

/* The events are asked for first, so nothing is missed between them and the list. */
void daemon_await_ready(const struct daemon *daemon, size_t n)
{
	struct varlink_client *events = daemon_monitor(daemon), *client = daemon_connect(daemon);
	bool ready[EMULATOR_LINES_MAX] = {false};
	struct varlink_reply reply;
	size_t missing = n;

	reply = daemon_call(client, "io.trunkline.ListLines", "{}");
	mark_all(ready, &missing, varlink_json_get(reply.params, "lines"));
	varlink_reply_clear(&reply);
	while (missing > 0) {
		struct json_object *event;

		reply = await(events);
		event = varlink_json_get(reply.params, "event");
		if (strcmp(varlink_json_get_string(event, "type"), "line-state") == 0)
			mark(ready, &missing, varlink_json_get_string(event, "line_name"),
			     varlink_json_get_string(event, "state"));
		varlink_reply_clear(&reply);
	}
	(void)varlink_client_free(client);
	(void)varlink_client_free(events);
}
