/*
 * fill MIB: touch so many MiB of fresh memory, see that each page holds what was put there, give all back, twice.
 * fill all: until there is no more, by calls that fail or by a touch that ends this task.
 *
 * Fresh pages must read as zero, whatever was in them before.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_BYTES 65536u
#define CHUNKS_MAX 65536u
#define WORDS (CHUNK_BYTES / sizeof(uint64_t))

static uint64_t *chunks[CHUNKS_MAX];

static uint64_t pattern(size_t chunk, size_t word)
{
    return (chunk * WORDS + word) * 0x9e3779b97f4a7c15u;
}

/* Returns how many chunks there are now. */
static size_t take(size_t wanted)
{
    for (size_t chunk = 0; chunk < wanted; chunk++) {
        uint64_t *memory = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (memory == MAP_FAILED) {
            return chunk;
        }
        for (size_t word = 0; word < WORDS; word++) {
            if (memory[word] != 0) {
                printf("fresh memory holds %#llx\n", (unsigned long long)memory[word]);
                exit(1);
            }
            memory[word] = pattern(chunk, word);
        }
        chunks[chunk] = memory;
    }
    return wanted;
}

/* Every second chunk first, so that what is left has holes. */
static void give_back(size_t count)
{
    for (size_t start = 0; start < 2; start++) {
        for (size_t chunk = start; chunk < count; chunk += 2) {
            for (size_t word = 0; word < WORDS; word++) {
                if (chunks[chunk][word] != pattern(chunk, word)) {
                    printf("chunk %zu has changed at word %zu\n", chunk, word);
                    exit(1);
                }
            }
            if (munmap(chunks[chunk], CHUNK_BYTES) != 0) {
                perror("munmap");
                exit(1);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: fill MIB | fill all\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "all") == 0) {
        size_t count = take(CHUNKS_MAX);

        give_back(count);
        printf("%zu KiB\n", count * (CHUNK_BYTES / 1024));
        return 0;
    }
    size_t wanted = strtoul(argv[1], NULL, 10) * (1048576 / CHUNK_BYTES);

    for (int pass = 0; pass < 2; pass++) {
        size_t count = take(wanted);

        give_back(count);
        if (count != wanted) {
            printf("only %zu of %zu chunks\n", count, wanted);
            return 1;
        }
    }
    return 0;
}
