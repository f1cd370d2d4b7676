/*
 * mm/audit.c finds what is broken: each row seeds one corruption into a small world that is sound, and the auditor must
 * find it by the name of the invariant. What others look at besides is theirs to find.
 */
#include "audit.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi_types.h"
#include "check.h"
#include "frame.h"
#include "mm_world.h"
#include "object.h"
#include "pool.h"
#include "table.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC
#define P PAGE_SIZE

/* Where things are in the world's one map. */
#define PRIVATE 0x100000ull
#define SHARED 0x200000ull
#define FILE_TEXT 0x300000ull
#define NO_ACCESS 0x500000ull
#define FILE_PAGES 3u

struct thing {
    uint64_t words[40];
};

static struct pool things = POOL("thing", struct thing);
static struct thing *thing; /* one of two */
static struct map *map;
static struct windows windows;
static struct object *object; /* mapped shared; the test holds a reference */
static struct object *file;
static struct account *outer, *within; /* the one made the other; the test holds a reference on each */
static paddr_t zeroed; /* a free frame, listed in front of others */

static void load_page(uint64_t address)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, account_root(), &frame), 0);
    CHECK_EQUAL(windows_map(&windows, address, frame, address >= WINDOW_DATA_BASE ? PTE_R : PTE_R | PTE_X,
                            address >= WINDOW_DATA_BASE),
                0);
    frame_put(frame);
}

static void make_accounts(void)
{
    const struct account_limits outers = { .of = { 40, 30, 20, 10, 5 }, .guarantee = 8 };
    const struct account_limits withins = { .of = { 20, 10, 5, 5, 2 }, .guarantee = 4 };

    CHECK_EQUAL(account_create_within(account_root(), &outers, &outer), 0);
    CHECK_EQUAL(account_create_within(outer, &withins, &within), 0);
}

static void make_world(void)
{
    paddr_t other;
    uint8_t byte;

    world_start(4 << 20);
    thing = pool_alloc(&things);
    CHECK(thing != NULL && pool_alloc(&things) != NULL);
    map = world_map();
    CHECK_EQUAL(windows_init_relock(&windows, &account_supervisor), 0);
    load_page(WINDOW_TEXT_BASE);
    load_page(WINDOW_DATA_BASE);
    load_page(WINDOW_DATA_BASE + (2ull << 20));
    CHECK_EQUAL(map_attach(map, &windows), 0);
    memset(arch_direct(paddr(world_initrd().value + (FILE_PAGES - 1) * P + 100)), 0, P - 100);
    CHECK_EQUAL(object_create_anonymous(4 * P, &object), 0);
    CHECK_EQUAL(object_create_initrd(world_initrd(), (FILE_PAGES - 1) * P + 100, &file), 0);
    CHECK_EQUAL(world_add(map, PRIVATE, 4, R | W), 0);
    CHECK_EQUAL(world_add_object(map, SHARED, 4, R | W, MAP_ENTRY_SHARED, object, 0), 0);
    CHECK_EQUAL(world_add_object(map, FILE_TEXT, FILE_PAGES, R | X, MAP_ENTRY_PRIVATE, file, 0), 0);
    CHECK_EQUAL(world_add(map, NO_ACCESS, 1, 0), 0);
    CHECK_EQUAL(world_add(map, NO_ACCESS + P, 1, R), 0);
    CHECK_EQUAL(world_store(map, PRIVATE, 1), 0);
    CHECK_EQUAL(world_load(map, PRIVATE + P, &byte), 0);
    CHECK_EQUAL(world_store(map, SHARED, 1), 0);
    CHECK_EQUAL(world_load(map, FILE_TEXT, &byte), 0);
    CHECK_EQUAL(world_store(map, WINDOW_DATA_BASE, 1), 0);
    CHECK_EQUAL(world_load(map, WINDOW_DATA_BASE + (2ull << 20), &byte), 0);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, account_root(), &other), 0);
    CHECK_EQUAL(frame_alloc_zeroed_relock(FRAME_PAGE, account_root(), &zeroed), 0);
    make_accounts();
    frame_put_zeroed(other);
    frame_put_zeroed(zeroed);
}

static struct audit run_auditor(uint64_t frames, enum audit_owners owners)
{
    struct audit audit;

    audit_begin(&audit);
    audit.pid = 7;
    audit_map(&audit, map);
    audit_windows(&audit, &windows);
    audit_object_owner(object);
    audit_object_owner(file);
    account_audit_reference(outer);
    account_audit_reference(within);
    audit_end(&audit, frames, WORLD_SUPERVISOR_FRAMES, owners);
    return audit;
}

