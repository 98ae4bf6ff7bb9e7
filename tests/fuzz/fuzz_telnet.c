/* SPDX-License-Identifier: MIT */

/*
 * Both ends of Telnet. The first byte says which, and how the rest is cut: cut or whole it must
 * mean the same, answers must keep to the room that is promised, and what one end encodes the other
 * must decode.
 */

#include <string.h>

#include "fuzz.h"
#include "hal/telnet.h"

#define DATA_MAX 4096

struct end {
	struct hal_telnet telnet;
	struct hal_ring out;
	char out_buf[2 * DATA_MAX + 64];
	char data[DATA_MAX];
	size_t len;
	unsigned int commands, marks, agreements;
};

static void on_data(void *user, struct hal_slice data)
{
	struct end *end = user;

	FUZZ_CHECK(data.len > 0 && end->len + data.len <= DATA_MAX);
	memcpy(end->data + end->len, data.data, data.len);
	end->len += data.len;
}

static void on_agreed(void *user, bool agreed)
{
	struct end *end = user;

	end->agreements = end->agreements * 3 + agreed + 1;
}

static void on_mark(void *user)
{
	struct end *end = user;

	end->marks++;
}

static void on_com_port(void *user, uint8_t command, struct hal_slice value)
{
	struct end *end = user;

	FUZZ_CHECK(value.len <= HAL_TELNET_SUB_MAX - 2);
	end->commands = end->commands * 31 + command;
	for (size_t i = 0; i < value.len; i++)
		end->commands = end->commands * 31 + (uint8_t)value.data[i];
}

static const struct hal_telnet_events events = {on_data, on_agreed, on_mark, on_com_port};

static void init(struct end *end, enum hal_telnet_role role)
{
	memset(end, 0, sizeof(*end));
	hal_ring_init(&end->out, end->out_buf, sizeof(end->out_buf));
	hal_telnet_init(&end->telnet, role, &events, end, &end->out);
}

static void receive(struct end *end, struct hal_slice in, size_t step)
{
	while (in.len > 0) {
		size_t n = in.len < step ? in.len : step, before = end->out.len;

		hal_telnet_receive(&end->telnet, hal_slice(in.data, n));
		FUZZ_CHECK(end->out.len - before <= HAL_TELNET_ANSWER_MAX(n));
		in = hal_slice_skip(in, n);
	}
}

static void check_cuts(struct hal_slice in, enum hal_telnet_role role, size_t step)
{
	static struct end whole, cut;

	init(&whole, role);
	init(&cut, role);
	receive(&whole, in, DATA_MAX);
	receive(&cut, in, step);
	FUZZ_CHECK(whole.len == cut.len && memcmp(whole.data, cut.data, cut.len) == 0);
	FUZZ_CHECK(whole.out.len == cut.out.len &&
		   memcmp(whole.out_buf, cut.out_buf, cut.out.len) == 0);
	FUZZ_CHECK(whole.commands == cut.commands && whole.marks == cut.marks &&
		   whole.agreements == cut.agreements);
}

static void check_round(struct hal_slice in, bool binary)
{
	static struct end from, to;

	init(&from, HAL_TELNET_CLIENT);
	init(&to, HAL_TELNET_SERVER);
	if (binary) {
		hal_telnet_receive(&from.telnet, HAL_SLICE("\xff\xfd\0"));
		hal_telnet_receive(&to.telnet, HAL_SLICE("\xff\xfb\0"));
		hal_ring_drop(&from.out, from.out.len);
	}
	FUZZ_CHECK(hal_telnet_send(&from.telnet, in) == in.len);
	receive(&to, hal_ring_peek(&from.out), DATA_MAX);
	FUZZ_CHECK(to.len == in.len && memcmp(to.data, in.data, in.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hal_slice in;

	if (size < 2 || size > DATA_MAX)
		return 0;
	in = hal_slice((const char *)data + 1, size - 1);
	check_cuts(in, data[0] & 1 ? HAL_TELNET_SERVER : HAL_TELNET_CLIENT, 1 + (data[0] >> 2) % 9);
	check_round(in, data[0] & 2);
	return 0;
}
