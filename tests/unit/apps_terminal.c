/* A terminal made of a string of keys and a VT100; see apps_terminal.h. Provides the shell's builtins, too. */
#include "apps_terminal.h"

#include <string.h>

#include "candidates.h"
#include "check.h"
#include "tty.h"

static struct tty_size size = { 80, 24 };
static const char *keys;
static size_t left;
static enum typing typing;
static uint64_t random_state;
static void (*on_wait)(void);
static bool is_raw;
static size_t sent, writes;
static char output[1 << 16];
static size_t output_size;

void fake_terminal_reset(size_t columns, size_t rows)
{
    size = (struct tty_size){ columns, rows };
    vt100_reset(columns, rows);
    left = sent = writes = 0;
    random_state = 1;
    on_wait = NULL;
}

void fake_terminal_type(const char *new_keys, size_t count, enum typing new_typing)
{
    keys = new_keys;
    left = count;
    typing = new_typing;
}

void fake_terminal_on_wait(void (*check)(void))
{
    on_wait = check;
}

size_t fake_terminal_left(void)
{
    return left;
}

size_t fake_terminal_sent(void)
{
    return sent;
}

size_t fake_terminal_writes(void)
{
    return writes;
}

bool fake_terminal_is_raw(void)
{
    return is_raw;
}

void tty_enter(void)
{
    is_raw = true;
}

void tty_leave(void)
{
    tty_flush();
    is_raw = false;
}

struct tty_size tty_get_size(void)
{
    return size;
}

bool tty_has_input(void)
{
    if (left == 0 || typing == TYPED) {
        return false;
    }
    return typing == PASTED || check_random(&random_state) % 3 != 0;
}

int tty_read(void)
{
    if (on_wait != NULL && typing == TYPED) {
        on_wait();
    }
    if (left == 0) {
        return TTY_END;
    }
    left--;
    return (unsigned char)*keys++;
}

void tty_put(const char *bytes, size_t count)
{
    if (count > sizeof(output) - output_size) {
        tty_flush();
    }
    memcpy(output + output_size, bytes, count);
    output_size += count;
}

void tty_put_string(const char *string)
{
    tty_put(string, strlen(string));
}

void tty_flush(void)
{
    vt100_feed(output, output_size);
    sent += output_size;
    writes += output_size > 0;
    output_size = 0;
}

const char *const *builtin_names(void)
{
    static const char *const names[] = { "cd", "exit", "export", "history", NULL };

    return names;
}
