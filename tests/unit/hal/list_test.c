/* SPDX-License-Identifier: MIT */
#include "hal/list.h"

#include <criterion/criterion.h>

struct item {
	int number;
	struct hal_list node;
};

static void fill(struct hal_list *head, struct item *items, int count)
{
	hal_list_init(head);
	for (int i = 0; i < count; i++) {
		items[i].number = i;
		hal_list_append(head, &items[i].node);
	}
}

static int pop_number(struct hal_list *head)
{
	struct hal_list *node = hal_list_pop(head);

	return node ? HAL_CONTAINER_OF(node, struct item, node)->number : -1;
}

Test(list, pops_in_the_order_of_appending)
{
	struct item items[3];
	struct hal_list head;

	fill(&head, items, 3);

	for (int i = 0; i < 3; i++)
		cr_assert_eq(pop_number(&head), i);
	cr_assert_eq(pop_number(&head), -1);
	cr_assert(hal_list_empty(&head));
	cr_assert_not(hal_list_linked(&items[0].node));
}

Test(list, a_prepended_node_comes_first)
{
	struct item items[3];
	struct hal_list head;

	fill(&head, items, 2);
	items[2].number = 2;
	hal_list_prepend(&head, &items[2].node);

	cr_assert_eq(pop_number(&head), 2);
	cr_assert_eq(pop_number(&head), 0);
}

Test(list, deleting_twice_is_harmless)
{
	struct item items[2];
	struct hal_list head;

	fill(&head, items, 2);
	hal_list_del(&items[0].node);
	hal_list_del(&items[0].node);

	cr_assert_eq(pop_number(&head), 1);
}

Test(list, splicing_moves_all_nodes)
{
	struct item a[2], b[2];
	struct hal_list to, from;

	fill(&to, a, 2);
	fill(&from, b, 2);
	hal_list_splice(&to, &from);
	hal_list_splice(&to, &from);

	cr_assert(hal_list_empty(&from));
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pop_number(&to), i % 2);
	cr_assert(hal_list_empty(&to));
}

Test(list, a_node_can_be_removed_while_walking)
{
	struct item items[4];
	struct hal_list head, *node, *tmp;
	int seen = 0;

	fill(&head, items, 4);
	hal_list_for_each_safe (node, tmp, &head) {
		hal_list_del(node);
		seen++;
	}
	cr_assert_eq(seen, 4);
	cr_assert(hal_list_empty(&head));
}
