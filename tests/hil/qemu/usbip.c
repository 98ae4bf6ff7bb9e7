/* SPDX-License-Identifier: MIT */
#include "tests/hil/qemu/usbip.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTACH	   "/sys/devices/platform/vhci_hcd.0/attach"
#define FULL_SPEED 2	   /* enum usb_device_speed */
#define DEVID	   0x10001 /* bus and device at the exporting side: there is none */

enum usbip_command {
	USBIP_CMD_SUBMIT = 1,
	USBIP_CMD_UNLINK = 2,
	USBIP_RET_SUBMIT = 3,
	USBIP_RET_UNLINK = 4,
};

/* Words of the header, big endian. */
enum usbip_word {
	USBIP_COMMAND = 0,
	USBIP_SEQNUM = 1,
	USBIP_DIRECTION = 3, /* 1: IN */
	USBIP_ENDPOINT = 4,
	USBIP_STATUS = 5,	 /* RET_* */
	USBIP_UNLINKED = 5,	 /* CMD_UNLINK: seqnum of the request */
	USBIP_ACTUAL_LENGTH = 6, /* RET_SUBMIT */
	USBIP_LENGTH = 6,	 /* CMD_SUBMIT */
	USBIP_SETUP = 10,	 /* CMD_SUBMIT: eight bytes */
	USBIP_WORDS = 12,
};

/* ---- to the kernel ---- */

/*
 * The kernel reads at once, and what it asks for is less than a socket holds. Should that ever
 * fail, then the device is broken: the end of file makes that known.
 */
