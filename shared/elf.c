/*
 * Parsing of ELF64 files: the file header, the program headers, and of those the ones that loading needs. Section
 * headers are never looked at.
 *
 * A file is hostile until proven otherwise: every offset goes through image_read(), every sum is checked, and the work
 * is bounded by the limits in elf.h. What was accepted fulfils the invariants of struct elf.
 *
 * Typical use:
 *     elf_parse(&image, &elf, reason) -> manifest_derive(&elf, &derived)
 */
#include "elf.h"

#include "abi_errno.h"
#include "checked.h"
#include "elf_notes.h"

#include <string.h>

struct file_header {
    uint8_t magic[4];
    uint8_t class;
    uint8_t byte_order;
    uint8_t ident_version;
    uint8_t ident_rest[9];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_headers;
    uint64_t section_headers;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t program_header_bytes;
    uint16_t program_header_count;
    uint16_t section_header_bytes;
    uint16_t section_header_count;
    uint16_t section_names;
};
static_assert(sizeof(struct file_header) == 64, "ELF64");

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical_address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t alignment;
};
static_assert(sizeof(struct program_header) == 56, "ELF64");

enum {
    CLASS_64 = 2,
    BYTE_ORDER_LITTLE = 1,
    VERSION_CURRENT = 1,
    TYPE_EXECUTABLE = 2,
    TYPE_SHARED = 3,
    MACHINE_RISCV = 243,
    HEADER_LOAD = 1,
    HEADER_INTERPRETER = 3,
    HEADER_NOTE = 4,
};

/* A parse under way. */
struct parse {
    const struct image *image;
    struct elf *elf;
    struct reason *reason;
    uint64_t note_budget;
};

static int check_ident(const struct file_header *header, struct reason *reason)
{
    static const uint8_t magic[4] = { 0x7f, 'E', 'L', 'F' };

    if (memcmp(header->magic, magic, sizeof(magic)) != 0) {
        return reason_give(reason, -ENOEXEC, "not an ELF file");
    }
    if (header->class != CLASS_64) {
        return reason_give(reason, -ENOEXEC, "not a 64-bit file");
    }
    if (header->byte_order != BYTE_ORDER_LITTLE) {
        return reason_give(reason, -ENOEXEC, "not little-endian");
    }
    if (header->machine != MACHINE_RISCV) {
        return reason_give(reason, -ENOEXEC, "for machine %u, not RISC-V", header->machine);
    }
    if (header->ident_version != VERSION_CURRENT || header->version != VERSION_CURRENT) {
        return reason_give(reason, -ENOEXEC, "for another version of ELF");
    }
    return 0;
}

static int check_header(const struct image *image, const struct file_header *header, struct reason *reason)
{
    int error = check_ident(header, reason);

    if (error != 0) {
        return error;
    }
    if (header->type == TYPE_SHARED) {
        return reason_give(reason, -ENOEXEC, "position-independent: link it for a fixed address");
    }
    if (header->type != TYPE_EXECUTABLE) {
        return reason_give(reason, -ENOEXEC, "not an executable (ELF type %u)", header->type);
    }
    if (header->program_header_bytes != sizeof(struct program_header)) {
        return reason_give(reason, -ENOEXEC, "program headers of %u bytes", header->program_header_bytes);
    }
    if (header->program_header_count == 0 || header->program_header_count > ELF_PROGRAM_HEADERS_MAX) {
        return reason_give(reason, -ENOEXEC, "%u program headers", header->program_header_count);
    }
    if (!fits_below(header->program_headers, header->program_header_count * sizeof(struct program_header),
                    image->length)) {
        return reason_give(reason, -ENOEXEC, "truncated: program headers end behind the file");
    }
    return 0;
}

/* What is wrong with a PT_LOAD, or NULL. */
static const char *segment_fault(const struct image *image, const struct program_header *header)
{
    uint64_t end;

    if (header->memory_bytes == 0) {
        return "is empty";
    }
    if (header->file_bytes > header->memory_bytes) {
        return "is larger in the file than in memory";
    }
    if (add_overflows(header->address, header->memory_bytes, &end) || page_round_up_overflows(end, &end)) {
        return "wraps around the address space";
    }
    if (header->file_bytes > 0 && !fits_below(header->offset, header->file_bytes, image->length)) {
        return "ends behind the file: truncated";
    }
    if ((header->alignment & (header->alignment - 1)) != 0) {
        return "has an alignment that is no power of two";
    }
    if ((header->address & PAGE_MASK) != (header->offset & PAGE_MASK)) {
        return "lies differently in its page in the file and in memory";
    }
    if ((header->flags & ELF_READ) == 0) {
        return "is not readable";
    }
    if ((header->flags & ELF_WRITE) != 0 && (header->flags & ELF_EXECUTE) != 0) {
        return "is writable and executable";
    }
    return NULL;
}

