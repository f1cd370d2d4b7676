/*
 * Matching in the C locale, byte by byte. Only the last * that was met is ever tried again, so that no pattern costs
 * more than its length times the string's.
 */
#include "pattern.h"

#include <ctype.h>
#include <string.h>

bool pattern_is_special(char c)
{
    return c != '\0' && strchr("*?[]\\!^-\1", c) != NULL;
}

/* Behind one character of the pattern, which stands for itself unless it is * ? or [. */
static unsigned char take_character(const char **at)
{
    bool is_escaped = **at == PATTERN_BACKSLASH && (*at)[1] != '\0';

    *at += is_escaped;
    if (**at == '\\' && (*at)[1] != '\0') {
        ++*at;
        return (unsigned char)*(*at)++;
    }
    char c = *(*at)++;

    return c == PATTERN_BACKSLASH ? '\\' : (unsigned char)c;
}

bool pattern_is_active(const char *pattern)
{
    while (*pattern != '\0') {
        if (*pattern == '*' || *pattern == '?' || *pattern == '[') {
            return true;
        }
        take_character(&pattern);
    }
    return false;
}

void pattern_unescape(char *pattern)
{
    char *to = pattern;

    while (*pattern != '\0') {
        bool is_escaped = *pattern == '\\' && pattern[1] != '\0';

        pattern += is_escaped;
        *to++ = *pattern == PATTERN_BACKSLASH && !is_escaped ? '\\' : *pattern;
        pattern++;
    }
    *to = '\0';
}

static bool is_in_class(const char *name, size_t length, unsigned char c)
{
    static const struct {
        const char *name;
        int (*is_member)(int c);
    } classes[] = {
        { "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
        { "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
        { "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0) {
            return classes[i].is_member(c) != 0;
        }
    }
    return false;
}

/* If "[:name:]" is at *@at, go behind it and say in *@is_member whether @c is in it. */
static bool take_class(const char **at, unsigned char c, bool *is_member)
{
    const char *end = (*at)[0] == '[' && (*at)[1] == ':' ? strstr(*at + 2, ":]") : NULL;

    if (end == NULL) {
        return false;
    }
    *is_member = *is_member || is_in_class(*at + 2, (size_t)(end - *at - 2), c);
    *at = end + 2;
    return true;
}

/*
 * The bracket expression behind the '[' at *@at. Returns whether @c is in it and goes behind it; where it has no end,
 * *@at becomes NULL.
 */
static bool match_bracket(const char **at, unsigned char c)
{
    const char *p = *at;
    bool is_negated = *p == '!' || *p == '^';
    bool is_member = false;

    p += is_negated;
    /* A ] that comes first is one of the characters. */
    for (bool is_first = true; *p != ']' || is_first; is_first = false) {
        if (*p == '\0') {
            *at = NULL;
            return false;
        }
        if (take_class(&p, c, &is_member)) {
            continue;
        }
        unsigned char low = take_character(&p);
        unsigned char high = low;

        if (p[0] == '-' && p[1] != ']' && p[1] != '\0') {
            p++;
            high = take_character(&p);
        }
        is_member = is_member || (low <= c && c <= high);
    }
    *at = p + 1;
    return is_member != is_negated;
}

/* Whether what is at *@at, no *, matches @c; goes behind it. */
static bool match_one(const char **at, unsigned char c)
{
    if (**at == '?') {
        ++*at;
        return true;
    }
    if (**at == '[') {
        const char *bracket = *at + 1;
        bool is_matched = match_bracket(&bracket, c);

        if (bracket != NULL) {
            *at = bracket;
            return is_matched;
        }
    }
    return take_character(at) == c;
}

bool pattern_matches(const char *pattern, const char *start, const char *end)
{
    const char *behind_star = NULL;
    const char *tried = NULL;

    for (const char *at = start;;) {
        if (*pattern == '*') {
            behind_star = ++pattern;
            tried = at;
        } else if (at == end) {
            return *pattern == '\0';
        } else if (*pattern != '\0' && match_one(&pattern, (unsigned char)*at)) {
            at++;
        } else if (behind_star != NULL) {
            pattern = behind_star;
            at = ++tried;
        } else {
            return false;
        }
    }
}
