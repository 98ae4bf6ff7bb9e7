/* SPDX-License-Identifier: MIT */
#include "tests/unit/tools/modemsim/alloc.h"

#include <stdbool.h>
#include <stddef.h>

struct alloc_wrap alloc_wrap;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool fails(void)
{
	return ++alloc_wrap.count == alloc_wrap.fail_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}
