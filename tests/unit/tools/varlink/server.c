/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "tools/varlink/conn.h"

#define ECHO(text)  "{\"method\":\"org.example.Echo\",\"parameters\":{\"text\":\"" text "\"}}"
#define REPLY(text) "{\"parameters\":{\"text\":\"" text "\"}}\n"
#define LATER	    "{\"method\":\"org.example.Later\"}"
#define STREAM	    "{\"method\":\"org.example.Stream\",\"more\":true}"

static void assert_received(struct fixture *f, const char *expected)
{
	char *text = fixture_receive(f);

	cr_assert_str_eq(text, expected);
	free(text);
}

Test(varlink_server, takes_messages_split_at_every_byte)
{
	static const char two[] = ECHO("one") "\0" ECHO("two");

	for (size_t cut = 0; cut <= sizeof(two); cut++) {
		struct fixture f;

		fixture_init(&f);
		fixture_send(&f, two, cut);
		cr_assert_eq(varlink_server_dispatch(f.server), 0);
		fixture_send(&f, two + cut, sizeof(two) - cut);
		cr_assert_eq(varlink_server_dispatch(f.server), 0);
		assert_received(&f, REPLY("one") REPLY("two"));
		fixture_fini(&f);
	}
}

Test(varlink_server, takes_messages_byte_by_byte)
{
	static const char call[] = ECHO("slow");
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < sizeof(call); i++) {
		assert_received(&f, "");
		fixture_send(&f, call + i, 1);
		cr_assert_eq(varlink_server_dispatch(f.server), 0);
	}
	assert_received(&f, REPLY("slow"));
	fixture_fini(&f);
}

static const struct {
	const char *name;
	const char *message;
} garbage[] = {
	{"nothing but a NUL", ""},
	{"words", "HELP"},
	{"an array", "[]"},
	{"no method", "{}"},
	{"method is no string", "{\"method\":1}"},
	{"method twice", "{\"method\":\"org.example.Later\",\"method\":\"org.example.Later\"}"},
	{"parameters are no object", "{\"method\":\"org.example.Later\",\"parameters\":[]}"},
	{"more is no boolean", "{\"method\":\"org.example.Later\",\"more\":1}"},
	{"oneway is no boolean", "{\"method\":\"org.example.Later\",\"oneway\":\"yes\"}"},
	{"upgrade is no boolean", "{\"method\":\"org.example.Later\",\"upgrade\":{}}"},
	{"unknown member", "{\"method\":\"org.example.Later\",\"mode\":true}"},
	{"oneway and more", "{\"method\":\"org.example.Later\",\"oneway\":true,\"more\":true}"},
	{"trailing garbage", LATER " x"},
	{"bad utf-8", "{\"method\":\"\xff\"}"},
	{"too deep", "{\"method\":\"org.example.Echo\",\"parameters\":{\"a\":[[[[[[[1]]]]]]]}}"},
};

Test(varlink_server, gives_up_a_connection_that_speaks_something_else)
{
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct fixture f;

		fixture_init(&f);
		cr_assert_eq(fixture_call(&f, garbage[i].message), -EPROTO, "%s", garbage[i].name);
		cr_assert_eq(f.calls, 0, "%s", garbage[i].name);
		assert_received(&f, "");
		fixture_fini(&f);
	}
}

