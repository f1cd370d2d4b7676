/*
 * windows: tries to make text writable, and to put something else where the shared windows are (rule A8); and writes
 * to private mappings of a file, which must not change the file (rule A4).
 */
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define READ ABI_PROT_READ
#define WRITE ABI_PROT_WRITE
#define EXECUTE ABI_PROT_EXEC
#define PRIVATE (ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS)

static const uint64_t protections[] = {
    ABI_PROT_NONE, READ, READ | WRITE, READ | EXECUTE, READ | WRITE | EXECUTE, EXECUTE,
};

int main(int argc, char **argv);

static void name_case(char name[80], const char *what, const char *where, uint64_t number)
{
    snprintf(name, 80, "a8_%s_%s_%llx", what, where, (unsigned long long)number);
}

/* [@address, @address + @size) touches a window. */
static void attack_window(const char *where, uint64_t address, uint64_t size)
{
    char name[80];

    for (size_t i = 0; i < COUNT(protections); i++) {
        name_case(name, "mprotect", where, protections[i]);
        expect(name, sys_protect(address, size, protections[i]), -EPERM);
        name_case(name, "mmap_fixed", where, protections[i]);
        /* W and X together is refused as such, before or after the place is looked at. */
        int64_t wanted = (protections[i] & (WRITE | EXECUTE)) == (WRITE | EXECUTE) ? -EACCES : -EPERM;
        int64_t got = sys_map(address, size, protections[i], PRIVATE | ABI_MAP_FIXED, -1, 0);

        expect(name, got == -EPERM ? wanted : got, wanted);
    }
    name_case(name, "munmap", where, 0);
    expect(name, sys_unmap(address, size), -EPERM);
    name_case(name, "mmap_fixed_noreplace", where, 0);
    expect(name, sys_map(address, size, READ, PRIVATE | ABI_MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);

    int64_t elsewhere = sys_map(address, size, READ, PRIVATE, -1, 0);

    name_case(name, "mmap_hint_goes_elsewhere", where, 0);
    expect_true(name, elsewhere > 0 && ((uint64_t)elsewhere + size <= ABI_TEXT_WINDOW ||
                                        (uint64_t)elsewhere >= ABI_DATA_WINDOW + ABI_WINDOW_BYTES));
    if (elsewhere > 0) {
        sys_unmap((uint64_t)elsewhere, size);
    }
}

static void attack_windows(void)
{
    uint64_t text = ADDRESS(printf) & ~(PAGE - 1), before[64];

    memcpy(before, (const void *)(uintptr_t)text, sizeof(before));
    attack_window("library_text", text, PAGE);
    attack_window("text_start", ABI_TEXT_WINDOW, PAGE);
    attack_window("text_empty_part", ABI_TEXT_WINDOW + 0x5000000, 16 * PAGE);
    attack_window("text_last_page", ABI_TEXT_WINDOW + ABI_WINDOW_BYTES - PAGE, PAGE);
    attack_window("data_start", ABI_DATA_WINDOW, PAGE);
    attack_window("data_empty_part", ABI_DATA_WINDOW + 0x5000000, PAGE);
    attack_window("region_table", ABI_DATA_WINDOW + ABI_WINDOW_END, PAGE);
    attack_window("data_last_page", ABI_DATA_WINDOW + ABI_WINDOW_BYTES - PAGE, PAGE);
    attack_window("both", ABI_TEXT_WINDOW, 2 * ABI_WINDOW_BYTES);
    attack_window("across_the_start", ABI_TEXT_WINDOW - PAGE, 2 * PAGE);
    attack_window("across_the_end", ABI_DATA_WINDOW + ABI_WINDOW_BYTES - PAGE, 2 * PAGE);
    expect_true("a8_the_librarys_text_is_as_it_was",
                memcmp(before, (const void *)(uintptr_t)text, sizeof(before)) == 0);
}

/* Nothing may share the text window's root slot. */
static void attack_root_slot(void)
{
    static const uint64_t places[] = { 0x40000000, 0x60000000, ABI_TEXT_WINDOW - PAGE };
    char name[80];

    for (size_t i = 0; i < COUNT(places); i++) {
        int64_t got = sys_map(places[i], PAGE, READ | WRITE, PRIVATE | ABI_MAP_FIXED, -1, 0);

        name_case(name, "root_slot_1", "mmap_fixed", places[i]);
        expect_true(name, got < 0);
    }
}

/* The program's own text, and pages that want both rights. */
static void attack_own_text(void)
{
    uint64_t text = ADDRESS(main) & ~(PAGE - 1);
    int64_t fresh;

    expect("a8_own_text_rw", sys_protect(text, PAGE, READ | WRITE), -EACCES);
    expect("a8_own_text_rwx", sys_protect(text, PAGE, READ | WRITE | EXECUTE), -EACCES);
    expect("a8_own_text_w", sys_protect(text, PAGE, WRITE), -EACCES);
    expect("a8_anonymous_rwx", sys_map_fresh(PAGE, READ | WRITE | EXECUTE), -EACCES);
    expect("a8_anonymous_wx", sys_map_fresh(PAGE, WRITE | EXECUTE), -EACCES);
    fresh = sys_map_fresh(PAGE, READ | WRITE);
    *(uint64_t *)fresh = 1;
    expect("a8_mprotect_to_rwx", sys_protect((uint64_t)fresh, PAGE, READ | WRITE | EXECUTE), -EACCES);
    *(uint64_t *)fresh = 2;
    expect("a8_mprotect_to_rx", sys_protect((uint64_t)fresh, PAGE, READ | EXECUTE), 0);
    expect("a8_mprotect_rx_to_rwx", sys_protect((uint64_t)fresh, PAGE, READ | WRITE | EXECUTE), -EACCES);
    sys_unmap((uint64_t)fresh, PAGE);
}

/* A file of the initrd through every door that could lead to its pages. */
static void attack_file(void)
{
    int64_t file = sys_open("/bin/hello", 0);
    uint64_t *shared = (uint64_t *)sys_map(0, PAGE, READ, ABI_MAP_SHARED, file, 0);
    uint64_t *private = (uint64_t *)sys_map(0, PAGE, READ | WRITE, ABI_MAP_PRIVATE, file, 0);
    uint64_t first = *shared, byte;

    expect("a8_shared_file_rw", sys_map(0, PAGE, READ | WRITE, ABI_MAP_SHARED, file, 0), -EACCES);
    expect("a8_shared_file_w", sys_map(0, PAGE, WRITE, ABI_MAP_SHARED, file, 0), -EACCES);
    expect("a8_shared_file_mprotect_rw", sys_protect(ADDRESS(shared), PAGE, READ | WRITE), -EACCES);
    expect("a8_open_for_writing", sys_open("/bin/hello", ABI_O_RDWR), -EROFS);
    expect("a8_open_and_truncate", sys_open("/bin/hello", ABI_O_TRUNC), -EROFS);
    expect("a8_write_to_a_reader", raw_syscall3(SYS_write, (uint64_t)file, ADDRESS(&first), 8), -EBADF);
    expect_true("a4_a_private_mapping_shows_the_file", *private == first);
    *private = ~first;
    expect_true("a4_a_private_store_is_seen_by_its_owner", *(volatile uint64_t *)private == ~first);
    expect_true("a4_a_private_store_is_not_seen_by_others", *(volatile uint64_t *)shared == first);
    raw_syscall3(SYS_read, (uint64_t)file, ADDRESS(&byte), 8);
    expect_true("a4_a_private_store_is_not_in_the_file", byte == first);
    /* A read into the private copy writes the copy and nothing else. */
    raw_syscall3(SYS_lseek, (uint64_t)file, 8, ABI_SEEK_SET);
    raw_syscall3(SYS_read, (uint64_t)file, ADDRESS(private), 8);
    expect_true("a4_a_call_that_writes_to_a_private_page_changes_the_copy", *(volatile uint64_t *)shared == first);
    sys_unmap(ADDRESS(shared), PAGE);
    sys_unmap(ADDRESS(private), PAGE);
    sys_close(file);
}

/* Library data that was written is this task's alone: each new one starts from the library's own. */
static void look_at_library_data(void)
{
    static const char *const arguments[] = { "windows", "roll", NULL };
    int64_t before = sys_wait(sys_spawn("/bin/windows", arguments));

    srand(12345);
    for (int i = 0; i < 100; i++) {
        (void)rand();
    }
    expect("a8_library_data_of_others_is_pristine", sys_wait(sys_spawn("/bin/windows", arguments)), before);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        return rand() & 0x7f;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    attack_windows();
    attack_root_slot();
    attack_own_text();
    attack_file();
    look_at_library_data();
    return 0;
}
