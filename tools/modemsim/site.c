/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/stream_tty.h"
#include "tools/modemsim/listener.h"
#include "tools/modemsim/rfc2217.h"

static int fail(struct hal_error *err, int r, const char *what)
{
	(void)snprintf(err->text, sizeof(err->text), "%.120s: %s", what, strerror(-r));
	return r;
}

int sim_site_default_dir(char *buf, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int n = runtime && runtime[0]
			? snprintf(buf, size, "%s/modemsim", runtime)
			: snprintf(buf, size, "/tmp/modemsim-%u", (unsigned int)getuid());

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* A directory of somebody else in /tmp could lead our users to a modem of his. */
static int make_dir(const char *dir, struct hal_error *err)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return fail(err, -errno, dir);
	if (stat(dir, &st) < 0)
		return fail(err, -errno, dir);
	if (!S_ISDIR(st.st_mode))
		return fail(err, -ENOTDIR, dir);
	if (st.st_uid == geteuid())
		return 0;
	(void)snprintf(err->text, sizeof(err->text),
		       "%.100s belongs to another user; choose another directory with --dir", dir);
	return -EPERM;
}

static int make_link(const struct sim_site_port *port, struct hal_error *err)
{
	struct stat st;

	/* Left behind by a run that was killed. Anything but a link is not ours. */
	if (lstat(port->link, &st) == 0 && S_ISLNK(st.st_mode))
		(void)unlink(port->link); /* symlink() tells */
	if (symlink(port->path, port->link) < 0)
		return fail(err, -errno, port->link);
	return 0;
}

static void remove_link(const struct sim_site_port *port)
{
	char target[SIM_PATH_MAX];
	ssize_t n = readlink(port->link, target, sizeof(target));

	if (n > 0 && hal_slice_eq(hal_slice(target, (size_t)n), hal_slice_str(port->path)))
		(void)unlink(port->link); /* nothing to be done about it at the end */
}

static int open_real_pty(void *user, struct hal_loop *loop, struct hal_stream **ret_stream,
			 char *path, size_t size)
{
	(void)user;
	return hal_stream_pty_open(loop, ret_stream, path, size);
}

static int open_pty(struct sim_site *site, struct sim_site_port *port, struct hal_error *err,
		    struct hal_stream **ret_stream)
{
	struct hal_stream *stream;
	int r;

	r = site->open_pty(site->open_pty_user, site->loop, &stream, port->path,
			   sizeof(port->path));
	if (r < 0)
		return fail(err, r, "cannot make a pty");
	r = make_link(port, err);
	if (r < 0) {
		hal_stream_close(stream);
		return r;
	}
	*ret_stream = stream;
	return 0;
}

static int open_tty(struct sim_site *site, struct sim_site_port *port, struct hal_error *err,
		    struct hal_stream **ret_stream)
{
	int r = hal_stream_tty_open(site->loop, port->tty, &HAL_STREAM_CONFIG_DEFAULT, err,
				    ret_stream);

	if (r == 0)
		memcpy(port->path, port->tty, sizeof(port->path));
	return r;
}

static int open_tcp(struct sim_site *site, struct sim_site_port *port, struct hal_error *err,
		    struct hal_stream **ret_stream)
{
	struct hal_stream *stream;
	char what[32];
	int r;

	r = sim_rfc2217_new(site->loop, &stream);
	if (r < 0)
		return fail(err, r, "rfc2217");
	r = sim_listener_new(site->loop, &port->tcp_port, stream, &port->listener);
	if (r < 0) {
		hal_stream_close(stream);
		(void)snprintf(what, sizeof(what), "TCP port %u", port->tcp_port);
		return fail(err, r, what);
	}
	(void)snprintf(port->path, sizeof(port->path), "rfc2217://127.0.0.1:%u", port->tcp_port);
	*ret_stream = stream;
	return 0;
}

int sim_site_plug(struct sim_site *site, struct sim_site_port *port, struct hal_error *err)
{
	struct hal_stream *stream = NULL;
	int r;

	if (sim_modem_has_stream(port->modem))
		return fail(err, -EALREADY, "plug");
	if (port->on_tcp)
		r = open_tcp(site, port, err, &stream);
	else if (port->tty[0])
		r = open_tty(site, port, err, &stream);
	else
		r = open_pty(site, port, err, &stream);
	if (r < 0) {
		port->path[0] = '\0';
		return r;
	}
	return sim_modem_attach(port->modem, stream);
}

