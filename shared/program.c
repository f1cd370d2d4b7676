/*
 * Programs: images at the addresses that they were linked for, in every task's own range.
 *
 * A program is a load entry of the own site, a record with what a start needs to know, and one record for each library
 * that it names. All of them are found by one look-up; a second start parses nothing and copies nothing.
 *
 *     (not there) --program_acquire_relock()--> used --last program_put()--> unused --program_acquire_relock()--> used
 *                                                                     unused --program_reclaim()--> (not there)
 *     Of a sealed object, not the initrd's: used --last program_put()--> (not there)
 *
 * Invariants:
 *   placed   each segment lies in the low range or in the image range, so never in a window, a stack or page 0
 *   unused   an entry is in the hash's list of unused ones exactly when its users are 0
 *   checked  a library that is kept in a need has the build id that the program was linked against
 *
 * Typical use, by spawn:
 *     program_acquire_relock() -> program_map_relock() -> program_load_libraries_relock() -> ... the task ends -> program_put()
 */
#include "program.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "checked.h"
#include "elf.h"
#include "load_hash.h"
#include "region_load.h"
#include "shared.h"

#include <string.h>

/* The addresses that a program's segments may have, in either range. */
#define LOW_START MAP_FIRST_ADDRESS
#define LOW_END 0x40000000ull
/* Read-only pages that are mapped at once: a fault costs more than a dozen entries stored in a row. */
#define POPULATE_PAGES_MAX 16

/* One library: one record. */
struct need {
    struct need *next;
    struct object *library; /* one reference; NULL: not opened yet */
    struct abi_needs wanted;
};
static_assert(sizeof(struct need) <= RECORD_BYTES, "one record");

struct program {
    struct load_entry *entry;
    struct need *needs; /* in the file's order */
    uint64_t end; /* of the highest extent, a whole page: where the heap starts */
    uint64_t populate_start; /* [start, end): its read-only content, when it is small; else empty */
    uint64_t populate_end;
    struct program_start start;
    uint32_t audited; /* users that the auditor has come upon */
};
static_assert(sizeof(struct program) <= RECORD_BYTES, "one record");

static bool lies_in(const struct abi_extent *extent, uint64_t start, uint64_t end)
{
    return extent->address >= start && fits_below(extent->address, page_round_up(extent->size_bytes), end);
}

static int check_placement(const struct derived_manifest *manifest, struct reason *reason)
{
    for (uint32_t i = 0; i < manifest->count; i++) {
        const struct abi_extent *extent = &manifest->extents[i];

        if (!lies_in(extent, LOW_START, LOW_END) && !lies_in(extent, MAP_IMAGE_START, MAP_IMAGE_END)) {
            return reason_give(reason, -ENOEXEC, "%#lx bytes at %#lx: no program's place",
                               (unsigned long)extent->size_bytes, (unsigned long)extent->address);
        }
    }
    return 0;
}

static int check_entry_point(const struct elf *elf, struct reason *reason)
{
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];

        if ((segment->rights & ELF_EXECUTE) != 0 && elf->entry % 2 == 0 && elf->entry >= segment->address &&
            elf->entry - segment->address < segment->memory_bytes) {
            return 0;
        }
    }
    return reason_give(reason, -ENOEXEC, "entry point %#lx is not in an executable segment", (unsigned long)elf->entry);
}

static bool is_read_only_content(const struct load_extent *extent)
{
    return (extent->protection & (ABI_EXTENT_WRITE | ABI_EXTENT_ZERO_FILL)) == 0;
}

/* Records set aside; when they are used up, programs that are kept as a cache make room. */
static int reserve_records(struct record_pool *pool, uint32_t count, struct record_batch *batch)
{
    int error = record_pool_reserve(pool, count, batch);

    if (error == -ENOSPC) {
        shared_reclaim();
        error = record_pool_reserve(pool, count, batch);
    }
    return error;
}

/* The pages that a start maps at once: read-only extents that follow each other, as far as they are small together. */
static void choose_populated(struct program *program)
{
    for (const struct load_extent *extent = program->entry->extents; extent != NULL; extent = extent->next) {
        uint64_t end = extent->address + load_entry_extent_bytes(extent);

        if (!is_read_only_content(extent)) {
            continue;
        }
        if (program->populate_end == 0) {
            program->populate_start = program->populate_end = extent->address;
        }
        if (extent->address != program->populate_end ||
            end - program->populate_start > POPULATE_PAGES_MAX * PAGE_SIZE) {
            return;
        }
        program->populate_end = end;
    }
}

