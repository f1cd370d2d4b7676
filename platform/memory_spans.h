#pragma once

#include "memory_span.h"

/* Sorted lists of spans that neither touch nor overlap: banks, reserved ranges, what is free. To the byte, not the page. */
struct memory_spans {
    struct memory_span *sorted; /* borrowed */
    uint32_t count;
    uint32_t capacity;
};

static inline struct memory_span memory_span_of(uint64_t start, uint64_t end)
{
    return (struct memory_span){ paddr(start), paddr(end) };
}

/*
 * Add [@start, @end) and merge it with those that it touches. An empty span changes nothing.
 * Returns 0 or -ENOSPC, then nothing has changed.
 */
int memory_spans_add(struct memory_spans *spans, uint64_t start, uint64_t end);

/*
 * Take [@start, @end) out.
 * Returns 0 or -ENOSPC (one span would become two), then nothing has changed.
 */
int memory_spans_remove(struct memory_spans *spans, uint64_t start, uint64_t end);

/* Whether any byte of [@start, @end) is in a span; whether every byte is; how many bytes are. */
bool memory_spans_overlap(const struct memory_spans *spans, uint64_t start, uint64_t end);
bool memory_spans_contain(const struct memory_spans *spans, uint64_t start, uint64_t end);
uint64_t memory_spans_common_bytes(const struct memory_spans *spans, uint64_t start, uint64_t end);

/* NULL, or the name of the first broken invariant. */
const char *memory_spans_audit(const struct memory_spans *spans);
