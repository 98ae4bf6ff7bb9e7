/* SPDX-License-Identifier: MIT */
#include "tests/hil/qemu/cdc_acm.h"

#include <string.h>

#define PACKET 64 /* bytes at full speed */

enum endpoint {
	EP_CONTROL_OUT = 0x00,
	EP_CONTROL_IN = 0x80,
	EP_DATA_OUT = 0x01,
	EP_DATA_IN = 0x81,
	EP_NOTIFY = 0x82,
};

enum descriptor { DESCRIPTOR_DEVICE = 1, DESCRIPTOR_CONFIG = 2, DESCRIPTOR_STRING = 3 };
enum string { STRING_LANGUAGES, STRING_MANUFACTURER, STRING_PRODUCT, STRING_SERIAL };

#define LE16(value) (uint8_t)((value)&0xff), (uint8_t)((value) >> 8)

/* clang-format off */
/* USB 2.0 §9.6; CDC 1.2 §5.2.3; PSTN 1.2 §5.3 */
static const uint8_t configuration[] = {
	9, DESCRIPTOR_CONFIG, LE16(67), 2, 1, 0, 0xc0, 50,
	/* interface 0: communications, abstract control model, V.250 */
	9, 4, 0, 0, 1, 0x02, 0x02, 0x01, 0,
	5, 0x24, 0x00, LE16(0x0110),	/* header */
	5, 0x24, 0x01, 0x00, 1,		/* call management: none, commands are data */
	4, 0x24, 0x02, 0x06,		/* line coding, serial state and break */
	5, 0x24, 0x06, 0, 1,		/* union of both interfaces */
	7, 5, EP_NOTIFY, 3, LE16(16), 8,
	/* interface 1: data */
	9, 4, 1, 0, 2, 0x0a, 0, 0, 0,
	7, 5, EP_DATA_IN, 2, LE16(PACKET), 0,
	7, 5, EP_DATA_OUT, 2, LE16(PACKET), 0,
};
/* clang-format on */

static struct cdc_acm *to_acm(struct usbip_device *usb)
{
	return HAL_CONTAINER_OF(usb, struct cdc_acm, usb);
}

static uint16_t setup_value(const struct usbip_request *request)
{
	return (uint16_t)(request->setup[2] | request->setup[3] << 8);
}

/* ---- control: USB 2.0 §9.4 ---- */

static void send_device(struct cdc_acm *acm, struct usbip_request *request)
{
	const struct cdc_acm_identity *id = &acm->identity;
	/* clang-format off */
	const uint8_t device[] = {
		18, DESCRIPTOR_DEVICE, LE16(0x0200), 0x02, 0, 0, PACKET,
		LE16(id->vendor), LE16(id->product), LE16(0x0100),
		STRING_MANUFACTURER, STRING_PRODUCT, id->serial[0] ? STRING_SERIAL : 0, 1,
	};
	/* clang-format on */

	usbip_complete_in(&acm->usb, request, device, sizeof(device));
}

static void send_string(struct cdc_acm *acm, struct usbip_request *request, unsigned int index)
{
	const char *const texts[] = {
		[STRING_LANGUAGES] = "\x09\x04", /* English; not a text, see below */
		[STRING_MANUFACTURER] = "Trunkline",
		[STRING_PRODUCT] = "Emulated USB modem",
		[STRING_SERIAL] = acm->identity.serial,
	};
	uint8_t answer[2 + 2 * CDC_ACM_NAME_MAX] = {0, DESCRIPTOR_STRING};
	size_t len = 2;

	if (index >= sizeof(texts) / sizeof(texts[0])) {
		usbip_stall(&acm->usb, request);
		return;
	}
	for (const char *c = texts[index]; *c && len < sizeof(answer); c++) {
		answer[len++] = (uint8_t)*c;
		if (index != STRING_LANGUAGES)
			answer[len++] = 0; /* UTF-16 */
	}
	answer[0] = (uint8_t)len;
	usbip_complete_in(&acm->usb, request, answer, len);
}

