/* Words for the steps of model.h. */
#include <inttypes.h>
#include <stdio.h>

#include "abi_types.h"
#include "model.h"

static const char *const kind_names[MODEL_KINDS] = {
    "add",           "replace", "remove", "protect", "populate", "load",  "fetch", "store",
    "store by call", "forget",  "move",   "fork",    "resize",   "punch", "read",  "write",
};

static void describe_mapping(const struct model_step *step, char *text, size_t size)
{
    snprintf(text, size, ", %c%c%c of %c%c%c %s of object %d from page %u",
             (step->protection & ABI_PROT_READ) != 0 ? 'r' : '-', (step->protection & ABI_PROT_WRITE) != 0 ? 'w' : '-',
             (step->protection & ABI_PROT_EXEC) != 0 ? 'x' : '-',
             (step->max_protection & ABI_PROT_READ) != 0 ? 'r' : '-',
             (step->max_protection & ABI_PROT_WRITE) != 0 ? 'w' : '-',
             (step->max_protection & ABI_PROT_EXEC) != 0 ? 'x' : '-', step->is_shared ? "shared" : "private",
             step->object, (unsigned)step->object_page);
}

static void describe_rest(const struct model_step *step, char *text, size_t size)
{
    switch (step->kind) {
    case MODEL_ADD:
    case MODEL_REPLACE:
        describe_mapping(step, text, size);
        break;
    case MODEL_PROTECT:
        snprintf(text, size, " to %u", step->protection);
        break;
    case MODEL_LOAD:
    case MODEL_FETCH:
    case MODEL_STORE:
    case MODEL_STORE_BY_CALL:
        snprintf(text, size, ", byte %u is %#x", model_offset(step->probe), step->value);
        break;
    case MODEL_MOVE:
        snprintf(text, size, " to %u pages at %#" PRIx64, step->new_count, model_address(step->target));
        break;
    case MODEL_FORK:
        snprintf(text, size, " to map %u", step->target);
        break;
    default:
        text[0] = '\0';
    }
}

void model_describe(const struct model_step *step, char *text, size_t size)
{
    char rest[100];

    if (step->kind >= MODEL_RESIZE) {
        snprintf(text, size, "%s object %d: %" PRIu64 " bytes from %" PRIu64 ", byte %#x: wants %d",
                 kind_names[step->kind], step->object, step->size_bytes, step->offset, step->value, step->wanted);
        return;
    }
    describe_rest(step, rest, sizeof(rest));
    snprintf(text, size, "%s map %u, %u pages at %#" PRIx64 "%s: wants %d", kind_names[step->kind], step->map,
             step->count, model_address(step->first), rest, step->wanted);
}
