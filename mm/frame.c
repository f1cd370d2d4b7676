/*
 * Page frames: descriptors, free lists, and the frontier behind which no frame was ever touched.
 *
 * RAM is known as areas, sorted by address: the free spans given at start-up, and spans adopted later. Of an area the
 * frames [first, known_end) have descriptors; known_end of an adopted area is its end, of a free span it is the
 * frontier, which moves up by one frame whenever nothing that was given back is left. A group of 256 frames has its
 * descriptors in one page; when the frontier enters a group without that page, the group's own first frames become the
 * page (and the table above it), so nothing else is ever needed to describe a group, and counts stay exact.
 *
 *     free span -> (frontier) -> in use -> (last reference put) -> dirty or zeroed list -> in use ...
 *
 * Both lists are last in, first out, linked through the descriptors, so that a free frame's contents stay untouched:
 * a frame that was given back all zero (a cleared table) is handed out as zeroed without a store.
 *
 * Invariants (for the auditor, by these names):
 *     areas-sorted   areas don't overlap and ascend by address; first <= known_end <= end
 *     described      every frame in [first, known_end) of an area has its descriptor backed
 *     listed-free    a frame is in one of the two lists if and only if its kind is FRAME_FREE, and then its reference
 *                    count is 0
 *     zeroed         every frame in the zeroed list is all zero
 *     counted        free_count is the length of both lists plus all frames of free spans from the frontier on
 *     set-aside      floor is set_aside + overhead, or 0 when set_aside is, and at most free_count
 *     charged        see account-frames in account.c
 *
 * Locking: the supervisor's lock; dropped while a page is zeroed.
 *
 * Typical use: frame_init() -> frame_adopt() for what is in use already -> frame_alloc() ... frame_put()
 */
#include "frame.h"

#include "abi_errno.h"
#include "audit.h"
#include "fence_ledger.h"
#include "panic.h"

#include <string.h>

#define NO_FRAME UINT32_MAX
#define GROUP_FRAMES (PAGE_SIZE / sizeof(struct frame))
#define AREAS_MAX (FRAME_SPANS_MAX + FRAME_ADOPTED_MAX)

/* Frame numbers. */
struct area {
    uint64_t first;
    uint64_t known_end;
    uint64_t end;
};

static struct {
    struct area areas[AREAS_MAX + 1]; /* one more, where the frontier is when all areas are known */
    size_t area_count;
    size_t frontier; /* index of the area that the frontier is in */
    uint64_t frontier_limit; /* below this, frames of that area have descriptors already */
    uint32_t dirty; /* heads of the two lists */
    uint32_t zeroed;
    uint64_t free_count;
    uint64_t set_aside; /* of the free ones: for guarantees */
    uint64_t overhead; /* of the free ones: at most as many will hold descriptors, or be wasted */
    uint64_t floor; /* who is beyond its guarantee leaves as many free */
    uint64_t free_minimum; /* the smallest that free_count has been */
    uint64_t wasted_count;
    uint64_t descriptor_count; /* frames that hold descriptors, and the tables above them */
    paddr_t zero;
    bool (*reclaim)(void);
} frames;

static paddr_t address_of(uint64_t number)
{
    return paddr(number << PAGE_SHIFT);
}

static void *descriptor_page(uint64_t number)
{
    return (struct frame *)arch_descriptors() + ALIGNED_DOWN(number, GROUP_FRAMES);
}

/* @more frames are set aside: modulo 2^64, so that it can be fewer. Out of line: few accounts have a guarantee. */
__attribute__((noinline)) static void change_set_aside(uint64_t more)
{
    frames.set_aside += more;
    frames.floor = frames.set_aside == 0 ? 0 : frames.set_aside + frames.overhead;
}

static inline void charge(struct account *account)
{
    if (account->uses[ACCOUNT_FRAMES].used++ < account->guarantee) {
        change_set_aside(UINT64_MAX);
    }
}

