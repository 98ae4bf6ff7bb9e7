/* SPDX-License-Identifier: MIT */
/* Each allocation of the library fails once: it must say so, and leak nothing. */
#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "tools/varlink/client.h"
#include "tools/varlink/json.h"

static int fail_at; /* 1: the next allocation fails; 0: none does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strndup(const char *s, size_t n);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strndup(const char *s, size_t n);

static bool fails(void)
{
	return fail_at > 0 && --fail_at == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

static const char *const calls[] = {
	"{\"method\":\"org.varlink.service.GetInfo\"}",
	"{\"method\":\"org.example.Nothing\"}",
	"{\"method\":\"org.nowhere.Nothing\"}",
	"{\"method\":\"org.varlink.service.GetInterfaceDescription\","
	"\"parameters\":{\"interface\":\"org.example\"}}",
};

/* @return true when the call was served, so that no allocation was left to fail */
static bool serve_without(const char *message, int allocation)
{
	struct fixture f;
	bool served;
	int r;

	fixture_init(&f);
	fixture_send(&f, message, strlen(message) + 1);
	fail_at = allocation;
	r = varlink_server_dispatch(f.server);
	served = fail_at > 0;
	fail_at = 0;
	cr_assert_eq(r, served ? 0 : -ENOMEM, "%s, allocation %d: %d", message, allocation, r);
	fixture_fini(&f);
	return served;
}

Test(varlink_memory, a_server_without_memory_gives_the_connection_up)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int allocation = 1;

		while (!serve_without(calls[i], allocation))
			allocation++;
		cr_assert_gt(allocation, 2, "%s", calls[i]);
	}
}

Test(varlink_memory, a_client_without_memory_says_so)
{
	struct varlink_client *client = NULL;
	struct fixture f;

	fixture_init(&f);
	fail_at = 1;
	cr_assert_eq(varlink_client_new(f.peer, &client), -ENOMEM);
	cr_assert_null(client);
	cr_assert_eq(varlink_client_new(f.peer, &client), 0);
	f.peer = -1;
	for (int allocation = 1; allocation <= 2; allocation++) {
		fail_at = allocation;
		cr_assert_eq(varlink_client_call(client, "org.example.Later", NULL, 0), -ENOMEM);
		cr_assert_eq(fail_at, 0);
	}
	cr_assert_eq(varlink_client_call(client, "org.example.Later", NULL, 0), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_server_reply(f.server, json_object_new_object(), false), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	fail_at = 1;
	cr_assert_eq(varlink_client_dispatch(client), -ENOMEM);
	varlink_client_free(client);
	fixture_fini(&f);
}

Test(varlink_memory, no_server_without_memory)
{
	struct varlink_server *server = NULL;

	fail_at = 1;
	cr_assert_eq(varlink_server_new(-1, NULL, NULL, &server), -ENOMEM);
	cr_assert_null(server);
	cr_assert_eq(varlink_server_new(-1, NULL, NULL, &server), -EBADF);
}
