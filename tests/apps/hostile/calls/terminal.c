/* ioctl, on the console and on what is none. */
#include <string.h>

#include "calls.h"

static int64_t control(int64_t fd, uint64_t request, const void *argument)
{
    return raw_syscall3(SYS_ioctl, (uint64_t)fd, request, ADDRESS(argument));
}

static void try_settings(void)
{
    struct abi_termios settings, other, again;

    memset(&settings, 0xaa, sizeof(settings));
    expect("ioctl_tcgets", control(0, ABI_TCGETS, &settings), 0);
    expect_true("ioctl_tcgets_sees_a_terminal", (settings.control & ABI_CS8) == ABI_CS8);
    other = settings;
    other.local &= ~(uint32_t)ABI_ECHO;
    other.characters[ABI_VMIN] = 7;
    expect("ioctl_tcsets", control(0, ABI_TCSETS, &other), 0);
    memset(&again, 0xaa, sizeof(again));
    control(0, ABI_TCGETS, &again);
    expect_true("ioctl_tcsets_is_kept", memcmp(&other, &again, sizeof(other)) == 0);
    expect("ioctl_tcsetsw", control(0, ABI_TCSETSW, &other), 0);
    expect("ioctl_tcsetsf", control(0, ABI_TCSETSF, &settings), 0);
    control(0, ABI_TCGETS, &again);
    expect_true("ioctl_tcsetsf_is_kept", memcmp(&settings, &again, sizeof(settings)) == 0);
}

static void try_size(void)
{
    struct abi_winsize size, other = { 50, 132, 3, 4 }, again;

    memset(&size, 0xaa, sizeof(size));
    expect("ioctl_tiocgwinsz", control(0, ABI_TIOCGWINSZ, &size), 0);
    expect_true("ioctl_tiocgwinsz_is_one", size.rows > 0 && size.rows < 1000 && size.columns > 0);
    expect("ioctl_tiocswinsz", control(0, ABI_TIOCSWINSZ, &other), 0);
    control(1, ABI_TIOCGWINSZ, &again);
    expect_true("ioctl_tiocswinsz_is_kept", memcmp(&other, &again, sizeof(other)) == 0);
    control(0, ABI_TIOCSWINSZ, &size);
}

static void try_groups(void)
{
    int32_t group = -1, own = (int32_t)raw_syscall1(SYS_getpgid, 0);
    const int32_t none = 0, negative = -1, nobody = NOBODY;

    expect("ioctl_tiocgpgrp", control(0, ABI_TIOCGPGRP, &group), 0);
    expect("ioctl_tiocgpgrp_is_ours", group, own);
    expect("ioctl_tiocspgrp", control(0, ABI_TIOCSPGRP, &own), 0);
    expect("ioctl_tiocspgrp_0", control(0, ABI_TIOCSPGRP, &none), -ESRCH);
    expect("ioctl_tiocspgrp_minus_1", control(0, ABI_TIOCSPGRP, &negative), -EINVAL);
    expect("ioctl_tiocspgrp_of_nobody", control(0, ABI_TIOCSPGRP, &nobody), -ESRCH);
    control(0, ABI_TIOCGPGRP, &group);
    expect("ioctl_tiocspgrp_has_changed_nothing", group, own);
}

static void try_others(void)
{
    int64_t file = sys_open("/bin/true", 0), null = sys_open("/dev/null", 0);
    struct abi_termios settings;
    int32_t ends[2], count = -1;

    sys_pipe(ends, 0);
    sys_write(ends[1], "abc", 3);
    expect("ioctl_fionread_of_a_pipe", control(ends[0], ABI_FIONREAD, &count), 0);
    expect("ioctl_fionread_counts", count, 3);
    expect("ioctl_fionread_of_the_console", control(0, ABI_FIONREAD, &count), 0);
    expect("ioctl_fionread_nothing_was_typed", count, 0);
    expect("ioctl_tcsbrk", raw_syscall3(SYS_ioctl, 0, ABI_TCSBRK, 1), 0);
    expect("ioctl_tcflsh_output", raw_syscall3(SYS_ioctl, 0, ABI_TCFLSH, 1), 0);
    expect("ioctl_tcflsh_unknown", raw_syscall3(SYS_ioctl, 0, ABI_TCFLSH, 3), -EINVAL);
    expect("ioctl_unknown", control(0, 0x1234, &count), -ENOTTY);
    expect("ioctl_minus_1", control(0, UINT64_MAX, &count), -ENOTTY);
    expect("ioctl_of_a_file", control(file, ABI_TCGETS, &settings), -ENOTTY);
    expect("ioctl_of_a_pipe", control(ends[0], ABI_TCGETS, &settings), -ENOTTY);
    expect("ioctl_of_null", control(null, ABI_TCGETS, &settings), -ENOTTY);
    expect("ioctl_of_nothing", control(99, ABI_TCGETS, &settings), -EBADF);
    sys_close_pipe(ends);
    sys_close(file);
    sys_close(null);
}

void try_terminal(void)
{
    try_settings();
    try_size();
    try_groups();
    try_others();
}
