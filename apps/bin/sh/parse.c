/*
 * The grammar, one function a rule:
 *
 *     list      and_or { (; | & | newline) and_or } [ ; | & | newline ]
 *     and_or    pipeline { (&& | ||) {newline} pipeline }
 *     pipeline  [time] {!} command { | {newline} command }
 *     command   simple | (compound | name ( ) {newline} compound) {redirection}
 *     simple    { assignment | redirection } { word | redirection }
 *     compound  { list } | ( list ) | if ... fi | while ... done | until ... done | for ... done | case ... esac
 *
 * A word is a reserved one only where a command may start, and only without quotes. Every function leaves the lexer at
 * the first token that it doesn't want. After a failure there are only TOKEN_ENDs, so that all loops end; what is
 * returned then is not looked at, and may be NULL.
 */
#include "parse.h"

#include <stdio.h>
#include <string.h>

#include "shell.h"

enum list_kind {
    LIST_OF_LINE, /* up to a newline */
    LIST_NESTED, /* over lines, up to what ends the construct that it is in */
};

static struct node *parse_list(struct lexer *lexer, enum list_kind kind);
static struct node *parse_compound(struct lexer *lexer);

/* --- Failures */

static void fail_unexpected(struct lexer *lexer, const char *expected)
{
    const struct slice *slice = &lexer->token.slice;
    const char *behind = expected != NULL ? ", expected " : "";
    int length = (int)(slice->end - slice->start);

    expected = expected != NULL ? expected : "";
    if (lexer->token.kind == TOKEN_END) {
        lex_fail(lexer, slice->start, "syntax error: unexpected end of input%s%s", behind, expected);
    } else if (lexer->token.kind == TOKEN_NEWLINE) {
        lex_fail(lexer, slice->start, "syntax error: unexpected end of line%s%s", behind, expected);
    } else {
        lex_fail(lexer, slice->start, "syntax error: unexpected %.*s%s%s%s", length < 32 ? length : 32,
                 lexer->script->text.data + slice->start, length > 32 ? "..." : "", behind, expected);
    }
}

static void *take(struct lexer *lexer, size_t size)
{
    void *taken = arena_take(&lexer->script->arena, size);

    if (taken == NULL) {
        lex_fail_without_memory(lexer);
    }
    return taken;
}

/* A node that starts with the present token, or NULL. */
static struct node *new_node(struct lexer *lexer, enum node_kind kind)
{
    struct node *node = take(lexer, sizeof(*node));

    if (node != NULL) {
        node->kind = kind;
        node->text = lexer->token.slice;
    }
    return node;
}

/* A node that starts where its first member @first does. */
static struct node *new_parent(struct lexer *lexer, enum node_kind kind, const struct node *first)
{
    struct node *node = first == NULL ? NULL : new_node(lexer, kind);

    if (node != NULL) {
        node->text = first->text;
    }
    return node;
}

static struct node *finish(const struct lexer *lexer, struct node *node)
{
    if (node != NULL) {
        node->text.end = (uint32_t)lexer->last_end;
    }
    return node;
}

/* --- Tokens */

static bool accept(struct lexer *lexer, enum token_kind kind)
{
    if (lexer->token.kind != kind) {
        return false;
    }
    lex_next(lexer);
    return true;
}

static void expect(struct lexer *lexer, enum token_kind kind, const char *name)
{
    if (!accept(lexer, kind)) {
        fail_unexpected(lexer, name);
    }
}

static bool accept_reserved(struct lexer *lexer, const char *reserved)
{
    if (!lex_is_word(lexer, reserved)) {
        return false;
    }
    lex_next(lexer);
    return true;
}

static void expect_reserved(struct lexer *lexer, const char *reserved)
{
    if (!accept_reserved(lexer, reserved)) {
        fail_unexpected(lexer, reserved);
    }
}

static void skip_newlines(struct lexer *lexer)
{
    while (accept(lexer, TOKEN_NEWLINE)) {
    }
}

