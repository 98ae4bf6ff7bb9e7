/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "hal/telnet.h"

#define CLIENT HAL_TELNET_CLIENT
#define SERVER HAL_TELNET_SERVER

#define IAC  "\xff"
#define DONT IAC "\xfe"
#define DO   IAC "\xfd"
#define WONT IAC "\xfc"
#define WILL IAC "\xfb"
#define SB   IAC "\xfa"
#define SE   IAC "\xf0"
#define BIN  "\0"
#define SGA  "\x03"
#define MARK "\x06"
#define COM  "\x2c"

struct fixture {
	struct hal_telnet telnet;
	struct hal_ring out;
	char out_buf[256];
	char data[512];
	size_t data_len;
	char events[256];
};

static void note(struct fixture *f, const char *text)
{
	size_t len = strlen(f->events);

	(void)snprintf(f->events + len, sizeof(f->events) - len, "%s%s", len > 0 ? " " : "", text);
}

static void on_data(void *user, struct hal_slice data)
{
	struct fixture *f = user;

	cr_assert_gt(data.len, 0);
	cr_assert_leq(f->data_len + data.len, sizeof(f->data));
	memcpy(f->data + f->data_len, data.data, data.len);
	f->data_len += data.len;
}

static void on_agreed(void *user, bool agreed)
{
	note(user, agreed ? "agreed" : "refused");
}

static void on_mark(void *user)
{
	note(user, "mark");
}

static void on_com_port(void *user, uint8_t command, struct hal_slice value)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "%u:", command);

	for (size_t i = 0; i < value.len; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%02x",
				(unsigned char)value.data[i]);
	note(user, text);
}

static const struct hal_telnet_events events = {
	.on_data = on_data,
	.on_agreed = on_agreed,
	.on_mark = on_mark,
	.on_com_port = on_com_port,
};

static void setup(struct fixture *f, enum hal_telnet_role role)
{
	memset(f, 0, sizeof(*f));
	hal_ring_init(&f->out, f->out_buf, sizeof(f->out_buf));
	hal_telnet_init(&f->telnet, role, &events, f, &f->out);
}

