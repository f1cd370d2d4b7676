#pragma once

#include "machine.h"
#include "types.h"

/*
 * A writer of device trees for the tests of platform, over libfdt's sequential one.
 *
 *     tree_start() -> tree_root() -> tree_open("chosen"), tree_text("bootargs", "quiet"), tree_close() -> tree_finish()
 *
 * The finished tree is an allocation of just its own size, so that the sanitizer sees the first byte too far.
 */
extern uint8_t *tree_blob;
extern uint32_t tree_blob_bytes;

/* Up to tree_root(), memory can be reserved in the tree's header. */
void tree_start(void);
void tree_reserve(uint64_t address, uint64_t size_bytes);
void tree_root(void);

/* Close the root. */
void tree_finish(void);

void tree_open(const char *name);
void tree_close(void);

/* Properties of the node that is open: bytes, a string, nothing, cells. */
void tree_property(const char *name, const void *value, int size);
void tree_text(const char *name, const char *value);
void tree_flag(const char *name);
void tree_cell_array(const char *name, const uint32_t *values, size_t count);
#define CELLS(name, ...) \
    tree_cell_array(name, (const uint32_t[]){ __VA_ARGS__ }, \
                    sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
/* A list of strings, as one literal with NULs. */
#define STRINGS(name, literal) tree_property(name, literal, sizeof(literal))

/* Parts of a machine like QEMU's virt: 2 cells for addresses and sizes, and nodes. */
void tree_root_cells(void);
void tree_memory(uint32_t high, uint32_t low, uint32_t size_high, uint32_t size_low);
void tree_open_cpus(void);
void tree_cpu(uint32_t hart_id, uint32_t phandle, const char *isa, const char *mmu);
void tree_controller(uint32_t phandle);
void tree_one_cpu(void);
void tree_open_soc(void);
extern const uint32_t tree_one_hart_wiring[4];
void tree_plic(uint32_t phandle, const uint32_t *wiring, size_t count);
void tree_serial(const char *name, uint32_t base, uint32_t source);
void tree_virt_soc(void);

/* The root, open, with memory, a hart and devices; and the same finished. */
void tree_open_virt(void);
void tree_virt(void);

/* What read_tree() has found in the finished tree, and why it was refused (else NULL). */
extern struct machine machine;
extern const char *reason;
int read_tree(void);

/* Whether there is a note of @name that says @what. */
bool has_note(const char *name, const char *what);
