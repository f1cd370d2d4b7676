/*
 * The kernel command line.
 *
 * Words are unquoted into the caller's buffer one by one:
 *
 *     known words, a NUL behind each | unknown words, a blank behind each | the word that is looked at
 *
 * An unknown word stays where it is, a known one changes places with the unknown ones. No word gets longer by being
 * unquoted, and what is put behind it takes the place of the blank there, or of the text's own NUL: so the buffer needs
 * no more than the text.
 *
 * Typical use:
 *   static char text[2048];
 *   command_line_parse(machine.bootargs, text, sizeof(text), &command_line, &reason)
 */
#include "command_line.h"

#include "abi_errno.h"
#include "checked.h"

#include <string.h>

struct parser {
    const char *at;
    char *unknown; /* in the buffer: the first unknown word */
    char *to; /* the end of what is used */
    struct command_line *out;
    const char *reason;
};

static int refuse(struct parser *parser, const char *reason)
{
    parser->reason = reason;
    return -EINVAL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copy what stands between two quotes; parser->at is behind the first one, and then behind the second. */
static int unquote(struct parser *parser)
{
    for (; *parser->at != '"'; parser->at++) {
        if (*parser->at == 0) {
            return refuse(parser, "a closing quote is missing");
        }
        if (*parser->at == '\\' && (parser->at[1] == '"' || parser->at[1] == '\\')) {
            parser->at++;
        }
        *parser->to++ = *parser->at;
    }
    parser->at++;
    return 0;
}

/* Copy one word, with a NUL behind it. */
static int copy_word(struct parser *parser)
{
    while (*parser->at != 0 && !is_blank(*parser->at)) {
        if (*parser->at == '"') {
            parser->at++;
            if (unquote(parser) != 0) {
                return -EINVAL;
            }
        } else {
            *parser->to++ = *parser->at++;
        }
    }
    *parser->to++ = 0;
    return 0;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

/* A decimal or hexadecimal number at *@text, which is moved behind it. Returns whether there is one of 64 bits. */
static bool parse_number(const char **text, uint64_t *out)
{
    unsigned base = 10;
    uint64_t value = 0;

    if ((*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X')) {
        base = 16;
        *text += 2;
    }
    const char *first = *text;

    for (; digit_value(**text) < base; (*text)++) {
        if (multiply_overflows(value, base, &value) || add_overflows(value, digit_value(**text), &value)) {
            return false;
        }
    }
    *out = value;
    return *text != first;
}

static int set_initrd(struct parser *parser, const char *value)
{
    struct command_line *out = parser->out;
    uint64_t size_bytes;

    if (!parse_number(&value, &out->initrd_start) || *value++ != ',' || !parse_number(&value, &size_bytes) ||
        *value != 0) {
        return refuse(parser, "initrd= needs an address, a comma and a size");
    }
    if (size_bytes == 0 || add_overflows(out->initrd_start, size_bytes, &out->initrd_end)) {
        return refuse(parser, "initrd= names an empty range, or one that wraps");
    }
    out->has_initrd = true;
    return 0;
}

static int set_init(struct parser *parser, const char *value)
{
    if (value[0] != '/') {
        return refuse(parser, "init= needs a path that starts with '/'");
    }
    parser->out->init = value;
    return 0;
}

static int set_run(struct parser *parser, const char *value)
{
    parser->out->run = value;
    return 0;
}

static int set_quiet(struct parser *parser, const char *value)
{
    (void)value;
    parser->out->quiet = true;
    return 0;
}

static int set_bench(struct parser *parser, const char *value)
{
    (void)value;
    parser->out->bench = true;
    return 0;
}

static int set_audits(struct parser *parser, const char *value)
{
    (void)value;
    parser->out->audits = true;
    return 0;
}

static const struct word {
    const char *name; /* one that takes a value ends with '=' */
    int (*set)(struct parser *parser, const char *value);
} words[] = {
    { "quiet", set_quiet }, { "bench", set_bench },    { "init=", set_init },
    { "run=", set_run },    { "initrd=", set_initrd }, { "audit", set_audits },
};

/* The row of a word, and its value in @text; NULL for an unknown one. */
static const struct word *find_word(const char *text, const char **value)
{
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        size_t length = strlen(words[i].name);
        bool takes_value = words[i].name[length - 1] == '=';

        if (strncmp(text, words[i].name, length) == 0 && (takes_value || text[length] == 0)) {
            *value = text + length;
            return &words[i];
        }
    }
    return NULL;
}

/* Go to the next word. Returns whether there is one. */
static bool skip_blanks(struct parser *parser)
{
    while (is_blank(*parser->at)) {
        parser->at++;
    }
    return *parser->at != 0;
}

static void reverse(char *first, char *end)
{
    while (first < end) {
        char last = *--end;

        *end = *first;
        *first++ = last;
    }
}

/* Exchange the bytes of [first, middle) and [middle, end), each in its order. */
static void exchange(char *first, char *middle, char *end)
{
    reverse(first, middle);
    reverse(middle, end);
    reverse(first, end);
}

/* The word at @text is the last one in the buffer. */
static int take_word(struct parser *parser, char *text)
{
    const char *value;
    const struct word *word = find_word(text, &value);

    if (!word) {
        parser->to[-1] = ' ';
        return 0;
    }
    size_t moved = (size_t)(text - parser->unknown);

    exchange(parser->unknown, text, parser->to);
    parser->unknown += parser->to - text;
    return word->set(parser, value - moved);
}

static int parse(struct parser *parser)
{
    int error = 0;

    while (error == 0 && skip_blanks(parser)) {
        char *text = parser->to;

        error = copy_word(parser);
        if (error == 0) {
            error = take_word(parser, text);
        }
    }
    if (error == 0 && parser->to != parser->unknown) {
        parser->to[-1] = 0;
        parser->out->ignored = parser->unknown;
    }
    return error;
}

int command_line_parse(const char *text, char *buffer, size_t capacity, struct command_line *out, const char **reason)
{
    struct parser parser = { .at = text, .unknown = buffer, .to = buffer, .out = out };

    *out = (struct command_line){ .ignored = "" };
    if (strlen(text) >= capacity) {
        *reason = "it is longer than there is room for";
        return -E2BIG;
    }
    int error = parse(&parser);

    if (error != 0) {
        *reason = parser.reason;
    }
    return error;
}
