/* SPDX-License-Identifier: MIT */
#ifndef HAL_PORTS_H
#define HAL_PORTS_H

/*
 * The serial ports of this machine, for people who look for theirs. Never opens one. Lists through
 * libserialport where built with it, else from sysfs. Ptys and virtual consoles are no ports.
 */

#include <stddef.h>
#include <stdint.h>

enum hal_port_transport {
	HAL_PORT_NATIVE, /* a UART of the board */
	HAL_PORT_USB,
	HAL_PORT_BLUETOOTH,
};

struct hal_port {
	char name[32]; /* ttyUSB0 */
	char path[64]; /* /dev/ttyUSB0 */
	char description[128];
	enum hal_port_transport transport;
	/* USB only, else 0 and "" */
	uint16_t vendor_id, product_id;
	uint16_t bus, address;
	char serial[64];
};

/*
 * @return 0; -ENOMEM; -errno of the look-up. *ret_ports is sorted by name and freed with free();
 * NULL when there is none.
 */
int hal_ports_list(struct hal_port **ret_ports, size_t *ret_count);

/* The same from sysfs, mounted at sysfs (NULL: "/sys"). */
int hal_ports_list_sysfs(const char *sysfs, struct hal_port **ret_ports, size_t *ret_count);

#endif
