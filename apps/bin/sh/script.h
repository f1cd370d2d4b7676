#pragma once

#include <stdbool.h>

#include "arena.h"
#include "text.h"
#include "tree.h"

/*
 * One complete command: the lines that it was read from, and its tree. Functions that it defines keep it alive.
 */
struct script {
    unsigned references;
    struct text text;
    struct arena arena;
    struct redirection *documents; /* here-documents in the order of the text */
    struct redirection **documents_end; /* where the next one is linked */
    const char *name; /* of the file that it is from, in the arena; NULL: of none */
    unsigned first_line; /* number of its first line there */
};

/* What has been parsed since, to be forgotten again: a command substitution's tree is wanted for a moment only. */
struct script_mark {
    struct arena arena;
    struct redirection **documents_end;
};

/* An empty script with one reference, or NULL: no memory. @name (or NULL) is copied. */
struct script *script_new(const char *name, unsigned first_line);
void script_hold(struct script *script);
void script_release(struct script *script);

struct script_mark script_mark(const struct script *script);
void script_forget(struct script *script, struct script_mark mark);

/* A copy of a slice of the text, in the arena. NULL: no memory. */
char *script_copy(struct script *script, struct slice slice);

/*
 * A part of the script as a text that can be parsed on its own: with the bodies of its here-documents that come later
 * in the script. The caller frees it. NULL: no memory.
 */
char *script_extract(const struct script *script, struct slice slice);

/* The number of the line that @offset is in. */
unsigned script_line(const struct script *script, size_t offset);
