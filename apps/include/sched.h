#pragma once

#include <stddef.h>
#include <sys/types.h>

/* picolibc declares this only together with threads. */
#include_next <sched.h>

#define CPU_SETSIZE 1024
typedef struct {
    unsigned long bits[CPU_SETSIZE / 64];
} cpu_set_t;

#define CPU_ZERO(set) (*(set) = (cpu_set_t){ { 0 } })
#define CPU_SET(hart, set) ((set)->bits[(hart) / 64] |= 1ul << (hart) % 64)
#define CPU_CLR(hart, set) ((set)->bits[(hart) / 64] &= ~(1ul << (hart) % 64))
#define CPU_ISSET(hart, set) (((set)->bits[(hart) / 64] >> (hart) % 64 & 1) != 0)

int sched_yield(void);

/* The harts that @pid may run on; 0 is the caller. */
int sched_getaffinity(pid_t pid, size_t size_bytes, cpu_set_t *set);
