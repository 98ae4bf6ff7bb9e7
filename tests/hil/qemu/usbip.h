/* SPDX-License-Identifier: MIT */
#ifndef QEMU_USBIP_H
#define QEMU_USBIP_H

/*
 * A USB device that is a program: the device's end of the USB/IP protocol, spoken over a socket
 * pair with the kernel's vhci_hcd (Linux, Documentation/usb/usbip_protocol.rst). No network.
 *
 * What the host asks for is a request. It waits here until the device completes it, or until the
 * host withdraws it.
 */

#include "hal/list.h"
#include "hal/loop.h"
#include "hal/slice.h"

#define USBIP_IN	  0x80 /* as in bEndpointAddress */
#define USBIP_SETUP_SIZE  8
#define USBIP_HEADER_SIZE 48
#define USBIP_LENGTH_MAX  16384 /* sent in one transfer: more than drivers of modems do */

struct usbip_request {
	struct hal_list node;
	uint32_t seqnum;
	uint8_t endpoint; /* with USBIP_IN */
	uint8_t setup[USBIP_SETUP_SIZE];
	size_t length;	/* IN: what the host has room for; OUT: bytes in data */
	size_t done;	/* OUT: free for the device to count what it has used */
	uint8_t data[]; /* OUT */
};

struct usbip_device;

struct usbip_ops {
	/* There is a new request for this endpoint. */
	void (*submitted)(struct usbip_device *device, uint8_t endpoint);
	/* The kernel has let go of the device, which is detached. */
	void (*detached)(struct usbip_device *device);
};

struct usbip_device {
	const struct usbip_ops *ops;
	struct hal_loop *loop;
	struct hal_watch watch;
	struct hal_list requests; /* in their order */
	size_t received;
	uint8_t message[USBIP_HEADER_SIZE + USBIP_LENGTH_MAX];
};

void usbip_init(struct usbip_device *device, const struct usbip_ops *ops, struct hal_loop *loop);

/*
 * Plug the device in, at full speed.
 * @return 0; -EBUSY the port has a device, or is still busy with getting rid of one; -ENODEV no
 *         vhci_hcd, or no such port; other -errno
 */
int usbip_attach(struct usbip_device *device, unsigned int port);
/* Pull it out, whatever goes on. Idempotent; requests are gone, detached() is not called. */
void usbip_detach(struct usbip_device *device);
bool usbip_is_attached(const struct usbip_device *device);

/* The oldest request for an endpoint (with USBIP_IN), or NULL. */
struct usbip_request *usbip_first(const struct usbip_device *device, uint8_t endpoint);

/* The request was done, or has failed (-EPIPE: stall); it is freed. data: IN only. */
void usbip_complete_in(struct usbip_device *device, struct usbip_request *request, const void *data,
		       size_t len);
void usbip_complete_out(struct usbip_device *device, struct usbip_request *request);
void usbip_stall(struct usbip_device *device, struct usbip_request *request);

#endif
