/*
 * Loading an image into a region: section 2 of the specification.
 *
 *     check_request()        what can be said without the image's content; a caller's manifest
 *     load_hash_find()       a hit ends here: compare, answer, nothing is mapped or copied
 *     derive()               rule 2.3, from the program headers
 *     choose_place()         rules 2.4 to 2.6
 *     reserve()              records, copies of pages that can't be shown in place, page tables: all that can fail
 *     commit()               stores only
 *
 * Until commit() nobody sees anything of the load; whatever fails before is undone in the reverse order.
 *
 * Locking: the supervisor's lock, dropped while tables are zeroed and pages copied. Meanwhile the region is marked as
 * being loaded into: its entries, its extents and what is free in it change by this load only.
 */
#include "region_load.h"

#include "abi_errno.h"
#include "checked.h"
#include "content.h"
#include "frame.h"
#include "load_hash.h"
#include "panic.h"
#include "region_table.h"
#include "region_use.h"
#include "shared.h"
#include "space.h"

/* A reused word can't turn an answer into a request (defect D25). */
#define REQUEST_FLAGS (ABI_REGION_ALTERNATE_SITE | ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST)
static_assert((REQUEST_FLAGS & (ABI_REGION_PREVIOUSLY_LOADED | ABI_REGION_SYSTEM_CLASS)) == 0, "distinct");

/* A load that is no hit. */
struct load {
    struct region *region;
    const struct region_load_request *request;
    struct image image; /* the request's own, or a copy of one that can still change; one reference */
    enum load_site site;
    struct elf elf;
    struct derived_manifest manifest;
    uint64_t link_base; /* window offsets */
    uint64_t base;
    struct record_batch batch;
    struct load_entry *entry;
    struct region_use *use; /* of the request's user */
    paddr_t table_frame; /* for the region table, or 0 */
};

static enum load_site site_of(const struct region_load_request *request)
{
    return (request->flags & ABI_REGION_ALTERNATE_SITE) != 0 ? LOAD_SITE_ALTERNATE : LOAD_SITE_DEFAULT;
}

/* Whether the caller leaves the base to the server. */
static bool takes_any_base(const struct region_load_request *request)
{
    return (request->flags & (ABI_REGION_ALTERNATE_SITE | ABI_REGION_ANY_BASE)) != 0;
}

/* Rule 2.1: what may be loaded into a region of system class. */
static bool is_for_all(const struct region_load_request *request)
{
    const struct object *object = request->image.object;

    return object->kind == OBJECT_INITRD || (request->account->domain == 0 && object_is_immutable(object));
}

static int check_request(const struct region *region, const struct region_load_request *request)
{
    bool image_manifest = (request->flags & ABI_REGION_IMAGE_MANIFEST) != 0;

    if ((request->flags & ~(uint32_t)REQUEST_FLAGS) != 0 || image_manifest != (request->manifest.count == 0) ||
        !image_is_valid(&request->image)) {
        return -EINVAL;
    }
    if (region->class == REGION_SYSTEM && !is_for_all(request)) {
        return -EPERM;
    }
    if (image_manifest) {
        return 0;
    }
    return request->manifest.count > ABI_MANIFEST_MAX ? -EINVAL
                                                      : manifest_check(request->manifest, request->image.length);
}

__attribute__((noinline)) static bool entry_has_manifest(const struct load_entry *entry, struct manifest wanted)
{
    const struct load_extent *extent = entry->extents;

    if (entry->extent_count != wanted.count) {
        return false;
    }
    for (uint32_t i = 0; i < wanted.count; i++, extent = extent->next) {
        struct abi_extent described = load_entry_describe(entry, extent);

        if (!manifest_same_extent(&described, &wanted.extents[i])) {
            return false;
        }
    }
    return true;
}

/* Rules 2.2 and 2.4: what a hit compares. */
static int check_hit(const struct load_entry *entry, const struct region_load_request *request)
{
    if ((request->manifest.count > 0 && !entry_has_manifest(entry, request->manifest)) ||
        (!takes_any_base(request) && request->base != entry->base) || request->image.length < entry->needed_bytes) {
        return -EINVAL;
    }
    return 0;
}