static void get_descriptor(struct cdc_acm *acm, struct usbip_request *request)
{
	switch (setup_value(request) >> 8) {
	case DESCRIPTOR_DEVICE:
		send_device(acm, request);
		return;
	case DESCRIPTOR_CONFIG:
		usbip_complete_in(&acm->usb, request, configuration, sizeof(configuration));
		return;
	case DESCRIPTOR_STRING:
		send_string(acm, request, setup_value(request) & 0xff);
		return;
	default:
		usbip_stall(&acm->usb, request);
	}
}

static void get_status(struct cdc_acm *acm, struct usbip_request *request)
{
	usbip_complete_in(&acm->usb, request, (const uint8_t[]){0, 0}, 2);
}

static void accept(struct cdc_acm *acm, struct usbip_request *request)
{
	usbip_complete_out(&acm->usb, request);
}

/* ---- control: PSTN 1.2 §6.3 ---- */

static void set_line_coding(struct cdc_acm *acm, struct usbip_request *request)
{
	if (request->length != sizeof(acm->line_coding)) {
		usbip_stall(&acm->usb, request);
		return;
	}
	memcpy(acm->line_coding, request->data, sizeof(acm->line_coding));
	usbip_complete_out(&acm->usb, request);
}

static void get_line_coding(struct cdc_acm *acm, struct usbip_request *request)
{
	usbip_complete_in(&acm->usb, request, acm->line_coding, sizeof(acm->line_coding));
}

/* A stream that is lost has nobody who would look at them. */
static void set_outputs(struct cdc_acm *acm, unsigned int outputs)
{
	const unsigned int both = HAL_STREAM_DTR | HAL_STREAM_RTS;

	acm->outputs = outputs;
	(void)hal_stream_set_lines(acm->stream, both & ~outputs, false);
	(void)hal_stream_set_lines(acm->stream, outputs, true);
}

static void set_control_line_state(struct cdc_acm *acm, struct usbip_request *request)
{
	uint16_t value = setup_value(request);

	set_outputs(acm, (value & 1 ? HAL_STREAM_DTR : 0) | (value & 2 ? HAL_STREAM_RTS : 0));
	usbip_complete_out(&acm->usb, request);
}

static void send_break(struct cdc_acm *acm, struct usbip_request *request)
{
	bool on = setup_value(request) != 0;

	acm->breaks += on;
	(void)hal_stream_set_break(acm->stream, on); /* as in set_outputs() */
	usbip_complete_out(&acm->usb, request);
}

static const struct {
	uint8_t type; /* bmRequestType */
	uint8_t code; /* bRequest */
	void (*run)(struct cdc_acm *acm, struct usbip_request *request);
} controls[] = {
	{0x80, 0x00, get_status},
	{0x81, 0x00, get_status},
	{0x82, 0x00, get_status},
	{0x80, 0x06, get_descriptor},
	{0x00, 0x09, accept}, /* SET_CONFIGURATION */
	{0x01, 0x0b, accept}, /* SET_INTERFACE */
	{0x02, 0x01, accept}, /* CLEAR_FEATURE: halt */
	{0x21, 0x20, set_line_coding},
	{0xa1, 0x21, get_line_coding},
	{0x21, 0x22, set_control_line_state},
	{0x21, 0x23, send_break},
};

static void control(struct cdc_acm *acm, struct usbip_request *request)
{
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		if (controls[i].type == request->setup[0] &&
		    controls[i].code == request->setup[1]) {
			controls[i].run(acm, request);
			return;
		}
	}
	usbip_stall(&acm->usb, request);
}

/* ---- data ---- */

static void send_data(struct cdc_acm *acm)
{
	struct usbip_request *request;
	char packet[PACKET];

	while ((request = usbip_first(&acm->usb, EP_DATA_IN))) {
		size_t room = request->length < PACKET ? request->length : PACKET;
		ssize_t n;

		n = hal_stream_read(acm->stream, packet, room);
		if (n < 0)
			break;
		usbip_complete_in(&acm->usb, request, packet, (size_t)n);
	}
	/* Without anybody who listens the bytes wait in the stream. */
	(void)hal_stream_want_read(acm->stream, request != NULL);
}

