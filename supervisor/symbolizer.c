/*
 * Addresses explained: from an address of a task or of the supervisor itself to `name+0x14`.
 *
 *     address --map or region--> image, position in it --its build id--> symbols_find() --> name
 *
 * Programs and libraries are known by the build id that their own file carries, the supervisor by the one in its image:
 * so a table of another build gives no name, rather than a wrong one. Nothing is allocated or copied, and nothing kept
 * but where the table lies; all work is done when there is something to explain.
 *
 * Typical use:
 *     symbolizer_init() -> ... -> symbolizer_explain(task->map, frame->pc, frame->ra).text
 */
#include "symbolizer.h"

#include "arch.h"
#include "elf.h"
#include "image.h"
#include "panic.h"
#include "root_files.h"
#include "supervisor_map.h"
#include "symbols.h"

#include <stdio.h>

#define SYMBOLS_PATH "/lib/symbols"

/* Bytes NULL: not looked for yet, or not there. */
static struct symbols symbols;

/* Looked for when something is to be explained for the first time: most machines never have anything. */
static const struct symbols *table(void)
{
    const void *bytes;
    uint64_t size_bytes;

    if (symbols.bytes == NULL && root_files_bytes(SYMBOLS_PATH, &bytes, &size_bytes) == 0) {
        symbols = (struct symbols){ .bytes = bytes, .size_bytes = size_bytes };
    }
    return &symbols;
}

/* The supervisor's own: see panic_set_names(). */
static const char *name_own(uint64_t address, uint64_t *offset)
{
    uint64_t position = address - ARCH_IMAGE_BASE;
    struct symbol symbol;

    if (!symbols_find(table(), supervisor_map_build_id(), position, &symbol)) {
        return NULL;
    }
    *offset = position - symbol.start;
    return symbol.name;
}

void symbolizer_init(void)
{
    panic_set_names(name_own);
}

/* A function that an address of a task is in, and how far; name NULL when it is not known. */
struct function {
    const char *name;
    uint64_t offset;
};

static struct function find_function(struct map *map, uint64_t address)
{
    struct function function = { .name = NULL };
    struct image image;
    struct symbol symbol;
    uint64_t position;
    struct elf elf;

    if (image_find(map, address, &image, &position) == 0 && elf_parse(&image, &elf, NULL) == 0 && elf.has_build_id &&
        symbols_find(table(), elf.build_id, position, &symbol)) {
        function = (struct function){ .name = symbol.name, .offset = position - symbol.start };
    }
    return function;
}

struct symbolizer_text symbolizer_explain(struct map *map, uint64_t pc, uint64_t return_address)
{
    struct symbolizer_text out = { .text = "" };
    struct function here = find_function(map, pc);
    /* By the call itself: behind the last instruction of a function that does not return is another function. */
    struct function caller = find_function(map, return_address - 1);
    int length = 0;

    if (here.name != NULL) {
        length = snprintf(out.text, sizeof(out.text), " (%s+0x%lx)", here.name, here.offset);
    }
    if (caller.name != NULL && caller.name != here.name) {
        snprintf(out.text + length, sizeof(out.text) - (size_t)length, ", called from 0x%lx (%s+0x%lx)", return_address,
                 caller.name, caller.offset + 1);
    }
    return out;
}