static void assert_out(struct fixture *f, const char *bytes, size_t len, const char *name)
{
	struct hal_slice out = hal_ring_peek(&f->out);

	cr_assert_eq(out.len, len, "%s: %zu bytes were to be sent", name, out.len);
	cr_assert(len == 0 || memcmp(out.data, bytes, len) == 0, "%s", name);
}

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *name;
	enum hal_telnet_role role;
	bool started; /* all options have been asked for */
	const char *in;
	size_t in_len;
	const char *data;
	size_t data_len;
	const char *out;
	size_t out_len;
	const char *events;
} rows[] = {
	{"data", CLIENT, false, BYTES("abc"), BYTES("abc"), BYTES(""), ""},
	{"every byte but IAC", CLIENT, false, BYTES("\0\x01\x7f\x80\xfe"),
	 BYTES("\0\x01\x7f\x80\xfe"), BYTES(""), ""},
	{"an escaped IAC", CLIENT, false,
	 BYTES("a\xff\xff"
	       "b"),
	 BYTES("a\xff"
	       "b"),
	 BYTES(""), ""},
	{"CR NUL outside BINARY", CLIENT, false, BYTES("a\r\0b\r\nc\r\0\0"), BYTES("a\rb\r\nc\r\0"),
	 BYTES(""), ""},
	{"CR NUL in BINARY", CLIENT, false, BYTES(WILL BIN "a\r\0b"), BYTES("a\r\0b"),
	 BYTES(DO BIN), ""},
	{"CR, a command, NUL", CLIENT, false, BYTES("\r" IAC "\xf1\0x"), BYTES("\rx"), BYTES(""),
	 ""},
	{"commands that mean nothing", CLIENT, false, BYTES("a" IAC "\xf1" IAC "\xf6" IAC "\xf0z"),
	 BYTES("az"), BYTES(""), ""},
	{"an offer is taken once", CLIENT, false, BYTES(WILL SGA WILL SGA), BYTES(""),
	 BYTES(DO SGA), ""},
	{"a wish is granted once", CLIENT, false, BYTES(DO SGA DO SGA), BYTES(""), BYTES(WILL SGA),
	 ""},
	{"an answer is not answered", CLIENT, true, BYTES(WILL BIN DO BIN WILL SGA DO SGA),
	 BYTES(""), BYTES(""), ""},
	{"a refusal is not answered", CLIENT, true, BYTES(WONT BIN DONT BIN WONT SGA), BYTES(""),
	 BYTES(""), ""},
	{"what is taken back is confirmed", CLIENT, false, BYTES(WILL SGA WONT SGA DO SGA DONT SGA),
	 BYTES(""), BYTES(DO SGA DONT SGA WILL SGA WONT SGA), ""},
	{"other options are refused", CLIENT, false, BYTES(WILL "\x01" DO "\x18" DO "\xc8"),
	 BYTES(""), BYTES(DONT "\x01" WONT "\x18" WONT "\xc8"), ""},
	{"refusals of what we do not have", CLIENT, false, BYTES(WONT "\x01" DONT "\x18"),
	 BYTES(""), BYTES(""), ""},
	{"the server agrees", CLIENT, true, BYTES(DO COM), BYTES(""), BYTES(""), "agreed"},
	{"the server asks first", CLIENT, false, BYTES(DO COM), BYTES(""), BYTES(WILL COM),
	 "agreed"},
	{"the server refuses", CLIENT, true, BYTES(DONT COM), BYTES(""), BYTES(""), "refused"},
	{"the server changes its mind", CLIENT, true, BYTES(DO COM DONT COM), BYTES(""),
	 BYTES(WONT COM), "agreed refused"},
	{"a server is no client", CLIENT, true, BYTES(WILL COM), BYTES(""), BYTES(DONT COM), ""},
	{"the client agrees", SERVER, true, BYTES(WILL COM), BYTES(""), BYTES(""), "agreed"},
	{"the client asks first", SERVER, false, BYTES(WILL COM), BYTES(""), BYTES(DO COM),
	 "agreed"},
	{"a client is no server", SERVER, true, BYTES(DO COM), BYTES(""), BYTES(WONT COM), ""},
	{"a mark is answered", SERVER, true, BYTES("a" DO MARK DO MARK), BYTES("a"),
	 BYTES(WILL MARK WILL MARK), ""},
	{"a mark has come by", CLIENT, true, BYTES(WILL MARK), BYTES(""), BYTES(""), "mark"},
	{"a mark is refused", CLIENT, true, BYTES(WONT MARK), BYTES(""), BYTES(""), "mark"},
	{"a suboption", CLIENT, true, BYTES("a" SB COM "\x6b\x30" SE "b"), BYTES("ab"), BYTES(""),
	 "107:30"},
	{"one without a value", CLIENT, true, BYTES(SB COM "\x6c" SE), BYTES(""), BYTES(""),
	 "108:"},
	{"IAC in a suboption", CLIENT, true, BYTES(SB COM "\x6b" IAC IAC "\x01" SE), BYTES(""),
	 BYTES(""), "107:ff01"},
	{"an empty suboption", CLIENT, true, BYTES(SB SE SB COM SE "a"), BYTES("a"), BYTES(""), ""},
	{"another option's suboption", CLIENT, true, BYTES(SB "\x18\x01xterm" SE "a"), BYTES("a"),
	 BYTES(""), ""},
	{"a suboption without an end", CLIENT, true, BYTES(SB COM "\x6b\x30" DO COM "a"),
	 BYTES("a"), BYTES(""), "agreed"},
	{"a suboption in a suboption", CLIENT, true, BYTES(SB COM "\x6b" SB COM "\x6b\x10" SE),
	 BYTES(""), BYTES(""), "107:10"},
	{"the longest suboption", CLIENT, true,
	 BYTES(SB COM "\x64"
		      "0123456789012345678901234567890123456789"
		      "0123456789012345678901" SE),
	 BYTES(""), BYTES(""),
	 "100:3031323334353637383930313233343536373839303132333435363738393031323334353637"
	 "383930313233343536373839303132333435363738393031"},
	{"one byte too long", CLIENT, true,
	 BYTES(SB COM "\x64"
		      "0123456789012345678901234567890123456789"
		      "01234567890123456789012" SE "a"),
	 BYTES("a"), BYTES(""), ""},
};

static void feed(struct fixture *f, struct hal_slice in, size_t step)
{
	while (in.len > 0) {
		size_t n = in.len < step ? in.len : step;

		hal_telnet_receive(&f->telnet, hal_slice(in.data, n));
		in = hal_slice_skip(in, n);
	}
}

