/*
 * Notes of an ELF file, and the slide list: apps/abi/abi_image.h says what they look like.
 *
 * A note is three words (bytes of the name, bytes of the description, type), the name, and the description, each
 * padded to the segment's alignment. Notes of other owners are stepped over.
 */
#include "elf_notes.h"

#include "abi_errno.h"
#include "checked.h"

#include <string.h>

struct note_header {
    uint32_t name_bytes;
    uint32_t description_bytes;
    uint32_t type;
};

struct note {
    uint32_t type;
    uint32_t description_bytes;
    uint64_t description; /* offset in the image */
    char owner[8]; /* all zero when the name is longer */
};

#define NOTE_GNU_BUILD_ID 3

static bool is_owned_by(const struct note *note, const char *owner)
{
    return strncmp(note->owner, owner, sizeof(note->owner)) == 0;
}

/* A file name that can't lead out of the libraries' folder. */
static bool is_library_name(const char name[ABI_LIBRARY_NAME_BYTES])
{
    return memchr(name, '\0', ABI_LIBRARY_NAME_BYTES) != NULL && name[0] != '\0' &&
           memchr(name, '/', strlen(name)) == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int take_needs(const struct image *image, const struct note *note, struct elf *elf, struct reason *reason)
{
    if (elf->needs_count == ABI_NEEDS_MAX) {
        return reason_give(reason, -ENOEXEC, "needs more than %d libraries", ABI_NEEDS_MAX);
    }
    struct abi_needs *needs = &elf->needs[elf->needs_count];

    if (note->description_bytes != sizeof(*needs) || image_read(image, note->description, needs, sizeof(*needs)) != 0 ||
        !is_library_name(needs->name)) {
        return reason_give(reason, -ENOEXEC, "broken note about a needed library");
    }
    elf->needs_count++;
    return 0;
}

static int take_name(const struct image *image, const struct note *note, struct elf *elf, struct reason *reason)
{
    char name[ABI_LIBRARY_NAME_BYTES];

    if (note->description_bytes != sizeof(name) || image_read(image, note->description, name, sizeof(name)) != 0 ||
        !is_library_name(name)) {
        return reason_give(reason, -ENOEXEC, "broken note about its name");
    }
    strncpy(elf->name, name, sizeof(elf->name)); /* which fills up with NUL */
    return 0;
}

static int take_note(const struct image *image, const struct note *note, struct elf *elf, struct reason *reason)
{
    if (is_owned_by(note, ABI_NOTE_OWNER) && note->type == ABI_NOTE_NEEDS) {
        return take_needs(image, note, elf, reason);
    }
    if (is_owned_by(note, ABI_NOTE_OWNER) && note->type == ABI_NOTE_NAME) {
        return take_name(image, note, elf, reason);
    }
    if (is_owned_by(note, "GNU") && note->type == NOTE_GNU_BUILD_ID &&
        note->description_bytes == sizeof(elf->build_id)) {
        elf->has_build_id = image_read(image, note->description, elf->build_id, sizeof(elf->build_id)) == 0;
    }
    return 0;
}

/*
 * The note at @offset of the @size bytes at @start: false when it reaches behind their end. The caller has checked
 * that they are inside the image and fewer than 2^32, so no sum here wraps.
 */
static bool read_note(const struct image *image, uint64_t start, uint64_t size, uint64_t offset, uint64_t alignment,
                      struct note *note, uint64_t *following)
{
    struct note_header header;

    if (!fits_below(offset, sizeof(header), size) || image_read(image, start + offset, &header, sizeof(header)) != 0) {
        return false;
    }
    uint64_t name = offset + sizeof(header);
    uint64_t description = ALIGNED_UP(name + header.name_bytes, alignment);

    if (!fits_below(name, header.name_bytes, size) || !fits_below(description, header.description_bytes, size)) {
        return false;
    }
    *note = (struct note){ .type = header.type,
                           .description_bytes = header.description_bytes,
                           .description = start + description };
    *following = ALIGNED_UP(description + header.description_bytes, alignment);
    return header.name_bytes > sizeof(note->owner) ||
           image_read(image, start + name, note->owner, header.name_bytes) == 0;
}

int elf_notes_read(const struct image *image, uint64_t offset, uint64_t size, uint64_t alignment, struct elf *elf,
                   uint64_t *budget, struct reason *reason)
{
    uint64_t at = 0;
    struct note note;

    if (size > *budget) {
        return reason_give(reason, -ENOEXEC, "more than %d bytes of notes", ELF_NOTE_BYTES_MAX);
    }
    *budget -= size;
    while (at < size) {
        if (!read_note(image, offset, size, at, alignment == 8 ? 8 : 4, &note, &at)) {
            return reason_give(reason, -ENOEXEC, "broken notes");
        }
        int error = take_note(image, &note, elf, reason);

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

int elf_notes_take_slides(const struct image *image, uint64_t offset, uint64_t size, struct elf *elf,
                          struct reason *reason)
{
    if (elf->slides_count != 0 || size % sizeof(uint32_t) != 0 || !fits_below(offset, size, image->length)) {
        return reason_give(reason, -ENOEXEC, "broken slide list");
    }
    elf->slides_offset = offset;
    elf->slides_count = size / sizeof(uint32_t);
    return 0;
}
