/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <trunkline/port.h>

#include "hal/ports.h"

Test(port, list_is_that_of_the_system)
{
	struct tl_port_list *list;
	struct hal_port *ports;
	size_t n;

	cr_assert_eq(hal_ports_list(&ports, &n), 0);
	cr_assert_eq(tl_port_list_new(&list), 0);
	cr_assert_eq(tl_port_list_count(list), n);
	for (size_t i = 0; i < n; i++) {
		cr_assert_str_eq(tl_port_list_path(list, i), ports[i].path);
		cr_assert_str_eq(tl_port_list_description(list, i), ports[i].description);
		cr_assert_str_eq(tl_port_list_serial(list, i), ports[i].serial);
		cr_assert_eq(tl_port_list_vendor(list, i), ports[i].vendor_id);
		cr_assert_eq(tl_port_list_product(list, i), ports[i].product_id);
		cr_assert_neq(strlen(tl_port_list_transport(list, i)), 0);
	}
	free(ports);
	cr_assert_null(tl_port_list_free(list));
	cr_assert_null(tl_port_list_free(NULL));
}