static void take_data(struct cdc_acm *acm)
{
	struct usbip_request *request;

	while ((request = usbip_first(&acm->usb, EP_DATA_OUT))) {
		while (request->done < request->length) {
			ssize_t n = hal_stream_write(acm->stream, request->data + request->done,
						     request->length - request->done);

			if (n < 0)
				break;
			request->done += (size_t)n;
		}
		if (request->done < request->length)
			break;
		usbip_complete_out(&acm->usb, request);
	}
	(void)hal_stream_want_write(acm->stream, request != NULL);
}

/* ---- notifications: PSTN 1.2 §6.5.4 ---- */

static uint8_t get_state(struct cdc_acm *acm)
{
	unsigned int lines = 0;

	(void)hal_stream_get_lines(acm->stream, &lines); /* lost: all are low */
	return (uint8_t)((lines & HAL_STREAM_DCD ? 1 << 0 : 0) |
			 (lines & HAL_STREAM_DSR ? 1 << 1 : 0) |
			 (lines & HAL_STREAM_RI ? 1 << 3 : 0));
}

static void notify(struct cdc_acm *acm)
{
	struct usbip_request *request = usbip_first(&acm->usb, EP_NOTIFY);
	uint8_t state = get_state(acm);
	const uint8_t notification[] = {
		0xa1, 0x20, LE16(0), LE16(0), LE16(2), LE16(state | acm->events),
	};

	if (!request || (state == acm->told && acm->events == 0))
		return;
	acm->told = state;
	acm->events = 0;
	usbip_complete_in(&acm->usb, request, notification, sizeof(notification));
}

void cdc_acm_tell(struct cdc_acm *acm, unsigned int events)
{
	acm->events |= (uint8_t)events;
	if (acm->stream)
		notify(acm);
}

/* ---- the device ---- */

static void on_submitted(struct usbip_device *usb, uint8_t endpoint)
{
	struct cdc_acm *acm = to_acm(usb);

	switch (endpoint) {
	case EP_CONTROL_IN:
	case EP_CONTROL_OUT:
		control(acm, usbip_first(usb, endpoint));
		return;
	case EP_DATA_IN:
		send_data(acm);
		return;
	case EP_DATA_OUT:
		take_data(acm);
		return;
	case EP_NOTIFY:
		notify(acm);
		return;
	default:
		usbip_stall(usb, usbip_first(usb, endpoint));
	}
}

/* Detached by the kernel ("detach" in sysfs): for the modem that is an unplug like any other. */
static void on_detached(struct usbip_device *usb)
{
	cdc_acm_unplug(to_acm(usb));
}

static const struct usbip_ops usb_ops = {
	.submitted = on_submitted,
	.detached = on_detached,
};

static void on_stream(void *user, unsigned int events)
{
	struct cdc_acm *acm = user;

	if (events & HAL_STREAM_READABLE)
		send_data(acm);
	if (events & HAL_STREAM_WRITABLE)
		take_data(acm);
	if (events & (HAL_STREAM_OPENED | HAL_STREAM_LINES))
		notify(acm);
}

void cdc_acm_init(struct cdc_acm *acm, struct hal_loop *loop,
		  const struct cdc_acm_identity *identity)
{
	*acm = (struct cdc_acm){.identity = *identity};
	usbip_init(&acm->usb, &usb_ops, loop);
}

int cdc_acm_plug(struct cdc_acm *acm, unsigned int port, struct hal_stream *stream)
{
	int r;

	r = usbip_attach(&acm->usb, port);
	if (r < 0)
		return r;
	acm->stream = stream;
	acm->told = 0;
	acm->events = 0;
	hal_stream_set_handler(stream, on_stream, acm);
	(void)hal_stream_watch_lines(stream, 1); /* it is new: it has lines, and is not lost */
	set_outputs(acm, 0);
	return 0;
}

void cdc_acm_unplug(struct cdc_acm *acm)
{
	usbip_detach(&acm->usb);
	hal_stream_close(acm->stream);
	acm->stream = NULL;
}