Test(telnet, what_comes_is_told_and_answered_however_it_is_cut)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t step = 1; step <= 8; step++) {
			struct fixture f;

			setup(&f, rows[i].role);
			if (rows[i].started)
				hal_telnet_start(&f.telnet);
			hal_ring_drop(&f.out, f.out.len);
			feed(&f, hal_slice(rows[i].in, rows[i].in_len), step);
			cr_assert_eq(f.data_len, rows[i].data_len, "%s: %zu bytes of data",
				     rows[i].name, f.data_len);
			cr_assert_eq(memcmp(f.data, rows[i].data, f.data_len), 0, "%s",
				     rows[i].name);
			assert_out(&f, rows[i].out, rows[i].out_len, rows[i].name);
			cr_assert_str_eq(f.events, rows[i].events, "%s: %s", rows[i].name,
					 f.events);
		}
	}
}

Test(telnet, an_end_begins_by_asking_for_its_options)
{
	struct fixture f;

	setup(&f, CLIENT);
	hal_telnet_start(&f.telnet);
	assert_out(&f, BYTES(WILL BIN DO BIN WILL SGA DO SGA WILL COM), "client");
	setup(&f, SERVER);
	hal_telnet_start(&f.telnet);
	assert_out(&f, BYTES(WILL BIN DO BIN WILL SGA DO SGA DO COM), "server");
}

Test(telnet, answers_never_need_more_room_than_is_promised)
{
	struct fixture f;
	char in[64];

	/* The end of a command that came before, and nothing but commands. */
	for (size_t n = 1; n <= sizeof(in); n++) {
		setup(&f, CLIENT);
		hal_telnet_receive(&f.telnet, hal_slice(DO, 2));
		for (size_t i = 0; i < n; i++)
			in[i] = i == 0 ? 99 : DO "c"[(i - 1) % 3];
		hal_telnet_receive(&f.telnet, hal_slice(in, n));
		cr_assert_leq(f.out.len, HAL_TELNET_ANSWER_MAX(n));
	}
}

Test(telnet, data_is_encoded_as_far_as_there_is_room)
{
	struct fixture f;
	char small[5];

	setup(&f, CLIENT);
	cr_assert_eq(hal_telnet_send(&f.telnet, hal_slice(BYTES("a\xff\rb"))), 4);
	assert_out(&f, BYTES("a\xff\xff\r\0b"), "outside BINARY");
	hal_ring_drop(&f.out, f.out.len);
	hal_telnet_receive(&f.telnet, hal_slice(BYTES(DO BIN)));
	hal_ring_drop(&f.out, f.out.len);
	cr_assert_eq(hal_telnet_send(&f.telnet, hal_slice(BYTES("\r\xff\0"))), 3);
	assert_out(&f, BYTES("\r\xff\xff\0"), "in BINARY");

	hal_ring_init(&f.out, small, sizeof(small));
	cr_assert_eq(hal_telnet_send(&f.telnet, hal_slice(BYTES("abcd\xff"))), 4,
		     "an IAC is not torn apart");
	cr_assert_eq(hal_telnet_send(&f.telnet, hal_slice(BYTES("\xff"))), 0);
}

Test(telnet, commands_are_sent_whole_or_not_at_all)
{
	struct fixture f;
	char small[9];

	setup(&f, CLIENT);
	cr_assert(hal_telnet_send_com_port(&f.telnet, 1, hal_slice(BYTES("\0\xff\xc2\0"))));
	assert_out(&f, BYTES(SB COM "\x01\0" IAC IAC "\xc2\0" SE), "escaped");
	hal_ring_drop(&f.out, f.out.len);
	cr_assert(hal_telnet_mark(&f.telnet));
	assert_out(&f, BYTES(DO MARK), "mark");

	hal_ring_init(&f.out, small, sizeof(small));
	cr_assert_not(hal_telnet_send_com_port(&f.telnet, 1, hal_slice(BYTES("\0\0\0\0"))));
	cr_assert_eq(f.out.len, 0);
	cr_assert(hal_telnet_send_com_port(&f.telnet, 5, hal_slice(BYTES("\x08"))));
	cr_assert_not(hal_telnet_mark(&f.telnet));
}
