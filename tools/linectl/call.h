/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_CALL_H
#define LINECTL_CALL_H

/** @file Calls in the foreground whose bytes are wanted. */

#include "tools/linectl/app.h"

/** Place a call and carry its bytes. @param args the line, the number */
enum status call_place(struct app *app, const char **args);

/** Answer, as the options say: one call, the next one, or one after the other. */
enum status call_accept(struct app *app, const char *line, bool carries);

#endif
