/*
 * The auditor's part of what the shared-region server keeps: the load hash with its entries, extents and records, and
 * all regions. The references that they hold on objects, frames and tables are counted for mm's part.
 *
 * Invariants, by the names under which they are found:
 *     hash-own-site, hash-counted             own-site and counted of load_hash.c
 *     record-...                              of record_pool.c, and recorded of load_hash.c
 *     entry-content, entry-counted            content and counted of load_entry.c
 *     program-unused, program-users           unused of program.c; users are the tasks that run it
 *     region-counted, -disjoint, -inside, -shown, -current, -chain  of region.c
 *     region-references                       a region's references: its maps, its clones, and the server's
 *     region-users                            users of region_use.c, over all entries and maps
 */
#include "shared.h"

#include "account.h"
#include "audit.h"
#include "frame.h"
#include "load_hash.h"
#include "program.h"
#include "region.h"
#include "region_use.h"
#include "tree.h"

#define BUCKETS_PER_PAGE (PAGE_SIZE / sizeof(struct load_entry *))

/* entry-content, entry-counted. Returns the number of records. */
static uint32_t audit_extents(struct audit *audit, const struct load_entry *entry)
{
    uint32_t count = 0;

    for (const struct load_extent *extent = entry->extents; extent != NULL && count <= entry->extent_count;
         extent = extent->next) {
        bool is_zero_fill = (extent->protection & ABI_EXTENT_ZERO_FILL) != 0;

        audit_expect(audit, (extent->content == NULL) == is_zero_fill, "entry-content", extent->address);
        if (extent->content != NULL) {
            audit_object_owner(extent->content);
        }
        count++;
    }
    audit_expect(audit, entry->extent_count == count && count != 0, "entry-counted", entry->base);
    return count;
}

/* hash-own-site, and what is in the entry. Returns the number of records. */
static uint32_t audit_entry(struct audit *audit, const struct load_entry *entry, enum audit_owners owners)
{
    bool is_program = entry->region == NULL;
    uint32_t records = audit_extents(audit, entry) + (is_program ? 1 : 2);

    audit_object_owner(entry->object);
    account_audit_use(account_of(entry->payer), ACCOUNT_RECORDS, records);
    audit_expect(audit, entry->program != NULL && (entry->site == LOAD_SITE_OWN) == is_program, "hash-own-site",
                 entry->base);
    return is_program ? records + program_audit(entry->program, audit, owners) : records;
}

/* hash-counted, record-counted. Returns how many users the entries of regions have. */
static uint64_t audit_hash(struct audit *audit, const struct load_hash *hash, enum audit_owners owners)
{
    uint32_t count = 0, records = 0;
    uint64_t users = 0;

    for (uint32_t i = 0; i < hash->page_count; i++) {
        audit_owner(audit, arch_physical(hash->pages[i]));
    }
    for (uint64_t i = 0; i < hash->page_count * BUCKETS_PER_PAGE; i++) {
        const struct load_entry *entry = hash->pages[i / BUCKETS_PER_PAGE][i % BUCKETS_PER_PAGE];

        for (; entry != NULL && count <= hash->entry_count; entry = entry->next) {
            count++;
            records += audit_entry(audit, entry, owners);
            if (entry->region != NULL) {
                entry->region->audited_entries++;
                users += entry->users;
            }
        }
    }
    audit_expect(audit, count == hash->entry_count, "hash-counted", count);
    audit_expect(audit, records == hash->records.used_count, "record-counted", records);
    record_pool_audit(&hash->records, audit);
    return users;
}

/* Each page of @extent as the windows show it. */
static bool is_shown(const struct region *region, const struct region_extent *extent)
{
    bool executable = (extent->protection & ABI_EXTENT_EXECUTE) != 0;
    bool writable = (extent->protection & ABI_EXTENT_WRITE) != 0;

    for (uint64_t address = extent->start; address < extent->end; address += PAGE_SIZE) {
        pte_t pte = windows_entry(&region->windows, address);

        if (!pte_is_leaf(pte) || ((pte & PTE_X) != 0) != executable || ((pte & PTE_COPY_ON_WRITE) != 0) != writable) {
            return false;
        }
    }
    return true;
}

