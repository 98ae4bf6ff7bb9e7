/* SPDX-License-Identifier: MIT */
/* Lines that are named by where their device is plugged in, or by what it is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/scenario/rig.h"

/* Two modems; the first has four ports: three of them are the other modems of the rig. */
static void make_ports(struct rig *rig)
{
	static const enum hal_device_role roles[] = {HAL_DEVICE_ROLE_DIAG, HAL_DEVICE_ROLE_DATA,
						     HAL_DEVICE_ROLE_AT, HAL_DEVICE_ROLE_GPS};

	for (size_t i = 0; i < 4; i++) {
		struct hal_device *device = &rig->modems[i].device;

		(void)snprintf(device->node, sizeof(device->node), "/dev/ttyUSB%zu", i);
		(void)snprintf(device->place, sizeof(device->place), "usb-0:1:1.%zu", i);
		(void)snprintf(device->serial, sizeof(device->serial), "SN0001");
		(void)snprintf(device->syspath, sizeof(device->syspath), "/sys/usb1/%zu", i);
		device->usb_len = strlen("/sys/usb1");
		device->interface = (int)i;
		device->role = roles[i];
	}
}

Test(identity, a_line_is_found_by_place_or_serial_number)
{
	static const struct {
		const char *device;
		size_t modem; /* 9: none */
	} rows[] = {
		{"id-path:usb-0:1:1.0", 0}, {"id-path:usb-0:1:1.3", 3}, {"id-path:usb-0:1", 2},
		{"serial:SN0001", 2},	    {"serial:SN000", 9},	{"id-path:usb-0:11", 9},
		{"id-path:usb-0", 9},	    {"/dev/ttyUSB1", 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig rig;
		tl_line line;

		rig_init_bare(&rig, &(struct rig_options){.modems = 4});
		make_ports(&rig);
		strcpy(rig.modems[1].device.place, "usb-0:1:1.1");
		rig_watch(&rig);
		line = rig_add_device(&rig, rows[i].device);
		rig_run_ms(&rig, 5000);
		cr_assert_eq(rig_line_state(&rig, line),
			     rows[i].modem < 9 ? TL_LINE_READY : TL_LINE_ABSENT, "%s",
			     rows[i].device);
		for (size_t k = 0; k < 4; k++)
			cr_assert_eq(sim_modem_has_stream(rig.modems[k].sim), k == rows[i].modem,
				     "%s", rows[i].device);
		rig_fini(&rig);
	}
}

Test(identity, without_the_best_port_the_next_best_is_taken)
{
	static const struct {
		bool at, data;
		size_t modem; /* 9: none */
	} rows[] = {{true, true, 2}, {false, true, 1}, {true, false, 2}, {false, false, 9}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig rig;

		rig_init_bare(&rig, &(struct rig_options){.modems = 4});
		make_ports(&rig);
		rig.modems[2].absent = !rows[i].at;
		rig.modems[1].absent = !rows[i].data;
		rig_watch(&rig);
		(void)rig_add_device(&rig, "id-path:usb-0:1");
		rig_run_ms(&rig, 5000);
		for (size_t k = 0; k < 4; k++)
			cr_assert_eq(sim_modem_has_stream(rig.modems[k].sim), k == rows[i].modem);
		rig_fini(&rig);
	}
}

static void tell_all(struct rig *rig, bool there)
{
	for (size_t i = 0; i < 4; i++) {
		rig->modems[i].absent = !there;
		rig_tell(rig, i, there ? HAL_HOTPLUG_ADD : HAL_HOTPLUG_REMOVE);
		/* One after the other, as a hub does. */
		rig_run_ms(rig, 3);
	}
}

Test(identity, a_modem_with_several_ports_goes_once_and_comes_back_with_the_same_port)
{
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, &(struct rig_options){.modems = 4});
	make_ports(&rig);
	rig_watch(&rig);
	line = rig_add_device(&rig, "serial:SN0001");
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 5000));
	rig_tell(&rig, 3, HAL_HOTPLUG_REMOVE);
	rig_run_ms(&rig, 10);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_READY, "another of its ports");
	tell_all(&rig, false);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_GONE);
	cr_assert_eq(rig_count_states(&rig, line, TL_LINE_GONE), 1);
	tell_all(&rig, true);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 5000));
	cr_assert(sim_modem_has_stream(rig.modems[2].sim));
	rig_fini(&rig);
}