/* What the start needs, and where the image ends. */
static void describe(struct program *program, const struct elf *elf)
{
    program->start = (struct program_start){ .entry = elf->entry,
                                             .headers_address = elf->headers_mapped ? elf->headers_address : 0,
                                             .header_count = elf->headers_mapped ? elf->header_count : 0,
                                             .needs_count = elf->needs_count };
    for (const struct load_extent *extent = program->entry->extents; extent != NULL; extent = extent->next) {
        uint64_t end = extent->address + load_entry_extent_bytes(extent);

        program->end = end > program->end ? end : program->end;
    }
    choose_populated(program);
}

static struct need *take_needs(struct record_batch *batch, const struct elf *elf)
{
    struct need *first = NULL, **link = &first;

    for (uint32_t i = 0; i < elf->needs_count; i++) {
        struct need *need = record_pool_take(batch);

        need->wanted = elf->needs[i];
        *link = need;
        link = &need->next;
    }
    return first;
}

/* Programs of the initrd serve all, and are kept as a cache. */
static struct account *payer_of(const struct image *image, struct account *account)
{
    return image->object->kind == OBJECT_INITRD ? &account_supervisor : account;
}

/* From a file that was parsed to an entry in the hash. */
static int add_program_relock(struct load_hash *hash, const struct image *image, const struct elf *elf,
                              struct manifest manifest, struct account *account, struct load_entry **out)
{
    struct load_source source = {
        .key = *image, .object = image->object, .payer = payer_of(image, account), .site = LOAD_SITE_OWN
    };
    struct record_batch batch;
    struct load_entry *entry;
    int error = reserve_records(&hash->records, 2 + manifest.count + elf->needs_count, &batch);

    if (error != 0) {
        return error;
    }
    error =
        load_entry_create_relock(&hash->records, &batch, &source, manifest, (struct load_bases){ .text = 0 }, &entry);
    if (error != 0) {
        record_pool_cancel(&hash->records, &batch);
        return error;
    }
    struct program *program = record_pool_take(&batch);

    program->entry = entry;
    program->needs = take_needs(&batch, elf);
    describe(program, elf);
    entry->program = program;
    entry->domain = load_hash_domain(image, account->domain);
    load_hash_add(hash, entry);
    *out = entry;
    return 0;
}

static int load_program_relock(struct load_hash *hash, const struct image *image, struct account *account,
                               struct load_entry **out, struct reason *reason)
{
    struct derived_manifest manifest;
    struct elf elf;
    int error = elf_parse(image, &elf, reason);

    if (error != 0) {
        return error;
    }
    manifest_derive(&elf, &manifest);
    error = check_placement(&manifest, reason);
    if (error == 0) {
        error = check_entry_point(&elf, reason);
    }
    return error != 0 ? error : add_program_relock(hash, image, &elf, manifest_of(&manifest), account, out);
}

int program_acquire_relock(const struct image *image, struct account *account, struct program **out,
                           struct reason *reason)
{
    struct load_hash *hash = load_hash_system();

    if (!image_is_valid(image)) {
        return -EINVAL;
    }
    struct load_entry *entry = load_hash_find_program(hash, image, account->domain);

    if (entry == NULL) {
        if (hash->is_loading_program) {
            return -EBUSY;
        }
        hash->is_loading_program = true;
        int error = load_program_relock(hash, image, account, &entry, reason);

        hash->is_loading_program = false;
        if (error != 0) {
            return error;
        }
    } else if (image->length < entry->needed_bytes) {
        return reason_give(reason, -ENOEXEC, "truncated");
    }
    if (entry->users++ == 0) {
        list_remove(&entry->link);
    }
    *out = entry->program;
    return 0;
}

void program_get(struct program *program)
{
    program->entry->users++;
}

static void forget(struct load_hash *hash, struct load_entry *entry)
{
    struct need *need = entry->program->needs;

    while (need != NULL) {
        struct need *following = need->next;

        if (need->library != NULL) {
            object_put(need->library);
        }
        record_pool_free(&hash->records, need);
        need = following;
    }
    list_remove(&entry->link);
    load_hash_remove(hash, entry);
    record_pool_free(&hash->records, entry->program);
    load_entry_free(&hash->records, entry);
}

/* Programs of the initrd are kept as a cache; any other one would keep memory that nobody can give back by its name. */
void program_put(struct program *program)
{
    struct load_entry *entry = program->entry;

    if (--entry->users == 0) {
        list_push_back(&load_hash_system()->unused, &entry->link);
        if (entry->object->kind != OBJECT_INITRD) {
            forget(load_hash_system(), entry);
        }
    }
}

void program_reclaim(void)
{
    struct load_hash *hash = load_hash_system();

    LIST_FOR_EACH_SAFE(link, following, &hash->unused) {
        forget(hash, CONTAINER_OF(link, struct load_entry, link));
    }
}

static struct map_request map_request_of(const struct load_entry *entry, const struct load_extent *extent)
{
    /* ABI_EXTENT_READ, _WRITE and _EXECUTE have the values of ABI_PROT_. The maximum is what the segment says: text can
     * never become writable, and data never executable. */
    uint8_t protection = extent->protection & (ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC);

