/*
 * What was killed last, in one piece: kills that follow each other join, to the side that they came from.
 */
#include <stdlib.h>
#include <string.h>

#include "editor.h"

static bool is_kill(enum key_kind kind)
{
    switch (kind) {
    case KEY_KILL_LEFT:
    case KEY_KILL_RIGHT:
    case KEY_KILL_BLANK_WORD:
    case KEY_KILL_WORD_LEFT:
    case KEY_KILL_WORD_RIGHT:
        return true;
    default:
        return false;
    }
}

void kill_to(struct editor *editor, size_t position)
{
    bool is_left = position < editor->line.cursor;
    const char *from = line_text(&editor->line) + (is_left ? position : editor->line.cursor);
    size_t size = is_left ? editor->line.cursor - position : position - editor->line.cursor;
    size_t kept = editor->killed != NULL && is_kill(editor->last_key) ? strlen(editor->killed) : 0;

    if (size == 0) {
        return;
    }
    char *joined = malloc(kept + size + 1);

    if (joined == NULL) {
        editor_ring(editor);
        return;
    }
    memcpy(joined + (is_left ? size : 0), editor->killed != NULL ? editor->killed : "", kept);
    memcpy(joined + (is_left ? 0 : kept), from, size);
    joined[kept + size] = '\0';
    free(editor->killed);
    editor->killed = joined;
    line_erase_to(&editor->line, position);
}

void kill_yank(struct editor *editor)
{
    if (editor->killed == NULL || !line_insert(&editor->line, editor->killed, strlen(editor->killed))) {
        editor_ring(editor);
    }
}