static void describe(uint64_t number, enum frame_kind kind, struct account *owner)
{
    *frame_of(address_of(number)) = (struct frame){
        .ref_count = 1,
        .owner = kind == FRAME_TABLE ? 0 : owner->id, /* of a table, these are its groups */
        .kind = (uint8_t)kind,
    };
    charge(owner);
}

static inline void uncharge(struct account *account)
{
    if (--account->uses[ACCOUNT_FRAMES].used < account->guarantee) {
        change_set_aside(1);
    }
    if (account->uses[ACCOUNT_FRAMES].used == 0) {
        account_settle(account);
    }
}

static inline void uncharge_owner(const struct frame *descriptor)
{
    if (descriptor->kind != FRAME_TABLE) {
        uncharge(account_of((uint16_t)descriptor->owner));
    }
}

/* Whether the page of descriptors for the group of @number is there: some area knows a frame in that group. */
static bool is_described(uint64_t number)
{
    uint64_t start = ALIGNED_DOWN(number, GROUP_FRAMES), end = start + GROUP_FRAMES;

    for (size_t i = 0; i < frames.area_count; i++) {
        const struct area *area = &frames.areas[i];

        if (area->first < end && area->known_end > start && area->first < area->known_end) {
            return true;
        }
    }
    return false;
}

static void spend_overhead(uint64_t count)
{
    frames.overhead -= count < frames.overhead ? count : frames.overhead;
    change_set_aside(0);
}

/* Give up @count frames at the frontier of @area: too few to hold their own descriptors. */
static void waste(struct area *area, uint64_t count)
{
    if (area->known_end == area->first) {
        area->first += count;
        area->known_end += count;
    } else {
        area->end -= count; /* the group was entered at its start, so what is left of it ends the area */
    }
    frames.free_count -= count;
    frames.wasted_count += count;
    spend_overhead(count);
}

/* Back the descriptors of the group at the frontier of @area with the group's own first frames. */
static void enter_group(struct area *area)
{
    uint64_t number = area->known_end;
    uint64_t group_end = ALIGNED_DOWN(number, GROUP_FRAMES) + GROUP_FRAMES;
    uint64_t room = (area->end < group_end ? area->end : group_end) - number;
    void *page = descriptor_page(number);
    bool table_missing = arch_descriptor_table_missing(page);
    uint64_t needed = table_missing ? 2 : 1;

    if (room < needed) {
        waste(area, room);
        return;
    }
    /* The page of descriptors needs no zeros: one is written when its frame is first handed out, and not read before. */
    if (table_missing) {
        memset(arch_direct(address_of(number)), 0, PAGE_SIZE); /* under the lock: once for 512 MiB of RAM */
        arch_descriptor_table_give(page, address_of(number));
    }
    arch_descriptor_page_map(page, address_of(number + needed - 1));
    for (uint64_t i = 0; i < needed; i++) {
        describe(number + i, FRAME_SUPERVISOR, &account_supervisor);
    }
    area->known_end += needed;
    frames.free_count -= needed;
    frames.descriptor_count += needed;
    spend_overhead(needed);
}

/* Move the frontier to the next frame that has a descriptor, or can be given one. */
static bool advance_frontier(void)
{
    for (; frames.frontier < frames.area_count; frames.frontier++) {
        struct area *area = &frames.areas[frames.frontier];

        while (area->known_end < area->end) {
            uint64_t group_end = ALIGNED_DOWN(area->known_end, GROUP_FRAMES) + GROUP_FRAMES;

            if (is_described(area->known_end)) {
                frames.frontier_limit = area->end < group_end ? area->end : group_end;
                return true;
            }
            enter_group(area);
        }
    }
    frames.frontier_limit = 0;
    spend_overhead(frames.overhead);
    return false;
}

/* Take the frame at the frontier. */
static bool take_untouched(uint32_t *number)
{
    struct area *area = &frames.areas[frames.frontier];

    if (area->known_end >= frames.frontier_limit) {
        if (!advance_frontier()) {
            return false;
        }
        area = &frames.areas[frames.frontier];
    }
    *number = (uint32_t)area->known_end++;
    return true;
}

