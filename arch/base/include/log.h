#pragma once

/*
 * One line to the console and the log ring, "pando: " in front and a line end behind. Integer formats only.
 * log_info() is silent when the command line says `quiet`; log_error() never is.
 * Locks: none held by the caller.
 */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_set_quiet(void);

/* The text of the log, the oldest whole line first: what `quiet` keeps from the console too. */
#define LOG_BYTES_MAX 4096
struct log_reader {
    unsigned long at;
};
void log_reader_init(struct log_reader *reader);

/* Copy the next bytes, up to @capacity. Returns how many: 0 at the end. */
unsigned long log_read(struct log_reader *reader, char *bytes, unsigned long capacity);

/* Where the bytes go: set once the console is known; before that they are kept in the ring. */
void log_set_output(void (*put)(const char *bytes, unsigned long size));
