/*
 * stty [size | sane | raw | [-]echo | [-]icanon | [-]isig | rows N | cols N]...: shows or changes the terminal on
 * standard input. Over a serial line nobody tells how large the window is: `stty rows 50 cols 132` does.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "inputs.h"

static const struct {
    const char *name;
    tcflag_t bit;
} flags[] = {
    { "isig", ISIG },
    { "icanon", ICANON },
    { "echo", ECHO },
    { "iexten", IEXTEN },
};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

static int fail(void)
{
    fprintf(stderr, "stty: standard input: %s\n", strerror(errno));
    return 1;
}

static void set_sane(struct termios *settings)
{
    settings->c_iflag = ICRNL;
    settings->c_oflag = OPOST | ONLCR;
    settings->c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    settings->c_cc[VMIN] = 1;
    settings->c_cc[VTIME] = 0;
}

/* "echo" or "-echo" and the like. Returns whether it was one. */
static bool change_flag(const char *word, struct termios *settings)
{
    bool is_off = word[0] == '-';

    for (size_t i = 0; i < FLAGS; i++) {
        if (strcmp(word + is_off, flags[i].name) == 0) {
            settings->c_lflag = is_off ? settings->c_lflag & ~flags[i].bit : settings->c_lflag | flags[i].bit;
            return true;
        }
    }
    return false;
}

/* "rows N" and "cols N". Returns how many words it took: 0 when it was neither. */
static int change_size(char **words, struct winsize *size)
{
    bool is_rows = strcmp(words[0], "rows") == 0;
    long value;

    if ((!is_rows && strcmp(words[0], "cols") != 0 && strcmp(words[0], "columns") != 0) || words[1] == NULL ||
        !inputs_number(words[1], 1, USHRT_MAX, &value)) {
        return 0;
    }
    *(is_rows ? &size->ws_row : &size->ws_col) = (unsigned short)value;
    return 2;
}

/* What one word, or two, mean. Returns how many it took: 0 when they mean nothing. */
static int take_words(char **words, struct termios *settings, struct winsize *size)
{
    if (strcmp(words[0], "sane") == 0) {
        set_sane(settings);
        return 1;
    }
    if (strcmp(words[0], "raw") == 0) {
        cfmakeraw(settings);
        return 1;
    }
    if (strcmp(words[0], "size") == 0) {
        printf("%u %u\n", size->ws_row, size->ws_col);
        return 1;
    }
    return change_flag(words[0], settings) ? 1 : change_size(words, size);
}

static void show(const struct termios *settings, const struct winsize *size)
{
    printf("rows %u cols %u", size->ws_row, size->ws_col);
    for (size_t i = 0; i < FLAGS; i++) {
        printf(" %s%s", settings->c_lflag & flags[i].bit ? "" : "-", flags[i].name);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct termios settings;
    struct winsize size;

    if (tcgetattr(STDIN_FILENO, &settings) != 0 || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) {
        return fail();
    }
    if (argc == 1) {
        show(&settings, &size);
    }
    for (int at = 1; at < argc;) {
        int taken = take_words(argv + at, &settings, &size);

        if (taken == 0) {
            fprintf(stderr, "stty: %s is not known\n", argv[at]);
            return 2;
        }
        at += taken;
    }
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 && ioctl(STDIN_FILENO, TIOCSWINSZ, &size) == 0 ? 0
                                                                                                             : fail();
}
