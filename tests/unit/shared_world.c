/*
 * The tests' world: see shared_world.h.
 */
#include "shared_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "harts.h"
#include "pool.h"
#include "stub.h"
#include "table.h"
#include "tree.h"

#define FILE_BYTES_MAX (64u << 20)

/* --- Building ELF files */

struct file_header {
    uint8_t ident[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_headers;
    uint64_t section_headers;
    uint32_t flags;
    uint16_t sizes[6];
};

struct writer {
    struct bytes file;
    unsigned header_count;
};

static void fit(struct bytes *file, uint64_t size)
{
    if (size > file->size) {
        CHECK(size <= FILE_BYTES_MAX);
        file->data = realloc(file->data, size);
        memset(file->data + file->size, 0, size - file->size);
        file->size = size;
    }
}

static uint64_t append(struct bytes *file, const void *data, uint64_t size)
{
    uint64_t at = (file->size + 3) & ~3ull;

    fit(file, at + size);
    memcpy(file->data + at, data, size);
    return at;
}

struct program_header *world_header(struct bytes file, unsigned index)
{
    return (struct program_header *)(file.data + sizeof(struct file_header)) + index;
}

static void add_header(struct writer *writer, struct program_header header)
{
    *world_header(writer->file, writer->header_count++) = header;
}

static void add_note(struct writer *writer, const char *owner, uint32_t type, const void *data, uint32_t size)
{
    uint32_t words[3] = { (uint32_t)strlen(owner) + 1, size, type };
    char name[8] = { 0 };
    uint64_t start = append(&writer->file, words, sizeof(words));

    snprintf(name, sizeof(name), "%s", owner);
    append(&writer->file, name, (words[0] + 3) & ~3u);
    append(&writer->file, data, size);
    add_header(writer, (struct program_header){
                           .type = 4, .offset = start, .file_bytes = writer->file.size - start, .alignment = 4 });
}

static void add_segment(struct writer *writer, const struct plan_segment *segment, bool packed, uint8_t fill)
{
    struct bytes *file = &writer->file;
    uint64_t offset = (file->size & ~PAGE_MASK) + (segment->address & PAGE_MASK);

    if (offset < file->size) {
        offset += PAGE_SIZE;
    }
    if (segment->file_bytes > 0 && segment->file_bytes < FILE_BYTES_MAX) {
        fit(file, offset + segment->file_bytes);
        for (uint64_t i = offset; i < offset + segment->file_bytes; i++) {
            uint8_t byte = (uint8_t)(fill + i / 64 + i);

            file->data[i] = byte == 0 ? 1 : byte;
        }
    }
    add_header(writer, (struct program_header){ .type = 1,
                                                .flags = segment->rights,
                                                .offset = offset,
                                                .address = segment->address,
                                                .physical_address = segment->address,
                                                .file_bytes = segment->file_bytes,
                                                .memory_bytes = segment->memory_bytes,
                                                .alignment = PAGE_SIZE });
    if (!packed) {
        fit(file, page_round_up(file->size));
    }
}

struct bytes world_build(const struct plan *plan)
{
    struct file_header header = { .ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
                                  .type = 2,
                                  .machine = 243,
                                  .version = 1,
                                  .entry = plan->entry,
                                  .program_headers = sizeof(header),
                                  .sizes = { sizeof(header), sizeof(struct program_header) } };
    struct writer writer = { .file = { NULL, 0 } };

