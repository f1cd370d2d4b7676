/* See model.h. */
#include "model.h"

#include <string.h>

#include "abi_errno.h"
#include "abi_types.h"

#define R ABI_PROT_READ
#define W ABI_PROT_WRITE
#define X ABI_PROT_EXEC

void model_init(struct model *model, struct model_object *objects, unsigned object_count, uint64_t seed)
{
    static const uint8_t weights[MODEL_KINDS] = {
        [MODEL_ADD] = 12,          [MODEL_REPLACE] = 4, [MODEL_REMOVE] = 4, [MODEL_PROTECT] = 8,
        [MODEL_POPULATE] = 4,      [MODEL_LOAD] = 12,   [MODEL_FETCH] = 4,  [MODEL_STORE] = 12,
        [MODEL_STORE_BY_CALL] = 4, [MODEL_RESIZE] = 1,  [MODEL_PUNCH] = 1,  [MODEL_READ] = 3,
        [MODEL_WRITE] = 2,         [MODEL_FORGET] = 2,  [MODEL_MOVE] = 3,   [MODEL_FORK] = 1,
    };

    memset(model, 0, sizeof(*model));
    model->random = seed * 0x9e3779b97f4a7c15ull | 1; /* never 0, where xorshift stays */
    model->map_count = MODEL_MAPS;
    model->object_count = object_count;
    model->area_pages = MODEL_AREA_PAGES;
    memcpy(model->weights, weights, sizeof(weights));
    model->has_maximum = true;
    model->beyond_maximum = -EINVAL;
    model->behind_end = -ENXIO;
    model->objects = objects;
}

uint64_t model_address(unsigned page)
{
    uint64_t boundary = page < MODEL_AREA_PAGES ? 0x200000 : 0x140000000;

    return boundary + (page % MODEL_AREA_PAGES) * MODEL_PAGE_BYTES - MODEL_AREA_PAGES / 2 * MODEL_PAGE_BYTES;
}

unsigned model_offset(unsigned probe)
{
    return probe * (MODEL_PAGE_BYTES - 1) / (MODEL_PROBES - 1); /* the first and the last byte among them */
}

static unsigned pick(struct model *model, unsigned count)
{
    return model_pick(&model->random, count);
}

/* --- What pages show, and allow */

/* The object that @page shows, or NULL. */
static struct model_object *object_of(const struct model *model, const struct model_page *page)
{
    return page->object < 0 ? NULL : &model->objects[page->object];
}

static bool is_behind_end(const struct model *model, const struct model_page *page)
{
    const struct model_object *object = object_of(model, page);

    return object != NULL && page->content != MODEL_OWN &&
           (uint64_t)page->object_page * MODEL_PAGE_BYTES >= object->size_bytes;
}

static uint8_t shown(const struct model *model, const struct model_page *page, unsigned probe)
{
    const struct model_object *object = object_of(model, page);

    if (page->content != MODEL_FOLLOWS) {
        return page->content == MODEL_OWN ? page->bytes[probe] : 0;
    }
    return object != NULL && object->has_page[page->object_page] ? object->bytes[page->object_page][probe] : 0;
}

/* What an access gives: 0 or its error. What can be written can be read, as in Sv39. */
static int wanted_of_access(const struct model *model, const struct model_page *page, uint8_t access)
{
    uint8_t rights = (page->protection & W) != 0 ? page->protection | R : page->protection;

    if (!page->is_mapped || (rights & access) == 0) {
        return -EFAULT;
    }
    return is_behind_end(model, page) ? model->behind_end : 0;
}

/* What a read of @page settles. */
static void settle(struct model *model, struct model_page *page)
{
    struct model_object *object = object_of(model, page);

    if (object == NULL || page->content != MODEL_FOLLOWS || object->has_page[page->object_page]) {
        return;
    }
    if (page->is_shared) {
        object->has_page[page->object_page] = true; /* of zeros */
    } else {
        page->content = MODEL_ZERO;
    }
}

static void store(struct model *model, struct model_page *page, unsigned probe, uint8_t value)
{
    struct model_object *object = object_of(model, page);

    if (page->is_shared) {
        object->has_page[page->object_page] = true;
        object->bytes[page->object_page][probe] = value;
        return;
    }
    for (unsigned i = 0; i < MODEL_PROBES; i++) {
        page->bytes[i] = shown(model, page, i);
    }
    page->content = MODEL_OWN;
    page->bytes[probe] = value;
}

/* --- Objects */

