/* SPDX-License-Identifier: MIT */
/*
 * A machine with modems, for programs that run under umockdev's preload: sysfs, nodes and uevents
 * by libumockdev, and emulated modems behind the nodes, whose lines are carried by an ioctl
 * handler. It obeys commands on stdin, one a line, and answers each with "ok …" or "error …":
 *
 *   add FILE            devices in umockdev's format
 *   modem NODE NUMBER   behind NODE there is the modem that has this number at the exchange; 300
 *                       is a modem that answers
 *   uevent SYSPATH ACTION
 *   hangup NODE         the device is gone, for who has it open
 *   remove SYSPATH      and for who looks for it
 *   show NODE           dtr=0 dcd=0 hook=on opens=0 counts=0
 *
 * The first line of the output is the folder that belongs into UMOCKDEV_DIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/serial.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <umockdev.h>
#include <unistd.h>

#include "hal/clock.h"
#include "tools/modemsim/exchange.h"
#include "tools/modemsim/modem.h"

#define PORTS_MAX    128
#define PROGRAM_SETS (TIOCM_DTR | TIOCM_RTS)

/* A node and the modem behind it. The handler runs in a thread of umockdev's. */
struct port {
	struct hal_stream stream;
	char node[64];
	struct sim_modem *modem;
	UMockdevIoctlBase *handler;
	int master; /* belongs to the testbed */
	int slave;  /* ours, so that the master does not hang up while no program has it open */
	int bell;   /* rung when the program has set a line */
	struct hal_watch io, rung;
	struct hal_work opened;
	unsigned int wanted;
	atomic_int lines;		    /* TIOCM_*, as the program sees them */
	atomic_int dcd_counts, ri_counts;   /* of TIOCGICOUNT */
	atomic_uint n_opens, n_counts_read; /* by the program */
};

struct bed {
	UMockdevTestbed *testbed;
	struct hal_log log;
	struct hal_loop *loop;
	struct sim_exchange *exchange;
	struct port *ports[PORTS_MAX];
	size_t n_ports;
	GMainLoop *main;
};

/* ---- the modem's side of a port ---- */

static struct port *to_port(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct port, stream);
}

static ssize_t port_read(struct hal_stream *s, void *buf, size_t size)
{
	ssize_t n = read(to_port(s)->master, buf, size);

	return n > 0 ? n : -EAGAIN;
}

static ssize_t port_write(struct hal_stream *s, const void *buf, size_t len)
{
	ssize_t n = write(to_port(s)->master, buf, len);

	return n > 0 ? n : -EAGAIN;
}

/* A null-modem cable, as the modem has it. */
static int port_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	*ret_lines = atomic_load(&to_port(s)->lines) & TIOCM_DTR ? HAL_STREAM_DSR : 0;
	return 0;
}

static int want(struct port *port, unsigned int events, bool on)
{
	port->wanted = on ? port->wanted | events : port->wanted & ~events;
	return hal_watch_modify(port->stream.loop, &port->io, port->wanted);
}

static int port_want_write(struct hal_stream *s, bool on)
{
	return want(to_port(s), HAL_IO_WRITE, on);
}

static int port_want_read(struct hal_stream *s, bool on)
{
	return want(to_port(s), HAL_IO_READ, on);
}

static int port_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	(void)s; /* always told */
	(void)interval_ms;
	return 0;
}

static void port_close(struct hal_stream *s)
{
	struct port *port = to_port(s);

	hal_watch_stop(s->loop, &port->io);
	hal_watch_stop(s->loop, &port->rung);
	hal_work_cancel(&port->opened);
	s->fn = NULL;
}

static const struct hal_stream_ops port_ops = {
	.name = "umockdev",
	.read = port_read,
	.write = port_write,
	.get_lines = port_get_lines,
	.want_write = port_want_write,
	.want_read = port_want_read,
	.watch_lines = port_watch_lines,
	.close = port_close,
};

