#pragma once

#include "types.h"

struct map;
struct object;
struct windows;

/*
 * The auditor: it walks all that mm keeps and proves the invariants that the head comments of mm/ name. What is broken
 * becomes a finding; it changes nothing, needs no memory but frame.sharers, frame.seen and object.audited, and ends
 * whatever it is shown, as long as pointers lead to memory.
 *
 *     audit_begin() -> audit_map() for each map, audit_windows() for each pair of windows, audit_owner() for each frame
 *     and audit_object_owner() for each object that another layer holds -> audit_end()
 *
 * Locks: the supervisor's lock is held from the first call to the last, and no hart is inside anything that has dropped
 * it for a while: what such a one holds would be a reference that nobody can see.
 */
#define AUDIT_FINDINGS_MAX 6
struct audit_finding {
    const char *invariant; /* its name */
    uint64_t where; /* the address, frame or number that it was found at */
    int32_t pid; /* audit.pid of that moment */
};

struct audit {
    struct audit_finding findings[AUDIT_FINDINGS_MAX]; /* the first ones */
    uint32_t finding_count; /* of all */
    int32_t pid; /* set by the caller: whose map or file comes next; 0: nobody's */
    /* What there is. */
    uint64_t frames; /* with a descriptor, or never touched */
    uint64_t tables;
    uint64_t objects;
    uint64_t maps;
    uint64_t entries;
    /* Until the end. */
    uint64_t untouched; /* frames without a descriptor */
    uint64_t unowned; /* frames of the supervisor that nobody has named */
    uint64_t shown; /* entries that show an object */
    uint64_t listed; /* entries in the objects' lists */
    bool has_broken_store; /* pages of objects are not looked for any more */
};

void audit_begin(struct audit *audit);

void audit_map(struct audit *audit, struct map *map);
void audit_windows(struct audit *audit, const struct windows *windows);
void audit_owner(struct audit *audit, paddr_t frame);

void audit_object_owner(struct object *object);

/*
 * @frames: those that mm was given and has adopted, all together (0: not known). @fixed_frames: of the supervisor's
 * frames, those that are kept for ever and that nobody names. With AUDIT_SOME_OWNERS objects may have other references.
 */
enum audit_owners { AUDIT_ALL_OWNERS, AUDIT_SOME_OWNERS };
void audit_end(struct audit *audit, uint64_t frames, uint64_t fixed_frames, enum audit_owners owners);

/* For what is audited elsewhere: what is found; the same unless @holds; one more reference, see audit_owner(). */
void audit_find(struct audit *audit, const char *invariant, uint64_t where);
void audit_expect(struct audit *audit, bool holds, const char *invariant, uint64_t where);
bool audit_reference(struct audit *audit, paddr_t frame, uint64_t where);

/* Whether the links behind @head come back to it, both ways, within @limit steps; else it is found as @invariant. */
struct list;
bool audit_list(struct audit *audit, const struct list *head, uint64_t limit, const char *invariant);