/* What ends a list, in the place of a command. */
static bool is_at_end(const struct lexer *lexer)
{
    static const char *const enders[] = { "then", "else", "elif", "fi", "do", "done", "esac", "}" };
    enum token_kind kind = lexer->token.kind;

    for (size_t i = 0; i < sizeof(enders) / sizeof(enders[0]); i++) {
        if (lex_is_word(lexer, enders[i])) {
            return true;
        }
    }
    return kind == TOKEN_END || kind == TOKEN_NEWLINE || kind == TOKEN_CLOSE || kind == TOKEN_DOUBLE_SEMICOLON;
}

/* --- Words and redirections */

/* The token as a word behind @end, and the place behind that. */
static struct word **add_word(struct lexer *lexer, struct word **end)
{
    struct word *word = take(lexer, sizeof(*word));

    if (word == NULL) {
        return end;
    }
    word->slice = lexer->token.slice;
    *end = word;
    lex_next(lexer);
    return &word->next;
}

static bool is_assignment(const struct lexer *lexer)
{
    const char *start = lexer->script->text.data + lexer->token.slice.start;
    const char *end = lexer->script->text.data + lexer->token.slice.end;
    const char *behind = lex_name_end(start, end);

    return behind > start && behind < end && *behind == '=';
}

/* What ends a here-document: the word without its quotes. */
static void set_delimiter(struct lexer *lexer, struct redirection *document)
{
    char *to = script_copy(lexer->script, document->word);
    char quote = '\0';

    if (to == NULL) {
        lex_fail_without_memory(lexer);
        return;
    }
    document->delimiter = to;
    for (const char *from = to; *from != '\0'; from++) {
        bool is_quote = *from == quote || (quote == '\0' && (*from == '\'' || *from == '"'));

        if (is_quote) {
            quote = quote == '\0' ? *from : '\0';
        } else {
            from += *from == '\\' && quote != '\'' && from[1] != '\0';
            *to++ = *from;
        }
    }
    document->is_quoted = (size_t)(to - document->delimiter) < document->word.end - document->word.start;
    *to = '\0';
    lex_expect_document(lexer, document);
}

static struct redirection **parse_redirection(struct lexer *lexer, struct redirection **end)
{
    struct redirection *redirection = take(lexer, sizeof(*redirection));

    if (redirection == NULL) {
        return end;
    }
    redirection->kind = lexer->token.redirection;
    redirection->fd = lexer->token.fd;
    lex_next(lexer);
    if (lexer->token.kind != TOKEN_WORD) {
        fail_unexpected(lexer, "a file's name");
        return end;
    }
    redirection->word = lexer->token.slice;
    /* Before the lexer goes on, maybe to the newline behind which the body starts. */
    if (redirection->kind == REDIRECT_DOCUMENT || redirection->kind == REDIRECT_DOCUMENT_TABS) {
        set_delimiter(lexer, redirection);
    }
    lex_next(lexer);
    *end = redirection;
    return &redirection->next;
}

/* --- Simple commands and functions */

static struct node *parse_function(struct lexer *lexer, struct node *node)
{
    struct slice name = node->simple.words->slice;
    const char *start = lexer->script->text.data + name.start;
    const char *end = lexer->script->text.data + name.end;

    if (lex_name_end(start, end) != end) {
        fail_unexpected(lexer, NULL);
    }
    lex_next(lexer);
    expect(lexer, TOKEN_CLOSE, ")");
    skip_newlines(lexer);
    node->kind = NODE_FUNCTION;
    node->function.name = name;
    node->function.body = parse_compound(lexer);
    if (node->function.body == NULL) {
        fail_unexpected(lexer, "{");
    }
    return finish(lexer, node);
}

static struct node *parse_simple(struct lexer *lexer)
{
    struct node *node = new_node(lexer, NODE_SIMPLE);

    if (node == NULL) {
        return NULL;
    }
    struct word **words_end = &node->simple.words, **assignments_end = &node->simple.assignments;
    struct redirection **redirections_end = &node->redirections;

