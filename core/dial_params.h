/* SPDX-License-Identifier: MIT */
#ifndef CORE_DIAL_PARAMS_H
#define CORE_DIAL_PARAMS_H

#include <trunkline/line.h>

struct tl_dial_params {
	enum tl_media media;
	uint32_t timeout_s;
	uint32_t max_duration_s;
	uint32_t inactivity_s;
};

#endif