    header.sizes[2] =
        (uint16_t)(plan->segment_count + (plan->build_id != 0) + plan->needs_count + (plan->slides_count > 0));
    fit(&writer.file, sizeof(header) + header.sizes[2] * sizeof(struct program_header));
    memcpy(writer.file.data, &header, sizeof(header));
    writer.header_count = plan->segment_count;
    if (plan->build_id != 0) {
        uint8_t id[ABI_BUILD_ID_BYTES];

        memset(id, plan->build_id, sizeof(id));
        add_note(&writer, "GNU", 3, id, sizeof(id));
    }
    for (unsigned i = 0; i < plan->needs_count; i++) {
        add_note(&writer, ABI_NOTE_OWNER, ABI_NOTE_NEEDS, &plan->needs[i], sizeof(plan->needs[i]));
    }
    if (plan->slides_count > 0) {
        uint64_t size = plan->slides_count * sizeof(uint32_t);
        uint64_t start = append(&writer.file, plan->slides, size);

        add_header(&writer, (struct program_header){
                                .type = ABI_PT_SLIDES, .offset = start, .file_bytes = size, .alignment = 4 });
    }
    writer.header_count = 0;
    for (unsigned i = 0; i < plan->segment_count; i++) {
        add_segment(&writer, &plan->segments[i], plan->packed, plan->fill);
    }
    return writer.file;
}

struct plan world_library(uint64_t offset, uint64_t text_bytes, uint64_t data_bytes, uint64_t bss_bytes)
{
    uint64_t rodata = offset + page_round_up(text_bytes), data = rodata + PAGE_SIZE;

    return (struct plan){
        .segment_count = 3,
        .segments = { { ABI_TEXT_WINDOW + offset, text_bytes, text_bytes, ELF_READ | ELF_EXECUTE },
                      { ABI_TEXT_WINDOW + rodata, 100, 100, ELF_READ },
                      { ABI_DATA_WINDOW + data, data_bytes, data_bytes + bss_bytes, ELF_READ | ELF_WRITE } },
        .build_id = 1,
    };
}

void world_pack(struct plan *plan)
{
    uint64_t position = 0;

    plan->packed = true;
    for (unsigned i = 0; i < plan->segment_count; i++) {
        plan->segments[i].address += position & PAGE_MASK;
        position += plan->segments[i].file_bytes;
    }
}

struct plan world_program(void)
{
    return (struct plan){
        .entry = MAP_IMAGE_START + 0x10,
        .segment_count = 3,
        .segments = { { MAP_IMAGE_START, 0x1800, 0x1800, ELF_READ | ELF_EXECUTE },
                      { MAP_IMAGE_START + 0x2000, 0x200, 0x200, ELF_READ },
                      { MAP_IMAGE_START + 0x3000, 0x300, 0x2300, ELF_READ | ELF_WRITE } },
        .build_id = 2,
    };
}

/* --- Objects and images */

static paddr_t initrd_next, initrd_end;

/* Every frame is handed out once, so that no descriptor has to be made, and counted, later. */
static void warm_up(void)
{
    static paddr_t frames[WORLD_FREE_PAGES];
    unsigned count = 0;

    while (frame_alloc(FRAME_PAGE, &account_supervisor, &frames[count]) == 0) {
        count++;
    }
    while (count > 0) {
        frame_put(frames[--count]);
    }
}

void world_start(void)
{
    struct memory_span free = { paddr(STUB_RAM_BASE), paddr(STUB_RAM_BASE + WORLD_FREE_PAGES * PAGE_SIZE) };
    struct memory_span initrd = { free.end, paddr(free.end.value + WORLD_INITRD_PAGES * PAGE_SIZE) };

    harts_choose_machine();
    stub_start(initrd.end.value - STUB_RAM_BASE);
    harts_start();
    CHECK_EQUAL(frame_init(&free, 1), 0);
    CHECK_EQUAL(frame_adopt(initrd, FRAME_INITRD), 0);
    warm_up();
    CHECK_EQUAL(region_server_init(), 0);
    frame_set_reclaim(shared_reclaim);
    initrd_next = initrd.start;
    initrd_end = initrd.end;
}

void world_end(void)
{
    region_put(region_current());
    shared_reclaim();
    load_hash_destroy(load_hash_system());
    pool_reclaim_all();
}

void world_restart_server(void)
{
    shared_reclaim();
    region_put(region_current());
    load_hash_destroy(load_hash_system());
    CHECK_EQUAL(region_server_init(), 0);
}

struct object *world_file(struct bytes file)
{
    struct object *object;
    paddr_t start = initrd_next;