/* The bytes of [@start, @end) are zero; pages that lie in there as a whole go. */
static void clear_bytes(struct model *model, int8_t index, uint64_t start, uint64_t end)
{
    struct model_object *object = &model->objects[index];

    for (uint64_t page = 0; page < MODEL_OBJECT_PAGES; page++) {
        uint64_t base = page * MODEL_PAGE_BYTES;

        if (start <= base && base + MODEL_PAGE_BYTES <= end) {
            object->has_page[page] = false;
        }
        for (unsigned probe = 0; probe < MODEL_PROBES; probe++) {
            uint64_t at = base + model_offset(probe);

            if (start <= at && at < end) {
                object->bytes[page][probe] = 0;
            }
        }
    }
    for (unsigned i = 0; i < model->map_count * MODEL_PAGES; i++) {
        struct model_page *page = &model->pages[i / MODEL_PAGES][i % MODEL_PAGES];
        uint64_t base = (uint64_t)page->object_page * MODEL_PAGE_BYTES;

        if (page->is_mapped && page->object == index && page->content == MODEL_ZERO && start <= base &&
            base + MODEL_PAGE_BYTES <= end) {
            page->content = MODEL_FOLLOWS;
        }
    }
}

static uint64_t page_end(uint64_t size_bytes)
{
    return (size_bytes + MODEL_PAGE_BYTES - 1) / MODEL_PAGE_BYTES * MODEL_PAGE_BYTES;
}

static void resize(struct model *model, int8_t index, uint64_t size_bytes)
{
    struct model_object *object = &model->objects[index];

    if (size_bytes == object->size_bytes) {
        return;
    }
    /* Bytes behind the end, that a shared mapping may have written in the last page, go too. */
    clear_bytes(model, index, size_bytes < object->size_bytes ? size_bytes : object->size_bytes,
                size_bytes < object->size_bytes ? UINT64_MAX : page_end(object->size_bytes));
    object->size_bytes = size_bytes;
}

static void punch(struct model *model, const struct model_step *step)
{
    uint64_t end = step->offset + step->size_bytes, limit = model->objects[step->object].size_bytes;

    clear_bytes(model, step->object, step->offset, end < limit ? end : page_end(limit));
}

static void write_byte(struct model *model, const struct model_step *step)
{
    struct model_object *object = &model->objects[step->object];
    uint64_t page = step->offset / MODEL_PAGE_BYTES;

    if (step->offset >= object->size_bytes) {
        resize(model, step->object, step->offset + 1);
    }
    object->has_page[page] = true;
    object->bytes[page][step->probe] = step->value;
}

/* An object that can be written, and a place in it or behind it. */
static void pick_place(struct model *model, struct model_step *step)
{
    unsigned first = 0;

    while (model->objects[first].is_file) {
        first++;
    }
    step->object = (int8_t)(first + pick(model, model->object_count - first));
    step->probe = pick(model, MODEL_PROBES);
    step->offset = (uint64_t)pick(model, MODEL_OBJECT_PAGES) * MODEL_PAGE_BYTES + model_offset(step->probe);
    step->value = (uint8_t)pick(model, 256);
}

static void pick_size(struct model *model, struct model_step *step)
{
    pick_place(model, step);
    if (step->kind == MODEL_RESIZE) {
        step->size_bytes = step->offset + pick(model, 2);
    } else {
        step->offset = pick(model, 2) == 0 ? step->offset / MODEL_PAGE_BYTES * MODEL_PAGE_BYTES : step->offset;
        step->size_bytes = 1 + pick(model, 4 * MODEL_PAGE_BYTES);
    }
}

static void pick_read(struct model *model, struct model_step *step)
{
    const struct model_object *object;

    pick_place(model, step);
    object = &model->objects[step->object];
    step->size_bytes = step->offset < object->size_bytes ? 1 : 0;
    if (step->size_bytes == 1) {
        step->value = object->bytes[step->offset / MODEL_PAGE_BYTES][step->probe];
    }
}

/* --- Moves */

/* A range of pages within one area. */
static void pick_range(struct model *model, struct model_step *step)
{
    unsigned area = pick(model, 2) * MODEL_AREA_PAGES, start = pick(model, model->area_pages);
    unsigned room = model->area_pages - start;

    step->first = area + (MODEL_AREA_PAGES - model->area_pages) / 2 + start;
    step->count = 1 + pick(model, pick(model, 4) == 0 ? room : 6);
    if (step->count > room) {
        step->count = room;
    }
}