static int derive(struct load *load)
{
    const struct region_load_request *request = load->request;
    int error = elf_parse(&load->image, &load->elf, request->reason);

    if (error != 0) {
        return error;
    }
    manifest_derive(&load->elf, &load->manifest);
    error = manifest_make_relative(&load->manifest, &load->link_base, request->reason);
    if (error == 0 && request->manifest.count > 0 && !manifest_equal(request->manifest, manifest_of(&load->manifest))) {
        error = -EINVAL;
    }
    return error;
}

/* Rule 2.10: the region's own lack of room is marked. */
static int no_room(struct region *region)
{
    if (!region->is_full) {
        region->is_full = true;
        region_table_write(region, paddr(0));
    }
    return -ENOSPC;
}

static int choose_default_site(struct load *load, uint64_t span)
{
    const struct region_load_request *request = load->request;

    if (!takes_any_base(request) && request->base != ABI_TEXT_WINDOW + load->link_base) {
        return -EINVAL;
    }
    /* The whole image, not only its base: nothing may reach into the alternate area (defect D3). */
    if (!fits_below(load->link_base, span, ABI_ALTERNATE_BASE)) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < load->manifest.count; i++) {
        const struct abi_extent *extent = &load->manifest.extents[i];
        uint64_t start = manifest_window(extent) + load->link_base + extent->address;

        if (region_is_taken(load->region, start, page_round_up(extent->size_bytes), NULL)) {
            return -EEXIST;
        }
    }
    load->base = load->link_base;
    return 0;
}

/* Rule 2.5: the lowest offset where the span is free in both windows; looked for anew each time, without a cursor. */
static int choose_alternate_site(struct load *load, uint64_t span)
{
    uint64_t offset = ABI_ALTERNATE_BASE, taken_end;

    if (span > ABI_WINDOW_END - ABI_ALTERNATE_BASE) {
        return -EFBIG;
    }
    while (fits_below(offset, span, ABI_WINDOW_END)) {
        if (region_is_taken(load->region, ABI_TEXT_WINDOW + offset, span, &taken_end)) {
            offset = taken_end - ABI_TEXT_WINDOW;
        } else if (region_is_taken(load->region, ABI_DATA_WINDOW + offset, span, &taken_end)) {
            offset = taken_end - ABI_DATA_WINDOW;
        } else {
            load->base = offset;
            return content_check_slides(&load->image, &load->elf, manifest_of(&load->manifest), load->link_base,
                                        load->request->reason);
        }
    }
    return no_room(load->region);
}

static int choose_place(struct load *load)
{
    uint64_t span = manifest_span(manifest_of(&load->manifest));

    return load->site == LOAD_SITE_ALTERNATE ? choose_alternate_site(load, span) : choose_default_site(load, span);
}

/* The region's own bound (2.10), then the pool's. When the records are used up, programs that are kept as a cache make room. */
static int reserve_records(struct load *load)
{
    struct record_pool *pool = &load->region->hash->records;
    uint32_t count = 2 + load->manifest.count;

    if (count > REGION_RECORDS_MAX) {
        return -EFBIG;
    }
    if (load->region->record_count > REGION_RECORDS_MAX - count) {
        return no_room(load->region);
    }
    int error = record_pool_reserve(pool, count, &load->batch);

    if (error == -ENOSPC) {
        shared_reclaim();
        error = record_pool_reserve(pool, count, &load->batch);
    }
    return error;
}

static int slide_content_relock(struct load *load)
{
    struct load_extent *extent = load->entry->extents;
    int error = 0;

    for (uint32_t i = 0; error == 0 && load->base != load->link_base && i < load->manifest.count; i++) {
        error = content_slide_relock(&load->image, &load->elf, &load->manifest.extents[i], load->link_base,
                                     load->base - load->link_base, load->region->account, &extent->content);
        extent = extent->next;
    }
    return error;
}