static void send_bytes(struct usbip_device *device, const void *bytes, size_t len)
{
	if (send(device->watch.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
		(void)shutdown(device->watch.fd, SHUT_RDWR); /* it is gone already, then */
}

static void send_message(struct usbip_device *device, const uint32_t *words, const void *data,
			 size_t len)
{
	uint32_t header[USBIP_WORDS];

	for (size_t i = 0; i < USBIP_WORDS; i++)
		header[i] = htobe32(words[i]);
	send_bytes(device, header, sizeof(header));
	if (len > 0)
		send_bytes(device, data, len);
}

static void complete(struct usbip_device *device, struct usbip_request *request, int status,
		     struct hal_slice data, size_t actual_length)
{
	uint32_t words[USBIP_WORDS] = {
		[USBIP_COMMAND] = USBIP_RET_SUBMIT,
		[USBIP_SEQNUM] = request->seqnum,
		[USBIP_STATUS] = (uint32_t)status,
		[USBIP_ACTUAL_LENGTH] = (uint32_t)actual_length,
	};

	hal_list_del(&request->node);
	free(request);
	send_message(device, words, data.data, data.len);
}

void usbip_complete_in(struct usbip_device *device, struct usbip_request *request, const void *data,
		       size_t len)
{
	if (len > request->length)
		len = request->length;
	complete(device, request, 0, hal_slice(data, len), len);
}

void usbip_complete_out(struct usbip_device *device, struct usbip_request *request)
{
	complete(device, request, 0, (struct hal_slice){NULL, 0}, request->length);
}

void usbip_stall(struct usbip_device *device, struct usbip_request *request)
{
	complete(device, request, -EPIPE, (struct hal_slice){NULL, 0}, 0);
}

struct usbip_request *usbip_first(const struct usbip_device *device, uint8_t endpoint)
{
	struct hal_list *node;

	hal_list_for_each (node, &device->requests) {
		struct usbip_request *request = HAL_CONTAINER_OF(node, struct usbip_request, node);

		if (request->endpoint == endpoint)
			return request;
	}
	return NULL;
}

/* ---- from the kernel ---- */

static uint32_t get_word(const struct usbip_device *device, enum usbip_word word)
{
	uint32_t value;

	memcpy(&value, device->message + word * sizeof(value), sizeof(value));
	return be32toh(value);
}

static size_t out_length(const struct usbip_device *device)
{
	bool out = get_word(device, USBIP_COMMAND) == USBIP_CMD_SUBMIT &&
		   get_word(device, USBIP_DIRECTION) == 0;

	return out ? get_word(device, USBIP_LENGTH) : 0;
}

static int submit(struct usbip_device *device)
{
	bool in = get_word(device, USBIP_DIRECTION) != 0;
	size_t out = out_length(device);
	struct usbip_request *request = calloc(1, sizeof(*request) + out);

	if (!request)
		return -ENOMEM;
	request->seqnum = get_word(device, USBIP_SEQNUM);
	request->endpoint = (uint8_t)(get_word(device, USBIP_ENDPOINT) | (in ? USBIP_IN : 0));
	request->length = get_word(device, USBIP_LENGTH);
	memcpy(request->setup, device->message + USBIP_SETUP * sizeof(uint32_t),
	       sizeof(request->setup));
	memcpy(request->data, device->message + USBIP_HEADER_SIZE, out);
	hal_list_append(&device->requests, &request->node);
	device->ops->submitted(device, request->endpoint);
	return 0;
}

/* A request that is done already is none of our business: the kernel has its answer. */
static void withdraw(struct usbip_device *device)
{
	uint32_t seqnum = get_word(device, USBIP_UNLINKED);
	uint32_t words[USBIP_WORDS] = {
		[USBIP_COMMAND] = USBIP_RET_UNLINK,
		[USBIP_SEQNUM] = get_word(device, USBIP_SEQNUM),
	};
	struct hal_list *node, *next;

	hal_list_for_each_safe (node, next, &device->requests) {
		struct usbip_request *request = HAL_CONTAINER_OF(node, struct usbip_request, node);

		if (request->seqnum == seqnum) {
			words[USBIP_STATUS] = (uint32_t)-ECONNRESET;
			hal_list_del(node);
			free(request);
		}
	}
	send_message(device, words, NULL, 0);
}

static int handle_message(struct usbip_device *device)
{
	switch (get_word(device, USBIP_COMMAND)) {
	case USBIP_CMD_SUBMIT:
		return submit(device);
	case USBIP_CMD_UNLINK:
		withdraw(device);
		return 0;
	}
	return -EPROTO;
}

/* Bytes that are still missing of the message; 0: it is whole. */
static size_t missing(const struct usbip_device *device)
{
	if (device->received < USBIP_HEADER_SIZE)
		return USBIP_HEADER_SIZE - device->received;
	return USBIP_HEADER_SIZE + out_length(device) - device->received;
}

/* @return 0: nothing more at the moment; -errno: it is over */
static int receive(struct usbip_device *device)
{
	ssize_t n;

	while (usbip_is_attached(device)) {
		size_t wanted = missing(device);

		if (wanted > sizeof(device->message) - device->received)
			return -EMSGSIZE;
		n = recv(device->watch.fd, device->message + device->received, wanted,
			 MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (n == 0)
			return -ENODEV;
		device->received += (size_t)n;
		if (missing(device) > 0)
			continue;
		device->received = 0;
		if (handle_message(device) < 0)
			return -EPROTO;
	}
	return 0;
}

static void on_message(struct hal_watch *watch, unsigned int events)
{
	struct usbip_device *device = HAL_CONTAINER_OF(watch, struct usbip_device, watch);

	(void)events; /* recv() tells more */
	if (receive(device) == 0)
		return;
	usbip_detach(device);
	device->ops->detached(device);
}

/* ---- plug and unplug ---- */

void usbip_init(struct usbip_device *device, const struct usbip_ops *ops, struct hal_loop *loop)
{
	*device = (struct usbip_device){.ops = ops, .loop = loop};
	hal_watch_init(&device->watch, on_message);
	hal_list_init(&device->requests);
}

static int tell_kernel(unsigned int port, int fd)
{
	int r = 0, sysfs = open(ATTACH, O_WRONLY | O_CLOEXEC);

	if (sysfs < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	if (dprintf(sysfs, "%u %d %u %u", port, fd, DEVID, FULL_SPEED) < 0)
		r = errno == EINVAL ? -ENODEV : -errno;
	(void)close(sysfs); /* the write has told */
	return r;
}

int usbip_attach(struct usbip_device *device, unsigned int port)
{
	int r, fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	r = tell_kernel(port, fds[1]);
	(void)close(fds[1]); /* the kernel has it now, or nobody wants it */
	if (r == 0)
		r = hal_watch_start(device->loop, &device->watch, fds[0], HAL_IO_READ);
	if (r < 0)
		(void)close(fds[0]); /* nothing was sent */
	device->received = 0;
	return r;
}

void usbip_detach(struct usbip_device *device)
{
	struct hal_list *node;

	if (usbip_is_attached(device)) {
		hal_watch_stop(device->loop, &device->watch);
		(void)close(device->watch.fd); /* the kernel hears it one way or the other */
	}
	while ((node = hal_list_pop(&device->requests)))
		free(HAL_CONTAINER_OF(node, struct usbip_request, node));
}

bool usbip_is_attached(const struct usbip_device *device)
{
	return device->watch.active;
}