static bool take_listed(uint32_t *list, uint32_t *number)
{
    if (*list == NO_FRAME) {
        return false;
    }
    *number = *list;
    *list = frame_of(address_of(*number))->sharers;
    return true;
}

static void give_listed(uint32_t *list, paddr_t frame)
{
    arch_assert_locked();
    struct frame *descriptor = frame_of(frame);

    fence_ledger_free(frame);
    descriptor->kind = FRAME_FREE;
    descriptor->sharers = *list;
    *list = (uint32_t)(frame.value >> PAGE_SHIFT);
    frames.free_count++;
}

static int hand_out(uint32_t number, enum frame_kind kind, struct account *account, paddr_t *out)
{
    arch_assert_locked();
    frames.free_count--;
    if (frames.free_count < frames.free_minimum) {
        frames.free_minimum = frames.free_count;
    }
    describe(number, kind, account);
    *out = address_of(number);
    return 0;
}

static bool reclaim(void)
{
    return frames.reclaim != NULL && frames.reclaim();
}

/* Whether nothing is left for who is beyond its guarantee. */
static inline bool is_kept_from(const struct account *account)
{
    return frames.free_count <= frames.floor && account->uses[ACCOUNT_FRAMES].used >= account->guarantee;
}

/* The most frames of [@first, @end) that will hold descriptors, tables for them included, or be wasted. */
static uint64_t overhead_of(uint64_t first, uint64_t end)
{
    uint64_t table_frames = GROUP_FRAMES * SV39_ENTRIES;

    return first == end
               ? 0
               : (end - 1) / GROUP_FRAMES - first / GROUP_FRAMES + (end - 1) / table_frames - first / table_frames + 2;
}

static bool spans_are_valid(const struct memory_span *spans, size_t count)
{
    uint64_t previous_end = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t start = spans[i].start.value, end = spans[i].end.value;

        if (start < previous_end || end < start || end > ARCH_DIRECT_LIMIT) {
            return false;
        }
        if (!is_page_aligned(start) || !is_page_aligned(end)) {
            return false;
        }
        previous_end = end;
    }
    return true;
}

int frame_init(const struct memory_span *free, size_t count)
{
    if (count > FRAME_SPANS_MAX || !spans_are_valid(free, count)) {
        return -EINVAL;
    }
    frames.area_count = count;
    frames.frontier = 0;
    frames.frontier_limit = 0;
    frames.dirty = NO_FRAME;
    frames.zeroed = NO_FRAME;
    frames.free_count = 0;
    frames.set_aside = 0;
    frames.overhead = 0;
    frames.floor = 0;
    frames.wasted_count = 0;
    frames.descriptor_count = 0;
    frames.reclaim = NULL;
    account_start();
    for (size_t i = 0; i < count; i++) {
        uint64_t first = free[i].start.value >> PAGE_SHIFT, end = free[i].end.value >> PAGE_SHIFT;

        frames.areas[i] = (struct area){ .first = first, .known_end = first, .end = end };
        frames.free_count += end - first;
        frames.overhead += overhead_of(first, end);
    }
    frames.free_minimum = frames.free_count;
    return frame_alloc_zeroed_relock(FRAME_SUPERVISOR, &account_supervisor, &frames.zero);
}

/* Open an empty area at @first, where the order of addresses wants it. */
static struct area *insert_area(uint64_t first)
{
    size_t at = frames.area_count;

    for (; at > 0 && frames.areas[at - 1].first >= first; at--) {
        frames.areas[at] = frames.areas[at - 1];
    }
    frames.areas[at] = (struct area){ .first = first, .known_end = first, .end = first };
    frames.area_count++;
    if (at <= frames.frontier) {
        frames.frontier++;
    }
    return &frames.areas[at];
}