/* Undo reserve_tables_relock() for the extents in front of @end. */
static void unreserve_tables(struct load *load, const struct load_extent *end)
{
    for (const struct load_extent *extent = load->entry->extents; extent != end; extent = extent->next) {
        windows_unmap(&load->region->windows, extent->address, load_entry_extent_bytes(extent));
    }
}

static int reserve_tables_relock(struct load *load)
{
    for (const struct load_extent *extent = load->entry->extents; extent != NULL; extent = extent->next) {
        int error = windows_reserve_relock(&load->region->windows, extent->address, load_entry_extent_bytes(extent));

        if (error != 0) {
            unreserve_tables(load, extent);
            return error;
        }
    }
    return 0;
}

/* The frame that page @index of @extent shows. Pages without content are the one zero frame, which a task's first store
 * replaces by a page of its own. */
static paddr_t frame_of_page(const struct load_entry *entry, const struct load_extent *extent, uint64_t index)
{
    uint64_t first = (entry->offset + extent->file_offset) >> PAGE_SHIFT;
    paddr_t frame;

    if (extent->content == NULL || object_page(extent->content, first + index, &frame) != 0) {
        frame = frame_zero();
    }
    return frame;
}

/* Whether every frame can take the references of this load, even if all of them were for one frame. */
static int check_references(const struct load *load)
{
    uint64_t windows_pages = 2 * WINDOW_BYTES >> PAGE_SHIFT;

    for (const struct load_extent *extent = load->entry->extents; extent != NULL; extent = extent->next) {
        for (uint64_t i = 0; i < load_entry_extent_bytes(extent) >> PAGE_SHIFT; i++) {
            if (frame_of(frame_of_page(load->entry, extent, i))->ref_count > FRAME_REFERENCES_MAX - windows_pages) {
                return -ENOMEM;
            }
        }
    }
    return 0;
}

/* The way back of what reserve_shown_relock() set aside. */
static void unreserve_shown(struct load *load)
{
    if (load->use != NULL) {
        region_use_cancel(load->request->user, load->use);
    }
    if (load->table_frame.value != 0) {
        frame_put(load->table_frame);
    }
}

/* What is needed for the user, the region table and the page tables. */
static int reserve_shown_relock(struct load *load)
{
    struct map *user = load->request->user;
    int error = region_table_reserve_relock(load->region, load->entry->extent_count, &load->table_frame);

    if (error == 0 && user != NULL) {
        load->use = region_use_reserve(user);
        error = load->use == NULL ? -ENOMEM : 0;
    }
    if (error == 0) {
        error = reserve_tables_relock(load);
    }
    if (error != 0) {
        unreserve_shown(load);
    }
    return error;
}

static int reserve_relock(struct load *load)
{
    struct record_pool *pool = &load->region->hash->records;
    struct load_source source = { .key = load->request->image,
                                  .object = load->image.object,
                                  .payer = load->region->account,
                                  .site = load->site,
                                  .elf = &load->elf };
    struct load_bases bases = { .text = ABI_TEXT_WINDOW + load->base, .data = ABI_DATA_WINDOW + load->base };
    int error = reserve_records(load);

    if (error != 0) {
        return error;
    }
    error = load_entry_create_relock(pool, &load->batch, &source, manifest_of(&load->manifest), bases, &load->entry);
    if (error != 0) {
        goto cancel_records;
    }
    error = slide_content_relock(load);
    if (error == 0) {
        error = check_references(load);
    }
    if (error == 0) {
        error = reserve_shown_relock(load);
    }
    if (error == 0) {
        return 0;
    }
    load_entry_free(pool, load->entry);
cancel_records:
    record_pool_cancel(pool, &load->batch);
    return error;
}

static void insert_extent(struct region *region, struct load_extent *inserted)
{
    struct tree_node *parent = NULL, **link = &region->extents.root;

    while (*link != NULL) {
        parent = *link;
        const struct load_extent *extent = CONTAINER_OF(parent, struct load_extent, node);

        link = inserted->address < extent->address ? &parent->left : &parent->right;
    }
    tree_insert(&region->extents, &inserted->node, parent, link);
}