/* Whether one entry can hold these pages: what a move asks for. */
static bool are_alike(const struct model_page *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct model_page *page = &pages[i];

        if (!page->is_mapped || page->protection != pages->protection || page->is_shared != pages->is_shared ||
            page->max_protection != pages->max_protection || page->object != pages->object ||
            (page->object >= 0 && page->object_page != pages->object_page + i)) {
            return false;
        }
    }
    return true;
}

static void pick_move(struct model *model, struct model_step *step)
{
    struct model_step target;

    pick_range(model, &target);
    step->target = target.first;
    step->new_count = target.count;
    bool overlaps = step->target < step->first + step->count && step->first < step->target + step->new_count;
    unsigned kept = step->count < step->new_count ? step->count : step->new_count;

    step->wanted = overlaps ? -EINVAL : are_alike(&model->pages[step->map][step->first], kept) ? 0 : -EFAULT;
}

static void move(struct model_page *pages, const struct model_step *step)
{
    struct model_page moved[MODEL_AREA_PAGES];

    for (unsigned i = 0; i < step->new_count; i++) {
        moved[i] = pages[step->first + (i < step->count ? i : 0)];
        if (i >= step->count) {
            moved[i].content = MODEL_FOLLOWS;
            moved[i].object_page += i;
        }
    }
    memset(&pages[step->first], 0, step->count * sizeof(*pages));
    memcpy(&pages[step->target], moved, step->new_count * sizeof(*pages));
}

/* --- Steps */

static void pick_mapping(struct model *model, struct model_step *step)
{
    int object = (int)pick(model, model->object_count + 2) - 2;

    step->protection = (uint8_t)pick(model, 8);
    step->max_protection = model->has_maximum && pick(model, 4) == 0 ? (uint8_t)pick(model, 8) : R | W | X;
    step->object = (int8_t)(object >= 0 ? object : -1);
    if (object >= 0) {
        bool is_file = model->objects[object].is_file;

        step->object_page = (uint32_t)pick(model, 12);
        step->is_shared = pick(model, 2) == 0;
        if (step->is_shared && is_file && (!model->has_maximum || pick(model, 8) != 0)) {
            step->max_protection &= (uint8_t)~W;
        }
        if (!model->has_maximum && !is_file) {
            step->max_protection &= (uint8_t)~X; /* what can change is never run */
        }
    }
    if (pick(model, 8) != 0) {
        step->protection &= step->max_protection;
    }
}

static bool is_any_mapped(const struct model_page *pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (pages[i].is_mapped) {
            return true;
        }
    }
    return false;
}

static int wanted_of_mapping(const struct model *model, const struct model_step *step)
{
    bool is_file = step->object >= 0 && model->objects[step->object].is_file;

    if ((step->protection & ~step->max_protection) != 0) {
        return model->beyond_maximum;
    }
    if ((step->protection & (W | X)) == (W | X)) {
        return -EACCES;
    }
    if (is_file && step->is_shared && (step->max_protection & W) != 0) {
        return -EACCES;
    }
    return step->kind == MODEL_ADD && is_any_mapped(&model->pages[step->map][step->first], step->count) ? -EEXIST : 0;
}

static int wanted_of_protect(const struct model_page *pages, const struct model_step *step)
{
    if ((step->protection & (W | X)) == (W | X)) {
        return -EACCES;
    }
    for (unsigned i = 0; i < step->count; i++) {
        if (!pages[i].is_mapped) {
            return -ENOMEM;
        }
        if ((step->protection & ~pages[i].max_protection) != 0) {
            return -EACCES;
        }
    }
    return 0;
}

static void put_mapping(struct model_page *pages, const struct model_step *step)
{
    for (unsigned i = 0; i < step->count; i++) {
        pages[i] = (struct model_page){
            .is_mapped = true,
            .is_shared = step->is_shared,
            .protection = step->protection,
            .max_protection = step->max_protection,
            .object = step->object,
            .object_page = (uint32_t)(step->object_page + i),
        };
    }
}

/* As if each page had been touched. */
static void populate(struct model *model, struct model_page *pages, unsigned count)
{
    for (unsigned i = 0; i < count && pages[i].is_shared && (pages[i].protection & W) != 0; i++) {
        if (!is_behind_end(model, &pages[i])) {
            settle(model, &pages[i]);
        }
    }
}

static uint8_t access_of(enum model_kind kind)
{
    return kind == MODEL_LOAD ? R : kind == MODEL_FETCH ? X : W;
}