static pte_t *leaf(uint64_t address)
{
    pte_t *found = table_leaf(map->space.root, address);

    CHECK(found != NULL && *found != 0);
    return found;
}

static struct frame *shown(uint64_t address)
{
    return frame_of(pte_frame(*leaf(address)));
}

static paddr_t level1(void)
{
    return pte_frame(table_entries(map->space.root)[0]);
}

static paddr_t level0(void)
{
    return pte_frame(table_entries(level1())[0]);
}

static pte_t *window_leaf(paddr_t window, uint64_t address)
{
    return &table_entries(pte_frame(table_entries(window)[sv39_index(address, 1)]))[sv39_index(address, 0)];
}

/* The header of a pool's page. */
struct page_header {
    struct list link;
    struct pool *pool;
    void *free;
    uint32_t used;
    uint32_t carve_offset;
};

static struct page_header *page_of_thing(void)
{
    return (struct page_header *)ALIGNED_DOWN((uintptr_t)thing, P);
}

/* A node of a page store: 64 slots, then how many are used. */
static uint64_t *store_filled(void)
{
    return (uint64_t *)object->pages.root + 64;
}

static void lose_a_page(void)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_PAGE, account_root(), &frame), 0);
}

static void lose_a_supervisors_frame(void)
{
    paddr_t frame;

    CHECK_EQUAL(frame_alloc(FRAME_SUPERVISOR, &account_supervisor, &frame), 0);
}

static void let_pool_page_lead_elsewhere(void)
{
    pool_free(&things, thing);
    page_of_thing()->free = &windows;
}

static void change_flags(uint64_t address, pte_t set, pte_t clear)
{
    *leaf(address) = (*leaf(address) & ~clear) | set;
}

static void show(uint64_t address, paddr_t frame)
{
    *leaf(address) = (*leaf(address) & ~PTE_FRAME_MASK) | pte_make(frame, 0);
}

static struct map_entry *entry(uint64_t address)
{
    return map_find(map, address);
}

struct corruption {
    const char *invariant;
    void (*seed)(void);
};

