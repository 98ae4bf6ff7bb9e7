/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VARLINK_INTERFACE_H
#define TOOLS_VARLINK_INTERFACE_H

/** Name of the interface between lined and its clients; methods and errors are this, a dot, the
 * name. */
#define VARLINK_TRUNKLINE "io.trunkline"

/** The text of io.trunkline.varlink, built in. */
extern const char varlink_interface_trunkline[];

#endif
