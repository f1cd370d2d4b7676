/* The machine as a whole. */
#include <string.h>

#include "calls.h"

static bool is_padded(const char *field)
{
    const char *end = memchr(field, 0, ABI_UTSNAME_BYTES);

    for (; end != NULL && end < field + ABI_UTSNAME_BYTES; end++) {
        if (*end != '\0') {
            return false;
        }
    }
    return end != NULL;
}

static void try_uname(void)
{
    struct abi_utsname name;

    memset(&name, 0xaa, sizeof(name));
    expect("uname", raw_syscall1(SYS_uname, ADDRESS(&name)), 0);
    expect_true("uname_system", strcmp(name.system, "Pando") == 0);
    expect_true("uname_machine", strcmp(name.machine, "riscv64") == 0);
    expect_true("c21_uname_padding_is_zero", is_padded(name.system) && is_padded(name.node) &&
                                                 is_padded(name.release) && is_padded(name.version) &&
                                                 is_padded(name.machine) && is_padded(name.domain));
}

static void try_sysinfo(void)
{
    struct abi_sysinfo info;

    memset(&info, 0xaa, sizeof(info));
    expect("sysinfo", raw_syscall1(SYS_sysinfo, ADDRESS(&info)), 0);
    expect_true("sysinfo_memory", info.unit_bytes == 1 && info.free_ram < info.total_ram && info.free_ram > 0);
    expect_true("sysinfo_tasks", info.task_count >= 3 && info.task_count < 100);
    expect_true("sysinfo_uptime", info.uptime_seconds >= 0 && info.uptime_seconds < 3600);
    expect_true("c21_sysinfo_padding_is_zero", info.pad[0] == 0 && info.pad[1] == 0 && info.pad[2] == 0 &&
                                                   info.pad2 == 0 && info.total_high == 0 && info.buffer_ram == 0);
}

static int64_t log_call(uint64_t action, void *to, uint64_t capacity)
{
    return raw_syscall3(SYS_syslog, action, ADDRESS(to), capacity);
}

static void try_syslog(void)
{
    static char text[65536], tail[32];
    int64_t size = log_call(ABI_SYSLOG_READ_ALL, text, sizeof(text));

    expect_true("syslog_reads_it", size > 0);
    expect_true("syslog_size", log_call(ABI_SYSLOG_SIZE_BUFFER, NULL, 0) >= size);
    memset(tail, 0xaa, sizeof(tail));
    expect("syslog_the_newest_bytes", log_call(ABI_SYSLOG_READ_ALL, tail, 16), 16);
    expect_true("syslog_are_the_last", size > 16 && memcmp(tail, text + size - 16, 16) == 0);
    expect("syslog_writes_no_more", (uint8_t)tail[16], 0xaa);
    expect("syslog_no_room", log_call(ABI_SYSLOG_READ_ALL, tail, 0), 0);
    expect("syslog_nowhere", log_call(ABI_SYSLOG_READ_ALL, NULL, 16), -EINVAL);
    expect("syslog_room_of_minus_1", log_call(ABI_SYSLOG_READ_ALL, tail, UINT64_MAX), -EINVAL);
    expect("syslog_unknown", log_call(99, tail, 16), -EINVAL);
    expect("syslog_minus_1", log_call(UINT64_MAX, tail, 16), -EINVAL);
}

static int64_t random(void *to, uint64_t size, uint64_t flags)
{
    return raw_syscall3(SYS_getrandom, ADDRESS(to), size, flags);
}

static void try_getrandom(void)
{
    char first[40], second[40];

    memset(first, 0, sizeof(first));
    expect("getrandom", random(first, 32, 0), 32);
    expect("getrandom_at_once", random(second, 32, ABI_GRND_NONBLOCK | ABI_GRND_RANDOM), 32);
    expect_true("getrandom_is_another_each_time", memcmp(first, second, 32) != 0);
    expect_true("getrandom_writes_no_more", memcmp(first + 32, "\0\0\0\0\0\0\0", 8) == 0);
    expect("getrandom_nothing", random(NULL, 0, 0), 0);
    expect("getrandom_unknown_flag", random(first, 32, 8), -EINVAL);
}

static void try_reboot(void)
{
    expect("reboot_wrong_magic", raw_syscall4(SYS_reboot, 1, 2, ABI_REBOOT_POWER_OFF, 0), -EINVAL);
    expect("reboot_wrong_second_magic", raw_syscall4(SYS_reboot, ABI_REBOOT_MAGIC1, 0, ABI_REBOOT_POWER_OFF, 0),
           -EINVAL);
    expect("reboot_unknown_command", raw_syscall4(SYS_reboot, ABI_REBOOT_MAGIC1, ABI_REBOOT_MAGIC2, 5, 0), -EINVAL);
}

void try_machine(void)
{
    try_uname();
    try_sysinfo();
    try_syslog();
    try_getrandom();
    try_reboot();
}