/* region-disjoint, region-inside, region-shown: of all that is seen. */
static void audit_places(struct audit *audit, const struct region *region)
{
    struct region_extent extent = { .end = 0 };
    uint64_t previous_end = 0;

    while (region_extent_behind(region, previous_end, &extent) == 0) {
        uint64_t window = extent.start < ABI_DATA_WINDOW ? ABI_TEXT_WINDOW : ABI_DATA_WINDOW;

        audit_expect(audit, extent.start >= previous_end, "region-disjoint", extent.start);
        if (extent.start < window || extent.end > window + ABI_WINDOW_END) {
            audit_find(audit, "region-inside", extent.start);
            return;
        }
        audit_expect(audit, is_shown(region, &extent), "region-shown", extent.start);
        previous_end = extent.end;
    }
}

/* region-counted. */
static void audit_entries(struct audit *audit, struct region *region)
{
    uint32_t count = 0, records = 0;

    if (audit_list(audit, &region->entries, region->entry_count, "region-counted")) {
        LIST_FOR_EACH(link, &region->entries) {
            const struct load_entry *entry = CONTAINER_OF(link, struct load_entry, link);

            count += entry->region == region && entry->depth <= region->depth;
            records += load_entry_records(entry);
        }
    }
    audit_expect(audit, region->entry_count == count && region->audited_entries == count, "region-counted", count);
    audit_expect(audit, region->record_count == records && records <= REGION_RECORDS_MAX, "region-counted", records);
    region->audited_entries = 0;
}

/* region-chain. Returns how many regions are chained to @region. */
static uint32_t audit_clones(struct audit *audit, const struct region *region)
{
    uint32_t count = 0;

    if (audit_list(audit, &region->clones, UINT32_MAX, "region-chain")) {
        LIST_FOR_EACH(link, &region->clones) {
            const struct region *clone = CONTAINER_OF(link, struct region, clone_link);

            audit_expect(audit, clone->behind.region == region && clone->behind.depth < region->depth, "region-chain",
                         clone->depth);
            count++;
        }
    }
    return count;
}

/* What the audit of all regions carries along. */
struct regions_audit {
    struct audit *audit;
    enum audit_owners owners;
    uint64_t uses; /* by maps, so far */
};

/* Returns how many maps are attached. */
static uint32_t audit_maps(struct regions_audit *regions, const struct region *region)
{
    uint32_t count = 0;

    LIST_FOR_EACH(link, &region->windows.maps) {
        const struct map *map = CONTAINER_OF(link, struct map, windows_link);

        for (const struct region_use *use = map->uses; use != NULL; use = use->next) {
            account_audit_use(map->account, ACCOUNT_ENTRIES, 1);
            regions->uses++;
        }
        count++;
    }
    return count;
}

static void audit_region(struct region *region, void *context)
{
    struct regions_audit *regions = context;
    struct audit *audit = regions->audit;
    uint32_t references = audit_clones(audit, region) + (region == region_current());

    audit_entries(audit, region);
    if (tree_audit(&region->extents) != NULL) {
        audit_find(audit, "region-disjoint", 0);
        return;
    }
    audit_places(audit, region);
    account_audit_reference(region->account);
    audit_windows(audit, &region->windows);
    references += audit_maps(regions, region);
    audit_expect(audit,
                 region->ref_count == references ||
                     (regions->owners == AUDIT_SOME_OWNERS && region->ref_count > references),
                 "region-references", region->ref_count);
}

void shared_audit(struct audit *audit, enum audit_owners owners)
{
    struct regions_audit regions = { .audit = audit, .owners = owners };
    uint64_t users = audit_hash(audit, load_hash_system(), owners);

    region_for_each(audit_region, &regions);
    audit_expect(audit, regions.uses == users, "region-users", users);
    audit_expect(audit, region_current()->class == REGION_SYSTEM, "region-current", 0);
}
