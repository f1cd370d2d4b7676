/*
 * The history: lines one behind the other in one buffer, oldest first, so that its pages are the only memory that it
 * ever takes, and nothing has to be freed.
 *
 * Invariants: starts[0] == 0; line i is the NUL-terminated string at text + starts[i], i < count; used is behind the
 * last one's NUL.
 */
#include "history.h"

#include <stdint.h>
#include <string.h>

#define HISTORY_LINES 200
#define HISTORY_BYTES 16384

static char text[HISTORY_BYTES];
static uint16_t starts[HISTORY_LINES];
static size_t count;
static size_t used;
static size_t dropped;

size_t history_count(void)
{
    return count;
}

const char *history_get(size_t index)
{
    return text + starts[index];
}

size_t history_first_number(void)
{
    return dropped + 1;
}

void history_clear(void)
{
    count = 0;
    used = 0;
    dropped = 0;
}

static void drop_oldest(size_t lines)
{
    size_t bytes = lines < count ? starts[lines] : used;

    memmove(text, text + bytes, used - bytes);
    used -= bytes;
    count -= lines;
    dropped += lines;
    for (size_t i = 0; i < count; i++) {
        starts[i] = (uint16_t)(starts[i + lines] - bytes);
    }
}

void history_add(const char *line)
{
    size_t size = strlen(line) + 1;
    size_t lines = 0;

    if (size > HISTORY_BYTES || line[strspn(line, " \t")] == '\0' ||
        (count > 0 && strcmp(line, history_get(count - 1)) == 0)) {
        return;
    }
    while (lines < count && (count - lines == HISTORY_LINES || used - starts[lines] + size > HISTORY_BYTES)) {
        lines++;
    }
    if (lines > 0) {
        drop_oldest(lines);
    }
    memcpy(text + used, line, size);
    starts[count++] = (uint16_t)used;
    used += size;
}
