#pragma once

#include "account.h"
#include "arch.h"
#include "memory_span.h"
#include "types.h"

/*
 * Page frames: who holds which, and which are free.
 *
 * Each frame that was ever handed out or adopted has a descriptor. Descriptors lie in an array indexed by frame number
 * that is backed page by page as frames are first handed out, so start-up costs the same for 6 MiB and 64 GiB.
 * A reference is one page-table entry, one slot of an object, or one owner in the supervisor; the auditor counts them.
 */
enum frame_kind {
    FRAME_FREE,
    FRAME_SUPERVISOR, /* pools, descriptors, the supervisor's own tables: one reference */
    FRAME_TABLE, /* page tables of maps and regions: one reference an entry that points to it, or an owner */
    FRAME_PAGE, /* what users see: anonymous pages, pages of objects */
    FRAME_INITRD, /* pages of the initrd, where the boot loader put them: the initrd itself holds one reference */
};

struct frame {
    uint32_t ref_count; /* 0: free */
    uint32_t sharers; /* of a free frame: the next one's number; else used by usage.c while it counts */
    union {
        uint32_t groups; /* of a table: bit i says that entries 16 i .. 16 i + 15 may be other than 0 */
        uint32_t owner; /* of any other: the id of the account that it is charged to */
    };
    uint16_t live; /* of a table: entries other than 0 */
    uint8_t kind;
    uint8_t seen; /* used by usage.c */
};
static_assert(sizeof(struct frame) == 16, "ARCH_DESCRIPTOR_BASE's window is laid out for this");

/*
 * Set up from the free spans of RAM, sorted, none overlapping; the array is copied. Takes one frame for frame_zero()
 * and what describes it, and touches no other memory. Called once, before everything else in mm.
 * Returns 0; -EINVAL when there are more than FRAME_SPANS_MAX spans, or they are unsorted, unaligned or reach
 * ARCH_DIRECT_LIMIT; -ENOMEM when they hold next to nothing.
 */
#define FRAME_SPANS_MAX 32
int frame_init(const struct memory_span *free, size_t count);

/*
 * Give descriptors to frames that lie outside the free spans and hold something already, each with one reference and
 * charged to the supervisor.
 * Returns 0, or -ENOMEM when there are no frames for the descriptors, or after FRAME_ADOPTED_MAX calls; what was
 * adopted until then stays so.
 */
#define FRAME_ADOPTED_MAX 32
int frame_adopt(struct memory_span span, enum frame_kind kind);

/*
 * Take a free frame with one reference. The contents of the first are undefined, of the second zero: it drops the lock
 * while it makes them so. It is charged to @account: that of whoever is the first to use it.
 * When none is left, but those that are set aside for others, caches are asked to give back (frame_set_reclaim) before
 * it fails. As long as an account has fewer frames than its guarantee, it doesn't fail.
 * Returns 0 or -ENOMEM: no frame, or the account's limit (account_is_full()).
 */
int frame_alloc(enum frame_kind kind, struct account *account, paddr_t *out);
int frame_alloc_zeroed_relock(enum frame_kind kind, struct account *account, paddr_t *out);

/* The descriptor of a frame that has one. */
static inline struct frame *frame_of(paddr_t frame)
{
    return (struct frame *)arch_descriptors() + (frame.value >> PAGE_SHIFT);
}

/* One more reference; the caller has one already, or knows somebody who has. */
static inline void frame_get(paddr_t frame)
{
    frame_of(frame)->ref_count++;
}

/*
 * The same where users decide how many there are: false, and nothing done, at the limit of the count.
 */
#define FRAME_REFERENCES_MAX 0xffff0000u
static inline bool frame_try_get(paddr_t frame)
{
    struct frame *descriptor = frame_of(frame);

    if (__builtin_expect(descriptor->ref_count >= FRAME_REFERENCES_MAX, 0)) {
        return false;
    }
    descriptor->ref_count++;
    return true;
}

/*
 * One reference less; the last one frees the frame, and charges its owner no more. A table doesn't know its owner: who
 * takes it away from its map says so, with frame_uncharge_table(), before the last reference is put.
 */
void frame_put(paddr_t frame);
void frame_uncharge_table(struct account *account);

/* A frame for what a call works with, taken and put by who has not the lock. */
static inline int frame_alloc_scratch(paddr_t *out)
{
    arch_lock();
    int error = frame_alloc(FRAME_SUPERVISOR, &account_supervisor, out);

    arch_unlock();
    return error;
}

static inline void frame_put_scratch(paddr_t frame)
{
    arch_lock();
    frame_put(frame);
    arch_unlock();
}

/* The same for a frame that the caller knows to be all zero when this is the last reference: a cleared table. */
void frame_put_zeroed(paddr_t frame);

/*
 * @after frames more are to be kept free for the guarantee of some account, and @before fewer. Returns 0, or -ENOMEM
 * where there are not as many free: nothing has changed. frame_make_room() has caches give back before, so that @count
 * may be; accounts that end can't, since caches end accounts.
 */
void frame_make_room(uint64_t count);
int frame_set_aside(uint64_t before, uint64_t after);

/* Frames that are kept free for guarantees. */
uint64_t frame_set_aside_count(void);

/* Frames that frame_alloc() could hand out now, those never touched included. */
uint64_t frame_free_count(void);

/* The smallest that frame_free_count() has been since frame_init(). */
uint64_t frame_free_minimum(void);

/*
 * Frames of the free spans that are lost, counted when they are come upon: one where a span has a single frame in a
 * group of 256 whose descriptors would need two. Next to always 0.
 */
uint64_t frame_wasted_count(void);

/* Frames that hold descriptors and the tables above them. It grows with the frames that were ever in use, and stays. */
uint64_t frame_descriptor_count(void);

/*
 * @reclaim is asked to give back frames when none is left; it returns whether it gave any. One function for all.
 */
void frame_set_reclaim(bool (*reclaim)(void));

/* One frame of zeros that everybody may map read-only; supervisor memory, a reference is taken for each mapping. */
paddr_t frame_zero(void);

/* Call @visit for each descriptor that exists, free ones too, in the order of their addresses. */
void frame_for_each(void (*visit)(paddr_t frame, struct frame *descriptor, void *context), void *context);

/* Whether the frame has a descriptor. */
bool frame_is_described(paddr_t frame);

/* Part of audit_begin(): areas and free lists. Of frames in use `sharers` is 0 then, of free ones `seen` is 1. */
struct audit;
void frame_audit(struct audit *audit);
