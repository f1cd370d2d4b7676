/*
 * The auditor's part of what the shared-region server keeps: the load hash with its entries, extents and records, and
 * the current region. The references that they hold on objects, frames and tables are counted for mm's part.
 *
 * Invariants, by the names under which they are found:
 *     hash-own-site, hash-counted             own-site and counted of load_hash.c
 *     record-...                              of record_pool.c, and recorded of load_hash.c
 *     entry-content, entry-counted            content and counted of load_entry.c
 *     program-unused, program-users           unused of program.c; users are the tasks that run it
 *     region-counted, -disjoint, -inside, -shown, -references      of region.c
 */
#include "shared.h"

#include "account.h"
#include "audit.h"
#include "frame.h"
#include "load_hash.h"
#include "program.h"
#include "region.h"
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
    bool is_own = entry->site == LOAD_SITE_OWN;
    uint32_t records = 1 + audit_extents(audit, entry);

    audit_object_owner(entry->object);
    audit_expect(audit, (entry->program != NULL) == is_own && (entry->region == NULL) == is_own, "hash-own-site",
                 entry->base);
    return entry->program == NULL ? records : records + program_audit(entry->program, audit, owners);
}

/* hash-counted, record-counted. Returns how many entries are in the current region. */
static uint32_t audit_hash(struct audit *audit, const struct load_hash *hash, enum audit_owners owners)
{
    uint32_t in_region = 0, count = 0, records = 0;

    for (uint32_t i = 0; i < hash->page_count; i++) {
        audit_owner(audit, arch_physical(hash->pages[i]));
    }
    for (uint64_t i = 0; i < hash->page_count * BUCKETS_PER_PAGE; i++) {
        const struct load_entry *entry = hash->pages[i / BUCKETS_PER_PAGE][i % BUCKETS_PER_PAGE];

        for (; entry != NULL && count <= hash->entry_count; entry = entry->next) {
            count++;
            in_region += entry->region == region_current();
            records += audit_entry(audit, entry, owners);
        }
    }
    audit_expect(audit, count == hash->entry_count, "hash-counted", count);
    audit_expect(audit, records == hash->records.used_count, "record-counted", records);
    record_pool_audit(&hash->records, audit);
    return in_region;
}

/* Each page of @extent as the windows show it. */
static bool is_shown(const struct region *region, const struct load_extent *extent)
{
    bool executable = (extent->protection & ABI_EXTENT_EXECUTE) != 0;
    bool writable = (extent->protection & ABI_EXTENT_WRITE) != 0;

    for (uint64_t offset = 0; offset < load_entry_extent_bytes(extent); offset += PAGE_SIZE) {
        pte_t pte = windows_entry(&region->windows, extent->address + offset);

        if (!pte_is_leaf(pte) || ((pte & PTE_X) != 0) != executable || ((pte & PTE_COPY_ON_WRITE) != 0) != writable) {
            return false;
        }
    }
    return true;
}

/* region-disjoint, region-inside, region-shown. */
static void audit_places(struct audit *audit, const struct region *region)
{
    uint64_t previous_end = 0;

    for (struct tree_node *node = tree_first(&region->extents); node != NULL; node = tree_next(node)) {
        const struct load_extent *extent = CONTAINER_OF(node, struct load_extent, node);
        uint64_t end = extent->address + load_entry_extent_bytes(extent);
        uint64_t window = extent->address < ABI_DATA_WINDOW ? ABI_TEXT_WINDOW : ABI_DATA_WINDOW;

        audit_expect(audit, extent->address >= previous_end, "region-disjoint", extent->address);
        if (extent->address < window || end > window + ABI_WINDOW_END) {
            audit_find(audit, "region-inside", extent->address);
            return;
        }
        audit_expect(audit, is_shown(region, extent), "region-shown", extent->address);
        previous_end = end;
    }
}

/* region-counted, region-references. */
static void audit_region(struct audit *audit, const struct region *region, uint32_t in_hash)
{
    uint32_t count = 0, maps = 0;

    if (audit_list(audit, &region->entries, region->entry_count, "region-counted")) {
        LIST_FOR_EACH(link, &region->entries) {
            count += CONTAINER_OF(link, struct load_entry, link)->region == region;
        }
    }
    audit_expect(audit, region->entry_count == count && count == in_hash, "region-counted", count);
    if (tree_audit(&region->extents) != NULL) {
        audit_find(audit, "region-disjoint", 0);
        return;
    }
    audit_places(audit, region);
    account_audit_reference(region->account);
    audit_windows(audit, &region->windows);
    LIST_FOR_EACH(link, &region->windows.maps) {
        maps++;
    }
    audit_expect(audit, region->ref_count == maps + 1, "region-references", region->ref_count);
}

void shared_audit(struct audit *audit, enum audit_owners owners)
{
    const struct load_hash *hash = load_hash_system();

    audit_region(audit, region_current(), audit_hash(audit, hash, owners));
}
