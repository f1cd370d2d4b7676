#pragma once

/*
 * One line to the console and the log ring, "pando: " in front and a line end behind. Integer formats only.
 * log_info() is silent when the command line says `quiet`; log_error() never is.
 * Locks: none held by the caller.
 */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_set_quiet(void);

/* Where the bytes go: set once the console is known; before that they are kept in the ring. */
void log_set_output(void (*put)(const char *bytes, unsigned long size));
