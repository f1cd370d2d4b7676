/*
 * terminal: what a program reads from the console, and how. The test types; each read is told as `read N: TEXT`, with
 * bytes that can't be printed as \xNN, and `ready` is printed before each.
 *
 *     terminal calls          cases that need nobody who types
 *     terminal lines COUNT    so many reads as the settings are
 *     terminal raw MIN TIME COUNT SIZE
 *                             so many reads of up to SIZE bytes without canonical mode, with VMIN and VTIME
 *     terminal interrupted RESTART
 *                             a read that an interrupt from the keyboard may cut short
 */
#include "posix.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

static void tell(ssize_t size, const char *bytes)
{
    if (size < 0) {
        printf("read failed: %d\n", errno);
        return;
    }
    printf("read %d: ", (int)size);
    for (ssize_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        printf(byte >= ' ' && byte < 127 && byte != '\\' ? "%c" : "\\x%02x", byte);
    }
    printf("\n");
}

static void tell_reads(int count, size_t size)
{
    char bytes[256];

    for (int i = 0; i < count; i++) {
        printf("ready\n");
        fflush(stdout);
        ssize_t moved = read(STDIN_FILENO, bytes, size < sizeof(bytes) ? size : sizeof(bytes));

        tell(moved, bytes);
    }
}

static int read_raw(char **arguments)
{
    struct termios before, raw;

    tcgetattr(STDIN_FILENO, &before);
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = (cc_t)atoi(arguments[0]);
    raw.c_cc[VTIME] = (cc_t)atoi(arguments[1]);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    long long start = now();

    tell_reads(atoi(arguments[2]), (size_t)atoi(arguments[3]));
    printf("took %d\n", (int)((now() - start) / (100 * MILLISECOND)));
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return 0;
}

static void on_interrupt(int number)
{
    static const char text[] = "interrupted\n";

    (void)number;
    write(STDOUT_FILENO, text, sizeof(text) - 1);
}

static int read_interrupted(const char *how)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = strcmp(how, "restart") == 0 ? SA_RESTART : 0 };

    sigaction(SIGINT, &action, NULL);
    tell_reads(1, 256);
    return 0;
}

static void try_size(void)
{
    struct winsize before, size = { .ws_row = 50, .ws_col = 132 }, after = { 0 };

    expect("size_is_told", ioctl(0, TIOCGWINSZ, &before), 0);
    expect("size_is_set", ioctl(0, TIOCSWINSZ, &size), 0);
    ioctl(0, TIOCGWINSZ, &after);
    expect_true("size_is_kept", after.ws_row == 50 && after.ws_col == 132);
    expect("size_is_set_back", ioctl(0, TIOCSWINSZ, &before), 0);
    int file = open("/bin/true", O_RDONLY);

    expect_error("size_of_a_file", ioctl(file, TIOCGWINSZ, &size), ENOTTY);
    expect("file_is_no_terminal", isatty(file), 0);
    expect("console_is_a_terminal", isatty(0), 1);
    close(file);
}

static void try_groups(void)
{
    pid_t own = getpgid(0), none = 0x3ffffffe, told = 0;
    char byte;

    expect("group_in_front_is_told", ioctl(0, TIOCGPGRP, &told), 0);
    expect("group_in_front_is_ours", told, own);
    expect_error("group_of_nobody_can_not_be", ioctl(0, TIOCSPGRP, &none), ESRCH);
    pid_t child = start_with("sleep", "100", NULL, -1, -1);

    setpgid(child, child);
    expect("group_of_a_child_goes_in_front", ioctl(0, TIOCSPGRP, &child), 0);
    expect_error("group_behind_can_not_read", read(0, &byte, 1), EIO);
    expect("group_behind_can_write", write(1, "", 0), 0);
    expect("group_comes_back", ioctl(0, TIOCSPGRP, &own), 0);
    kill(child, SIGKILL);
    status_of(child);
}

static void try_settings(void)
{
    struct termios before, other, after;

    expect("settings_are_told", tcgetattr(0, &before), 0);
    other = before;
    other.c_cc[VMIN] = 9;
    other.c_lflag ^= ECHO;
    expect("settings_are_set", tcsetattr(0, TCSANOW, &other), 0);
    tcgetattr(0, &after);
    expect_true("settings_are_kept", memcmp(&other, &after, sizeof(other)) == 0);
    expect("settings_are_set_back", tcsetattr(0, TCSAFLUSH, &before), 0);
    int flags = fcntl(0, F_GETFL);
    char byte;

    fcntl(0, F_SETFL, flags | O_NONBLOCK);
    expect_error("nothing_typed_without_waiting", read(0, &byte, 1), EAGAIN);
    fcntl(0, F_SETFL, flags);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3 && strcmp(argv[1], "lines") == 0) {
        tell_reads(atoi(argv[2]), 256);
    } else if (argc == 6 && strcmp(argv[1], "raw") == 0) {
        return read_raw(argv + 2);
    } else if (argc == 3 && strcmp(argv[1], "interrupted") == 0) {
        return read_interrupted(argv[2]);
    } else {
        try_size();
        try_groups();
        try_settings();
    }
    return 0;
}
