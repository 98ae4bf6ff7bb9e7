/* SPDX-License-Identifier: MIT */
#include "tests/bench/modemmanager.h"

#include <dbus/dbus.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
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

#define PROGRAM	   "/usr/sbin/ModemManager"
#define BUS	   "/usr/bin/dbus-daemon"
#define NAME	   "org.freedesktop.ModemManager1"
#define ROOT	   "/org/freedesktop/ModemManager1"
#define TIMEOUT_MS 60000

struct modemmanager {
	char folder[64], config[80], address[96], port[64];
	char modem[128]; /* its object's path */
	pid_t bus_pid, modem_pid, pid;
	uint64_t started_ns, named_ns;
	DBusConnection *bus;
};

/* The least that lets everybody of this user do everything on a bus. */
static const char config_format[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
	" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig><type>session</type><listen>unix:path=%s/bus</listen>\n"
	"<policy context=\"default\"><allow send_destination=\"*\"/>"
	"<allow receive_sender=\"*\"/><allow own=\"*\"/></policy>\n"
	"</busconfig>\n";

/* 27.007, V.250 */
static const struct emulator_rule answers[] = {
	{"AT+GCAP\r", "\r\n+GCAP: +CGSM,+ES\r\n\r\nOK\r\n"},
	{"AT+CGMI\r", "\r\nTrunkline\r\n\r\nOK\r\n"},
	{"AT+CGMM\r", "\r\nBench\r\n\r\nOK\r\n"},
	{"AT+CGMR\r", "\r\n1\r\n\r\nOK\r\n"},
	{"AT+CGSN\r", "\r\n123456789012347\r\n\r\nOK\r\n"},
	{"ATI\r", "\r\nTrunkline Bench\r\n\r\nOK\r\n"},
	{"AT+CFUN?\r", "\r\n+CFUN: 1\r\n\r\nOK\r\n"},
	{"AT+CPIN?\r", "\r\n+CPIN: READY\r\n\r\nOK\r\n"},
	{"AT+CIMI\r", "\r\n998899889988997\r\n\r\nOK\r\n"},
	{"AT\r", "\r\nOK\r\n"},
	{"ATE0\r", "\r\nOK\r\n"},
	{"ATV1\r", "\r\nOK\r\n"},
	{"ATX4\r", "\r\nOK\r\n"},
	{"AT&C1\r", "\r\nOK\r\n"},
	{"AT+CMEE=1\r", "\r\nOK\r\n"},
	{"", "\r\nERROR\r\n"},
};

/* ---- the modem ---- */

/* A port that is a socket; until ModemManager closes it. */
static void serve(int port)
{
	char command[512];
	size_t len = 0;
	ssize_t n;

	while ((n = read(port, command + len, sizeof(command) - 1 - len)) > 0) {
		const char *answer;

		len += (size_t)n;
		command[len] = '\0';
		/* On a socket ModemManager ends commands by CR LF. */
		if (command[len - 1] != '\n')
			continue;
		answer = emulator_look_up(answers, command);
		if (write(port, answer, strlen(answer)) < 0)
			break;
		len = 0;
	}
	close(port);
}

static int listen_at(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));

	/* In the abstract namespace: it begins with a zero. */
	(void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%s", name);
	bench_check(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
			    listen(fd, 1) == 0,
		    name);
	return fd;
}

static void start_modem(struct modemmanager *mm)
{
	int fd;

	/* What a port is called is what its socket is called. */
	(void)snprintf(mm->port, sizeof(mm->port), "abstract:trunkline-bench-%d", (int)getpid());
	fd = listen_at(mm->port);
	(void)fflush(stdout);
	mm->modem_pid = fork();
	bench_check(mm->modem_pid >= 0, "fork");
	if (mm->modem_pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			serve(accept(fd, NULL, NULL));
	}
	close(fd);
}

/* ---- programs ---- */

