/* SPDX-License-Identifier: MIT */
#ifndef MODEMSIM_ALLOC_H
#define MODEMSIM_ALLOC_H

/* malloc() and calloc() of the code under test (linked with --wrap), counted and made to fail. */
struct alloc_wrap {
	unsigned int count;
	unsigned int fail_at; /* this one, counted from 1; 0: none */
};

extern struct alloc_wrap alloc_wrap;

#endif