    while (lexer->token.kind == TOKEN_WORD || lexer->token.kind == TOKEN_REDIRECTION) {
        if (lexer->token.kind == TOKEN_REDIRECTION) {
            redirections_end = parse_redirection(lexer, redirections_end);
        } else if (node->simple.words == NULL && is_assignment(lexer)) {
            assignments_end = add_word(lexer, assignments_end);
        } else {
            words_end = add_word(lexer, words_end);
        }
    }
    bool is_one_word = node->simple.words != NULL && node->simple.words->next == NULL;

    if (lexer->token.kind == TOKEN_OPEN && is_one_word && !node->simple.assignments && !node->redirections) {
        return parse_function(lexer, node);
    }
    return finish(lexer, node);
}

/* --- Compound commands. Each is called at the word that it starts with. */

/* A list that must have a command. */
static struct node *parse_body(struct lexer *lexer)
{
    struct node *body = parse_list(lexer, LIST_NESTED);

    if (body == NULL) {
        fail_unexpected(lexer, NULL);
    }
    return body;
}

static void parse_group(struct lexer *lexer, struct node *node)
{
    node->kind = NODE_GROUP;
    node->body = parse_body(lexer);
    expect_reserved(lexer, "}");
}

static void parse_if(struct lexer *lexer, struct node *node)
{
    node->kind = NODE_IF;
    node->branch.condition = parse_body(lexer);
    expect_reserved(lexer, "then");
    node->branch.consequence = parse_body(lexer);
    /* Not by recursion: a thousand branches are no thousand levels. */
    while (lex_is_word(lexer, "elif")) {
        struct node *alternative = new_node(lexer, NODE_IF);

        if (alternative == NULL) {
            return;
        }
        node->branch.alternative = alternative;
        node = alternative;
        lex_next(lexer);
        node->branch.condition = parse_body(lexer);
        expect_reserved(lexer, "then");
        node->branch.consequence = parse_body(lexer);
    }
    if (accept_reserved(lexer, "else")) {
        node->branch.alternative = parse_body(lexer);
    }
    expect_reserved(lexer, "fi");
}

static struct node *parse_do(struct lexer *lexer)
{
    expect_reserved(lexer, "do");
    struct node *body = parse_body(lexer);

    expect_reserved(lexer, "done");
    return body;
}

static void parse_while(struct lexer *lexer, struct node *node)
{
    node->kind = NODE_WHILE;
    node->loop.condition = parse_body(lexer);
    node->loop.body = parse_do(lexer);
}

static void parse_until(struct lexer *lexer, struct node *node)
{
    parse_while(lexer, node);
    node->kind = NODE_UNTIL;
}

static void parse_for(struct lexer *lexer, struct node *node)
{
    struct word **end = &node->for_each.words;
    const char *name_end = lexer->script->text.data + lexer->token.slice.end;

    node->kind = NODE_FOR;
    node->for_each.name = lexer->token.slice;
    if (lexer->token.kind != TOKEN_WORD ||
        lex_name_end(lexer->script->text.data + lexer->token.slice.start, name_end) != name_end) {
        fail_unexpected(lexer, "a variable's name");
    }
    lex_next(lexer);
    if (!accept(lexer, TOKEN_SEMICOLON)) {
        skip_newlines(lexer);
        node->for_each.has_words = accept_reserved(lexer, "in");
    }
    while (node->for_each.has_words && lexer->token.kind == TOKEN_WORD) {
        end = add_word(lexer, end);
    }
    if (node->for_each.has_words && !accept(lexer, TOKEN_SEMICOLON) && lexer->token.kind != TOKEN_NEWLINE) {
        fail_unexpected(lexer, NULL);
    }
    skip_newlines(lexer);
    node->for_each.body = parse_do(lexer);
}

static struct case_item *parse_case_item(struct lexer *lexer)
{
    struct case_item *item = take(lexer, sizeof(*item));

    if (item == NULL) {
        return NULL;
    }
    struct word **end = &item->patterns;

    accept(lexer, TOKEN_OPEN);
    do {
        if (lexer->token.kind != TOKEN_WORD) {
            fail_unexpected(lexer, "a pattern");
        } else {
            end = add_word(lexer, end);
        }
    } while (accept(lexer, TOKEN_PIPE));
    expect(lexer, TOKEN_CLOSE, ")");
    item->body = parse_list(lexer, LIST_NESTED);
    return item;
}

