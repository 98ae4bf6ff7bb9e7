/* SPDX-License-Identifier: MIT */
#ifndef HAL_LIST_H
#define HAL_LIST_H

/*
 * Intrusive doubly linked list. The head is a node of the same type; an unlinked node points at
 * itself, so hal_list_del() may be called twice and hal_list_linked() always answers.
 */

#include <stdbool.h>
#include <stddef.h>

struct hal_list {
	struct hal_list *prev;
	struct hal_list *next;
};

#define HAL_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void hal_list_init(struct hal_list *node)
{
	node->prev = node;
	node->next = node;
}

static inline bool hal_list_linked(const struct hal_list *node)
{
	return node->next != node;
}

static inline bool hal_list_empty(const struct hal_list *head)
{
	return head->next == head;
}

/* Insert before pos; with the head as pos: append. */
static inline void hal_list_add_before(struct hal_list *pos, struct hal_list *node)
{
	node->prev = pos->prev;
	node->next = pos;
	pos->prev->next = node;
	pos->prev = node;
}

static inline void hal_list_append(struct hal_list *head, struct hal_list *node)
{
	hal_list_add_before(head, node);
}

static inline void hal_list_prepend(struct hal_list *head, struct hal_list *node)
{
	hal_list_add_before(head->next, node);
}

static inline void hal_list_del(struct hal_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	hal_list_init(node);
}

/* Move all nodes of from to the end of to; from is empty afterwards. */
static inline void hal_list_splice(struct hal_list *to, struct hal_list *from)
{
	if (hal_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	hal_list_init(from);
}

static inline struct hal_list *hal_list_pop(struct hal_list *head)
{
	struct hal_list *node = head->next;

	if (node == head)
		return NULL;
	hal_list_del(node);
	return node;
}

#define hal_list_for_each(node, head) \
	for ((node) = (head)->next; (node) != (head); (node) = (node)->next)

/* Safe against removal of node itself, not of its successor. */
#define hal_list_for_each_safe(node, tmp, head)                             \
	for ((node) = (head)->next, (tmp) = (node)->next; (node) != (head); \
	     (node) = (tmp), (tmp) = (node)->next)

#endif
