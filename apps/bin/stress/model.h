#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A plain model of maps over memory objects, and random steps on it: what each step must give, and what everything
 * must show afterwards. The unit tests of mm and the program `stress` take the same steps, each on its own thing.
 *
 *     model_init() -> model_next(&step) -> the step is done on the real thing, and gives step.wanted or is refused for
 *     lack of memory; of a load the byte is step.value -> model_done(&step), unless the real thing gave an error
 *
 * A page is known by a few of its bytes. Rules: a private page shows its object's page (or zeros) until its map writes
 * it; one that was read while its object had none stays zero until the object loses that page; a shared page is its
 * object's. A private copy stays when its object's end moves before it. Of an object's bytes behind its end nothing
 * comes back.
 */

/* Two areas, of which one lies across a boundary of 2 MiB, the other across one of 1 GiB. */
#define MODEL_AREA_PAGES 64u
#define MODEL_PAGES (2 * MODEL_AREA_PAGES)
#define MODEL_MAPS 3u
#define MODEL_OBJECTS 4u
#define MODEL_OBJECT_PAGES 32u
#define MODEL_PROBES 4u
#define MODEL_PAGE_BYTES 4096u

enum model_content {
    MODEL_FOLLOWS, /* shows the object's page, or zeros where there is no object or page */
    MODEL_ZERO, /* was read while there was none */
    MODEL_OWN,
};

struct model_page {
    bool is_mapped;
    bool is_shared;
    uint8_t protection; /* of ABI_PROT_ bits */
    uint8_t max_protection;
    int8_t object; /* -1: none */
    uint8_t content; /* enum model_content */
    uint32_t object_page;
    uint8_t bytes[MODEL_PROBES]; /* when OWN */
};

struct model_object {
    uint64_t size_bytes;
    bool is_file; /* never written */
    bool has_page[MODEL_OBJECT_PAGES];
    uint8_t bytes[MODEL_OBJECT_PAGES][MODEL_PROBES];
};

enum model_kind {
    MODEL_ADD, /* a mapping where none may be */
    MODEL_REPLACE, /* a mapping over whatever is there */
    MODEL_REMOVE,
    MODEL_PROTECT,
    MODEL_POPULATE,
    MODEL_LOAD,
    MODEL_FETCH, /* of an instruction; `value` is its first byte */
    MODEL_STORE,
    MODEL_STORE_BY_CALL, /* as a system call stores for its caller */
    MODEL_FORGET, /* private copies, as if none had been made */
    MODEL_MOVE, /* `count` pages to be `new_count` at `target`, over whatever is there */
    MODEL_FORK, /* map `target` becomes a copy */
    MODEL_RESIZE, /* of `object`, to `size_bytes` */
    MODEL_PUNCH, /* `size_bytes` of `object` from `offset` on become zero */
    MODEL_READ, /* one byte of `object` at `offset`, by a descriptor: of nothing behind its end (`size_bytes` 0) */
    MODEL_WRITE, /* the same; the object grows for it */
    MODEL_KINDS,
};

struct model_step {
    enum model_kind kind;
    unsigned map;
    unsigned first, count; /* pages; of accesses the one page */
    unsigned probe; /* of accesses */
    uint8_t value; /* that a store puts there; that a load must give */
    /* Of mappings; `protection` also of MODEL_PROTECT. */
    bool is_shared;
    bool is_populated; /* set by who takes the step: pages that can be written are made at once */
    uint8_t protection;
    uint8_t max_protection;
    int8_t object;
    uint32_t object_page;
    /* Of what is done to objects. */
    uint64_t offset;
    uint64_t size_bytes;
    unsigned target, new_count; /* of moves; of forks the map */
    int wanted; /* 0, or the error that the step must give, below 0 */
};

struct model {
    uint64_t random;
    /* What the real thing can do, and its errors. */
    unsigned map_count;
    unsigned object_count;
    unsigned area_pages; /* of each area only so many in its middle: at most MODEL_AREA_PAGES */
    uint8_t weights[MODEL_KINDS]; /* how often each kind is drawn; 0 where it can't be done */
    bool has_maximum; /* a mapping's maximum protection can be asked for */
    int beyond_maximum; /* error of a mapping whose protection is beyond its maximum */
    int behind_end; /* error of an access behind the end of the object */
    struct model_object *objects; /* where all that share them see it */
    struct model_page pages[MODEL_MAPS][MODEL_PAGES];
};

/* Nothing is mapped. What the real thing can do is what the unit tests of mm can; the caller takes away the rest. */
void model_init(struct model *model, struct model_object *objects, unsigned object_count, uint64_t seed);

/* Pseudo-random numbers, the same in every run for the same seed: xorshift64*. */
static inline uint64_t model_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

static inline unsigned model_pick(uint64_t *state, unsigned count)
{
    return (unsigned)(model_random(state) >> 33) % count;
}

/* Draw the next step. */
void model_next(struct model *model, struct model_step *step);

/* The load of one byte of one page, to look at all that there is. */
void model_look(const struct model *model, unsigned map, unsigned page, unsigned probe, struct model_step *step);

/* The step was done without an error; or it was refused for lack of memory, and has changed next to nothing. */
void model_done(struct model *model, const struct model_step *step);
void model_refused(struct model *model, const struct model_step *step);

/* Nothing is mapped in @map any more. */
void model_clear(struct model *model, unsigned map);

/* Where page @page of a map lies, and byte @probe in its page. */
uint64_t model_address(unsigned page);
unsigned model_offset(unsigned probe);

/* Words for a step, as a line without its end. */
void model_describe(const struct model_step *step, char *text, size_t size);
