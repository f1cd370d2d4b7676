/*
 * sh: runs a line of text (-c TEXT), a file (sh FILE), or what is typed (sh).
 *
 * On a terminal there is a prompt and an editor; from anything else commands are read until its end and run as one
 * text. The status is the last command's, or what exit was told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

#define PROMPT "pando$ "
#define STATUS_USAGE 2
#define STATUS_NOT_FOUND 127
#define TEXT_FIRST_BYTES 1024

/* All of @fd as one string that the caller frees, or NULL with errno. */
static char *read_all(int fd)
{
    size_t capacity = TEXT_FIRST_BYTES;
    size_t length = 0;
    char *text = malloc(capacity);
    ssize_t got = 0;

    while (text != NULL && (got = read(fd, text + length, capacity - length - 1)) > 0) {
        length += (size_t)got;
        if (length + 1 == capacity) {
            char *grown = realloc(text, capacity *= 2);

            if (grown == NULL) {
                free(text);
            }
            text = grown;
        }
    }
    if (text != NULL && got < 0) {
        free(text);
        return NULL;
    }
    if (text != NULL) {
        text[length] = '\0';
    }
    return text;
}

static void run_descriptor(struct shell *shell, int fd, const char *name)
{
    char *text = read_all(fd);

    if (text == NULL) {
        fprintf(stderr, "sh: %s: %s\n", name, strerror(errno));
        shell->last_status = STATUS_NOT_FOUND;
        return;
    }
    run_text(shell, text);
    free(text);
}

static void run_file(struct shell *shell, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        fprintf(stderr, "sh: %s: %s\n", path, strerror(errno));
        shell->last_status = STATUS_NOT_FOUND;
        return;
    }
    run_descriptor(shell, fd, path);
    close(fd);
}

static void run_terminal(struct shell *shell)
{
    const char *line;

    while (!shell->wants_exit && (line = edit_line(PROMPT)) != NULL) {
        run_text(shell, line);
        jobs_notice();
    }
}

int main(int argc, char **argv)
{
    struct shell shell = { 0 };

    if (argc >= 2 && strcmp(argv[1], "-c") == 0) {
        if (argc < 3) {
            fprintf(stderr, "usage: sh [-c TEXT | FILE]\n");
            return STATUS_USAGE;
        }
        run_text(&shell, argv[2]);
    } else if (argc >= 2) {
        run_file(&shell, argv[1]);
    } else if (isatty(STDIN_FILENO)) {
        run_terminal(&shell);
    } else {
        run_descriptor(&shell, STDIN_FILENO, "standard input");
    }
    return shell.last_status;
}