    CHECK(page_round_up(file.size) <= initrd_end.value - start.value);
    initrd_next.value += page_round_up(file.size);
    memset(arch_direct(start), 0, page_round_up(file.size));
    memcpy(arch_direct(start), file.data, file.size);
    CHECK_EQUAL(object_create_initrd(start, file.size, &object), 0);
    free(file.data);
    return object;
}

struct object *world_planned(const struct plan *plan)
{
    return world_file(world_build(plan));
}

uint8_t *world_byte(const struct object *object, uint64_t offset)
{
    return (uint8_t *)arch_direct(object->initrd_start) + offset;
}

/* --- Loading */

int world_load_manifest(struct object *object, uint32_t flags, uint64_t base, struct manifest manifest,
                        struct abi_region_loaded *answer)
{
    struct region_load_request request = {
        .image = image_of(object), .account = account_root(), .base = base, .flags = flags, .manifest = manifest
    };

    return region_load_relock(region_current(), &request, answer);
}

int world_load(struct object *object, uint32_t flags, uint64_t base, struct abi_region_loaded *answer)
{
    return world_load_manifest(object, flags | ABI_REGION_IMAGE_MANIFEST, base, (struct manifest){ .count = 0 },
                               answer);
}

uint64_t world_derive(struct object *object, struct derived_manifest *out)
{
    struct image image = image_of(object);
    struct elf elf;
    uint64_t link_base;

    CHECK_EQUAL(elf_parse(&image, &elf, NULL), 0);
    manifest_derive(&elf, out);
    CHECK_EQUAL(manifest_make_relative(out, &link_base, NULL), 0);
    return ABI_TEXT_WINDOW + link_base;
}

bool world_sees(uint64_t address, uint8_t *byte)
{
    pte_t pte = windows_entry(&region_current()->windows, page_round_down(address));

    if (pte == 0) {
        return false;
    }
    *byte = ((const uint8_t *)arch_direct(pte_frame(pte)))[address & PAGE_MASK];
    return true;
}

/* --- Tasks */

struct map *world_task_in(struct region *region)
{
    struct map *map;

