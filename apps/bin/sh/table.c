/*
 * A hash table with a fixed number of buckets: a shell has some dozens of names, not thousands.
 */
#include "table.h"

#include <stddef.h>
#include <string.h>

static unsigned bucket_of(const char *name)
{
    unsigned hash = 0;

    while (*name != '\0') {
        hash = 31 * hash + (unsigned char)*name++;
    }
    return hash % TABLE_BUCKETS;
}

struct table_entry *table_find(const struct table *table, const char *name)
{
    struct table_entry *entry = table->buckets[bucket_of(name)];

    while (entry != NULL && strcmp(entry->name, name) != 0) {
        entry = entry->next;
    }
    return entry;
}

void table_add(struct table *table, struct table_entry *entry)
{
    struct table_entry **bucket = &table->buckets[bucket_of(entry->name)];

    entry->next = *bucket;
    *bucket = entry;
}

void table_remove(struct table *table, struct table_entry *entry)
{
    struct table_entry **link = &table->buckets[bucket_of(entry->name)];

    while (*link != entry) {
        link = &(*link)->next;
    }
    *link = entry->next;
}

struct table_entry *table_next(const struct table *table, const struct table_entry *entry)
{
    if (entry != NULL && entry->next != NULL) {
        return entry->next;
    }
    for (unsigned i = entry == NULL ? 0 : bucket_of(entry->name) + 1; i < TABLE_BUCKETS; i++) {
        if (table->buckets[i] != NULL) {
            return table->buckets[i];
        }
    }
    return NULL;
}