/* Send so many bytes of an Echo call, its NUL not included. */
static int send_long(struct fixture *f, size_t size)
{
	static const char head[] = "{\"method\":\"org.example.Echo\",\"parameters\":{\"text\":\"";
	static const char tail[] = "\"}}";
	char *message = malloc(size);
	int r = 0;

	cr_assert_not_null(message);
	memset(message, 'x', size);
	memcpy(message, head, sizeof(head) - 1);
	memcpy(message + size - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	for (size_t sent = 0; sent < size && r == 0; sent += 4096) {
		fixture_send(f, message + sent, size - sent < 4096 ? size - sent : 4096);
		r = varlink_server_dispatch(f->server);
	}
	free(message);
	return r;
}

Test(varlink_server, takes_the_longest_call)
{
	struct fixture f;
	char *text;

	fixture_init(&f);
	cr_assert_eq(send_long(&f, VARLINK_CALL_MAX), 0);
	cr_assert_eq(fixture_call(&f, ""), 0);
	text = fixture_receive(&f);
	cr_assert_gt(strlen(text), VARLINK_CALL_MAX - 100);
	free(text);
	fixture_fini(&f);
}

Test(varlink_server, gives_up_a_longer_one_before_it_ends)
{
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(send_long(&f, VARLINK_CALL_MAX + 1), -EMSGSIZE);
	fixture_fini(&f);
}

static const struct {
	const char *name;
	const char *message;
	const char *reply;
} errors[] = {
	{"unknown interface", "{\"method\":\"org.example.more.Echo\"}",
	 "{\"error\":\"org.varlink.service.InterfaceNotFound\","
	 "\"parameters\":{\"interface\":\"org.example.more\"}}\n"},
	{"unknown method", "{\"method\":\"org.example.Ecco\"}",
	 "{\"error\":\"org.varlink.service.MethodNotFound\","
	 "\"parameters\":{\"method\":\"org.example.Ecco\"}}\n"},
	{"unknown method of the service", "{\"method\":\"org.varlink.service.Get\"}",
	 "{\"error\":\"org.varlink.service.MethodNotFound\","
	 "\"parameters\":{\"method\":\"org.varlink.service.Get\"}}\n"},
	{"no interface", "{\"method\":\"Echo\"}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"method\"}}\n"},
	{"no method", "{\"method\":\"org.example.\"}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"method\"}}\n"},
	{"missing parameter", "{\"method\":\"org.example.Echo\",\"parameters\":null}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"text\"}}\n"},
	{"unknown parameter", "{\"method\":\"org.example.Later\",\"parameters\":{\"x\":1}}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"x\"}}\n"},
	{"unknown parameter of GetInfo",
	 "{\"method\":\"org.varlink.service.GetInfo\",\"parameters\":{\"x\":1}}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"x\"}}\n"},
	{"missing parameter of GetInterfaceDescription",
	 "{\"method\":\"org.varlink.service.GetInterfaceDescription\"}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"interface\"}}\n"},
	{"description of an unknown interface",
	 "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
	 "\"parameters\":{\"interface\":\"a.b\"}}",
	 "{\"error\":\"org.varlink.service.InterfaceNotFound\","
	 "\"parameters\":{\"interface\":\"a.b\"}}\n"},
	{"stream without more", "{\"method\":\"org.example.Stream\"}",
	 "{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}\n"},
	{"upgrade", "{\"method\":\"org.example.Later\",\"upgrade\":true}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"upgrade\"}}\n"},
	{"upgrade of the service", "{\"method\":\"org.varlink.service.GetInfo\",\"upgrade\":true}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"upgrade\"}}\n"},
	{"upgrade with more",
	 "{\"method\":\"org.example.Echo\",\"upgrade\":true,\"more\":true,"
	 "\"parameters\":{\"text\":\"\"}}",
	 "{\"error\":\"org.varlink.service.InvalidParameter\","
	 "\"parameters\":{\"parameter\":\"more\"}}\n"},
	{"upgrade of a method that is not there",
	 "{\"method\":\"org.example.No\",\"upgrade\":true}",
	 "{\"error\":\"org.varlink.service.MethodNotFound\","
	 "\"parameters\":{\"method\":\"org.example.No\"}}\n"},
	{"upgrade that fails",
	 "{\"method\":\"org.example.Fail\",\"upgrade\":true,\"parameters\":{\"error\":16}}",
	 "{\"error\":\"org.example.Failed\",\"parameters\":{\"text\":\"busy\"}}\n"},
	{"method that fails", "{\"method\":\"org.example.Fail\",\"parameters\":{\"error\":16}}",
	 "{\"error\":\"org.example.Failed\",\"parameters\":{\"text\":\"busy\"}}\n"},
};

Test(varlink_server, replies_errors_by_name_and_goes_on)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct fixture f;

		fixture_init(&f);
		cr_assert_eq(fixture_call(&f, errors[i].message), 0, "%s", errors[i].name);
		assert_received(&f, errors[i].reply);
		cr_assert_eq(fixture_call(&f, ECHO("on")), 0);
		assert_received(&f, REPLY("on"));
		fixture_fini(&f);
	}
}

Test(varlink_server, describes_itself)
{
	struct fixture f;
	char *text;

	fixture_init(&f);
	cr_assert_eq(fixture_call(&f, "{\"method\":\"org.varlink.service.GetInfo\"}"), 0);
	assert_received(&f, "{\"parameters\":{\"vendor\":\"Example\",\"product\":\"Test\","
			    "\"version\":\"1\",\"url\":\"https://example.org/\",\"interfaces\":"
			    "[\"org.varlink.service\",\"org.example\"]}}\n");
	cr_assert_eq(fixture_call(&f, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
				      "\"parameters\":{\"interface\":\"org.example\"}}"),
		     0);
	assert_received(&f, "{\"parameters\":{\"description\":\"interface org.example\\n\"}}\n");
	cr_assert_eq(fixture_call(&f, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
				      "\"parameters\":{\"interface\":\"org.varlink.service\"}}"),
		     0);
	text = fixture_receive(&f);
	cr_assert_not_null(strstr(text, "method GetInfo()"));
	free(text);
	fixture_fini(&f);
}

