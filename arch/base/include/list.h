#pragma once

#include "types.h"

/*
 * A ring of links inside the things that are listed; the head is a link that belongs to nothing.
 * A link that is in no list points to itself.
 */
struct list {
    struct list *next;
    struct list *previous;
};

static inline void list_init(struct list *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_insert_between(struct list *link, struct list *previous, struct list *next)
{
    link->previous = previous;
    link->next = next;
    previous->next = link;
    next->previous = link;
}

static inline void list_push_front(struct list *list, struct list *link)
{
    list_insert_between(link, list, list->next);
}

static inline void list_push_back(struct list *list, struct list *link)
{
    list_insert_between(link, list->previous, list);
}

static inline void list_remove(struct list *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    list_init(link);
}

/* The first link, or NULL when the list is empty. */
static inline struct list *list_first(const struct list *list)
{
    return list->next == list ? NULL : list->next;
}

#define LIST_FOR_EACH(link, head) for (struct list *link = (head)->next; link != (head); link = link->next)
/* The body may remove @link from the list. */
#define LIST_FOR_EACH_SAFE(link, following, head) \
    for (struct list *link = (head)->next, *following = link->next; link != (head); \
         link = following, following = link->next)
