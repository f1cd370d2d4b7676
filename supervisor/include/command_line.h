#pragma once

#include "types.h"

/*
 * The kernel command line: words separated by blanks.
 *
 *     quiet              no start-up log
 *     bench              users may count instructions; the bench call works
 *     audit              the auditor runs when the machine is powered off, and says what it found
 *     init=PATH          the first program, an absolute path
 *     run="cmd; cmd"     what init has the shell run, before it powers off
 *     initrd=ADDR,SIZE   where the initrd is, when the device tree does not say; decimal or 0x
 *
 * A value may be quoted, in full or in part; inside the quotes \" and \\ stand for " and \, and any other backslash
 * for itself. The last of several equal words counts. Unknown words are ignored.
 */
struct command_line {
    bool quiet;
    bool bench;
    bool audits;
    bool has_initrd;
    const char *init; /* NULL: not given; so is run */
    const char *run;
    const char *ignored; /* the unknown words with blanks between; empty when there are none */
    uint64_t initrd_start;
    uint64_t initrd_end;
};

/*
 * Read @text, which is not changed, into @out; its strings are kept in @buffer of @capacity bytes, which @out borrows
 * for its whole life. A capacity of one byte more than the text's length is enough.
 * Returns 0; -E2BIG when the text does not fit the buffer; -EINVAL for a word that is malformed. On an error *@reason
 * says what is wrong, and @out is undefined.
 */
int command_line_parse(const char *text, char *buffer, size_t capacity, struct command_line *out, const char **reason);
