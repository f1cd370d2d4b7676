#pragma once

#ifdef __ASSEMBLER__
#define CSR_BITS(value) (value)
#else
#include "types.h"
#define CSR_BITS(value) ((uint64_t)(value))
#endif

/* Control and status registers of S-mode (RISC-V Privileged, chapter "Supervisor-Level ISA"), as C and assembly use them. */
#define SSTATUS_SIE (CSR_BITS(1) << 1)
#define SSTATUS_SPIE (CSR_BITS(1) << 5)
#define SSTATUS_SPP (CSR_BITS(1) << 8)
#define SSTATUS_VS (CSR_BITS(3) << 9)
#define SSTATUS_FS (CSR_BITS(3) << 13)
#define SSTATUS_FS_CLEAN (CSR_BITS(2) << 13)
#define SSTATUS_FS_DIRTY (CSR_BITS(3) << 13)
#define SSTATUS_SUM (CSR_BITS(1) << 18)
#define SSTATUS_MXR (CSR_BITS(1) << 19)

#define SIE_SSIE (CSR_BITS(1) << 1)
#define SIE_STIE (CSR_BITS(1) << 5)
#define SIE_SEIE (CSR_BITS(1) << 9)

#define SCAUSE_INTERRUPT (CSR_BITS(1) << 63)
#ifndef __ASSEMBLER__
enum scause {
    SCAUSE_FETCH_MISALIGNED = 0,
    SCAUSE_FETCH_ACCESS = 1,
    SCAUSE_ILLEGAL = 2,
    SCAUSE_BREAKPOINT = 3,
    SCAUSE_LOAD_MISALIGNED = 4,
    SCAUSE_LOAD_ACCESS = 5,
    SCAUSE_STORE_MISALIGNED = 6,
    SCAUSE_STORE_ACCESS = 7,
    SCAUSE_ECALL_USER = 8,
    SCAUSE_FETCH_PAGE = 12,
    SCAUSE_LOAD_PAGE = 13,
    SCAUSE_STORE_PAGE = 15,

    SCAUSE_SOFTWARE_INTERRUPT = 1, /* with SCAUSE_INTERRUPT */
    SCAUSE_TIMER_INTERRUPT = 5,
    SCAUSE_EXTERNAL_INTERRUPT = 9,
};

#define csr_read(csr) \
    ({ \
        uint64_t csr_value_; \
        __asm__ volatile("csrr %0, " #csr : "=r"(csr_value_)::"memory"); \
        csr_value_; \
    })
#define csr_write(csr, value) __asm__ volatile("csrw " #csr ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits) __asm__ volatile("csrs " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits) __asm__ volatile("csrc " #csr ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#endif
