/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/stream_tty.h"

/*
 * libserialport opens no pty, and no other port is at hand: its calls are replaced by some that
 * hand out a pty, note what they are asked for and fail where told.
 */
static struct {
	const char *fail; /* name of the call that fails */
	char name[64];
	int handle;
	int baud, bits, stop;
	enum sp_parity parity;
	enum sp_flowcontrol flow;
	int ports; /* alive */
} sp;

static enum sp_return reply(const char *call)
{
	return sp.fail && strcmp(sp.fail, call) == 0 ? SP_ERR_FAIL : SP_OK;
}

enum sp_return __wrap_sp_get_port_by_name(const char *name, struct sp_port **ret_port)
{
	(void)snprintf(sp.name, sizeof(sp.name), "%s", name);
	if (reply("get_port_by_name") != SP_OK)
		return SP_ERR_ARG;
	sp.ports++;
	*ret_port = (struct sp_port *)&sp;
	return SP_OK;
}

enum sp_return __wrap_sp_open(struct sp_port *port, enum sp_mode mode)
{
	(void)port;
	(void)mode;
	if (reply("open") != SP_OK)
		return SP_ERR_FAIL;
	sp.handle = open(sp.name, O_RDWR | O_NOCTTY);
	return SP_OK;
}

enum sp_return __wrap_sp_set_baudrate(struct sp_port *port, int baud)
{
	(void)port;
	sp.baud = baud;
	return reply("set_baudrate");
}

enum sp_return __wrap_sp_set_bits(struct sp_port *port, int bits)
{
	(void)port;
	sp.bits = bits;
	return reply("set_bits");
}

enum sp_return __wrap_sp_set_parity(struct sp_port *port, enum sp_parity parity)
{
	(void)port;
	sp.parity = parity;
	return reply("set_parity");
}

enum sp_return __wrap_sp_set_stopbits(struct sp_port *port, int stop)
{
	(void)port;
	sp.stop = stop;
	return reply("set_stopbits");
}

enum sp_return __wrap_sp_set_flowcontrol(struct sp_port *port, enum sp_flowcontrol flow)
{
	(void)port;
	sp.flow = flow;
	return reply("set_flowcontrol");
}

enum sp_return __wrap_sp_get_port_handle(const struct sp_port *port, void *ret_handle)
{
	(void)port;
	*(int *)ret_handle = sp.handle;
	return reply("get_port_handle");
}

enum sp_return __wrap_sp_close(struct sp_port *port)
{
	(void)port;
	close(sp.handle);
	sp.handle = -1;
	return SP_OK;
}

void __wrap_sp_free_port(struct sp_port *port)
{
	if (port)
		sp.ports--;
}

static int new_pty(char *path, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	cr_assert_geq(master, 0);
	cr_assert_eq(unlockpt(master), 0);
	cr_assert_eq(ptsname_r(master, path, size), 0);
	sp.handle = -1;
	return master;
}

Test(stream_serialport, passes_the_settings_and_gives_a_descriptor_of_its_own)
{
	static const struct {
		struct hal_stream_config config;
		enum sp_parity parity;
		enum sp_flowcontrol flow;
	} cases[] = {
		{{.baud = 57600, .bits = 8, .stop = 1}, SP_PARITY_NONE, SP_FLOWCONTROL_NONE},
		{{.baud = 250000,
		  .bits = 7,
		  .stop = 2,
		  .parity = HAL_STREAM_PARITY_EVEN,
		  .flow = HAL_STREAM_FLOW_RTSCTS},
		 SP_PARITY_EVEN,
		 SP_FLOWCONTROL_RTSCTS},
		{{.bits = 7,
		  .stop = 1,
		  .parity = HAL_STREAM_PARITY_ODD,
		  .flow = HAL_STREAM_FLOW_XONXOFF},
		 SP_PARITY_ODD,
		 SP_FLOWCONTROL_XONXOFF},
	};
	char path[64];
	int master = new_pty(path, sizeof(path));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct hal_stream_config *config = &cases[i].config;
		int fd;

		sp.baud = 0;
		fd = hal_stream_serialport_open(path, config);
		cr_assert_geq(fd, 0);
		cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		cr_assert_eq(sp.handle, -1, "its own is closed");
		cr_assert_eq(sp.ports, 0);
		cr_assert_eq(sp.baud, (int)config->baud);
		cr_assert_eq(sp.bits, config->bits);
		cr_assert_eq(sp.stop, config->stop);
		cr_assert_eq(sp.parity, cases[i].parity);
		cr_assert_eq(sp.flow, cases[i].flow);
		close(fd);
	}
	close(master);
}

Test(stream_serialport, any_failure_leaves_the_port_to_the_tty_backend)
{
	static const char *const calls[] = {
		"get_port_by_name", "open",	    "set_baudrate",    "set_bits",
		"set_parity",	    "set_stopbits", "set_flowcontrol", "get_port_handle",
	};
	const struct hal_stream_provider *provider = hal_stream_provider_system();
	struct hal_loop *loop = NULL;
	char path[64];
	int master = new_pty(path, sizeof(path));

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct hal_stream *s = NULL;
		struct hal_error err;

		sp.fail = calls[i];
		cr_assert_eq(hal_stream_serialport_open(path, &HAL_STREAM_CONFIG_DEFAULT),
			     -EOPNOTSUPP, "%s", calls[i]);
		cr_assert_eq(sp.ports, 0, "%s", calls[i]);
		cr_assert_eq(sp.handle, -1, "%s", calls[i]);
		cr_assert_eq(
			provider->open(provider, loop, path, &HAL_STREAM_CONFIG_DEFAULT, &err, &s),
			0, "%s: %s", calls[i], err.text);
		cr_assert_eq(hal_stream_write(s, "x", 1), 1);
		hal_stream_close(s);
	}
	hal_loop_free(loop);
	close(master);
}

Test(stream_serialport, symlinks_are_resolved_for_it)
{
	char path[64], dir[] = "/tmp/serialport-XXXXXX", link_path[64];
	int master = new_pty(path, sizeof(path));
	int fd;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(link_path, sizeof(link_path), "%s/modem", dir);
	cr_assert_eq(symlink(path, link_path), 0);
	fd = hal_stream_serialport_open(link_path, &HAL_STREAM_CONFIG_DEFAULT);
	cr_assert_geq(fd, 0);
	cr_assert_str_eq(sp.name, path);
	cr_assert_eq(hal_stream_serialport_open("/nowhere/tty", &HAL_STREAM_CONFIG_DEFAULT),
		     -ENOENT);
	close(fd);
	close(master);
	unlink(link_path);
	rmdir(dir);
}

Test(stream_serialport, the_provider_reads_and_writes_through_its_descriptor)
{
	const struct hal_stream_provider *provider = hal_stream_provider_system();
	struct hal_stream *s = NULL;
	struct hal_loop *loop = NULL;
	struct hal_error err;
	char path[64];
	int master = new_pty(path, sizeof(path));

	cr_assert_eq(hal_loop_new(hal_clock_real(), &loop), 0);
	cr_assert_eq(provider->open(provider, loop, path, &HAL_STREAM_CONFIG_DEFAULT, &err, &s), 0);
	cr_assert_eq(sp.baud, 115200);
	cr_assert_eq(hal_stream_write(s, "x", 1), 1);
	hal_stream_close(s);
	hal_loop_free(loop);
	close(master);
}
