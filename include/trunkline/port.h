/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_PORT_H
#define TRUNKLINE_PORT_H

/**
 * @file
 * The serial ports of this machine, for people who look for theirs. None is opened.
 */

#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What was found at one moment; owned by the caller. */
struct tl_port_list;

/**
 * Look. Ptys and virtual consoles are no ports.
 *
 * @param ret_list sorted by path, written on success, freed with tl_port_list_free()
 * @return 0; -ENOMEM; another negative errno when the system cannot tell (no /sys)
 */
TL_API int tl_port_list_new(struct tl_port_list **ret_list);
/** @return NULL */
TL_API struct tl_port_list *tl_port_list_free(struct tl_port_list *list);
TL_API size_t tl_port_list_count(const struct tl_port_list *list);

/** Texts belong to the list; never NULL, "" when unknown. index is below the count. */
TL_API const char *tl_port_list_path(const struct tl_port_list *list, size_t index);
TL_API const char *tl_port_list_description(const struct tl_port_list *list, size_t index);
/** "native", "usb" or "bluetooth". */
TL_API const char *tl_port_list_transport(const struct tl_port_list *list, size_t index);
TL_API const char *tl_port_list_serial(const struct tl_port_list *list, size_t index);
/** USB vendor and product, 0 when there are none. */
TL_API uint16_t tl_port_list_vendor(const struct tl_port_list *list, size_t index);
TL_API uint16_t tl_port_list_product(const struct tl_port_list *list, size_t index);

#ifdef __cplusplus
}
#endif
#endif
