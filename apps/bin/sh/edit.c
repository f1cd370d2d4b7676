/*
 * The editor of one line on a terminal.
 *
 *     left, right, Ctrl-B, Ctrl-F      a character          Backspace, Ctrl-H      erases to the left
 *     Ctrl- or Alt-left and -right,    a word               Delete, Ctrl-D         erases under the cursor
 *     Alt-B, Alt-F                                          Ctrl-U, Ctrl-K         kill to the start, the end
 *     Home, End, Ctrl-A, Ctrl-E        start, end           Ctrl-W                 kills back to a blank
 *     up, down, Ctrl-P, Ctrl-N         the history          Alt-Backspace, Alt-D   kill a word
 *     Ctrl-R, then Ctrl-G to cancel    searches in it       Ctrl-Y                 yanks what was killed
 *     Tab, and again                   completes, lists     Ctrl-T                 transposes two characters
 *     Enter                            ends the line        Ctrl-L                 clears the screen
 *     Ctrl-C                           abandons the line    Ctrl-D, nothing typed  is the end of input
 *
 * Other control characters and sequences do nothing, and what is no UTF-8 is dropped: a line has only printable
 * characters (and tabs) in it, and no others reach the terminal.
 *
 * Each key changes the line (line.c), then the screen is made to show it (screen.c), unless more input waits: what is
 * pasted is drawn when all of it was taken. There is one editor, since there is one terminal; the memory of its line is
 * kept from call to call.
 */
#include "edit.h"

#include <errno.h>
#include <string.h>

#include "editor.h"
#include "history.h"
#include "tty.h"

static struct editor the_editor;

void editor_ring(struct editor *editor)
{
    editor->wants_bell = true;
}

void editor_refresh(struct editor *editor)
{
    if (tty_has_input()) {
        return;
    }
    screen_draw(&editor->screen, &editor->line);
    if (editor->wants_bell) {
        tty_put("\a", 1);
        editor->wants_bell = false;
    }
    tty_flush();
}

/* Keys that only move the cursor. Returns false if it is none. */
static bool move(struct line *line, enum key_kind kind)
{
    switch (kind) {
    case KEY_LEFT:
        line_move_to(line, line_left(line));
        return true;
    case KEY_RIGHT:
        line_move_to(line, line_right(line));
        return true;
    case KEY_WORD_LEFT:
        line_move_to(line, line_word_left(line));
        return true;
    case KEY_WORD_RIGHT:
        line_move_to(line, line_word_right(line));
        return true;
    case KEY_LINE_START:
        line_move_to(line, 0);
        return true;
    case KEY_LINE_END:
        line_move_to(line, line->length);
        return true;
    default:
        return false;
    }
}

/* Keys that take something away. */
static bool take_away(struct editor *editor, enum key_kind kind)
{
    struct line *line = &editor->line;

    switch (kind) {
    case KEY_BACKSPACE:
        line_erase_to(line, line_left(line));
        return true;
    case KEY_DELETE:
    case KEY_DELETE_OR_END:
        line_erase_to(line, line_right(line));
        return true;
    case KEY_KILL_LEFT:
        kill_to(editor, 0);
        return true;
    case KEY_KILL_RIGHT:
        kill_to(editor, line->length);
        return true;
    case KEY_KILL_BLANK_WORD:
        kill_to(editor, line_blank_word_left(line));
        return true;
    case KEY_KILL_WORD_LEFT:
        kill_to(editor, line_word_left(line));
        return true;
    case KEY_KILL_WORD_RIGHT:
        kill_to(editor, line_word_right(line));
        return true;
    default:
        return false;
    }
}

/* Keys that put something there. */
static bool put_there(struct editor *editor, const struct key *key)
{
    switch (key->kind) {
    case KEY_TEXT:
        if (!line_insert(&editor->line, key->text, key->size)) {
            editor_ring(editor);
            editor->has_lost = true;
        }
        return true;
    case KEY_TAB:
        complete_word(editor);
        return true;
    case KEY_YANK:
        kill_yank(editor);
        return true;
    case KEY_TRANSPOSE:
        if (!line_transpose(&editor->line)) {
            editor_ring(editor);
        }
        return true;
    case KEY_UP:
        recall_older(editor);
        return true;
    case KEY_DOWN:
        recall_newer(editor);
        return true;
    default:
        return false;
    }
}

/* Keys that end the line. */
static bool end(struct editor *editor, enum key_kind kind)
{
    if (kind == KEY_ENTER) {
        editor->state = EDITOR_ENTERED;
    } else if (kind == KEY_INTERRUPT) {
        editor->state = EDITOR_INTERRUPTED;
    } else if (kind == KEY_END_OF_INPUT || (kind == KEY_DELETE_OR_END && editor->line.length == 0)) {
        editor->state = EDITOR_ENDED;
    } else {
        return false;
    }
    return true;
}

static void step(struct editor *editor)
{
    struct key key = key_read();

    if (key.kind == KEY_SEARCH) {
        key = recall_search(editor);
    }
    if (key.kind == KEY_CLEAR) {
        screen_clear(&editor->screen);
    } else if (!end(editor, key.kind) && !move(&editor->line, key.kind)) {
        if (take_away(editor, key.kind)) {
            editor->has_lost = false;
        } else {
            (void)put_there(editor, &key);
        }
    }
    editor->last_key = key.kind;
}

static void start(struct editor *editor, const char *prompt)
{
    line_clear(&editor->line);
    screen_start(&editor->screen, prompt);
    editor->prompt = prompt;
    editor->state = EDITOR_EDITING;
    editor->last_key = KEY_NOTHING;
    editor->wants_bell = false;
    editor->has_lost = false;
    editor->recalled = history_count();
}

const char *edit_line(const char *prompt)
{
    struct editor *editor = &the_editor;

    tty_enter();
    start(editor, prompt);
    while (editor->state == EDITOR_EDITING) {
        editor_refresh(editor);
        step(editor);
    }
    screen_finish(&editor->screen, &editor->line, editor->state == EDITOR_INTERRUPTED ? "^C" : "");
    tty_leave();
    if (editor->state != EDITOR_ENTERED) {
        errno = editor->state == EDITOR_INTERRUPTED ? EINTR : 0;
        return NULL;
    }
    if (editor->has_lost) {
        errno = EMSGSIZE;
        return NULL;
    }
    history_add(line_text(&editor->line));
    return line_text(&editor->line);
}
