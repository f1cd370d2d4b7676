/*
 * The state of the shell, messages, and the reasons to leave what is running.
 *
 * Whoever runs something looks at shell.control afterwards and goes on only while it is CONTROL_NONE; so a break, an
 * exit or an interrupt unwinds to where it leads with all that was saved on the way restored.
 */
#include "shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "output.h"
#include "script.h"

/* The stack is 8 MiB, but each page that is touched stays: nobody nests so deep on purpose. */
#define STACK_BYTES_MAX (1u << 20)
#define MESSAGE_BYTES 512
#define PLACE_BYTES 96

struct shell shell;
volatile sig_atomic_t shell_interrupt;

void shell_init(const char *name)
{
    shell = (struct shell){ .name = name, .pid = getpid(), .stack_base = __builtin_frame_address(0) };
}

static const struct {
    char letter;
    bool *flag;
} options[] = {
    { 'e', &shell.exits_on_error },
    { 'f', &shell.leaves_patterns },
    { 'u', &shell.fails_on_unset },
    { 'x', &shell.is_traced },
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

void shell_options(char letters[SHELL_OPTIONS_BYTES])
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (*options[i].flag) {
            *letters++ = options[i].letter;
        }
    }
    *letters = '\0';
}

bool shell_set_option(char letter, enum shell_option wanted)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].letter == letter) {
            *options[i].flag = wanted == SHELL_OPTION_ON;
            return true;
        }
    }
    return false;
}

/* A line with @place in it, "" or what it is in front of; it goes out in one piece. */
static void complain(const char *place, const char *format, va_list arguments)
{
    char message[MESSAGE_BYTES];
    int length = snprintf(message, sizeof(message) - 1, "sh: %s", place);

    length += vsnprintf(message + length, sizeof(message) - 1 - (size_t)length, format, arguments);
    if (length > (int)sizeof(message) - 2) {
        length = (int)sizeof(message) - 2;
    }
    message[length] = '\n';
    output_write(STDERR_FILENO, message, (size_t)length + 1);
}

enum place_kind { PLACE_IN_FILE, PLACE_ALWAYS };

/* Where @offset of @script is, as far as it says something. */
static void find_place(char place[PLACE_BYTES], const struct script *script, size_t offset, enum place_kind kind)
{
    unsigned line = script_line(script, offset);

    place[0] = '\0';
    if (script->name != NULL) {
        snprintf(place, PLACE_BYTES, "%.64s: line %u: ", script->name, line);
    } else if (kind == PLACE_ALWAYS && line > 1) {
        snprintf(place, PLACE_BYTES, "line %u: ", line);
    }
}

void shell_complain(const char *format, ...)
{
    char place[PLACE_BYTES] = "";
    va_list arguments;

    if (shell.script != NULL) {
        find_place(place, shell.script, shell.offset, PLACE_IN_FILE);
    }
    va_start(arguments, format);
    complain(place, format, arguments);
    va_end(arguments);
}

void shell_complain_at(const struct script *script, size_t offset, const char *format, ...)
{
    char place[PLACE_BYTES];
    va_list arguments;

    find_place(place, script, offset, PLACE_ALWAYS);
    va_start(arguments, format);
    complain(place, format, arguments);
    va_end(arguments);
}

void shell_out_of_memory(void)
{
    if (shell.control == CONTROL_NONE) {
        shell_complain("out of memory");
        shell.control = CONTROL_ABANDON;
    }
    shell.status = STATUS_USAGE;
}

void shell_give_up(void)
{
    shell.status = STATUS_USAGE;
    if (shell.control == CONTROL_NONE) {
        shell.control = shell.is_interactive ? CONTROL_ABANDON : CONTROL_EXIT;
    }
}

bool shell_is_interrupted(void)
{
    if (!shell_interrupt) {
        return false;
    }
    shell.status = STATUS_SIGNAL + SIGINT;
    shell.control = CONTROL_ABANDON;
    return true;
}

bool shell_stack_is_low(void)
{
    return shell.stack_base - (const char *)__builtin_frame_address(0) > (ptrdiff_t)STACK_BYTES_MAX;
}

bool shell_is_too_deep(void)
{
    if (!shell_stack_is_low()) {
        return false;
    }
    if (shell.control == CONTROL_NONE) {
        shell_complain("nested too deeply");
        shell.control = CONTROL_ABANDON;
    }
    shell.status = STATUS_USAGE;
    return true;
}

void shell_set_parameters(struct parameters parameters)
{
    char **old = shell.parameters.owned;

    shell.parameters = parameters;
    for (char **value = old; value != NULL && *value != NULL; value++) {
        free(*value);
    }
    free(old);
}
