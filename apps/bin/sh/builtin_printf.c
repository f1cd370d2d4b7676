/*
 * printf: the format is gone through again for as long as there are arguments that it has not used; where they run out
 * in the middle, the rest are empty strings and zeros.
 *
 *     %[-+ #0][WIDTH][.PRECISION]CONVERSION    of d i u o x X c s, b (a string with escapes), and %%
 *     \a \b \f \n \r \t \v \\ \" \'            \NNN (octal; in a %b argument \0NNN), and \c there: the end of it all
 *
 * WIDTH and PRECISION may be *: the next argument. Numbers are whole, decimal, 0 octal or 0x hexadecimal, or a quote
 * and the character whose number is meant. There is no %f, %e and %g: the shell has no such numbers.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "output.h"
#include "shell.h"

#define WIDTH_MAX 65536
#define DIGITS_MAX 24

struct print {
    char **next; /* argument */
    bool has_failed;
    bool has_ended; /* by \c */
};

struct directive {
    bool is_left, has_plus, has_space, has_prefix, has_zeros, has_precision;
    size_t width;
    size_t precision;
};

static void fail(struct print *print, const char *word, const char *why)
{
    shell_complain("printf: %s: %s", word, why);
    print->has_failed = true;
}

/* --- Arguments */

static const char *next_argument(struct print *print)
{
    return *print->next == NULL ? "" : *print->next++;
}

static bool is_number(const char *word, const char *end)
{
    return end != word && *end == '\0' && errno == 0;
}

static int64_t next_number(struct print *print)
{
    bool is_there = *print->next != NULL;
    const char *word = next_argument(print);
    char *end;

    if (!is_there) {
        return 0;
    }
    if (word[0] == '\'' || word[0] == '"') {
        return (unsigned char)word[1];
    }
    errno = 0;
    int64_t number = strtoll(word, &end, 0);

    /* Those above INT64_MAX are numbers for %u and %x. */
    if (errno == ERANGE && word[0] != '-') {
        errno = 0;
        number = (int64_t)strtoull(word, &end, 0);
    }
    if (!is_number(word, end)) {
        fail(print, word, errno == ERANGE ? "too large" : "not a number");
    }
    return number;
}

/* --- What is printed */

static void put(char c)
{
    output_bytes(&c, 1);
}

static void put_many(char c, size_t count)
{
    while (count-- > 0) {
        put(c);
    }
}

static void put_padded(const struct directive *directive, const char *bytes, size_t count)
{
    size_t padding = directive->width > count ? directive->width - count : 0;

    put_many(' ', directive->is_left ? 0 : padding);
    output_bytes(bytes, count);
    put_many(' ', directive->is_left ? padding : 0);
}

/* @sign stands in front of @value's digits. */
static void put_number(const struct directive *directive, const char *sign, uint64_t value, char conversion)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    unsigned base = conversion == 'o' ? 8 : tolower(conversion) == 'x' ? 16 : 10;
    char digits[DIGITS_MAX];
    size_t count = 0;

    for (; value > 0; value /= base) {
        digits[DIGITS_MAX - ++count] = (conversion == 'X' ? upper : lower)[value % base];
    }
    size_t wanted = directive->has_precision ? directive->precision : 1;
    size_t zeros = wanted > count ? wanted - count : 0;

    if (base == 8 && directive->has_prefix && zeros == 0) {
        zeros = 1;
    }
    size_t size = strlen(sign) + zeros + count;
    size_t padding = directive->width > size ? directive->width - size : 0;

    if (directive->has_zeros && !directive->is_left && !directive->has_precision) {
        zeros += padding;
        padding = 0;
    }
    put_many(' ', directive->is_left ? 0 : padding);
    output_string(sign);
    put_many('0', zeros);
    output_bytes(digits + DIGITS_MAX - count, count);
    put_many(' ', directive->is_left ? padding : 0);
}

static void put_signed(const struct directive *directive, int64_t value)
{
    const char *sign = value < 0 ? "-" : directive->has_plus ? "+" : directive->has_space ? " " : "";

    put_number(directive, sign, value < 0 ? -(uint64_t)value : (uint64_t)value, 'd');
}

static void put_unsigned(const struct directive *directive, uint64_t value, char conversion)
{
    bool is_hexadecimal = tolower(conversion) == 'x' && directive->has_prefix && value != 0;

    put_number(directive, !is_hexadecimal ? "" : conversion == 'x' ? "0x" : "0X", value, conversion);
}

/* --- Escapes */

