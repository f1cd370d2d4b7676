/* Calls to the firmware. Function and extension ids: RISC-V SBI specification, one chapter an extension. */
#include "sbi.h"

#include <stdio.h>

enum {
    SBI_LEGACY_CONSOLE_PUTCHAR = 0x01,
    SBI_BASE = 0x10,
    SBI_TIME = 0x54494d45,
    SBI_SRST = 0x53525354,
    SBI_DBCN = 0x4442434e,

    SBI_BASE_SPECIFICATION_VERSION = 0,
    SBI_BASE_IMPLEMENTATION_ID = 1,
    SBI_BASE_IMPLEMENTATION_VERSION = 2,
    SBI_BASE_PROBE_EXTENSION = 3,
    SBI_TIME_SET = 0,
    SBI_SRST_RESET = 0,
    SBI_DBCN_WRITE_BYTE = 2,
};

struct sbi_answer {
    int64_t error;
    int64_t value;
};

static bool has_debug_console;

static struct sbi_answer sbi_call(uint64_t extension, uint64_t function, uint64_t argument0, uint64_t argument1)
{
    register uint64_t a0 __asm__("a0") = argument0;
    register uint64_t a1 __asm__("a1") = argument1;
    register uint64_t a2 __asm__("a2") = 0;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_answer){ (int64_t)a0, (int64_t)a1 };
}

void sbi_init(void)
{
    struct sbi_answer answer = sbi_call(SBI_BASE, SBI_BASE_PROBE_EXTENSION, SBI_DBCN, 0);

    has_debug_console = answer.error == 0 && answer.value != 0;
}

void sbi_describe(char *out, size_t size)
{
    uint64_t id = (uint64_t)sbi_call(SBI_BASE, SBI_BASE_IMPLEMENTATION_ID, 0, 0).value;
    uint64_t version = (uint64_t)sbi_call(SBI_BASE, SBI_BASE_IMPLEMENTATION_VERSION, 0, 0).value;
    uint64_t specification = (uint64_t)sbi_call(SBI_BASE, SBI_BASE_SPECIFICATION_VERSION, 0, 0).value;
    unsigned major = (unsigned)(specification >> 24 & 0x7f), minor = (unsigned)(specification & 0xffffff);

    if (id == 1) {
        snprintf(out, size, "OpenSBI %u.%u, SBI %u.%u", (unsigned)(version >> 16), (unsigned)(version & 0xffff), major,
                 minor);
    } else {
        snprintf(out, size, "SBI %u.%u of implementation %#lx", major, minor, (unsigned long)id);
    }
}

void sbi_timer_set(uint64_t ticks)
{
    sbi_call(SBI_TIME, SBI_TIME_SET, ticks, 0);
}

void sbi_console_put(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (has_debug_console) {
            sbi_call(SBI_DBCN, SBI_DBCN_WRITE_BYTE, (uint8_t)bytes[i], 0);
        } else {
            sbi_call(SBI_LEGACY_CONSOLE_PUTCHAR, 0, (uint8_t)bytes[i], 0);
        }
    }
}

void sbi_system_reset(uint32_t type, uint32_t reason)
{
    sbi_call(SBI_SRST, SBI_SRST_RESET, type, reason);
}
