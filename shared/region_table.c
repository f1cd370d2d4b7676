/*
 * The region table that user space sees (section 6).
 *
 *     data window  0x0ff8_0000                                                       0x1000_0000
 *                  | header | entry | its extents | entry | ...  zeros | zero frame | zero frame ... |
 *                  '-------------- pages of the table's own -----------'
 *
 * It is written anew whenever what the region sees changes: an entry is loaded or unloaded, the region becomes full, a
 * digest becomes known. Loading sets the page aside that this may need, so that the table is never in the way of a commit.
 *
 * Invariants:
 *   odd        generation is odd exactly while the table is written
 *   zero       behind the last extent every byte is zero
 *   no copies  its pages are not copy-on-write: a store to one is a fault of the task that stores
 *   values     nothing in it is an address of the supervisor's
 */
#include "region_table.h"

#include "abi_region_table.h"
#include "frame.h"
#include "panic.h"

#include <string.h>

static uint64_t row_bytes(uint32_t extent_count)
{
    return sizeof(struct abi_region_entry) + extent_count * sizeof(struct abi_region_extent);
}

/* The record pool's bound is the table's: an entry has an extent, and so takes three records at least. */
static_assert(sizeof(struct abi_region_table) +
                      RECORD_PAGES_MAX * (PAGE_SIZE / RECORD_BYTES) *
                          (sizeof(struct abi_region_entry) + sizeof(struct abi_region_extent)) / 3 <=
                  ABI_REGION_TABLE_BYTES,
              "a region with all records there are fits");

static void show_page(struct region *region, uint64_t index, paddr_t frame)
{
    int error = windows_map(&region->windows, ABI_REGION_TABLE + index * PAGE_SIZE, frame, PTE_R, false);

    ASSERT(error == 0);
}

/* Give the table its next page, in place of the zero frame. @frame's reference is the table's then. */
static void add_page(struct region *region, paddr_t frame)
{
    uint64_t index = region->table_pages++;

    windows_unmap(&region->windows, ABI_REGION_TABLE + index * PAGE_SIZE, PAGE_SIZE);
    show_page(region, index, frame);
    frame_put(frame);
}

int region_table_create_relock(struct region *region)
{
    int error = windows_map_zeros_relock(&region->windows, ABI_REGION_TABLE, ABI_REGION_TABLE_BYTES);

    return error != 0 ? error : region_table_fill_relock(region);
}

/* Where the table is written: bytes, from its start. */
struct writer {
    struct region *region;
    uint64_t at;
    uint32_t entry_count;
};

static void *place_of(const struct region *region, uint64_t at)
{
    pte_t pte = windows_entry(&region->windows, ABI_REGION_TABLE + page_round_down(at));

    return (char *)arch_direct(pte_frame(pte)) + (at & PAGE_MASK);
}

static void write_bytes(struct writer *writer, const void *from, size_t size)
{
    while (size > 0) {
        size_t room = PAGE_SIZE - (writer->at & PAGE_MASK), part = size < room ? size : room;

        memcpy(place_of(writer->region, writer->at), from, part);
        writer->at += part;
        from = (const char *)from + part;
        size -= part;
    }
}

static void write_entry(const struct load_entry *entry, void *context)
{
    struct writer *writer = context;
    struct abi_region_entry row = { .base = entry->base,
                                    .extent_count = entry->extent_count,
                                    .flags = entry->site == LOAD_SITE_ALTERNATE ? ABI_REGION_ALTERNATE_SITE : 0 };

    memcpy(row.name, entry->identity->name, sizeof(row.name));
    memcpy(row.build_id, entry->identity->build_id, sizeof(row.build_id));
    write_bytes(writer, &row, sizeof(row));
    for (const struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        struct abi_region_extent extent_row = { .address = extent->address,
                                                .size_bytes = extent->size_bytes,
                                                .digest = extent->digest,
                                                .protection = extent->protection,
                                                .is_digested = extent->is_digested };

        write_bytes(writer, &extent_row, sizeof(extent_row));
    }
    writer->entry_count++;
}

static void write_zeros(struct writer *writer, uint64_t end)
{
    while (writer->at < end) {
        uint64_t room = PAGE_SIZE - (writer->at & PAGE_MASK), part = end - writer->at < room ? end - writer->at : room;

        memset(place_of(writer->region, writer->at), 0, part);
        writer->at += part;
    }
}

static uint32_t flags_of(const struct region *region)
{
    return (region->class == REGION_PRIVATE ? ABI_REGION_TABLE_PRIVATE : 0u) |
           (region->is_full ? ABI_REGION_TABLE_FULL : 0u);
}

void region_table_write(struct region *region, paddr_t frame)
{
    struct writer writer = { .region = region, .at = sizeof(struct abi_region_table) };
    volatile struct abi_region_table *header = place_of(region, 0);
    uint64_t old_end = region->table_bytes;

    if (frame.value != 0) {
        add_page(region, frame);
    }
    header->generation++;
    arch_fence_stores();
    region_for_each_entry(region, write_entry, &writer);
    region->table_bytes = (uint32_t)writer.at;
    write_zeros(&writer, old_end);
    header->magic = ABI_REGION_TABLE_MAGIC;
    header->version = ABI_REGION_TABLE_VERSION;
    header->region = region->windows.serial;
    header->flags = flags_of(region);
    header->entry_count = writer.entry_count;
    header->size_bytes = region->table_bytes;
    arch_fence_stores();
    header->generation++;
}

static void add_row_bytes(const struct load_entry *entry, void *context)
{
    *(uint64_t *)context += row_bytes(entry->extent_count);
}

int region_table_fill_relock(struct region *region)
{
    uint64_t bytes = sizeof(struct abi_region_table);

    region_for_each_entry(region, add_row_bytes, &bytes);
    while (region->table_pages * PAGE_SIZE < bytes) {
        paddr_t frame;
        int error = frame_alloc_zeroed_relock(FRAME_PAGE, region->account, &frame);

        if (error != 0) {
            return error;
        }
        add_page(region, frame);
    }
    region_table_write(region, paddr(0));
    return 0;
}

int region_table_reserve_relock(const struct region *region, uint32_t extent_count, paddr_t *frame)
{
    static_assert(sizeof(struct abi_region_entry) + MANIFEST_DERIVED_MAX * sizeof(struct abi_region_extent) <=
                      PAGE_SIZE,
                  "one page is enough for one entry");

    *frame = paddr(0);
    if (region->table_bytes + row_bytes(extent_count) <= region->table_pages * PAGE_SIZE) {
        return 0;
    }
    return frame_alloc_zeroed_relock(FRAME_PAGE, region->account, frame);
}