/* Each row's statement breaks the invariant of its name. */
#define CORRUPTIONS(X_) \
    X_(1, "in-use", show(PRIVATE, zeroed)) \
    X_(2, "in-use", show(PRIVATE, paddr(1ull << 40))) \
    X_(3, "in-use", shown(SHARED)->kind = FRAME_FREE) \
    X_(4, "references", shown(PRIVATE)->ref_count++) \
    X_(5, "references", shown(FILE_TEXT)->ref_count--) \
    X_(6, "references", lose_a_page()) \
    X_(7, "references", frame_of(frame_zero())->ref_count++) \
    X_(8, "accounted", lose_a_supervisors_frame()) \
    X_(9, "listed-free", frame_of(zeroed)->ref_count = 1) \
    X_(10, "listed-free", frame_of(zeroed)->kind = FRAME_PAGE) \
    X_(11, "listed-free", frame_of(zeroed)->sharers = (uint32_t)(zeroed.value >> PAGE_SHIFT)) \
    X_(12, "counted", frame_of(zeroed)->sharers = UINT32_MAX) \
    X_(13, "zeroed", ((char *)arch_direct(zeroed))[4095] = 1) \
    X_(14, "page-used", page_of_thing()->used++) \
    X_(15, "page-used", let_pool_page_lead_elsewhere()) \
    X_(16, "page-list", page_of_thing()->pool = NULL) \
    X_(17, "page-list", page_of_thing()->used = 0) \
    X_(18, "pool-used", things.used++) \
    X_(19, "pool-used", things.pages++) \
    X_(20, "pool-used", page_of_thing()->link.previous = &page_of_thing()->link) \
    X_(21, "store-filled", ++*store_filled()) \
    X_(22, "store-count", object->pages.count++) \
    X_(23, "store-height", object->pages.height = 0) \
    X_(24, "store-height", object->pages.height = 9) \
    X_(25, "object-inside", object->size_bytes = 0) \
    X_(26, "object-page", shown(SHARED)->kind = FRAME_INITRD) \
    X_(27, "object-depth", object->kind = OBJECT_SHADOW) \
    X_(28, "object-initrd", shown(FILE_TEXT)->kind = FRAME_PAGE) \
    X_(29, "object-tail", ((char *)arch_direct(world_initrd()))[(FILE_PAGES - 1) * P + 100] = 1) \
    X_(30, "object-mappings", list_remove(&entry(SHARED)->object_link)) \
    X_(31, "object-mappings", object->mappings.next->previous = NULL) \
    X_(32, "object-references", object->ref_count++) \
    X_(33, "object-references", file->ref_count--) \
    X_(34, "entry-object", list_remove(&entry(SHARED)->object_link)) \
    X_(35, "entry-object", entry(SHARED)->map = NULL) \
    X_(36, "entry-sorted", entry(PRIVATE)->end = SHARED + P) \
    X_(37, "entry-sorted", entry(PRIVATE)->start++) \
    X_(38, "entry-windows", entry(NO_ACCESS)->end = WINDOW_TEXT_BASE + P) \
    X_(39, "entry-merged", entry(NO_ACCESS)->protection = R) \
    X_(40, "entry-rights", entry(PRIVATE)->protection = R | W | X) \
    X_(41, "entry-rights", entry(SHARED)->protection |= X) \
    X_(42, "entry-rights", entry(FILE_TEXT)->sharing = MAP_ENTRY_SHARED) \
    X_(43, "entry-rights", entry(PRIVATE)->sharing = MAP_ENTRY_SHARED) \
    X_(44, "entry-count", map->entry_count++) \
    X_(45, "entry-count", map->recent = (struct map_entry *)(void *)thing) \
    X_(46, "entry-tree", map->entries.root->height++) \
    X_(47, "room", map->area_room.from = MAP_AREA_START) \
    X_(48, "heap", map->heap_start = map->heap_end + 1) \
    X_(49, "leaf-accessed", change_flags(PRIVATE, 0, PTE_A)) \
    X_(50, "leaf-accessed", change_flags(PRIVATE, 0, PTE_D)) \
    X_(51, "leaf-user", change_flags(PRIVATE, 0, PTE_U)) \
    X_(52, "leaf-user", change_flags(PRIVATE, PTE_G, 0)) \
    X_(53, "leaf-w-xor-x", change_flags(PRIVATE, PTE_X, 0)) \
    X_(54, "leaf-rights", change_flags(FILE_TEXT, PTE_W | PTE_D, PTE_X)) \
    X_(55, "leaf-rights", entry(PRIVATE)->protection = R) \
    X_(56, "leaf-rights", change_flags(PRIVATE, PTE_HELD, PTE_V)) \
    X_(57, "leaf-entry", entry(PRIVATE)->end = PRIVATE + P) \
    X_(58, "leaf-writable", shown(PRIVATE)->ref_count = 2) \
    X_(59, "leaf-writable", shown(WINDOW_DATA_BASE)->ref_count = 2) \
    X_(60, "leaf-writable", entry(SHARED)->object_page = 1) \
    X_(61, "leaf-inside", object->size_bytes = 0) \
    X_(62, "leaf-frame", show(PRIVATE, arch_physical(thing))) \
    X_(63, "leaf-frame", change_flags(PRIVATE + P, PTE_W | PTE_D, 0)) \
    X_(64, "leaf-frame", show(FILE_TEXT, map->space.root)) \
    X_(65, "leaf-level", table_entries(level1())[1] |= PTE_R) \
    X_(66, "window-text", *window_leaf(windows.text, WINDOW_TEXT_BASE) |= PTE_W | PTE_D) \
    X_(67, "window-pristine", *window_leaf(windows.data, WINDOW_DATA_BASE) |= PTE_W | PTE_D) \
    X_(68, "window-link", table_entries(map->space.root)[WINDOW_TEXT_ROOT_SLOT] = pte_make(level0(), 0x101)) \
    X_(69, "window-link", map->windows = NULL) \
    X_(70, "window-copies", *window_leaf(windows.data, WINDOW_DATA_BASE) &= ~PTE_COPY_ON_WRITE) \
    X_(71, "window-maps", map->windows = NULL) \
    X_(72, "table-live", frame_of(level0())->live++) \
    X_(73, "table-live", frame_of(map->space.root)->live--) \
    X_(74, "table-groups", frame_of(level1())->groups = 0) \
    X_(75, "table-own", table_entries(level1())[3] = pte_make(level0(), PTE_V)) \
    X_(76, "table-own", table_entries(level1())[3] = pte_make(level1(), PTE_V)) \
    X_(78, "account-frames", account_root()->uses[ACCOUNT_FRAMES].used++) \
    X_(79, "account-frames", shown(PRIVATE)->owner = 0) \
    X_(80, "account-table", shown(PRIVATE)->owner = 500) \
    X_(81, "object-writable", object->writable_entries = 0) \
    X_(82, "object-writable", object->writers = 1) \
    X_(83, "object-writable", object->seals = ABI_F_SEAL_WRITE) \
    X_(77, "table-own", frame_of(map->space.root)->kind = FRAME_PAGE) \
    X_(84, "account-charges", account_root()->uses[ACCOUNT_ENTRIES].used--) \
    X_(85, "account-charges", account_root()->uses[ACCOUNT_TASKS].used = 1) \
    X_(86, "account-limits", account_root()->uses[ACCOUNT_NAMES].limit--) \
    X_(87, "account-limits", within->uses[ACCOUNT_FRAMES].bound++) \
    X_(88, "account-limits", within->carved[ACCOUNT_FRAMES]++) \
    X_(89, "account-limits", outer->uses[ACCOUNT_ENTRIES].bound++) \
    X_(90, "account-guarantee", within->guarantee++) \
    X_(91, "account-guarantee", frame_set_aside(1, 0)) \
    X_(92, "account-references", within->ref_count++) \
    X_(93, "account-references", outer->ref_count--) \
    X_(94, "account-references", account_root()->ref_count++) \
    X_(95, "account-table", within->id = 1) \
    X_(96, "set-aside", frame_set_aside(20, 0))

