/* uname, sysinfo, syslog, getrandom, reboot; and numbers that are no call. */
#include "golden.h"

static const struct row rows[] = {
    ROW(uname, "to", GOOD),
    ROW(sysinfo, "to", GOOD),
    ROW_OK(syslog, "3", ABI_SYSLOG_READ_ALL, GOOD, GOOD_BYTES),
    ROW_OK(syslog, "3, 16 bytes", ABI_SYSLOG_READ_ALL, GOOD, 16),
    ROW(syslog, "3, nothing", ABI_SYSLOG_READ_ALL, GOOD, 0),
    ROW(syslog, "3, to null", ABI_SYSLOG_READ_ALL, 0, 16),
    ROW(syslog, "3, -1 bytes", ABI_SYSLOG_READ_ALL, GOOD, MINUS(1)),
    ROW_OK(syslog, "10", ABI_SYSLOG_SIZE_BUFFER, 0, 0),
    ROW(syslog, "11", 11, GOOD, 16),
    ROW(syslog, "-1", MINUS(1), GOOD, 16),
    ROW(getrandom, "32 bytes", GOOD, 32, 0),
    ROW(getrandom, "32 bytes, GRND_NONBLOCK", GOOD, 32, ABI_GRND_NONBLOCK),
    ROW(getrandom, "32 bytes, GRND_RANDOM and GRND_NONBLOCK", GOOD, 32, ABI_GRND_RANDOM | ABI_GRND_NONBLOCK),
    ROW(getrandom, "nothing", GOOD, 0, 0),
    ROW(getrandom, "nothing to null", 0, 0, 0),
    ROW(getrandom, "32 bytes, flag 8", GOOD, 32, 8),
    ROW(getrandom, "32 bytes, all flags", GOOD, 32, MINUS(1)),
    ROW(getrandom, "32 bytes to null, flag 8", 0, 32, 8),
    ROW(reboot, "wrong first number", 1, ABI_REBOOT_MAGIC2, ABI_REBOOT_POWER_OFF, 0),
    ROW(reboot, "wrong second number", ABI_REBOOT_MAGIC1, 0, ABI_REBOOT_POWER_OFF, 0),
    ROW(reboot, "unknown command", ABI_REBOOT_MAGIC1, ABI_REBOOT_MAGIC2, 5, 0),
    ROW(reboot, "nothing right", 0, 0, 0, 0),
};

static const struct pointer_row pointers[] = {
    POINTER(OUT, 0, uname, "to"),
    POINTER(OUT, 0, sysinfo, "to"),
    POINTER(OUT, 1, syslog, "3, 16 bytes", ABI_SYSLOG_READ_ALL, 0, 16),
    POINTER(OUT, 0, getrandom, "32 bytes", 0, 32),
};

static void try_no_calls(void)
{
    static const struct {
        const char *words;
        uint64_t number;
    } numbers[] = {
        { "0x3fff", 0x3fff },
        { "the first behind Pando's own", ABI_OWN_CALL(16) },
        { "0x7fffffff", 0x7fffffff },
        { "0xffffffff", 0xffffffff },
    };

    for (unsigned i = 0; i < COUNT(numbers); i++) {
        print_result("no call", numbers[i].words, RESULT_VALUE, raw_syscall0((enum abi_syscall)numbers[i].number));
    }
}

void try_machine(void)
{
    RUN(rows);
    RUN_POINTERS(pointers);
    try_no_calls();
}
