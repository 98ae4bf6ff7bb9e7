/* SPDX-License-Identifier: MIT */
#ifndef HAL_USB_TABLE_H
#define HAL_USB_TABLE_H

/*
 * What is known of the ports of USB modems, from udev-rules/devices.tsv: the same that the udev
 * rules tell as ID_TRUNKLINE_ROLE and ID_TRUNKLINE_PROFILE, for machines without them.
 */

#include <stdint.h>

#define HAL_USB_ANY (-1)

struct hal_usb_port {
	uint16_t vendor, product;
	int16_t interface;   /* HAL_USB_ANY: whichever it is */
	const char *role;    /* at, data, audio, gps or diag */
	const char *profile; /* NULL: no driver knows it yet */
	const char *name;    /* of the model */
};

/* @return NULL for a port that the table does not have */
const struct hal_usb_port *hal_usb_port_find(uint16_t vendor, uint16_t product, uint8_t interface);

#endif
