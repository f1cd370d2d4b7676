#pragma once

/*
 * Things by their names: a hash table of what starts with a struct table_entry.
 */
struct table_entry {
    struct table_entry *next; /* in the same bucket */
    char *name;
};

#define TABLE_BUCKETS 32

struct table {
    struct table_entry *buckets[TABLE_BUCKETS];
};

/* Returns the entry of that name, or NULL. */
struct table_entry *table_find(const struct table *table, const char *name);

/* No entry has the name of @entry yet. */
void table_add(struct table *table, struct table_entry *entry);

/* @entry is in the table. */
void table_remove(struct table *table, struct table_entry *entry);

/* The entry behind @entry in no particular order, with NULL the first one. Returns NULL behind the last. */
struct table_entry *table_next(const struct table *table, const struct table_entry *entry);
