/*
 * UTF-8: The Unicode Standard, section 3.9, table 3-7, without the control characters U+0000 to U+001F and U+007F to
 * U+009F. The latter would be commands to a terminal, as U+009B is, which starts an escape sequence there.
 */
#include "utf8.h"

#include <string.h>

bool utf8_is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

size_t utf8_size_by_first(char first)
{
    unsigned char byte = (unsigned char)first;

    if (byte < 0x80) {
        return 1;
    }
    if (byte < 0xc2 || byte > 0xf4) {
        return 0;
    }
    return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* What the second byte may be at least and at most depends on the first. */
static bool is_pair(unsigned char first, unsigned char second)
{
    unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : first == 0xc2 ? 0xa0 : 0x80;
    unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= least && second <= most;
}

size_t utf8_size(const char *bytes, size_t size)
{
    size_t wanted = size > 0 ? utf8_size_by_first(bytes[0]) : 0;

    if (wanted == 0 || wanted > size) {
        return 0;
    }
    if (wanted == 1) {
        return bytes[0] >= ' ' && bytes[0] < 0x7f ? 1 : 0;
    }
    if (!is_pair((unsigned char)bytes[0], (unsigned char)bytes[1])) {
        return 0;
    }
    for (size_t i = 2; i < wanted; i++) {
        if (!utf8_is_continuation(bytes[i])) {
            return 0;
        }
    }
    return wanted;
}

size_t utf8_count(const char *bytes, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++) {
        count += !utf8_is_continuation(bytes[i]);
    }
    return count;
}

bool utf8_is_printable(const char *string)
{
    size_t left = strlen(string);

    while (left > 0) {
        size_t size = utf8_size(string, left);

        if (size == 0) {
            return false;
        }
        string += size;
        left -= size;
    }
    return true;
}