#define SEED(n, name, statement) \
    static void seed_##n(void) \
    { \
        statement; \
    }
CORRUPTIONS(SEED)
#define ROW(n, name, statement) { name, seed_##n },
static const struct corruption corruptions[] = { CORRUPTIONS(ROW) };

static bool is_found(const struct audit *audit, const char *invariant)
{
    for (uint32_t i = 0; i < audit->finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        if (strcmp(audit->findings[i].invariant, invariant) == 0) {
            return true;
        }
    }
    return false;
}

/* In a process of its own, since nothing is sound afterwards. */
static bool seeds_and_finds(const struct corruption *row)
{
    pid_t child = fork();
    int status = 1;

    if (child == 0) {
        row->seed();
        struct audit audit = run_auditor(world_frames(), AUDIT_ALL_OWNERS);

        for (uint32_t i = 0; !is_found(&audit, row->invariant) && i < audit.finding_count && i < AUDIT_FINDINGS_MAX;
             i++) {
            fprintf(stderr, "found instead: %s at %#lx\n", audit.findings[i].invariant,
                    (unsigned long)audit.findings[i].where);
        }
        _exit(is_found(&audit, row->invariant) ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status == 0;
}

TEST(each_seeded_corruption_is_found_by_its_name)
{
    unsigned missed = 0;

    make_world();
    for (size_t i = 0; i < ARRAY_COUNT(corruptions); i++) {
        if (!seeds_and_finds(&corruptions[i])) {
            fprintf(stderr, "row %zu: %s was not found\n", i + 1, corruptions[i].invariant);
            missed++;
        }
    }
    CHECK_EQUAL(missed, 0);
}

TEST(a_sound_world_has_no_finding_and_is_counted)
{
    make_world();
    struct audit audit = run_auditor(world_frames(), AUDIT_ALL_OWNERS);

    CHECK_EQUAL(audit.finding_count, 0);
    CHECK_EQUAL(audit.frames, world_frames());
    CHECK_EQUAL(audit.maps, 1);
    CHECK_EQUAL(audit.objects, 2);
    CHECK_EQUAL(audit.entries, 5);
    /* The map's root, two of level 1 and three of level 0; of the windows two of level 1 and three of level 0. */
    CHECK_EQUAL(audit.tables, 6 + 5);
}

TEST(frames_that_are_not_in_the_sum_are_found)
{
    make_world();
    struct audit audit = run_auditor(world_frames() + 1, AUDIT_ALL_OWNERS);

    CHECK(is_found(&audit, "sums"));
}

TEST(references_that_others_may_hold_are_no_finding)
{
    make_world();
    object_get(object);
    struct audit audit = run_auditor(world_frames(), AUDIT_SOME_OWNERS);

    CHECK_EQUAL(audit.finding_count, 0);
}

TEST(more_findings_than_there_is_room_for_are_counted)
{
    make_world();
    for (unsigned i = 0; i < AUDIT_FINDINGS_MAX + 3; i++) {
        lose_a_page();
    }
    struct audit audit = run_auditor(world_frames(), AUDIT_ALL_OWNERS);

    CHECK_EQUAL(audit.finding_count, AUDIT_FINDINGS_MAX + 3);
    CHECK_STRING(audit.findings[AUDIT_FINDINGS_MAX - 1].invariant, "references");
}

TEST(a_finding_says_where_and_whose)
{
    make_world();
    change_flags(PRIVATE, 0, PTE_U);
    struct audit audit = run_auditor(world_frames(), AUDIT_ALL_OWNERS);

    CHECK_EQUAL(audit.finding_count, 2); /* nor are these its entry's rights */
    CHECK_STRING(audit.findings[0].invariant, "leaf-user");
    CHECK_EQUAL(audit.findings[0].where, PRIVATE);
    CHECK_EQUAL(audit.findings[0].pid, 7);
}
