#pragma once

#include "elf.h"

/*
 * What elf.c leaves to elf_notes.c: the part of a file that only Pando's own images have.
 */

/*
 * Read the notes in [@offset, @offset + @size) of @image: the build id and the needed libraries go into @elf.
 * @alignment is the segment's. @budget is what is left of ELF_NOTE_BYTES_MAX, and is reduced.
 * Returns 0, or -ENOEXEC with a reason.
 */
int elf_notes_read(const struct image *image, uint64_t offset, uint64_t size, uint64_t alignment, struct elf *elf,
                   uint64_t *budget, struct reason *reason);

/* Take [@offset, @offset + @size) of @image as the slide list. Returns 0, or -ENOEXEC with a reason. */
int elf_notes_take_slides(const struct image *image, uint64_t offset, uint64_t size, struct elf *elf,
                          struct reason *reason);