    CHECK_EQUAL(region_create_map_relock(region, account_root(), &map), 0);
    return map;
}

void world_end_task(struct map *map)
{
    region_detach(map);
    map_destroy(map);
}

/* --- State */

uint64_t world_free_frames(void)
{
    return frame_free_count() + pool_spare_frames();
}

static uint64_t digest;

static void add(uint64_t value)
{
    digest = (digest ^ value) * 0x9ddfea08eb382d69ull;
    digest ^= digest >> 29;
}

static void add_leaf(struct table_place place, uint64_t address, pte_t pte, void *context)
{
    (void)place, (void)context;
    add(address);
    add(pte_is_leaf(pte) ? pte : pte & ~PTE_FRAME_MASK); /* which frame holds a table says nothing */
}

static void add_frame(paddr_t frame, struct frame *descriptor, void *context)
{
    (void)context;
    if (descriptor->ref_count > 0 && (descriptor->kind == FRAME_PAGE || descriptor->kind == FRAME_INITRD)) {
        add(frame.value);
        add(descriptor->ref_count);
    }
}

static void add_object(struct object *object, void *context)
{
    (void)context;
    add(object->generation);
    add(object->ref_count);
    add(object->pages.count);
}

static void add_entry(const struct load_entry *entry)
{
    add((uintptr_t)entry->object);
    add(entry->offset);
    add((uintptr_t)entry->region);
    add(entry->base);
    add(entry->depth);
    add(entry->users);
    add(entry->site);
    for (const struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        add(extent->address);
        add(extent->size_bytes);
        add(extent->file_offset);
        add(extent->protection);
        add((uintptr_t)extent->content);
    }
}

#define BUCKETS_PER_PAGE (PAGE_SIZE / sizeof(void *))

static void add_region(struct region *region, void *context)
{
    (void)context;
    add(region->class);
    add(region->ref_count);
    add(region->depth);
    add(region->behind.depth);
    add(region->entry_count);
    add(region->record_count);
    table_for_each(region->windows.text, 1, WINDOW_TEXT_BASE, add_leaf, NULL);
    table_for_each(region->windows.data, 1, WINDOW_DATA_BASE, add_leaf, NULL);
}

uint64_t world_state(void)
{
    const struct load_hash *hash = load_hash_system();

    digest = 1;
    for (uint64_t i = 0; i < hash->page_count * BUCKETS_PER_PAGE; i++) {
        for (const struct load_entry *entry = hash->pages[i / BUCKETS_PER_PAGE][i % BUCKETS_PER_PAGE]; entry != NULL;
             entry = entry->next) {
            add(i);
            add_entry(entry);
        }
    }
    add(hash->entry_count);
    add(hash->records.used_count);
    region_for_each(add_region, NULL);
    frame_for_each(add_frame, NULL);
    object_for_each(add_object, NULL);
    add(world_free_frames());
    return digest;
}

static void audit_maps_of(struct region *region, void *context)
{
    LIST_FOR_EACH(link, &region->windows.maps) {
        audit_map(context, CONTAINER_OF(link, struct map, windows_link));
    }
}

void world_audit(void)
{
    struct audit audit;

    audit_begin(&audit);
    region_for_each(audit_maps_of, &audit);
    shared_audit(&audit, AUDIT_SOME_OWNERS);
    audit_end(&audit, WORLD_FREE_PAGES + WORLD_INITRD_PAGES, 0, AUDIT_SOME_OWNERS);
    for (uint32_t i = 0; i < audit.finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        fprintf(stderr, "auditor: %s at %#lx\n", audit.findings[i].invariant, (unsigned long)audit.findings[i].where);
    }
    CHECK_EQUAL(audit.finding_count, 0);
}

/* --- Loads that are checked */

const struct abi_region_loaded world_untouched = { 0x1111111111111111, 0x22222222, 0x33333333 };

struct object *world_small_library(uint64_t offset)
{
    struct plan plan = world_library(offset, 0x800, 0x800, 0);

    plan.fill = (uint8_t)(offset >> 12);
    return world_planned(&plan);
}

bool world_is_untouched(const struct abi_region_loaded *answer)
{
    return memcmp(answer, &world_untouched, sizeof(world_untouched)) == 0;
}

void world_check_refused(struct object *object, uint32_t flags, uint64_t base, int error)
{
    struct abi_region_loaded answer = world_untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(world_load(object, flags, base, &answer), error);
    CHECK_EQUAL(world_state(), state);
    CHECK(world_is_untouched(&answer));
}

void world_check_manifest_refused(struct object *object, uint32_t flags, uint64_t base, struct manifest manifest,
                                  int error)
{
    struct abi_region_loaded answer = world_untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(world_load_manifest(object, flags, base, manifest, &answer), error);
    CHECK_EQUAL(world_state(), state);
    CHECK(world_is_untouched(&answer));
}

void world_check_loaded(struct object *object, uint32_t flags, uint64_t base, uint64_t loaded_at, bool hit)
{
    struct abi_region_loaded answer = world_untouched;
    uint64_t state = world_state();

    CHECK_EQUAL(world_load(object, flags, base, &answer), 0);
    CHECK_EQUAL(answer.base, loaded_at);
    CHECK_EQUAL(answer.answer, ABI_REGION_SYSTEM_CLASS | (hit ? ABI_REGION_PREVIOUSLY_LOADED : 0));
    CHECK_EQUAL(world_state() == state, hit);
    world_audit();
}