/* DCD and RI, which the modem drives. */
static void set_inputs(struct hal_stream *s, unsigned int lines, bool on)
{
	struct port *port = to_port(s);
	int bits =
		(lines & HAL_STREAM_DCD ? TIOCM_CAR : 0) | (lines & HAL_STREAM_RI ? TIOCM_RNG : 0);
	int before =
		on ? atomic_fetch_or(&port->lines, bits) : atomic_fetch_and(&port->lines, ~bits);
	int changed = before ^ (on ? before | bits : before & ~bits);

	atomic_fetch_add(&port->dcd_counts, (changed & TIOCM_CAR) != 0);
	atomic_fetch_add(&port->ri_counts, (changed & TIOCM_RNG) != 0);
}

static void emit(struct port *port, unsigned int events)
{
	if (port->stream.fn)
		port->stream.fn(port->stream.user, events);
}

static void on_io(struct hal_watch *watch, unsigned int io)
{
	emit(HAL_CONTAINER_OF(watch, struct port, io),
	     (io & HAL_IO_READ ? HAL_STREAM_READABLE : 0U) |
		     (io & HAL_IO_WRITE ? HAL_STREAM_WRITABLE : 0U));
}

static void on_rung(struct hal_watch *watch, unsigned int io)
{
	struct port *port = HAL_CONTAINER_OF(watch, struct port, rung);
	eventfd_t value;

	(void)io;
	(void)eventfd_read(port->bell, &value);
	emit(port, HAL_STREAM_LINES);
}

static void on_opened(struct hal_work *work)
{
	emit(HAL_CONTAINER_OF(work, struct port, opened), HAL_STREAM_OPENED);
}

/* ---- the program's side ---- */

static void set_lines(struct port *port, int keep, int set)
{
	int lines = atomic_load(&port->lines);

	while (!atomic_compare_exchange_weak(&port->lines, &lines, (lines & keep) | set))
		;
	(void)eventfd_write(port->bell, 1);
}

static size_t argument_size(unsigned long request)
{
	switch (request) {
	case TIOCMGET:
	case TIOCMBIS:
	case TIOCMBIC:
	case TIOCMSET:
		return sizeof(int);
	case TIOCGICOUNT:
		return sizeof(struct serial_icounter_struct);
	default:
		return 0; /* not ours: the pty has it, or has not */
	}
}

static void serve(struct port *port, unsigned long request, UMockdevIoctlData *data)
{
	struct serial_icounter_struct counts = {.dcd = atomic_load(&port->dcd_counts),
						.rng = atomic_load(&port->ri_counts)};
	int lines = atomic_load(&port->lines), bits = 0;

	if (request == TIOCGICOUNT) {
		atomic_fetch_add(&port->n_counts_read, 1);
		umockdev_ioctl_data_update(data, 0, (guint8 *)&counts, sizeof(counts));
		return;
	}
	if (request == TIOCMGET) {
		umockdev_ioctl_data_update(data, 0, (guint8 *)&lines, sizeof(lines));
		return;
	}
	memcpy(&bits, data->data, sizeof(bits));
	bits &= PROGRAM_SETS;
	if (request == TIOCMBIS)
		set_lines(port, ~0, bits);
	else if (request == TIOCMBIC)
		set_lines(port, ~bits, 0);
	else
		set_lines(port, ~PROGRAM_SETS, bits);
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer user)
{
	unsigned long request = umockdev_ioctl_client_get_request(client);
	size_t size = argument_size(request);
	UMockdevIoctlData *data;
	int result, error = 0;

	(void)base;
	if (request == TIOCEXCL || request == TIOCNXCL) {
		/* The program opens the node twice, as far as the pty knows. */
		umockdev_ioctl_client_complete(client, 0, 0);
		return TRUE;
	}
	if (size == 0) {
		result = umockdev_ioctl_client_execute(client, &error, NULL);
		umockdev_ioctl_client_complete(client, result, error);
		return TRUE;
	}
	data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, size, NULL);
	if (!data)
		return FALSE;
	serve(user, request, data);
	umockdev_ioctl_data_unref(data);
	umockdev_ioctl_client_complete(client, 0, 0);
	return TRUE;
}

