/* SPDX-License-Identifier: MIT */
#include "tools/varlink/number.h"

#include <errno.h>

int number_parse(const char *text, uint32_t min, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		number = number * 10 + (uint64_t)(*text - '0');
		if (number > max)
			return -EINVAL;
	}
	if (number < min)
		return -EINVAL;
	*ret_number = (uint32_t)number;
	return 0;
}