static void map_extent(struct region *region, const struct load_entry *entry, const struct load_extent *extent)
{
    uint64_t flags = PTE_R | ((extent->protection & ABI_EXTENT_EXECUTE) != 0 ? PTE_X : 0);
    bool writable = (extent->protection & ABI_EXTENT_WRITE) != 0;

    for (uint64_t i = 0; i < load_entry_extent_bytes(extent) >> PAGE_SHIFT; i++) {
        int error = windows_map(&region->windows, extent->address + (i << PAGE_SHIFT), frame_of_page(entry, extent, i),
                                flags, writable);

        ASSERT(error == 0);
    }
    /* What the initrd holds was there before any hart; other instructions were stores before. */
    if ((flags & PTE_X) != 0 && entry->object->kind != OBJECT_INITRD) {
        spaces_code_changed();
    }
}

static void commit(struct load *load)
{
    struct region *region = load->region;
    struct load_entry *entry = load->entry;

    entry->region = region;
    entry->domain = load_hash_domain(&load->request->image, load->request->account->domain);
    entry->depth = region->depth;
    entry->base = (uint32_t)(ABI_TEXT_WINDOW + load->base);
    for (struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        extent->depth = entry->depth;
        map_extent(region, entry, extent);
        insert_extent(region, extent);
    }
    list_push_back(&region->entries, &entry->link);
    region->entry_count++;
    region->record_count += load_entry_records(entry);
    load_hash_add(region->hash, entry);
    if (load->use != NULL) {
        region_use_put(load->request->user, load->use, entry);
    }
    region_table_write(region, load->table_frame);
}

/* The image, or when it can still change a copy: everything is taken from one state of it. Gives one reference. */
static int hold_image_relock(struct load *load)
{
    const struct image *image = &load->request->image;

    load->image = *image;
    if (!object_is_immutable(image->object)) {
        return content_copy_relock(image, load->region->account, &load->image.object);
    }
    object_get(image->object);
    return 0;
}

static int load_new_relock(struct region *region, const struct region_load_request *request, struct load_entry **out)
{
    struct load load = { .region = region, .request = request, .site = site_of(request) };
    int error = hold_image_relock(&load);

    if (error != 0) {
        return error;
    }
    error = derive(&load);
    if (error == 0) {
        error = choose_place(&load);
    }
    if (error == 0) {
        error = reserve_relock(&load);
    }
    if (error == 0) {
        commit(&load);
        *out = load.entry;
    }
    object_put(load.image.object);
    return error;
}

static void give_answer(const struct region *region, const struct load_entry *entry, uint32_t word,
                        struct abi_region_loaded *answer)
{
    *answer = (struct abi_region_loaded){
        .base = entry->base,
        .answer = word | (region->class == REGION_SYSTEM ? ABI_REGION_SYSTEM_CLASS : 0),
        .extent_count = entry->extent_count,
    };
}

int region_load_hit(struct region *region, const struct region_load_request *request, struct abi_region_loaded *answer)
{
    int error = check_request(region, request);

    if (error != 0) {
        return error;
    }
    struct load_entry *entry =
        load_hash_find(region->hash, region, &request->image, request->account->domain, site_of(request));

    if (entry == NULL && region->behind.region != NULL) {
        entry = region_find(region, &request->image, request->account->domain, site_of(request));
    }
    if (entry == NULL) {
        return -ENOENT;
    }
    error = check_hit(entry, request);
    if (error == 0 && request->user != NULL && !region_uses(request->user, entry)) {
        error = region_use(request->user, entry);
    }
    if (error == 0) {
        give_answer(region, entry, ABI_REGION_PREVIOUSLY_LOADED, answer);
    }
    return error;
}

int region_load_relock(struct region *region, const struct region_load_request *request,
                       struct abi_region_loaded *answer)
{
    int error = region_load_hit(region, request, answer);

    if (error != -ENOENT) {
        return error;
    }
    struct load_entry *entry;

    if (region->is_loading) {
        return -EBUSY;
    }
    region->is_loading = true;
    error = load_new_relock(region, request, &entry);
    region->is_loading = false;
    if (error == 0) {
        give_answer(region, entry, 0, answer);
    }
    return error;
}
