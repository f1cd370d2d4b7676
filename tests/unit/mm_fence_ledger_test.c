/*
 * mm/fence_ledger.c: each kind of fence that can be missing is a panic, and what mm does is none.
 *
 * Two harts, of which the test is now one and now the other; their TLBs are of no interest here.
 */
#include "fence_ledger.h"

#include "abi_types.h"
#include "check.h"
#include "mm_world.h"
#include "stub.h"
#include "table.h"

#define HARTS 2u
#define BOTH 3u
#define AT 0x40000000ull
#define P PAGE_SIZE
#define SERIAL 7

static struct hart_translations translations[HARTS];
static unsigned hart;

unsigned arch_hart_index(void)
{
    return hart;
}

uint32_t arch_harts(void)
{
    return BOTH;
}

struct hart_translations *arch_translations(void)
{
    return &translations[hart];
}

struct hart_translations *arch_translations_of(unsigned hart_index)
{
    return &translations[hart_index];
}

void arch_remote_fence_all(uint32_t harts)
{
    CHECK(harts != 0 && (harts & 1u << hart) == 0);
}

void arch_remote_fence_asid(uint32_t harts, uint64_t asid)
{
    CHECK(harts != 0 && (harts & 1u << hart) == 0 && asid != 0);
}

void arch_remote_fence_instructions(uint32_t harts)
{
    CHECK(harts != 0 && (harts & 1u << hart) == 0);
}

static struct space space, other;
static paddr_t page, table;

static void enter(unsigned hart_index, struct space *entered, uint64_t serial)
{
    hart = hart_index;
    space_enter(entered, serial);
}

/* Both harts run in `space`, which has a page and a table; the test is hart 0. */
static void start(void)
{
    paddr_t root;

    hart = 0;
    world_start(8 << 20);
    spaces_init(16, SPACE_FENCES_PAGES);
    hart = 1;
    spaces_add_hart();
    hart = 0;
    CHECK_EQUAL(table_create_relock(&account_supervisor, &root), 0);
    space_init(&space, root);
    CHECK_EQUAL(table_create_relock(&account_supervisor, &root), 0);
    space_init(&other, root);
    CHECK_EQUAL(frame_alloc(FRAME_PAGE, &account_supervisor, &page), 0);
    CHECK_EQUAL(table_create_relock(&account_supervisor, &table), 0);
    enter(1, &space, 0);
    enter(0, &space, 0);
}

static uint64_t asid(void)
{
    return space.satp >> SV39_SATP_ASID_SHIFT & SV39_SATP_ASID_MASK;
}

TEST(c2_a_frame_that_is_freed_before_any_flush_is_named)
{
    start();
    fence_ledger_leaf(&space, AT, page);
    CHECK_PANICS(frame_put(page), "is freed: space");
    CHECK_PANICS(frame_put(page), "[0x40000000, 0x40001000), hart 0 may still use a leaf");
    frame_put_zeroed(table);
    space_flush_page(&space, AT);
    frame_put(page);
}

TEST(c2_a_frame_that_another_hart_may_use_is_named_with_the_hart)
{
    start();
    fence_ledger_leaf(&space, AT, page);
    fence_ledger_fence_page(AT, asid());
    CHECK_PANICS(frame_put(page), "hart 1 may still use a leaf");
    fence_ledger_remote_fence_asid(2, asid() + 1);
    CHECK_PANICS(frame_put(page), "hart 1 may still use a leaf");
    fence_ledger_remote_fence_asid(2, asid());
    frame_put(page);
}

TEST(c2_a_mark_excuses_only_a_hart_that_does_not_run_there)
{
    start();
    fence_ledger_leaf(&space, AT, page);
    fence_ledger_fence_page(AT, asid());
    space.stale = 2;
    fence_ledger_stale(&space);
    CHECK_PANICS(frame_put(page), "hart 1 may still use a leaf");
    hart = 1;
    space_leave();
    hart = 0;
    fence_ledger_stale(&space);
    frame_put(page);
}

TEST(c1_a_page_fence_covers_neither_its_neighbour_nor_a_table)
{
    start();
    fence_ledger_leaf(&space, AT, page);
    fence_ledger_table(&space, AT, table);
    fence_ledger_remote_fence_asid(2, asid());
    fence_ledger_fence_page(AT + P, asid());
    CHECK_PANICS(frame_put(page), "hart 0 may still use a leaf");
    fence_ledger_fence_page(AT, asid());
    frame_put(page);
    CHECK_PANICS(frame_put_zeroed(table), "hart 0 may still use an entry");
    fence_ledger_fence_asid(asid());
    frame_put_zeroed(table);
}

