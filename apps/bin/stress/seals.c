/*
 * Objects without a name that are sealed: what the seals forbid is refused, everything else is not, and what a sealed
 * object shows never changes.
 */
#include "abi_errno.h"
#include "abi_types.h"
#include "raw_syscall.h"
#include "stress.h"

#define PAGE_BYTES 4096u
#define SIZE_BYTES (2 * PAGE_BYTES)

static int64_t make(uint64_t position)
{
    int64_t descriptor = raw_syscall2(SYS_memfd_create, (uint64_t) "stress", ABI_MFD_CLOEXEC | ABI_MFD_ALLOW_SEALING);
    uint8_t bytes[64];

    if (descriptor < 0) {
        stress_check(stress_is_refused(descriptor), "an object without a name");
        return descriptor;
    }
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        bytes[i] = stress_byte(position + i);
    }
    int64_t result = raw_syscall3(SYS_write, (uint64_t)descriptor, (uint64_t)bytes, sizeof(bytes));

    if (result != (int64_t)sizeof(bytes) || raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, SIZE_BYTES) != 0) {
        stress_check(result < 0 && stress_is_refused(result), "the bytes of an object");
        raw_syscall1(SYS_close, (uint64_t)descriptor);
        return -ENOMEM;
    }
    return descriptor;
}

/* @result is what the call gives that the seals forbid, or do not. */
static void check_forbidden(int64_t result, bool is_forbidden, const char *what)
{
    if (is_forbidden) {
        stress_check_equal(result, -EPERM, what);
    } else {
        stress_check(result >= 0 || stress_is_refused(result), what);
    }
}

static void try_size(int64_t descriptor, uint64_t seals)
{
    check_forbidden(raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, PAGE_BYTES), (seals & ABI_F_SEAL_SHRINK) != 0,
                    "a sealed object made shorter");
    if ((seals & ABI_F_SEAL_SHRINK) == 0) {
        check_forbidden(raw_syscall2(SYS_ftruncate, (uint64_t)descriptor, SIZE_BYTES), (seals & ABI_F_SEAL_GROW) != 0,
                        "a sealed object made longer");
    }
}

static void try_writing(int64_t descriptor, uint64_t seals, uint64_t position)
{
    bool is_sealed = (seals & (ABI_F_SEAL_WRITE | ABI_F_SEAL_FUTURE_WRITE)) != 0;
    uint8_t byte = stress_byte(position);

    stress_check_equal(raw_syscall3(SYS_lseek, (uint64_t)descriptor, 0, ABI_SEEK_SET), 0, "lseek");
    check_forbidden(raw_syscall3(SYS_write, (uint64_t)descriptor, (uint64_t)&byte, 1), is_sealed,
                    "a write to a sealed object");
    int64_t start =
        raw_syscall6(SYS_mmap, 0, PAGE_BYTES, ABI_PROT_READ | ABI_PROT_WRITE, ABI_MAP_SHARED, (uint64_t)descriptor, 0);

    check_forbidden(start, is_sealed, "a mapping for writing of a sealed object");
    if (start >= 0) {
        if ((seals & ABI_F_SEAL_SEAL) == 0) {
            stress_check_equal(raw_syscall3(SYS_fcntl, (uint64_t)descriptor, ABI_F_ADD_SEALS, ABI_F_SEAL_WRITE), -EBUSY,
                               "a seal against writing while a mapping allows it");
        }
        stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)start, PAGE_BYTES), 0, "munmap");
    }
}

static void look(int64_t descriptor, uint64_t position)
{
    int64_t start = raw_syscall6(SYS_mmap, 0, PAGE_BYTES, ABI_PROT_READ,
                                 stress_pick(2) == 0 ? ABI_MAP_PRIVATE : ABI_MAP_SHARED, (uint64_t)descriptor, 0);

    if (start <= 0) {
        stress_check(stress_is_refused(start), "a mapping for reading of a sealed object");
        return;
    }
    for (unsigned i = 0; i < 64; i++) {
        stress_check_equal(((const uint8_t *)start)[i], stress_byte(position + i), "a byte of a sealed object");
    }
    stress_check_equal(raw_syscall2(SYS_munmap, (uint64_t)start, PAGE_BYTES), 0, "munmap");
}

void seals_step(void)
{
    uint64_t position = stress_pick(1 << 20), seals = stress_pick(32), added = stress_pick(32);
    int64_t descriptor = make(position);

    if (descriptor < 0) {
        return;
    }
    stress_check_equal(raw_syscall3(SYS_fcntl, (uint64_t)descriptor, ABI_F_ADD_SEALS, seals), 0, "seals");
    int64_t result = raw_syscall3(SYS_fcntl, (uint64_t)descriptor, ABI_F_ADD_SEALS, added);

    check_forbidden(result, (seals & ABI_F_SEAL_SEAL) != 0, "more seals on what is sealed against them");
    seals |= result == 0 ? added : 0;
    stress_check_equal(raw_syscall2(SYS_fcntl, (uint64_t)descriptor, ABI_F_GET_SEALS), (int64_t)seals, "the seals");
    try_writing(descriptor, seals, position);
    try_size(descriptor, seals);
    look(descriptor, position);
    stress_check_equal(raw_syscall1(SYS_close, (uint64_t)descriptor), 0, "close");
}
