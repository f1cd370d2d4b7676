#pragma once

#include "map.h"

/*
 * Inside mm: the steps that calls on entries are made of. What can fail comes first, map_spares_reserve() and whatever
 * else the call needs; the others can't.
 */
#define MAP_SPARES_MAX 3
struct map_spares {
    struct map_entry *entries[MAP_SPARES_MAX];
    struct account *account; /* that they are charged to */
    unsigned count;
};

/* Have @count entries in reserve: 0 or -ENOMEM. Those that were not taken go back. */
int map_spares_reserve(struct map *map, struct map_spares *spares, unsigned count);
void map_spares_free(struct map_spares *spares);

/* How many entries a hole at [@start, @end) takes: one where a single entry reaches beyond both ends. */
unsigned map_spares_for_hole(const struct map *map, uint64_t start, uint64_t end);

/* Make [@start, @end) a hole, by cutting or dropping entries; the leaves are the caller's, or are cleared too. */
void map_entries_cut(struct map *map, uint64_t start, uint64_t end, struct map_spares *spares);
void map_entries_carve(struct map *map, uint64_t start, uint64_t end, struct map_spares *spares);

/* Put what is requested, and checked, into a hole. Takes a reference on the object. */
void map_entries_put(struct map *map, const struct map_request *request, struct map_spares *spares);

/* Whether what @above shows goes on where what @below shows ends, with the same rights. */
bool map_entries_could_be_one(const struct map_entry *below, const struct map_entry *above);

/* Merge neighbours whose common end lies in [@start, @end]. */
void map_entries_merge(struct map *map, uint64_t start, uint64_t end);
