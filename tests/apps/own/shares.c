/*
 * shares: maps memory of each kind, shares a part of it with a child, prints both pids, and keeps it all until its input
 * ends. Page numbers, from START on:
 *
 *       0   8 shared pages: the parent has written the first 3 before the fork, the others after it
 *      32   6 private pages, written before the fork: the child has written the first 2 again
 *      64   4 private pages that the parent alone has written, and that nobody may access any more
 *      96   5 private pages that were only read
 *     128   the first 2 of the shared ones, once more, in the parent alone
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_BYTES 4096ul
#define START 0x200000000ul

static char *page(size_t number)
{
    return (char *)(START + number * PAGE_BYTES);
}

static void check(int succeeded)
{
    if (!succeeded) {
        perror("shares");
        exit(1);
    }
}

static void map(size_t first, size_t pages, int flags)
{
    check(mmap(page(first), pages * PAGE_BYTES, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
          MAP_FAILED);
}

static void write_pages(size_t first, size_t pages)
{
    for (size_t i = 0; i < pages; i++) {
        *(volatile char *)page(first + i) = 1;
    }
}

static void read_pages(size_t first, size_t pages)
{
    for (size_t i = 0; i < pages; i++) {
        (void)*(volatile char *)page(first + i);
    }
}

static int be_child(int output)
{
    char byte;

    write_pages(32, 2);
    check(write(output, "", 1) == 1);
    while (read(0, &byte, 1) > 0) {
    }
    return 0;
}

int main(void)
{
    int ready[2];
    char byte;

    map(0, 8, MAP_SHARED);
    write_pages(0, 3);
    map(32, 6, MAP_PRIVATE);
    write_pages(32, 6);
    check(pipe(ready) == 0);
    pid_t child = fork();

    check(child >= 0);
    if (child == 0) {
        return be_child(ready[1]);
    }
    check(read(ready[0], &byte, 1) == 1);
    write_pages(3, 5);
    map(64, 4, MAP_PRIVATE);
    write_pages(64, 4);
    check(mprotect(page(64), 4 * PAGE_BYTES, PROT_NONE) == 0);
    map(96, 5, MAP_PRIVATE);
    read_pages(96, 5);
    check(mremap(page(0), 0, 2 * PAGE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, page(128)) == page(128));
    read_pages(128, 2);
    printf("parent %d child %d\n", (int)getpid(), (int)child);
    fflush(stdout);
    waitpid(child, NULL, 0);
    return 0;
}
