/*
 * Sorted lists of physical memory spans in a caller's array.
 *
 * An array with a linear search: a machine has a handful of banks and reserved ranges, and nothing is looked up after
 * start-up.
 *
 * Invariants (memory_spans_audit() checks them by these names):
 *   bounded     count <= capacity
 *   not-empty   start < end
 *   apart       each span starts behind the end of the one before it: they are sorted and do not even touch
 *
 * Typical use:
 *   struct memory_spans spans = { array, 0, ARRAY_COUNT(array) };
 *   memory_spans_add(&spans, bank.start, bank.end) ... -> memory_spans_remove(&spans, taken.start, taken.end) ...
 */
#include "memory_spans.h"

#include "abi_errno.h"

#include <string.h>

/* The first span that ends at or behind @address: the lowest that a span from @address on can touch. */
static uint32_t first_ending_at(const struct memory_spans *spans, uint64_t address)
{
    uint32_t at = 0;

    while (at < spans->count && spans->sorted[at].end.value < address) {
        at++;
    }
    return at;
}

/* Replace the spans [first, end) by @new_count uninitialised ones. The caller has checked that they fit. */
static void replace(struct memory_spans *spans, uint32_t first, uint32_t end, uint32_t new_count)
{
    memmove(&spans->sorted[first + new_count], &spans->sorted[end], (spans->count - end) * sizeof(struct memory_span));
    spans->count = spans->count - (end - first) + new_count;
}

int memory_spans_add(struct memory_spans *spans, uint64_t start, uint64_t end)
{
    if (start >= end) {
        return 0;
    }
    uint32_t first = first_ending_at(spans, start), behind = first;

    for (; behind < spans->count && spans->sorted[behind].start.value <= end; behind++) {
        struct memory_span touched = spans->sorted[behind];

        start = touched.start.value < start ? touched.start.value : start;
        end = touched.end.value > end ? touched.end.value : end;
    }
    if (first == behind && spans->count == spans->capacity) {
        return -ENOSPC;
    }
    replace(spans, first, behind, 1);
    spans->sorted[first] = memory_span_of(start, end);
    return 0;
}

int memory_spans_remove(struct memory_spans *spans, uint64_t start, uint64_t end)
{
    if (start >= end) {
        return 0;
    }
    uint32_t first = first_ending_at(spans, start), behind = first, kept = 0;
    struct memory_span rest[2];

    for (; behind < spans->count && spans->sorted[behind].start.value < end; behind++) {
        struct memory_span cut = spans->sorted[behind];

        if (cut.start.value < start) {
            rest[kept++] = memory_span_of(cut.start.value, cut.end.value < start ? cut.end.value : start);
        }
        if (cut.end.value > end) {
            rest[kept++] = memory_span_of(end, cut.end.value);
        }
    }
    if (kept > behind - first && spans->count == spans->capacity) {
        return -ENOSPC;
    }
    replace(spans, first, behind, kept);
    memcpy(&spans->sorted[first], rest, kept * sizeof(rest[0]));
    return 0;
}

uint64_t memory_spans_common_bytes(const struct memory_spans *spans, uint64_t start, uint64_t end)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < spans->count; i++) {
        uint64_t low = spans->sorted[i].start.value > start ? spans->sorted[i].start.value : start;
        uint64_t high = spans->sorted[i].end.value < end ? spans->sorted[i].end.value : end;

        bytes += low < high ? high - low : 0;
    }
    return bytes;
}

bool memory_spans_overlap(const struct memory_spans *spans, uint64_t start, uint64_t end)
{
    return memory_spans_common_bytes(spans, start, end) != 0;
}

bool memory_spans_contain(const struct memory_spans *spans, uint64_t start, uint64_t end)
{
    return start <= end && memory_spans_common_bytes(spans, start, end) == end - start;
}

const char *memory_spans_audit(const struct memory_spans *spans)
{
    if (spans->count > spans->capacity) {
        return "bounded";
    }
    for (uint32_t i = 0; i < spans->count; i++) {
        if (spans->sorted[i].start.value >= spans->sorted[i].end.value) {
            return "not-empty";
        }
        if (i > 0 && spans->sorted[i].start.value <= spans->sorted[i - 1].end.value) {
            return "apart";
        }
    }
    return NULL;
}