Test(varlink_server, replies_in_the_order_of_the_calls)
{
	static const char three[] = LATER "\0" ECHO("second") "\0" LATER;
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, three, sizeof(three));
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	assert_received(&f, "");
	cr_assert(varlink_server_is_busy(f.server));
	cr_assert_eq(f.calls, 1);

	cr_assert_eq(varlink_server_reply(f.server, fixture_text("first"), false), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	assert_received(&f, REPLY("first") REPLY("second"));
	cr_assert_eq(f.calls, 2);
	fixture_fini(&f);
}

Test(varlink_server, a_stream_occupies_the_connection_until_its_last_reply)
{
	static const char two[] = STREAM "\0" ECHO("after");
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, two, sizeof(two));
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert(varlink_server_wants_more(f.server));
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("1"), true), 0);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("2"), true), 0);
	cr_assert_eq(varlink_server_error(f.server, "org.example.Over", fixture_text("3")), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	assert_received(&f,
			"{\"parameters\":{\"text\":\"1\"},\"continues\":true}\n"
			"{\"parameters\":{\"text\":\"2\"},\"continues\":true}\n"
			"{\"error\":\"org.example.Over\",\"parameters\":{\"text\":\"3\"}}\n" REPLY(
				"after"));
	fixture_fini(&f);
}

#define UPGRADE	   "{\"method\":\"org.example.Echo\",\"upgrade\":true," UPGRADE_UP "}"
#define UPGRADE_UP "\"parameters\":{\"text\":\"up\"}"

Test(varlink_server, after_an_upgrade_the_connection_carries_bytes)
{
	static const char call[] = UPGRADE "\0{}\0\xff";
	char buf[16];
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, call, sizeof(call) - 1);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert(varlink_server_is_upgraded(f.server));
	cr_assert_eq(varlink_server_recv(f.server, buf, 1), 1);
	cr_assert_eq(varlink_server_recv(f.server, buf + 1, sizeof(buf) - 1), 3);
	cr_assert_arr_eq(buf, "{}\0\xff", 4);
	cr_assert_eq(varlink_server_recv(f.server, buf, sizeof(buf)), -EAGAIN);
	cr_assert_eq(varlink_server_send(f.server, "raw", 3), 3);
	assert_received(&f, REPLY("up") "raw");
	shutdown(f.peer, SHUT_WR);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_server_recv(f.server, buf, sizeof(buf)), 0);
	fixture_fini(&f);
}

Test(varlink_server, bytes_wait_behind_the_reply_to_an_upgrade)
{
	static const char call[] = UPGRADE;
	char fill[4096] = "";
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, call, sizeof(call));
	/* Nothing fits into the socket: neither the reply nor what follows it. */
	while (send(f.server_fd, fill, sizeof(fill), MSG_DONTWAIT) > 0)
		;
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert(varlink_server_is_upgraded(f.server));
	cr_assert_eq(varlink_server_send(f.server, "raw", 3), -EAGAIN);
	free(fixture_receive(&f));
	cr_assert_eq(varlink_server_send(f.server, "raw", 3), 3);
	assert_received(&f, REPLY("up") "raw");
	close(f.peer);
	f.peer = -1;
	cr_assert_eq(varlink_server_send(f.server, "raw", 3), -EPIPE);
	fixture_fini(&f);
}

#define BESIDE	   "{\"method\":\"org.example.Later\",\"oneway\":true}"
#define BESIDE_BAD "{\"method\":\"org.example.Later\",\"oneway\":true,\"parameters\":{\"x\":1}}"

static const struct {
	const char *name;
	const char *message;
	int served; /* of two that come during a stream */
} besides[] = {
	{"a oneway call of a method that may", BESIDE, 2},
	{"one whose parameters are wrong", BESIDE_BAD, 0},
	{"a call that is not oneway", LATER, 0},
	{"a oneway call of another method", "{\"method\":\"org.example.Echo\",\"oneway\":true}", 0},
	{"one of another interface", "{\"method\":\"org.ex.Later\",\"oneway\":true}", 0},
	{"no method", "{\"oneway\":true}", 0},
};

Test(varlink_server, beside_a_stream_only_some_methods_are_served_oneway)
{
	for (size_t i = 0; i < sizeof(besides) / sizeof(besides[0]); i++) {
		struct fixture f;

		fixture_init(&f);
		cr_assert_eq(fixture_call(&f, STREAM), 0);
		cr_assert_eq(fixture_call(&f, besides[i].message), 0, "%s", besides[i].name);
		cr_assert_eq(fixture_call(&f, besides[i].message), 0, "%s", besides[i].name);
		cr_expect_eq(f.calls, 1 + besides[i].served, "%s", besides[i].name);
		cr_assert(varlink_server_wants_more(f.server), "%s", besides[i].name);
		cr_assert_eq(varlink_server_reply(f.server, fixture_text("1"), true), 0);
		assert_received(&f, "");
		fixture_fini(&f);
	}
}

