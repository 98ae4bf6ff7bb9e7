/* SPDX-License-Identifier: MIT */
#ifndef QEMU_CDC_ACM_H
#define QEMU_CDC_ACM_H

/*
 * A USB modem of the class CDC-ACM (USB PSTN subclass 1.2): two interfaces, one for control with
 * notifications, one for data. What is behind it is a modem at the far end of a hal_stream: bytes,
 * DTR, RTS and break go to it, DCD, RI and DSR come from it.
 */

#include "hal/stream.h"

#include "tests/hil/qemu/usbip.h"

#define CDC_ACM_NAME_MAX 32

struct cdc_acm_identity {
	uint16_t vendor;
	uint16_t product;
	char serial[CDC_ACM_NAME_MAX];
};

/* Events of SERIAL_STATE that are told once (PSTN 1.2, table 31). */
enum cdc_acm_event {
	CDC_ACM_BREAK = 1 << 2,
	CDC_ACM_FRAMING = 1 << 4,
	CDC_ACM_PARITY = 1 << 5,
	CDC_ACM_OVERRUN = 1 << 6,
};

struct cdc_acm {
	struct usbip_device usb;
	struct cdc_acm_identity identity;
	struct hal_stream *stream;
	uint8_t line_coding[7]; /* PSTN 1.2, table 17 */
	unsigned int outputs;	/* DTR and RTS as the host wants them */
	uint8_t told;		/* the state that the host knows */
	uint8_t events;		/* enum cdc_acm_event, to be told */
	unsigned int breaks;	/* begun by the host */
};

void cdc_acm_init(struct cdc_acm *acm, struct hal_loop *loop,
		  const struct cdc_acm_identity *identity);

/*
 * Plug it in. The stream, which must have modem lines, belongs to the device on success.
 * @return 0; -EBUSY, -ENODEV, other -errno: see usbip_attach()
 */
int cdc_acm_plug(struct cdc_acm *acm, unsigned int port, struct hal_stream *stream);
/* Pull it out, and close the stream. Idempotent; the kernel's own "detach" does it, too. */
void cdc_acm_unplug(struct cdc_acm *acm);

/* Tell the host of a break or of errors on the line, as soon as it listens. */
void cdc_acm_tell(struct cdc_acm *acm, unsigned int events);

#endif