/* An open raises both, as the kernel does; in close() the program lowers them itself. */
static void on_open(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer user)
{
	struct port *port = user;

	(void)base;
	(void)client;
	atomic_fetch_add(&port->n_opens, 1);
	(void)atomic_fetch_or(&port->lines, PROGRAM_SETS);
	(void)eventfd_write(port->bell, 1);
}

/* ---- commands ---- */

static struct port *find_port(struct bed *bed, const char *node)
{
	for (size_t i = 0; i < bed->n_ports; i++)
		if (strcmp(bed->ports[i]->node, node) == 0)
			return bed->ports[i];
	return NULL;
}

static bool open_ends(struct bed *bed, struct port *port)
{
	struct termios t;
	char name[64];

	port->master = umockdev_testbed_get_dev_fd(bed->testbed, port->node);
	if (port->master < 0 || ptsname_r(port->master, name, sizeof(name)) != 0)
		return false;
	port->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	port->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (port->slave < 0 || port->bell < 0 || tcgetattr(port->slave, &t) < 0)
		return false;
	cfmakeraw(&t);
	return tcsetattr(port->slave, TCSANOW, &t) == 0 &&
	       fcntl(port->master, F_SETFL, O_RDWR | O_NONBLOCK) == 0;
}

static bool start_port(struct bed *bed, struct port *port, const char *number)
{
	struct sim_modem_options options = SIM_MODEM_OPTIONS_DEFAULT;

	port->stream = (struct hal_stream){
		.ops = &port_ops, .loop = bed->loop, .caps = HAL_STREAM_CAP_LINES};
	port->wanted = HAL_IO_READ;
	hal_watch_init(&port->io, on_io);
	hal_watch_init(&port->rung, on_rung);
	hal_work_init(&port->opened, on_opened);
	hal_work_queue(bed->loop, &port->opened);
	options.set_inputs = set_inputs;
	return hal_watch_start(bed->loop, &port->io, port->master, HAL_IO_READ) == 0 &&
	       hal_watch_start(bed->loop, &port->rung, port->bell, HAL_IO_READ) == 0 &&
	       sim_modem_new(bed->exchange, number, &port->stream, &options, &port->modem) == 0;
}

/*
 * For shim.c: a program that opens the node now finds its ioctls served. Their socket is there
 * before anybody listens on it, and umockdev ends programs that come too early.
 */
static bool mark_served(struct bed *bed, const char *name, bool served)
{
	char *root = umockdev_testbed_get_root_dir(bed->testbed);
	char *path = g_strdup_printf("%s/served-%s", root, name);
	bool done = served ? g_file_set_contents(path, "", 0, NULL) : unlink(path) == 0;

	g_free(path);
	g_free(root);
	return done;
}

static bool add_modem(struct bed *bed, const char *node, const char *number)
{
	struct port *port;

	if (bed->n_ports == PORTS_MAX || strlen(node) >= sizeof(port->node))
		return false;
	port = g_new0(struct port, 1);
	bed->ports[bed->n_ports++] = port;
	(void)g_strlcpy(port->node, node, sizeof(port->node));
	atomic_store(&port->lines, TIOCM_DSR | TIOCM_CTS);
	if (!open_ends(bed, port) || !start_port(bed, port, number))
		return false;
	port->handler = umockdev_ioctl_base_new();
	(void)g_signal_connect(port->handler, "handle-ioctl", G_CALLBACK(on_ioctl), port);
	(void)g_signal_connect(port->handler, "client-connected", G_CALLBACK(on_open), port);
	return umockdev_testbed_attach_ioctl(bed->testbed, node, port->handler, NULL) &&
	       mark_served(bed, strrchr(node, '/') + 1, true);
}

/* The number of the master stays the testbed's, which closes it in the end. */
static bool hang_up(struct port *port)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	sim_modem_free(port->modem);
	port->modem = NULL;
	(void)close(port->slave);
	if (null < 0 || dup2(null, port->master) < 0)
		return false;
	(void)close(null);
	port->node[0] = '\0';
	return true;
}

