/* Calls to the firmware. Function and extension ids: RISC-V SBI specification, one chapter an extension. */
#include "sbi.h"

#include "abi_errno.h"

#include <stdio.h>

enum {
    SBI_LEGACY_CONSOLE_PUTCHAR = 0x01,
    SBI_BASE = 0x10,
    SBI_TIME = 0x54494d45,
    SBI_IPI = 0x735049,
    SBI_RFENCE = 0x52464e43,
    SBI_HSM = 0x48534d,
    SBI_SRST = 0x53525354,
    SBI_DBCN = 0x4442434e,

    SBI_BASE_SPECIFICATION_VERSION = 0,
    SBI_BASE_IMPLEMENTATION_ID = 1,
    SBI_BASE_IMPLEMENTATION_VERSION = 2,
    SBI_BASE_PROBE_EXTENSION = 3,
    SBI_BASE_VENDOR = 4,
    SBI_BASE_ARCHITECTURE = 5,
    SBI_BASE_IMPLEMENTATION = 6,
    SBI_TIME_SET = 0,
    SBI_IPI_SEND = 0,
    SBI_RFENCE_INSTRUCTIONS = 0,
    SBI_RFENCE_VMA = 1,
    SBI_RFENCE_VMA_ASID = 2,
    SBI_HSM_START = 0,
    SBI_SRST_RESET = 0,
    SBI_DBCN_WRITE_BYTE = 2,

    SBI_ERROR_INVALID_PARAMETER = -3,
    SBI_ERROR_ALREADY_AVAILABLE = -6,
};

/* Of an address range: all of it. */
#define SBI_ALL_ADDRESSES UINT64_MAX

struct sbi_answer {
    int64_t error;
    int64_t value;
};

static bool has_debug_console;

static struct sbi_answer sbi_call5(uint64_t extension, uint64_t function, uint64_t argument0, uint64_t argument1,
                                   uint64_t argument2, uint64_t argument3, uint64_t argument4)
{
    register uint64_t a0 __asm__("a0") = argument0;
    register uint64_t a1 __asm__("a1") = argument1;
    register uint64_t a2 __asm__("a2") = argument2;
    register uint64_t a3 __asm__("a3") = argument3;
    register uint64_t a4 __asm__("a4") = argument4;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_answer){ (int64_t)a0, (int64_t)a1 };
}

static struct sbi_answer sbi_call(uint64_t extension, uint64_t function, uint64_t argument0, uint64_t argument1)
{
    return sbi_call5(extension, function, argument0, argument1, 0, 0, 0);
}

static bool has_extension(uint64_t extension)
{
    struct sbi_answer answer = sbi_call(SBI_BASE, SBI_BASE_PROBE_EXTENSION, extension, 0);

    return answer.error == 0 && answer.value != 0;
}

void sbi_init(void)
{
    has_debug_console = has_extension(SBI_DBCN);
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

uint64_t sbi_vendor(void)
{
    return (uint64_t)sbi_call(SBI_BASE, SBI_BASE_VENDOR, 0, 0).value;
}

uint64_t sbi_architecture(void)
{
    return (uint64_t)sbi_call(SBI_BASE, SBI_BASE_ARCHITECTURE, 0, 0).value;
}

uint64_t sbi_implementation(void)
{
    return (uint64_t)sbi_call(SBI_BASE, SBI_BASE_IMPLEMENTATION, 0, 0).value;
}

bool sbi_can_start_harts(void)
{
    return has_extension(SBI_HSM) && has_extension(SBI_IPI) && has_extension(SBI_RFENCE);
}

int sbi_hart_start(uint64_t hart_id, uint64_t address, uint64_t argument)
{
    switch (sbi_call5(SBI_HSM, SBI_HSM_START, hart_id, address, argument, 0, 0).error) {
    case 0:
        return 0;
    case SBI_ERROR_INVALID_PARAMETER:
        return -EINVAL;
    case SBI_ERROR_ALREADY_AVAILABLE:
        return -EBUSY;
    default:
        return -EIO;
    }
}

void sbi_interrupt(uint64_t ids, uint64_t base)
{
    sbi_call(SBI_IPI, SBI_IPI_SEND, ids, base);
}

int64_t sbi_fence_instructions(uint64_t ids, uint64_t base)
{
    return sbi_call(SBI_RFENCE, SBI_RFENCE_INSTRUCTIONS, ids, base).error;
}

int64_t sbi_fence_all(uint64_t ids, uint64_t base)
{
    return sbi_call5(SBI_RFENCE, SBI_RFENCE_VMA, ids, base, 0, SBI_ALL_ADDRESSES, 0).error;
}

int64_t sbi_fence_asid(uint64_t ids, uint64_t base, uint64_t asid)
{
    return sbi_call5(SBI_RFENCE, SBI_RFENCE_VMA_ASID, ids, base, 0, SBI_ALL_ADDRESSES, asid).error;
}

void sbi_system_reset(uint32_t type, uint32_t reason)
{
    sbi_call(SBI_SRST, SBI_SRST_RESET, type, reason);
}
