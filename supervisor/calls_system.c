/* System calls on the machine as a whole: what it is, its memory, its log, randomness, stopping it. */
#include "abi_errno.h"
#include "abi_types.h"
#include "arch.h"
#include "calls.h"
#include "frame.h"
#include "harts.h"
#include "log.h"
#include "power.h"
#include "random.h"
#include "start.h"
#include "system_audit.h"
#include "task.h"
#include "timer.h"
#include "version.h"

enum { LOG_CHUNK_BYTES = 256 };

int64_t call_uname(uint64_t to, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct abi_utsname name = {
        .system = "Pando",
        .node = "pando",
        .release = PANDO_VERSION,
        .version = "#1",
        .machine = "riscv64",
        .domain = "(none)",
    };

    CALL_UNUSED(a1, a2, a3, a4, a5);
    return arch_copy_out(uaddr(to), &name, sizeof(name));
}

int64_t call_sysinfo(uint64_t to, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const struct start_facts *facts = start_facts();
    uint32_t count = task_count();
    struct abi_sysinfo info = {
        .uptime_seconds = (int64_t)(timer_nanoseconds() / 1000000000),
        .total_ram = (facts->ram_frames - facts->firmware_frames) << PAGE_SHIFT,
        .free_ram = frame_free_count() << PAGE_SHIFT,
        .task_count = (uint16_t)(count < UINT16_MAX ? count : UINT16_MAX),
        .unit_bytes = 1,
    };

    CALL_UNUSED(a1, a2, a3, a4, a5);
    return arch_copy_out(uaddr(to), &info, sizeof(info));
}

static uint64_t log_size(void)
{
    char bytes[LOG_CHUNK_BYTES];
    struct log_reader reader;
    uint64_t sum = 0, size;

    log_reader_init(&reader);
    while ((size = log_read(&reader, bytes, sizeof(bytes))) > 0) {
        sum += size;
    }
    return sum;
}

/* The newest @capacity bytes of the log. */
static int64_t copy_log(uint64_t to, uint64_t capacity)
{
    uint64_t left = log_size(), done = 0, size;
    char bytes[LOG_CHUNK_BYTES];
    struct log_reader reader;

    log_reader_init(&reader);
    /* Lines that come meanwhile are left out, or make it fewer. */
    while (left > capacity &&
           (size = log_read(&reader, bytes, left - capacity < sizeof(bytes) ? left - capacity : sizeof(bytes))) > 0) {
        left -= size;
    }
    while (done < left &&
           (size = log_read(&reader, bytes, left - done < sizeof(bytes) ? left - done : sizeof(bytes))) > 0) {
        if (arch_copy_out(uaddr(to + done), bytes, size)) {
            return -EFAULT;
        }
        done += size;
    }
    return (int64_t)done;
}

int64_t call_syslog(uint64_t action, uint64_t to, uint64_t capacity, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    switch ((uint32_t)action) {
    case ABI_SYSLOG_READ_ALL:
        return to == 0 || (int32_t)capacity < 0 ? -EINVAL : copy_log(to, (uint32_t)capacity);
    case ABI_SYSLOG_SIZE_BUFFER:
        return LOG_BYTES_MAX;
    default:
        return -EINVAL;
    }
}

int64_t call_getrandom(uint64_t to, uint64_t size_bytes, uint64_t flags, uint64_t a3, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a3, a4, a5);
    if (((uint32_t)flags & ~(uint32_t)(ABI_GRND_NONBLOCK | ABI_GRND_RANDOM)) != 0) {
        return -EINVAL;
    }
    return random_copy_out(uaddr(to), size_bytes);
}

/* With the word `audit` on the command line: the machine is as its programs have left it. */
static void audit_last(void)
{
    struct audit audit;

    arch_lock();
    system_audit(&audit);
    arch_unlock();
    system_audit_log(&audit);
}

int64_t call_reboot(uint64_t magic1, uint64_t magic2, uint64_t command, uint64_t status, uint64_t a4, uint64_t a5)
{
    CALL_UNUSED(a4, a5);
    if ((uint32_t)magic1 != ABI_REBOOT_MAGIC1 || (uint32_t)magic2 != ABI_REBOOT_MAGIC2) {
        return -EINVAL;
    }
    switch ((uint32_t)command) {
    case ABI_REBOOT_POWER_OFF:
        if (start_facts()->audits && harts_park_others()) {
            audit_last();
        }
        power_off(status & 0xff);
    case ABI_REBOOT_RESTART:
        power_restart();
    default:
        return -EINVAL;
    }
}
