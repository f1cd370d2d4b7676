#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "key.h"
#include "line.h"
#include "screen.h"

/*
 * The parts of the editor, for each other. All that it keeps from key to key is here.
 */
enum editor_state { EDITOR_EDITING, EDITOR_ENTERED, EDITOR_ENDED, EDITOR_INTERRUPTED };

struct editor {
    struct line line;
    struct screen screen;
    const char *prompt;
    enum editor_state state;
    enum key_kind last_key;
    bool wants_bell;
    bool has_lost; /* there was no room for something typed, and nothing was taken away since then */
    /* What was taken away last, to be yanked; NUL-terminated, or NULL. */
    char *killed;
    /* The history's line that was recalled, or history_count(): what is being typed is none of them. */
    size_t recalled;
    char *draft; /* what was being typed before the first was recalled; then not NULL */
};

/* --- edit.c --- */

/* Ring the terminal's bell with the next refresh: however often it is asked for until then, once. */
void editor_ring(struct editor *editor);

/* Show what there is, unless more input waits: then it would be out of date at once. */
void editor_refresh(struct editor *editor);

/* --- kill.c --- */

/*
 * Take away what is between the cursor and @position, and keep it for kill_yank(), along with what the key before this
 * one took away in the same manner. Without memory for it the bell rings and nothing is taken away.
 */
void kill_to(struct editor *editor, size_t position);

/* Insert what was taken away last. */
void kill_yank(struct editor *editor);

/* --- recall.c --- */

/* The line before and after the recalled one; what was being typed comes after the newest one. */
void recall_older(struct editor *editor);
void recall_newer(struct editor *editor);

/*
 * Search back for a line with what is typed from now on, which is shown at once. Returns the key that ended the search,
 * to be done with the line that was found; KEY_NOTHING if the search was cancelled.
 */
struct key recall_search(struct editor *editor);

/* --- complete.c --- */

/*
 * Complete the word before the cursor as far as there is no choice. Where nothing is left to add, a repeated call
 * lists the candidates. Before the first word of a line a tab is only a tab, so that what is pasted may be indented.
 */
void complete_word(struct editor *editor);
