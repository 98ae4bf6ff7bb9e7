/* SPDX-License-Identifier: MIT */
#include "tests/simulation/memory.h"

#include <stddef.h>

#include "tests/simulation/random.h"

#define REFUSED_PERCENT 5

static struct {
	bool starving;
	uint64_t random, refused;
	int64_t blocks;
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *p);

static bool refused(void)
{
	if (!memory.starving || random_below(&memory.random, 100) >= REFUSED_PERCENT)
		return false;
	memory.refused++;
	return true;
}

static void *counted(void *p)
{
	memory.blocks += p != NULL;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	void *moved = refused() ? NULL : __real_realloc(p, size);

	memory.blocks += moved && !p;
	return moved;
}

char *__wrap_strdup(const char *text)
{
	return refused() ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *p)
{
	memory.blocks -= p != NULL;
	__real_free(p);
}

void memory_starve(uint64_t seed)
{
	memory.starving = true;
	memory.random = seed;
}

void memory_feed(void)
{
	memory.starving = false;
}

uint64_t memory_refused(void)
{
	return memory.refused;
}

int64_t memory_blocks(void)
{
	return memory.blocks;
}
