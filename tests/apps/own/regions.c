/*
 * regions WORD...: do what the words say, one after the other, in this task and its region, and print what came of each.
 *
 *     load PATH, alternate PATH     region_load, at the default or the alternate site
 *     unload PATH BASE              region_unload
 *     private, clean, reset BASE    the calls of these names
 *     table                         what the region table lists, read without a call: name, base and number of extents
 *     poke                          store into the region table, which ends the task
 *     run PATH                      spawn and wait; prints what it prints
 *     fork                          a child goes on with the words behind; this task waits for it, and ends
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi_region_table.h"
#include "pando.h"

static void print_result(const char *what, int result)
{
    printf("%s: %s\n", what, result == 0 ? "0" : strerror(errno));
}

static void load(const char *path, unsigned flags)
{
    struct abi_region_load request = { .fd = open(path, O_RDONLY), .flags = flags | ABI_REGION_IMAGE_MANIFEST };
    struct abi_region_loaded loaded;

    if (region_load(&request, &loaded) != 0) {
        printf("load: %s\n", strerror(errno));
    } else {
        printf("load: %#llx%s%s\n", (unsigned long long)loaded.base,
               (loaded.answer & ABI_REGION_PREVIOUSLY_LOADED) != 0 ? " previously-loaded" : "",
               (loaded.answer & ABI_REGION_SYSTEM_CLASS) != 0 ? " system-class" : "");
    }
    close(request.fd);
}

static void unload(const char *path, const char *base)
{
    struct abi_region_load request = { .fd = open(path, O_RDONLY), .base = strtoull(base, NULL, 0) };

    print_result("unload", region_unload(&request));
    close(request.fd);
}

/* What is read is one state of the table: its generation is even, and the same before and after. */
static void print_table(void)
{
    const volatile struct abi_region_table *table = (const volatile void *)ABI_REGION_TABLE;
    uint64_t generation = table->generation;
    const struct abi_region_entry *entry = (const void *)(ABI_REGION_TABLE + sizeof(*table));

    printf("table:%s\n", (table->flags & ABI_REGION_TABLE_PRIVATE) != 0 ? " private" : "");
    for (uint32_t i = 0; i < table->entry_count; i++) {
        printf("    %s %#x %u\n", entry->name, entry->base, entry->extent_count);
        entry = (const void *)((const struct abi_region_extent *)(entry + 1) + entry->extent_count);
    }
    if (table->magic != ABI_REGION_TABLE_MAGIC || table->generation != generation || generation % 2 != 0 ||
        (uintptr_t)entry != ABI_REGION_TABLE + table->size_bytes) {
        puts("table: torn");
    }
}

static void wait_for(pid_t pid)
{
    int status;

    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("child: %#x\n", (unsigned)status);
    }
}

static void run(char *path)
{
    char *arguments[] = { path, NULL };
    pid_t pid;
    int error = posix_spawn(&pid, path, NULL, NULL, arguments, environ);

    if (error != 0) {
        printf("run: %s\n", strerror(error));
    } else {
        wait_for(pid);
    }
}

/* Returns how many words it took. */
static int do_word(char **words, int count)
{
    const char *word = words[0];

    if (strcmp(word, "private") == 0) {
        print_result(word, region_private());
    } else if (strcmp(word, "clean") == 0) {
        print_result(word, region_clean());
    } else if (strcmp(word, "table") == 0) {
        print_table();
    } else if (strcmp(word, "poke") == 0) {
        *(volatile char *)ABI_REGION_TABLE = 1;
    } else if (strcmp(word, "fork") == 0) {
        pid_t pid = fork();

        if (pid != 0) {
            wait_for(pid);
            exit(0);
        }
    } else if (count >= 2 && strcmp(word, "load") == 0) {
        load(words[1], ABI_REGION_ANY_BASE);
        return 2;
    } else if (count >= 2 && strcmp(word, "alternate") == 0) {
        load(words[1], ABI_REGION_ALTERNATE_SITE);
        return 2;
    } else if (count >= 2 && strcmp(word, "reset") == 0) {
        print_result(word, region_reset(strtoull(words[1], NULL, 0)));
        return 2;
    } else if (count >= 2 && strcmp(word, "run") == 0) {
        run(words[1]);
        return 2;
    } else if (count >= 3 && strcmp(word, "unload") == 0) {
        unload(words[1], words[2]);
        return 3;
    } else {
        printf("%s: what is that?\n", word);
        exit(2);
    }
    return 1;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int at = 1; at < argc;) {
        at += do_word(argv + at, argc - at);
    }
    return 0;
}
