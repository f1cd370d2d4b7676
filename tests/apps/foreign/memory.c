/* malloc under load: random sizes, freed in random order, contents checked. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 200
#define STEPS 20000

int main(void)
{
    static unsigned char *slot[SLOTS];
    static size_t size[SLOTS];
    uint32_t state = 12345;
    unsigned long total = 0;
    for (int step = 0; step < STEPS; step++) {
        state = state * 1664525 + 1013904223;
        int i = (state >> 8) % SLOTS;
        for (size_t k = 0; k < size[i]; k++)
            if (slot[i][k] != (unsigned char)i) {
                printf("slot %d is damaged at %zu\n", i, k);
                return 1;
            }
        if (state & 0x80000000) {
            free(slot[i]);
            slot[i] = NULL;
            size[i] = 0;
        } else {
            size[i] = (state >> 16) % 600;
            slot[i] = realloc(slot[i], size[i] + 1);
            if (!slot[i])
                return 2;
            memset(slot[i], i, size[i] + 1);
            total += size[i];
        }
    }
    char *large = malloc(1 << 20);
    memset(large, 'x', 1 << 20);
    printf("%lu bytes passed through, a million more at once: %c\n", total, large[(1 << 20) - 1]);
    volatile size_t too_much = (size_t)-100;
    printf("%s\n", malloc(too_much) == NULL ? "too much is refused" : "?");
    return 0;
}