TEST(c4_what_all_spaces_share_needs_a_fence_of_everything)
{
    start();
    fence_ledger_leaf(NULL, AT, page);
    fence_ledger_fence_asid(asid());
    fence_ledger_remote_fence_asid(2, asid());
    CHECK_PANICS(frame_put(page), "(0: all)");
    fence_ledger_fence_all();
    CHECK_PANICS(frame_put(page), "hart 1 may still use a leaf");
    fence_ledger_remote_fence_all(2);
    frame_put(page);
}

TEST(c1_after_a_range_lost_rights_nothing_may_be_freed_before_the_flush)
{
    start();
    fence_ledger_range(&space, AT, AT + 3 * P);
    CHECK_PANICS(frame_put(page), "is freed");
    space_flush_pages(&space, AT, 2);
    CHECK_PANICS(frame_put(page), "[0x40002000, 0x40003000), hart 0");
    space_flush_pages(&space, AT, 3);
    fence_ledger_range(&space, AT, AT + 1000 * P);
    space_flush_page(&space, AT);
    CHECK_PANICS(frame_put(page), "hart 0 may still use a leaf");
    space_flush_pages(&space, AT, 1000);
    frame_put(page);
}

TEST(c1_a_hart_does_not_run_where_an_entry_is_pending)
{
    start();
    fence_ledger_leaf(&space, AT, page);
    CHECK_PANICS(space_enter(&space, 0), "a hart is to run in a space with this pending");
    CHECK_PANICS(space_enter_verified(&space), "a hart is to run in a space with this pending");
    space_enter(&other, 0);
}

TEST(c5_a_fence_in_front_of_the_change_of_satp_does_not_count)
{
    start();
    space_enter(&other, 0);
    space.stale |= 1;
    fence_ledger_fence_asid(asid());
    fence_ledger_set_satp(space.satp);
    CHECK_PANICS(fence_ledger_entered(&space, 0), "without a fence behind the change of satp");
    fence_ledger_fence_asid(asid() + 1);
    CHECK_PANICS(fence_ledger_entered(&space, 0), "without a fence behind the change of satp");
    fence_ledger_fence_asid(asid());
    fence_ledger_entered(&space, 0);
    CHECK_PANICS(space_enter_verified(&space), "where it is marked to fence first");
}

TEST(c9_new_instructions_are_pending_until_every_hart_has_fenced_them)
{
    start();
    fence_ledger_code(&space, AT, AT + P);
    fence_ledger_fence_all();
    CHECK_PANICS(space_enter_verified(&space), "hart 0, instructions: a flush is missing");
    fence_ledger_fence_instructions();
    space_enter_verified(&space);
    hart = 1;
    CHECK_PANICS(space_enter_verified(&space), "hart 1, instructions: a flush is missing");
    hart = 0;
    fence_ledger_remote_fence_instructions(2);
    hart = 1;
    space_enter_verified(&space);
}

TEST(c9_a_mark_for_new_instructions_asks_for_a_fence_at_the_next_entry)
{
    start();
    hart = 1;
    space_leave();
    hart = 0;
    fence_ledger_code(&space, AT, AT + P);
    space_code_changed(&space);
    hart = 1;
    CHECK_PANICS(space_enter_verified(&space), "where it is marked to fence first");
    fence_ledger_set_satp(space.satp);
    fence_ledger_fence_all();
    CHECK_PANICS(fence_ledger_entered(&space, 0), "without fence.i");
    space_enter(&space, 0);
}

TEST(c4_the_global_text_of_other_windows_is_fenced_before_a_hart_runs)
{
    start();
    enter(0, &other, SERIAL);
    fence_ledger_set_satp(space.satp);
    CHECK_PANICS(fence_ledger_entered(&space, SERIAL + 1), "with the global text of windows 7");
    fence_ledger_fence_all();
    fence_ledger_entered(&space, SERIAL + 1);
}

TEST(c4_windows_do_not_go_while_a_hart_may_keep_their_text)
{
    start();
    enter(1, &other, SERIAL);
    space_leave();
    hart = 0;
    CHECK_PANICS(fence_ledger_region(SERIAL), "while hart 1 may keep their global text");
    spaces_forget_region(SERIAL);
    fence_ledger_region(SERIAL);
}

TEST(a_space_that_has_ended_has_nothing_pending)
{
    start();
    fence_ledger_leaf(&space, AT, page);
    hart = 1;
    space_leave();
    hart = 0;
    space_leave();
    space_end(&space);
    frame_put(page);
}

TEST(a_full_ledger_says_what_to_do)
{
    start();
    for (unsigned i = 0; i < 128; i++) {
        fence_ledger_leaf(&space, AT + i * P, page);
    }
    CHECK_PANICS(fence_ledger_leaf(&space, AT, page), "it is full: flush more often");
}
