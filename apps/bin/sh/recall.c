/*
 * The history while a line is edited: going through it, and searching in it.
 *
 * A line that was recalled is a copy: changes to it last until another one is recalled. What was being typed before,
 * the draft, is kept and comes back behind the newest line.
 *
 * While a search goes on its pattern is the prompt, and each key changes the pattern or ends the search:
 *
 *     (search) 'pattern': line      the newest line that has the pattern, or an older one that Ctrl-R went on to
 *     (no match) 'pattern': line    the last one that was found
 */
#include <stdlib.h>
#include <string.h>

#include "editor.h"
#include "history.h"
#include "tty.h"

#define PATTERN_BYTES 64

struct search {
    char pattern[PATTERN_BYTES]; /* NUL-terminated */
    size_t length;
    bool has_failed;
    char prompt[PATTERN_BYTES + 32];
    /* To come back to. */
    char *original;
    size_t original_cursor;
    size_t original_recalled;
};

static bool keep_draft(struct editor *editor)
{
    char *draft = strdup(line_text(&editor->line));

    if (draft == NULL) {
        return false;
    }
    free(editor->draft);
    editor->draft = draft;
    return true;
}

/* Show line @index of the history, or the draft. Returns false when there is no memory for it: nothing has changed. */
static bool show(struct editor *editor, size_t index)
{
    size_t count = history_count();

    if (editor->recalled == count && index < count && !keep_draft(editor)) {
        return false;
    }
    if (!line_set(&editor->line, index < count ? history_get(index) : editor->draft)) {
        return false;
    }
    editor->recalled = index;
    return true;
}

void recall_older(struct editor *editor)
{
    if (editor->recalled == 0 || !show(editor, editor->recalled - 1)) {
        editor_ring(editor);
    }
}

void recall_newer(struct editor *editor)
{
    if (editor->recalled == history_count() || !show(editor, editor->recalled + 1)) {
        editor_ring(editor);
    }
}

static void set_prompt(struct editor *editor, struct search *search)
{
    strcpy(search->prompt, search->has_failed ? "(no match) '" : "(search) '");
    strcat(search->prompt, search->pattern);
    strcat(search->prompt, "': ");
    screen_set_prompt(&editor->screen, search->prompt);
}

/* Show the newest line below index @end that has the pattern. */
static void find(struct editor *editor, struct search *search, size_t end)
{
    search->has_failed = false;
    while (end-- > 0) {
        const char *text = history_get(end);
        const char *match = strstr(text, search->pattern);

        if (match != NULL) {
            if (show(editor, end)) {
                line_move_to(&editor->line, (size_t)(match - text));
            } else {
                editor_ring(editor);
            }
            return;
        }
    }
    search->has_failed = true;
    editor_ring(editor);
}

static void add_to_pattern(struct editor *editor, struct search *search, const struct key *key)
{
    /* The line that is shown may have the longer pattern too. */
    size_t end = editor->recalled < history_count() ? editor->recalled + 1 : editor->recalled;

    if (key->size >= PATTERN_BYTES - search->length) {
        editor_ring(editor);
        return;
    }
    memcpy(search->pattern + search->length, key->text, key->size);
    search->length += key->size;
    search->pattern[search->length] = '\0';
    find(editor, search, end);
}

static void restore(struct editor *editor, const struct search *search)
{
    editor->recalled = search->original_recalled;
    if (line_set(&editor->line, search->original)) {
        line_move_to(&editor->line, search->original_cursor);
    }
}

static void shorten_pattern(struct editor *editor, struct search *search)
{
    if (search->length == 0) {
        editor_ring(editor);
        return;
    }
    while (utf8_is_continuation(search->pattern[search->length - 1])) {
        search->length--;
    }
    search->pattern[--search->length] = '\0';
    if (search->length > 0) {
        find(editor, search, history_count());
    } else {
        search->has_failed = false;
        restore(editor, search);
    }
}

/* One key of a search. Returns false if it is none, but ends the search. */
static bool search_key(struct editor *editor, struct search *search, const struct key *key)
{
    switch (key->kind) {
    case KEY_NOTHING:
        return true;
    case KEY_TEXT:
        add_to_pattern(editor, search, key);
        return true;
    case KEY_BACKSPACE:
        shorten_pattern(editor, search);
        return true;
    case KEY_SEARCH:
        if (search->length > 0) {
            find(editor, search, editor->recalled);
        }
        return true;
    default:
        return false;
    }
}

struct key recall_search(struct editor *editor)
{
    struct key key = { .kind = KEY_NOTHING };
    struct search search = {
        .original = strdup(line_text(&editor->line)),
        .original_cursor = editor->line.cursor,
        .original_recalled = editor->recalled,
    };

    if (search.original == NULL) {
        editor_ring(editor);
        return key;
    }
    do {
        set_prompt(editor, &search);
        editor_refresh(editor);
        key = key_read();
    } while (search_key(editor, &search, &key));
    if (key.kind == KEY_CANCEL) {
        restore(editor, &search);
        key.kind = KEY_NOTHING;
    }
    screen_set_prompt(&editor->screen, editor->prompt);
    free(search.original);
    return key;
}
