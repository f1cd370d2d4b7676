/*
 * elf FILE...: what an ELF file is for Pando: its entry, build id and libraries, and of each segment where it goes and
 * who shares its pages.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi_image.h"
#include "abi_pando.h"
#include "inputs.h"

#define PAGE_BYTES 4096u
#define BUILD_ID_NOTE 3

/* A file as it lies in memory. */
struct image {
    const char *name;
    const unsigned char *bytes;
    uint64_t size_bytes;
};

static bool complain(const struct image *image, const char *what)
{
    fprintf(stderr, "elf: %s: %s\n", image->name, what);
    return false;
}

static bool is_inside(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size_bytes && size <= image->size_bytes - offset;
}

static uint64_t page_count(uint64_t start, uint64_t size)
{
    return size == 0 ? 0 : (start % PAGE_BYTES + size + PAGE_BYTES - 1) / PAGE_BYTES;
}

/* Who shares a segment's pages, by its rights. */
static void print_sharing(const Elf64_Phdr *segment)
{
    uint64_t pages = page_count(segment->p_vaddr, segment->p_memsz);
    uint64_t file_pages = page_count(segment->p_vaddr, segment->p_filesz);

    if (!(segment->p_flags & PF_W)) {
        printf("%" PRIu64 " shared by all who run it\n", pages);
        return;
    }
    printf("%" PRIu64 " shared until written", file_pages);
    if (pages > file_pages) {
        printf(", %" PRIu64 " zero until written", pages - file_pages);
    }
    putchar('\n');
}

static void print_segment(const Elf64_Phdr *segment)
{
    printf("  %010" PRIx64 " %7" PRIu64 " bytes %c%c%c  pages: ", segment->p_vaddr, segment->p_memsz,
           segment->p_flags & PF_R ? 'r' : '-', segment->p_flags & PF_W ? 'w' : '-',
           segment->p_flags & PF_X ? 'x' : '-');
    print_sharing(segment);
}

static void print_hex(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
}

/* One note: its owner is at @owner, its content at @content. */
static void print_note(const Elf64_Nhdr *note, const char *owner, const unsigned char *content)
{
    if (note->n_namesz == sizeof("GNU") && memcmp(owner, "GNU", sizeof("GNU")) == 0 && note->n_type == BUILD_ID_NOTE) {
        printf("  build id ");
        print_hex(content, note->n_descsz);
        putchar('\n');
    }
    if (note->n_namesz == sizeof(ABI_NOTE_OWNER) && memcmp(owner, ABI_NOTE_OWNER, sizeof(ABI_NOTE_OWNER)) == 0 &&
        note->n_type == ABI_NOTE_NEEDS && note->n_descsz == sizeof(struct abi_needs)) {
        struct abi_needs needs;

        memcpy(&needs, content, sizeof(needs));
        printf("  needs /lib/%.*s, build id ", ABI_LIBRARY_NAME_BYTES, needs.name);
        print_hex(needs.build_id, sizeof(needs.build_id));
        putchar('\n');
    }
}

static uint64_t rounded(uint64_t size)
{
    return (size + 3) / 4 * 4;
}

static bool print_notes(const struct image *image, const Elf64_Phdr *segment)
{
    uint64_t at = segment->p_offset, end = at + segment->p_filesz;

    if (!is_inside(image, segment->p_offset, segment->p_filesz)) {
        return complain(image, "notes outside of the file");
    }
    while (end - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;

        memcpy(&note, image->bytes + at, sizeof(note));
        uint64_t size = rounded(note.n_namesz) + rounded(note.n_descsz);

        at += sizeof(note);
        if (size > end - at) {
            return complain(image, "a note that is cut off");
        }
        print_note(&note, (const char *)image->bytes + at, image->bytes + at + rounded(note.n_namesz));
        at += size;
    }
    return true;
}

/* What lies in the shared windows is a library, whatever its header says of an entry. */
static bool is_library(const struct image *image, const Elf64_Ehdr *header)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment;

        memcpy(&segment, image->bytes + header->e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type == PT_LOAD && segment.p_vaddr >= ABI_TEXT_WINDOW &&
            segment.p_vaddr < ABI_DATA_WINDOW + ABI_WINDOW_BYTES) {
            return true;
        }
    }
    return false;
}

static bool print_image(const struct image *image)
{
    Elf64_Ehdr header;

    if (image->size_bytes < sizeof(header)) {
        return complain(image, "too short for an ELF file");
    }
    memcpy(&header, image->bytes, sizeof(header));
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_machine != EM_RISCV || header.e_phentsize != sizeof(Elf64_Phdr)) {
        return complain(image, "not an ELF file for 64-bit RISC-V");
    }
    if (!is_inside(image, header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr))) {
        return complain(image, "program headers outside of the file");
    }
    if (is_library(image, &header)) {
        printf("%s: image for the shared windows\n", image->name);
    } else {
        printf("%s: program, entry %" PRIx64 "\n", image->name, (uint64_t)header.e_entry);
    }
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;

        memcpy(&segment, image->bytes + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type == PT_LOAD) {
            print_segment(&segment);
        } else if (segment.p_type == ABI_PT_SLIDES) {
            printf("  can slide: %" PRIu64 " words hold addresses\n", (uint64_t)segment.p_filesz / sizeof(uint32_t));
        } else if (segment.p_type == PT_NOTE && !print_notes(image, &segment)) {
            return false;
        }
    }
    return true;
}

static bool show(FILE *input, const char *name, void *context)
{
    struct image image = { .name = name };
    struct stat status;

    (void)context;
    if (fstat(fileno(input), &status) != 0 || status.st_size <= 0) {
        return complain(&image, "not a file with content");
    }
    image.size_bytes = (uint64_t)status.st_size;
    image.bytes = mmap(NULL, image.size_bytes, PROT_READ, MAP_PRIVATE, fileno(input), 0);
    if (image.bytes == MAP_FAILED) {
        return complain(&image, strerror(errno));
    }
    bool is_done = print_image(&image);

    munmap((void *)image.bytes, image.size_bytes);
    return is_done;
}

int main(int argc, char **argv)
{
    int first = inputs_first(argv, 1);

    if (first == 0 || first >= argc) {
        fprintf(stderr, "usage: elf FILE...\n");
        return 2;
    }
    return inputs_each("elf", argv + first, show, NULL);
}