Test(varlink_server, what_waits_for_the_end_of_a_stream_keeps_its_order)
{
	static const char four[] = STREAM "\0" ECHO("held") "\0" BESIDE "\0" ECHO("last");
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, four, sizeof(four));
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(f.calls, 1);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("end"), false), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(f.calls, 2);
	/* Served alone it is an ordinary call, and this one replies later. */
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("unheard"), false), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	assert_received(&f, REPLY("end") REPLY("held") REPLY("last"));
	fixture_fini(&f);
}

Test(varlink_server, gives_up_a_connection_that_sends_nonsense_beside_a_stream)
{
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(fixture_call(&f, STREAM), 0);
	cr_assert_eq(fixture_call(&f, "{\"method\":\"org.example.Later\",\"oneway\":true,\"x\":1}"),
		     -EPROTO);
	fixture_fini(&f);
}

Test(varlink_server, a_oneway_call_gets_no_reply)
{
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(fixture_call(&f, "{\"method\":\"org.example.Later\",\"oneway\":true}"), 0);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("unheard"), false), 0);
	cr_assert_eq(fixture_call(&f, "{\"method\":\"org.example.None\",\"oneway\":true}"), 0);
	cr_assert_eq(fixture_call(&f, ECHO("heard")), 0);
	assert_received(&f, REPLY("heard"));
	fixture_fini(&f);
}

Test(varlink_server, cuts_off_a_client_that_does_not_read_its_stream)
{
	char text[4096] = "";
	struct fixture f;
	size_t sent = 0;
	int r = 0;

	memset(text, 'x', sizeof(text) - 1);
	fixture_init(&f);
	cr_assert_eq(fixture_call(&f, STREAM), 0);
	while (r == 0 && sent < 64 * VARLINK_QUEUE_MAX) {
		r = varlink_server_reply(f.server, fixture_text(text), true);
		sent += sizeof(text);
		if (r == 0)
			cr_assert_eq(varlink_server_dispatch(f.server), 0);
	}
	cr_assert_eq(r, -ENOBUFS);
	cr_assert_eq(varlink_server_dispatch(f.server), -ENOBUFS);
	fixture_fini(&f);
}

Test(varlink_server, stops_reading_from_a_client_that_sends_without_reading)
{
	static const char call[] = ECHO("0123456789abcdefghijklmnopqrstuvwxyz");
	struct fixture f;
	int i = 0;

	fixture_init(&f);
	while (send(f.peer, call, sizeof(call), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(call)) {
		cr_assert_eq(varlink_server_dispatch(f.server), 0);
		cr_assert_lt(i++, 100000);
	}
	cr_assert_eq(varlink_server_events(f.server), EPOLLOUT);
	fixture_fini(&f);
}

Test(varlink_server, serves_what_was_sent_before_half_closing)
{
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, LATER, sizeof(LATER));
	cr_assert_eq(shutdown(f.peer, SHUT_WR), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_server_events(f.server), 0);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("late"), false), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), -ECONNRESET);
	assert_received(&f, REPLY("late"));
	fixture_fini(&f);
}

Test(varlink_server, forgets_half_a_message_of_a_client_that_closed)
{
	struct fixture f;

	fixture_init(&f);
	fixture_send(&f, LATER, sizeof(LATER) - 1);
	close(f.peer);
	f.peer = -1;
	cr_assert_eq(varlink_server_dispatch(f.server), -ECONNRESET);
	cr_assert_eq(f.calls, 0);
	fixture_fini(&f);
}

Test(varlink_server, a_reply_that_is_too_long_leaves_the_call_open)
{
	char *text = calloc(1, VARLINK_REPLY_MAX + 1);
	struct fixture f;

	cr_assert_not_null(text);
	memset(text, 'x', VARLINK_REPLY_MAX);
	fixture_init(&f);
	cr_assert_eq(fixture_call(&f, LATER), 0);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text(text), false), -EMSGSIZE);
	cr_assert_eq(varlink_server_error(f.server, "org.example.Limit", fixture_text("")), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	assert_received(&f, "{\"error\":\"org.example.Limit\",\"parameters\":{\"text\":\"\"}}\n");
	free(text);
	fixture_fini(&f);
}

Test(varlink_server, a_reply_that_could_not_be_made_loses_the_connection)
{
	struct fixture f;

	fixture_init(&f);
	cr_assert_eq(fixture_call(&f, LATER), 0);
	cr_assert_eq(varlink_server_reply(f.server, NULL, false), -ENOMEM);
	cr_assert_eq(varlink_server_dispatch(f.server), -ENOMEM);
	fixture_fini(&f);
}
