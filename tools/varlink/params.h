/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_PARAMS_H
#define TOOLS_VARLINK_PARAMS_H

/**
 * @file
 * Parameters of a call, read into a struct as a table says.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

enum varlink_type {
	VARLINK_STRING, /**< const char *, without NUL inside, owned by the message; NULL when
			   absent */
	VARLINK_UINT,	/**< uint32_t; 0 when absent */
	VARLINK_BOOL,	/**< bool; false when absent */
};

struct varlink_param {
	const char *name; /**< NULL ends a table */
	enum varlink_type type;
	bool required;
	size_t offset;
};

/**
 * Null counts as absent; what the table does not name is refused.
 *
 * @param params  object, or NULL for none
 * @param args    struct that the offsets are of; zeroed by the caller
 * @param ret_bad on failure the parameter that is missing, unknown or of the wrong type; as long as
 * params
 * @return 0; -EINVAL
 */
int varlink_params_read(struct json_object *params, const struct varlink_param *table, void *args,
			const char **ret_bad);

#endif