static bool have_common_page(const struct elf_segment *a, const struct elf_segment *b)
{
    return page_round_down(a->address) < page_round_up(b->address + b->memory_bytes) &&
           page_round_down(b->address) < page_round_up(a->address + a->memory_bytes);
}

static int add_segment(const struct parse *parse, const struct program_header *header)
{
    struct elf *elf = parse->elf;
    const char *fault = segment_fault(parse->image, header);

    if (fault != NULL) {
        return reason_give(parse->reason, -ENOEXEC, "segment %u %s", elf->segment_count, fault);
    }
    if (elf->segment_count == ELF_SEGMENTS_MAX) {
        return reason_give(parse->reason, -ENOEXEC, "more than %d segments", ELF_SEGMENTS_MAX);
    }
    struct elf_segment *added = &elf->segments[elf->segment_count];

    *added = (struct elf_segment){ .address = header->address,
                                   .memory_bytes = header->memory_bytes,
                                   .file_offset = header->offset,
                                   .file_bytes = header->file_bytes,
                                   .rights = header->flags & (ELF_READ | ELF_WRITE | ELF_EXECUTE) };
    for (uint32_t i = 0; i < elf->segment_count; i++) {
        if (have_common_page(&elf->segments[i], added)) {
            return reason_give(parse->reason, -ENOEXEC, "segments %u and %u overlap", i, elf->segment_count);
        }
    }
    elf->segment_count++;
    return 0;
}

static int add_header(struct parse *parse, const struct program_header *header)
{
    switch (header->type) {
    case HEADER_LOAD:
        return add_segment(parse, header);
    case HEADER_INTERPRETER:
        return reason_give(parse->reason, -ENOEXEC, "dynamically linked: link it statically");
    case HEADER_NOTE:
        return elf_notes_read(parse->image, header->offset, header->file_bytes, header->alignment, parse->elf,
                              &parse->note_budget, parse->reason);
    case ABI_PT_SLIDES:
        return elf_notes_take_slides(parse->image, header->offset, header->file_bytes, parse->elf, parse->reason);
    default:
        return 0;
    }
}

/* Where the program headers are once the segments are mapped, if one of them has the headers' bytes. */
static void find_headers_in_memory(struct elf *elf, const struct file_header *header)
{
    uint64_t size = header->program_header_count * sizeof(struct program_header);

    for (uint32_t i = 0; i < elf->segment_count; i++) {
        const struct elf_segment *segment = &elf->segments[i];

        if (header->program_headers >= segment->file_offset &&
            fits_below(header->program_headers - segment->file_offset, size, segment->file_bytes)) {
            elf->headers_mapped = true;
            elf->headers_address = segment->address + (header->program_headers - segment->file_offset);
            return;
        }
    }
}

int elf_parse(const struct image *image, struct elf *elf, struct reason *reason)
{
    struct parse parse = { .image = image, .elf = elf, .reason = reason, .note_budget = ELF_NOTE_BYTES_MAX };
    struct file_header header;
    struct program_header entry;

    if (image_read(image, 0, &header, sizeof(header)) != 0) {
        return reason_give(reason, -ENOEXEC, "not an ELF file");
    }
    int error = check_header(image, &header, reason);

    *elf = (struct elf){ .entry = header.entry, .header_count = header.program_header_count };
    for (unsigned i = 0; error == 0 && i < header.program_header_count; i++) {
        error = image_read(image, header.program_headers + i * sizeof(entry), &entry, sizeof(entry));
        if (error == 0) {
            error = add_header(&parse, &entry);
        }
    }
    if (error == 0 && elf->segment_count == 0) {
        error = reason_give(reason, -ENOEXEC, "nothing to load");
    }
    if (error == 0) {
        find_headers_in_memory(elf, &header);
    }
    return error;
}