static void parse_case(struct lexer *lexer, struct node *node)
{
    struct case_item **end = &node->choice.items;
    bool has_more = true;

    node->kind = NODE_CASE;
    if (lexer->token.kind != TOKEN_WORD) {
        fail_unexpected(lexer, "a word");
        return;
    }
    add_word(lexer, &node->choice.subject);
    skip_newlines(lexer);
    expect_reserved(lexer, "in");
    skip_newlines(lexer);
    while (has_more && lexer->token.kind != TOKEN_END && !lex_is_word(lexer, "esac")) {
        struct case_item *item = parse_case_item(lexer);

        if (item == NULL) {
            return;
        }
        *end = item;
        end = &item->next;
        has_more = accept(lexer, TOKEN_DOUBLE_SEMICOLON);
        skip_newlines(lexer);
    }
    expect_reserved(lexer, "esac");
}

static void parse_subshell(struct lexer *lexer, struct node *node)
{
    node->kind = NODE_SUBSHELL;
    node->body = parse_body(lexer);
    expect(lexer, TOKEN_CLOSE, ")");
}

typedef void compound_rule(struct lexer *lexer, struct node *node);

/* Who parses what starts with this token, behind it. NULL: it starts no compound command. */
static compound_rule *find_rule(const struct lexer *lexer)
{
    static const struct {
        const char *word;
        compound_rule *parse;
    } rules[] = {
        { "{", parse_group },     { "if", parse_if },   { "while", parse_while },
        { "until", parse_until }, { "for", parse_for }, { "case", parse_case },
    };

    if (lexer->token.kind == TOKEN_OPEN) {
        return parse_subshell;
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (lex_is_word(lexer, rules[i].word)) {
            return rules[i].parse;
        }
    }
    return NULL;
}

/* A compound command and its redirections, or NULL where none starts. */
static struct node *parse_compound(struct lexer *lexer)
{
    compound_rule *rule = find_rule(lexer);
    struct node *node = rule == NULL ? NULL : new_node(lexer, NODE_GROUP);

    if (node == NULL) {
        return NULL;
    }
    if (shell_stack_is_low()) {
        lex_fail(lexer, lexer->at, "nested too deeply");
        return NULL;
    }
    lex_next(lexer);
    rule(lexer, node);
    struct redirection **end = &node->redirections;

    while (lexer->token.kind == TOKEN_REDIRECTION) {
        end = parse_redirection(lexer, end);
    }
    return finish(lexer, node);
}

/* --- Lists of commands */

static struct node *parse_one(struct lexer *lexer)
{
    struct node *node = NULL;

    if (is_at_end(lexer)) {
        fail_unexpected(lexer, NULL);
        return NULL;
    }
    if (lexer->token.kind == TOKEN_WORD || lexer->token.kind == TOKEN_OPEN) {
        node = parse_compound(lexer);
    }
    if (node == NULL && (lexer->token.kind == TOKEN_WORD || lexer->token.kind == TOKEN_REDIRECTION)) {
        node = parse_simple(lexer);
    }
    if (node == NULL) {
        fail_unexpected(lexer, NULL);
    }
    return node;
}

static struct node *parse_pipeline(struct lexer *lexer)
{
    struct node mark = { .kind = NODE_PIPELINE, .text = lexer->token.slice };

    mark.pipeline.is_timed = accept_reserved(lexer, "time");
    while (accept_reserved(lexer, "!")) {
        mark.pipeline.is_negated = !mark.pipeline.is_negated;
    }
    struct node *first = parse_one(lexer);

    if (lexer->token.kind != TOKEN_PIPE && !mark.pipeline.is_timed && !mark.pipeline.is_negated) {
        return first;
    }
    struct node *node = new_parent(lexer, NODE_PIPELINE, first);

    if (node == NULL) {
        return NULL;
    }
    *node = mark;
    node->pipeline.stages = first;
    node->pipeline.count = 1;
    for (struct node *last = first; last != NULL && accept(lexer, TOKEN_PIPE); last = last->next) {
        skip_newlines(lexer);
        last->next = parse_one(lexer);
        node->pipeline.count++;
    }
    return finish(lexer, node);
}