/* Back the descriptors of the group of @number with frames from elsewhere. */
static int describe_group(uint64_t number)
{
    while (!is_described(number)) {
        void *page = descriptor_page(number);
        bool table_missing = arch_descriptor_table_missing(page);
        paddr_t frame;
        int error = frame_alloc(FRAME_SUPERVISOR, &account_supervisor, &frame);

        if (error != 0) {
            return error;
        }
        if (is_described(number) || table_missing != arch_descriptor_table_missing(page)) {
            frame_put(frame); /* the frontier has just entered this group, or given the table */
        } else if (table_missing) {
            memset(arch_direct(frame), 0, PAGE_SIZE);
            arch_descriptor_table_give(page, frame);
            frames.descriptor_count++;
        } else {
            arch_descriptor_page_map(page, frame);
            frames.descriptor_count++;
            return 0;
        }
    }
    return 0;
}

int frame_adopt(struct memory_span span, enum frame_kind kind)
{
    uint64_t number = span.start.value >> PAGE_SHIFT, end = span.end.value >> PAGE_SHIFT;

    if (frames.area_count == AREAS_MAX) {
        return -ENOMEM;
    }
    struct area *area = insert_area(number);

    while (number < end) {
        uint64_t group_end = ALIGNED_DOWN(number, GROUP_FRAMES) + GROUP_FRAMES;
        int error = describe_group(number);

        if (error != 0) {
            return error;
        }
        area->end = end < group_end ? end : group_end;
        area->known_end = area->end; /* from here on the frontier sees that this group is described */
        for (; number < area->end; number++) {
            describe(number, kind, &account_supervisor);
        }
    }
    return 0;
}

int frame_alloc(enum frame_kind kind, struct account *account, paddr_t *out)
{
    uint32_t number;

    if (arch_allocation_fails() || account_is_full(account, ACCOUNT_FRAMES)) {
        return -ENOMEM;
    }
    do {
        if (is_kept_from(account)) {
            continue;
        }
        if (take_listed(&frames.dirty, &number) || take_listed(&frames.zeroed, &number) || take_untouched(&number)) {
            return hand_out(number, kind, account, out);
        }
    } while (reclaim());
    return -ENOMEM;
}

int frame_alloc_zeroed_relock(enum frame_kind kind, struct account *account, paddr_t *out)
{
    uint32_t number;

    if (arch_allocation_fails() || account_is_full(account, ACCOUNT_FRAMES)) {
        return -ENOMEM;
    }
    do {
        if (is_kept_from(account)) {
            continue;
        }
        if (take_listed(&frames.zeroed, &number)) {
            return hand_out(number, kind, account, out);
        }
        if (take_listed(&frames.dirty, &number) || take_untouched(&number)) {
            (void)hand_out(number, kind, account, out);
            arch_unlock();
            arch_page_zero(arch_direct(*out));
            arch_lock();
            return 0;
        }
    } while (reclaim());
    return -ENOMEM;
}

void frame_put(paddr_t frame)
{
    struct frame *descriptor = frame_of(frame);

    ASSERT(descriptor->ref_count != 0);
    if (--descriptor->ref_count == 0) {
        uncharge_owner(descriptor);
        give_listed(&frames.dirty, frame);
    }
}

void frame_uncharge_table(struct account *account)
{
    uncharge(account);
}

void frame_put_zeroed(paddr_t frame)
{
    struct frame *descriptor = frame_of(frame);

    ASSERT(descriptor->ref_count != 0);
    if (--descriptor->ref_count == 0) {
        uncharge_owner(descriptor);
        give_listed(&frames.zeroed, frame);
    }
}

/* What was reckoned with at first is too much where no frames are left that were never touched. */
static void limit_overhead(void)
{
    uint64_t untouched = 0;

    for (size_t i = frames.frontier; i < frames.area_count; i++) {
        untouched += frames.areas[i].end - frames.areas[i].known_end;
    }
    if (frames.overhead > untouched) {
        frames.overhead = untouched;
    }
}

static bool has_room_for(uint64_t more)
{
    return frames.free_count >= frames.set_aside + frames.overhead + more;
}

