/*
 * The terminal: its settings, its input byte by byte, its output in few writes.
 *
 * No byte is read before it is wanted: when a line is complete, what was pasted behind it is still in the terminal, for
 * the program that the line starts or for the next line. So that this costs one call a byte and not two, @waiting
 * remembers what FIONREAD said. A terminal that doesn't know that request never has waiting input: all is drawn at
 * each key then, which is as right and slower.
 *
 * Typical use: tty_enter() -> { tty_put() -> tty_flush() -> tty_read() }... -> tty_leave()
 */
#include "tty.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define OUTPUT_BYTES 512
#define DEFAULT_COLUMNS 80
#define DEFAULT_ROWS 24

static struct termios saved;
static bool has_saved;
/* Bytes that are known to be there. */
static size_t waiting;
static char output[OUTPUT_BYTES];
static size_t output_size;

void tty_enter(void)
{
    fflush(stdout);
    waiting = 0;
    has_saved = tcgetattr(STDIN_FILENO, &saved) == 0;
    if (!has_saved) {
        return;
    }
    struct termios raw = saved;

    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | ISTRIP | IXON | PARMRK);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    raw.c_oflag |= OPOST | ONLCR;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    /* Not TCSAFLUSH: that would lose what was typed ahead. */
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

void tty_leave(void)
{
    tty_flush();
    if (has_saved) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
    }
}

struct tty_size tty_get_size(void)
{
    struct winsize size = { 0 };

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return (struct tty_size){
        .columns = size.ws_col > 0 ? size.ws_col : DEFAULT_COLUMNS,
        .rows = size.ws_row > 0 ? size.ws_row : DEFAULT_ROWS,
    };
}

bool tty_has_input(void)
{
    int available = 0;

    if (waiting == 0 && ioctl(STDIN_FILENO, FIONREAD, &available) == 0 && available > 0) {
        waiting = (size_t)available;
    }
    return waiting > 0;
}

int tty_read(void)
{
    unsigned char byte;
    ssize_t got;

    do {
        got = read(STDIN_FILENO, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) {
        return TTY_END;
    }
    waiting -= waiting > 0;
    return byte;
}

void tty_put(const char *bytes, size_t size)
{
    while (size > 0) {
        size_t part = OUTPUT_BYTES - output_size < size ? OUTPUT_BYTES - output_size : size;

        memcpy(output + output_size, bytes, part);
        output_size += part;
        bytes += part;
        size -= part;
        if (output_size == OUTPUT_BYTES) {
            tty_flush();
        }
    }
}

void tty_put_string(const char *string)
{
    tty_put(string, strlen(string));
}

void tty_flush(void)
{
    size_t done = 0;

    while (done < output_size) {
        ssize_t written = write(STDOUT_FILENO, output + done, output_size - done);

        if (written > 0) {
            done += (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            break; /* nobody is there to see it */
        }
    }
    output_size = 0;
}