static pid_t start_program(char **argv, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	bench_check(null >= 0 && pid >= 0, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(out >= 0 ? out : null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(null);
	return pid;
}

static void start_bus(struct modemmanager *mm)
{
	char *argv[] = {BUS,	       "--config-file",	  mm->config, "--nofork",
			"--nopidfile", "--print-address", NULL};
	int out[2];
	FILE *file;
	char byte;

	process_make_folder(mm->folder, sizeof(mm->folder));
	(void)snprintf(mm->config, sizeof(mm->config), "%s/config", mm->folder);
	(void)snprintf(mm->address, sizeof(mm->address), "unix:path=%s/bus", mm->folder);
	file = fopen(mm->config, "we");
	bench_check(file && fprintf(file, config_format, mm->folder) > 0 && fclose(file) == 0,
		    mm->config);
	bench_check(pipe2(out, O_CLOEXEC) == 0, "pipe");
	mm->bus_pid = start_program(argv, out[1]);
	close(out[1]);
	/* It listens when it tells its address. */
	bench_check(read(out[0], &byte, 1) == 1, "dbus-daemon has failed");
	close(out[0]);
}

static void end_program(pid_t pid)
{
	bench_check(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid, "waitpid");
}

static bool is_signal(DBusMessage *message, const char *interface, const char *name,
		      const char *object)
{
	const char *first = NULL;

	return message && dbus_message_is_signal(message, interface, name) &&
	       dbus_message_get_args(message, NULL,
				     strcmp(name, "InterfacesAdded") == 0 ? DBUS_TYPE_OBJECT_PATH
									  : DBUS_TYPE_STRING,
				     &first, DBUS_TYPE_INVALID) &&
	       strncmp(first, object, strlen(object)) == 0;
}

/* The next signal of that name whose first argument begins so. @return it, to be unreferenced */
static DBusMessage *await(struct modemmanager *mm, const char *interface, const char *name,
			  const char *object)
{
	uint64_t end = bench_now_ns() + TIMEOUT_MS * UINT64_C(1000000);

	while (bench_now_ns() < end && dbus_connection_read_write(mm->bus, TIMEOUT_MS)) {
		DBusMessage *message;

		while ((message = dbus_connection_pop_message(mm->bus)) != NULL) {
			if (is_signal(message, interface, name, object))
				return message;
			dbus_message_unref(message);
		}
	}
	bench_check(false, name);
	return NULL;
}

static void connect_to_bus(struct modemmanager *mm)
{
	DBusError error = DBUS_ERROR_INIT;

	mm->bus = dbus_connection_open_private(mm->address, &error);
	bench_check(mm->bus && dbus_bus_register(mm->bus, &error), error.message);
	dbus_connection_set_exit_on_disconnect(mm->bus, FALSE);
	dbus_bus_add_match(mm->bus, "type='signal',member='NameOwnerChanged',arg0='" NAME "'",
			   NULL);
	dbus_bus_add_match(mm->bus, "type='signal',member='InterfacesAdded'", NULL);
}

static void call(struct modemmanager *mm, DBusMessage *message)
{
	DBusError error = DBUS_ERROR_INIT;
	DBusMessage *reply;

	reply = dbus_connection_send_with_reply_and_block(mm->bus, message, TIMEOUT_MS, &error);
	bench_check(reply != NULL, error.message);
	dbus_message_unref(reply);
	dbus_message_unref(message);
}

const char *modemmanager_missing(void)
{
	if (access(PROGRAM, X_OK) < 0 || access("/usr/bin/mmcli", X_OK) < 0)
		return "package modemmanager is missing";
	return access(BUS, X_OK) < 0 ? "package dbus is missing" : NULL;
}

struct modemmanager *modemmanager_start(bool commands)
{
	/* --debug logs each byte, whatever the level; nobody shall have to wait for syslogd. */
	char *argv[] = {PROGRAM,
			"--test-session",
			"--test-enable",
			"--no-auto-scan",
			"--test-no-udev",
			"--test-no-qrtr",
			"--log-level=ERR",
			"--log-file=/dev/null",
			commands ? "--debug" : NULL,
			NULL};
	struct modemmanager *mm = calloc(1, sizeof(*mm));
	DBusMessage *message;

	bench_check(mm != NULL, "no memory");
	start_bus(mm);
	start_modem(mm);
	connect_to_bus(mm);
	/* The machine's own bus is none of its business. */
	(void)setenv("DBUS_SESSION_BUS_ADDRESS", mm->address, 1);
	(void)setenv("DBUS_SYSTEM_BUS_ADDRESS", mm->address, 1);
	mm->started_ns = bench_now_ns();
	mm->pid = start_program(argv, -1);
	message = await(mm, DBUS_INTERFACE_DBUS, "NameOwnerChanged", NAME);
	mm->named_ns = bench_now_ns();
	dbus_message_unref(message);
	return mm;
}

void modemmanager_stop(struct modemmanager *mm)
{
	end_program(mm->pid);
	end_program(mm->modem_pid);
	dbus_connection_close(mm->bus);
	dbus_connection_unref(mm->bus);
	end_program(mm->bus_pid);
	(void)unlink(mm->config);
	(void)unlink(strchr(mm->address, '/'));
	(void)rmdir(mm->folder);
	free(mm);
}

void modemmanager_add_modem(struct modemmanager *mm)
{
	const char *id = "bench", *plugin = "generic", *port = mm->port, *path = NULL;
	const char **ports = &port;
	DBusMessage *message = dbus_message_new_method_call(NAME, ROOT, NAME ".Test", "SetProfile");

	bench_check(message && dbus_message_append_args(message, DBUS_TYPE_STRING, &id,
							DBUS_TYPE_STRING, &plugin, DBUS_TYPE_ARRAY,
							DBUS_TYPE_STRING, &ports, 1,
							DBUS_TYPE_INVALID),
		    "no memory");
	call(mm, message);
	message =
		await(mm, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", ROOT "/Modem/");
	(void)dbus_message_get_args(message, NULL, DBUS_TYPE_OBJECT_PATH, &path, DBUS_TYPE_INVALID);
	(void)snprintf(mm->modem, sizeof(mm->modem), "%s", path);
	dbus_message_unref(message);
}

void modemmanager_command(struct modemmanager *mm)
{
	const char *command = "AT";
	dbus_uint32_t timeout_s = 5;
	DBusMessage *message =
		dbus_message_new_method_call(NAME, mm->modem, NAME ".Modem", "Command");

	bench_check(message && dbus_message_append_args(message, DBUS_TYPE_STRING, &command,
							DBUS_TYPE_UINT32, &timeout_s,
							DBUS_TYPE_INVALID),
		    "no memory");
	call(mm, message);
}

double modemmanager_start_ms(const struct modemmanager *mm)
{
	return (double)(mm->named_ns - mm->started_ns) / 1e6;
}

uint64_t modemmanager_started_ns(const struct modemmanager *mm)
{
	return mm->started_ns;
}

pid_t modemmanager_pid(const struct modemmanager *mm)
{
	return mm->pid;
}

pid_t modemmanager_bus_pid(const struct modemmanager *mm)
{
	return mm->bus_pid;
}