int sim_site_unplug(struct sim_site_port *port)
{
	if (!sim_modem_has_stream(port->modem))
		return -EALREADY;
	sim_listener_free(port->listener);
	port->listener = NULL;
	sim_modem_detach(port->modem);
	remove_link(port);
	port->path[0] = '\0';
	return 0;
}

static int add_port(struct sim_site *site, const struct sim_modem_config *config, const char *dir,
		    struct hal_error *err)
{
	struct sim_site_port *port = &site->ports[site->count];
	struct sim_modem_options options = config->options;
	int n, r;

	if (config->on_tcp)
		options.set_inputs = sim_rfc2217_set_inputs;
	r = sim_modem_new(site->exchange, config->number, NULL, &options, &port->modem);
	if (r < 0) {
		(void)snprintf(err->text, sizeof(err->text), "modem '%s': number %s %s",
			       config->options.name, config->number,
			       r == -EEXIST ? "is another modem's; write another one"
					    : "is none; write digits, *, #, + or A to D");
		return r;
	}
	site->count++;
	memcpy(port->tty, config->tty, sizeof(port->tty));
	port->on_tcp = config->on_tcp;
	port->tcp_port = config->tcp_port;
	for (size_t i = 0; i < config->fault_count; i++)
		sim_modem_set_fault(port->modem, &config->faults[i]);
	if (!port->tty[0] && !port->on_tcp) {
		n = snprintf(port->link, sizeof(port->link), "%s/%s", dir, config->options.name);
		if (n < 0 || (size_t)n >= sizeof(port->link))
			return fail(err, -ENAMETOOLONG, dir);
	}
	return sim_site_plug(site, port, err);
}

static int populate(struct sim_site *site, const struct sim_config *config, const char *dir,
		    struct hal_error *err)
{
	int r = 0;

	sim_exchange_set_timing(site->exchange, &config->timing);
	for (size_t i = 0; i < config->number_count && r == 0; i++) {
		r = sim_exchange_add_number(site->exchange, &config->numbers[i]);
		if (r < 0)
			(void)snprintf(err->text, sizeof(err->text),
				       "number '%s' is no pattern; write digits, x for any digit "
				       "and . at the end for any rest",
				       config->numbers[i].pattern);
	}
	for (size_t i = 0; i < config->modem_count && r == 0; i++)
		r = add_port(site, &config->modems[i], dir, err);
	return r;
}

int sim_site_new(struct hal_loop *loop, const struct hal_log *log, const struct sim_config *config,
		 const char *dir, struct hal_error *err, struct sim_site **ret_site)
{
	struct sim_site *site;
	int r;

	r = make_dir(dir, err);
	if (r < 0)
		return r;
	site = calloc(1, sizeof(*site));
	if (!site)
		return fail(err, -ENOMEM, "modemsim");
	site->loop = loop;
	site->open_pty = config->open_pty ? config->open_pty : open_real_pty;
	site->open_pty_user = config->open_pty_user;
	site->ports = calloc(config->modem_count, sizeof(*site->ports));
	r = site->ports ? sim_exchange_new(loop, log, &site->exchange) : -ENOMEM;
	if (r < 0)
		(void)fail(err, r, "modemsim");
	if (r == 0)
		r = populate(site, config, dir, err);
	if (r < 0) {
		sim_site_free(site);
		return r;
	}
	*ret_site = site;
	return 0;
}

void sim_site_free(struct sim_site *site)
{
	if (!site)
		return;
	for (size_t i = 0; i < site->count; i++) {
		remove_link(&site->ports[i]);
		sim_listener_free(site->ports[i].listener);
		sim_modem_free(site->ports[i].modem);
	}
	sim_exchange_free(site->exchange);
	free(site->ports);
	free(site);
}

struct sim_site_port *sim_site_find(const struct sim_site *site, struct hal_slice name)
{
	for (size_t i = 0; i < site->count; i++) {
		const char *port_name = sim_modem_options(site->ports[i].modem)->name;

		if (hal_slice_eq(hal_slice_str(port_name), name))
			return &site->ports[i];
	}
	return NULL;
}