static struct node *parse_and_or(struct lexer *lexer)
{
    struct node *first = parse_pipeline(lexer);

    if (lexer->token.kind != TOKEN_AND && lexer->token.kind != TOKEN_OR) {
        return first;
    }
    struct node *node = new_parent(lexer, NODE_AND_OR, first);

    if (node == NULL) {
        return NULL;
    }
    node->members = first;
    for (struct node *last = first; last != NULL; last = last->next) {
        enum connector connector = lexer->token.kind == TOKEN_AND ? CONNECT_AND : CONNECT_OR;

        if (!accept(lexer, TOKEN_AND) && !accept(lexer, TOKEN_OR)) {
            break;
        }
        skip_newlines(lexer);
        last->next = parse_pipeline(lexer);
        if (last->next != NULL) {
            last->next->connector = connector;
        }
    }
    return finish(lexer, node);
}

/* Go behind what separates two commands of a list. Returns whether another may follow. */
static bool skip_separator(struct lexer *lexer, enum list_kind kind, struct node *before)
{
    before->is_background = lexer->token.kind == TOKEN_BACKGROUND;
    bool is_separated = accept(lexer, TOKEN_BACKGROUND) || accept(lexer, TOKEN_SEMICOLON);

    if (kind == LIST_NESTED) {
        is_separated = is_separated || lexer->token.kind == TOKEN_NEWLINE;
        skip_newlines(lexer);
    }
    return is_separated;
}

/* Returns NULL when there is no command. Of one, it is that command. */
static struct node *parse_list(struct lexer *lexer, enum list_kind kind)
{
    struct node *first = NULL, **end = &first;
    bool has_more = true;

    if (kind == LIST_NESTED) {
        skip_newlines(lexer);
    }
    while (has_more && !is_at_end(lexer)) {
        *end = parse_and_or(lexer);
        if (*end == NULL) {
            return NULL;
        }
        has_more = skip_separator(lexer, kind, *end);
        end = &(*end)->next;
    }
    if (first == NULL || first->next == NULL) {
        return first;
    }
    struct node *node = new_parent(lexer, NODE_LIST, first);

    if (node != NULL) {
        node->members = first;
    }
    return finish(lexer, node);
}

struct node *parse_substitution(struct lexer *lexer)
{
    struct lexer before = *lexer;

    if (shell_stack_is_low()) {
        lex_fail(lexer, lexer->at, "nested too deeply");
        return NULL;
    }
    /* The here-documents in it have their bodies in it; those before it have theirs behind it. */
    lexer->pending = NULL;
    lexer->pending_end = &lexer->pending;
    lex_next(lexer);
    struct node *node = parse_list(lexer, LIST_NESTED);

    if (lexer->token.kind != TOKEN_CLOSE || lexer->pending != NULL) {
        fail_unexpected(lexer, lexer->pending != NULL ? "a here-document" : ")");
    }
    lexer->token = before.token;
    lexer->last_end = before.last_end;
    lexer->pending = before.pending;
    lexer->pending_end = before.pending != NULL ? before.pending_end : &lexer->pending;
    return lexer->failure == LEX_NO_FAILURE ? node : NULL;
}

enum parse_result parse_command(struct script *script, struct input *input, struct node **command)
{
    struct lexer lexer;

    input_start_command(input);
    lex_start(&lexer, script, input);
    struct node *node = parse_list(&lexer, LIST_OF_LINE);

    if (lexer.token.kind != TOKEN_NEWLINE && lexer.token.kind != TOKEN_END) {
        fail_unexpected(&lexer, NULL);
    }
    if (lexer.failure != LEX_NO_FAILURE) {
        return lexer.failure == LEX_INTERRUPTED ? PARSE_INTERRUPTED : PARSE_ERROR;
    }
    if (node == NULL) {
        return lexer.token.kind == TOKEN_END ? PARSE_END : PARSE_NOTHING;
    }
    *command = node;
    return PARSE_COMMAND;
}
