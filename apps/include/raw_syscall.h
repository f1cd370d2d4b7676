#pragma once

#include <stdint.h>

#include "abi_syscall.h"

/*
 * A system call and nothing around it: the result is the supervisor's own, [-4095, -1] being a negated error number
 * of abi_errno.h. For the system-call library and for programs without one. Needs no memory and no thread pointer.
 */
static inline int64_t raw_syscall6(enum abi_syscall number, uint64_t first, uint64_t second, uint64_t third,
                                   uint64_t fourth, uint64_t fifth, uint64_t sixth)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)number;
    register uint64_t a0 __asm__("a0") = first;
    register uint64_t a1 __asm__("a1") = second;
    register uint64_t a2 __asm__("a2") = third;
    register uint64_t a3 __asm__("a3") = fourth;
    register uint64_t a4 __asm__("a4") = fifth;
    register uint64_t a5 __asm__("a5") = sixth;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return (int64_t)a0;
}

static inline int64_t raw_syscall4(enum abi_syscall number, uint64_t first, uint64_t second, uint64_t third,
                                   uint64_t fourth)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)number;
    register uint64_t a0 __asm__("a0") = first;
    register uint64_t a1 __asm__("a1") = second;
    register uint64_t a2 __asm__("a2") = third;
    register uint64_t a3 __asm__("a3") = fourth;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return (int64_t)a0;
}

static inline int64_t raw_syscall3(enum abi_syscall number, uint64_t first, uint64_t second, uint64_t third)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)number;
    register uint64_t a0 __asm__("a0") = first;
    register uint64_t a1 __asm__("a1") = second;
    register uint64_t a2 __asm__("a2") = third;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return (int64_t)a0;
}

static inline int64_t raw_syscall2(enum abi_syscall number, uint64_t first, uint64_t second)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)number;
    register uint64_t a0 __asm__("a0") = first;
    register uint64_t a1 __asm__("a1") = second;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return (int64_t)a0;
}

static inline int64_t raw_syscall1(enum abi_syscall number, uint64_t first)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)number;
    register uint64_t a0 __asm__("a0") = first;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return (int64_t)a0;
}

static inline int64_t raw_syscall0(enum abi_syscall number)
{
    register uint64_t a7 __asm__("a7") = (uint64_t)number;
    register uint64_t a0 __asm__("a0");

    __asm__ volatile("ecall" : "=r"(a0) : "r"(a7) : "memory");
    return (int64_t)a0;
}
