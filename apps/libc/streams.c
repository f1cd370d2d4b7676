/*
 * stdin, stdout and stderr, opening files as streams, and fflush() of everything.
 *
 * The three standard streams and their buffers are static and lie together, so that a program which only prints
 * writes one page of the library's data. stdout and stderr are written at each newline; before stdin waits for the
 * terminal, stdout is written, so that a prompt without a newline is seen.
 *
 * Every stream that fopen() or fdopen() gave out is in the list @opened until fclose(); exit() and fflush(NULL) write
 * them all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio-bufio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libc.h"

#define STDIN_BYTES 256
#define STDOUT_BYTES 1024
#define STDERR_BYTES 128
#define FILE_BYTES 1024

struct opened_stream {
    struct __file_bufio bufio;
    struct opened_stream *next;
    char buffer[FILE_BYTES];
};

/* picolibc's; from an fopen() mode to open()'s flags and a stream's own. */
extern int __posix_sflags(const char *mode, int *open_flags);

static struct opened_stream *opened;

static char stdin_buffer[STDIN_BYTES];
static char stdout_buffer[STDOUT_BYTES];
static char stderr_buffer[STDERR_BYTES];

static ssize_t read_after_prompt(int fd, void *buffer, size_t size_bytes)
{
    fflush(stdout);
    return read(fd, buffer, size_bytes);
}

/* picolibc's own close would free the stream. */
static int close_static(FILE *stream)
{
    struct __file_bufio *bufio = (struct __file_bufio *)stream;
    int flushed = __bufio_flush(stream);

    stream->flags &= (uint8_t) ~(__SRD | __SWR);
    return close(bufio->fd) == 0 ? flushed : EOF;
}

#define STANDARD_STREAM(number, memory, reader, direction, buffering) \
    { \
        .xfile = { \
            .cfile = { \
                .file = FDEV_SETUP_STREAM(__bufio_put, __bufio_get, __bufio_flush, \
                                          (direction) | __SCLOSE | __SEXT | __SBUF), \
                .close = close_static, \
            }, \
            .seek = __bufio_seek, \
            .setvbuf = __bufio_setvbuf, \
        }, \
        .fd = (number), .bflags = (buffering), .buf = (memory), .size = sizeof(memory), .read = (reader), \
        .write = write, .lseek = lseek, .close = close, \
    }

static struct __file_bufio stdin_stream =
    STANDARD_STREAM(STDIN_FILENO, stdin_buffer, read_after_prompt, _FDEV_SETUP_READ, 0);
static struct __file_bufio stdout_stream =
    STANDARD_STREAM(STDOUT_FILENO, stdout_buffer, read, _FDEV_SETUP_WRITE, __BLBF);
static struct __file_bufio stderr_stream =
    STANDARD_STREAM(STDERR_FILENO, stderr_buffer, read, _FDEV_SETUP_WRITE, __BLBF);

FILE *const stdin = &stdin_stream.xfile.cfile.file;
FILE *const stdout = &stdout_stream.xfile.cfile.file;
FILE *const stderr = &stderr_stream.xfile.cfile.file;

/* A stream that holds nothing to write is not touched: its page may be one that the program never wrote. */
static bool holds_output(FILE *stream)
{
    struct __file_bufio *bufio = (struct __file_bufio *)stream;

    return (stream->flags & __SWR) && (stream->flags & __SBUF) && bufio->len != 0;
}

static int flush_if_needed(FILE *stream)
{
    return holds_output(stream) ? stream->flush(stream) : 0;
}

int libc_flush_all(void)
{
    int result = flush_if_needed(stdout) | flush_if_needed(stderr);

    for (struct opened_stream *stream = opened; stream != NULL; stream = stream->next) {
        result |= flush_if_needed(&stream->bufio.xfile.cfile.file);
    }
    return result == 0 ? 0 : EOF;
}

int fflush(FILE *stream)
{
    if (stream == NULL) {
        return libc_flush_all();
    }
    return stream->flush != NULL ? stream->flush(stream) : 0;
}

static int close_opened(FILE *stream)
{
    struct opened_stream *closing = (struct opened_stream *)stream;

    for (struct opened_stream **link = &opened; *link != NULL; link = &(*link)->next) {
        if (*link == closing) {
            *link = closing->next;
            break;
        }
    }
    return __bufio_close(stream);
}

FILE *fdopen(int fd, const char *mode)
{
    int open_flags;
    int stream_flags = __posix_sflags(mode, &open_flags);

    if (stream_flags == 0) {
        return NULL;
    }
    struct opened_stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL) {
        return NULL;
    }
    stream->bufio = (struct __file_bufio)FDEV_SETUP_BUFIO(fd, stream->buffer, FILE_BYTES, read, write, lseek, close,
                                                          (uint8_t)stream_flags, 0);
    stream->bufio.xfile.cfile.close = close_opened;
    stream->next = opened;
    opened = stream;
    if (open_flags & O_APPEND) {
        fseeko(&stream->bufio.xfile.cfile.file, 0, SEEK_END);
    }
    return &stream->bufio.xfile.cfile.file;
}

FILE *fopen(const char *path, const char *mode)
{
    int open_flags;

    if (__posix_sflags(mode, &open_flags) == 0) {
        return NULL;
    }
    int fd = open(path, open_flags, 0666);

    if (fd < 0) {
        return NULL;
    }
    FILE *stream = fdopen(fd, mode);

    if (stream == NULL) {
        close(fd);
        errno = ENOMEM;
    }
    return stream;
}
