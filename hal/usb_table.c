/* SPDX-License-Identifier: MIT */
#include "hal/usb_table.h"

#include <stddef.h>
#include <stdlib.h>

static const struct hal_usb_port ports[] = {
#include "hal/usb_rows.inc"
};

/* The rows are in this order; HAL_USB_ANY stands alone in its product. */
static int compare(const void *a, const void *b)
{
	const struct hal_usb_port *wanted = a, *row = b;

	if (wanted->vendor != row->vendor)
		return wanted->vendor < row->vendor ? -1 : 1;
	if (wanted->product != row->product)
		return wanted->product < row->product ? -1 : 1;
	return row->interface == HAL_USB_ANY ? 0 : wanted->interface - row->interface;
}

const struct hal_usb_port *hal_usb_port_find(uint16_t vendor, uint16_t product, uint8_t interface)
{
	struct hal_usb_port wanted = {.vendor = vendor, .product = product, .interface = interface};

	return bsearch(&wanted, ports, sizeof(ports) / sizeof(ports[0]), sizeof(ports[0]), compare);
}