    return (struct map_request){ .start = extent->address,
                                 .size_bytes = load_entry_extent_bytes(extent),
                                 .object = extent->content,
                                 .object_page = (entry->offset + extent->file_offset) >> PAGE_SHIFT,
                                 .protection = protection,
                                 .max_protection = protection,
                                 .sharing = MAP_ENTRY_PRIVATE };
}

int program_map_relock(struct program *program, struct map *map)
{
    const struct load_entry *entry = program->entry;

    for (const struct load_extent *extent = entry->extents; extent != NULL; extent = extent->next) {
        struct map_request request = map_request_of(entry, extent);
        int error = map_add(map, &request);

        if (error != 0) {
            for (const struct load_extent *added = entry->extents; added != extent; added = added->next) {
                map_remove(map, added->address, load_entry_extent_bytes(added));
            }
            return error;
        }
    }
    map_populate_relock(map, program->populate_start, program->populate_end - program->populate_start);
    map->heap_start = program->end;
    map->heap_end = program->end;
    return 0;
}

/* The first bytes of a build id, for people to compare. */
static unsigned build_id_start(const uint8_t id[ABI_BUILD_ID_BYTES])
{
    return (unsigned)id[0] << 24 | (unsigned)id[1] << 16 | (unsigned)id[2] << 8 | id[3];
}

static int check_build(const struct need *need, const struct image *image, struct reason *reason)
{
    const char *name = need->wanted.name;
    struct reason inner = { .text = "" };
    struct elf elf;
    int error = image_is_valid(image) ? elf_parse(image, &elf, &inner) : -ENOEXEC;

    if (error != 0) {
        return reason_give(reason, error, "library %s: %s", name, inner.text);
    }
    if (!elf.has_build_id) {
        return reason_give(reason, -ENOEXEC, "library %s has no build id", name);
    }
    if (memcmp(elf.build_id, need->wanted.build_id, sizeof(elf.build_id)) != 0) {
        return reason_give(reason, -ENOEXEC, "linked against %s of build %08x, but here it is build %08x", name,
                           build_id_start(need->wanted.build_id), build_id_start(elf.build_id));
    }
    return 0;
}

static int open_need(struct need *need, program_open_library *open, void *context, struct reason *reason)
{
    struct object *library;
    int error = open(need->wanted.name, &library, context);

    if (error == -ENOENT) {
        return reason_give(reason, -ENOEXEC, "library %s is missing", need->wanted.name);
    }
    if (error != 0) {
        return error;
    }
    struct image image = image_of(library);

    error = check_build(need, &image, reason);
    if (error != 0) {
        object_put(library);
        return error;
    }
    need->library = library;
    return 0;
}

static int load_need_relock(const struct need *need, struct map *map, struct reason *reason)
{
    struct reason inner = { .text = "" };
    struct region_load_request request = { .image = image_of(need->library),
                                           .account = map->account,
                                           .user = map,
                                           .flags = ABI_REGION_ANY_BASE | ABI_REGION_IMAGE_MANIFEST,
                                           .reason = &inner };
    struct abi_region_loaded answer;
    int error = region_load_relock(region_of(map), &request, &answer);

    if (error == -EEXIST) {
        return reason_give(reason, -ENOEXEC, "library %s: another one has its place", need->wanted.name);
    }
    return error == -ENOEXEC ? reason_give(reason, error, "library %s: %s", need->wanted.name, inner.text) : error;
}

int program_load_libraries_relock(struct program *program, struct map *map, program_open_library *open, void *context,
                                  struct reason *reason)
{
    for (struct need *need = program->needs; need != NULL; need = need->next) {
        int error = need->library == NULL ? open_need(need, open, context, reason) : 0;

        if (error == 0) {
            error = load_need_relock(need, map, reason);
        }
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

struct program_start program_start(const struct program *program)
{
    return program->start;
}

void program_audit_user(struct program *program)
{
    program->audited++;
}

__attribute__((cold)) uint32_t program_audit(struct program *program, struct audit *audit, enum audit_owners owners)
{
    const struct load_entry *entry = program->entry;
    uint32_t found = program->audited, records = 1;
    bool is_listed = !list_is_empty(&entry->link);

    program->audited = 0;
    audit_expect(audit, entry->users == found || (owners == AUDIT_SOME_OWNERS && entry->users > found), "program-users",
                 entry->users);
    audit_expect(audit, entry->program == program && is_listed == (entry->users == 0), "program-unused", entry->users);
    for (const struct need *need = program->needs; need != NULL && records <= program->start.needs_count;
         need = need->next) {
        if (need->library != NULL) {
            audit_object_owner(need->library);
        }
        records++;
    }
    return records;
}
