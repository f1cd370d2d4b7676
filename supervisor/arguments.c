/*
 * Gathering and laying out a program's strings.
 *
 * They are gathered in frames of the supervisor's, because their total length, and so the place of the first one on
 * the stack, is known only at the end, and because no byte of the user's is read twice.
 */
#include "arguments.h"

#include "abi_errno.h"
#include "abi_types.h"
#include "frame.h"

#include <string.h>

void arguments_init(struct arguments *arguments)
{
    arguments->size_bytes = 0;
    arguments->argument_count = 0;
    arguments->environment_count = 0;
}

static uint32_t frame_count(const struct arguments *arguments)
{
    return (uint32_t)((arguments->size_bytes + PAGE_MASK) >> PAGE_SHIFT);
}

void arguments_free(struct arguments *arguments)
{
    for (uint32_t i = 0; i < frame_count(arguments); i++) {
        frame_put(arguments->frames[i]);
    }
    arguments_init(arguments);
}

/*
 * Where the next byte goes, and how much room is behind it in its frame. A frame that is new here belongs to
 * @arguments as soon as a byte of it is used.
 */
static int next_place(struct arguments *arguments, char **place, uint32_t *room)
{
    uint32_t index = arguments->size_bytes >> PAGE_SHIFT, used = arguments->size_bytes & PAGE_MASK;

    if (arguments->size_bytes == ARGUMENTS_BYTES_MAX) {
        return -E2BIG;
    }
    if (used == 0) {
        int error = frame_alloc_scratch(&arguments->frames[index]);

        if (error) {
            return error;
        }
    }
    *place = (char *)arch_direct(arguments->frames[index]) + used;
    *room = (uint32_t)PAGE_SIZE - used;
    return 0;
}

static int count_string(struct arguments *arguments, enum arguments_list list)
{
    uint32_t *count = list == ARGUMENTS_ARGV ? &arguments->argument_count : &arguments->environment_count;

    if (*count == ARGUMENTS_COUNT_MAX) {
        return -E2BIG;
    }
    ++*count;
    return 0;
}

/* @error is given out when the frame that next_place() may have made is not used. */
static int give_up(struct arguments *arguments, int error)
{
    if ((arguments->size_bytes & PAGE_MASK) == 0) {
        arch_lock();
        frame_put(arguments->frames[arguments->size_bytes >> PAGE_SHIFT]);
        arch_unlock();
    }
    return error;
}

static int append_users_string(struct arguments *arguments, uaddr_t string)
{
    for (;;) {
        char *place;
        uint32_t room;
        int error = next_place(arguments, &place, &room);

        if (error) {
            return error;
        }
        int64_t length = arch_copy_in_string(place, string, room);

        if (length >= 0) {
            arguments->size_bytes += (uint32_t)length + 1;
            return 0;
        }
        if (length != -ENAMETOOLONG) {
            return give_up(arguments, (int)length);
        }
        arguments->size_bytes += room;
        string.value += room;
    }
}

int arguments_append_users(struct arguments *arguments, enum arguments_list list, uaddr_t array)
{
    for (;; array.value += sizeof(uint64_t)) {
        uint64_t string;
        int error = arch_copy_in(&string, array, sizeof(string));

        if (error || string == 0) {
            return error;
        }
        error = count_string(arguments, list);
        if (error == 0) {
            error = append_users_string(arguments, uaddr(string));
        }
        if (error) {
            return error;
        }
    }
}

int arguments_append(struct arguments *arguments, enum arguments_list list, const char *string)
{
    size_t left = strlen(string) + 1;
    int error = count_string(arguments, list);

    while (error == 0 && left > 0) {
        char *place;
        uint32_t room;

        error = next_place(arguments, &place, &room);
        if (error == 0) {
            uint32_t part = left < room ? (uint32_t)left : room;

            memcpy(place, string, part);
            arguments->size_bytes += part;
            string += part;
            left -= part;
        }
    }
    return error;
}

/* Writes into another address space; words are gathered first, since there are many small ones. */
struct writer {
    struct map *map;
    uint64_t address;
    uint32_t word_count;
    uint64_t words[32];
};

static int write_bytes_relock(struct writer *writer, const void *from, size_t size)
{
    int error = map_write_relock(writer->map, writer->address, from, size);

    writer->address += size;
    return error;
}

static int flush_words_relock(struct writer *writer)
{
    size_t size = writer->word_count * sizeof(writer->words[0]);

    writer->word_count = 0;
    return write_bytes_relock(writer, writer->words, size);
}

static inline int write_word_relock(struct writer *writer, uint64_t word)
{
    int error = writer->word_count == ARRAY_COUNT(writer->words) ? flush_words_relock(writer) : 0;

    writer->words[writer->word_count++] = word;
    return error;
}

static int write_pair_relock(struct writer *writer, const struct auxiliary *pair)
{
    int error = write_word_relock(writer, pair->key);

    return error ? error : write_word_relock(writer, pair->value);
}

/* The addresses of @count strings, which begin at @offset of all and at @strings on the stack, and a 0. */
static int write_addresses_relock(struct writer *writer, const struct arguments *arguments, uint32_t count,
                                  uint32_t *offset, uint64_t strings)
{
    for (uint32_t i = 0; i < count; i++) {
        int error = write_word_relock(writer, strings + *offset);

        if (error) {
            return error;
        }
        const char *byte;

        do {
            byte = (const char *)arch_direct(arguments->frames[*offset >> PAGE_SHIFT]) + (*offset & PAGE_MASK);
            ++*offset;
        } while (*byte != '\0');
    }
    return write_word_relock(writer, 0);
}

static int write_strings_relock(struct writer *writer, const struct arguments *arguments)
{
    for (uint32_t at = 0; at < arguments->size_bytes; at += PAGE_SIZE) {
        uint32_t left = arguments->size_bytes - at;
        int error = write_bytes_relock(writer, arch_direct(arguments->frames[at >> PAGE_SHIFT]),
                                       left < PAGE_SIZE ? left : PAGE_SIZE);

        if (error) {
            return error;
        }
    }
    return 0;
}

int arguments_lay_out_relock(const struct arguments *arguments, struct map *map, uint64_t stack_end,
                             const struct auxiliary *auxiliary, uint32_t auxiliary_count, uint64_t *stack_pointer)
{
    uint64_t strings = ALIGNED_DOWN(stack_end - arguments->size_bytes, 16);
    uint64_t words =
        1 + arguments->argument_count + 1 + arguments->environment_count + 1 + 2 * (auxiliary_count + 1ull);
    uint64_t start = ALIGNED_DOWN(strings - words * sizeof(uint64_t), 16);
    struct writer writer;
    uint32_t offset = 0;

    writer.map = map;
    writer.address = start;
    writer.word_count = 0;
    int error = write_word_relock(&writer, arguments->argument_count);

    if (error == 0) {
        error = write_addresses_relock(&writer, arguments, arguments->argument_count, &offset, strings);
    }
    if (error == 0) {
        error = write_addresses_relock(&writer, arguments, arguments->environment_count, &offset, strings);
    }
    for (uint32_t i = 0; error == 0 && i < auxiliary_count; i++) {
        error = write_pair_relock(&writer, &auxiliary[i]);
    }
    if (error == 0) {
        error = write_pair_relock(&writer, &(struct auxiliary){ ABI_AT_NULL, 0 });
    }
    if (error == 0) {
        error = flush_words_relock(&writer);
    }
    if (error == 0) {
        writer.address = strings;
        error = write_strings_relock(&writer, arguments);
    }
    if (error == 0) {
        *stack_pointer = start;
    }
    return error;
}
