/*
 * A walk over the line up to the cursor, which knows of the shell's language what completion needs: where words start,
 * what is quoted, and whether a command's name comes next. It never fails on a line that the shell would refuse.
 *
 * A command is expected at the start, behind ; & | && || ( and behind keywords and assignments that stand there; a word
 * behind < or > is a file and changes nothing of that.
 */
#include "stem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NO_NAME ((size_t)-1)

struct walk {
    char *word; /* what was taken of the word, NUL-terminated only where it ends */
    size_t length;
    size_t name; /* where in it the name behind a $ starts, if it goes on to here */
    bool is_braced;
    char quote;
    bool is_in_word;
    bool expects_command;
    bool expects_target; /* of a redirection */
};

const char *const stem_keywords[] = { "!", "do", "elif", "else", "if", "then", "time", "until", "while", "{", NULL };

static bool is_in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_keyword(const char *word)
{
    for (const char *const *keyword = stem_keywords; *keyword != NULL; keyword++) {
        if (strcmp(word, *keyword) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_assignment(const char *word)
{
    const char *at = word;

    while (is_in_name(*at)) {
        at++;
    }
    return *at == '=' && at > word && !isdigit((unsigned char)*word);
}

/* A character that means itself. */
static void take_quoted(struct walk *walk, char c)
{
    walk->is_in_word = true;
    walk->name = NO_NAME;
    walk->word[walk->length++] = c;
}

static void take(struct walk *walk, char c)
{
    size_t name = walk->name;

    take_quoted(walk, c);
    if (c == '$') {
        walk->name = walk->length;
        walk->is_braced = false;
    } else if (c == '{' && name == walk->length - 1 && !walk->is_braced) {
        walk->name = walk->length;
        walk->is_braced = true;
    } else if (is_in_name(c)) {
        walk->name = name;
    }
}

static void end_word(struct walk *walk)
{
    if (!walk->is_in_word) {
        return;
    }
    walk->word[walk->length] = '\0';
    if (walk->expects_target) {
        walk->expects_target = false;
    } else {
        walk->expects_command = walk->expects_command && (is_keyword(walk->word) || is_assignment(walk->word));
    }
    walk->is_in_word = false;
    walk->length = 0;
    walk->name = NO_NAME;
}

static void take_operator(struct walk *walk, char c, char previous)
{
    end_word(walk);
    if (c == '<' || c == '>') {
        walk->expects_target = true;
    } else if (previous != '<' && previous != '>') { /* not >& or >| */
        walk->expects_command = true;
        walk->expects_target = false;
    }
}

/* Takes what stands at @at. Returns how many bytes that was. */
static size_t step(struct walk *walk, const char *at, const char *end, char previous)
{
    bool is_last = at + 1 == end;

    if (*at == walk->quote) {
        walk->quote = '\0';
    } else if (walk->quote == '\'') {
        take_quoted(walk, *at);
    } else if (*at == '\\' && is_last) {
        walk->is_in_word = true;
    } else if (*at == '\\' && (walk->quote == '\0' || strchr("\"\\$`", at[1]) != NULL)) {
        take_quoted(walk, at[1]);
        return 2;
    } else if (walk->quote == '"') {
        take(walk, *at);
    } else if (*at == '\'' || *at == '"') {
        walk->is_in_word = true;
        walk->name = NO_NAME;
        walk->quote = *at;
    } else if (*at == ' ' || *at == '\t') {
        end_word(walk);
    } else if (strchr(";&|()<>", *at) != NULL) {
        take_operator(walk, *at, previous);
    } else {
        take(walk, *at);
    }
    return 1;
}

bool stem_find(const char *line, size_t cursor, struct stem *stem)
{
    const char *end = line + cursor;
    struct walk walk = { .word = malloc(cursor + 1), .name = NO_NAME, .expects_command = true };

    if (walk.word == NULL) {
        return false;
    }
    for (const char *at = line; at < end;) {
        at += step(&walk, at, end, at > line ? at[-1] : '\0');
    }
    walk.word[walk.length] = '\0';
    *stem = (struct stem){ .kind = STEM_FILE, .quote = walk.quote, .text = walk.word };
    if (walk.name != NO_NAME) {
        stem->kind = STEM_VARIABLE;
        stem->is_braced = walk.is_braced;
        memmove(stem->text, stem->text + walk.name, walk.length - walk.name + 1);
    } else if (walk.expects_command && !walk.expects_target && strchr(stem->text, '/') == NULL) {
        stem->kind = STEM_COMMAND;
    }
    return true;
}
