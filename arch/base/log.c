/*
 * The supervisor's own lines: formatted once, kept in a ring, sent to the console when there is one.
 *
 * The ring holds the newest RING_BYTES bytes of records, each one mark byte, the text, and a line end. A record whose
 * beginning was overwritten is skipped. Before the console is known the ring is all there is; log_set_output() sends
 * what it holds, so that nothing said early is lost (unless it was more than the ring), and nothing is said twice.
 *
 * `quiet` keeps the marked-as-information records from the console, not from the ring.
 *
 * Locks: one of its own, under which a line is kept and sent: lines of several harts come one after the other.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lock.h"
#include "types.h"

#define RING_BYTES LOG_BYTES_MAX
#define LINE_BYTES 256u
#define PREFIX "pando: "

enum mark {
    MARK_INFO = 1,
    MARK_ERROR = 2,
};

static struct lock lock = LOCK(LOCK_LOG);

static struct {
    char ring[RING_BYTES];
    uint64_t written; /* bytes ever; the next one goes to written % RING_BYTES */
    bool is_quiet;
    void (*put)(const char *bytes, unsigned long size);
} the_log;

static void keep(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        the_log.ring[the_log.written++ % RING_BYTES] = bytes[i];
    }
}

static bool is_shown(char mark)
{
    return mark == MARK_ERROR || !the_log.is_quiet;
}

static char byte_at(uint64_t at)
{
    return the_log.ring[at % RING_BYTES];
}

/* Where the oldest whole record begins. */
static uint64_t oldest(void)
{
    uint64_t at = the_log.written > RING_BYTES ? the_log.written - RING_BYTES : 0;

    if (at > 0) {
        /* The oldest record has lost its beginning, or by chance nothing but that. */
        while (at < the_log.written && byte_at(at) != '\n') {
            at++;
        }
        at++;
    }
    return at;
}

/* Send the ring's whole records, oldest first. */
static void replay(void)
{
    uint64_t at = oldest();

    while (at < the_log.written) {
        char line[LINE_BYTES];
        size_t size = 0;
        char mark = byte_at(at++);

        do {
            line[size] = byte_at(at++);
        } while (line[size++] != '\n');
        if (is_shown(mark)) {
            the_log.put(line, size);
        }
    }
}

void log_reader_init(struct log_reader *reader)
{
    lock_acquire(&lock);
    reader->at = oldest();
    lock_release(&lock);
}

unsigned long log_read(struct log_reader *reader, char *bytes, unsigned long capacity)
{
    unsigned long size = 0;

    lock_acquire(&lock);
    if (the_log.written - reader->at > RING_BYTES) {
        reader->at = oldest(); /* what came next has been overwritten meanwhile */
    }
    for (; reader->at < the_log.written && size < capacity; reader->at++) {
        char byte = byte_at(reader->at);

        if (byte != MARK_INFO && byte != MARK_ERROR) {
            bytes[size++] = byte;
        }
    }
    lock_release(&lock);
    return size;
}

/* One record: what does not fit in a line is cut, and a line end inside it becomes a space. */
static void write_line(enum mark mark, const char *format, va_list arguments)
{
    char record[1 + LINE_BYTES] = { (char)mark };
    char *line = record + 1;
    size_t prefix_size = sizeof(PREFIX) - 1;
    size_t text_limit = LINE_BYTES - 1 - prefix_size; /* a terminating NUL, later the line end */

    memcpy(line, PREFIX, prefix_size);
    int wanted = vsnprintf(line + prefix_size, text_limit + 1, format, arguments);
    size_t size = wanted < 0 ? 0 : (size_t)wanted;

    size = prefix_size + (size < text_limit ? size : text_limit);
    for (size_t i = 0; i < size; i++) {
        if (line[i] == '\n') {
            line[i] = ' ';
        }
    }
    line[size++] = '\n';
    lock_acquire(&lock);
    keep(record, 1 + size);
    if (the_log.put && is_shown(record[0])) {
        the_log.put(line, size);
    }
    lock_release(&lock);
}

void log_info(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(MARK_INFO, format, arguments);
    va_end(arguments);
}

void log_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(MARK_ERROR, format, arguments);
    va_end(arguments);
}

void log_set_quiet(void)
{
    the_log.is_quiet = true;
}

void log_set_output(void (*put)(const char *bytes, unsigned long size))
{
    bool is_first = the_log.put == NULL;

    the_log.put = put;
    if (is_first && put) {
        replay();
    }
}