static bool obey(struct bed *bed, char **words, guint n)
{
	struct port *port = n > 1 ? find_port(bed, words[1]) : NULL;

	if (n == 2 && strcmp(words[0], "add") == 0)
		return umockdev_testbed_add_from_file(bed->testbed, words[1], NULL);
	if (n == 3 && strcmp(words[0], "modem") == 0)
		return add_modem(bed, words[1], words[2]);
	if (n == 2 && strcmp(words[0], "hangup") == 0)
		return port && hang_up(port);
	if (n == 3 && strcmp(words[0], "uevent") == 0)
		umockdev_testbed_uevent(bed->testbed, words[1], words[2]);
	else if (n == 2 && strcmp(words[0], "remove") == 0) {
		/* Its USB device was never served. */
		(void)mark_served(bed, strrchr(words[1], '/') + 1, false);
		umockdev_testbed_remove_device(bed->testbed, words[1]);
	} else
		return false;
	return true;
}

static void show(struct port *port)
{
	int lines = atomic_load(&port->lines);

	(void)printf("ok dtr=%d dcd=%d hook=%s opens=%u counts=%u\n", (lines & TIOCM_DTR) != 0,
		     (lines & TIOCM_CAR) != 0, sim_modem_is_off_hook(port->modem) ? "off" : "on",
		     atomic_load(&port->n_opens), atomic_load(&port->n_counts_read));
}

static gboolean on_command(GIOChannel *channel, GIOCondition condition, gpointer user)
{
	struct bed *bed = user;
	char **words, *line = NULL;
	struct port *port;

	(void)condition;
	if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
		g_main_loop_quit(bed->main);
		return FALSE;
	}
	words = g_strsplit(g_strchomp(line), " ", 0);
	port = words[0] && words[1] ? find_port(bed, words[1]) : NULL;
	if (port && strcmp(words[0], "show") == 0)
		show(port);
	else
		(void)puts(obey(bed, words, g_strv_length(words)) ? "ok" : "error");
	(void)fflush(stdout);
	g_strfreev(words);
	g_free(line);
	return TRUE;
}

static gboolean on_loop(gint fd, GIOCondition condition, gpointer user)
{
	struct bed *bed = user;

	(void)fd;
	(void)condition;
	(void)hal_loop_dispatch(bed->loop);
	return TRUE;
}

static bool start(struct bed *bed)
{
	static const struct sim_number answering = {.pattern = "300",
						    .service = SIM_SERVICE_ANSWER};

	return hal_loop_new(hal_clock_real(), &bed->loop) == 0 &&
	       sim_exchange_new(bed->loop, &bed->log, &bed->exchange) == 0 &&
	       sim_exchange_add_number(bed->exchange, &answering) == 0;
}

static void stop(struct bed *bed)
{
	for (size_t i = 0; i < bed->n_ports; i++) {
		if (bed->ports[i]->modem)
			(void)hang_up(bed->ports[i]);
		(void)close(bed->ports[i]->bell);
	}
	sim_exchange_free(bed->exchange);
	hal_loop_free(bed->loop);
	g_object_unref(bed->testbed); /* ends its thread */
	for (size_t i = 0; i < bed->n_ports; i++) {
		g_clear_object(&bed->ports[i]->handler);
		g_free(bed->ports[i]);
	}
}

int main(void)
{
	struct bed bed = {.testbed = umockdev_testbed_new()};
	GIOChannel *channel = g_io_channel_unix_new(STDIN_FILENO);
	char *root = umockdev_testbed_get_root_dir(bed.testbed);

	if (!start(&bed))
		return EXIT_FAILURE;
	bed.main = g_main_loop_new(NULL, FALSE);
	(void)g_io_add_watch(channel, G_IO_IN | G_IO_HUP, on_command, &bed);
	(void)g_unix_fd_add(hal_loop_get_fd(bed.loop), G_IO_IN, on_loop, &bed);
	(void)puts(root);
	(void)fflush(stdout);
	g_main_loop_run(bed.main);
	stop(&bed);
	g_free(root);
	g_io_channel_unref(channel);
	g_main_loop_unref(bed.main);
	return EXIT_SUCCESS;
}