/* Most of them where something is mapped. */
static void pick_access(struct model *model, struct model_step *step)
{
    for (unsigned tries = 4; tries > 0 && !model->pages[step->map][step->first].is_mapped; tries--) {
        pick_range(model, step);
    }
    const struct model_page *page = &model->pages[step->map][step->first];

    step->probe = step->kind == MODEL_FETCH ? 0 : pick(model, MODEL_PROBES);
    step->wanted = wanted_of_access(model, page, access_of(step->kind));
    step->value = (uint8_t)pick(model, 256);
    if (access_of(step->kind) != W && step->wanted == 0) {
        step->value = shown(model, page, step->probe);
    }
}

static enum model_kind pick_kind(struct model *model)
{
    unsigned sum = 0, kind = 0;

    for (unsigned i = 0; i < MODEL_KINDS; i++) {
        sum += model->weights[i];
    }
    unsigned left = pick(model, sum);

    while (left >= model->weights[kind]) {
        left -= model->weights[kind++];
    }
    return (enum model_kind)kind;
}

void model_next(struct model *model, struct model_step *step)
{
    memset(step, 0, sizeof(*step));
    step->kind = pick_kind(model);
    step->map = pick(model, model->map_count);
    pick_range(model, step);
    switch (step->kind) {
    case MODEL_ADD:
    case MODEL_REPLACE:
        pick_mapping(model, step);
        step->wanted = wanted_of_mapping(model, step);
        break;
    case MODEL_PROTECT:
        step->protection = (uint8_t)pick(model, 8);
        step->wanted = wanted_of_protect(&model->pages[step->map][step->first], step);
        break;
    case MODEL_LOAD:
    case MODEL_FETCH:
    case MODEL_STORE:
    case MODEL_STORE_BY_CALL:
        pick_access(model, step);
        break;
    case MODEL_MOVE:
        pick_move(model, step);
        break;
    case MODEL_FORK:
        step->target = (step->map + 1 + pick(model, model->map_count - 1)) % model->map_count;
        break;
    case MODEL_RESIZE:
    case MODEL_PUNCH:
        pick_size(model, step);
        break;
    case MODEL_READ:
        pick_read(model, step);
        break;
    case MODEL_WRITE:
        pick_place(model, step);
        break;
    default:
        break;
    }
}

void model_look(const struct model *model, unsigned map, unsigned page, unsigned probe, struct model_step *step)
{
    memset(step, 0, sizeof(*step));
    step->kind = MODEL_LOAD;
    step->map = map;
    step->first = page;
    step->count = 1;
    step->probe = probe;
    step->wanted = wanted_of_access(model, &model->pages[map][page], R);
    step->value = step->wanted == 0 ? shown(model, &model->pages[map][page], probe) : 0;
}

void model_done(struct model *model, const struct model_step *step)
{
    struct model_page *pages = &model->pages[step->map][step->first];

    switch (step->kind) {
    case MODEL_ADD:
    case MODEL_REPLACE:
        put_mapping(pages, step);
        if (step->is_populated) {
            populate(model, pages, step->count);
        }
        break;
    case MODEL_REMOVE:
        memset(pages, 0, step->count * sizeof(*pages));
        break;
    case MODEL_PROTECT:
        for (unsigned i = 0; i < step->count; i++) {
            pages[i].protection = step->protection;
        }
        break;
    case MODEL_LOAD:
    case MODEL_FETCH:
        settle(model, pages);
        break;
    case MODEL_STORE:
    case MODEL_STORE_BY_CALL:
        store(model, pages, step->probe, step->value);
        break;
    case MODEL_FORGET:
        for (unsigned i = 0; i < step->count; i++) {
            pages[i].content = MODEL_FOLLOWS;
        }
        break;
    case MODEL_MOVE:
        move(model->pages[step->map], step);
        break;
    case MODEL_FORK:
        memcpy(model->pages[step->target], model->pages[step->map], sizeof(model->pages[0]));
        break;
    case MODEL_RESIZE:
        resize(model, step->object, step->size_bytes);
        break;
    case MODEL_PUNCH:
        punch(model, step);
        break;
    case MODEL_WRITE:
        write_byte(model, step);
        break;
    default:
        break;
    }
}

/* A write that was to move the end has cleared what lies behind it. */
void model_refused(struct model *model, const struct model_step *step)
{
    if (step->kind == MODEL_WRITE && step->offset >= model->objects[step->object].size_bytes) {
        uint64_t size_bytes = model->objects[step->object].size_bytes;

        resize(model, step->object, size_bytes + 1);
        model->objects[step->object].size_bytes = size_bytes;
    }
}

void model_clear(struct model *model, unsigned map)
{
    memset(model->pages[map], 0, sizeof(model->pages[map]));
}