void frame_make_room(uint64_t count)
{
    limit_overhead();
    while (!has_room_for(count) && reclaim()) {
    }
}

int frame_set_aside(uint64_t before, uint64_t after)
{
    limit_overhead();
    if (after > before && !has_room_for(after - before)) {
        return -ENOMEM;
    }
    change_set_aside(after - before);
    return 0;
}

uint64_t frame_set_aside_count(void)
{
    return frames.set_aside;
}

uint64_t frame_free_count(void)
{
    return frames.free_count;
}

uint64_t frame_free_minimum(void)
{
    return frames.free_minimum;
}

uint64_t frame_wasted_count(void)
{
    return frames.wasted_count;
}

uint64_t frame_descriptor_count(void)
{
    return frames.descriptor_count;
}

void frame_set_reclaim(bool (*reclaim_function)(void))
{
    frames.reclaim = reclaim_function;
}

paddr_t frame_zero(void)
{
    return frames.zero;
}

void frame_for_each(void (*visit)(paddr_t frame, struct frame *descriptor, void *context), void *context)
{
    for (size_t i = 0; i < frames.area_count; i++) {
        const struct area *area = &frames.areas[i];

        for (uint64_t number = area->first; number < area->known_end; number++) {
            visit(address_of(number), frame_of(address_of(number)), context);
        }
    }
}

bool frame_is_described(paddr_t frame)
{
    uint64_t number = frame.value >> PAGE_SHIFT;

    for (size_t i = 0; i < frames.area_count; i++) {
        if (number >= frames.areas[i].first && number < frames.areas[i].known_end) {
            return true;
        }
    }
    return false;
}

static bool is_zero(paddr_t frame)
{
    const uint64_t *words = arch_direct(frame);
    size_t i = 0;

    while (i < PAGE_SIZE / sizeof(*words) && words[i] == 0) {
        i++;
    }
    return i == PAGE_SIZE / sizeof(*words);
}

/* listed-free and zeroed. Marks what is in the list that begins with @number; returns its length. */
__attribute__((cold)) static uint64_t audit_free_list(struct audit *audit, uint32_t number, bool zeroed)
{
    uint64_t length = 0;

    for (; number != NO_FRAME; length++) {
        paddr_t frame = address_of(number);
        struct frame *descriptor = frame_of(frame);

        if (!frame_is_described(frame) || descriptor->kind != FRAME_FREE || descriptor->seen != 0) {
            audit_find(audit, "listed-free", frame.value);
            break;
        }
        descriptor->seen = 1;
        audit_expect(audit, !zeroed || is_zero(frame), "zeroed", frame.value);
        number = descriptor->sharers;
    }
    return length;
}

static void forget_counts(paddr_t frame, struct frame *descriptor, void *context)
{
    (void)frame, (void)context;
    descriptor->seen = 0;
    if (descriptor->kind != FRAME_FREE) {
        descriptor->sharers = 0;
    }
}

__attribute__((cold)) void frame_audit(struct audit *audit)
{
    uint64_t previous_end = 0;

    frame_for_each(forget_counts, NULL);
    for (size_t i = 0; i < frames.area_count; i++) {
        const struct area *area = &frames.areas[i];
        bool is_sorted = previous_end <= area->first && area->first <= area->known_end && area->known_end <= area->end;

        audit_expect(audit, is_sorted, "areas-sorted", area->first << PAGE_SHIFT);
        audit->frames += area->end - area->first;
        audit->untouched += area->end - area->known_end;
        previous_end = area->end;
    }
    uint64_t listed = audit_free_list(audit, frames.dirty, false) + audit_free_list(audit, frames.zeroed, true);

    uint64_t kept = frames.set_aside == 0 ? 0 : frames.set_aside + frames.overhead;

    audit_expect(audit, frames.free_count == listed + audit->untouched, "counted", frames.free_count);
    audit_expect(audit, frames.floor == kept && kept <= frames.free_count, "set-aside", frames.floor);
    audit->frames += frames.wasted_count;
    audit_owner(audit, frames.zero);
}
