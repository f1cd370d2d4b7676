/*
 * Scripts: who holds them, and parts of their text.
 *
 * Invariant: the documents are linked in the order of the text, *documents_end is NULL.
 */
#include "script.h"

#include <stdlib.h>
#include <string.h>

static char *copy(struct script *script, const char *bytes, size_t count)
{
    char *copied = arena_take(&script->arena, count + 1);

    if (copied != NULL) {
        memcpy(copied, bytes, count);
    }
    return copied;
}

struct script *script_new(const char *name, unsigned first_line)
{
    struct script *script = calloc(1, sizeof(*script));

    if (script == NULL) {
        return NULL;
    }
    script->references = 1;
    script->first_line = first_line;
    script->documents_end = &script->documents;
    if (name != NULL) {
        script->name = copy(script, name, strlen(name));
        if (script->name == NULL) {
            script_release(script);
            return NULL;
        }
    }
    return script;
}

void script_hold(struct script *script)
{
    script->references++;
}

void script_release(struct script *script)
{
    if (--script->references == 0) {
        arena_release(&script->arena, (struct arena){ 0 });
        text_free(&script->text);
        free(script);
    }
}

struct script_mark script_mark(const struct script *script)
{
    return (struct script_mark){ .arena = script->arena, .documents_end = script->documents_end };
}

void script_forget(struct script *script, struct script_mark mark)
{
    script->documents_end = mark.documents_end;
    *script->documents_end = NULL;
    arena_release(&script->arena, mark.arena);
}

char *script_copy(struct script *script, struct slice slice)
{
    return copy(script, script->text.data + slice.start, slice.end - slice.start);
}

char *script_extract(const struct script *script, struct slice slice)
{
    const char *bytes = script->text.data;
    struct text out = { 0 };
    bool has_bodies = false;

    text_append(&out, bytes + slice.start, slice.end - slice.start);
    for (const struct redirection *document = script->documents; document != NULL; document = document->next_document) {
        bool is_inside = document->word.start >= slice.start && document->word.end <= slice.end;

        /* Nothing stands for nothing: the input may have ended with a backslash, which a newline would change. */
        if (is_inside && document->body.start >= slice.end && document->body_end > document->body.start) {
            if (!has_bodies) {
                text_put(&out, '\n');
            }
            has_bodies = true;
            text_append(&out, bytes + document->body.start, document->body_end - document->body.start);
        }
    }
    return text_take(&out);
}

unsigned script_line(const struct script *script, size_t offset)
{
    unsigned line = script->first_line;

    for (size_t i = 0; i < offset && i < script->text.length; i++) {
        line += script->text.data[i] == '\n';
    }
    return line;
}
