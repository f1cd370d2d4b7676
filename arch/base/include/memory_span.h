#pragma once

#include "types.h"

/* A half-open range of physical memory, page-aligned at both ends. */
struct memory_span {
    paddr_t start;
    paddr_t end;
};