Test(identity, the_ports_of_a_device_are_told_with_their_roles)
{
	static const struct {
		const char *path, *role;
	} rows[] = {{"/dev/ttyUSB0", "diag"},
		    {"/dev/ttyUSB1", "data"},
		    {"/dev/ttyUSB2", "at"},
		    {"/dev/ttyUSB3", "gps"}};
	struct tl_line_ports *ports;
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, &(struct rig_options){.modems = 4});
	make_ports(&rig);
	rig_watch(&rig);
	line = rig_add_device(&rig, "id-path:usb-0:1");
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 5000));
	cr_assert_eq(tl_line_get_ports(rig.ctx, line, &ports), 0);
	cr_assert_eq(tl_line_ports_count(ports), 4);
	for (size_t i = 0; i < 4; i++) {
		cr_assert_str_eq(tl_line_ports_path(ports, i), rows[i].path);
		cr_assert_str_eq(tl_line_ports_role(ports, i), rows[i].role);
		cr_assert_eq(tl_line_ports_in_use(ports, i), i == 2);
	}
	cr_assert_str_eq(tl_line_ports_path(ports, 4), "");
	cr_assert_str_eq(tl_line_ports_role(ports, 4), "");
	cr_assert_not(tl_line_ports_in_use(ports, 4));
	cr_assert_null(tl_line_ports_free(ports));
	tell_all(&rig, false);
	cr_assert_eq(tl_line_get_ports(rig.ctx, line, &ports), 0);
	cr_assert_eq(tl_line_ports_count(ports), 0, "gone");
	(void)tl_line_ports_free(ports);
	cr_assert_eq(tl_line_remove(rig.ctx, line), 0);
	cr_assert_eq(tl_line_get_ports(rig.ctx, line, &ports), -ESTALE);
	rig_fini(&rig);
}

Test(identity, without_a_monitor_a_line_has_its_own_port)
{
	struct tl_line_ports *ports;
	struct rig rig;

	rig_init(&rig, NULL);
	cr_assert_eq(tl_line_get_ports(rig.ctx, rig.modems[0].line, &ports), 0);
	cr_assert_eq(tl_line_ports_count(ports), 1);
	cr_assert(tl_line_ports_in_use(ports, 0));
	cr_assert_str_eq(tl_line_ports_role(ports, 0), "");
	(void)tl_line_ports_free(ports);
	rig_fini(&rig);
}

Test(identity, a_line_by_serial_number_needs_a_monitor)
{
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, NULL);
	line = rig_add_device(&rig, "serial:SN0001");
	rig_run_ms(&rig, 10);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_ABSENT);
	rig_fini(&rig);
}

/* ---- marked devices ---- */

Test(identity, marked_devices_become_lines_only_when_that_is_wanted)
{
	struct rig rig;
	tl_line line;

	rig_init_bare(&rig, &(struct rig_options){.modems = 4});
	make_ports(&rig);
	for (size_t i = 0; i < 4; i++) {
		rig.modems[i].device.marked = true;
		strcpy(rig.modems[i].device.name, "3G modem");
	}
	rig_watch(&rig);
	tell_all(&rig, true);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_LINES), 0);

	cr_assert_eq(tl_hotplug_start(rig.ctx, TL_HOTPLUG_OFF, true), 0);
	rig_run_ms(&rig, 5000);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_LINES), 0, "a name may not begin so");

	for (size_t i = 0; i < 4; i++)
		strcpy(rig.modems[i].device.name, "gsm modem");
	tell_all(&rig, true);
	rig_run_ms(&rig, 5000);
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_LINES), 1, "all of its ports are one line");
	cr_assert_eq(tl_line_find(rig.ctx, "gsm-modem", &line), 0);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_READY);
	cr_assert(sim_modem_has_stream(rig.modems[2].sim));
	tell_all(&rig, false);
	cr_assert_eq(rig_line_state(&rig, line), TL_LINE_GONE, "it stays");
	tell_all(&rig, true);
	cr_assert(rig_until_line(&rig, line, TL_LINE_READY, 5000));
	cr_assert_eq(tl_ctx_get_count(rig.ctx, TL_COUNT_LINES), 1);
	rig_fini(&rig);
}