static const char *put_octal(const char *at, size_t digits_max)
{
    unsigned value = 0;

    for (size_t i = 0; i < digits_max && *at >= '0' && *at <= '7'; i++) {
        value = value * 8 + (unsigned)(*at++ - '0');
    }
    put((char)value);
    return at;
}

/* What stands behind a backslash, at @at. Returns where it goes on. */
static const char *put_escape(struct print *print, const char *at, bool is_argument)
{
    static const char names[] = "abfnrtv\\\"'", values[] = "\a\b\f\n\r\t\v\\\"'";
    const char *found = *at == '\0' ? NULL : strchr(names, *at);

    if (found != NULL) {
        put(values[found - names]);
        return at + 1;
    }
    if (*at >= '0' && *at <= '7') {
        return put_octal(at + (is_argument && *at == '0'), 3);
    }
    if (*at == 'c' && is_argument) {
        print->has_ended = true;
        return at + 1;
    }
    put('\\');
    return at;
}

static void put_with_escapes(struct print *print, const char *at)
{
    while (*at != '\0' && !print->has_ended) {
        if (*at == '\\') {
            at = put_escape(print, at + 1, true);
        } else {
            put(*at++);
        }
    }
}

/* --- The format */

static const char *read_size(struct print *print, const char *at, size_t *size)
{
    int64_t value = 0;

    if (*at == '*') {
        value = next_number(print);
        at++;
    } else {
        for (; isdigit((unsigned char)*at); at++) {
            value = value > WIDTH_MAX ? value : value * 10 + (*at - '0');
        }
    }
    if (value > WIDTH_MAX || value < -WIDTH_MAX) {
        fail(print, "a width", "too large");
        value = 0;
    }
    *size = (size_t)value;
    return at;
}

static const char *read_directive(struct print *print, const char *at, struct directive *directive)
{
    for (;; at++) {
        switch (*at) {
        case '-':
            directive->is_left = true;
            continue;
        case '+':
            directive->has_plus = true;
            continue;
        case ' ':
            directive->has_space = true;
            continue;
        case '#':
            directive->has_prefix = true;
            continue;
        case '0':
            directive->has_zeros = true;
            continue;
        }
        break;
    }
    at = read_size(print, at, &directive->width);
    if ((int64_t)directive->width < 0) {
        directive->is_left = true;
        directive->width = -directive->width;
    }
    if (*at == '.') {
        at = read_size(print, at + 1, &directive->precision);
        directive->has_precision = (int64_t)directive->precision >= 0;
    }
    return at;
}

static void put_string(struct print *print, const struct directive *directive)
{
    const char *word = next_argument(print);
    size_t length = strlen(word);

    put_padded(directive, word,
               directive->has_precision && directive->precision < length ? directive->precision : length);
}

/* The conversion behind a % and what belongs to it. Returns where the format goes on, NULL after a complaint. */
static const char *put_conversion(struct print *print, const char *at)
{
    struct directive directive = { 0 };
    char name[] = "%?";

    at = read_directive(print, at, &directive);
    switch (*at) {
    case '%':
        put('%');
        break;
    case 'd':
    case 'i':
        put_signed(&directive, next_number(print));
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_unsigned(&directive, (uint64_t)next_number(print), *at);
        break;
    case 'c':
        directive.has_precision = true;
        directive.precision = 1;
        put_string(print, &directive);
        break;
    case 's':
        put_string(print, &directive);
        break;
    case 'b':
        put_with_escapes(print, next_argument(print));
        break;
    default:
        name[1] = *at;
        fail(print, name, "no such conversion");
        return NULL;
    }
    return at + 1;
}

static bool print_once(struct print *print, const char *at)
{
    while (*at != '\0' && !print->has_ended) {
        if (*at == '%') {
            at = put_conversion(print, at + 1);
            if (at == NULL) {
                return false;
            }
        } else if (*at == '\\') {
            at = put_escape(print, at + 1, false);
        } else {
            put(*at++);
        }
    }
    return !print->has_ended;
}

int builtin_printf(size_t count, char **arguments)
{
    size_t first = count > 1 && strcmp(arguments[1], "--") == 0 ? 2 : 1;

    if (first >= count) {
        shell_complain("usage: printf FORMAT [WORD...]");
        return STATUS_USAGE;
    }
    struct print print = { .next = &arguments[first + 1] };
    char **before;

    do {
        before = print.next;
    } while (print_once(&print, arguments[first]) && print.next != before && *print.next != NULL);
    return print.has_failed ? 1 : 0;
}
